"""Refunds that are due, as jobs: one each, until it is known what became of it."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, exists, select

from store.core import timers
from store.core.timers import Job
from store.tables import case_refunds, jobs
from store.vocabulary import MoneyState, TimerState

KIND: Final = "payout"
AT_ONCE: Final = 100


def schedule(connection: Connection, at: datetime) -> int:
    """Has those worked off that are due and aren't yet; how many."""
    job = exists().where(jobs.c.kind == KIND, jobs.c.key == case_refunds.c.key)
    wanted = (
        select(case_refunds.c.key)
        .where(case_refunds.c.state == MoneyState.DUE, ~job)
        .order_by(case_refunds.c.id)
        .limit(AT_ONCE)
    )
    keys = connection.execute(wanted).scalars().all()
    return sum(timers.schedule(connection, KIND, key, at) for key in keys)


def case_of(connection: Connection, job: Job) -> int | None:
    """The case of a job's refund, if it is still there."""
    found = select(case_refunds.c.case_id).where(case_refunds.c.key == job.key)
    case_id: int | None = connection.execute(found).scalar()
    return case_id


def looks(job: Job) -> int:
    """How often it was looked in vain."""
    return int(job.payload.get("looks", 0))


def look_again(connection: Connection, job: Job, until: datetime, due_at: datetime) -> bool:
    """Has the refund looked at later; False if the job is somebody else's by now."""
    payload = {**job.payload, "looks": looks(job) + 1}
    return timers.QUEUE.end(
        connection, job.id, until, TimerState.WAITING, due_at=due_at, attempts=0, reason=None, payload=payload
    )
