"""What numbers in a message are: by what was asked, by the shop's own form, by the words before them."""

import re

import pytest

from bot.assistant.nlu.entities import EntityFinder

LATVIAN = EntityFinder(r"\d{8}", "LV", {})
PLAIN = EntityFinder(r"\d{5}", "LT", {})
LETTERED = EntityFinder(r"WEB-\d{5}", "LT", {})
SLASHED = EntityFinder(r"20\d\d/\d{1,6}", "LT", {})
SIX = EntityFinder(r"\d{6}", "KZ", {})


def found(finder: EntityFinder, text: str, asked: str = "", given: str = "") -> list[tuple[str, str]]:
    return [(one.name, one.value) for one in finder.find(text, asked, given)]


NUMBER = [("order_number", "20240017")]
PHONE = [("phone", "+37120240017")]


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        ("order_number", "20240017", NUMBER),
        ("order_number", "2024 0017", NUMBER),
        ("order_number", "20 24 00 17", NUMBER),
        ("order_number", "2024-0017", NUMBER),
        ("order_number", "2024–0017", NUMBER),
        ("order_number", "２０２４００１７", NUMBER),
        ("order_number", "mans ir 20240017, paldies", NUMBER),
        ("order_number", "+371 2024 0017", PHONE),
        ("order_number", "00371 20240017", PHONE),
        ("order_number", "2024-01-15", []),
        ("order_number", "15.01.2024", []),
        ("order_number", "20240115", [("order_number", "20240115")]),
        ("order_number", "20240017 €", []),
        ("order_number", "2024 0017 55 66", []),
        ("contact", "20240017", PHONE),
        ("contact", "2024 0017", PHONE),
        ("callback_phone", "20240017", PHONE),
        ("contact", "pasūtījuma numurs 20240017", NUMBER),
        ("", "20240017", NUMBER),
        ("", "kur ir 20240017?", NUMBER),
        ("", "2024 0017", PHONE),
        ("", "+37120240017", PHONE),
    ],
)
def test_eight_digits_in_latvia(asked: str, text: str, expected: list[tuple[str, str]]) -> None:
    got = found(LATVIAN, text, asked)
    assert [one for one in got if one[0] != "phone" or one in expected] == expected


def test_the_number_again_is_no_phone() -> None:
    """Impatient customers send the same message twice: that is no wrong proof."""
    assert found(LATVIAN, "20240017", "contact", "20240017") == NUMBER
    assert found(LATVIAN, "29240017", "contact", "20240017") == [("phone", "+37129240017")]


@pytest.mark.parametrize(
    "words",
    [
        "order ",
        "order #",
        "order no. ",
        "order no:",
        "order number is ",
        "Ord. ",
        "ordr nr",
        "#",
        "№ ",
        "no.",
        "nr ",
        "order id: ",
        "užsakymas nr. ",
        "Užsakymo Nr.: ",
        "uzsakymas ",
        "uzsakymo numeris yra ",
        "užs. nr. ",
        "uzsakimas nr ",
        "užsakymą ",
        "pasūtījums Nr. ",
        "pasutijums nr",
        "pasūtījuma numurs: ",
        "pasūtījumu ",
        "pas. nr. ",
        "pasutijuma nr. ir ",
        "pesanan no ",
        "nomor pesanan ",
        "no pesanan: ",
        "no. pesanan ",
        "psnan no ",
        "nomer orderan ",
        "тапсырыс № ",
        "тапсырыс нөмірі ",
        "тапсырыс номири: ",
        "тапсырысымның нөмірі ",
        "заказ номер ",
        "тапс. № ",
        "tapsyrys nomiri ",
        "заказ №",
    ],
)
def test_words_before_a_number_make_it_one(words: str) -> None:
    assert found(LATVIAN, f"{words}20240017", "contact") == NUMBER
    assert found(LATVIAN, f"{words.upper()}2024 0017", "contact") == NUMBER
    assert found(PLAIN, f"{words}10234", "new_address") == [("order_number", "10234")]


@pytest.mark.parametrize(
    "text", ["WEB-10234", "web 10234", "web10234", "Web–10234", "WEB - 10234", "nr. web_10234"]
)
def test_a_shops_own_form_is_put_together(text: str) -> None:
    assert found(LETTERED, text, "order_number") == [("order_number", "WEB-10234")]


@pytest.mark.parametrize("text", ["2026/17", "2026-17", "2026 17", "nr 2026 / 17"])
def test_a_form_with_a_slash_is_put_together(text: str) -> None:
    assert found(SLASHED, text, "order_number") == [("order_number", "2026/17")]


@pytest.mark.parametrize(
    "text",
    [
        "it cost 10234 EUR",
        "10234€",
        "€10234",
        "Rp 50000",
        "rp50000",
        "50000 rupiah",
        "50000 теңге",
        "50000 тг",
        "10234.50",
        "10234,5 eur",
        "15000 rb",
        "LT-01100",
        "LV-10234",
        "1.02.10234x",
    ],
)
def test_money_and_postcodes_are_no_orders(text: str) -> None:
    for asked in ("", "order_number"):
        assert "order_number" not in [name for name, _ in found(PLAIN, text, asked)], text


def test_years_and_dates_are_no_orders() -> None:
    short = EntityFinder(r"\d{4}", "LT", {})
    for text in ("2026-05-04", "04.05.2026", "4/5/2026", "05/04/2026"):
        assert found(short, f"I ordered on {text}", "order_number") == []
    assert found(short, "2026", "order_number") == [("order_number", "2026")]
    assert found(EntityFinder(r"\d{4}-\d\d-\d\d", "LT", {}), "2026-05-04") == [("order_number", "2026-05-04")]


def test_an_answer_to_another_question_holds_no_order() -> None:
    assert found(PLAIN, "Liepų g. 10, 01100 Vilnius", "new_address") == []
    for code in ("123456", "123 456", " 123-456 "):
        assert found(SIX, code, "code") == []
    assert found(SIX, "123456") == [("order_number", "123456")]
    assert found(PLAIN, "after 10234", "callback_wish") == []


def test_places_are_those_of_the_text() -> None:
    text = "№ ２０２４–００１７ ok, ру\u0441 ruta@example.com"
    for one in LATVIAN.find(text, "order_number"):
        assert re.sub(r"\W", "", text[one.start : one.end])
    assert {one.name for one in LATVIAN.find(text, "order_number")} == {"order_number", "email"}


@pytest.mark.parametrize(
    "text", ["1 " * 2000, "order " * 800, "9" * 4000, "a-1-" * 1000, "№#:- " * 800, "nr.: " * 800]
)
def test_no_text_takes_long(text: str) -> None:
    for finder in (LATVIAN, LETTERED, SLASHED):
        assert isinstance(finder.find(text, "order_number"), list)
