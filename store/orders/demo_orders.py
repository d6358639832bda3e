"""The orders of the demonstration shop, made up the same way every time."""

import random
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from store.orders import demo_details
from store.orders.demo_data import COUNTRIES, DELIVERY, LATIN, PRODUCTS, Country, price_in
from store.orders.records import OrderRecord
from store.vocabulary import OrderState, PaymentKind, PaymentState, ShipmentState

SEED: Final = 20260
FIRST_NUMBER: Final = 10001
CUSTOMERS_PER_COUNTRY: Final = 48
DOMAINS: Final = ("example.com", "example.org", "example.net")  # nobody's, RFC 2606

SAMPLE_EMAIL: Final = "emma.carter@example.com"
SAMPLE_STATES: Final = (
    OrderState.PROCESSING,
    OrderState.SHIPPED,
    OrderState.DELIVERED,
    OrderState.UNPAID,
    OrderState.CANCELLED,
)

# How many of a hundred orders are in a state, and how many days old they may be.
_STATES: Final[dict[OrderState, tuple[int, int, int]]] = {
    OrderState.PLACED: (4, 1, 2),
    OrderState.UNPAID: (5, 1, 6),
    OrderState.PAID: (4, 1, 3),
    OrderState.PROCESSING: (8, 1, 4),
    OrderState.SHIPPED: (10, 3, 9),
    OrderState.OUT_FOR_DELIVERY: (4, 4, 8),
    OrderState.DELIVERED: (48, 9, 300),
    OrderState.CANCELLED: (8, 2, 200),
    OrderState.RETURNED: (5, 20, 250),
    OrderState.PARTLY_RETURNED: (4, 20, 250),
}
_PARCEL_STATES: Final = {
    OrderState.SHIPPED: ShipmentState.IN_TRANSIT,
    OrderState.OUT_FOR_DELIVERY: ShipmentState.OUT_FOR_DELIVERY,
    OrderState.DELIVERED: ShipmentState.DELIVERED,
    OrderState.RETURNED: ShipmentState.RETURNING,
    OrderState.PARTLY_RETURNED: ShipmentState.DELIVERED,
}
# What a parcel goes through that comes, and then goes back.
_JOURNEY: Final = (
    ShipmentState.PACKED,
    ShipmentState.IN_TRANSIT,
    ShipmentState.OUT_FOR_DELIVERY,
    ShipmentState.DELIVERED,
    ShipmentState.RETURNING,
)


@dataclass(frozen=True, slots=True)
class _Customer:
    country: Country
    name: str
    email: str | None
    phone: str | None


def make(today: date) -> list[OrderRecord]:
    """Some 1200 orders of 240 customers, none later than the beginning of `today` in UTC."""
    rng = random.Random(SEED)
    drafts = [draft for customer in _customers(rng) for draft in _orders(rng, customer, today)]
    drafts.sort(key=lambda draft: (draft["placed_at"], draft["customer"]["name"]))
    numbered = dict(enumerate(drafts, FIRST_NUMBER))
    demo_details.add(numbered, SEED, datetime.combine(today, time(), UTC))
    records = []
    for number, draft in numbered.items():
        if issued_at := draft.pop("invoiced_at"):
            url = f"https://shop.example.com/invoices/{number}.pdf"
            draft["invoices"] = [{"number": f"INV-{number}", "url": url, "issued_at": issued_at}]
        for parcel, shipment in enumerate(draft["shipments"], 1):
            if shipment.pop("tracked"):
                shipment["tracking_number"] = f"AC{number}{parcel}00{parcel}"
                shipment["tracking_url"] = f"https://tracking.example.com/{shipment['tracking_number']}"
        records.append(OrderRecord.model_validate({"number": number, **draft}))
    return records


def _customers(rng: random.Random) -> list[_Customer]:
    found: list[_Customer] = []
    emails: set[str] = set()
    for country in COUNTRIES:
        for index in range(CUSTOMERS_PER_COUNTRY):
            woman = index % 2 == 0
            given = rng.choice(country.women if woman else country.men)
            family = rng.choice(country.families)[woman]
            if country.language == "en" and index == 0:
                given, family = "Emma", "Carter"
            email = f"{_latin(given)}.{_latin(family)}"
            if email in emails:
                email += str(index)
            emails.add(email)
            email += f"@{DOMAINS[index % 3]}"
            phone = country.phone.format(area=(212, 312, 415, 617)[index % 4], last=index, number=100 + index)
            reached_by = "both" if index == 0 else rng.choices(("both", "email", "phone"), (80, 12, 8))[0]
            found.append(
                _Customer(
                    country,
                    f"{given} {family}",
                    None if reached_by == "phone" else email,
                    None if reached_by == "email" else phone,
                )
            )
    return found


def _latin(name: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name.lower()).translate(LATIN))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def _orders(rng: random.Random, customer: _Customer, today: date) -> list[dict[str, Any]]:
    if customer.email == SAMPLE_EMAIL:
        # Two in the state that the demonstration is most likely to use up.
        return [
            _order(rng, customer, state, today, tidy=True)
            for state in (OrderState.PROCESSING, *SAMPLE_STATES)
        ]
    weights = [weight for weight, _, _ in _STATES.values()]
    states = rng.choices(list(_STATES), weights, k=rng.randint(1, 9))
    return [_order(rng, customer, state, today) for state in states]


