"""A customer who waits for a person too long is told when somebody answers: honestly, and not too often."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from bot.conversation.still_waiting import StillWaiting
from bot.runtime.work.jobs import Jobs
from bot.runtime.work.timed_jobs import Timers
from bot.shop.calendar.hours import OpeningHours, parse_day
from bot.shop.calendar.service_clock import ServiceClock
from store.conversations import conversations, suppressions
from store.core.database import Database
from store.tables import conversations as conversations_table
from store.tables import jobs as jobs_table
from tests.desk.shop import Shop

WEEK = (*[parse_day("09:00-12:00, 13:00-17:00")] * 5, (), ())
HOURS = OpeningHours(WEEK, ZoneInfo("Europe/Vilnius"))
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # Monday, 10:00 in Vilnius
CLOCK = ServiceClock(HOURS, remind_after=timedelta(minutes=10))


class Queue:
    """A shop whose customers wait."""

    def __init__(self, database: Database, clock: ServiceClock = CLOCK) -> None:
        self.shop = Shop(database, due=clock.due)
        self.shop.now = MORNING
        self.shop.turns = self.shop.turns_of(self.shop.turns._assistant, due=clock.due)
        self.clock = clock
        self.timers = self.another()

    def another(self) -> Timers:
        """One more process's."""
        job = StillWaiting(self.shop.desk.outgoing, self.clock, self.shop.clock)
        return Timers(self.shop.database, [job], self.shop.clock)

    async def at(self, moment: datetime) -> int:
        """Time passes until a moment, from timer to timer; how many were told on the way."""
        before = self.told()
        while self.shop.now < moment:
            due = [max(self.shop.now, one) for one in self.waiting()]
            self.shop.now = min([*due, moment])
            if not await self.timers.step():
                self.shop.now = moment
        return self.told() - before

    async def after(self, **time: float) -> int:
        return await self.at(self.shop.now + timedelta(**time))

    def told(self) -> int:
        with self.shop.database.read() as connection:
            known = connection.execute(select(conversations_table.c.id)).scalars().all()
        return sum(
            entry.text.startswith("utter_still_waiting")
            for one in known
            for entry in self.shop.transcript(one)
        )

    def waiting(self) -> list[datetime]:
        """When timers are due."""
        with self.shop.database.read() as connection:
            return list(connection.execute(select(jobs_table.c.due_at)).scalars())


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)


async def test_who_waits_too_long_is_told_twice_at_most(queue: Queue) -> None:
    which = queue.shop.talk("person", language="lt")
    assert await queue.after(minutes=9) == 0
    assert await queue.after(minutes=1) == 1
    last = queue.shop.transcript(which)[-1]
    assert (last.text, last.author) == ("utter_still_waiting (lt)", "bot")
    assert await queue.after(minutes=9) == 0
    assert await queue.after(minutes=1) == 1
    assert await queue.after(hours=30) == 0 and queue.waiting() == []
    assert queue.shop.get(which).owner == "queue"


async def test_what_was_said_is_corrected_when_the_shop_closes(queue: Queue) -> None:
    queue.shop.now = closing = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    queue.shop.now -= timedelta(minutes=5)
    queue.shop.talk("person")
    assert await queue.after(minutes=4) == 0
    assert await queue.at(closing) == 1, "somebody comes tomorrow, not shortly"
    assert await queue.at(closing + timedelta(hours=16, minutes=9)) == 0
    assert await queue.after(minutes=1) == 1, "ten minutes after they have opened"
    assert await queue.after(hours=30) == 0


async def test_who_asks_at_night_was_told_so_then(queue: Queue) -> None:
    queue.shop.now = datetime(2026, 3, 6, 22, 0, tzinfo=UTC)  # Friday
    queue.shop.talk("person")
    assert await queue.at(datetime(2026, 3, 9, 7, 9, tzinfo=UTC)) == 0
    assert await queue.after(minutes=1) == 1
    assert await queue.after(hours=30) == 0, "once"


@pytest.mark.parametrize("end", ["claimed", "closed", "given", "back to the bot"])
async def test_who_waits_no_more_is_not_told(queue: Queue, end: str) -> None:
    anna = queue.shop.agent("Anna")
    which = queue.shop.talk("person")
    assert len(queue.waiting()) == 1
    if end == "back to the bot":
        queue.shop.press(which, "Go on with the bot")
    with queue.shop.database.write() as connection:
        if end == "claimed":
            queue.shop.desk.claim(connection, anna, which)
        elif end == "closed":
            queue.shop.desk.close(connection, anna, which, "other")
        elif end == "given":
            one = conversations.lock(connection, which)
            assert one
            queue.shop.desk.give(connection, one, anna.agent, "assigned")
    assert queue.waiting() == []
    assert await queue.after(hours=1) == 0


