"""Takes PostgreSQL away again and again while customers write on all four channels, and counts what is lost,
doubled, or falsely in doubt: `python -m tests.faults.outages`."""

import argparse
import asyncio
import os
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import select

from bench import conversation
from bot.runtime.spool import Spool
from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.fake_sms import FakeTwilio
from bot.simulator.fake_telegram import TelegramProvider
from bot.simulator.provider import Provider
from store.conversations import inbox, outbox
from store.core.database import Connection, Database
from store.orders import demo
from store.tables import conversations, messages
from store.tables import outbox as outbox_table
from store.vocabulary import Author, OutboxState
from tests.faults import pgbouncer
from tests.faults.check import Findings, Seen, check
from tests.faults.customers import REQUEST_SECONDS, Customer, Moments, Tally
from tests.faults.databases import POSTGRES
from tests.faults.proxy import Proxy
from tests.faults.servers import Server
from tests.serving import port, serving, url

DRAIN_SECONDS = 240.0  # a lease may have to run out
TEXTS = ("how long does delivery take", "what is your return policy", "how can I pay", "do you ship abroad")
ADDRESSES = {
    "sms": ("+37061000001", "+37061000002", "+37061000003"),
    "messenger": ("7001", "7002", "7003"),
    "telegram": ("4001", "4002", "4003"),
}
MIX = {"cut": 4, "restart": 2, "hang": 1, "kill while filled": 1, "kill while fed": 1}


@dataclass(frozen=True)
class Plan:
    outages: int
    server: str  # the PostgreSQL's URL
    pooler: bool = False
    refusing: float = 3.0  # seconds of one long outage at the end
    web_customers: int = 6
    seed: int = 0
    kinds: tuple[str, ...] = ()  # of the outages, in this order; else by chance


@dataclass
class Writer:
    """One customer of a channel that pushes: what they tried to say, and whether it was accepted."""

    provider: Provider
    address: str
    tried: list[tuple[str, bool]] = field(default_factory=list)

    async def write(self, stop: asyncio.Event, dice: random.Random) -> None:
        while not stop.is_set():
            text = dice.choice(TEXTS)
            status = 0
            with suppress(httpx.TransportError):
                status = await self.provider.say(self.address, text)
            self.tried.append((text, 200 <= status < 300))
            await asyncio.sleep(dice.uniform(0.2, 1.2))


@dataclass
class Outcome:
    findings: Findings
    outages: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)  # by channel
    unknown: int = 0
    spooled: int = 0  # at most at a time
    drain: float = 0.0
    errors: int = 0


