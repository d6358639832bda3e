"""What all tables are made of. Times are UTC; money is a decimal amount beside an ISO 4217 currency code."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Integer, MetaData, String, TypeDecorator
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of its own INTEGER type.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which has no time zones, gets it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class OneOf(TypeDecorator[str]):
    """A word of a closed vocabulary, kept as text of at most `length` characters and read as its member. A
    word that the vocabulary doesn't have, written by a later version, is read as it stands."""

    impl = String
    cache_ok = True

    def __init__(self, vocabulary: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.vocabulary = vocabulary
        self.length = length
        self._members: dict[str | None, StrEnum] = {word.value: word for word in vocabulary}

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return self._members.get(value, value)


def now() -> datetime:
    return datetime.now(UTC)


def row_id() -> Column[Any]:
    return Column("id", RowId, primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False, ondelete: str = "CASCADE") -> Column[Any]:
    return Column(name, RowId, ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)


def job_columns(states: type[StrEnum], state: StrEnum) -> tuple[Column[Any], ...]:
    """What makes a row a job of `store.core.job_queue`: one of `states`, of which `state` is a new one's."""
    return (
        Column("state", OneOf(states, 10), nullable=False, default=state),
        Column("attempts", Integer, nullable=False, default=0),
        Column("due_at", Instant, nullable=False, default=now),  # not before
        Column("leased_until", Instant),  # a process is at it
        Column("reason", String(200)),  # why it failed
    )
