"""An order as a shop's own system exports it, checked field by field.

`OrderRecord` is the one form in which orders come in, by file or over HTTP. Its field descriptions are
both the public reference and the advice in error messages, so they say what to write. `store.orders.intake`
reads it out of what a shop sends.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Self

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
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from store.core.cleaning import clean, clean_line, clean_name
from store.core.identifiers import normalise_email, normalise_number, normalise_phone
from store.vocabulary import OrderState, PaymentKind, PaymentState, ShipmentState

MAX_PROBLEMS = 50  # told about one record

_NUMBER = re.compile(r"[^\W_](?:[\w./-]{0,38}[^\W_])?")
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def context(phone_region: str | None) -> dict[str, str | None]:
    """The validation context: the country of phone numbers written without one."""
    return {"phone_region": phone_region}


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def _digits(value: object) -> object:
    """A number's digits, where it isn't written as text; as spreadsheets have it, with a zero behind it."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    if isinstance(value, int):
        return str(value)  # of hundreds of digits too, which no float holds
    return f"{value:.0f}" if isinstance(value, float) else value


def _number(value: object) -> object:
    value = _digits(value)
    if not isinstance(value, str):
        return value
    number = normalise_number(value)
    if not _NUMBER.fullmatch(number):
        raise ValueError
    return number


def _email(value: object) -> object:
    return normalise_email(value) if isinstance(value, str) else value


def _phone(value: object, info: ValidationInfo) -> object:
    value = _digits(value)
    region = (info.context or {}).get("phone_region")
    return normalise_phone(re.sub(r"\.0$", "", value), region) if isinstance(value, str) else value


def _amount(value: object) -> object:
    """Also no list, which would be taken for the parts of a decimal number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError
    return value


def _count(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError
    return value


def _moment(value: object) -> object:
    """Not a number, which would be taken for seconds since 1970, or for milliseconds."""
    if not isinstance(value, str | date):
        raise ValueError
    return value


def _written(clear: Callable[[str], str]) -> BeforeValidator:
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


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def _text(length: int, least: int = 1) -> StringConstraints:
    return StringConstraints(min_length=least, max_length=length)


# A text of several lines, of one, and what must look as it is.
TEXT, LINE, CODE = _written(clean), _written(clean_line), _written(clean_name)

Money = Annotated[
    Decimal,
    Field(ge=0, max_digits=12, decimal_places=2),
    AfterValidator(_cents),
    PlainSerializer(str, return_type=str, when_used="json"),
    BeforeValidator(_amount),
]
Number = Annotated[str, BeforeValidator(_number)]
Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    BeforeValidator(_email),
]
Phone = Annotated[str, StringConstraints(max_length=20), BeforeValidator(_phone)]
Currency = Annotated[str, StringConstraints(to_upper=True), AfterValidator(_currency), CODE]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s<>\"']+$"), CODE]
# Bounds also catch "20260504", which would be read as seconds since 1970.
Moment = Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST), BeforeValidator(_moment)]
Day = Annotated[date, Field(ge=_EARLIEST.date(), le=_LATEST.date()), BeforeValidator(_moment)]

_MONEY = "an amount from 0 to 9999999999.99 with at most two decimals and a point, such as 59.90"
_MOMENT = "a date and time with its zone, from 2000 to 2100, such as 2026-05-04T10:15:00+03:00"
_DAY = "a date from 2000 to 2100, such as 2026-05-08"


def _in_place(vocabulary: type[StrEnum]) -> WithJsonSchema:
    """Its words where a field has them: a model of its own for each would be in the reader's way."""
    return WithJsonSchema({"type": "string", "enum": [word.value for word in vocabulary]})


def _one_of(vocabulary: type[StrEnum]) -> str:
    return "one of " + ", ".join(vocabulary)


class _Record(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True
    )


class CustomerRecord(_Record):
    """Who ordered. The e-mail or phone is what the customer later proves the order with."""

    name: Annotated[str, _text(200), LINE] = Field(description="the customer's name, at most 200 characters")
    email: Email | None = Field(None, description="an e-mail address, such as jonas@example.com")
    phone: Phone | None = Field(
        None, description="a phone number in international form, such as +37061234567"
    )
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$"), CODE] | None = Field(
        None, description="the customer's language as an ISO 639 code in small letters, such as lt"
    )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.email is None and self.phone is None:
            raise ValueError("write the customer's e-mail or phone: one of the two is needed")
        return self


class LineRecord(_Record):
    """One item of an order."""

    sku: Annotated[str, _text(64), CODE] | None = Field(
        None, description="the item's article number, at most 64 characters"
    )
    name: Annotated[str, _text(200), LINE] = Field(description="the item's name, at most 200 characters")
    quantity: Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_count)] = Field(
        description="how many, a whole number from 1 to 1000000"
    )
    unit_price: Money = Field(description=_MONEY)


class TrackingRecord(_Record):
    """One thing that happened to a parcel."""

    at: Moment = Field(description=_MOMENT)
    state: Annotated[ShipmentState, _in_place(ShipmentState)] = Field(description=_one_of(ShipmentState))
    place: Annotated[str, _text(120, 0), LINE] = Field("", description="a place, at most 120 characters")