class _Run:
    def __init__(self, plan: Plan, folder: Path, tell: Callable[[str], None]) -> None:
        self.plan, self.folder, self.tell = plan, folder, tell
        self.dice = random.Random(plan.seed)
        self.spool = Spool(folder / "spool")
        self.outcome = Outcome(Findings())

    async def all(self) -> Outcome:
        async with AsyncExitStack() as stack:
            direct = stack.enter_context(pgbouncer.own_database(self.plan.server))
            self.proxy = Proxy(direct.host or "127.0.0.1", direct.port or 5432)
            await self.proxy.start()
            stack.push_async_callback(self.proxy.stop)
            way = direct.set(host="127.0.0.1", port=self.proxy.port)
            entrance = way
            if self.plan.pooler:
                entrance = stack.enter_context(pgbouncer.pooled(way, self.folder / "pgbouncer"))
            self.database = Database(direct.render_as_string(hide_password=False))
            stack.callback(self.database.close)
            environment = {
                **os.environ,
                "DATABASE_URL": entrance.render_as_string(hide_password=False),
                "DATABASE_LISTEN_URL": way.render_as_string(hide_password=False),
                "AFTERCARE_SPOOL": str(self.spool.folder),
                "AFTERCARE_RATE_LIMITS": "off",
                "AFTERCARE_DEMO": "on",
                "AFTERCARE_SECRET": secrets.token_urlsafe(48),
            }
            self.server = Server(environment, self.folder / "server.log")
            theirs = port()
            fakes: list[Provider] = [FakeTwilio(), FakeMessenger(), TelegramProvider()]
            for fake in fakes:
                self.server.set(fake.environment(url(theirs), self.server.url))
            self.server.set({"PUBLIC_BASE_URL": self.server.url})
            await stack.enter_async_context(serving(*(fake.blueprint() for fake in fakes), listening=theirs))
            for fake in fakes:
                stack.push_async_callback(fake.close)
            self.writers = [Writer(fake, one) for fake in fakes for one in ADDRESSES[fake.name]]
            stack.push_async_callback(self.server.stop)
            await self.server.start()
            await self.server.wait()
            return await self._play()

    async def _play(self) -> Outcome:
        sample = await self.database.fetch(demo.sample)
        texts = conversation.messages(sample["orders"]["shipped"], sample["email"])
        stop = asyncio.Event()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=limits) as client:
            web = [
                Customer(
                    client,
                    lambda: self.server.url,
                    texts,
                    random.Random(f"{self.plan.seed}:{number}"),
                    Moments(),
                    Tally(),
                    live=number % 2 == 0,
                )
                for number in range(self.plan.web_customers)
            ]
            async with asyncio.TaskGroup() as tasks:
                for one in web:
                    tasks.create_task(one.write(stop))
                for writer in self.writers:
                    tasks.create_task(writer.write(stop, self.dice))
                watch = tasks.create_task(self._watch())
                for number in range(self.plan.outages):
                    await asyncio.sleep(self.dice.uniform(0.5, 3))
                    by_chance = self.dice.choices(tuple(MIX), tuple(MIX.values()))[0]
                    kind = self.plan.kinds[number] if self.plan.kinds else by_chance
                    await self._break(kind)
                    self.tell(f"{number + 1}/{self.plan.outages} {kind}: {self._figures()}")
                await asyncio.sleep(1)
                await self._away(self.plan.refusing)
                self.outcome.outages["long"] += 1
                self.tell(f"refusing for {self.plan.refusing:.0f} s: {self._figures()}")
                await asyncio.sleep(3)
                self.server.check()
                stop.set()
                watch.cancel()
            await self._drain()
            seen = []
            for one in web:
                await one.catch_up()
                seen.append(Seen(one.visitor, one.accepted, one.seen, await one.transcript()))
        self.outcome.findings = await self.database.fetch(check, seen)
        self.outcome.accepted["web"] = self.outcome.findings.accepted
        await self.database.fetch(self._check)
        self.outcome.errors = self.server.errors()
        return self.outcome

    # --- outages ---

    async def _away(self, seconds: float) -> None:
        await self.proxy.refuse()
        await asyncio.sleep(seconds)
        await self.proxy.start()

    async def _break(self, kind: str) -> None:
        self.outcome.outages[kind] += 1
        if kind == "cut":
            self.proxy.cut()
        elif kind == "restart":
            await self._away(self.dice.uniform(0.5, 3))
        elif kind == "hang":
            self.proxy.hang()
            await asyncio.sleep(self.dice.uniform(1, 8))
            self.proxy.flow()
        else:
            await self.proxy.refuse()
            await self._filled()
            if kind == "kill while filled":
                await self.server.kill()
                await self.proxy.start()
            else:
                await self.proxy.start()
                await asyncio.sleep(self.dice.uniform(0, 1.5))
                await self.server.kill()
            await self.server.start()
            await self.server.wait()

    async def _filled(self) -> None:
        """Until the spool holds a few deliveries."""
        wanted = self.dice.randint(2, 12)
        async with asyncio.timeout(60):
            while len(self.spool.entries()) < wanted:
                await asyncio.sleep(0.01)

    async def _watch(self) -> None:
        while True:
            self.outcome.spooled = max(self.outcome.spooled, len(self.spool.entries()))
            await asyncio.sleep(0.05)

    # --- what became of it ---

    async def _drain(self) -> None:
        began = time.monotonic()
        while time.monotonic() < began + DRAIN_SECONDS:
            if not self.spool.waits() and not await self.database.fetch(_busy):
                break
            await asyncio.sleep(0.1)
        self.outcome.drain = time.monotonic() - began

    def _figures(self) -> str:
        accepted = Counter(one.provider.name for one in self.writers for _, yes in one.tried if yes)
        return f"{dict(accepted)}, at most {self.outcome.spooled} in the spool"

    def _check(self, connection: Connection) -> None:
        expect = self.outcome.findings.expect
        state = self.spool.state()
        expect(state.entries == 0 and state.set_aside == 0, "lost", f"the spool holds {state}")
        for writer in self.writers:
            name, address = writer.provider.name, writer.address
            accepted = [text for text, yes in writer.tried if yes]
            self.outcome.accepted[name] += len(accepted)
            found = connection.execute(
                select(conversations.c.id, conversations.c.owner).where(
                    conversations.c.channel == name, conversations.c.address == address
                )
            ).one_or_none()
            if found is None:
                expect(not accepted, "lost", f"{name} {address}: no conversation")
                continue
            rows = connection.execute(
                select(messages).where(messages.c.conversation_id == found.id).order_by(messages.c.seq)
            ).all()
            stored = [row.text for row in rows if row.author == Author.CUSTOMER]
            wrong = misplaced(writer.tried, stored)
            expect(not wrong, "lost", f"{name} {address}: {wrong}")
            answered = {row.reply_to for row in rows if row.author == Author.BOT}
            asked = [row.seq for row in rows if row.author == Author.CUSTOMER]
            silent = [seq for seq in asked if seq not in answered]
            expect(not silent or found.owner != "bot", "lost", f"{name} {address}: no answer to {silent}")
            self._delivered(connection, writer, found.id)

    def _delivered(self, connection: Connection, writer: Writer, conversation_id: int) -> None:
        """Each answer is at the provider once. One in doubt may be there or not, if a server was killed."""
        rows = connection.execute(
            select(outbox_table.c.state).where(outbox_table.c.conversation_id == conversation_id)
        )
        states: Counter[str] = Counter(rows.scalars())
        place = f"{writer.provider.name} {writer.address}"
        there = sum(one.author == "shop" for one in writer.provider.thread(writer.address).bubbles)
        expect, doubt = self.outcome.findings.expect, states[OutboxState.UNKNOWN]
        self.outcome.unknown += doubt
        kills = sum(count for kind, count in self.outcome.outages.items() if kind.startswith("kill"))
        others = set(states) - {OutboxState.SENT, OutboxState.UNKNOWN}
        expect(not others, "lost", f"{place}: the outbox ends as {dict(states)}")
        expect(not doubt or kills > 0, "lost", f"{place}: {doubt} in doubt, and no server was killed")
        sent = states[OutboxState.SENT]
        fits = sent <= there <= sent + doubt
        kind = "doubled" if there > sent else "lost"
        expect(fits, kind, f"{place}: {there} answers at the provider, {sent} sent, {doubt} in doubt")


