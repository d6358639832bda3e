"""When the customer got what: the parcels of an order, and which of its lines are in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from store.orders.orders import Order, Shipment
from store.vocabulary import OrderState, ShipmentState

_ARRIVED: Final = (OrderState.DELIVERED, OrderState.RETURNED, OrderState.PARTLY_RETURNED)
# It came and nobody knows when, or it never will.
_ENDED: Final = (
    ShipmentState.DELIVERED,
    ShipmentState.RETURNING,
    ShipmentState.RETURNED,
    ShipmentState.LOST,
)


class Arrival(StrEnum):
    """Whether the last of some goods has come: at a known time; at an unknown one, or never; not yet."""

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
    return _last(order, order.shipments, not _unsent(order, [line.position for line in order.lines]))


def of_lines(order: Order, positions: Collection[int]) -> Receipt:
    """The receipt of the last parcel with any of these lines; of the order's last one where parcels don't say
    what is in them."""
    if not positions or not _told(order.shipments):
        return of_order(order)
    return _last(order, _with(order, positions), not _unsent(order, positions))


def came(order: Order, lines: Mapping[int, int]) -> bool:
    """Whether these pieces, by their line's position, have come; if parcels don't say what is in them,
    whether all parcels have."""
    if not order.shipments:
        return order.state in _ARRIVED
    if _told(order.shipments):
        received = _pieces([one for one in order.shipments if one.state == ShipmentState.DELIVERED])
        if all(received.get(position, 0) >= count for position, count in lines.items()) and lines:
            return True
    parcels = missing(order, lines)
    if any(parcel.state == ShipmentState.LOST for parcel in parcels):
        return False
    return order.state in _ARRIVED or not (parcels or _unsent(order, lines))


def missing(order: Order, positions: Collection[int]) -> tuple[Shipment, ...]:
    """The parcels, as far as they may hold any of these lines, that nobody says have come."""
    return tuple(one for one in _with(order, positions) if one.state != ShipmentState.DELIVERED)


def expected_on(order: Order, positions: Collection[int] = ()) -> date | None:
    """The latest day on which what hasn't come is expected; None where nobody says."""
    parcels = missing(order, positions)
    days = [parcel.expected_on or order.expected_on for parcel in parcels] or [order.expected_on]
    return max((day for day in days if day is not None), default=None)


def is_late(order: Order, positions: Collection[int], today: date, otherwise: date) -> bool:
    """Whether something that hasn't come is lost, or was expected before today. `otherwise`: the last day for
    what nobody promised one for. What waits in a locker is late only once it can't be fetched any more."""
    if order.state == OrderState.UNPAID:
        return False
    parcels = missing(order, positions)
    if not parcels:
        return today > (order.expected_on or otherwise)
    return any(
        parcel.state == ShipmentState.LOST
        or today > _promised(parcel, parcel.expected_on or order.expected_on or otherwise)
        for parcel in parcels
    )


def _promised(parcel: Shipment, day: date) -> date:
    if parcel.state != ShipmentState.WAITING:
        return day
    return parcel.fetch_until or date.max


def _with(order: Order, positions: Collection[int]) -> Sequence[Shipment]:
    """The parcels that may hold any of these lines; all where no lines are named."""
    return [
        parcel
        for parcel in order.shipments
        if not positions or parcel.contents is None or any(parcel.contents.get(one) for one in positions)
    ]


def _told(parcels: Collection[Shipment]) -> bool:
    """Whether all parcels say what is in them."""
    return bool(parcels) and all(parcel.contents is not None for parcel in parcels)


def _pieces(parcels: Collection[Shipment]) -> dict[int, int]:
    found: dict[int, int] = {}
    for parcel in parcels:
        for position, count in (parcel.contents or {}).items():
            found[position] = found.get(position, 0) + count
    return found


def _unsent(order: Order, positions: Collection[int]) -> bool:
    """Whether pieces of these lines are in no parcel, as far as parcels say."""
    if not order.shipments:
        return True
    if not _told(order.shipments):
        return False
    packed = _pieces(order.shipments)
    return any(
        packed.get(line.position, 0) < line.quantity
        for line in order.lines
        if not positions or line.position in positions
    )


def _last(order: Order, parcels: Collection[Shipment], complete: bool) -> Receipt:
    missing_ = [parcel for parcel in parcels if parcel.received_at is None]
    came_ = [parcel.received_at for parcel in parcels if parcel.received_at is not None]
    arrived = order.state in _ARRIVED
    if came_ and not missing_ and (complete or arrived):
        return Receipt(Arrival.KNOWN, max(came_))
    ended = bool(missing_) and complete and all(parcel.state in _ENDED for parcel in missing_)
    return Receipt(Arrival.UNDATED if ended or arrived else Arrival.OPEN)
