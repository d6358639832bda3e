"""What may be said about an order: pure functions from orders to phrases, in no language yet.

A phrase is a dict: its name under `phrase` (see data/responses) and its facts. Days are ISO dates.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from actions.facts import parcel_facts
from actions.facts.parcel_facts import ON_THE_WAY as ON_THE_WAY
from actions.facts.parcel_facts import Phrase as Phrase
from actions.intents import Facet
from store.orders.orders import CANCELLABLE, READDRESSABLE, Line, Order, OrderSummary
from store.vocabulary import OrderState, PaymentState

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
    if parcel_facts.travels(order):
        if len(order.shipments) > 1:
            lines.append({"phrase": "parcels", "count": len(order.shipments)})
        lines.extend(parcel_facts.parcels(order.shipments, today))
    expected = order.expected_on
    if order.state in NOT_YET_THERE and expected and parcel_facts.awaited(order):
        lines.append({"phrase": "overdue" if expected < today else "expected", "on": expected.isoformat()})
    return lines


def _state(order: Order) -> Phrase:
    if parcel_facts.astray(order):
        return {"phrase": "state_sent", **about(order)}
    delivered = [at for at in map(parcel_facts.arrival, order.shipments) if at]
    if order.state == OrderState.DELIVERED and delivered:
        return {"phrase": "state_delivered_on", **about(order), "on": max(delivered).date().isoformat()}
    return {"phrase": f"state_{order.state}", **about(order)}


def facet(asked: Facet, order: Order, today: date) -> list[Phrase]:
    """What a single question on an order is answered with."""
    return _FACETS[asked](order, today)


def _when(order: Order, today: date) -> list[Phrase]:
    if parcel_facts.astray(order):
        return status(order, today)
    if order.state not in NOT_YET_THERE:
        return [_state(order)]
    if order.expected_on is None:
        return [{"phrase": "facet_when_unknown", **about(order)}]
    phrase = "facet_when_late" if order.expected_on < today else "facet_when"
    return [{"phrase": phrase, **about(order), "on": order.expected_on.isoformat()}]


def _delay(order: Order, today: date) -> list[Phrase]:
    if order.state not in NOT_YET_THERE or order.expected_on is None or parcel_facts.astray(order):
        return status(order, today)
    facts = {**about(order), "on": order.expected_on.isoformat()}
    if order.expected_on >= today:
        return [{"phrase": "facet_delay_none", **facts}]
    tracked = [one for one in order.shipments if one.tracking_number and not parcel_facts.arrival(one)]
    return [
        {"phrase": "facet_delay", **facts},
        *(line for shipment in tracked for line in parcel_facts.seen(shipment)),
    ]


def _carrier(order: Order, _today: date) -> list[Phrase]:
    names = dict.fromkeys(shipment.carrier for shipment in order.shipments if shipment.carrier)
    if not names:
        return [{"phrase": "facet_carrier_unknown", **about(order)}]
    return [{"phrase": "facet_carrier", **about(order), "carrier": ", ".join(names)}]


def _tracking(order: Order, _today: date) -> list[Phrase]:
    lines = [parcel_facts.tracking(shipment) for shipment in order.shipments]
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
