"""What agents and admins did: written in the transaction that does it, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from store.accounts.agents import Agent
from store.tables import audit_log, now

MAX_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """`who`: an e-mail. `target`: conversation:12, agent:3, order:10234, or nothing."""

    id: int
    who: str
    action: str
    target: str
    details: dict[str, Any]
    at: datetime


def record(
    connection: Connection,
    agent: Agent | None,
    action: str,
    target: str = "",
    details: dict[str, Any] | None = None,
    *,
    who: str = "",
    request_id: str = "",
    at: datetime | None = None,
) -> None:
    """Notes what an agent did, or, without one, somebody known as `who`. `details` never hold what was
    written to customers, nor secrets."""
    connection.execute(
        insert(audit_log).values(
            agent_id=agent.id if agent else None,
            who=agent.email if agent else who[:254],
            action=action,
            target=target[:80],
            details=details or {},
            request_id=request_id,
            at=at or now(),
        )
    )


def entries(connection: Connection, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The latest entries, or the latest with ids below `before`; at most `MAX_ENTRIES`."""
    statement = select(
        audit_log.c.id,
        audit_log.c.who,
        audit_log.c.action,
        audit_log.c.target,
        audit_log.c.details,
        audit_log.c.at,
    )
    if before is not None:
        statement = statement.where(audit_log.c.id < before)
    rows = connection.execute(statement.order_by(audit_log.c.id.desc()).limit(min(limit, MAX_ENTRIES)))
    return [Entry(*row) for row in rows]