def _order(
    rng: random.Random, customer: _Customer, state: OrderState, today: date, tidy: bool = False
) -> dict[str, Any]:
    """An order's record without number; `tidy`: with none of the awkward cases."""
    country = customer.country
    midnight = datetime.combine(today, time(), UTC)
    _, youngest, oldest = _STATES[state]
    age = youngest if tidy else rng.randint(youngest, oldest)
    placed_at = midnight - timedelta(days=age, minutes=-rng.randint(6 * 60, 22 * 60))
    currency = "EUR" if tidy else rng.choice(country.currencies)
    lines: list[dict[str, Any]] = [
        {
            "sku": sku,
            "name": name,
            "quantity": rng.choice((1, 1, 1, 2, 3)),
            "unit_price": price_in(currency, price),
        }
        for sku, name, price in rng.sample(PRODUCTS, rng.choice((1, 1, 2, 2, 3, 4)))
    ]
    total = sum((line["quantity"] * line["unit_price"] for line in lines), price_in(currency, DELIVERY))
    paid, payments = _payments(rng, state, total, lines[0]["unit_price"], placed_at, midnight, tidy)
    days = rng.randint(4, 7)
    expected_on = (
        None
        if state in (OrderState.UNPAID, OrderState.CANCELLED)
        else (placed_at + timedelta(days=days)).date()
    )
    street, house = rng.choice(country.streets), rng.randint(1, 120)
    town = rng.choice(list(country.towns))
    return {
        "state": state,
        "placed_at": placed_at,
        "expected_on": expected_on,
        "currency": currency,
        "total": total,
        "address": f"{street} {house}, {town}",
        "country": country.towns[town],
        "customer": {
            "name": customer.name,
            "email": customer.email,
            "phone": customer.phone,
            "language": country.language,
        },
        "lines": lines,
        "shipments": _shipments(rng, country, state, placed_at, expected_on, midnight, tidy),
        "payments": payments,
        "invoiced_at": placed_at if paid and (tidy or rng.random() < 0.75) else None,
    }


def _payments(
    rng: random.Random,
    state: OrderState,
    total: Decimal,
    first_item: Decimal,
    placed_at: datetime,
    midnight: datetime,
    tidy: bool,
) -> tuple[bool, list[dict[str, Any]]]:
    """(whether the order was paid, its payments and refunds)."""
    method = rng.choice(("card", "card", "bank_transfer", "wallet"))

    def payment(kind: PaymentKind, state: PaymentState, amount: Decimal, at: datetime) -> dict[str, Any]:
        return {"kind": kind, "state": state, "method": method, "amount": amount, "at": min(at, midnight)}

    paid_at = placed_at + timedelta(minutes=4)
    failed = [payment(PaymentKind.PAYMENT, PaymentState.FAILED, total, placed_at + timedelta(minutes=2))]
    if state == OrderState.PLACED:
        return False, [payment(PaymentKind.PAYMENT, PaymentState.PENDING, total, paid_at)]
    if state == OrderState.UNPAID:
        return False, failed if tidy or rng.random() < 0.6 else []
    if state == OrderState.CANCELLED and not tidy and rng.random() < 0.3:
        return False, []
    done = payment(PaymentKind.PAYMENT, PaymentState.DONE, total, paid_at)
    payments = [*failed, done] if not tidy and rng.random() < 0.08 else [done]
    if state in (OrderState.CANCELLED, OrderState.RETURNED, OrderState.PARTLY_RETURNED):
        amount = first_item if state == OrderState.PARTLY_RETURNED else total
        days = 1 if state == OrderState.CANCELLED else 14
        refund = PaymentState.DONE
        if not tidy:
            refund = rng.choice((PaymentState.DONE, PaymentState.DONE, PaymentState.PENDING))
        payments.append(payment(PaymentKind.REFUND, refund, amount, placed_at + timedelta(days=days)))
    return True, payments


def _shipments(
    rng: random.Random,
    country: Country,
    state: OrderState,
    placed_at: datetime,
    expected_on: date | None,
    midnight: datetime,
    tidy: bool,
) -> list[dict[str, Any]]:
    if state not in _PARCEL_STATES:
        return []
    carrier = rng.choice(country.carriers)
    parcels = []
    for parcel in range(1 if tidy or rng.random() > 0.12 else 2):
        tracked = tidy or state != OrderState.SHIPPED or rng.random() > 0.15
        # Of two parcels on their way, one may be there already.
        early = state == OrderState.SHIPPED and parcel == 1 and tracked and rng.random() < 0.5
        reached = (
            ShipmentState.DELIVERED if early else _PARCEL_STATES[state] if tracked else ShipmentState.PACKED
        )
        passed = _JOURNEY[: _JOURNEY.index(reached) + 1]
        events = [
            {
                "at": min(midnight, placed_at + timedelta(hours=20 * (step + 1))),
                "state": passed_state,
                "place": rng.choice(list(country.towns)),
            }
            for step, passed_state in enumerate(passed)
        ]
        parcels.append(
            {
                "carrier": carrier,
                "state": reached,
                "shipped_at": events[0]["at"] if tracked else None,
                "expected_on": expected_on,
                "events": events if tracked else [],
                "tracked": tracked,
            }
        )
    return parcels
