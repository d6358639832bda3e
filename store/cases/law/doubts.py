"""What makes a person look at a case, whatever the right that it runs under."""

from collections.abc import Mapping
from decimal import Decimal

from store.cases.law import windows
from store.cases.law.assessments import AT_DELIVERY, CHANGED_MIND, FAULTS, Ask, Window
from store.cases.law.costs import cost_of
from store.cases.law.rules import Rule
from store.cases.law.terms import Doubt, Terms
from store.vocabulary import CaseKind, NoReturn, OrderState

# Kinds that can be told of without naming goods: then the whole order is meant.
_WITHOUT_GOODS = (CaseKind.COMPLAINT, CaseKind.NOT_DELIVERED)

# What the shop takes back unless the seal is broken, where no law says.
_UNSEALED = (NoReturn.SEALED, NoReturn.HYGIENE)


def of_goods(ask: Ask, before: Mapping[int, int], terms: Terms) -> tuple[Doubt, ...]:
    """About the goods themselves. `before`: pieces that are in other cases."""
    if ask.kind == CaseKind.COMPLAINT:
        return ()
    found = []
    if not ask.lines and ask.kind not in _WITHOUT_GOODS:
        found.append(Doubt.NOTHING_NAMED)
    if ask.order.state == OrderState.CANCELLED:
        found.append(Doubt.CANCELLED)
    if ask.kind in CHANGED_MIND | FAULTS | AT_DELIVERY and not windows.came(ask.order, ask.lines):
        found.append(Doubt.NOT_DELIVERED_YET)
    bought = {line.position: line.quantity for line in ask.order.lines}
    for position, count in ask.lines.items():
        if count > bought.get(position, 0):
            found.append(Doubt.MORE_THAN_BOUGHT)
        elif count > bought[position] - before.get(position, 0):
            found.append(Doubt.REPEATED)
    if ask.kind in CHANGED_MIND and _came_back(ask.order.state, before):
        found.append(Doubt.REPEATED)
    if not _approvable(ask, terms):
        found.append(Doubt.VALUE)
    return tuple(found)


def of_exceptions(ask: Ask, law: Rule | None) -> tuple[Doubt, ...]:
    """Goods that a customer may not give back for no reason, by a law or, without one, as the shop says."""
    found = []
    for line in ask.order.lines:
        why = line.no_return or (NoReturn.OTHER if line.returnable is False else None)
        if line.position not in ask.lines or why is None:
            continue
        if why in (law.excepted_unsealed if law else _UNSEALED):
            found.append(Doubt.SEAL)
        elif law is None or why in law.excepted:
            found.append(Doubt.EXCEPTED)
    return tuple(found)


def of_burden(ask: Ask, law: Rule) -> tuple[Doubt, ...]:
    """Whether the customer would have to show that a fault was there from the first."""
    if law.presumed is None:
        return ()
    window = Window.of(ask, law.presumed, law.starts)
    return window.doubts if window.open else (Doubt.BURDEN,)


def value_of(ask: Ask) -> Decimal:
    """What the pieces cost; all of the order's where none are named."""
    named = ask.lines or {line.position: line.quantity for line in ask.order.lines}
    return sum((cost_of(ask.order, position, count) for position, count in named.items()), Decimal(0))


def _came_back(state: OrderState, before: Mapping[int, int]) -> bool:
    """Whether the order says that goods are back already, and no case tells which."""
    return state == OrderState.RETURNED or (state == OrderState.PARTLY_RETURNED and not before)


def _approvable(ask: Ask, terms: Terms) -> bool:
    limit = terms.approve_up_to
    return limit is not None and ask.order.currency == terms.currency and value_of(ask) <= limit
