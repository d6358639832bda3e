"""What goes back, over orders that are made up: to the cent, in any order, and never more than was paid."""

import os
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.cases.law.assessments import Assessment
from store.cases.law.costs import cost_of, delivery_of, shares
from store.cases.law.rules import DeliveryBack
from store.cases.law.sums import PartKind, Refund, refund
from store.orders.orders import Line, Order, Payment
from store.vocabulary import CaseKind, OrderState, PaymentState, ReturnWay, Wish
from tests.store.cases.situations import TERMS

THOROUGH = bool(os.environ.get("THOROUGH"))
QUIET = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], database=None
)
MANY = settings(QUIET, max_examples=10_000 if THOROUGH else 300)
SOME = settings(QUIET, max_examples=1_500 if THOROUGH else 150)
CENT = Decimal("0.01")
AT = datetime(2026, 10, 5, 10, tzinfo=UTC)
FREE = Assessment(
    CaseKind.WITHDRAWAL, (Wish.REFUND,), None, (), True, True, "LT", "eu_withdrawal", True,
    delivery_back=DeliveryBack.ALL,
)  # fmt: skip
PAYS = replace(FREE, shop_pays=False, delivery_back=DeliveryBack.STANDARD)


def cents(most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda number: number * CENT)


@st.composite
def orders(draw: st.DrawFn, told: bool | None = None) -> Order:
    """Orders with discounts, taxes, gifts and every way of not saying what something cost. `told`: whether
    the shop says what each line and delivery cost; None: either, line by line."""
    count = draw(st.integers(1, 6))
    delivery = draw(cents(2000))
    lines, whole = [], delivery
    for position in range(count):
        quantity, price = draw(st.integers(1, 9)), draw(cents(20_000))
        discount = min(draw(cents(5000)), price * quantity)
        paid = price * quantity - discount
        whole += paid
        says = draw(st.booleans()) if told is None else told
        tax = (paid * Decimal("0.21")).quantize(CENT) if says else None
        lines.append(
            Line(
                f"S{position}",
                f"L{position}",
                quantity,
                price,
                position,
                paid if says else None,
                discount,
                tax,
            )
        )
    says_delivery = draw(st.booleans()) if told is None else told
    standard = draw(st.none() | cents(2000))
    return make(lines, whole, delivery if says_delivery else None, standard, draw)


def make(
    lines: list[Line],
    total: Decimal,
    delivery: Decimal | None,
    standard: Decimal | None = None,
    draw: st.DrawFn | None = None,
    paid: Decimal | None = None,
    currency: str = "EUR",
) -> Order:
    """An order that was paid, in one payment or two."""
    amount = total if paid is None else paid
    first = draw(st.integers(0, int(amount / CENT))) * CENT if draw else amount
    payments = [(PaymentState.DONE, first), (PaymentState.DONE, amount - first)]
    if draw and draw(st.booleans()):
        payments.append((draw(st.sampled_from([PaymentState.PENDING, PaymentState.FAILED])), amount))
    return Order(
        1, "1", 1, "A", "lt", "a@b.example", None, OrderState.DELIVERED, currency, total, "", AT, None,
        tuple(lines), (),
        tuple(Payment(state, "card", one, currency, AT) for state, one in payments if one),
        (), (), "LT", delivery, standard,
    )  # fmt: skip


def paid_for(order: Order) -> Decimal:
    return sum((one.amount for one in order.payments if one.state == PaymentState.DONE), Decimal(0))


def in_pieces(order: Order, rng: random.Random) -> list[dict[int, int]]:
    """All pieces of an order, in some returns of one or several lines, in any order."""
    pieces = [line.position for line in order.lines for _ in range(line.quantity)]
    rng.shuffle(pieces)
    returns: list[dict[int, int]] = [{}]
    for position in pieces:
        if returns[-1] and rng.random() < 0.3:
            returns.append({})
        returns[-1][position] = returns[-1].get(position, 0) + 1
    return returns


def played(order: Order, returns: list[dict[int, int]], assessment: Assessment) -> list[Refund]:
    """The refunds of returns that come one after the other."""
    before: dict[int, int] = {}
    refunds: list[Refund] = []
    for lines in returns:
        delivery = sum(
            (part.amount for one in refunds for part in one.parts if part.kind == PartKind.DELIVERY),
            Decimal(0),
        )
        refunds.append(
            refund(
                order,
                lines,
                assessment,
                TERMS,
                before=before,
                refunded=sum((one.total for one in refunds), Decimal(0)),
                delivery_refunded=delivery,
            )
        )
        for position, count in lines.items():
            before[position] = before.get(position, 0) + count
    return refunds


