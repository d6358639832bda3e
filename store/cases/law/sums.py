"""What goes back, to the cent.

What a piece cost is frozen with the order (`store.cases.law.costs`), and a free delivery stays free, whatever
comes back. Several refunds of one order, in any order, add up to what was paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from store.cases.law.assessments import Assessment
from store.cases.law.costs import basis, cost_of, delivery_of, really_paid, sent_back, shares
from store.cases.law.rules import DeliveryBack
from store.cases.law.terms import Terms
from store.orders.orders import Order
from store.vocabulary import ReturnWay

_NOTHING: Final = Decimal(0)


class PartKind(StrEnum):
    """`rest`: what was paid and is neither goods nor delivery. `capped`: what is left out, because no more
    was paid."""

    GOODS = "goods"
    DELIVERY = "delivery"
    REST = "rest"
    RETURN_COST = "return_cost"
    DEDUCTION = "deduction"
    CAPPED = "capped"


@dataclass(frozen=True, slots=True)
class Part:
    """`amount`: below zero for what is taken off."""

    kind: PartKind
    amount: Decimal
    position: int | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """`total` is the sum of the parts, and never below zero."""

    total: Decimal
    currency: str
    parts: tuple[Part, ...]


def refund(
    order: Order,
    lines: Mapping[int, int],
    assessment: Assessment,
    terms: Terms,
    *,
    before: Mapping[int, int] | None = None,
    refunded: Decimal = _NOTHING,
    delivery_refunded: Decimal = _NOTHING,
    deductions: Decimal = _NOTHING,
    way: ReturnWay | None = None,
) -> Refund:
    """What goes back for pieces of an order's lines.

    `before`: pieces that were refunded already, or are being; `refunded` and `delivery_refunded`: the money
    of it. `deductions`: for lost value, as a person decided. `way`: how the goods come back, where that is
    settled; who brings them to the shop doesn't pay for a parcel. Pieces that were never bought, or were
    refunded already, count for nothing. Raises ValueError for amounts below zero.
    """
    if min(refunded, delivery_refunded, deductions) < 0:
        raise ValueError("an amount is below zero")
    before = before or {}
    chosen = {
        position: min(wanted, _left(order, position, before))
        for position, wanted in sorted(lines.items())
        if min(wanted, _left(order, position, before)) > 0
    }
    parts = [
        Part(PartKind.GOODS, cost_of(order, position, count, before.get(position, 0)), position, count)
        for position, count in chosen.items()
    ]
    if chosen and _whole(order, chosen, before):
        parts += _beside_goods(order, assessment.delivery_back, delivery_refunded)
    parts = [part for part in parts if part.amount > 0]
    paid = really_paid(order) - max(refunded, sent_back(order))
    over = _total(parts) - max(paid, _NOTHING)
    if over > 0:
        parts.append(Part(PartKind.CAPPED, -over))
    for kind, amount in (
        (PartKind.RETURN_COST, _return_cost(order, assessment, terms, way) if chosen else _NOTHING),
        (PartKind.DEDUCTION, deductions),
    ):
        if taken := min(amount, _total(parts)):
            parts.append(Part(kind, -taken))
    return Refund(_total(parts), order.currency, tuple(parts))


def _beside_goods(order: Order, back: DeliveryBack, already: Decimal) -> list[Part]:
    """What goes back with the whole order beside the goods."""
    if back == DeliveryBack.NOTHING:
        return []
    delivery = delivery_of(order)
    rest = basis(order) - sum(shares(order).values(), _NOTHING) - delivery
    if back == DeliveryBack.STANDARD and order.delivery_standard is not None:
        delivery = min(delivery, order.delivery_standard)
    return [Part(PartKind.DELIVERY, delivery - already), Part(PartKind.REST, rest)]


def _return_cost(order: Order, assessment: Assessment, terms: Terms, way: ReturnWay | None) -> Decimal:
    if assessment.shop_pays or not assessment.goods_back or order.currency != terms.currency:
        return _NOTHING
    return _NOTHING if way in (ReturnWay.SHOP, ReturnWay.KEEP) else terms.return_cost or _NOTHING


def _whole(order: Order, chosen: Mapping[int, int], before: Mapping[int, int]) -> bool:
    """Whether nothing of the order is left but what was for nothing."""
    cost = shares(order)
    return all(
        chosen.get(line.position, 0) + before.get(line.position, 0) >= line.quantity
        for line in order.lines
        if cost[line.position]
    )


def _left(order: Order, position: int, before: Mapping[int, int]) -> int:
    bought = sum(line.quantity for line in order.lines if line.position == position)
    return max(bought - before.get(position, 0), 0)


def _total(parts: list[Part]) -> Decimal:
    return sum((part.amount for part in parts), _NOTHING)
