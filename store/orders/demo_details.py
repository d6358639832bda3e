"""What the demonstration shop's orders say besides: what each line really cost, its options, whether it can
come back, what is in which parcel; and a few parcels that something happened to.

Made up order by order, each with a generator of its own: what is added here changes no other order.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

from store.orders.demo_data import DELIVERY, NO_RETURN, TAXES, price_in
from store.products import demo_products
from store.vocabulary import OrderState, PaymentKind, PaymentState, ShipmentState

Draft = dict[str, Any]

# What became of parcels that would else be on their way, one order after the other.
_FATES: Final = (
    ShipmentState.WAITING,
    ShipmentState.FAILED_ATTEMPT,
    ShipmentState.LOST,
    ShipmentState.EXCEPTION,
    ShipmentState.ACCEPTED,
)
_ROUNDS: Final = 3
# The oldest and the newest orders are what is shown and talked about: they stay plain.
_PLAIN: Final = 10
_KEPT: Final = timedelta(days=7)  # in a parcel locker
_EXTRAS: Final = (Decimal("5.00"), Decimal("8.00"))  # in EUR, of express delivery


def add(drafts: Mapping[int, Draft], seed: int, midnight: datetime) -> None:
    """Adds the details to records by their numbers; nothing in them is later than `midnight`."""
    for number, draft in drafts.items():
        rng = random.Random(f"{seed}/{number}")
        _money(rng, draft)
        for line in draft["lines"]:
            line["options"] = {name: rng.choice(values) for name, values in _options(line["sku"])} or None
            line["no_return"] = NO_RETURN.get(line["sku"])
            line["returnable"] = line["no_return"] is None
        _fill(rng, draft)
        if draft["state"] == OrderState.RETURNED:
            _come_back(draft, midnight)
    on_the_way = [one for one in drafts.values() if _in_transit(one)]
    chosen = on_the_way[_PLAIN : len(on_the_way) - _PLAIN]
    count = len(_FATES) * _ROUNDS
    for index, draft in enumerate(chosen[:: max(1, len(chosen) // count)][:count]):
        _befall(draft, _FATES[index % len(_FATES)], midnight)
    for draft in drafts.values():
        for parcel in draft["shipments"]:
            arrived = [one["at"] for one in parcel["events"] if one["state"] == ShipmentState.DELIVERED]
            parcel["delivered_at"] = arrived[0] if arrived else None


@cache
def _options(sku: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names and values among which one chooses, in English, as items are called."""
    product = next((one for one in demo_products.make() if one.sku == sku), None)
    return tuple(
        (_english(option.name), tuple(map(_english, option.values)))
        for option in (product.options if product else ())
    )


def _english(words: Mapping[str, str]) -> str:
    return words.get("en") or next(iter(words.values()))


def _money(rng: random.Random, draft: Draft) -> None:
    """Shares that make up the total, which is the prices and usual delivery. Whoever had a discount chose
    express, which cost as much more."""
    currency = draft["currency"]
    prices = [line["quantity"] * line["unit_price"] for line in draft["lines"]]
    extra = price_in(currency, rng.choice(_EXTRAS)) if rng.random() < 0.15 else Decimal(0)
    if extra > sum(prices) / 2:
        extra = Decimal(0)
    draft["delivery_standard"] = price_in(currency, DELIVERY)
    draft["delivery_paid"] = draft["delivery_standard"] + extra
    rate = TAXES[draft["country"]]
    for line, price, discount in zip(draft["lines"], prices, _shares(extra, prices), strict=True):
        line["discount"] = discount
        line["paid"] = price - discount
        line["tax"] = (line["paid"] * rate / (100 + rate)).quantize(Decimal("0.01"))


def _shares(whole: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """Parts of a sum, by weight, to the cent; the last one has what rounding left."""
    parts = [(whole * one / sum(weights)).quantize(Decimal("0.01")) for one in weights[:-1]]
    return [*parts, whole - sum(parts)]


def _fill(rng: random.Random, draft: Draft) -> None:
    """Says what is in which parcel, for most orders. A single piece that comes in two says nothing."""
    parcels, lines = draft["shipments"], draft["lines"]
    pieces = [number for number, line in enumerate(lines, 1) for _ in range(line["quantity"])]
    if not parcels or len(pieces) < len(parcels) or (len(parcels) == 1 and rng.random() < 0.2):
        return
    cut = rng.randint(1, len(pieces) - 1) if len(parcels) == 2 else len(pieces)
    for parcel, inside in zip(parcels, (pieces[:cut], pieces[cut:]), strict=False):
        parcel["contents"] = [{"line": one, "quantity": inside.count(one)} for one in dict.fromkeys(inside)]


def _come_back(draft: Draft, midnight: datetime) -> None:
    refunded = any(
        one["kind"] == PaymentKind.REFUND and one["state"] == PaymentState.DONE for one in draft["payments"]
    )
    for parcel in draft["shipments"] if refunded else ():
        _happen(parcel, ShipmentState.RETURNED, timedelta(hours=60), midnight)


def _in_transit(draft: Draft) -> bool:
    states = [one["state"] for one in draft["shipments"]]
    return draft["state"] == OrderState.SHIPPED and states == [ShipmentState.IN_TRANSIT]


def _befall(draft: Draft, state: ShipmentState, midnight: datetime) -> None:
    (parcel,) = draft["shipments"]
    match state:
        case ShipmentState.ACCEPTED:
            parcel["state"] = parcel["events"][-1]["state"] = state
            return
        case ShipmentState.FAILED_ATTEMPT:
            _happen(parcel, ShipmentState.OUT_FOR_DELIVERY, timedelta(hours=16), midnight)
    _happen(parcel, state, timedelta(hours=6), midnight)
    if state == ShipmentState.WAITING:
        street, _, town = draft["address"].partition(", ")
        parcel["events"][-1]["place"] = f"{parcel['carrier']}, {street.rpartition(' ')[0]} 1, {town}"
        parcel["fetch_until"] = (parcel["events"][-1]["at"] + _KEPT).date()


def _happen(parcel: Draft, state: ShipmentState, after: timedelta, midnight: datetime) -> None:
    last = parcel["events"][-1]
    parcel["events"].append({**last, "at": min(midnight, last["at"] + after), "state": state})
    parcel["state"] = state
