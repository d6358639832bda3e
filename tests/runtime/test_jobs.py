"""Work that is done later: once, whatever dies, hangs, fails, or happens to the clock."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, event, select, text, update

from bot.runtime import metrics
from bot.runtime.work.jobs import Backoff, JobError, Jobs, NotYet
from bot.runtime.work.loop import Outage
from bot.runtime.work.timed_jobs import Timers
from store.core import timers
from store.core.database import Connection, Database
from store.core.job_queue import HORIZON, LONGEST_LEASE, JobQueue
from store.core.timers import Job
from store.tables import jobs as jobs_table

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WAIT = 20.0  # seconds; a bound for a loaded machine, not a duration


class Killed(BaseException):
    """The process ended here."""


class Note:
    """A timed job that notes in the database that it was done, in its transaction. `meanwhile` happens before
    its end."""

    kind = "note"

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.meanwhile: Callable[[Connection], object] = lambda _connection: None
        self.again: list[datetime] = []

    def run(self, connection: Connection, job: Job) -> datetime | None:
        timers.schedule(connection, "done", f"{job.key}:{job.attempts}:{job.due_at}", NOW)
        self.meanwhile(connection)
        if self.errors:
            raise self.errors.pop(0)
        return self.again.pop(0) if self.again else None


@dataclass
class World:
    database: Database
    note: Note = field(default_factory=Note)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.timers = self.another()

    def another(self) -> Timers:
        """One more process's."""
        return Timers(self.database, [self.note], lambda: self.now)

    def schedule(self, key: str = "a", due_at: datetime | None = None, kind: str = "note") -> bool:
        with self.database.write() as connection:
            return timers.schedule(connection, kind, key, due_at or self.now)

    def rows(self, kind: str = "note") -> Sequence[Row[Any]]:
        with self.database.read() as connection:
            query = select(jobs_table).where(jobs_table.c.kind == kind).order_by(jobs_table.c.id)
            return connection.execute(query).all()

    @property
    def done(self) -> list[str]:
        return [row.key.partition(":")[0] for row in self.rows("done")]

    def claim(self, until: datetime) -> list[Job]:
        with self.database.write() as connection:
            return timers.claim(connection, ["note"], self.now, until, 9)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT):
            while not holds():
                await asyncio.sleep(0.01)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@asynccontextmanager
async def running(part: Jobs[Any]) -> AsyncIterator[None]:
    await part.start()
    try:
        yield
    finally:
        await part.stop()


def count(kind: str, outcome: str) -> float:
    return float(metrics.jobs.labels(kind, outcome)._value.get())


# --- timers ----------------------------------------------------------------------------------------


async def test_a_timer_is_done_once_when_its_time_has_come_and_is_gone(world: World) -> None:
    before = count("note", "done")
    assert world.schedule("a", NOW + timedelta(minutes=5))
    assert await world.timers.step() == 0 and world.done == []
    world.now += timedelta(minutes=5)
    assert await world.timers.step() == 1 and world.done == ["a"]
    assert await world.timers.step() == 0 and world.rows() == []
    assert count("note", "done") == before + 1


async def test_one_of_a_kind_and_key_waits_at_a_time(world: World) -> None:
    assert world.schedule("a", NOW + timedelta(minutes=5))
    assert not world.schedule("a", NOW), "the first one counts"
    assert world.schedule("b", NOW) and world.schedule("a", NOW, kind="other")
    assert await world.timers.step() == 1 and world.done == ["b"]
    world.now += timedelta(minutes=5)
    assert await world.timers.step() == 1 and world.done == ["b", "a"]
    assert len(world.rows("other")) == 1, "kinds that this process doesn't know are left alone"
    assert world.schedule("a"), "done is done: the same may come again"


async def test_what_is_rolled_back_was_never_scheduled(world: World) -> None:
    with suppress(Killed), world.database.write() as connection:
        timers.schedule(connection, "note", "a", NOW)
        raise Killed
    assert await world.timers.step() == 0


async def test_a_cancelled_timer_is_not_done(world: World) -> None:
    world.schedule("a")
    with world.database.write() as connection:
        assert timers.cancel(connection, "note", "a")
        assert not timers.cancel(connection, "note", "a")
    assert await world.timers.step() == 0 and world.done == []


