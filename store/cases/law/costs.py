"""What the lines of an order, and pieces of them, really cost: frozen with the order.

Promotions are never reckoned anew. Shares are of what was paid, so that lines and delivery add up to it.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from babel.numbers import get_currency_precision

from store.orders.orders import Line, Order, Payment
from store.vocabulary import PaymentState

_NOTHING: Final = Decimal(0)
_CENT: Final = Decimal("0.01")
# Has a hundredth on paper only.
_WHOLE: Final = frozenset({"IDR"})


def cost_of(order: Order, position: int, quantity: int, before: int = 0) -> Decimal:
    """What `quantity` pieces of a line really cost, after `before` others. All pieces together cost what was
    paid for the line, however they are split. Pieces beyond those that were bought cost nothing."""
    if quantity < 0 or before < 0:
        raise ValueError("a quantity is below zero")
    line = next((line for line in order.lines if line.position == position), None)
    if line is None:
        return _NOTHING
    share, unit = shares(order)[position], _unit(order)
    return _first(share, before + quantity, line, unit) - _first(share, before, line, unit)


def _first(share: Decimal, pieces: int, line: Line, unit: Decimal) -> Decimal:
    """What the first `pieces` of a line cost."""
    if pieces >= line.quantity:
        return share
    return (share * pieces / line.quantity / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit


def shares(order: Order) -> dict[int, Decimal]:
    """What each line cost, by its position: what the shop says, else its share, by unit prices and the
    largest remainder, of what was paid and isn't for another line or delivery."""
    told = {line.position: line.paid for line in order.lines if line.paid is not None}
    silent = [line for line in order.lines if line.paid is None]
    if not silent:
        return told
    listed = sum((line.unit_price * line.quantity for line in silent), _NOTHING)
    pool = basis(order) - sum(told.values(), _NOTHING)
    # Nobody says what delivery cost: what is over after the prices.
    delivery = max(pool - listed, _NOTHING) if order.delivery_paid is None else order.delivery_paid
    if not listed and order.delivery_paid is None:
        delivery = _NOTHING
    return told | _split(max(pool - delivery, _NOTHING), silent, _unit(order))


def delivery_of(order: Order) -> Decimal:
    """What delivery cost; where nobody says, what is over after the lines."""
    if order.delivery_paid is not None:
        return order.delivery_paid
    return max(basis(order) - sum(shares(order).values(), _NOTHING), _NOTHING)


def _split(pool: Decimal, lines: list[Line], unit: Decimal) -> dict[int, Decimal]:
    units = int(pool / unit)
    weights = [line.unit_price * line.quantity for line in lines]
    if not sum(weights):
        weights = [Decimal(line.quantity) for line in lines]
    exact = [units * weight / sum(weights) for weight in weights]
    floors = [int(one) for one in exact]
    by_remainder = sorted(range(len(lines)), key=lambda index: (floors[index] - exact[index], index))
    for index in by_remainder[: units - sum(floors)]:
        floors[index] += 1
    return {line.position: floor * unit for line, floor in zip(lines, floors, strict=True)}


def basis(order: Order) -> Decimal:
    """What the order cost: what was paid, as far as anything was, but not more than its total."""
    paid = really_paid(order)
    return min(paid, order.total) if paid else order.total


def really_paid(order: Order) -> Decimal:
    return _sum(order, [one for one in order.payments if one.state == PaymentState.DONE])


def sent_back(order: Order) -> Decimal:
    return _sum(order, [one for one in order.refunds if one.state != PaymentState.FAILED])


def _sum(order: Order, payments: Sequence[Payment]) -> Decimal:
    return sum((one.amount for one in payments if one.currency == order.currency), _NOTHING)


def _unit(order: Order) -> Decimal:
    """The smallest amount of the order's currency, or a hundredth where the shop itself is finer."""
    whole = order.currency in _WHOLE or get_currency_precision(order.currency) == 0
    amounts = [order.total, order.delivery_paid, *(one.amount for one in order.payments)]
    amounts += [amount for line in order.lines for amount in (line.unit_price, line.paid)]
    return Decimal(1) if whole and all(not (amount or 0) % 1 for amount in amounts) else _CENT
