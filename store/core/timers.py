"""Jobs that have no table of their own: something that is to be done at a time, named by its kind and a
key."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from store.core import events
from store.core.dialects import insert_new
from store.core.events import JobScheduled
from store.core.job_queue import JobQueue
from store.tables import jobs
from store.vocabulary import TimerState

QUEUE = JobQueue(jobs, parked=TimerState.PARKED, horizon=None)


@dataclass(frozen=True, slots=True)
class Job:
    """`attempts`: in vain before this one. `due_at`: when it was to be done."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    due_at: datetime


_COLUMNS = (jobs.c.id, jobs.c.kind, jobs.c.key, jobs.c.payload, jobs.c.attempts, jobs.c.due_at)


def _job(row: Sequence[Any]) -> Job:
    return Job(*row)


def schedule(
    connection: Connection, kind: str, key: str, due_at: datetime, payload: Mapping[str, Any] | None = None
) -> bool:
    """Has a job done at a time, if what caused it is committed. False, and nothing changes, while one of the
    same kind and key waits already or is parked."""
    values = {"kind": kind, "key": key, "payload": dict(payload or {}), "due_at": due_at}
    if insert_new(connection, jobs, values) is None:
        return False
    events.publish(connection, JobScheduled())
    return True


def find(connection: Connection, kind: str, key: str) -> Job | None:
    """The job of this kind and key that waits, is being done or is parked."""
    row = connection.execute(select(*_COLUMNS).where(jobs.c.kind == kind, jobs.c.key == key)).one_or_none()
    return _job(row) if row else None


def cancel(connection: Connection, kind: str, key: str) -> bool:
    """Has a job not done; False if none waits. One that is being done meanwhile is rolled back at its end."""
    gone = delete(jobs).where(jobs.c.kind == kind, jobs.c.key == key, QUEUE.is_waiting)
    return connection.execute(gone).rowcount == 1


def claim(
    connection: Connection, kinds: Collection[str], at: datetime, until: datetime, limit: int
) -> list[Job]:
    """Leases due jobs of these kinds."""
    wanted = select(*_COLUMNS).where(jobs.c.kind.in_(kinds))
    return QUEUE.claim(connection, wanted, _job, at, until, limit)


def finish(connection: Connection, job_id: int, until: datetime) -> bool:
    """Forgets a job that is done; False if it was cancelled meanwhile, or its lease ran out."""
    done = delete(jobs).where(jobs.c.id == job_id, jobs.c.leased_until == until)
    return connection.execute(done).rowcount == 1


def parked(connection: Connection) -> int:
    """How many jobs were given up."""
    count: int = connection.execute(
        select(func.count()).select_from(jobs).where(jobs.c.state == TimerState.PARKED)
    ).scalar_one()
    return count
