"""An order as a shop's own system exports it, checked field by field.

`OrderRecord` is the one form in which orders come in, by file or over HTTP. `store.orders.order_reader`
reads it out of what a shop sends.
"""

import re
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo, model_validator

from store.core.identifiers import normalise_email, normalise_number, normalise_phone
from store.intake.record_fields import (
    CODE,
    DAY,
    LINE,
    MOMENT,
    MONEY,
    SHARE,
    TEXT,
    Country,
    Currency,
    Day,
    Moment,
    Money,
    Record,
    Share,
    Url,
    contradiction,
    count,
    digits,
    in_place,
    one_of,
    text,
)
from store.orders.order_example import EXAMPLE
from store.vocabulary import NoReturn, OrderState, PaymentKind, PaymentState, ShipmentState

# States in which a total may be what is left of it.
_LOWERED = frozenset({OrderState.CANCELLED, OrderState.RETURNED, OrderState.PARTLY_RETURNED})
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
OptionName = Annotated[str, text(40), LINE]
OptionValue = Annotated[str, text(200), LINE]  # a text to be engraved too
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
    paid: Share | None = Field(
        None,
        description="what all its pieces really cost, less all discounts, tax included: " + SHARE,
    )
    discount: Share | None = Field(None, description="its share of all discounts: " + SHARE)
    tax: Share | None = Field(None, description="the tax within what was paid: " + SHARE)
    options: dict[OptionName, OptionValue] | None = Field(
        None,
        max_length=20,
        description='what was chosen, at most 20, such as {"size": "M"}, or size=M; colour=blue in CSV',
    )
    returnable: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="whether one may send it back for no reason: true or false"
    )
    no_return: Annotated[NoReturn, in_place(NoReturn)] | None = Field(
        None, description=f"{one_of(NoReturn)}: why one may not send it back for no reason"
    )

    @model_validator(mode="after")
    def _one_word(self) -> Self:
        if self.no_return is not None and self.returnable:
            raise contradiction(
                "write no_return only where returnable isn't true: it says why not", ["no_return"]
            )
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
    fetch_until: Day | None = Field(
        None, description="the last day on which it lies in a parcel locker or shop: " + DAY
    )
    contents: Annotated[list[ContentRecord], Field(max_length=500)] | None = Field(
        None, description="what is in it: a list of at most 500 of the order's items, with how many of each"
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
    """A whole order. It replaces what was stored under its number before, if that isn't newer."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

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
    delivery_paid: Share | None = Field(
        None, description="what was paid for delivery, tax included, within total: " + SHARE
    )
    delivery_standard: Share | None = Field(
        None, description="what the shop's cheapest usual delivery would have cost: " + SHARE
    )
    version: Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(count)] | None = Field(
        None,
        description="the shop's own count of the order's changes, a whole number from 0 to 2147483647: "
        "one that is lower than the stored order's isn't taken",
    )
    changed_at: Moment | None = Field(
        None,
        description="when it last changed in the shop, which counts where there is no version: " + MOMENT,
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
    def _known_lines(self) -> Self:
        known = len(self.lines)
        wrong = [
            ("shipments", number, "contents")
            for number, parcel in enumerate(self.shipments)
            if any(one.line > known for one in parcel.contents or ())
        ]
        if wrong:
            raise contradiction("write only lines that the order has, counted from 1", *wrong)
        return self

    @model_validator(mode="after")
    def _within_total(self) -> Self:
        """What was paid for parts is no more than the whole. Less is fine: there are fees besides; so is a
        cent for each part that was rounded by itself. Of what came back, many shops lower the total only."""
        parts = [one for one in (self.delivery_paid, *(line.paid for line in self.lines)) if one is not None]
        paid, spare = sum(parts, Decimal(0)), Decimal("0.01") * len(parts)
        if self.state not in _LOWERED and paid > self.total + spare:
            raise contradiction(
                f"write the total before gift cards and credit: delivery_paid and the paid of all lines "
                f"make {paid}, which is more",
                ["total"],
            )
        return self

    @model_validator(mode="after")
    def _distinct_invoices(self) -> Self:
        if len({invoice.number for invoice in self.invoices}) < len(self.invoices):
            raise ValueError("write each invoice only once: two have the same number")
        return self
