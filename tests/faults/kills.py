"""Kills the server at random instants under load and counts what is lost: `python -m tests.faults.kills`."""

import argparse
import asyncio
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import httpx

from bench import conversation
from store.conversations import inbox, outbox
from store.core.database import Connection, Database
from store.orders import demo
from tests.faults.check import Findings, Seen, check
from tests.faults.customers import REQUEST_SECONDS, Customer, Moments, Tally
from tests.faults.databases import fresh_database
from tests.faults.servers import Server

FIRST_START = 4.0  # seconds a start takes, as long as none was measured
DRAIN_SECONDS = 120.0
SECONDS_A_KILL = 45.0  # of the whole run's time limit
# When to kill: somewhere under load, while a server starts, with a message on its way or just accepted.
MIX = {"load": 4, "start": 2, "sent": 2, "accepted": 3}


@dataclass(frozen=True)
class Plan:
    kills: int
    database_url: str
    customers: int = 20
    processes: int = 1
    seed: int = 0
    last_load: float = 2.0  # seconds of load after the last kill


@dataclass
class Outcome:
    findings: Findings
    tally: Tally
    kills: Counter[str] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)  # seconds until a started server answered
    drain: float = 0.0  # seconds until the inbox was empty
    errors: int = 0  # logged by the servers: no fault by themselves, but worth a look

    def rows(self) -> list[tuple[str, str]]:
        """The closing table: what, how much."""
        found = self.findings
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        starts = sorted(self.starts)
        return [
            ("kills", f"{self.kills.total()} ({kinds})"),
            ("accepted", str(found.accepted)),
            ("answered", str(found.answered)),
            ("lost", str(found.lost)),
            ("doubled", str(found.doubled)),
            ("out of order", str(found.disordered)),
            ("connections lost", str(self.tally.lost_connections)),
            ("stored, and its 202 lost", str(self.tally.already_known)),
            ("errors logged", str(self.errors)),
            ("restart, median and longest", f"{statistics.median(starts):.1f} s, {starts[-1]:.1f} s"),
            ("inbox empty after the load", f"{self.drain:.1f} s"),
        ]


async def run(plan: Plan, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Carries the plan out. Raises `ServerError`, `Refused`, or `TimeoutError` when it takes too long."""
    async with asyncio.timeout(SECONDS_A_KILL * (plan.kills + 4)):
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            return await _ChatRun(plan, Path(folder), tell).all()


Who = TypeVar("Who")
Found = TypeVar("Found")


class Run(ABC, Generic[Who, Found]):
    """Kills servers under the load of some people (`Who`) and says what was `Found` afterwards."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        tell: Callable[[str], None],
        settings: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
    ) -> None:
        self.plan = plan
        self.tell = tell
        self.dice = random.Random(plan.seed)
        self.moments = Moments()
        self.tally = Tally()
        self.kills: Counter[str] = Counter()
        environment = {
            **os.environ,
            "DATABASE_URL": plan.database_url,
            "AFTERCARE_RATE_LIMITS": "off",
            "AFTERCARE_DEMO": "on",
            "AFTERCARE_SECRET": secrets.token_urlsafe(48),
            **(settings or {}),
        }
        self.servers = [
            Server(environment, folder / f"server-{n}.log", program) for n in range(plan.processes)
        ]

    @abstractmethod
    def _load(
        self, client: httpx.AsyncClient, stop: asyncio.Event
    ) -> AbstractAsyncContextManager[list[Who]]: ...

    @abstractmethod
    async def _look(self, people: list[Who]) -> Found: ...

    async def all(self) -> Found:
        stop = asyncio.Event()
        try:
            if self.plan.kills > 1:
                await self._kill_first_start()
            else:
                await self._start_all()
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
            async with httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=limits) as client:
                async with self._load(client, stop) as people:
                    await self._kill_under_load()
                    await asyncio.sleep(self.plan.last_load)
                    for server in self.servers:
                        server.check()
                    stop.set()
                return await self._look(people)
        finally:
            await asyncio.gather(*(server.stop() for server in self.servers))

    async def _start_all(self) -> None:
        await asyncio.gather(*(server.start() for server in self.servers))
        await self._wait()

    async def _wait(self) -> None:
        await asyncio.gather(*(server.wait() for server in self.servers))

    async def _kill_first_start(self) -> None:
        """The very first start, with an empty database, is cut short too."""
        await asyncio.gather(*(server.start() for server in self.servers))
        await self._kill("start", self.servers[0], self.dice.uniform(0.5, 1) * FIRST_START)
        await self.servers[0].start()
        await self._wait()

    async def _kill_under_load(self) -> None:
        victim = self.servers[0]
        while self.kills.total() < self.plan.kills:
            # Two starts in a row cut short are one more case; the first kill under load is none of them.
            kind = self.dice.choices(tuple(MIX), tuple(MIX.values()))[0]
            if victim.ready.is_set() and kind == "start":
                kind = "load"
            if kind == "start":
                usual = statistics.median(self._starts())
                await self._kill(kind, victim, self.dice.uniform(0, usual))
            else:
                await self._wait()
                victim = self.dice.choice(self.servers)
                await self._moment(kind)
                await self._kill(kind, victim, 0)
            await victim.start()
        await self._wait()

    async def _moment(self, kind: str) -> None:
        # Always some load first, so that there is something to lose.
        await asyncio.sleep(self.dice.uniform(0.1, 1.5))
        if kind != "load":
            await self.moments.next(kind)
            # An accepted message's turn takes a few milliseconds, and so does a message's way.
            await asyncio.sleep(self.dice.choice((0, self.dice.uniform(0, 0.02))))

    async def _kill(self, kind: str, victim: Server, wait: float) -> None:
        await asyncio.sleep(wait)
        await victim.kill()
        self.kills[kind] += 1
        self.tell(
            f"kill {self.kills.total()}/{self.plan.kills} ({kind}, server {self.servers.index(victim) + 1}): "
            f"{self.tally.accepted} accepted, {self.tally.lost_connections} connections lost"
        )

    def _starts(self) -> list[float]:
        return [seconds for server in self.servers for seconds in server.starts]


