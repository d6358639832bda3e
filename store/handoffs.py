"""Requests for a person, with what that person needs to know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from store.tables import handoffs


@dataclass(frozen=True, slots=True)
class Handoff:
    reason: str
    summary: str
    packet: dict[str, Any]
    open: bool
    created_at: datetime


def record(
    connection: Connection,
    conversation_id: int,
    reason: str,
    summary: str,
    packet: dict[str, Any],
    at: datetime,
) -> None:
    """Adds a request; an earlier open one of the conversation is closed: there is one to answer."""
    connection.execute(
        update(handoffs)
        .where(handoffs.c.conversation_id == conversation_id, handoffs.c.open)
        .values(open=False)
    )
    connection.execute(
        insert(handoffs).values(
            conversation_id=conversation_id, reason=reason, summary=summary, packet=packet, created_at=at
        )
    )


def of_conversation(connection: Connection, conversation_id: int) -> list[Handoff]:
    """A conversation's requests, oldest first."""
    rows = connection.execute(
        select(
            handoffs.c.reason, handoffs.c.summary, handoffs.c.packet, handoffs.c.open, handoffs.c.created_at
        )
        .where(handoffs.c.conversation_id == conversation_id)
        .order_by(handoffs.c.id)
    )
    return [Handoff(*row) for row in rows]
