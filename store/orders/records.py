"""An order as a shop's own system exports it, checked field by field.

`OrderRecord` is the one form in which orders come in, by file or over HTTP. `store.orders.order_reader`
reads it out of what a shop sends.
"""

import re
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, model_validator

from store.core.identifiers import normalise_email, normalise_number, normalise_phone
from store.intake.record_fields import (
    CODE,
    DAY,
    LINE,
    MOMENT,
    MONEY,
    TEXT,
    Currency,
    Day,
    Moment,
    Money,
    Record,
    Url,
    count,
    digits,
    in_place,
    one_of,
    text,
)
from store.vocabulary import NoReturn, OrderState, PaymentKind, PaymentState, ShipmentState

_NUMBER = re.compile(r"[^\W_](?:[\w./-]{0,38}[^\W_])?")


def context(phone_region: str | None) -> dict[str, str | None]:
    """The validation context: the country of phone numbers written without one."""
    return {"phone_region": phone_region}


def _number(value: object) -> object:
    value = digits(value)
    if not isinstance(value, str):
        return value
    number = normalise_number(value)
    if not _NUMBER.fullmatch(number):
        raise ValueError
    return number


def _email(value: object) -> object:
    return normalise_email(value) if isinstance(value, str) else value


def _phone(value: object, info: ValidationInfo) -> object:
    value = digits(value)
    region = (info.context or {}).get("phone_region")
    return normalise_phone(re.sub(r"\.0$", "", value), region) if isinstance(value, str) else value


Number = Annotated[str, BeforeValidator(_number)]
Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    BeforeValidator(_email),
]
Country = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$"), CODE]
Option = Annotated[str, text(40), LINE]
Value = Annotated[str, text(80), LINE]
Phone = Annotated[str, StringConstraints(max_length=20), BeforeValidator(_phone)]


class CustomerRecord(Record):
    """Who ordered. The e-mail or phone is what the customer later proves the order with."""

    name: Annotated[str, text(200), LINE] = Field(description="the customer's name, at most 200 characters")
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


class LineRecord(Record):
    """One item of an order."""

    sku: Annotated[str, text(64), CODE] | None = Field(
        None, description="the item's article number, at most 64 characters"
    )
    name: Annotated[str, text(200), LINE] = Field(description="the item's name, at most 200 characters")
    quantity: Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(count)] = Field(
        description="how many, a whole number from 1 to 1000000"
    )
    unit_price: Money = Field(description=MONEY)
    paid: Money | None = Field(
        None, description="what all pieces really cost, less discounts and with tax: " + MONEY
    )
    discount: Money | None = Field(None, description="the line's share of all discounts: " + MONEY)
    tax: Money | None = Field(None, description="the tax within what was paid: " + MONEY)
    options: dict[Option, Value] | None = Field(
        None, description='what was chosen, at most 20, such as {"size": "M"}', max_length=20
    )
    returnable: bool | None = Field(
        None, description="whether one may send it back for no reason: true or false", strict=True
    )
    no_return: Annotated[NoReturn, in_place(NoReturn)] | None = Field(None, description=one_of(NoReturn))

    @model_validator(mode="after")
    def _one_word(self) -> Self:
        if self.no_return is not None and self.returnable:
            raise ValueError("leave out no_return, or write returnable: false: it can't be both")
        return self


class TrackingRecord(Record):
    """One thing that happened to a parcel."""

    at: Moment = Field(description=MOMENT)
    state: Annotated[ShipmentState, in_place(ShipmentState)] = Field(description=one_of(ShipmentState))
    place: Annotated[str, text(120, 0), LINE] = Field("", description="a place, at most 120 characters")


class ContentRecord(Record):
    """How many pieces of one of the order's lines are in a parcel."""

    line: Annotated[int, Field(ge=1, le=500), BeforeValidator(count)] = Field(
        description="which of the order's items, counted from 1"
    )
    quantity: Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(count)] = Field(
        description="how many, a whole number from 1 to 1000000"
    )


class ShipmentRecord(Record):
    """One parcel of an order."""

    carrier: Annotated[str, text(80), LINE] = Field(description="the carrier's name, at most 80 characters")
    tracking_number: Annotated[str, text(80), CODE] | None = Field(
        None, description="the carrier's tracking number, at most 80 characters"
    )
    tracking_url: Url | None = Field(
        None, description="the parcel's tracking page, a link that begins with https://"
    )
    state: Annotated[ShipmentState, in_place(ShipmentState)] = Field(description=one_of(ShipmentState))
    shipped_at: Moment | None = Field(None, description=MOMENT)
    expected_on: Day | None = Field(None, description=DAY)
    delivered_at: Moment | None = Field(None, description=MOMENT)
    fetch_until: Day | None = Field(None, description="the last day in a locker or shop: " + DAY)
    contents: Annotated[list[ContentRecord], Field(max_length=500)] | None = Field(
        None, description="what is in it: a list of at most 500 items"
    )
    events: Annotated[list[TrackingRecord], Field(max_length=200)] = Field(
        default_factory=list, description="a list of at most 200 tracking events"
    )


class PaymentRecord(Record):
    """A payment or a refund, in the order's currency."""

    kind: Annotated[PaymentKind, in_place(PaymentKind)] = Field(
        PaymentKind.PAYMENT, description="payment or refund"
    )
    state: Annotated[PaymentState, in_place(PaymentState)] = Field(description=one_of(PaymentState))
    method: Annotated[str, text(40), LINE] = Field(description="the way of paying, at most 40 characters")
    amount: Money = Field(description=MONEY)
    at: Moment = Field(description=MOMENT)


class InvoiceRecord(Record):
    """An invoice of an order."""

    number: Annotated[str, text(40), CODE] = Field(description="the invoice's number, at most 40 characters")
    url: Url = Field(description="the invoice's address, a link that begins with https://")
    issued_at: Moment = Field(description=MOMENT)


class OrderRecord(Record):
    """A whole order. It replaces what was stored under its number before."""

    number: Number = Field(
        description="the order's number: letters, digits and . / - inside it, at most 40 characters; "
        "words such as 'no.' or 'ORD-' before it are dropped"
    )
    state: Annotated[OrderState, in_place(OrderState)] = Field(description=one_of(OrderState))
    placed_at: Moment = Field(description=MOMENT)
    expected_on: Day | None = Field(None, description=DAY)
    currency: Currency = Field(description="an ISO 4217 currency code, such as EUR")
    total: Money = Field(description=MONEY)
    address: Annotated[str, text(1000, 0), TEXT] = Field(
        "", description="the delivery address, at most 1000 characters"
    )
    country: Country | None = Field(
        None, description="the country of the delivery address, two capital letters (ISO 3166), such as LT"
    )
    delivery_paid: Money | None = Field(None, description="what delivery cost, with tax: " + MONEY)
    delivery_standard: Money | None = Field(
        None, description="what the shop's cheapest usual delivery would have cost: " + MONEY
    )
    version: Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(count)] | None = Field(
        None, description="the shop's own count of the order's changes, a whole number"
    )
    changed_at: Moment | None = Field(None, description="when it last changed in the shop: " + MOMENT)
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
    def _known_lines(self) -> Self:
        if any(one.line > len(self.lines) for parcel in self.shipments for one in parcel.contents or ()):
            raise ValueError("a parcel's contents name a line that the order doesn't have: count from 1")
        return self

    @model_validator(mode="after")
    def _distinct_invoices(self) -> Self:
        if len({invoice.number for invoice in self.invoices}) < len(self.invoices):
            raise ValueError("write each invoice only once: two have the same number")
        return self
