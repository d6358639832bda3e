"""What the fields of a record are made of, and what is said of one that can't be taken.

Field descriptions are both the public reference and the advice in error messages, so they say what to write.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

from babel import Locale
from babel.numbers import list_currencies
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from store.core.cleaning import clean, clean_line, clean_name

MAX_PROBLEMS = 50  # told about one record

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@cache
def _countries() -> frozenset[str]:
    """ISO 3166; what Unicode names besides (Europe, places made up for tests) has no law of its own."""
    named = {code for code in map(str, Locale("en").territories) if re.fullmatch("[A-Z]{2}", code)}
    return frozenset(named - {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def digits(value: object) -> object:
    """A number's digits, where it isn't written as text; as spreadsheets have it, with a zero behind it."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    if isinstance(value, int):
        return str(value)  # of hundreds of digits too, which no float holds
    return f"{value:.0f}" if isinstance(value, float) else value


def _amount(value: object) -> object:
    """Also no list, which would be taken for the parts of a decimal number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError
    return value


def count(value: object) -> object:
    """A whole number, and no truth value in its place."""
    if isinstance(value, bool):
        raise ValueError
    return value


def _moment(value: object) -> object:
    """Not a number, which would be taken for seconds since 1970, or for milliseconds."""
    if not isinstance(value, str | date):
        raise ValueError
    return value


def written(clear: Callable[[str], str]) -> BeforeValidator:
    """A text, or a number in its place; nothing that Python could write down, such as nan or a list."""

    def check(value: object) -> object:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError
        return clear(value) if isinstance(value, str) else value

    return BeforeValidator(check)


def _currency(value: str) -> str:
    if value not in _currencies():
        raise ValueError
    return value


def _country(value: str) -> str:
    value = {"UK": "GB", "EL": "GR"}.get(value, value)  # as many shops and the EU's own tax forms write them
    if value not in _countries():
        raise ValueError
    return value


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def text(length: int, least: int = 1) -> StringConstraints:
    """How many characters a text may have."""
    return StringConstraints(min_length=least, max_length=length)


# A text of several lines, of one, and what must look as it is.
TEXT, LINE, CODE = written(clean), written(clean_line), written(clean_name)

Money = Annotated[
    Decimal,
    Field(ge=0, max_digits=12, decimal_places=2),
    AfterValidator(_cents),
    PlainSerializer(str, return_type=str, when_used="json"),
    BeforeValidator(_amount),
]
# What a system works out: more decimals than anybody can pay are rounded away.
Share = Annotated[
    Decimal,
    Field(ge=0, le=Decimal("9999999999.99"), max_digits=40),
    AfterValidator(_cents),
    PlainSerializer(str, return_type=str, when_used="json"),
    BeforeValidator(_amount),
]
Country = Annotated[str, StringConstraints(to_upper=True), AfterValidator(_country), CODE]
Currency = Annotated[str, StringConstraints(to_upper=True), AfterValidator(_currency), CODE]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s<>\"']+$"), CODE]
# Bounds also catch "20260504", which would be read as seconds since 1970.
Moment = Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST), BeforeValidator(_moment)]
Day = Annotated[date, Field(ge=_EARLIEST.date(), le=_LATEST.date()), BeforeValidator(_moment)]

MONEY = "an amount from 0 to 9999999999.99 with at most two decimals and a point, such as 59.90"
SHARE = "an amount from 0 to 9999999999.99 with a point, such as 8.26; it is rounded to cents"
MOMENT = "a date and time with its zone, from 2000 to 2100, such as 2026-05-04T10:15:00+03:00"
DAY = "a date from 2000 to 2100, such as 2026-05-08"


def in_place(vocabulary: type[StrEnum]) -> WithJsonSchema:
    """Its words where a field has them: a model of its own for each would be in the reader's way."""
    return WithJsonSchema({"type": "string", "enum": [word.value for word in vocabulary]})


def one_of(vocabulary: type[StrEnum]) -> str:
    """What to write for a word of a vocabulary."""
    return "one of " + ", ".join(vocabulary)


class Record(BaseModel):
    """What a record and each part of one is: fields that aren't known are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field; `path` is its place in the record, e.g. ('lines', 0, 'sku')."""

    path: tuple[int | str, ...]
    message: str

    @property
    def field(self) -> str:
        """The path as one word, e.g. 'lines.0.sku'; '' for the record as a whole."""
        return ".".join(map(str, self.path))


def contradiction(advice: str, *places: Sequence[int | str]) -> PydanticCustomError:
    """What a validator of several fields raises. `advice` begins with "write"; `places`: those of the fields
    that are wrong, seen from the model whose validator it is."""
    return PydanticCustomError("contradiction", "{advice}", {"advice": advice, "places": places})


def contradicted(item: ErrorDetails) -> list[tuple[int | str, ...]]:
    """The places that a `contradiction` is about, seen from the whole record; none for other errors."""
    places = item.get("ctx", {}).get("places", ()) if item["type"] == "contradiction" else ()
    return [(*item["loc"], *place) for place in places]


def problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """What was wrong with a record of `model`, each with what to write instead; at most 50."""
    found = error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
    return [problem(item, model) for item in found]


def problem(item: ErrorDetails, model: type[BaseModel]) -> Problem:
    """One of them."""
    path = _path(next(iter(contradicted(item)), item["loc"]))
    return Problem(path, _message(item["type"], item["msg"], path, model))


def _path(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    # A misspelt field's name is the sender's text and may be anything.
    named = (part for part in location if part != "[key]")  # a language that is none
    return tuple(part if isinstance(part, int) else re.sub(r"\W", "?", part)[:64] for part in named)


def _message(kind: str, text: str, path: tuple[int | str, ...], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        known = ", ".join(_schema_at(path[:-1], model).get("properties", {}))
        return f"unknown field: leave it out or write one of {known}"
    own = text.removeprefix("Value error, ")
    if own.startswith("write "):
        return own
    node = _schema_at(path, model)
    advice = node.get("description", "")
    if "properties" in node:
        advice = f"an object with {', '.join(node['properties'])}"
    return f"missing: write {advice}" if kind == "missing" else f"write {advice}"


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(path: tuple[int | str, ...], model: type[BaseModel]) -> dict[str, Any]:
    """Of a place in a record; where the model says no more of it, of what it stands in."""
    node = told = _schema(model)
    for part in path:
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
        if "$ref" in node:
            node = _schema(model)["$defs"][node["$ref"].rsplit("/", 1)[1]]
        if "description" in node:
            told = node
    return told
