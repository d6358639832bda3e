"""What is to be done at a time and has no table of its own."""

from sqlalchemy import JSON, Column, Index, String, Table, UniqueConstraint, literal_column

from store.tables.base import Instant, job_columns, metadata, now, row_id
from store.vocabulary import TimerState

jobs = Table(
    "jobs",
    metadata,
    row_id(),
    Column("kind", String(40), nullable=False),
    Column("key", String(120), nullable=False),  # what it is about: one of a kind at a time
    Column("payload", JSON, nullable=False, default=dict),
    *job_columns(TimerState, TimerState.WAITING),
    Column("created_at", Instant, nullable=False, default=now),
    UniqueConstraint("kind", "key"),
)
_TO_DO = jobs.c.state == literal_column("'waiting'")
Index("ix_jobs_to_do", jobs.c.due_at, sqlite_where=_TO_DO, postgresql_where=_TO_DO)
