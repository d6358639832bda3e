"""Words that change with a number, and days and times as they stand in sentences."""

from datetime import date, time

import pytest

from bot.shop.wording import dates, plurals

DAYS = {
    "en": "{n, plural, one {# day} other {# days}}",
    "lt": "{n, plural, one {# diena} few {# dienos} other {# dienų}}",
    "lv": "{n, plural, zero {# dienu} one {# diena} other {# dienas}}",
}


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", "1", "1 day"),
        ("en", "0", "0 days"),
        ("en", "21", "21 days"),
        ("lt", "1", "1 diena"),
        ("lt", "2", "2 dienos"),
        ("lt", "9", "9 dienos"),
        ("lt", "10", "10 dienų"),
        ("lt", "11", "11 dienų"),
        ("lt", "21", "21 diena"),
        ("lt", "22", "22 dienos"),
        ("lt", "30", "30 dienų"),
        ("lt", "1-3", "1-3 dienos"),
        ("lt", "10–14", "10–14 dienų"),
        ("lt", "1,5", "1,5 dienų"),  # `many` is for fractions; without it, `other`
        ("lt", "keletas", "keletas dienų"),
        ("lv", "1", "1 diena"),
        ("lv", "2", "2 dienas"),
        ("lv", "10", "10 dienu"),
        ("lv", "11", "11 dienu"),
        ("lv", "21", "21 diena"),
        ("lv", "22", "22 dienas"),
    ],
)
def test_a_word_takes_the_form_of_its_number(language: str, number: str, said: str) -> None:
    assert plurals.choose(f"per {DAYS[language]}.", language, {"n": number}.__getitem__) == f"per {said}."


def test_the_categories_are_those_of_whole_numbers() -> None:
    found = {language: plurals.categories(language) for language in ("en", "lt", "lv", "id", "kk")}
    assert found == {
        "en": ("one", "other"),
        "lt": ("one", "few", "other"),
        "lv": ("zero", "one", "other"),
        "id": ("other",),
        "kk": ("one", "other"),
    }


@pytest.mark.parametrize(
    ("language", "text", "problem"),
    [
        (
            "lt",
            "{n, plural, one {# x} other {# y}}",
            "n: the plural has no few; this language needs one {…} few",
        ),
        ("lv", "{n, plural, one {# x} other {# y}}", "n: the plural has no zero; "),
        ("en", "{n, plural, one {# x}}", "n: the plural has no other; "),
        ("en", "{n, plural, one {a} one {b} other {c}}", "n: one {…} is written twice; keep one of them"),
        (
            "en",
            "{n, plural, single {a} one {b} other {c}}",
            '"single" is no plural category; this language has',
        ),
        (
            "en",
            "{n, plural, one # x}",
            "a plural that can't be read; write {name, plural, one {…} other {…}}",
        ),
        ("en", "{n, plurals, one {a} other {b}}", "a plural that can't be read; "),
        ("en", "{n,plural,one {a} other {b}}", "a plural that can't be read; "),
        ("en", "{n, plural, one {a {shop}} other {b}}", "a plural that can't be read; "),
    ],
)
def test_a_plural_that_would_go_wrong_is_refused(language: str, text: str, problem: str) -> None:
    found = list(plurals.problems(text, language))
    assert any(one.startswith(problem) for one in found), found


@pytest.mark.parametrize("language", DAYS)
def test_a_right_plural_and_plain_text_are_fine(language: str) -> None:
    for text in (DAYS[language], f"{DAYS[language]} {{shop}}, and, {DAYS[language]}", "{shop}, yes", ""):
        assert list(plurals.problems(text, language)) == []
    assert plurals.names(f"{{shop}} {DAYS[language]}") == ["n"]
    assert plurals.without(f"{{shop}} {DAYS[language]}!") == "{shop} !"


TODAY = date(2026, 5, 12)


@pytest.mark.parametrize(
    ("language", "near", "far"),
    [
        ("en", "Thursday 14 May", "29 February 2024"),
        ("lt", "gegužės 14 d., ketvirtadienį", "2024 m. vasario 29 d."),
        ("lv", "ceturtdien, 14. maijā", "2024. gada 29. februārī"),
        ("id", "Kamis, 14 Mei", "29 Februari 2024"),
        ("kk", "14 мамыр, бейсенбі күні", "2024 ж. 29 ақпан күні"),
        ("fi", "torstai 14. toukokuuta 2026", "29. helmikuuta 2024"),
    ],
)
def test_the_day_on_which_something_happens(language: str, near: str, far: str) -> None:
    assert dates.on_day(date(2026, 5, 14), language, TODAY) == near
    assert dates.on_day(date(2024, 2, 29), language, TODAY) == far


@pytest.mark.parametrize(
    ("language", "near"),
    [
        ("en", "Thursday 14 May"),
        ("lt", "gegužės 14 d., ketvirtadienis"),
        ("lv", "ceturtdiena, 14. maijs"),
        ("id", "Kamis, 14 Mei"),
        ("kk", "14 мамыр, бейсенбі"),
    ],
)
def test_the_day_by_itself(language: str, near: str) -> None:
    assert dates.day(date(2026, 5, 14), language, TODAY) == near


@pytest.mark.parametrize(
    ("language", "weekdays"),
    [
        ("en", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        ("lt", "pirmadienį antradienį trečiadienį ketvirtadienį penktadienį šeštadienį sekmadienį"),
        ("lv", "pirmdien otrdien trešdien ceturtdien piektdien sestdien svētdien"),
        ("id", "Senin Selasa Rabu Kamis Jumat Sabtu Minggu"),
        ("kk", "дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі"),
    ],
)
def test_weekdays(language: str, weekdays: str) -> None:
    week = [date(2026, 5, 11 + n) for n in range(7)]
    assert " ".join(dates.on_weekday(one, language) for one in week) == weekdays


def test_every_month_has_its_form() -> None:
    months = {dates.on_day(date(2026, n, 1), "lv", date(2026, n, 1)).split()[-1] for n in range(1, 13)}
    assert len(months) == 12 and {"janvārī", "maijā", "decembrī"} <= months


def test_times() -> None:
    assert [dates.clock(time(16), language) for language in ("en", "lt", "lv", "id", "kk")] == [
        "16:00", "16:00", "16:00", "16.00", "16:00"
    ]  # fmt: skip
