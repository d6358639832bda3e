"""What is left of bursts, repetitions, outages and refusals: counted in the store and at a fake Telegram."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.conversation.customer_events import CustomerEvents
from bot.conversation.outgoing import Outgoing
from bot.conversation.receiving.gateway import LiveGateway
from bot.conversation.receiving.intake import Intake
from bot.conversation.sender import OutboxSender
from bot.conversation.turns import Turns
from bot.conversation.worker import Worker
from bot.runtime.bus import Bus
from bot.runtime.work.jobs import Backoff
from channels.registry import Channels
from channels.splitting import Pace
from channels.telegram import api, poll
from channels.telegram.channel import CAPABILITIES, Telegram
from store.conversations import suppressions
from store.core import schema
from store.core.database import Database
from store.core.events import MessageQueued, MessageReceived
from store.tables import inbox, messages, outbox
from tests.channels.telegram.telegram_world import World, running, until
from tests.fakes.assistant import FakeAssistant
from tests.speaking import NO_SPOOL

QUICK = replace(CAPABILITIES, account_pace=Pace(1e6, 1e6), address_pace=Pace(1e6, 1e6))
CUSTOMERS = [str(5000 + number) for number in range(25)]


@dataclass
class Shop:
    """The program without its other channels and its model."""

    database: Database
    channel: Telegram
    gateway: LiveGateway = field(init=False)

    def __post_init__(self) -> None:
        channels = Channels([self.channel])
        outgoing = Outgoing(FakeAssistant(), channels, lambda: datetime.now(UTC))
        self.sender = OutboxSender(self.database, channels)
        self.worker = Worker(self.database, Turns(outgoing, lambda: datetime.now(UTC)))
        self.gateway = LiveGateway(self.database, Intake(("en",), outgoing), CustomerEvents(), NO_SPOOL)
        self.bus = Bus(self.database)
        self.bus.wake(self.worker.wake, MessageReceived)
        self.bus.wake(self.sender.wake, MessageQueued)

    async def start(self) -> None:
        await self.bus.start()
        await self.worker.start()
        await self.channel.start(self.gateway)
        await self.sender.start()

    async def stop(self) -> None:
        await self.worker.stop()
        await self.sender.stop()
        await self.channel.stop()
        await self.bus.stop()
        self.database.close()


@dataclass
class Scene:
    world: World
    shop: Shop

    @property
    def log(self) -> list[tuple[str, str]]:
        """What Telegram took from us, in order."""
        return self.world.provider.methods.log

    def received(self) -> Counter[str]:
        with self.shop.database.read() as connection:
            query = select(messages.c.text).where(messages.c.author == "customer")
            return Counter(connection.execute(query).scalars())

    def states(self) -> Counter[str]:
        with self.shop.database.read() as connection:
            query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
            return Counter({row[0]: row[1] for row in connection.execute(query)})

    def reasons(self) -> set[str | None]:
        with self.shop.database.read() as connection:
            return set(connection.execute(select(outbox.c.reason)).scalars())

    async def settled(self, **states: int) -> None:
        """Waits until the outbox is in these states."""
        try:
            await until(lambda: self.states() == Counter(states), pause=0.05)
        except TimeoutError:
            pytest.fail(f"the outbox is {self.states()}, {self.reasons()}")

    def due_now(self) -> None:
        """Lets the time pass until every retry is due."""
        with self.shop.database.write() as connection:
            connection.execute(update(outbox).values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))
        self.shop.sender.wake()


@asynccontextmanager
async def scene(
    folder: Path, *, pushed: bool = True, channel: type[Telegram] = Telegram
) -> AsyncIterator[Scene]:
    database = Database(f"sqlite:///{folder}/faults.db")
    schema.upgrade(database)
    made: list[Shop] = []

    def within(channel: Telegram) -> Shop:
        channel.capabilities = QUICK
        made.append(Shop(database, channel))
        return made[-1]

    async with running(within, pushed=pushed) as telegram:
        telegram.provider.methods.per_second = None
        yield Scene(telegram, made[0])


def in_order(log: list[tuple[str, str]]) -> dict[str, list[str]]:
    """What each address got, in the order it got it."""
    found: dict[str, list[str]] = defaultdict(list)
    for address, text in log:
        found[address].append(text)
    return found


@pytest.mark.parametrize(("pushed", "each"), [(True, 20), (False, 4)], ids=["webhook", "polling"])
async def test_hundreds_of_messages_at_once(tmp_path: Path, pushed: bool, each: int) -> None:
    async with scene(tmp_path, pushed=pushed) as made:
        provider = made.world.provider

        async def talk(address: str) -> list[int]:
            return [await provider.say(address, f"{address} {number}") for number in range(each)]

        statuses = await asyncio.gather(*(talk(address) for address in CUSTOMERS))
        assert {status for one in statuses for status in one} == {200 if pushed else 202}
        await made.settled(sent=len(CUSTOMERS) * each)
        assert made.received() == Counter({f"{a} {n}": 1 for a in CUSTOMERS for n in range(each)})
        assert in_order(made.log) == {a: [f"re {a} {n}" for n in range(each)] for a in CUSTOMERS}
        await until(lambda: provider.delivery.waiting == 0)


async def test_repeated_and_shuffled_deliveries(tmp_path: Path) -> None:
    async with scene(tmp_path) as made:
        delivery = made.world.provider.delivery
        for address in CUSTOMERS[:4]:
            for number in range(6):
                await made.world.provider.say(address, f"{address} {number}")
        known = [one for one, _ in delivery.history]
        again = [one for one in known for _ in range(3)]
        random.Random(5).shuffle(again)
        statuses = await asyncio.gather(*(delivery.post(one) for one in again))
        await made.settled(sent=24)
        assert Counter(statuses) == {200: 72}
        assert sum(made.received().values()) == 24 and set(made.received().values()) == {1}
        assert in_order(made.log) == {a: [f"re {a} {n}" for n in range(6)] for a in CUSTOMERS[:4]}


async def test_new_messages_that_come_twice_at_the_same_time(tmp_path: Path) -> None:
    async with scene(tmp_path) as made:
        delivery, provider = made.world.provider.delivery, made.world.provider
        await provider.say("5001", "first")
        (made_up, _) = delivery.history[0]
        fresh = [
            {
                **made_up,
                "update_id": 900 + n,
                "message": {**made_up["message"], "message_id": 900 + n, "text": str(n)},
            }
            for n in range(15)
        ]
        statuses = await asyncio.gather(*(delivery.post(one) for one in fresh for _ in range(2)))
        await made.settled(sent=16)
        assert Counter(statuses) == {200: 30}
        assert Counter(text for _, text in made.log) == Counter(
            {"re first": 1, **{f"re {n}": 1 for n in range(15)}}
        )


async def test_telegram_is_away_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OutboxSender, "backoff", Backoff(0.05, 300.0))
    async with scene(tmp_path) as made:
        provider = made.world.provider
        provider.trouble.down = True
        for address in CUSTOMERS[:10]:
            for number in range(3):
                await provider.say(address, f"{address} {number}")
        await until(lambda: "Telegram answers with an error of its own" in made.reasons())
        assert made.log == [] and set(made.states()) <= {"queued", "sending"}
        provider.trouble.down = False
        await made.settled(sent=30)
        assert in_order(made.log) == {a: [f"re {a} {n}" for n in range(3)] for a in CUSTOMERS[:10]}


async def test_polling_survives_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(OutboxSender, "backoff", Backoff(0.05, 300.0))
    async with scene(tmp_path, pushed=False) as made:
        provider = made.world.provider
        for number in range(40):
            provider.trouble.down = number % 10 < 5
            await provider.say(CUSTOMERS[number % 4], str(number))
            await asyncio.sleep(0.01)
        provider.trouble.down = False
        await made.settled(sent=40)
        assert made.received() == Counter({str(number): 1 for number in range(40)})
        expected = {CUSTOMERS[k]: [f"re {n}" for n in range(k, 40, 4)] for k in range(4)}
        assert in_order(made.log) == expected


async def test_telegram_asks_to_slow_down(tmp_path: Path) -> None:
    async with scene(tmp_path) as made:
        provider = made.world.provider
        provider.trouble.statuses = [(429, 1)] * 3
        for address in CUSTOMERS[:6]:
            await provider.say(address, "hello")
        await until(lambda: not provider.trouble.statuses)
        await asyncio.sleep(0.3)
        assert len(made.log) == 3, "the other three wait as long as they were told"
        await made.settled(sent=6)
        assert Counter(made.log) == Counter({(address, "re hello"): 1 for address in CUSTOMERS[:6]})


async def test_our_own_pace_keeps_below_telegrams_limit(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/faults.db")
    schema.upgrade(database)
    # Telegram refuses the 31st message in a second; the channel's true pace never gets there.
    async with running(lambda channel: Shop(database, channel)) as telegram:
        provider = telegram.provider
        assert provider.methods.per_second == 30
        addresses = [str(7000 + number) for number in range(45)]
        await asyncio.gather(*(provider.say(address, "hello") for address in addresses))
        await until(lambda: len(provider.methods.log) == 45)
        assert provider.calls["sendmessage"] == 45, "none was refused"


async def test_errors_of_telegrams_own_are_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OutboxSender, "backoff", Backoff(0.05, 300.0))
    async with scene(tmp_path) as made:
        made.world.provider.trouble.statuses = [(500, None), (502, None), (503, None)] * 4
        for address in CUSTOMERS[:6]:
            await made.world.provider.say(address, "hello")
        await made.settled(sent=6)
        assert Counter(made.log) == Counter({(address, "re hello"): 1 for address in CUSTOMERS[:6]})
        assert made.world.provider.calls["sendmessage"] == 18


async def test_what_telegram_may_have_taken_is_never_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "CALL_SECONDS", 0.3)
    async with scene(tmp_path) as made:
        provider = made.world.provider
        provider.silence = 1.0
        provider.trouble.drops = 4
        for address in CUSTOMERS[:4]:
            await provider.say(address, "one")
        await made.settled(unknown=4)
        made.due_now()
        for address in CUSTOMERS[:4]:
            await provider.say(address, "two")
        await made.settled(unknown=4, sent=4)
        assert in_order(made.log) == {address: ["re one", "re two"] for address in CUSTOMERS[:4]}
        assert provider.calls["sendmessage"] == 8


async def test_who_blocks_the_bot_gets_nothing_until_he_writes_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as made:
        provider = made.world.provider
        # Blocked before Telegram told us: the refusal says so.
        provider.thread("5001")
        provider.methods.blocked.add("5001")
        await provider.say("5001", "one")
        await made.settled(failed=1)
        calls = provider.calls["sendmessage"]

        def reason() -> str | None:
            with made.shop.database.read() as connection:
                return suppressions.reason(connection, "telegram", "5001")

        assert reason() == "unreachable"
        await provider.say("5002", "others go on")
        await made.settled(failed=1, sent=1)
        await provider.block("5001")
        await provider.block("5001", blocked=False)
        assert reason() is None
        await provider.say("5001", "back")
        await made.settled(failed=1, sent=2)
        assert provider.calls["sendmessage"] == calls + 2
        assert made.log == [("5002", "re others go on"), ("5001", "re back")]


async def test_a_refused_token_holds_the_account_and_loses_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as made:
        provider = made.world.provider
        token, provider.token = provider.token, "7000000001:renewed-renewed-renewed-renewed"
        for address in CUSTOMERS[:5]:
            await provider.say(address, "hello")
        line = made.shop.sender._lines["telegram"]

        def postponed() -> bool:
            """Whether all of them wait for later, and none is on its way."""
            with made.shop.database.read() as connection:
                rows = connection.execute(select(outbox.c.state, outbox.c.due_at)).all()
            return len(rows) == 5 and all(
                row.state == "queued" and row.due_at > datetime.now(UTC) + timedelta(seconds=60)
                for row in rows
            )

        def look() -> bool:
            made.shop.sender.wake()
            return line.closed_until > 0 and postponed()

        # The one that was refused comes again in a second, and is put off then like the others.
        await until(look, pause=0.1)
        assert provider.calls["sendmessage"] == 0
        provider.token = token
        line.closed_until = 0
        made.due_now()
        await made.settled(sent=5)


async def test_an_update_is_stored_or_delivered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scene(tmp_path) as made:
        take, tries = made.shop.gateway.take, Counter[str]()

        async def shaky(events: Any) -> None:
            """The first delivery is lost, the second stored without our saying so."""
            tries[events[0].external_id] += 1
            if tries[events[0].external_id] > 1:
                await take(events)
            if tries[events[0].external_id] < 3:
                raise OSError("broken")

        monkeypatch.setattr(made.shop.gateway, "take", shaky)
        statuses = await asyncio.gather(*(made.world.provider.say(a, f"hello {a}") for a in CUSTOMERS))
        assert set(statuses) == {200}
        await made.settled(sent=25)
        assert made.received() == Counter({f"hello {address}": 1 for address in CUSTOMERS})
        with made.shop.database.read() as connection:
            assert len(connection.execute(select(inbox.c.id)).all()) == 25
        assert set(tries.values()) == {3}
