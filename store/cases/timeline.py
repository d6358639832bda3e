"""All that happened to a case: who did what, when and why. Written once for each key, and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from store.core.dialects import insert_new
from store.tables import case_events
from store.vocabulary import Actor

# One for each schema: two shops may share a database. The first half is only ours.
_LOCK: Final = "(7390114, hashtext(current_schema()))"
_WRITING: Final = text(f"SELECT pg_advisory_xact_lock_shared{_LOCK}")
_SETTLING: Final = text(f"SELECT pg_advisory_xact_lock{_LOCK}")
_PATIENCE: Final = text("SET LOCAL lock_timeout = '3s'")  # a transaction that hangs may hold up nobody


@dataclass(frozen=True, slots=True)
class By:
    """Who does something to a case, as what, and the key by which the same act told twice is one. `who`: an
    agent's e-mail, or the shop's system's name."""

    actor: Actor
    key: str
    at: datetime
    who: str = ""


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """`details`: what the act was about: states before and after, sums, lines."""

    id: int
    at: datetime
    actor: Actor
    who: str
    act: str
    why: str
    details: dict[str, Any]


_COLUMNS = tuple(case_events.c[name] for name in CaseEvent.__dataclass_fields__)


def record(
    connection: Connection,
    case_id: int,
    by: By,
    act: str,
    why: str = "",
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Writes an act down; False, and nothing changes, if it was written with this key before."""
    if connection.dialect.name == "postgresql":
        connection.execute(_WRITING)
    values = {
        "case_id": case_id,
        "at": by.at,
        "actor": by.actor,
        "who": by.who,
        "act": act,
        "why": why,
        "details": dict(details or {}),
        "key": by.key,
    }
    return insert_new(connection, case_events, values) is not None


def known(connection: Connection, case_id: int, key: str) -> bool:
    """Whether something with this key happened to the case."""
    return when(connection, case_id, key) is not None


def when(connection: Connection, case_id: int, key: str) -> datetime | None:
    """When something with this key happened to the case; None if nothing did."""
    found = select(case_events.c.at).where(case_events.c.case_id == case_id, case_events.c.key == key)
    at: datetime | None = connection.execute(found).scalar()
    return at


def settle(connection: Connection) -> int:
    """The number of the last event of all. None with a lower one appears after this: whoever follows events
    by their numbers misses nothing that was still being written."""
    if connection.dialect.name == "postgresql":
        # Numbers are given before the commit. Who has been given one holds the lock together with others.
        connection.execute(_PATIENCE)
        connection.execute(_SETTLING)
    return connection.execute(select(func.max(case_events.c.id))).scalar() or 0


def get(connection: Connection, event_id: int) -> CaseEvent | None:
    """One event."""
    row = connection.execute(select(*_COLUMNS).where(case_events.c.id == event_id)).one_or_none()
    return CaseEvent(*row) if row else None


def of_case(connection: Connection, case_id: int) -> list[CaseEvent]:
    """The oldest first."""
    rows = connection.execute(
        select(*_COLUMNS).where(case_events.c.case_id == case_id).order_by(case_events.c.id)
    )
    return [CaseEvent(*row) for row in rows]