class _ChatRun(Run[Customer, Outcome]):
    @asynccontextmanager
    async def _load(self, client: httpx.AsyncClient, stop: asyncio.Event) -> AsyncIterator[list[Customer]]:
        """Customers who write until `stop`; at the end each has his last message accepted."""
        database = Database(self.plan.database_url)
        sample = await database.fetch(demo.sample)
        database.close()
        texts = conversation.messages(sample["orders"]["shipped"], sample["email"])
        customers = [
            Customer(
                client,
                lambda: self.dice.choice(self.servers).url,
                texts,
                random.Random(f"{self.plan.seed}:{number}"),
                self.moments,
                self.tally,
                live=number % 2 == 0,
            )
            for number in range(self.plan.customers)
        ]
        async with asyncio.TaskGroup() as tasks:
            for customer in customers:
                tasks.create_task(customer.write(stop))
            yield customers

    async def _look(self, customers: list[Customer]) -> Outcome:
        database = Database(self.plan.database_url)
        try:
            drain = await self._drain(database)
            seen = []
            for customer in customers:
                await customer.catch_up()
                replayed = await customer.transcript()
                seen.append(Seen(customer.visitor, customer.accepted, customer.seen, replayed))
            findings = await database.fetch(check, seen)
        finally:
            database.close()
        errors = sum(server.errors() for server in self.servers)
        return Outcome(findings, self.tally, self.kills, self._starts(), drain, errors)

    async def _drain(self, database: Database) -> float:
        began = time.monotonic()
        while time.monotonic() < began + DRAIN_SECONDS and await database.fetch(_busy):
            await asyncio.sleep(0.1)
        return time.monotonic() - began


def _busy(connection: Connection) -> bool:
    return inbox.backlog(connection)[0] + outbox.backlog(connection)[0] > 0


class Faults(Protocol):
    """What was found amiss."""

    @property
    def faults(self) -> list[str]: ...


class Killed(Protocol):
    """What came of a run that kills."""

    @property
    def findings(self) -> Faults: ...

    def rows(self) -> list[tuple[str, str]]: ...


def command(
    module: str,
    about: str | None,
    kill: Callable[[Plan, Callable[[str], None]], Coroutine[Any, Any, Killed]],
    *,
    kills: int,
    customers: int,
) -> int:
    """The command line of a run that kills; `kills` and `customers` unless others are asked for. The exit
    code."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--processes", type=int, default=1, help="servers side by side (PostgreSQL)")
    parser.add_argument("--customers", type=int, default=customers)
    parser.add_argument("--seed", type=int, default=None, help="repeats the same dice")
    given = parser.parse_args()
    if given.processes > 1 and given.database == "sqlite":
        parser.error("--processes: SQLite serves one process; add --database postgresql")
    if given.kills < 1 or given.processes < 1 or given.customers < 1:
        parser.error("numbers begin at 1")
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}, {given.database}, {given.processes} process(es), {given.customers} customers")
    began = time.monotonic()
    with fresh_database(given.database) as url:
        plan = Plan(given.kills, url, given.customers, given.processes, seed)
        outcome = asyncio.run(kill(plan, lambda line: print(line, flush=True)))
    print()
    for name, figure in (*outcome.rows(), ("whole run", f"{time.monotonic() - began:.0f} s")):
        print(f"{name:<30}{figure}")
    for fault in outcome.findings.faults[:20]:
        print(f"FAULT {fault[:500]}")
    if len(outcome.findings.faults) > 20:
        print(f"… and {len(outcome.findings.faults) - 20} more")
    return 1 if outcome.findings.faults else 0


def main() -> int:
    return command("tests.faults.kills", __doc__, run, kills=50, customers=20)


if __name__ == "__main__":
    sys.exit(main())
