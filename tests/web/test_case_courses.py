"""The shop's system repeats itself, contradicts itself, comes too late and all at once: it is one case, and
its money goes once."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot.shopside.payouts import Paid, PaymentBack
from bot.shopside.refund_mover import RefundMover
from bot.web.case_door import case_api
from bot.web.case_door.case_bodies import NewAct, ShopAct, asked
from store.cases import cases, opening, timeline
from store.cases.cases import Case
from store.cases.feed.case_keys import ActKey
from store.cases.machine import COUNTED
from store.core.database import Database
from store.vocabulary import CaseState, Condition, MoneyState
from tests.faults import THOROUGH
from tests.store.cases.making import AT, order
from tests.store.cases.offering import after_sales
from tests.web.test_order_api import KEY, served

COURSES = 200 if THOROUGH else 8
STEPS = 12
PAID = Decimal("64.80")
_UNDER_WAY = frozenset({MoneyState.HELD, MoneyState.DUE, MoneyState.REQUESTED, MoneyState.UNKNOWN})
_GONE = frozenset({MoneyState.REQUESTED, MoneyState.UNKNOWN, MoneyState.SUCCEEDED, MoneyState.FAILED})
WISHES: tuple[dict[str, Any], ...] = (
    {"kind": "withdrawal", "way": "shop"},
    {"kind": "withdrawal", "way": "label"},
    {"kind": "damage", "wish": "refund", "way": "keep"},
)


class Ledger:
    """A payout that counts what it is asked for, and answers anything."""

    look_every = None

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.asked: Counter[str] = Counter()

    async def pay(self, refund: PaymentBack) -> Paid:
        self.asked[refund.key] += 1
        await asyncio.sleep(self._rng.uniform(0, 0.01))
        return self._rng.choice(tuple(Paid))

    async def look(self, refund: PaymentBack) -> Paid:
        return Paid.UNKNOWN


class Course:
    """One order, and all that a confused system sends about it."""

    def __init__(self, client: httpx.AsyncClient, rng: random.Random, number: str) -> None:
        self.client, self.rng, self.number = client, rng, number
        self.beginning = {
            "order": number,
            "lines": [{"position": 0, "quantity": 2}],
            **rng.choice(WISHES),
        }
        self.case: dict[str, Any] = {}
        self.sent: list[dict[str, Any]] = []
        self.done: dict[str, dict[str, Any]] = {}  # acts by their key, of those that were answered with 200

    async def begins(self) -> None:
        """Told at once under several keys; the same keys are told again later, also after the end."""
        answers = await asyncio.gather(*(self._begin(n) for n in (0, 0, 1, 2)))
        assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
        assert len({one.json()["number"] for one in answers}) == 1
        self.case = answers[0].json()

    async def goes_on(self) -> None:
        """A few requests at once, each of them new, sent before, or another one under a known key."""
        bodies = [self._act() for _ in range(self.rng.choice((1, 1, 2, 4)))]
        again = self.rng.random() < 0.2
        answers = await asyncio.gather(*(self._send(one) for one in bodies))
        if again:
            told = await self._begin(self.rng.randrange(3))
            assert (told.status_code, told.json()["number"]) == (200, self.case["number"])
        for body, answer in zip(bodies, answers, strict=True):
            self._look(body, answer)
        read = await self.client.get(f"/api/v1/cases/{self.case['number']}")
        assert read.status_code == 200
        self.case = read.json()

    async def _begin(self, n: int) -> httpx.Response:
        return await self.client.post("/api/v1/cases", json={**self.beginning, "key": f"{self.number}-{n}"})

    async def _send(self, body: dict[str, Any]) -> httpx.Response:
        return await self.client.post(f"/api/v1/cases/{self.case['number']}/acts", json=body)

    def _act(self) -> dict[str, Any]:
        rng, dice = self.rng, self.rng.random()
        if self.sent and dice < 0.25:
            return rng.choice(self.sent)
        act = rng.choice(list(ShopAct))
        body: dict[str, Any] = {"act": act.value, "key": f"{self.number}-a{len(self.sent)}"}
        if self.sent and dice < 0.3:
            body["key"] = rng.choice(self.sent)["key"]
        body["why"] = "because"
        if rng.random() < 0.4:
            body["version"] = max(1, self.case["version"] - rng.choice((0, 0, 1, 3)))
        if act is ShopAct.APPROVE and rng.random() < 0.4:
            body["amount"] = str(Decimal(rng.randint(0, 9000)) / 100)
        if act is ShopAct.INSPECT:
            condition = rng.choice(list(Condition)).value
            body["lines"] = [{"id": one["id"], "condition": condition} for one in self.case["lines"]]
        if act.value.endswith("_refund"):
            keys = [one["key"] for one in self.case["refunds"]] or ["R-2222222-1"]
            body["refund"] = rng.choice(keys)
        self.sent.append(body)
        return body

    def _look(self, body: dict[str, Any], answer: httpx.Response) -> None:
        assert answer.status_code in (200, 409, 422), answer.text
        before = self.done.get(body["key"])
        if answer.status_code == 200:
            assert before in (None, body), "another act under the same key"
            self.done[body["key"]] = body
        elif before == body:
            # At the same moment as the one that was done, it may still have been refused; not afterwards.
            raise AssertionError(f"done, and then refused: {answer.text}")

    # --- what must hold ---

    def check(self, database: Database, ledger: Ledger) -> None:
        with database.read() as connection:
            (case,) = cases.of_order(connection, self.number)
            events = timeline.of_case(connection, case.id)
            given = opening.given_back(connection, self.number)[0]
            keys = {
                key: timeline.known(connection, case.id, ActKey.of(key, _asked(body)).text)
                for key, body in self.done.items()
            }
        assert all(keys.values()), [key for key, known in keys.items() if not known]
        acts = Counter(one.act for one in events)
        assert acts["submit"] == 1 and acts["told_again"] == 2
        assert given <= PAID
        failed = {one.details["refund"] for one in events if one.act == "fail_refund"}
        self._money(case, ledger, failed)
        asked = Counter(one.details["refund"] for one in events if one.act == "request_refund")
        assert not [key for key, count in asked.items() if count > 1]

    def _money(self, case: Case, ledger: Ledger, failed: set[str]) -> None:
        states = [one.state for one in case.refunds]
        assert sum(one.amount for one in case.refunds if one.state in COUNTED) <= PAID
        assert sum(one in _UNDER_WAY for one in states) <= 1, states
        for one in case.refunds:
            assert ledger.asked[one.key] <= 1
            # What was asked for is void only if it surely failed before.
            gone = one.state in _GONE or one.key in failed
            assert not ledger.asked[one.key] or gone, (one.key, one.state)
        if case.state is CaseState.CLOSED:
            assert set(states) <= {MoneyState.SUCCEEDED, MoneyState.VOID}


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    return asked(NewAct.model_validate(body))


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with served(case_api.blueprint(database, (KEY,), after_sales(), lambda: AT), KEY) as client:
        yield client


async def test_in_any_course_it_is_one_case_and_its_money_goes_once(
    client: httpx.AsyncClient, database: Database
) -> None:
    done: Counter[str] = Counter()
    for n in range(COURSES):
        rng = random.Random(n)
        with database.write() as connection:
            order(connection, str(20_000 + n))
        course, ledger = Course(client, rng, str(20_000 + n)), Ledger(rng)
        mover = RefundMover(database, ledger, lambda: AT)
        await course.begins()
        await mover.start()
        try:
            for _ in range(STEPS):
                await course.goes_on()
                mover.wake()
                if rng.random() < 0.3:
                    await asyncio.sleep(0.05)
                course.check(database, ledger)
        finally:
            await mover.stop()
        course.check(database, ledger)
        done.update(one["act"] for one in course.done.values())
        done["paid"] += ledger.asked.total()
    # They get somewhere: a course that is refused everywhere proves nothing.
    assert done["paid"] and done["approve"] and done["decline"] and done["receive"], done