async def test_one_that_is_cancelled_while_it_is_done_leaves_no_trace(world: World) -> None:
    world.schedule("a")
    world.note.meanwhile = lambda connection: timers.cancel(connection, "note", "a")
    assert await world.timers.step() == 1
    # The cancelling was its own transaction's here, so the timer is back; but nothing was done.
    assert world.done == []


async def test_a_timer_may_ask_to_be_run_again(world: World) -> None:
    world.schedule("a")
    world.note.again = [NOW + timedelta(hours=3)]
    assert await world.timers.step() == 1
    assert [row.due_at for row in world.rows()] == [NOW + timedelta(hours=3)]
    world.now += timedelta(hours=3)
    assert await world.timers.step() == 1
    assert world.done == ["a", "a"] and world.rows() == []


# --- what goes wrong -------------------------------------------------------------------------------


async def test_what_fails_is_tried_again_after_growing_pauses_and_parked_in_the_end(world: World) -> None:
    parked, retried = count("note", "parked"), count("note", "retried")
    total = metrics.parked.labels("note")._value.get()
    most = Timers.max_attempts
    world.note.errors = [RuntimeError("broken") for _ in range(most)]
    world.schedule("a")
    pauses: list[float] = []
    for _ in range(most - 1):
        assert await world.timers.step() == 1
        (row,) = world.rows()
        pauses.append((row.due_at - world.now).total_seconds())
        assert await world.timers.step() == 0, "not before"
        world.now = row.due_at
    whole = [min(Timers.backoff.longest, Timers.backoff.first * 2**n) for n in range(most - 1)]
    assert all(full / 2 <= pause <= full for pause, full in zip(pauses, whole, strict=True)), pauses
    assert pauses != whole, "by chance"
    assert await world.timers.step() == 1
    (row,) = world.rows()
    assert (row.state, row.attempts, row.reason, row.leased_until) == ("parked", most, "RuntimeError", None)
    world.now += DAY
    assert await world.timers.step() == 0 and world.done == []
    assert (count("note", "parked"), count("note", "retried")) == (parked + 1, retried + most - 1)
    assert metrics.parked.labels("note")._value.get() == total + 1
    with world.database.read() as connection:
        assert timers.parked(connection) == 1


def test_what_somebody_asks_for_is_kept_to_but_not_for_ever() -> None:
    backoff = Backoff(1.0, 300.0)
    assert backoff.pause(3, 900).total_seconds() == 900
    assert backoff.pause(0, 10 * 86400) == HORIZON
    assert backoff.pause(0, -5) == timedelta()
    assert backoff.pause(10**6) <= timedelta(seconds=300)
    assert len({backoff.pause(4) for _ in range(20)}) == 20, "by chance"


async def test_one_that_fails_holds_up_nobody(world: World) -> None:
    world.note.errors = [RuntimeError("broken")]
    for key in "abc":
        world.schedule(key)
    assert await world.timers.step() == 3
    assert len(world.done) == 2
    (row,) = world.rows()
    assert row.reason == "RuntimeError"


