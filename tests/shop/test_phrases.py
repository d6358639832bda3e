import pytest
from pydantic import TypeAdapter, ValidationError

from bot.shop.phrases import Phrase, Phrases, plain

checked = TypeAdapter(Phrase).validate_python


def test_what_is_found_is_told() -> None:
    phrases = Phrases(["caught fire", "burn*", "hurt ... hand"])
    text = plain("It caught FIRE, burned and hurt my left hand; it burned")
    assert phrases.words(text) == {"caught fire", "burned", "hurt mi left hand"}
    assert phrases.words(plain("hello")) == Phrases([]).words(text) == frozenset()


def found(phrase: str, text: str) -> bool:
    return Phrases([checked(phrase)]).found(plain(text))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("wholesale", "Do you sell WHOLESALE?"),
        ("resell*", "are there terms for resellers"),
        ("resell*", "I resell mugs"),
        ("delete ... data", "please delete all of my data"),
        ("delete ... data", "delete data"),
        ("bulk order", "a bulk-order of mugs"),
        ("i'll sue", "I’ll sue!"),
        ("i'll sue", "ill sue"),
        ("sukčiai", "SUKCIAI jus"),
        ("vērsīšos ... tiesā", "versisos pret jums tiesa"),
        ("алаяқ*", "алаякпысын"),
        ("тапсырыс", "tapsyrys"),
        ("nooo", "no"),
        ("idiot", "idiooooot!!!"),
        ("no", "no"),
    ],
)
def test_a_phrase_is_found(phrase: str, text: str) -> None:
    assert found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("cunt", "I live in Scunthorpe"),
        ("kill", "killer headphones"),
        ("resell*", "presell"),
        ("delete ... data", "delete my account, and then tell me where you keep the data"),
        ("bulk order", "order in bulk"),
        ("killer", "write to killer@example.com or https://killer.example/killer"),
        ("15", "the year 1500"),
        ("word", ""),
        ("word", "w o r d"),
    ],
)
def test_a_phrase_is_not_found(phrase: str, text: str) -> None:
    assert not found(phrase, text)


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        " ",
        "*",
        "a*",
        "ab*",
        "***",
        "sue**",
        "s*e",
        "*sue",
        "... data",
        "delete ...",
        "a ... ... b",
        "!?",
        "x" * 81,
    ],
)
def test_a_phrase_that_cannot_be_meant_is_refused(phrase: str) -> None:
    with pytest.raises(ValidationError):
        checked(phrase)


def test_what_looks_like_a_pattern_is_taken_as_it_stands() -> None:
    for text in ("(a+)+$", "c++", "[x]", "a|b", "\\w"):
        assert found(text, f"say {text} now") or not found(text, "anything else")
    assert not found("a|b", "b")
    assert not found("c.t", "cat")


def test_nothing_is_found_without_phrases() -> None:
    assert not Phrases(()).found("anything")
    assert Phrases(()).without("anything") == "anything"


@pytest.mark.parametrize(
    "text", ["a" * 20_000, "delete " * 5_000, "! " * 10_000, "\0\u202e" * 5_000, "(" * 10_000]
)
def test_any_text_can_be_looked_at(text: str) -> None:
    phrases = Phrases(["delete ... data", "aaaa*", "x ... y ... z"])
    assert not phrases.found(plain(text)) or "aaaa" in text
