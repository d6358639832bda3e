"""Timers: things to be done at a time, scheduled in the transaction that causes them (`store.core.timers`).

A new one is a class with a kind and `run`, and one line in `bot.compose`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.runtime.work.jobs import Jobs, utc_now
from store.core import timers
from store.core.database import Connection, Database
from store.core.timers import Job
from store.vocabulary import TimerState


class TimedJob(Protocol):
    """`run` does it in one transaction, in which it is forgotten too: it has happened once or not at all. It
    returns when it is to be run again, if it is. What it raises rolls back all; it is tried again then."""

    @property
    def kind(self) -> str: ...

    def run(self, connection: Connection, job: Job) -> datetime | None: ...


class Cancelled(Exception):
    """The job was cancelled, or its lease was lost, while it was being done: nothing of it shall stay."""


class Timers(Jobs[Job]):
    """Does the timed jobs of these kinds when they are due; others are left to a process that knows them."""

    kind = "timers"
    queue = timers.QUEUE

    def __init__(
        self, database: Database, jobs: Sequence[TimedJob], clock: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__(database, clock)
        self._jobs = {job.kind: job for job in jobs}

    def label(self, job: Job) -> str:
        return job.kind

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> list[Job]:
        return timers.claim(connection, list(self._jobs), at, until, room)

    async def run(self, job: Job, until: datetime) -> None:
        try:
            await self._database.run(self._do, job, until)
        except Cancelled:
            self._log.info("job_cancelled", job=job.id, job_kind=job.kind)

    def _do(self, connection: Connection, job: Job, until: datetime) -> None:
        again = self._jobs[job.kind].run(connection, job)
        # Last: who cancels a job holds what it is about, and takes its row only then.
        if again is None:
            kept = timers.finish(connection, job.id, until)
        else:
            kept = timers.QUEUE.end(
                connection, job.id, until, TimerState.WAITING, due_at=again, attempts=0, reason=None
            )
        if not kept:
            raise Cancelled