def misplaced(tried: list[tuple[str, bool]], stored: list[str]) -> str:
    """What is wrong with a customer's stored messages: all that was accepted, in order, and between them at
    most what was on its way when a server was killed; nothing if it is right."""
    # The places in `stored` that may have been reached, after each that was tried.
    reached = {0}
    for number, (text, accepted) in enumerate(tried):
        further = {at + 1 for at in reached if at < len(stored) and stored[at] == text}
        reached = further if accepted else reached | further
        if not reached:
            return f"message {number} is not where it belongs"
    return "" if len(stored) in reached else f"{len(stored) - max(reached)} more than were written"


def _busy(connection: Connection) -> bool:
    return inbox.backlog(connection)[0] + outbox.backlog(connection)[0] > 0


async def run(plan: Plan, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Carries the plan out."""
    with tempfile.TemporaryDirectory(prefix="outages-") as folder:
        Path(folder).chmod(0o755)
        async with asyncio.timeout(60 * (plan.outages + 10) + plan.refusing):
            return await _Run(plan, Path(folder), tell).all()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.outages", description=__doc__)
    parser.add_argument("--outages", type=int, default=30)
    parser.add_argument("--refusing", type=float, default=60, help="seconds of one long outage")
    parser.add_argument("--pooler", action="store_true", help="through PgBouncer in transaction mode")
    parser.add_argument("--seed", type=int, default=None, help="repeats the same dice")
    given = parser.parse_args()
    if given.pooler and pgbouncer.COMMAND is None:
        parser.error(pgbouncer.MISSING)
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    server = os.environ.get("TEST_DATABASE_URL") or POSTGRES
    plan = Plan(given.outages, server, given.pooler, given.refusing, seed=seed)
    print(f"seed {seed}, {'through PgBouncer' if given.pooler else 'direct'}")
    began = time.monotonic()
    outcome = asyncio.run(run(plan, lambda line: print(line, flush=True)))
    found = outcome.findings
    print()
    for name, figure in (
        ("outages", ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.outages.items()))),
        ("accepted", ", ".join(f"{count} {name}" for name, count in sorted(outcome.accepted.items()))),
        ("lost", str(found.lost)),
        ("doubled", str(found.doubled)),
        ("out of order", str(found.disordered)),
        ("in doubt", str(outcome.unknown)),
        ("in the spool at most", str(outcome.spooled)),
        ("all done after the load", f"{outcome.drain:.1f} s"),
        ("errors logged", str(outcome.errors)),
        ("whole run", f"{time.monotonic() - began:.0f} s"),
    ):
        print(f"{name:<30}{figure}")
    for fault in found.faults[:20]:
        print(f"FAULT {fault[:500]}")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
