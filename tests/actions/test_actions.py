"""The rules beside the actions: what is said of an order in each state and case, and what is an address."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.facts import order_facts
from actions.order_change import is_address
from store.orders.orders import (
    CANCELLABLE,
    READDRESSABLE,
    Invoice,
    Line,
    Order,
    OrderSummary,
    Payment,
    Shipment,
    TrackingEvent,
)
from store.vocabulary import OrderState, PaymentState, ShipmentState

TODAY = date(2026, 5, 12)
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
PAID = Payment(PaymentState.DONE, "card", Decimal("39.90"), "EUR", NOON)
PARCEL = Shipment(
    "DPD", "AC1", "https://tracking.example/AC1", ShipmentState.IN_TRANSIT, NOON, TODAY,
    (
        TrackingEvent(NOON - timedelta(days=2), ShipmentState.PACKED, ""),
        TrackingEvent(NOON, ShipmentState.IN_TRANSIT, "Kaunas"),
    ),
)  # fmt: skip


def order(state: str = "shipped", **changes: Any) -> Order:
    plain = Order(
        id=1,
        number="10234",
        customer_id=1,
        customer_name="Anna Berg",
        language="en",
        email="anna@example.com",
        phone=None,
        state=OrderState(state),
        currency="EUR",
        total=Decimal("39.90"),
        address="Elm Street 5, 01100 Vilnius",
        placed_at=NOON - timedelta(days=3),
        expected_on=TODAY,
        lines=(Line("A", "Linen shirt", 1, Decimal("39.90")),),
        shipments=(),
        payments=(PAID,),
        refunds=(),
        invoices=(),
    )
    return replace(plain, **changes)


def names(phrases: list[dict[str, Any]]) -> list[str]:
    return [phrase["phrase"] for phrase in phrases]


@pytest.mark.parametrize("state", OrderState)
def test_every_state_is_told_first(state: str) -> None:
    phrases = order_facts.status(order(state), TODAY)
    assert phrases[0]["phrase"] == f"state_{state}"
    assert phrases[0]["order"] == "10234"


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize(("days", "said"), [(0, "expected"), (3, "expected"), (-1, "overdue")])
def test_the_expected_day_is_told_while_it_matters(state: str, days: int, said: str) -> None:
    on = TODAY + timedelta(days=days)
    told = names(order_facts.status(order(state, expected_on=on), TODAY))
    assert (said in told) == (state in ("placed", "paid", "processing", "shipped"))
    assert not {"expected", "overdue"} & set(names(order_facts.status(order(state, expected_on=None), TODAY)))


def test_a_delivered_order_tells_its_last_delivery() -> None:
    early = replace(
        PARCEL, events=(TrackingEvent(NOON - timedelta(days=4), ShipmentState.DELIVERED, "Kaunas"),)
    )
    late = replace(
        PARCEL, events=(TrackingEvent(NOON - timedelta(days=1), ShipmentState.DELIVERED, "Kaunas"),)
    )
    phrases = order_facts.status(order("delivered", shipments=(late, early)), TODAY)
    assert names(phrases) == ["state_delivered_on"]
    assert phrases[0]["on"] == "2026-05-11"


def test_parcels_on_their_way() -> None:
    one = order_facts.status(order(shipments=(PARCEL,)), TODAY)
    assert names(one) == ["state_shipped", "parcel", "parcel_seen", "expected"]
    assert one[2]["place"] == "Kaunas"
    arrived = replace(
        PARCEL, events=(*PARCEL.events, TrackingEvent(NOON, ShipmentState.DELIVERED, "Vilnius"))
    )
    two = order_facts.status(order(shipments=(PARCEL, arrived)), TODAY)
    assert names(two)[1:-1] == ["parcels", "parcel", "parcel_seen", "parcel", "parcel_delivered"]
    assert two[1]["count"] == 2


def test_a_parcel_without_tracking_or_link() -> None:
    untracked = replace(PARCEL, tracking_number=None, tracking_url=None, events=())
    assert "parcel_untracked" in names(order_facts.status(order(shipments=(untracked,)), TODAY))
    unlinked = replace(PARCEL, tracking_url=None, events=())
    assert names(order_facts.status(order(shipments=(unlinked,)), TODAY))[1] == "parcel_without_link"


def test_items_in_short() -> None:
    shirt, mugs = Line("A", "Linen shirt", 1, Decimal(1)), Line("B", "Mug", 3, Decimal(1))
    assert order_facts.items(order(lines=())) == ""
    assert order_facts.items(order(lines=(shirt,))) == "Linen shirt"
    assert order_facts.items(order(lines=(mugs,))) == "3 × Mug"
    assert order_facts.items(order(lines=(mugs, shirt, shirt))) == {
        "phrase": "more_items",
        "items": "3 × Mug",
        "count": 2,
    }


@pytest.mark.parametrize("state", ["pending", "done", "failed"])
def test_refunds_are_told_one_by_one(state: str) -> None:
    refund = Payment(PaymentState(state), "bank_transfer", Decimal("10.00"), "EUR", NOON)
    told = order_facts.refund(order("returned", refunds=(refund, replace(refund, amount=Decimal(5)))))
    assert names(told) == [f"refund_{state}"] * 2
    assert told[0]["amount"] == {"amount": "10.00", "currency": "EUR"}
    assert told[0]["on"] == "2026-05-12"
    assert told[0]["method"] == {"phrase": "method_bank_transfer"}


def test_no_refund_and_why() -> None:
    failed = replace(PAID, state=PaymentState.FAILED)
    assert names(order_facts.refund(order("unpaid", payments=(failed,)))) == ["refund_unpaid"]
    assert names(order_facts.refund(order("cancelled", payments=()))) == ["refund_unpaid"]
    assert names(order_facts.refund(order("cancelled"))) == ["refund_awaited_cancelled"]
    assert names(order_facts.refund(order("returned"))) == ["refund_awaited"]
    assert names(order_facts.refund(order("partly_returned"))) == ["refund_awaited"]
    for state in ("paid", "processing", "shipped", "out_for_delivery", "delivered"):
        assert names(order_facts.refund(order(state))) == ["refund_none"]


def test_a_shops_own_payment_method_is_told_as_it_is() -> None:
    assert order_facts.payment_method("card") == {"phrase": "method_card"}
    assert order_facts.payment_method("Gift_card") == "Gift card"


def test_invoices() -> None:
    bill = Invoice("INV-1", "https://shop.example/INV-1.pdf", NOON)
    told = order_facts.invoice(order(invoices=(bill, bill)))
    assert names(told) == ["invoice", "invoice"]
    assert (told[0]["number"], told[0]["link"]) == ("INV-1", "https://shop.example/INV-1.pdf")
    assert names(order_facts.invoice(order("paid"))) == ["invoice_not_yet"]
    assert names(order_facts.invoice(order("cancelled"))) == ["invoice_cancelled"]


def test_what_cancelling_means_for_the_money() -> None:
    assert order_facts.money_back(order(payments=()))["phrase"] == "nothing_paid"
    assert (
        order_facts.money_back(order(payments=(replace(PAID, state=PaymentState.PENDING),)))["phrase"]
        == "nothing_paid"
    )
    back = order_facts.money_back(order(payments=(PAID, replace(PAID, state=PaymentState.FAILED), PAID)))
    assert back == {"phrase": "money_back", "total": {"amount": "79.80", "currency": "EUR"}}


@pytest.mark.parametrize("state", OrderState)
def test_what_can_be_changed_and_why_not(state: OrderState) -> None:
    assert order_facts.can_cancel(order(state)) == (state in CANCELLABLE)
    assert order_facts.can_change_address(order(state)) == (state in READDRESSABLE)
    if state not in CANCELLABLE:
        refusal = order_facts.cancel_refusal(state)
        already = state == "cancelled"
        assert refusal["response"] == ("utter_already_cancelled" if already else "utter_cannot_cancel")
        assert already or set(refusal) == {"response", "why", "instead"}
        assert set(order_facts.refusal(state)) == {"why", "instead"}


def test_a_choice_carries_its_order() -> None:
    one = OrderSummary(1, "10234", OrderState.SHIPPED, "EUR", Decimal(1), NOON, None)
    choice = order_facts.order_choice(one, "cancel_order")
    assert choice["intent"] == "cancel_order"
    assert choice["entities"] == {"order_number": "10234"}
    assert choice["state"] == {"title_key": "short_shipped"}


@pytest.mark.parametrize(
    "text",
    [
        "Elm Street 5, 01100 Vilnius",
        "10 Baker Street, London NW1 6XE",
        "Brīvības iela 5-12, Rīga, LV-1010",
        "Абай даңғылы 12, Алматы 050000",
        "Jl. Sudirman No. 10\nJakarta 10220",
        "Flat 3, 22 Mill Lane, Dublin D02",
    ],
)
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "asdf", "Main Street", "12345", "5 5 5 5 5 5", "10234, a@b.example", "anna5@example.com street",
        "is it 12 Elm Street?", "a 1", "x" * 300 + "1", "!!!!!!!! 1", "+370 612 34567",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)