async def test_who_is_put_back_waits_again_and_what_was_told_counts(queue: Queue) -> None:
    anna = queue.shop.agent("Anna")
    which = queue.shop.talk("person")
    assert await queue.after(minutes=10) == 1
    with queue.shop.database.write() as connection:
        queue.shop.desk.claim(connection, anna, which)
        queue.shop.desk.release(connection, anna, which)
    assert await queue.after(minutes=10) == 1
    with queue.shop.database.write() as connection:
        queue.shop.desk.claim(connection, anna, which)
        queue.shop.desk.release(connection, anna, which)
    assert await queue.after(hours=5) == 0, "twice in all"


async def test_asking_again_begins_nothing_anew(queue: Queue) -> None:
    which = queue.shop.talk("person")
    assert await queue.after(minutes=10) == 1
    queue.shop.press(which, "Go on with the bot")
    queue.shop.talk("person again")
    assert await queue.after(minutes=10) == 1
    assert await queue.after(hours=5) == 0


async def test_nobody_is_told_at_night_because_the_server_was_down(queue: Queue) -> None:
    queue.shop.talk("person")
    queue.shop.now = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    assert await queue.after(minutes=1) == 0
    assert await queue.at(datetime(2026, 3, 3, 7, 9, tzinfo=UTC)) == 0
    assert await queue.after(minutes=1) == 1


async def test_who_wants_no_messages_gets_none(queue: Queue) -> None:
    which = queue.shop.talk("person", channel="sms", address="+37060000001")
    with queue.shop.database.write() as connection:
        suppressions.add(connection, "sms", "+37060000001", "stopped", queue.shop.now)
    assert await queue.after(minutes=10) == 0
    assert queue.waiting() == [] and queue.shop.get(which).owner == "queue"


async def test_a_shop_may_say_nothing(database: Database) -> None:
    queue = Queue(database, ServiceClock(HOURS))
    queue.shop.talk("person")
    assert queue.waiting() == []
    assert await queue.after(hours=1) == 0


async def test_two_processes_tell_once(queue: Queue) -> None:
    for number in range(6):
        queue.shop.talk("person", address=f"c{number}")
    queue.shop.now += timedelta(minutes=10)
    first, second = queue.another(), queue.another()
    both: list[Jobs[Any]] = [first, second]
    for part in both:
        await part.start()
    for _ in range(400):
        if queue.told() == 6:
            break
        for part in both:
            part.wake()
        await asyncio.sleep(0.05)
    for part in both:
        await part.stop()
    assert queue.told() == 6 and len(queue.waiting()) == 6


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("after", range(0, 16, 2))
async def test_killed_at_any_statement_the_customer_is_told_once(queue: Queue, after: int) -> None:
    queue.shop.talk("person")
    queue.shop.now += timedelta(minutes=10)
    seen = 0

    def dies(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > after:
            raise Killed

    until = queue.shop.now + Timers.lease
    event.listen(queue.shop.database.engine, "before_cursor_execute", dies)
    try:
        jobs, _ = await queue.shop.database.run(queue.timers._claim, queue.shop.now, until, 4)
        await queue.shop.database.run(queue.timers._do, jobs[0], until)
    except Killed:
        pass
    event.remove(queue.shop.database.engine, "before_cursor_execute", dies)
    assert queue.told() in (0, 1)
    await queue.at(until)
    assert queue.told() == 1
    assert await queue.after(minutes=12) == 1 and queue.waiting() == []


def test_when_a_reminder_is_due() -> None:
    always = OpeningHours((parse_day("00:00-24:00"),) * 7, ZoneInfo("UTC"))
    night, ten = datetime(2026, 3, 2, 23, 55, tzinfo=UTC), timedelta(minutes=10)
    assert ServiceClock(always, remind_after=ten).reminder(night) == night + ten
    never = OpeningHours(((),) * 7, ZoneInfo("UTC"))
    assert ServiceClock(never, remind_after=ten).reminder(night) is None
    lunch = datetime(2026, 3, 2, 9, 55, tzinfo=UTC)
    assert CLOCK.reminder(lunch) == lunch + timedelta(minutes=5)
    assert CLOCK.reminder(lunch + timedelta(minutes=10)) == datetime(2026, 3, 2, 11, 10, tzinfo=UTC)
    assert ServiceClock(HOURS).due(lunch).reminder is None
