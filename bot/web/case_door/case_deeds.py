"""What the shop's own system does to cases, each in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.web.case_door.case_bodies import NewAct, NewCase, ShopAct, wrong
from store.cases import acts, cases
from store.cases.acts import Stale
from store.cases.after_sales import AfterSales, Teller, Wanted
from store.cases.cases import Case, UnknownCase
from store.cases.feed import case_keys
from store.cases.feed.case_keys import ActKey
from store.cases.machine import CaseAct, GoodsAct, MoneyAct
from store.cases.opening import Opened
from store.cases.timeline import By
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import Order
from store.vocabulary import Actor, Condition, Wish

WHO: Final = "api"
CHANNEL: Final = "api"
_MONEY: Final = frozenset({Wish.REFUND, Wish.CREDIT, Wish.REDUCTION})


@dataclass(frozen=True, slots=True)
class CaseDeeds:
    """All of these raise `KeyReused`, and `InvalidRecord` for what can't be taken as things stand."""

    after_sales: AfterSales

    def begin(self, connection: Connection, told: NewCase, key: ActKey, at: datetime) -> Opened:
        """Begins a case, or finds the one that was told before."""
        order = orders.find(connection, told.order)
        if order is None:
            raise wrong("order", "write the number of an order that is stored")
        # What else is told of the order waits: pieces are in one case only.
        case_keys.lock_order(connection, order.id)
        known = case_keys.case_of(connection, key, order.number)
        if known is not None:
            case = cases.get(connection, known)
            assert case
            return Opened(case, False)
        contact = order.email or order.phone
        if not contact:
            raise wrong("order", "write one whose customer has an e-mail or phone number")
        wanted = Wanted(
            told.kind,
            _pieces(order, told),
            told.wish,
            told.way,
            told.reason,
            told.words,
            told.instead,
            told.serial_number,
        )
        return self.after_sales.open(
            connection,
            order,
            wanted,
            Teller(contact, order.language, CHANNEL),
            By(Actor.SHOP, key.text, at, WHO),
            told.stated_at or at,
        )

    def act(self, connection: Connection, number: str, told: NewAct, key: ActKey, at: datetime) -> Case:
        """Does something to a case. Raises `UnknownCase`, `Stale`, `Impossible`."""
        found = cases.find(connection, number)
        if found is None:
            raise UnknownCase(number)
        case = cases.lock(connection, found.id)
        if case_keys.is_known(connection, key, case.id):
            return case
        if told.version is not None and told.version != case.version:
            raise Stale(case.number)
        by = By(Actor.SHOP, key.text, at, WHO)
        step = told.act.step
        if told.act is ShopAct.APPROVE:
            return self._approve(connection, case, told, by)
        if isinstance(step, CaseAct):
            return acts.act(connection, case.id, step, by, told.why)
        if isinstance(step, GoodsAct):
            return acts.move(connection, case.id, step, by, _lines(case, told), told.why)
        return _money(connection, case, step, told, by)

    def _approve(self, connection: Connection, case: Case, told: NewAct, by: By) -> Case:
        order = orders.find(connection, case.order_number)
        if told.amount is not None and (order is None or case.wish not in _MONEY):
            raise wrong("amount", "leave it out: no money is reckoned for this case")
        try:
            return self.after_sales.approve(connection, case, order, by, told.why, amount=told.amount)
        except ValueError as error:
            raise wrong("amount", str(error)) from None


def _money(connection: Connection, case: Case, step: MoneyAct, told: NewAct, by: By) -> Case:
    refund = next((one for one in case.refunds if one.key == told.refund), None)
    if refund is None:
        raise wrong("refund", "write the key of one of the case's refunds")
    return acts.refund(connection, case.id, refund.id, step, by, told.why, provider_id=told.provider_id)


def _lines(case: Case, told: NewAct) -> dict[int, Condition | None]:
    if told.lines is None:
        return dict.fromkeys(one.id for one in case.lines)
    own = {one.id for one in case.lines}
    if not own.issuperset(one.id for one in told.lines):
        raise wrong("lines", "write ids of the case's lines")
    return {one.id: one.condition for one in told.lines}


def _pieces(order: Order, told: NewCase) -> Mapping[int, int]:
    """How many pieces of which line, by its place."""
    found: dict[int, int] = {}
    bought = {line.position: line for line in order.lines}
    for one in told.lines:
        places = [
            line.position
            for line in order.lines
            if (line.position == one.position if one.sku is None else line.sku == one.sku)
        ]
        if len(places) != 1:
            raise wrong("lines", "write the position of a line of the order, or the sku of exactly one")
        if places[0] in found:
            raise wrong("lines", "write each line of the order once")
        if one.quantity > bought[places[0]].quantity:
            raise wrong("lines", "write no more pieces than were bought")
        found[places[0]] = one.quantity
    return found
