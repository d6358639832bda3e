"""Bodies and queries: what is read, and what is refused with which words."""

import json
from contextlib import suppress
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, Field

from bot.runtime.http.json_bodies import parse, parse_object
from bot.runtime.http.refusals import BadRequest, TooLarge
from bot.runtime.http.request_models import LEFT_OUT, RequestModel, read, read_query, too_long
from store.core.strict_json import shown

LIMIT = 200_000


def _short(text: str) -> str:
    if text == "?":
        raise ValueError("write no question.")
    if len(text) > 5:
        raise too_long(5)
    return text


class Person(RequestModel):
    name: str = Field(max_length=9, description="a name")
    age: int = Field(LEFT_OUT, ge=0, description="a whole number")


class Body(RequestModel):
    kind: Literal["a", "b"] = Field(description="one of a, b")
    word: Annotated[str, AfterValidator(_short)] = Field("", description="a word")
    person: Person | None = Field(None, description="an object with name and age")
    numbers: list[int] = Field(default_factory=list, max_length=2, description="a list of at most 2 numbers")


# --- JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "Expecting value, line 1, column 1"),
        (b'{"a":\n 1,}', "line 2, column 4"),
        (b'"\xff"', "not in UTF-8"),
        ("{}".encode("utf-16"), "not in UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "too"),
        (b"9" * 5000, "too many digits"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b'{"a": 1, "b": 2, "a": 3}', "the field 'a' stands twice"),
        (b'{"x": [{"a": 1, "\\u0061": 3}]}', "the field 'a' stands twice"),
        (b'{"<b>\\u202e": 1, "<b>\\u202e": 3}', "the field '?b??' stands twice"),
        (b'"a\tb"', "Invalid control character at, line 1"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(body: bytes, why: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(body[:LIMIT], LIMIT, code="malformed_json")
    assert (refused.value.status, refused.value.code) == (400, "malformed_json")
    assert why in refused.value.message, refused.value.message


def test_a_body_has_a_limit() -> None:
    assert parse(b" 1234", 5) == 1234
    with pytest.raises(TooLarge, match="at most 5 bytes"):
        parse(b" 12345", 5)


def test_many_fields_take_no_longer_than_they_are_many() -> None:
    body = json.dumps({f"field{n}": n for n in range(9000)})[:-1] + ', "field8999": 1}'
    with pytest.raises(BadRequest, match="field8999"):
        parse(body.encode(), LIMIT)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"true"])
def test_an_object_is_no_other_value(body: bytes) -> None:
    with pytest.raises(BadRequest, match="must be a JSON object"):
        parse_object(body, LIMIT)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(body: bytes) -> None:
    with suppress(BadRequest):
        value = parse(body, LIMIT)
        assert json.loads(body) == value


@given(st.text())
def test_any_name_can_be_shown(name: str) -> None:
    assert shown(name).isprintable() and len(shown(name)) <= 40


# --- models ----------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], str | None, str]] = [
    ({}, "kind", "kind: write one of a, b."),
    ({"kind": "c"}, "kind", "kind: write one of a, b."),
    ({"kind": None}, "kind", "kind: write one of a, b."),
    ({"kind": "a", "x": 1}, "x", "Unknown field 'x': send kind, word, person, numbers."),
    ({"x": 1}, "x", "Unknown field 'x': send kind, word, person, numbers."),
    ({"kind": "a", "\ud800": 1}, "?", "Unknown field '?': send kind, word, person, numbers."),
    ({"kind": "a", "word": "?"}, "word", "word: write no question."),
    ({"kind": "a", "word": 1}, "word", "word: write a word."),
    ({"kind": "a", "word": None}, "word", "word: write a word."),
    ({"kind": "a", "person": {"name": "\ud800"}}, "person.name", "person.name: write a name."),
    ({"kind": "a", "person": 1}, "person", "person: write an object with name and age."),
    ({"kind": "a", "person": {}}, "person.name", "person.name: write a name."),
    ({"kind": "a", "person": {"name": "x" * 10}}, "person.name", "person.name: write a name."),
    ({"kind": "a", "person": {"name": "x", "age": True}}, "person.age", "person.age: write a whole number."),
    ({"kind": "a", "person": {"name": "x", "age": None}}, "person.age", "person.age: write a whole number."),
    ({"kind": "a", "person": {"name": "x", "age": "1"}}, "person.age", "person.age: write a whole number."),
    ({"kind": "a", "person": {"name": "x", "_": 1}}, "person", "person: write an object with name and age."),
    ({"kind": "a", "numbers": [1, "2"]}, "numbers", "numbers: write a list of at most 2 numbers."),
    ({"kind": "a", "numbers": [1, 2, 3]}, "numbers", "numbers: write a list of at most 2 numbers."),
    ({"kind": "a", "numbers": 1}, "numbers", "numbers: write a list of at most 2 numbers."),
]


@pytest.mark.parametrize(("values", "field", "message"), WRONG)
def test_a_refusal_names_the_field_and_says_what_to_write(
    values: dict[str, Any], field: str | None, message: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        read(Body, values)
    assert (refused.value.status, refused.value.field, refused.value.message) == (400, field, message)


def test_a_text_that_is_too_long_is_too_large() -> None:
    with pytest.raises(TooLarge) as refused:
        read(Body, {"kind": "a", "word": "xxxxxx"})
    assert (refused.value.field, refused.value.message) == ("word", "word: write at most 5 characters.")


def test_what_is_left_out_is_told_apart_from_what_is_sent() -> None:
    body = read(Body, {"kind": "a", "person": {"name": "Ona"}})
    assert body.model_dump(exclude_unset=True) == {"kind": "a", "person": {"name": "Ona"}}
    assert "default" not in json.dumps(Person.model_json_schema())


def test_a_query_has_each_field_once() -> None:
    assert read_query(Body, {"kind": ["a"]}).kind == "a"
    with pytest.raises(BadRequest, match="kind: write it once."):
        read_query(Body, {"kind": ["a", "b"]})
    with pytest.raises(BadRequest, match="Unknown field"):
        read_query(Body, {"kind": ["a"], "utm_source": ["x"]})