@MANY
@given(orders(told=True), st.randoms(use_true_random=False))
def test_returns_in_any_order_add_up_to_the_payment(order: Order, rng: random.Random) -> None:
    refunds = played(order, in_pieces(order, rng), FREE)
    assert sum((one.total for one in refunds), Decimal(0)) == paid_for(order) == order.total
    assert all(part.kind != PartKind.CAPPED for one in refunds for part in one.parts)
    for line in order.lines:
        back = [
            part.amount
            for one in refunds
            for part in one.parts
            if part.kind == PartKind.GOODS and part.position == line.position
        ]
        assert sum(back, Decimal(0)) == line.paid


@MANY
@given(orders(), st.randoms(use_true_random=False))
def test_also_where_the_shop_says_less(order: Order, rng: random.Random) -> None:
    refunds = played(order, in_pieces(order, rng), FREE)
    assert sum((one.total for one in refunds), Decimal(0)) <= paid_for(order)
    for one in refunds:
        assert one.total >= 0
        assert sum((part.amount for part in one.parts), Decimal(0)) == one.total
        assert all(part.amount == part.amount.quantize(CENT) for part in one.parts)


@SOME
@given(orders(told=False), st.randoms(use_true_random=False))
def test_shares_and_delivery_add_up_to_what_was_paid(order: Order, rng: random.Random) -> None:
    cost = shares(order)
    assert sum(cost.values(), Decimal(0)) + delivery_of(order) == order.total
    assert min(cost.values()) >= 0 and delivery_of(order) >= 0
    refunds = played(order, in_pieces(order, rng), FREE)
    assert sum((one.total for one in refunds), Decimal(0)) == paid_for(order)


@SOME
@given(orders(told=False))
def test_a_share_is_within_a_cent_of_the_exact_one(order: Order) -> None:
    """The exact shares, as fractions."""
    cost, listed = shares(order), sum(line.unit_price * line.quantity for line in order.lines)
    goods = Fraction(order.total - delivery_of(order))
    for line in order.lines:
        if listed:
            exact = goods * Fraction(line.unit_price * line.quantity) / Fraction(listed)
            assert abs(Fraction(cost[line.position]) - exact) < Fraction(1, 100)


@SOME
@given(orders(), st.randoms(use_true_random=False))
def test_the_way_back_and_lost_value_never_take_more_than_there_is(order: Order, rng: random.Random) -> None:
    for lines in in_pieces(order, rng):
        full = refund(order, lines, FREE, TERMS)
        paid = refund(order, lines, PAYS, TERMS, deductions=rng.randint(0, 30_000) * CENT)
        assert 0 <= paid.total <= full.total <= paid_for(order)
        taken = [part for part in paid.parts if part.kind in (PartKind.RETURN_COST, PartKind.DEDUCTION)]
        assert all(part.amount < 0 for part in taken)


