"""All that happened to a case: who did what, when and why. Written once for each key, and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store.core.dialects import insert_new
from store.tables import case_events
from store.vocabulary import Actor


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


def record(
    connection: Connection,
    case_id: int,
    by: By,
    act: str,
    why: str = "",
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Writes an act down; False, and nothing changes, if it was written with this key before."""
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


def of_case(connection: Connection, case_id: int) -> list[CaseEvent]:
    """The oldest first."""
    rows = connection.execute(
        select(
            case_events.c.id,
            case_events.c.at,
            case_events.c.actor,
            case_events.c.who,
            case_events.c.act,
            case_events.c.why,
            case_events.c.details,
        )
        .where(case_events.c.case_id == case_id)
        .order_by(case_events.c.id)
    )
    return [CaseEvent(*row) for row in rows]
