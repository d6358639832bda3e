"""Does work later: claims what is due, does some of it side by side, tries again what failed, and gives up in
the end. `store.core.job_queue` keeps what survives the process.

A new kind of work with a table of its own is a subclass of `Jobs`; a timer needs less:
`bot.runtime.work.timed_jobs`."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import ClassVar, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from bot.runtime import log, metrics
from bot.runtime.work.loop import Loop, TaskPool
from store.core.database import Connection, Database
from store.core.job_queue import HORIZON, JobQueue
from store.core.outage import is_outage

STOP_SECONDS = 5.0  # for what is under way to end when the process does
MAX_UNHEARD = 20  # claims; in an outage all but the first found no database at all
AGAIN_SECONDS = 0.5  # until what happened is written down again, while the database is away

P = ParamSpec("P")
R = TypeVar("R")


class Claimed(Protocol):
    """A job in hand; `attempts`: in vain before this one."""

    @property
    def id(self) -> int: ...

    @property
    def attempts(self) -> int: ...


J = TypeVar("J", bound=Claimed)


class JobError(Exception):
    """A job could not be done. `permanent`: nor will it be. `retry_after`: seconds that somebody asks for."""

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class NotYet(Exception):
    """A job was not even tried: it shall be in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.0f} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts, in seconds: `first`, doubled each time up to `longest`, each cut by chance by
    up to a half, so that what failed together doesn't come back together."""

    first: float
    longest: float

    def pause(self, attempts: int, retry_after: float | None = None) -> timedelta:
        """The pause after so many attempts before this one; what somebody asks for is kept to, but for no
        longer than `HORIZON`."""
        if retry_after is None:
            # The power is bounded too: its argument may be any count.
            whole = min(self.longest, self.first * 2.0 ** min(attempts, 30))
            return jittered(timedelta(seconds=whole))
        return timedelta(seconds=min(HORIZON.total_seconds(), max(0.0, retry_after)))


def jittered(whole: timedelta) -> timedelta:
    """A pause, cut by chance by up to a half."""
    return random.uniform(0.5, 1) * whole


def utc_now() -> datetime:
    return datetime.now(UTC)