@pytest.mark.parametrize("statement", range(9))
async def test_killed_at_any_statement_it_is_done_once(world: World, statement: int) -> None:
    """In the claim or in the work, before each statement and before the commit."""
    world.schedule("a")
    seen = 0

    def dies(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        nonlocal seen
        if "jobs" in sql:
            seen += 1
            if seen == statement + 1:
                raise Killed

    event.listen(world.database.engine, "before_cursor_execute", dies)
    process = world.another()
    with suppress(Killed):
        # As the runner does, without its care for what goes wrong: nobody is left to settle.
        until = world.now + process.lease
        jobs, _ = await world.database.run(process._claim, world.now, until, 9)
        await world.database.run(process._do, jobs[0], until)
        raise Killed
    event.remove(world.database.engine, "before_cursor_execute", dies)
    for _ in range(2):
        world.now += Timers.lease
        await world.timers.step()
    assert world.done == ["a"] and world.rows() == []


async def test_killed_before_the_commit(world: World) -> None:
    world.schedule("a")
    until = NOW + Timers.lease
    (job,) = world.claim(until)
    with suppress(Killed), world.database.write() as connection:
        world.timers._do(connection, job, until)
        raise Killed
    assert await world.timers.step() == 0, "its lease runs"
    world.now = until
    assert await world.timers.step() == 1 and world.done == ["a"]


async def test_whoever_hangs_loses_its_lease_and_does_nothing_when_it_wakes(world: World) -> None:
    world.schedule("a")
    until = NOW + Timers.lease
    (job,) = world.claim(until)  # and then it hangs
    world.now = until + timedelta(seconds=1)
    assert await world.timers.step() == 1 and world.done == ["a"]
    await world.timers.run(job, until)  # and then it wakes
    assert world.done == ["a"] and world.rows() == []


async def test_a_late_failure_does_not_take_the_lease_of_who_is_at_it_now(world: World) -> None:
    world.schedule("a")
    until = NOW + Timers.lease
    (job,) = world.claim(until)
    world.now = until
    later = until + Timers.lease
    assert len(world.claim(later)) == 1
    with world.database.write() as connection:
        assert not timers.QUEUE.retry(connection, job.id, until, NOW, "late")
        assert not timers.QUEUE.park(connection, job.id, until, "late")
        assert not timers.QUEUE.postpone(connection, job.id, until, NOW)
    (row,) = world.rows()
    assert (row.state, row.leased_until, row.reason, row.attempts) == ("waiting", later, None, 2)


async def test_one_that_kills_every_process_is_parked(world: World) -> None:
    world.schedule("a")
    world.schedule("b", NOW + DAY)
    for _ in range(Timers.max_attempts):
        until = world.now + Timers.lease
        assert [job.key for job in world.claim(until)] == ["a"]  # and then it was killed
        world.now = until
    assert await world.timers.step() == 0
    first, second = world.rows()
    assert (first.state, second.state) == ("parked", "waiting")
    assert "not finished within its time" in first.reason


def test_a_leased_job_is_nobody_elses(world: World) -> None:
    world.schedule("a")
    minute = timedelta(minutes=1)
    assert len(world.claim(world.now + minute)) == 1
    world.now += minute / 2
    assert world.claim(world.now + minute) == []
    world.now += minute / 2
    assert len(world.claim(world.now + minute)) == 1, "its lease has run out"


def test_a_job_that_is_being_claimed_is_passed_over_not_waited_for(world: World) -> None:
    if world.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    world.schedule("a")
    world.schedule("b", world.now + timedelta(seconds=1))
    later = world.now + timedelta(minutes=1)
    with world.database.write() as holder:
        (held,) = timers.claim(holder, ["note"], world.now, later, 1)
        world.now += timedelta(seconds=1)
        with world.database.write() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            others = timers.claim(connection, ["note"], world.now, later, 9)
    assert (held.key, [job.key for job in others]) == ("a", ["b"])


async def test_two_processes_share_the_work(world: World) -> None:
    keys = [str(number) for number in range(20)]
    for key in keys:
        world.schedule(key)
    first, second = world.another(), world.another()
    async with running(first), running(second):
        await world.until(lambda: len(world.done) == len(keys))
    assert sorted(world.done, key=int) == keys


# --- the clock -------------------------------------------------------------------------------------


class Slow(Jobs[Job]):
    """Jobs that wait for `go`, on the table of the timers with the rule of other tables: none is put off for
    longer than the horizon."""

    kind = "slow"
    queue = JobQueue(jobs_table, parked="parked")
    at_once = 3
    look_every = 0.05
    backoff = Backoff(60.0, 60.0)

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__(database, clock)
        self.begun: list[str] = []
        self.answers: list[Exception] = []
        self.go = asyncio.Event()
        self.go.set()

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> list[Job]:
        names = ("id", "kind", "key", "payload", "attempts", "due_at")
        wanted = select(*(jobs_table.c[name] for name in names)).where(jobs_table.c.kind == "slow")
        return self.queue.claim(connection, wanted, lambda row: Job(*row), at, until, room)

    async def run(self, job: Job, until: datetime) -> None:
        self.begun.append(job.key)
        await self.go.wait()
        if self.answers:
            raise self.answers.pop(0)
        await self._database.run(timers.finish, job.id, until)


@pytest.fixture
def slow(world: World) -> Slow:
    return Slow(world.database, lambda: world.now)


async def test_a_clock_that_is_set_back_stalls_nothing(world: World, slow: Slow) -> None:
    slow.answers = [JobError("busy"), JobError("busy", retry_after=1e6)]
    world.schedule("retried", kind="slow")
    world.schedule("asked to wait", kind="slow")
    assert await slow.step() == 2
    world.schedule("leased", kind="slow")
    with world.database.write() as connection:
        assert len(slow.claim(connection, world.now, world.now + slow.lease, 9)) == 1  # its process dies
    world.now -= DAY
    assert await slow.step() == 3, "what seems to lie a day ahead is due"
    assert world.rows("slow") == []


async def test_a_clock_that_is_set_forward_and_back(world: World, slow: Slow) -> None:
    slow.answers = [JobError("busy")]
    world.now += 400 * DAY
    world.schedule("a", kind="slow")
    assert await slow.step() == 1
    world.now -= 400 * DAY
    assert await slow.step() == 1 and world.rows("slow") == []


async def test_a_running_loop_goes_on_when_the_clock_is_set_back(world: World, slow: Slow) -> None:
    async with running(slow):
        world.schedule("a", kind="slow")
        await world.until(lambda: slow.begun == ["a"] and world.rows("slow") == [])
        world.now -= DAY
        world.schedule("b", kind="slow")  # and nobody tells of it
        await world.until(lambda: slow.begun == ["a", "b"] and world.rows("slow") == [])
        world.now += 2 * DAY
        world.schedule("c", kind="slow")
        await world.until(lambda: slow.begun == ["a", "b", "c"])
        await world.until(lambda: world.rows("slow") == [])


async def test_a_timer_goes_by_the_new_clock(world: World) -> None:
    world.schedule("a", NOW + timedelta(hours=5))
    world.schedule("b", NOW)
    world.claim(NOW + Timers.lease)  # b's process dies
    world.now -= DAY
    assert await world.timers.step() == 1 and world.done == ["b"], "a lease can't lie so far ahead"
    world.now = NOW + timedelta(hours=5)
    assert await world.timers.step() == 1 and world.done == ["b", "a"]


def test_no_lease_is_longer_than_the_longest() -> None:
    from bot.conversation.files.fetcher import AttachmentFetcher
    from bot.conversation.sender import OutboxSender
    from bot.mirror.sync import Sync
    from bot.runtime.mail.mail_sender import MailSender

    for kind in (Timers, OutboxSender, AttachmentFetcher, MailSender, Sync):
        assert kind.lease < LONGEST_LEASE
        assert kind.backoff.longest <= HORIZON.total_seconds()


# --- running ---------------------------------------------------------------------------------------


async def test_it_begins_at_once_when_it_is_told(world: World, slow: Slow) -> None:
    Slow.look_every, usual = 600.0, Slow.look_every
    told = Slow(world.database, lambda: world.now)
    Slow.look_every = usual
    async with running(told):
        await asyncio.sleep(0.1)
        world.schedule("a", kind="slow")
        told.wake()
        await world.until(lambda: world.rows("slow") == [])


async def test_it_looks_again_when_the_next_one_is_due(world: World) -> None:
    world.now = datetime.now(UTC)
    timers_now = Timers(world.database, [world.note])
    world.schedule("a", datetime.now(UTC) + timedelta(seconds=0.3))
    async with running(timers_now):
        began = asyncio.get_running_loop().time()
        await world.until(lambda: world.done == ["a"])
    assert 0.2 < asyncio.get_running_loop().time() - began < WAIT


async def test_only_so_many_are_under_way_and_the_next_begins_when_one_ends(world: World, slow: Slow) -> None:
    slow.go.clear()
    for number in range(5):
        world.schedule(str(number), kind="slow")
    async with running(slow):
        await world.until(lambda: len(slow.begun) == 3)
        await asyncio.sleep(0.2)
        assert len(slow.begun) == 3
        slow.go.set()
        await world.until(lambda: world.rows("slow") == [])


async def test_stopping_lets_what_is_under_way_end(world: World, slow: Slow) -> None:
    slow.go.clear()
    world.schedule("a", kind="slow")
    async with running(slow):
        await world.until(lambda: slow.begun == ["a"])
        asyncio.get_running_loop().call_later(0.05, slow.go.set)
    assert world.rows("slow") == []
    world.schedule("b", kind="slow")
    slow.wake()
    await asyncio.sleep(0.1)
    assert slow.begun == ["a"]


async def test_one_that_lasts_longer_than_its_lease_is_cut_off(
    world: World, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slow, "lease", timedelta(seconds=0.2))
    slow.go.clear()
    world.schedule("a", kind="slow")
    assert await slow.step() == 1
    (row,) = world.rows("slow")
    assert (row.state, row.reason, row.attempts) == ("waiting", "TimeoutError", 1)


async def test_what_is_put_off_waits_an_hour_at_most(world: World, slow: Slow) -> None:
    world.schedule("a", kind="slow")
    slow.answers = [NotYet(1e6)]
    assert await slow.step() == 1
    (row,) = world.rows("slow")
    assert row.due_at == world.now + HORIZON
    assert await slow.step() == 0, "not before"


async def test_what_fails_for_good_is_parked_at_once(world: World, slow: Slow) -> None:
    world.schedule("a", kind="slow")
    slow.answers = [JobError("gone", permanent=True)]
    assert await slow.step() == 1
    (row,) = world.rows("slow")
    assert (row.state, row.attempts, row.reason) == ("parked", 1, "gone")


async def test_what_was_not_tried_is_no_attempt(world: World, slow: Slow) -> None:
    slow.answers = [NotYet(30)]
    world.schedule("a", kind="slow")
    assert await slow.step() == 1
    (row,) = world.rows("slow")
    assert (row.attempts, row.due_at, row.leased_until) == (0, NOW + timedelta(seconds=30), None)


class Heard:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __getattr__(self, _level: str) -> Callable[..., None]:
        return lambda what, **_: self.lines.append(what)


async def test_a_database_that_fails_is_waited_for_and_logged_once(world: World, slow: Slow) -> None:
    heard = Heard()
    slow._loop.outage = Outage("slow", heard)
    async with running(slow):
        await asyncio.sleep(0.1)
        with world.database.write() as connection:
            connection.execute(text("ALTER TABLE jobs RENAME TO jobs_away"))
        await world.until(lambda: bool(heard.lines))
        await asyncio.sleep(0.5)
        assert heard.lines == ["slow_failed"]
        with world.database.write() as connection:
            connection.execute(text("ALTER TABLE jobs_away RENAME TO jobs"))
        world.schedule("a", kind="slow")
        await world.until(lambda: world.rows("slow") == [] and len(heard.lines) > 1)
    assert heard.lines == ["slow_failed", "slow_recovered"]


async def test_who_cancels_does_not_wait_for_who_does_it(world: World) -> None:
    """Both hold what it is about first and the job's row last: neither waits for the other in a circle."""
    if world.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    world.schedule("about")
    with world.database.write() as connection:
        connection.execute(text("INSERT INTO jobs (kind, key, payload, state, attempts, due_at, created_at) "
                                "VALUES ('lock', 'x', '{}', 'parked', 0, now(), now())"))  # fmt: skip
    lock = select(jobs_table.c.id).where(jobs_table.c.kind == "lock").with_for_update()
    held, cancelled = threading.Event(), threading.Event()

    def cancel() -> None:
        with world.database.write() as connection:
            connection.execute(lock)
            held.set()
            cancelled.wait(0.3)
            timers.cancel(connection, "note", "about")

    thread = threading.Thread(target=cancel)
    thread.start()
    held.wait(WAIT)
    world.note.meanwhile = lambda connection: connection.execute(lock)
    assert await world.timers.step() == 1
    thread.join()
    assert world.done == [] and world.rows() == []


async def test_figures_of_what_waits(world: World) -> None:
    world.schedule("a", NOW - timedelta(minutes=1))
    world.schedule("b", NOW)
    with world.database.write() as connection:
        assert timers.QUEUE.backlog(connection) == (2, NOW - timedelta(minutes=1))
        connection.execute(update(jobs_table).values(state="parked"))
        assert timers.QUEUE.backlog(connection) == (0, None)
    with world.database.read() as connection:
        shown = metrics.render(connection).decode()
    assert 'aftercare_queue_depth{queue="timers"} 0.0' in shown
    assert 'aftercare_queue_depth{queue="mail"} 0.0' in shown
