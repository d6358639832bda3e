"""When the customer got what: the parcels of an order, and which of its lines are in them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from store.orders.orders import Order, Shipment
from store.vocabulary import OrderState, ShipmentState

ARRIVED: Final = (OrderState.DELIVERED, OrderState.RETURNED, OrderState.PARTLY_RETURNED)


class Arrival(StrEnum):
    """Whether goods have come: at a known time; at an unknown one; perhaps; not yet."""

    KNOWN = "known"
    UNDATED = "undated"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Receipt:
    """`at`: when the last of it came, None where that isn't known or hasn't happened."""

    arrival: Arrival
    at: datetime | None = None


def of_order(order: Order) -> Receipt:
    """The receipt of the order's last parcel."""
    return _last(order, order.shipments)


def of_lines(order: Order, positions: Collection[int]) -> Receipt:
    """The receipt of the last parcel with any of these lines; of the order's last one where parcels don't say
    what is in them."""
    if not positions or any(parcel.contents is None for parcel in order.shipments):
        return of_order(order)
    packed = {
        line: [parcel for parcel in order.shipments if (parcel.contents or {}).get(line)]
        for line in positions
    }
    if not all(packed.values()):
        return Receipt(Arrival.UNDATED if order.state in ARRIVED else Arrival.OPEN)
    chosen = [parcel for parcel in order.shipments if any(parcel in those for those in packed.values())]
    return _last(order, chosen)


def _last(order: Order, parcels: Collection[Shipment]) -> Receipt:
    came = [parcel.received_at for parcel in parcels]
    known = [at for at in came if at is not None]
    if known and len(known) == len(came):
        return Receipt(Arrival.KNOWN, max(known))
    missing = [parcel for parcel in parcels if parcel.received_at is None]
    undated = all(parcel.state == ShipmentState.DELIVERED for parcel in missing)
    return Receipt(Arrival.UNDATED if (missing and undated) or order.state in ARRIVED else Arrival.OPEN)


def missing(order: Order, positions: Collection[int]) -> tuple[Shipment, ...]:
    """The parcels, as far as they may hold any of these lines, that nobody says have come."""
    return tuple(
        parcel
        for parcel in order.shipments
        if parcel.state != ShipmentState.DELIVERED
        and (not positions or parcel.contents is None or any(parcel.contents.get(one) for one in positions))
    )


def expected_on(order: Order, positions: Collection[int] = ()) -> date | None:
    """The latest day on which what hasn't come is expected; None where nobody says."""
    parcels = missing(order, positions)
    days = [parcel.expected_on or order.expected_on for parcel in parcels] or [order.expected_on]
    return max((day for day in days if day is not None), default=None)
