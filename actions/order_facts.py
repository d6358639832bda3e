"""What may be said about an order: pure functions from orders to phrases, in no language yet.

A phrase is a dict: its name under `phrase` (see data/responses) and its facts. Days are ISO dates.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from actions.intents import Facet
from store.orders.orders import CANCELLABLE, READDRESSABLE, Line, Order, OrderSummary, Shipment
from store.vocabulary import OrderState, PaymentState, ShipmentState

Phrase = dict[str, Any]

ON_THE_WAY = frozenset({OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY})
PAYMENT_METHODS = frozenset({"card", "bank_transfer", "wallet"})
RETURNED = frozenset({OrderState.RETURNED, OrderState.PARTLY_RETURNED})
# Out for delivery is left out: "today" is said of it already.
NOT_YET_THERE = frozenset({OrderState.PLACED, OrderState.PAID, OrderState.PROCESSING, OrderState.SHIPPED})


def money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": str(amount), "currency": currency}


def items(order: Order) -> Any:
    """The goods in short: the first line's name, and how many more lines."""
    if not order.lines:
        return ""
    name = _counted(order.lines[0])
    if len(order.lines) == 1:
        return name
    return {"phrase": "more_items", "items": name, "count": len(order.lines) - 1}


def _counted(line: Line) -> str:
    return line.name if line.quantity == 1 else f"{line.quantity} × {line.name}"


def about(order: Order) -> dict[str, Any]:
    """The facts every phrase on an order may use."""
    return {
        "order": order.number,
        "items": items(order),
        "total": money(order.total, order.currency),
        "address": order.address,
    }


def status(order: Order, today: date) -> list[Phrase]:
    """Where the order is, how it travels, when it is expected."""
    lines: list[Phrase] = [_state(order)]
    if order.state in ON_THE_WAY:
        if len(order.shipments) > 1:
            lines.append({"phrase": "parcels", "count": len(order.shipments)})
        for shipment in order.shipments:
            lines.extend(_parcel(shipment))
    expected = order.expected_on
    if order.state in NOT_YET_THERE and expected:
        lines.append({"phrase": "overdue" if expected < today else "expected", "on": expected.isoformat()})
    return lines


def _state(order: Order) -> Phrase:
    delivered = [
        event.at
        for shipment in order.shipments
        for event in shipment.events
        if event.state == ShipmentState.DELIVERED
    ]
    if order.state == OrderState.DELIVERED and delivered:
        return {"phrase": "state_delivered_on", **about(order), "on": max(delivered).date().isoformat()}
    return {"phrase": f"state_{order.state}", **about(order)}


def _parcel(shipment: Shipment) -> list[Phrase]:
    facts = {"carrier": shipment.carrier, "tracking": shipment.tracking_number, "link": shipment.tracking_url}
    if not shipment.tracking_number:
        return [{"phrase": "parcel_untracked", **facts}]
    lines = [{"phrase": "parcel" if shipment.tracking_url else "parcel_without_link", **facts}]
    arrived = [event for event in shipment.events if event.state == ShipmentState.DELIVERED]
    seen = [event for event in shipment.events if event.place]
    if arrived:
        lines.append({"phrase": "parcel_delivered", "on": arrived[-1].at.date().isoformat()})
    elif seen:
        lines.append({"phrase": "parcel_seen", "place": seen[-1].place, "on": seen[-1].at.date().isoformat()})
    return lines


def facet(asked: Facet, order: Order, today: date) -> list[Phrase]:
    """What a single question on an order is answered with."""
    return _FACETS[asked](order, today)


def _when(order: Order, today: date) -> list[Phrase]:
    if order.state not in NOT_YET_THERE:
        return [_state(order)]
    if order.expected_on is None:
        return [{"phrase": "facet_when_unknown", **about(order)}]
    phrase = "facet_when_late" if order.expected_on < today else "facet_when"
    return [{"phrase": phrase, **about(order), "on": order.expected_on.isoformat()}]


def _delay(order: Order, today: date) -> list[Phrase]:
    if order.state not in NOT_YET_THERE or order.expected_on is None:
        return status(order, today)
    facts = {**about(order), "on": order.expected_on.isoformat()}
    if order.expected_on >= today:
        return [{"phrase": "facet_delay_none", **facts}]
    seen = [line for shipment in order.shipments for line in _parcel(shipment)]
    return [{"phrase": "facet_delay", **facts}, *(one for one in seen if one["phrase"] == "parcel_seen")]


def _carrier(order: Order, _today: date) -> list[Phrase]:
    names = dict.fromkeys(shipment.carrier for shipment in order.shipments if shipment.carrier)
    if not names:
        return [{"phrase": "facet_carrier_unknown", **about(order)}]
    return [{"phrase": "facet_carrier", **about(order), "carrier": ", ".join(names)}]


