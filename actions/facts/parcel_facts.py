"""What may be said about a parcel: where it is, when it came, what went wrong with it; in no language yet."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from store.orders.orders import Order, Shipment
from store.vocabulary import OrderState, ShipmentState

Phrase = dict[str, Any]

ON_THE_WAY = frozenset({OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY})
# What has a parcel not come by itself: neither "on its way" nor a day on which it is expected is true of it.
ASTRAY = frozenset(
    {
        ShipmentState.FAILED_ATTEMPT,
        ShipmentState.WAITING,
        ShipmentState.RETURNING,
        ShipmentState.RETURNED,
        ShipmentState.LOST,
        ShipmentState.EXCEPTION,
    }
)
# An order with one of these isn't delivered, even if a shop says so once it has left the carrier's van.
_NOT_HANDED_OVER = ASTRAY - {ShipmentState.RETURNING, ShipmentState.RETURNED}


def travels(order: Order) -> bool:
    """Whether the order's parcels are what is to be told."""
    return order.state in ON_THE_WAY or (
        order.state == OrderState.DELIVERED and any(one.state in _NOT_HANDED_OVER for one in order.shipments)
    )


def astray(order: Order) -> bool:
    """Whether a parcel of an order that travels needs something else than patience."""
    return travels(order) and any(one.state in ASTRAY for one in order.shipments)


def awaited(order: Order) -> bool:
    """Whether something of the order may still come by itself; also where nothing is known of parcels."""
    return not order.shipments or any(
        one.state not in ASTRAY and arrival(one) is None for one in order.shipments
    )


def arrival(shipment: Shipment) -> datetime | None:
    """When it was handed over, as far as anybody says."""
    if shipment.state in _NOT_HANDED_OVER:
        return None  # "delivered" says some carrier of what it put into a locker
    told = (event.at for event in shipment.events if event.state == ShipmentState.DELIVERED)
    return shipment.delivered_at or max(told, default=None)


def parcels(shipments: Iterable[Shipment], today: date) -> list[Phrase]:
    """Each of them: who brings it, and how it stands."""
    return [line for one in shipments for line in (tracking(one), *standing(one, today))]


def tracking(shipment: Shipment) -> Phrase:
    """Who brings it, and how to follow it."""
    facts = {"carrier": shipment.carrier, "tracking": shipment.tracking_number, "link": shipment.tracking_url}
    if not shipment.tracking_number:
        # That the number is still to come would be untrue of a parcel that lies somewhere.
        plain = shipment.state in ASTRAY
        return {"phrase": "parcel_carrier" if plain else "parcel_untracked", **facts}
    return {"phrase": "parcel" if shipment.tracking_url else "parcel_without_link", **facts}


def standing(shipment: Shipment, today: date) -> list[Phrase]:
    """Where it is or what happened to it; nothing where nobody says."""
    if shipment.state == ShipmentState.WAITING:
        return _waiting(shipment, today)
    if shipment.state == ShipmentState.FAILED_ATTEMPT:
        tries = [event.at for event in shipment.events if event.state == ShipmentState.FAILED_ATTEMPT]
        if tries:
            return [{"phrase": "parcel_failed_attempt_on", "on": _day(tries[-1])}]
    if shipment.state in ASTRAY:
        return [{"phrase": f"parcel_{shipment.state}"}]
    if not shipment.tracking_number:
        return []
    if arrived := arrival(shipment):
        return [{"phrase": "parcel_delivered", "on": _day(arrived)}]
    return seen(shipment)


def seen(shipment: Shipment) -> list[Phrase]:
    """The last place that is known of it."""
    places = [event for event in shipment.events if event.place]
    if not places:
        return []
    return [{"phrase": "parcel_seen", "place": places[-1].place, "on": _day(places[-1].at)}]


def _waiting(shipment: Shipment, today: date) -> list[Phrase]:
    places = [one.place for one in shipment.events if one.state == ShipmentState.WAITING and one.place]
    lines: list[Phrase] = [
        {"phrase": "parcel_waiting_at", "place": places[-1]} if places else {"phrase": "parcel_waiting"}
    ]
    if until := shipment.fetch_until:
        phrase = "parcel_fetch_until" if until >= today else "parcel_fetch_over"
        lines.append({"phrase": phrase, "on": until.isoformat()})
    return lines


def _day(at: datetime) -> str:
    return at.date().isoformat()
