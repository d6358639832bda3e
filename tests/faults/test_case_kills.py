"""A few kills while cases are told, decided and paid (`python -m tests.faults.case_kills` does a hundred),
and whether the count would see a fault."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.shop import facts, laws
from bot.shopside import hook_signature
from bot.shopside.payouts import Paid
from store.cases import acts, cases, timeline
from store.cases.after_sales import AfterSales, Teller, Wanted
from store.cases.feed.case_keys import ActKey
from store.cases.law.claims import Rights
from store.cases.machine import CaseAct, MoneyAct
from store.cases.timeline import By
from store.core import mails
from store.core.database import Database
from store.orders import orders as stored
from store.orders.upserts import upsert_many
from store.vocabulary import Actor, CaseKind, ReturnWay, Wish
from tests.faults import case_kills
from tests.faults.bank import Bank
from tests.faults.case_check import CaseFindings, check
from tests.faults.kills import Plan
from tests.faults.stories import Story, orders
from tests.paths import ROOT
from tests.shopside.receiver import SECRET, Taken

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.mark.slow
async def test_a_killed_server_loses_and_doubles_no_case(database_url: str) -> None:
    one = database_url.startswith("sqlite")
    plan = Plan(
        kills=2,
        database_url=database_url,
        customers=8,
        processes=1 if one else 2,
        seed=5,
        last_load=1.0,
    )
    outcome = await case_kills.run(plan, patient=False)
    assert outcome.findings.faults == []
    assert outcome.kills.total() == plan.kills
    assert outcome.findings.statements and outcome.findings.events and outcome.talks


# --- the count itself ------------------------------------------------------------------------------


class Past:
    """One statement of the page and one act over the API, paid and told of."""

    def __init__(self, database: Database) -> None:
        terms = laws.terms(facts.load(ROOT / "shop.yml"))
        sales = AfterSales(Rights(laws.load(ROOT), terms), terms)
        self.bank = Bank()
        with database.write() as connection:
            upsert_many(connection, orders(1, NOW))
            order = stored.find(connection, "20000")
            assert order and order.email
            wanted = Wanted(CaseKind.DAMAGE, {0: 2}, Wish.REFUND, ReturnWay.KEEP)
            told = By(Actor.CUSTOMER, "page/s-1", NOW)
            case = sales.open(connection, order, wanted, Teller(order.email, "en", "page"), told, NOW).case
            mails.add(connection, "withdrawal/s-1", order.email, "received", "text")
            key = ActKey.of("k-1", {})
            case = sales.approve(connection, case, order, By(Actor.SHOP, key.text, NOW, "api"))
            (refund,) = case.refunds
            for what in (MoneyAct.REQUEST, MoneyAct.CONFIRM):
                acts.refund(connection, case.id, refund.id, what, By(Actor.SHOP, what, NOW))
            events = timeline.of_case(connection, case.id)
        self.bank.asked[refund.key] += 1
        self.bank.known[refund.key] = Paid.SUCCEEDED
        statement = {"s-1": (NOW - timedelta(seconds=1), NOW + timedelta(seconds=1))}
        done = {(case.number, "k-1"): 200, (case.number, "k-2"): 409}
        self.story = Story("20000", order.email, True, statement, set(), {case.number}, done)
        self.told = [self.taken(case.number, one.id) for one in events]

    def taken(self, number: str, event: int, answer: str = "200 OK") -> Taken:
        return Taken({}, {"event": {"id": event}, "case": {"number": number}}, True, answer)

    def look(self, database: Database) -> CaseFindings:
        with database.read() as connection:
            return check(connection, [self.story], self.bank, self.told)


def test_nothing_is_found_where_nothing_is_wrong(database: Database) -> None:
    found = Past(database).look(database)
    assert found.faults == [] and (found.statements, found.acts, found.payments) == (1, 1, 1)


DAMAGE = {
    "an act is gone": "DELETE FROM case_events WHERE key LIKE 'api:%' AND act = 'approve'",
    "a statement is gone": "DELETE FROM case_events WHERE key = 'page/s-1'",
    "a statement came late": "UPDATE case_events SET at = '2026-11-03 10:00:00+00:00' WHERE key = 'page/s-1'",
    "no acknowledgement": "DELETE FROM mails",
    "a deadline moved": "UPDATE case_deadlines SET due_at = '2027-11-03 10:00:00+00:00'",
    "a deadline is gone": "DELETE FROM case_deadlines",
    "the clock runs on": "UPDATE case_deadlines SET met_at = NULL",
    "more than was paid": "UPDATE case_refunds SET amount = 24.61",
    "paid, and due again": "UPDATE case_refunds SET state = 'due'",
    "paid, and void": "UPDATE case_refunds SET state = 'void'",
    "another key": "UPDATE case_refunds SET key = 'R-2222222-9'",
    "a case is of another order": "UPDATE cases SET order_number = '1'",
}


def test_every_damage_is_found(database: Database) -> None:
    past = Past(database)
    for name, statement in DAMAGE.items():
        with database.engine.connect() as connection, connection.begin() as transaction:
            connection.execute(text(statement))
            found = check(connection, [past.story], past.bank, past.told)
            transaction.rollback()
        assert found.faults, name
    assert not past.look(database).faults


def test_what_people_were_told_is_looked_at(database: Database) -> None:
    past = Past(database)
    first, *rest = past.told
    number = first.body["case"]["number"]
    for told in (
        rest,
        [*rest, first],
        past.told[:-1],
        [*past.told, past.taken(number, 999)],
        [*past.told[:-1], past.taken(number, past.told[-1].event, "500 Oops")],
    ):
        past.told = told
        assert past.look(database).faults, [one.event for one in told]
    past.told = [first, *[first, *rest]]  # again is no fault
    assert not past.look(database).faults
    (key,) = past.bank.asked
    past.bank.asked[key] = 2
    assert past.look(database).faults
    past.bank.asked[key], past.bank.known[key] = 1, Paid.FAILED
    assert past.look(database).faults
    past.bank.known[key] = Paid.SUCCEEDED
    past.story.acts[number, "k-3"] = 200
    assert past.look(database).faults
    past.story.acts[number, "k-3"] = 409
    assert not past.look(database).faults
    past.story.numbers.add("R-2222222")
    assert past.look(database).faults


def test_a_signature_that_is_wrong_is_found(database: Database) -> None:
    past = Past(database)
    past.told[0].signed = hook_signature.holds(SECRET, "t=1,v1=0", b"", time.time())
    assert past.look(database).faults


def test_a_second_case_is_found(database: Database) -> None:
    past = Past(database)
    with database.write() as connection:
        case = cases.of_order(connection, "20000")[0]
        acts.act(connection, case.id, CaseAct.CLOSE, By(Actor.AGENT, "close", NOW, "a"))
        columns = (
            "kind, state, wish, order_number, contact, name, language, channel, jurisdiction, currency, "
            "words, serial_number, facts, version, stated_at, created_at, updated_at"
        )
        copied = f"INSERT INTO cases (number, {columns}) SELECT 'R-3333333', {columns} FROM cases"
        connection.execute(text(copied))
    assert any("2 cases" in one for one in past.look(database).faults)