def _tracking(order: Order, _today: date) -> list[Phrase]:
    lines = [_parcel(shipment)[0] for shipment in order.shipments]
    return lines or [{"phrase": "facet_tracking_none", **about(order)}]


def _lines(order: Order, _today: date) -> list[Phrase]:
    goods = "; ".join(map(_counted, order.lines))
    return [{"phrase": "facet_items" if goods else "facet_items_unknown", **about(order), "goods": goods}]


def _total(order: Order, _today: date) -> list[Phrase]:
    paid = any(payment.state == PaymentState.DONE for payment in order.payments)
    return [{"phrase": "facet_total_paid" if paid else "facet_total", **about(order)}]


def _address(order: Order, _today: date) -> list[Phrase]:
    return [{"phrase": "facet_address" if order.address else "facet_address_unknown", **about(order)}]


def refund(order: Order) -> list[Phrase]:
    """What has become of the customer's money."""
    facts = about(order)
    if order.refunds:
        return [
            {
                "phrase": f"refund_{one.state}",
                **facts,
                "amount": money(one.amount, one.currency),
                "method": payment_method(one.method),
                "on": one.at.date().isoformat(),
            }
            for one in order.refunds
        ]
    if not any(payment.state == PaymentState.DONE for payment in order.payments):
        return [{"phrase": "refund_unpaid", **facts}]
    if order.state == OrderState.CANCELLED:
        return [{"phrase": "refund_awaited_cancelled", **facts}]
    if order.state in RETURNED:
        return [{"phrase": "refund_awaited", **facts}]
    return [{"phrase": "refund_none", **facts}]


def payment_method(code: str) -> Any:
    """A payment method as customers call it; a shop's own code as it is."""
    if code in PAYMENT_METHODS:
        return {"phrase": f"method_{code}"}
    return code.replace("_", " ")


def invoice(order: Order) -> list[Phrase]:
    """Links to the order's invoices, or why there is none."""
    if order.invoices:
        return [
            {"phrase": "invoice", **about(order), "number": one.number, "link": one.url}
            for one in order.invoices
        ]
    missing = "invoice_cancelled" if order.state == OrderState.CANCELLED else "invoice_not_yet"
    return [{"phrase": missing, **about(order)}]


def money_back(order: Order) -> Phrase:
    """What cancelling means for the customer's money."""
    paid = sum(
        (payment.amount for payment in order.payments if payment.state == PaymentState.DONE), Decimal(0)
    )
    if not paid:
        return {"phrase": "nothing_paid"}
    return {"phrase": "money_back", "total": money(paid, order.currency)}


def can_cancel(order: Order) -> bool:
    return order.state in CANCELLABLE


def can_change_address(order: Order) -> bool:
    return order.state in READDRESSABLE


def cancel_refusal(state: OrderState) -> dict[str, Any]:
    """The response, with its facts, for an order that can't be cancelled (any more)."""
    if state == OrderState.CANCELLED:
        return {"response": "utter_already_cancelled"}
    return {"response": "utter_cannot_cancel", **refusal(state)}


def refusal(state: OrderState) -> dict[str, Phrase]:
    """Why an order in this state can't be cancelled or sent elsewhere, and what can be done instead."""
    if state in ON_THE_WAY:
        return {"why": {"phrase": "why_shipped"}, "instead": {"phrase": "instead_return"}}
    if state == OrderState.DELIVERED:
        return {"why": {"phrase": "why_delivered"}, "instead": {"phrase": "instead_return_now"}}
    if state == OrderState.CANCELLED:
        return {"why": {"phrase": "why_cancelled"}, "instead": {"phrase": "instead_person"}}
    return {"why": {"phrase": "why_returned"}, "instead": {"phrase": "instead_person"}}


def order_choice(order: OrderSummary, intent: str) -> dict[str, Any]:
    """A button that picks one of the customer's orders."""
    return {
        "intent": intent,
        "entities": {"order_number": order.number},
        "title_key": "order",
        "order": order.number,
        "state": {"title_key": f"short_{order.state}"},
    }


_FACETS: Mapping[Facet, Callable[[Order, date], list[Phrase]]] = {
    Facet.WHERE: status,
    Facet.WHEN: _when,
    Facet.DELAY: _delay,
    Facet.CARRIER: _carrier,
    Facet.TRACKING: _tracking,
    Facet.ITEMS: _lines,
    Facet.TOTAL: _total,
    Facet.ADDRESS: _address,
    Facet.REFUND: lambda order, _today: refund(order),
    Facet.INVOICE: lambda order, _today: invoice(order),
}