class Jobs(ABC, Generic[J]):
    """Runs one kind of work from `start` until `stop`; `wake` says that there is some.

    Subclasses say how a job is claimed and done; where they differ from the rule, also what becomes of one
    that failed or was abandoned. Whatever happens to this process, a job is done by another one when its
    lease has run out; so `run` must bear being done twice, or end the job in the transaction that does it.
    """

    kind: ClassVar[str]  # in the log and in figures
    queue: ClassVar[JobQueue]
    at_once: ClassVar[int] = 4
    lease: ClassVar[timedelta] = timedelta(minutes=2)  # for one job, which is cut off then
    max_attempts: ClassVar[int] = 8
    backoff: ClassVar[Backoff] = Backoff(1.0, 300.0)
    look_every: ClassVar[float] = 5.0  # seconds, for what nobody told of

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._log = log.get(self.kind)
        self._loop = Loop(self.kind, self._look, self.look_every, self._log)
        self._pool = TaskPool(self._log, "settle_failed", most=self.at_once, ended=self._loop.wake)
        self._notes = TaskPool(self._log, "note_failed")
        self._noted: set[int] = set()  # jobs of which a note is on its way
        # Until when claims ran of which the database's last word was lost: nobody does those jobs.
        self._unheard: list[datetime] = []

    # --- what a kind of work is ---

    @abstractmethod
    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> Sequence[J]:
        """Takes up to `room` due jobs, which nobody else gets `until` a moment."""

    @abstractmethod
    async def run(self, job: J, until: datetime) -> None:
        """Does a job and notes that it is done. Raises `JobError` or `NotYet`; anything else is a fault,
        after which it is tried again."""

    def label(self, job: J) -> str:
        """The job's kind in figures."""
        return self.kind

    def next_due(self, connection: Connection) -> datetime | None:
        """When it is worth looking again, if it is known."""
        return self.queue.next_due(connection)

    def abandoned(self, connection: Connection, at: datetime) -> int:
        """Ends jobs whose lease ran out, if they must not simply be done again; how many."""
        return self.queue.park_abandoned(connection, at, self.max_attempts)

    def failed(self, connection: Connection, job: J, until: datetime, error: JobError) -> str:
        """What becomes of a job that failed: `retried` or `parked`."""
        if error.permanent or job.attempts + 1 >= self.max_attempts:
            self.queue.park(connection, job.id, until, error.reason)
            return "parked"
        due_at = self._clock() + self.backoff.pause(job.attempts, error.retry_after)
        self.queue.retry(connection, job.id, until, due_at, error.reason)
        return "retried"

    def put_off(self, connection: Connection, job: J, until: datetime, due_at: datetime) -> None:
        """Has a job done later that was not even tried."""
        self.queue.postpone(connection, job.id, until, due_at)

    def unclaim(self, connection: Connection, until: datetime, at: datetime) -> None:
        """Gives back what was claimed `until` a moment, if anything was."""
        self.queue.unclaim(connection, until, at)

    async def keep(
        self, job: J, note: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Writes down what has happened to a job, which no outage makes undone: again and again until the
        database takes it, also after the job's time. `note` must bear being done twice."""

        async def until_kept() -> R:
            self._noted.add(job.id)
            try:
                while True:
                    try:
                        return await self._database.run(note, *args, **kwargs)
                    except Exception as error:
                        if not is_outage(error):
                            raise
                    await asyncio.sleep(AGAIN_SECONDS)
            finally:
                self._noted.discard(job.id)

        return await asyncio.shield(self._notes.begin(until_kept()))

    # --- running ---

    async def start(self) -> None:
        await self._loop.start()

    def wake(self) -> None:
        self._loop.wake()

    async def stop(self) -> None:
        """Stops; what is under way has a moment to end, else it is left to its lease."""
        # Not cancelled: what is being claimed would wait for the end of its lease.
        await self._loop.stop(patience=None)
        await self._pool.stop(STOP_SECONDS)
        await self._notes.stop(STOP_SECONDS if self._notes.tasks else 0.0)

    async def step(self) -> int:
        """Does what is due, as far as there is room, and waits for its end; how many jobs that were."""
        begun = await self._begin()
        await asyncio.gather(*begun, return_exceptions=True)
        return len(begun)

    async def _look(self) -> float:
        looked_at = self._clock()
        while not self._loop.stopping and await self._begin():
            looked_at = self._clock()
        due = await self._database.fetch(self.next_due)
        # What was due already and isn't taken waits for something else: for room, a lock, another job.
        if due is None or due <= looked_at:
            return self.look_every
        return min(self.look_every, max(0.01, (due - self._clock()).total_seconds()))

    async def _begin(self) -> list[asyncio.Task[None]]:
        room = self._pool.room
        if room <= 0:
            return []
        at = self._clock()
        until = at + self.lease
        unheard = self._unheard[:]
        try:
            jobs, abandoned = await self._database.run(self._claim, at, until, room, unheard)
        except Exception as error:
            if is_outage(error) and len(self._unheard) < MAX_UNHEARD:
                self._unheard.append(until)
            raise
        self._unheard = self._unheard[len(unheard) :]
        if abandoned:
            metrics.parked.labels(self.kind).inc(abandoned)
            self._log.warning("jobs_abandoned", count=abandoned)
        return [self._pool.begin(self._work(job, until)) for job in jobs]

    def _claim(
        self,
        connection: Connection,
        at: datetime,
        until: datetime,
        room: int,
        unheard: Sequence[datetime] = (),
    ) -> tuple[Sequence[J], int]:
        for lost in unheard:
            self.unclaim(connection, lost, at)
        abandoned = self.abandoned(connection, at)
        return self.claim(connection, at, until, room), abandoned

    async def _work(self, job: J, until: datetime) -> None:
        began, kind = perf_counter(), self.label(job)
        outcome = await self._outcome(job, until)
        metrics.jobs.labels(kind, outcome).inc()
        metrics.job_seconds.labels(kind).observe(perf_counter() - began)
        if outcome == "parked":
            metrics.parked.labels(kind).inc()

    async def _outcome(self, job: J, until: datetime) -> str:
        lease = asyncio.timeout(self.lease.total_seconds())
        try:
            async with lease:
                await self.run(job, until)
            return "done"
        except NotYet as put_off:
            return await self._put_off(job, until, put_off.seconds)
        except JobError as error:
            failure = error
        except Exception as error:
            if is_outage(error):
                # Not the job's fault: no attempt of it is used up.
                self._loop.outage.failed(error)
                return await self._put_off(job, until, self.backoff.first)
            self._log.exception("job_broke", job=job.id, job_kind=self.label(job))
            if lease.expired() and job.id in self._noted:
                return "done"  # as the note says, as soon as the database takes it
            failure = JobError(type(error).__name__)
        outcome = await self.keep(job, self.failed, job, until, failure)
        self._log.warning(
            "job_failed", job=job.id, job_kind=self.label(job), outcome=outcome, attempts=job.attempts + 1
        )
        return outcome

    async def _put_off(self, job: J, until: datetime, seconds: float) -> str:
        due_at = self._clock() + min(HORIZON, timedelta(seconds=seconds))
        await self.keep(job, self.put_off, job, until, due_at)
        return "postponed"
