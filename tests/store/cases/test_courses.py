"""Whatever happens to cases of an order, in whatever order and however often: no more money goes back than
was paid, and goods and money never contradict each other."""

import os
import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from bot.shop import laws
from store.cases import acts, cases, opening, timeline
from store.cases.acts import Stale
from store.cases.after_sales import AfterSales, Teller, Wanted
from store.cases.cases import Case
from store.cases.law.claims import Rights
from store.cases.law.terms import Terms
from store.cases.machine import CASE, COUNTED, GOODS, MONEY, CaseAct, GoodsAct, Impossible, MoneyAct
from store.cases.timeline import By
from store.core.database import Database
from store.orders import orders
from store.orders.orders import Order
from store.vocabulary import Actor, CaseKind, CaseState, Condition, GoodsState, MoneyState, ReturnWay, Wish
from tests.store.cases.making import AT, CONTACT, order

THOROUGH = bool(os.environ.get("THOROUGH"))
COURSES = 10_000 if THOROUGH else 60
STEPS = 14

TERMS = Terms(
    country="LT",
    zone=ZoneInfo("Europe/Vilnius"),
    return_days=30,
    warranty_months=24,
    refund_working_days=5,
    return_cost=Decimal("2.99"),
    currency="EUR",
    ways=(ReturnWay.LABEL, ReturnWay.SHOP),
    approve_up_to=Decimal(100),
    four_eyes_over=Decimal(60),
    keep_below=Decimal(5),
)
# Goods that aren't on their way: what was held for them must still be held.
_HOME = (GoodsState.KEPT, GoodsState.LABEL_ISSUED)


@pytest.fixture(scope="module")
def service() -> AfterSales:
    return AfterSales(Rights(laws.load(), TERMS), TERMS)


def made(connection: Connection, rng: random.Random, number: int) -> Order:
    """An order of up to three lines, with discounts and perhaps delivery, paid in full."""
    lines: list[dict[str, Any]] = []
    for n in range(rng.randint(1, 3)):
        quantity, price = rng.randint(1, 3), Decimal(rng.randint(100, 9999)) / 100
        paid = (price * quantity * rng.choice((100, 100, 85, 70)) / 100).quantize(Decimal("0.01"))
        lines.append(
            {"sku": f"S{n}", "name": f"Thing {n}", "quantity": quantity, "unit_price": price, "paid": paid}
        )
    delivery = rng.choice((Decimal(0), Decimal("4.90")))
    total = sum((one["paid"] for one in lines), delivery)
    return order(
        connection,
        f"C{number}",
        total=total,
        delivery_paid=delivery,
        lines=lines,
        payments=[{"state": "done", "method": "card", "amount": total, "at": AT - timedelta(days=9)}],
    )