@SOME
@given(orders(), st.integers(0, 6), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_the_cost_of_pieces_is_additive(order: Order, at: int, before: int, some: int, more: int) -> None:
    position = at % (len(order.lines) + 1)  # also one that there isn't
    both = cost_of(order, position, some + more, before)
    assert cost_of(order, position, some, before) + cost_of(order, position, more, before + some) == both
    assert both >= 0
    whole = shares(order).get(position, Decimal(0))
    assert cost_of(order, position, 100) == whole
    assert cost_of(order, position, 1, 100) == 0


@SOME
@given(orders(told=True), st.randoms(use_true_random=False), st.data())
def test_money_that_went_back_already_is_never_paid_twice(
    order: Order, rng: random.Random, data: st.DataObject
) -> None:
    paid = paid_for(order)
    already = data.draw(st.integers(0, int(paid / CENT))) * CENT
    state = data.draw(st.sampled_from([PaymentState.DONE, PaymentState.PENDING]))
    told = replace(order, refunds=(Payment(state, "card", already, "EUR", AT),))
    everything = {line.position: line.quantity for line in order.lines}
    ours = refund(order, everything, FREE, TERMS, refunded=already)
    shops = refund(told, everything, FREE, TERMS)
    assert ours.total == shops.total == paid - already
    assert refund(told, everything, FREE, TERMS, refunded=already).total == paid - already


@SOME
@given(orders(told=True), st.data())
def test_what_was_paid_in_part_goes_back_in_part(order: Order, data: st.DataObject) -> None:
    paid = data.draw(st.integers(0, int(order.total / CENT))) * CENT
    partly = make(list(order.lines), order.total, order.delivery_paid, paid=paid)
    everything = {line.position: line.quantity for line in order.lines}
    assert refund(partly, everything, FREE, TERMS).total == paid


@SOME
@given(orders(told=True), st.integers(2, 50))
def test_pieces_that_were_never_bought_bring_nothing(order: Order, more: int) -> None:
    everything = {line.position: line.quantity for line in order.lines}
    greedy = {position: count * more for position, count in everything.items()} | {99: more}
    assert refund(order, greedy, FREE, TERMS) == refund(order, everything, FREE, TERMS)
    assert refund(order, everything, FREE, TERMS, before=greedy).total == 0


# --- single sums ---------------------------------------------------------------------------------


def mugs(**more: object) -> Order:
    lines = [
        Line("M", "Mug", 2, Decimal("12.30"), 0, Decimal("24.60")),
        Line("L", "Lamp", 1, Decimal("35.00"), 1, Decimal("35.00")),
    ]
    return replace(make(lines, Decimal("64.50"), Decimal("4.90")), **more)  # type: ignore[arg-type]


def kinds(one: Refund) -> Mapping[PartKind, Decimal]:
    return {
        kind: sum((part.amount for part in one.parts if part.kind == kind), Decimal(0))
        for kind in {part.kind for part in one.parts}
    }


def test_the_parts_of_a_refund() -> None:
    order = mugs(delivery_paid=Decimal("9.90"), delivery_standard=Decimal("4.90"), total=Decimal("69.50"))
    order = replace(order, payments=(Payment(PaymentState.DONE, "card", Decimal("69.50"), "EUR", AT),))
    back = refund(order, {0: 2, 1: 1}, PAYS, TERMS, deductions=Decimal("1.00"))
    assert kinds(back) == {
        PartKind.GOODS: Decimal("59.60"),
        PartKind.DELIVERY: Decimal("4.90"),
        PartKind.RETURN_COST: Decimal("-2.99"),
        PartKind.DEDUCTION: Decimal("-1.00"),
    }
    assert [(part.position, part.quantity) for part in back.parts[:2]] == [(0, 2), (1, 1)]
    assert (back.total, back.currency) == (Decimal("60.51"), "EUR")


@pytest.mark.parametrize("way", [ReturnWay.SHOP, ReturnWay.KEEP])
def test_no_parcel_no_cost_of_it(way: ReturnWay) -> None:
    assert refund(mugs(), {1: 1}, PAYS, TERMS, way=way).total == Decimal("35.00")
    assert refund(mugs(), {1: 1}, replace(PAYS, goods_back=False), TERMS).total == Decimal("35.00")


def test_payments_in_another_currency_are_no_money_of_the_order() -> None:
    order = mugs(payments=(Payment(PaymentState.DONE, "card", Decimal("64.50"), "USD", AT),))
    assert refund(order, {1: 1}, FREE, TERMS).total == 0


def test_a_refund_that_failed_is_still_due() -> None:
    order = mugs(refunds=(Payment(PaymentState.FAILED, "card", Decimal("64.50"), "EUR", AT),))
    assert refund(order, {0: 2, 1: 1}, FREE, TERMS).total == Decimal("64.50")


def test_currencies_without_a_hundredth() -> None:
    for currency in ("IDR", "JPY"):
        line = Line("A", "A", 3, Decimal(35000), 0, Decimal(100000))
        order = make([line], Decimal(100000), Decimal(0), currency=currency)
        assert [cost_of(order, 0, 1, before) for before in range(3)] == [33333, 33334, 33333]
    finer = replace(order, lines=(replace(line, paid=Decimal("100000.50")),))
    assert cost_of(finer, 0, 1) == Decimal("33333.50")


def test_amounts_below_zero_are_refused() -> None:
    less = Decimal("-0.01")
    with pytest.raises(ValueError, match="below zero"):
        refund(mugs(), {0: 1}, FREE, TERMS, refunded=less)
    with pytest.raises(ValueError, match="below zero"):
        refund(mugs(), {0: 1}, FREE, TERMS, delivery_refunded=less)
    with pytest.raises(ValueError, match="below zero"):
        refund(mugs(), {0: 1}, FREE, TERMS, deductions=less)
    with pytest.raises(ValueError, match="below zero"):
        cost_of(mugs(), 0, -1)


def test_nothing_named_brings_nothing() -> None:
    assert refund(mugs(), {}, PAYS, TERMS) == Refund(Decimal(0), "EUR", ())
    assert refund(mugs(), {0: -5}, PAYS, TERMS).total == 0
