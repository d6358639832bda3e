"""Money that is due is asked for once, whatever hangs, fails or is killed between any two steps."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.shopside import refund_mover
from bot.shopside.payouts import Paid, PaidByShop, PaymentBack
from bot.shopside.refund_mover import RefundMover
from store.cases import acts, cases, refunds, timeline
from store.cases.cases import Case, CaseRefund
from store.cases.machine import CaseAct, MoneyAct
from store.core import timers
from store.core.database import Database
from store.vocabulary import Actor, MoneyState
from tests.desk.staff import Clock
from tests.store.cases.making import by, opened


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Till:
    """A payment provider that keeps what it was asked for. `pays`, `looks`: what happens at a call: an
    answer, an exception, or None for one that never comes; the payment itself arrives if `arrives`."""

    pays: list[Any] = field(default_factory=list)
    looks: list[Any] = field(default_factory=list)
    arrives: bool = True
    look_every: timedelta | None = None
    paid: list[PaymentBack] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def pay(self, refund: PaymentBack) -> Paid:
        self.asked.append("pay")
        if self.arrives:
            self.paid.append(refund)
        return await self._answer(self.pays, Paid.REQUESTED)

    async def look(self, refund: PaymentBack) -> Paid:
        self.asked.append("look")
        there = refund.key in [one.key for one in self.paid]
        return await self._answer(self.looks, Paid.SUCCEEDED if there else Paid.UNKNOWN)

    async def _answer(self, planned: list[Any], otherwise: Paid) -> Paid:
        answer = planned.pop(0) if planned else otherwise
        if answer is None:
            await asyncio.sleep(3600)
        if isinstance(answer, BaseException):
            raise answer
        return Paid(answer)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def case_id(database: Database) -> int:
    """A case with 24.60 that are due."""
    with database.write() as connection:
        case = opened(connection).case
        acts.act(connection, case.id, CaseAct.APPROVE, by(Actor.AGENT, "a"))
        case = cases.lock(connection, case.id)
        parts = [{"kind": "goods", "amount": "24.60"}]
        refunds.plan(
            connection, case, "10234", Decimal("24.60"), parts, "card", by(Actor.AGENT, "p"), held=False
        )
    return case.id


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refund_mover, "CALL_SECONDS", 0.2)


def standing(database: Database, case_id: int) -> CaseRefund:
    with database.read() as connection:
        case = cases.get(connection, case_id)
        assert case
        return case.refunds[-1]


def told(database: Database, case_id: int) -> list[str]:
    with database.read() as connection:
        return [one.act for one in timeline.of_case(connection, case_id) if "refund" in one.act]


def waiting(database: Database) -> int:
    with database.read() as connection:
        return timers.QUEUE.backlog(connection)[0]


async def drain(mover: RefundMover) -> None:
    while await mover.step():
        pass


async def test_the_shop_pays_itself_and_says_so(database: Database, case_id: int, clock: Clock) -> None:
    mover = RefundMover(database, PaidByShop(), clock)
    await drain(mover)
    await drain(mover)
    refund = standing(database, case_id)
    assert refund.state is MoneyState.REQUESTED and waiting(database) == 0
    assert told(database, case_id) == ["plan_refund", "request_refund"]
    with database.write() as connection:
        confirmed = by(Actor.SHOP, "c", who="api")
        acts.refund(connection, case_id, refund.id, MoneyAct.CONFIRM, confirmed, provider_id="re_1")
    assert standing(database, case_id).state is MoneyState.SUCCEEDED


async def test_what_is_held_or_unsigned_is_not_asked_for(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        case = opened(connection).case
        acts.act(connection, case.id, CaseAct.APPROVE, by(Actor.AGENT, "a"))
        case = cases.lock(connection, case.id)
        refunds.plan(
            connection,
            case,
            "10234",
            Decimal("24.60"),
            [],
            "card",
            by(Actor.AGENT, "p"),
            held=False,
            two=True,
        )
    till = Till()
    await drain(RefundMover(database, till, clock))
    assert till.asked == [] and standing(database, case.id).state is MoneyState.HELD


async def test_a_payment_is_known_by_its_key(database: Database, case_id: int, clock: Clock) -> None:
    till = Till()
    await drain(RefundMover(database, till, clock))
    (payment,) = till.paid
    refund = standing(database, case_id)
    assert (payment.key, payment.amount, payment.currency) == (refund.key, Decimal("24.60"), "EUR")
    assert (payment.means, payment.order_number) == ("card", "10234")


@pytest.mark.parametrize("silent", [None, TimeoutError(), OSError("reset"), ValueError("no JSON"), "unknown"])
async def test_an_answer_that_got_lost_is_read_back_and_never_paid_twice(
    database: Database, case_id: int, clock: Clock, soon: None, silent: Any
) -> None:
    till = Till(pays=[silent], looks=[silent, "unknown"])
    mover = RefundMover(database, till, clock)
    await drain(mover)
    assert standing(database, case_id).state is MoneyState.UNKNOWN
    await drain(mover)
    assert till.asked == ["pay"]
    for _ in range(3):
        clock.pass_by(hours=1)
        await drain(mover)
    assert till.asked == ["pay", "look", "look", "look"] and len(till.paid) == 1
    assert standing(database, case_id).state is MoneyState.SUCCEEDED
    assert told(database, case_id)[1:] == ["request_refund", "doubt_refund", "confirm_refund"]
    assert waiting(database) == 0


async def test_what_never_arrived_stays_unknown_and_is_not_paid_again(
    database: Database, case_id: int, clock: Clock
) -> None:
    till = Till(pays=["unknown"], arrives=False)
    mover = RefundMover(database, till, clock)
    for _ in range(30):
        await drain(mover)
        clock.pass_by(hours=1)
    assert till.asked.count("pay") == 1 and till.asked.count("look") == 29
    assert standing(database, case_id).state is MoneyState.UNKNOWN
    with database.write() as connection:
        case = cases.get(connection, case_id)
        assert case
        failed = by(Actor.AGENT, "f")
        acts.refund(connection, case_id, case.refunds[0].id, MoneyAct.FAIL, failed)
    await drain(mover)
    clock.pass_by(hours=1)
    await drain(mover)
    assert waiting(database) == 0 and till.asked.count("look") == 29


async def test_what_surely_failed_may_be_due_again(database: Database, case_id: int, clock: Clock) -> None:
    till = Till(pays=["failed"], arrives=False)
    mover = RefundMover(database, till, clock)
    await drain(mover)
    refund = standing(database, case_id)
    assert refund.state is MoneyState.FAILED and waiting(database) == 0
    with database.write() as connection:
        acts.refund(connection, case_id, refund.id, MoneyAct.RELEASE, by(Actor.AGENT, "r"))
    await drain(mover)
    assert till.asked == ["pay", "pay"]
    assert standing(database, case_id).state is MoneyState.REQUESTED


async def test_what_is_requested_is_read_back_where_it_can_be(
    database: Database, case_id: int, clock: Clock
) -> None:
    till = Till(looks=["requested"], look_every=timedelta(hours=2))
    mover = RefundMover(database, till, clock)
    await drain(mover)
    assert standing(database, case_id).state is MoneyState.REQUESTED
    for expected in (MoneyState.REQUESTED, MoneyState.SUCCEEDED):
        clock.pass_by(hours=2)
        await drain(mover)
        assert standing(database, case_id).state is expected
    assert till.asked == ["pay", "look", "look"]


async def test_two_processes_ask_once(database: Database, case_id: int, clock: Clock) -> None:
    second = Database(database.engine.url.render_as_string(hide_password=False))
    till = Till()
    movers = [RefundMover(one, till, clock) for one in (database, second) for _ in range(3)]
    await asyncio.gather(*map(drain, movers))
    assert till.asked == ["pay"] and told(database, case_id).count("request_refund") == 1
    second.close()


# A kill before or after each step of the mover: what it had committed stands, the rest is as if it wasn't.
STEPS: list[tuple[str, str]] = [
    (step, when) for step in ("_ask", "_said", "_note") for when in ("before", "after")
]


@pytest.mark.parametrize(("step", "when"), STEPS)
@pytest.mark.parametrize("arrives", [True, False])
async def test_killed_anywhere_it_is_paid_at_most_once(
    database: Database,
    case_id: int,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    when: str,
    arrives: bool,
) -> None:
    till = Till(arrives=arrives)
    mover = RefundMover(database, till, clock)
    real: Callable[..., Any] = getattr(mover, step)

    def killed(*args: Any) -> Any:
        if when == "after":
            real(*args)  # inside of its transaction: rolled back
        raise Killed

    async def killed_later(*args: Any) -> Any:
        if when == "after":
            await real(*args)
        raise Killed

    monkeypatch.setattr(mover, step, killed_later if step == "_said" else killed)
    await mover.step()
    for _ in range(4):
        clock.pass_by(hours=1)
        await drain(RefundMover(database, till, clock))
    called_first = step == "_ask" or (step, when) != ("_said", "before")
    assert till.asked.count("pay") == (1 if called_first else 0)
    assert len(till.paid) == (1 if arrives and called_first else 0)
    state = standing(database, case_id).state
    if step == "_ask":
        assert state is MoneyState.REQUESTED
    else:
        # Paid, and read back; or nobody can say.
        assert state is (MoneyState.SUCCEEDED if till.paid else MoneyState.UNKNOWN)


async def test_killed_after_it_was_written_down_it_is_not_paid(
    database: Database, case_id: int, clock: Clock
) -> None:
    """That a sum is asked for was committed, and nobody called: it is in doubt, and a person decides."""
    till = Till()
    mover = RefundMover(database, till, clock)
    with database.write() as connection:
        (job,) = mover.claim(connection, clock(), clock() + timedelta(minutes=2), 1)
        assert mover._ask(connection, job)
    for _ in range(3):
        clock.pass_by(hours=1)
        await drain(RefundMover(database, till, clock))
    assert "pay" not in till.asked and "look" in till.asked
    assert standing(database, case_id).state is MoneyState.UNKNOWN


async def test_what_the_shop_says_meanwhile_counts(database: Database, case_id: int, clock: Clock) -> None:
    till = Till(pays=["unknown"])
    mover = RefundMover(database, till, clock)

    async def confirm_first(refund: PaymentBack) -> Paid:
        with database.write() as connection:
            case: Case = cases.lock(connection, case_id)
            acts.refund(connection, case_id, case.refunds[0].id, MoneyAct.CONFIRM, by(Actor.SHOP, "c"))
        return Paid.UNKNOWN

    till.pay = confirm_first  # type: ignore[method-assign]
    await drain(mover)
    assert standing(database, case_id).state is MoneyState.SUCCEEDED and waiting(database) == 0


async def test_what_could_not_be_written_down_is_not_paid(
    database: Database, case_id: int, clock: Clock
) -> None:
    till, refund = Till(), standing(database, case_id)
    with database.write() as connection:
        # The very act stands there already, so that asking changes nothing.
        key = f"payout:{refund.key}:{cases.lock(connection, case_id).version}:request"
        timeline.record(connection, case_id, by(Actor.CLOCK, key), "request_refund")
    await RefundMover(database, till, clock).step()
    assert till.asked == [] and standing(database, case_id).state is MoneyState.DUE