class Course:
    """One order and all that happens to it."""

    def __init__(self, connection: Connection, service: AfterSales, rng: random.Random, number: int) -> None:
        self.connection, self.service, self.rng = connection, service, rng
        self.order = made(connection, rng, number)
        self.step = 0
        self.keys: list[By] = []

    def by(self) -> By:
        """Mostly somebody new, at times the very act of before."""
        if self.keys and self.rng.random() < 0.15:
            return self.rng.choice(self.keys)
        actor = self.rng.choice(
            (Actor.AGENT, Actor.AGENT, Actor.SHOP, Actor.CUSTOMER, Actor.CLOCK, Actor.ASSISTANT)
        )
        who = self.rng.choice(("anna@x.lt", "jonas@x.lt")) if actor is Actor.AGENT else ""
        made_now = By(actor, f"{self.order.number}-{self.step}", AT + timedelta(hours=self.step), who)
        self.keys.append(made_now)
        return made_now

    def cases(self) -> list[Case]:
        return cases.of_order(self.connection, self.order.number)

    def happens(self) -> None:
        self.step += 1
        known = self.cases()
        what = self.rng.choice(("open", "case", "goods", "goods", "money", "money", "approve", "sign"))
        try:
            if what == "open" or not known:
                return self.opens()
            case = self.rng.choice(known)
            if what == "approve":
                amount = self.rng.choice((None, None, Decimal(self.rng.randint(0, 20000)) / 100))
                why = self.rng.choice(("", "as agreed"))
                self.service.approve(self.connection, case, self.order, self.by(), why, amount=amount)
            elif what == "case":
                stale = self.rng.choice((None, None, case.version, case.version - 1))
                acts.act(
                    self.connection, case.id, self.rng.choice(list(CASE)), self.by(), "because", version=stale
                )
            elif what == "goods" and case.lines:
                chosen = self.rng.sample(case.lines, self.rng.randint(1, len(case.lines)))
                found = {one.id: self.rng.choice((None, *Condition)) for one in chosen}
                acts.move(self.connection, case.id, self.rng.choice(list(GOODS)), self.by(), found)
            elif case.refunds:
                refund = self.rng.choice(case.refunds)
                if what == "sign":
                    acts.sign(self.connection, case.id, refund.id, self.by())
                else:
                    acts.refund(self.connection, case.id, refund.id, self.rng.choice(list(MONEY)), self.by())
        except (Impossible, Stale, ValueError):
            pass

    def opens(self) -> None:
        lines = {
            line.position: self.rng.randint(1, line.quantity)
            for line in self.rng.sample(self.order.lines, self.rng.randint(1, len(self.order.lines)))
        }
        kind = self.rng.choice((CaseKind.RETURN, CaseKind.RETURN, CaseKind.DAMAGE, CaseKind.DEFECT))
        wish = self.rng.choice((None, Wish.REFUND, Wish.CREDIT))
        wanted = Wanted(kind, lines, wish, self.rng.choice((None, *TERMS.ways)))
        teller = Teller(CONTACT, "lt", "web")
        self.service.open(self.connection, self.order, wanted, teller, self.by(), AT)

    # --- what must hold ---

    def check(self, before: dict[int, MoneyState]) -> None:
        paid = sum((one.amount for one in self.order.payments), Decimal(0))
        counted = Decimal(0)
        for case in self.cases():
            for one in case.refunds:
                assert one.amount > 0
                if one.state in COUNTED:
                    counted += one.amount
                if before.get(one.id) is MoneyState.SUCCEEDED:
                    assert one.state in (MoneyState.SUCCEEDED, MoneyState.DISPUTED)
                if before.get(one.id) is MoneyState.VOID:
                    assert one.state is MoneyState.VOID
                goods_back = case.way not in (None, ReturnWay.KEEP)
                away = all(line.state not in _HOME for line in case.lines)
                if one.state is MoneyState.HELD:
                    assert one.unsigned or (goods_back and not away)
            if case.state in (CaseState.WITHDRAWN, CaseState.DECLINED):
                assert not {one.state for one in case.refunds} & {MoneyState.HELD, MoneyState.DUE}
            if case.state is CaseState.CLOSED:
                assert {one.state for one in case.refunds} <= {
                    MoneyState.SUCCEEDED,
                    MoneyState.VOID,
                    MoneyState.DISPUTED,
                }
            told = timeline.of_case(self.connection, case.id)
            assert told[0].act == "submit" and [one.id for one in told] == sorted(one.id for one in told)
        assert counted <= paid, "more than was paid"
        assert opening.given_back(self.connection, self.order.number)[0] == counted


def test_in_any_course_of_events_money_and_goods_agree(database: Database, service: AfterSales) -> None:
    if THOROUGH and not database.is_sqlite:
        pytest.skip("at length on SQLite only")
    for number in range(COURSES):
        with database.write() as connection:
            course = Course(connection, service, random.Random(number), number)
            for _ in range(STEPS):
                before = {one.id: one.state for case in course.cases() for one in case.refunds}
                course.happens()
                course.check(before)


def test_all_of_an_order_in_parts_gives_back_what_was_paid(database: Database) -> None:
    """Piece by piece, in any order, it is the same to the cent as all at once."""
    terms = replace(TERMS, four_eyes_over=None)
    service = AfterSales(Rights(laws.load(), terms), terms)
    for number in range(COURSES // 3):
        rng = random.Random(number)
        with database.write() as connection:
            one = made(connection, rng, number)
            pieces = [line.position for line in one.lines for _ in range(line.quantity)]
            rng.shuffle(pieces)
            for step, position in enumerate(pieces):
                at = AT + timedelta(minutes=step)
                wanted = Wanted(CaseKind.RETURN, {position: 1}, Wish.REFUND, ReturnWay.SHOP)
                by = By(Actor.CUSTOMER, f"{number}-{step}", at)
                case = service.open(connection, one, wanted, Teller(CONTACT, "lt", "web"), by, AT).case
                agent = [By(Actor.AGENT, f"{number}-{step}-{n}", at, who) for n, who in enumerate("ab")]
                if case.state is not CaseState.APPROVED:
                    case = service.approve(connection, case, one, agent[0])
                found = {line.id: None for line in case.lines}
                acts.move(connection, case.id, GoodsAct.RECEIVE, agent[1], found)
                for refund in cases.lock(connection, case.id).refunds:
                    done = [By(Actor.SHOP, f"{number}-{step}-{refund.id}-{n}", at) for n in range(2)]
                    acts.refund(connection, case.id, refund.id, MoneyAct.REQUEST, done[0])
                    acts.refund(connection, case.id, refund.id, MoneyAct.CONFIRM, done[1])
                acts.act(connection, case.id, CaseAct.CLOSE, By(Actor.AGENT, f"{number}-{step}-c", at, "a"))
            goods = sum((line.paid or Decimal(0) for line in one.lines), Decimal(0))
            given, delivery = opening.given_back(connection, one.number)
            paid = sum((payment.amount for payment in one.payments), Decimal(0))
            assert goods <= given <= paid and given - delivery <= goods
            assert orders.find(connection, one.number) == one, "the order itself stays as it was"