class ShipmentRecord(_Record):
    """One parcel of an order."""

    carrier: Annotated[str, _text(80), LINE] = Field(description="the carrier's name, at most 80 characters")
    tracking_number: Annotated[str, _text(80), CODE] | None = Field(
        None, description="the carrier's tracking number, at most 80 characters"
    )
    tracking_url: Url | None = Field(
        None, description="the parcel's tracking page, a link that begins with https://"
    )
    state: Annotated[ShipmentState, _in_place(ShipmentState)] = Field(description=_one_of(ShipmentState))
    shipped_at: Moment | None = Field(None, description=_MOMENT)
    expected_on: Day | None = Field(None, description=_DAY)
    events: Annotated[list[TrackingRecord], Field(max_length=200)] = Field(
        default_factory=list, description="a list of at most 200 tracking events"
    )


class PaymentRecord(_Record):
    """A payment or a refund, in the order's currency."""

    kind: Annotated[PaymentKind, _in_place(PaymentKind)] = Field(
        PaymentKind.PAYMENT, description="payment or refund"
    )
    state: Annotated[PaymentState, _in_place(PaymentState)] = Field(description=_one_of(PaymentState))
    method: Annotated[str, _text(40), LINE] = Field(description="the way of paying, at most 40 characters")
    amount: Money = Field(description=_MONEY)
    at: Moment = Field(description=_MOMENT)


class InvoiceRecord(_Record):
    """An invoice of an order."""

    number: Annotated[str, _text(40), CODE] = Field(description="the invoice's number, at most 40 characters")
    url: Url = Field(description="the invoice's address, a link that begins with https://")
    issued_at: Moment = Field(description=_MOMENT)


class OrderRecord(_Record):
    """A whole order. It replaces what was stored under its number before."""

    number: Number = Field(
        description="the order's number: letters, digits and . / - inside it, at most 40 characters; "
        "words such as 'no.' or 'ORD-' before it are dropped"
    )
    state: Annotated[OrderState, _in_place(OrderState)] = Field(description=_one_of(OrderState))
    placed_at: Moment = Field(description=_MOMENT)
    expected_on: Day | None = Field(None, description=_DAY)
    currency: Currency = Field(description="an ISO 4217 currency code, such as EUR")
    total: Money = Field(description=_MONEY)
    address: Annotated[str, _text(1000, 0), TEXT] = Field(
        "", description="the delivery address, at most 1000 characters"
    )
    customer: CustomerRecord = Field(description="an object with the customer's name, e-mail and phone")
    lines: Annotated[list[LineRecord], Field(min_length=1, max_length=500)] = Field(
        description="a list of 1 to 500 items"
    )
    shipments: Annotated[list[ShipmentRecord], Field(max_length=50)] = Field(
        default_factory=list, description="a list of at most 50 parcels"
    )
    payments: Annotated[list[PaymentRecord], Field(max_length=50)] = Field(
        default_factory=list, description="a list of at most 50 payments and refunds"
    )
    invoices: Annotated[list[InvoiceRecord], Field(max_length=10)] = Field(
        default_factory=list, description="a list of at most 10 invoices"
    )

    @model_validator(mode="after")
    def _distinct_invoices(self) -> Self:
        if len({invoice.number for invoice in self.invoices}) < len(self.invoices):
            raise ValueError("write each invoice only once: two have the same number")
        return self


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field; `path` is its place in the record, e.g. ('lines', 0, 'sku')."""

    path: tuple[int | str, ...]
    message: str

    @property
    def field(self) -> str:
        """The path as one word, e.g. 'lines.0.sku'; '' for the record as a whole."""
        return ".".join(map(str, self.path))


def problems(error: ValidationError) -> list[Problem]:
    """What was wrong with an `OrderRecord`, each with what to write instead; at most 50."""
    found = error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
    return [problem(item) for item in found]


def problem(item: ErrorDetails) -> Problem:
    """One of them."""
    path = _path(item["loc"])
    return Problem(path, _message(item["type"], item["msg"], path))


def _path(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    # A misspelt field's name is the sender's text and may be anything.
    return tuple(part if isinstance(part, int) else re.sub(r"\W", "?", part)[:64] for part in location)


def _message(kind: str, text: str, path: tuple[int | str, ...]) -> str:
    if kind == "extra_forbidden":
        known = ", ".join(_schema_at(path[:-1]).get("properties", {}))
        return f"unknown field: leave it out or write one of {known}"
    own = text.removeprefix("Value error, ")
    if own.startswith("write "):
        return own
    node = _schema_at(path)
    advice = node.get("description", "")
    if "properties" in node:
        advice = f"an object with {', '.join(node['properties'])}"
    return f"missing: write {advice}" if kind == "missing" else f"write {advice}"


@cache
def _schema() -> dict[str, Any]:
    return OrderRecord.model_json_schema()


def _schema_at(path: tuple[int | str, ...]) -> dict[str, Any]:
    node = _schema()
    for part in path:
        node = node["items"] if isinstance(part, int) else node.get("properties", {}).get(part, {})
        if "$ref" in node:
            node = _schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node
