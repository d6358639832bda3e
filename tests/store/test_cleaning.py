"""What the one cleaner takes away, and what it must leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.core.cleaning import clean, clean_line, clean_name, cleaned, fold_in_place
from store.core.identifiers import normalise_email, normalise_number, normalise_phone


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("hi\0there", "hithere"),
        ("a\x1b[31mb\x7f\x85", "a[31mb"),
        ("one\r\ntwo\rthree\u2028four\vfive", "one\ntwo\nthree\nfour\nfive"),
        ("a\ud83d b\udc00", "a b"),
        ("\ud83d\ude00", "😀"),  # two halves, as JSON escapes them
        ("\ufeffzero\u200bwidth\u2060 soft\xadhyphen", "zerowidth softhyphen"),
        ("\u202aab\u202e \u2066cd\u2069", "ab cd"),
        ("Ru\u0304ta", "Rūta"),
        (" \u200b\u200d\ufeff ", ""),
    ],
)
def test_what_is_no_text_goes(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽",
        "Тапсырысым қайда? Әлі келген жоқ",
        "أين طلبي رقم ١٠٢٣٤؟",
        "می‌خواهم",  # with a zero-width non-joiner, which Persian needs
        "שלום \u200f(1)",
        "ąčęėįšųūž ģķļņ",
        "１０２３４ – “quoted” №5",
        "tab\there\nand a line",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert clean(text) == text


def test_names_are_on_one_line_and_look_as_they_are() -> None:
    assert clean_line(" Jonas\r\n\tJonaitis ") == "Jonas Jonaitis"
    assert clean_name("photo\u202egpj.exe") == "photogpj.exe"
    assert clean_name("in\u200dvoice\ufe0f.pdf") == "invoice.pdf"


def test_json_is_cleaned_to_its_last_text() -> None:
    dirty = {"a\0": ["b\u200b", {"c": "d\xad", "e": 1.5}], "f": None, "g": True}
    assert cleaned(dirty) == {"a": ["b", {"c": "d", "e": 1.5}], "f": None, "g": True}


@given(st.text(st.characters(), max_size=60), st.integers(0, 40))
def test_any_text_can_be_kept(text: str, size: int) -> None:
    for clear in (clean, clean_line, clean_name):
        once = clear(text, size)
        assert "\0" not in once and len(once) <= size
        once.encode()
        assert clear(once, size) == once
    assert len(fold_in_place(text)) == len(text)


@pytest.mark.parametrize(
    "written",
    [
        "WEB-10234",
        "web-10234",
        "web\u201010234",
        "web–10234",
        "WEB — 10234",
        "WEB\u221210234",
        "ＷＥＢ－１０２３４",
        "WEB-\u200b10\xad234",
        "\u202aWEB-10234\u202c",
        "WEB-10 234",
        "web-١٠٢٣٤",
        "№ web-10234",
        "Order no. web-10234",
        "užsakymas Nr. WEB-10234",
        "uzsakymo numeris web-10234",
        "Pasūtījums Nr. WEB-10234",
        "pesanan no WEB-10234",
        "тапсырыс № WEB-10234",
        "WEB-10234\0",
    ],
)
def test_one_number_has_many_spellings(written: str) -> None:
    assert normalise_number(written) == "WEB-10234"


def test_letters_that_tell_orders_apart_stay() -> None:
    spelled = ["10234", "PAS-10234", "UZS-10234", "WEB-10234", "10234-1", "10234.1"]
    assert len({normalise_number(one) for one in spelled}) == len(spelled)


def test_a_number_that_a_spreadsheet_took_for_an_amount() -> None:
    assert normalise_number("10234.0") == normalise_number(" 10234.00") == "10234"


@pytest.mark.parametrize(
    "written",
    [
        "ruta@example.com",
        " Ruta@Example.com ",
        "ruta\u200b@example.com\ufeff",
        "\u202aruta@exam\xadple.com",
        "ruta @ example.com",
    ],
)
def test_one_email_has_many_spellings(written: str) -> None:
    assert normalise_email(written) == "ruta@example.com"


@pytest.mark.parametrize(
    "written", ["\u202a+370 600 00123\u202c", "8\u00a0600\u200b00123", "＋３７０６００００１２３"]
)
def test_one_phone_has_many_spellings(written: str) -> None:
    assert normalise_phone(written, "LT") == "+37060000123"
