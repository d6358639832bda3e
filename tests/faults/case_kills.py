"""Kills the server while cases are told, decided and paid: `python -m tests.faults.case_kills`. Every fourth
customer is in the chat."""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import func, select, update

from store.conversations import inbox
from store.core import schema
from store.core.database import Connection, Database
from store.orders.upserts import upsert_many
from store.tables import case_hooks, case_refunds, jobs
from store.vocabulary import HookState, MoneyState
from tests.faults.bank import Bank, banking
from tests.faults.case_check import CaseFindings, check
from tests.faults.customers import Tally
from tests.faults.kills import SECONDS_A_KILL, Plan, Run, command
from tests.faults.paying import BANK
from tests.faults.stories import KEY, Story, Teller, orders
from tests.shopside.receiver import SECRET, Receiver, receiving

DRAIN_SECONDS = 240.0  # leases of a killed server run out after two minutes
ORDERS_A_KILL = 60
PAUSE = 0.1  # seconds between two looks


@dataclass
class CaseOutcome:
    findings: CaseFindings
    tally: Tally
    talks: int  # in the chat that came to the yes
    kills: Counter[str] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)
    drain: float = 0.0  # seconds until nothing was left to do
    sent: int = 0  # webhooks, those tried again with them
    errors: int = 0

    def rows(self) -> list[tuple[str, str]]:
        """The closing table: what, how much."""
        found, starts = self.findings, sorted(self.starts)
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        return [
            ("kills", f"{self.kills.total()} ({kinds})"),
            ("cases", str(found.cases)),
            ("of which in the chat", str(self.talks)),
            ("statements acknowledged", str(found.statements)),
            ("acts done", str(found.acts)),
            ("payments asked for", str(found.payments)),
            ("events", str(found.events)),
            ("webhooks sent", str(self.sent)),
            ("connections lost", str(self.tally.lost_connections)),
            ("errors logged", str(self.errors)),
            ("restart, median and longest", f"{statistics.median(starts):.1f} s, {starts[-1]:.1f} s"),
            ("all done after the load", f"{self.drain:.1f} s"),
            ("faults", str(len(found.faults))),
        ]


async def run(
    plan: Plan, tell: Callable[[str], None] = lambda _: None, *, patient: bool = True
) -> CaseOutcome:
    """Carries the plan out. `patient`: waits until what killed servers held runs out by itself, and answers
    of the shop's systems get lost too. Raises `ServerError`, `Refused`, or `TimeoutError` when it takes too
    long."""
    async with (
        asyncio.timeout(SECONDS_A_KILL * (plan.kills + 4) + DRAIN_SECONDS),
        receiving(time.time) as receiver,
        banking(odd=patient) as bank,
    ):
        if patient:
            dice = random.Random(plan.seed)
            receiver.decide = lambda _: "503 Busy" if dice.random() < 0.005 else "200 OK"
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            return await _CaseRun(plan, Path(folder), tell, receiver, bank, patient).all()


class _CaseRun(Run[Teller, CaseOutcome]):
    def __init__(
        self,
        plan: Plan,
        folder: Path,
        tell: Callable[[str], None],
        receiver: Receiver,
        bank: Bank,
        patient: bool,
    ) -> None:
        settings = {
            "AFTERCARE_DEMO": "off",
            "AFTERCARE_API_KEYS": KEY,
            "AFTERCARE_MAIL": str(folder / "mail"),
            "AFTERCARE_CASE_WEBHOOK_URL": receiver.url,
            "AFTERCARE_CASE_WEBHOOK_SECRET": SECRET.decode(),
            "AFTERCARE_CASE_WEBHOOK_INTERNAL": "on",
            BANK: bank.url,
        }
        super().__init__(plan, folder, tell, settings, (sys.executable, "-m", "tests.faults.paying"))
        self._receiver, self._bank, self._patient = receiver, bank, patient
        self._count = ORDERS_A_KILL * (plan.kills + 2)
        database = Database(plan.database_url)
        schema.upgrade(database)
        with database.write() as connection:
            upsert_many(connection, orders(self._count, datetime.now(UTC)))
        database.close()

    @asynccontextmanager
    async def _load(self, client: httpx.AsyncClient, stop: asyncio.Event) -> AsyncIterator[list[Teller]]:
        numbers = iter(range(self._count))
        tellers = [
            Teller(
                client,
                lambda: self.dice.choice(self.servers).url,
                numbers,
                random.Random(f"{self.plan.seed}:{number}"),
                self.moments,
                self.tally,
                chats=number % 4 == 0,
            )
            for number in range(self.plan.customers)
        ]
        async with asyncio.TaskGroup() as tasks:
            for teller in tellers:
                tasks.create_task(teller.tell(stop))
            yield tellers

    async def _look(self, people: list[Teller]) -> CaseOutcome:
        database = Database(self.plan.database_url)
        began = time.monotonic()
        try:
            while left := await database.fetch(_left, self._bank):
                if time.monotonic() > began + DRAIN_SECONDS:
                    self.tell(f"left undone: {left}")
                    break
                if not self._patient:
                    # As if the minutes that a dead server's leases last had passed.
                    await asyncio.sleep(1)
                    await database.run(_free)
                await asyncio.sleep(PAUSE)
            drain = time.monotonic() - began
            stories: list[Story] = [story for one in people for story in one.stories]
            found = await database.fetch(check, stories, self._bank, self._receiver.requests)
        finally:
            database.close()
        errors = sum(server.errors() for server in self.servers)
        sent = len(self._receiver.requests)
        talks = sum(one.talks for one in people)
        return CaseOutcome(found, self.tally, talks, self.kills, self._starts(), drain, sent, errors)


def _left(connection: Connection, bank: Bank) -> dict[str, int]:
    """How much of what is still to be done."""
    waiting = select(func.count()).select_from(case_hooks).where(case_hooks.c.state == HookState.WAITING)
    kept = select(func.count()).select_from(jobs).where(jobs.c.kind == "withdrawal")
    refunds = connection.execute(select(case_refunds.c.key, case_refunds.c.state)).all()
    open_ = [
        key
        for key, state in refunds
        if state == MoneyState.DUE
        or (state in (MoneyState.REQUESTED, MoneyState.UNKNOWN) and key in bank.known)
    ]
    counts = {
        "webhooks": connection.execute(waiting).scalar_one(),
        "statements": connection.execute(kept).scalar_one(),
        "messages": inbox.backlog(connection)[0],
        "refunds": len(open_),
    }
    return {name: count for name, count in counts.items() if count}


def _free(connection: Connection) -> None:
    now = datetime.now(UTC)
    for table in (case_hooks, jobs):
        rows = update(table).where(table.c.leased_until.is_not(None))
        connection.execute(rows.values(leased_until=now, due_at=now))


def main() -> int:
    return command("tests.faults.case_kills", __doc__, run, kills=100, customers=12)


if __name__ == "__main__":
    sys.exit(main())
