"""What goes wrong between Messenger and us: nothing is lost, nothing doubled, the order is kept."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.shop.knowledge import Knowledge
from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.messenger_webhook import dump, sign
from store.core.database import Database
from store.tables import inbox, messages, outbox, suppressions
from tests.channels.stage import Stage, playing
from tests.fakes.assistant import FakeAssistant

BURST, CUSTOMERS, BATCH = 500, 25, 5


@pytest.fixture
async def page(
    database: Database, knowledge: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    # Reading the shop's folder takes most of a second.
    monkeypatch.setattr(Knowledge, "load", lambda home: knowledge)
    fake = FakeMessenger()
    fake.echoes, fake.receipts = False, ()
    async with playing("messenger", fake, FakeAssistant(), database, tmp_path) as stage:
        yield stage


def person(customer: int) -> str:
    return f"60000000000{customer:05d}"


def event(page: Stage, customer: int, count: int) -> dict[str, Any]:
    built: dict[str, Any] = page.provider.message(
        person(customer), f"message {count}", f"m_{customer}_{count}"
    )
    return built


async def deliver(page: Stage, customer: int, count: int) -> int:
    return int(await page.provider.deliver([event(page, customer, count)]))


def heard(page: Stage, customer: int) -> list[str]:
    """What the shop said to a customer."""
    taken = page.provider.taken
    return [one["message"]["text"] for one in taken if one["recipient"]["id"] == person(customer)]


async def settle(page: Stage, expected: int) -> None:
    await page.until(lambda: len(page.provider.taken) >= expected)
    await page.idle()


def states(page: Stage) -> list[str]:
    with page.program.database.read() as connection:
        return list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars())


def count_of(page: Stage, table: Any) -> int:
    with page.program.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


async def test_a_burst_with_repeats_loses_and_doubles_nothing(page: Stage) -> None:
    """500 messages of 25 customers at once, in batches of five customers; each fifth batch comes twice.
    Fewer on PostgreSQL, for time."""
    each = BURST // CUSTOMERS if page.program.database.is_sqlite else 4
    burst = each * CUSTOMERS

    async def group(first: int) -> list[int]:
        statuses = []
        for count in range(each):
            batch = [event(page, one, count) for one in range(first, first + BATCH)]
            for _ in range(2 if count % 5 == 0 else 1):
                statuses.append(await page.provider.deliver(batch))
        return statuses

    answers = await asyncio.gather(*(group(first) for first in range(0, CUSTOMERS, BATCH)))
    assert {status for statuses in answers for status in statuses} == {200}
    await settle(page, burst)
    for one in range(CUSTOMERS):
        assert heard(page, one) == [f"re message {count}" for count in range(each)]
    assert count_of(page, inbox) == burst
    assert states(page) == ["sent"] * burst
    assert len(page.provider.taken) == burst


async def test_late_repeats_in_any_order_change_nothing(page: Stage) -> None:
    for count in range(10):
        await deliver(page, 1, count)
    await settle(page, 10)
    again = [*range(10)] * 3
    random.Random(7).shuffle(again)
    assert {await deliver(page, 1, count) for count in again} == {200}
    await page.idle()
    assert len(page.provider.taken) == 10
    assert count_of(page, messages) == 20


async def test_a_batch_that_is_not_stored_is_delivered_again_and_counts_once(
    page: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, failures = page.program.gateway.take, 2

    async def failing(events: Any) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError("the disk is full")
        await take(events)

    monkeypatch.setattr(page.program.gateway, "take", failing)
    assert await page.provider.deliver([event(page, one, 0) for one in range(5)]) == 200
    await settle(page, 5)
    assert count_of(page, inbox) == 5


async def test_what_is_not_signed_by_meta_is_not_heard(page: Stage) -> None:
    body = dump({"object": "page", "entry": [{"id": page.provider.page, "messaging": [event(page, 1, 1)]}]})
    for signature in ("", sign(body, "another secret"), sign(body + b" ", page.provider.secret)):
        assert await page.provider.webhook.post(body, signature) == 403
    assert count_of(page, inbox) == 0


async def test_while_messenger_is_down_answers_wait_in_order(page: Stage) -> None:
    page.provider.trouble.down = True
    for count in range(5):
        await deliver(page, 1, count)
    await page.until(lambda: states(page).count("queued") == 5)
    assert page.provider.taken == []
    page.provider.trouble.down = False
    await settle(page, 5)
    assert heard(page, 1) == [f"re message {count}" for count in range(5)]


async def test_too_many_requests_is_waited_out(page: Stage) -> None:
    page.provider.trouble.statuses += [(429, 1)]
    await deliver(page, 1, 1)
    await deliver(page, 2, 1)
    await settle(page, 2)
    assert len(page.provider.taken) == 2


async def test_what_may_have_been_taken_is_never_sent_again(
    page: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.meta.graph.SEND_SECONDS", 0.3)
    page.provider.trouble.drops = 1
    await deliver(page, 1, 1)
    await settle(page, 1)
    page.provider.trouble.statuses += [(500, None)]
    await deliver(page, 1, 2)
    await page.until(lambda: states(page) == ["unknown", "unknown"])
    await deliver(page, 1, 3)
    await settle(page, 2)
    assert heard(page, 1) == ["re message 1", "re message 3"]
    assert states(page) == ["unknown", "unknown", "sent"]


async def test_a_temporary_error_is_tried_again(page: Stage) -> None:
    page.provider.errors += [(500, 1200, None)]
    await deliver(page, 1, 1)
    await settle(page, 1)
    assert states(page) == ["sent"]


async def test_who_blocked_us_gets_nothing_more_until_he_writes_and_others_do(page: Stage) -> None:
    page.provider.blocked.add(person(1))
    await deliver(page, 1, 1)
    await deliver(page, 2, 1)
    await settle(page, 1)
    assert (heard(page, 1), heard(page, 2)) == ([], ["re message 1"])
    assert count_of(page, suppressions) == 1
    page.provider.blocked.clear()
    await deliver(page, 1, 2)
    await settle(page, 2)
    assert heard(page, 1) == ["re message 2"]
    assert count_of(page, suppressions) == 0
