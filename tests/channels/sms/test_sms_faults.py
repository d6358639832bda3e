"""What goes wrong between Twilio and us: nothing is lost, nothing doubled, the order is kept."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.simulator.fake_sms import FakeTwilio
from store.core.database import Database
from store.tables import inbox, messages, outbox, sends
from tests.channels.stage import Stage, playing
from tests.fakes.assistant import FakeAssistant

BURST, CUSTOMERS = 500, 25


@pytest.fixture
async def sms(database: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    fake = FakeTwilio()
    fake.receipts = ()
    async with playing("sms", fake, FakeAssistant(), database, tmp_path) as stage:
        yield stage


def number(customer: int) -> str:
    return f"+3706{customer:07d}"


async def deliver(sms: Stage, customer: int, count: int) -> int:
    address = number(customer)
    sid = f"SM{customer:016d}{count:016d}"
    return int(await sms.provider.deliver(sms.provider.form(address, f"message {count}", sid)))


async def settle(sms: Stage, expected: int) -> None:
    await sms.until(lambda: len(sms.provider.taken) >= expected)
    await sms.idle()


async def test_a_burst_with_repeats_loses_and_doubles_nothing(sms: Stage) -> None:
    """500 messages of 25 customers at once, each fifth delivered twice; fewer on PostgreSQL, for time."""
    each = BURST // CUSTOMERS if sms.program.database.is_sqlite else 4
    burst = each * CUSTOMERS

    async def customer(one: int) -> list[int]:
        statuses = []
        for count in range(each):
            statuses.append(await deliver(sms, one, count))
            if count % 5 == 0:
                statuses.append(await deliver(sms, one, count))
        return statuses

    answers = await asyncio.gather(*(customer(one) for one in range(CUSTOMERS)))
    assert {status for statuses in answers for status in statuses} == {200}
    await settle(sms, burst)
    for one in range(CUSTOMERS):
        heard = [taken["body"] for taken in sms.provider.taken if taken["to"] == number(one)]
        assert heard == [f"re message {count}" for count in range(each)]
    with sms.program.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(inbox)).scalar() == burst
        states = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    assert [tuple(row) for row in states] == [("sent", burst)]


async def test_late_repeats_in_any_order_change_nothing(sms: Stage) -> None:
    for count in range(10):
        await deliver(sms, 1, count)
    await settle(sms, 10)
    again = [*range(10)] * 3
    random.Random(7).shuffle(again)
    assert {await deliver(sms, 1, count) for count in again} == {200}
    await sms.idle()
    assert len(sms.provider.taken) == 10
    with sms.program.database.read() as connection:
        kept = connection.execute(select(func.count()).select_from(messages)).scalar()
    assert kept == 20


async def test_while_twilio_is_down_answers_wait_in_order(sms: Stage) -> None:
    sms.provider.trouble.down = True
    for count in range(5):
        await deliver(sms, 1, count)
    await sms.until(lambda: waiting(sms) == 5)
    assert sms.provider.taken == []
    sms.provider.trouble.down = False
    await settle(sms, 5)
    assert [taken["body"] for taken in sms.provider.taken] == [f"re message {count}" for count in range(5)]


async def test_too_many_requests_is_waited_out(sms: Stage) -> None:
    sms.provider.trouble.statuses += [(429, None)]
    await deliver(sms, 1, 1)
    await deliver(sms, 2, 1)
    await settle(sms, 2)
    assert len(sms.provider.taken) == 2


async def test_what_may_have_been_taken_is_never_sent_again(
    sms: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.sms.api.SEND_SECONDS", 0.3)
    sms.provider.trouble.drops = 1
    await deliver(sms, 1, 1)
    await settle(sms, 1)
    await deliver(sms, 1, 2)
    await settle(sms, 2)
    assert [taken["body"] for taken in sms.provider.taken] == ["re message 1", "re message 2"]
    with sms.program.database.read() as connection:
        assert list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars()) == [
            "unknown",
            "sent",
        ]


async def test_who_blocked_us_gets_nothing_more_and_others_do(sms: Stage) -> None:
    sms.provider.stopped.add(number(1))
    await deliver(sms, 1, 1)
    await deliver(sms, 2, 1)
    await settle(sms, 1)
    assert [taken["to"] for taken in sms.provider.taken] == [number(2)]


def waiting(sms: Stage) -> int:
    with sms.program.database.read() as connection:
        return int(
            connection.execute(
                select(func.count()).select_from(outbox).where(outbox.c.state == "queued")
            ).scalar_one()
        )


async def test_a_receipt_that_overtakes_our_own_note_is_not_lost(sms: Stage) -> None:
    sms.provider.receipts = ("delivered",)
    await deliver(sms, 1, 1)
    await settle(sms, 1)

    def state() -> str:
        with sms.program.database.read() as connection:
            return str(connection.execute(select(sends.c.state)).scalar_one())

    await sms.until(lambda: state() == "delivered")
