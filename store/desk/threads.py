"""A conversation's thread as the desk shows it: messages with what became of them, changes of owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from store.tables import messages, outbox, ownership_changes
from store.vocabulary import Author, OutboxState, Owner

MAX_MESSAGES = 200
MAX_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A message with what became of it."""

    seq: int
    author: Author
    author_name: str | None
    text: str
    buttons: list[dict[str, str]]
    external_id: str | None
    at: datetime
    edited_at: datetime | None
    sent: OutboxState | None  # the outbox's state, of what isn't the customer's
    sent_reason: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of owner."""

    at: datetime
    before: Owner
    after: Owner
    by: str
    why: str


def _line(row: Sequence[Any]) -> Line:
    return Line(*row)


def lines(
    connection: Connection,
    conversation_id: int,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = MAX_MESSAGES,
) -> list[Line]:
    """Messages in order: the first ones after a number, or the last ones (before one)."""
    statement = (
        select(
            messages.c.seq,
            messages.c.author,
            messages.c.author_name,
            messages.c.text,
            messages.c.buttons,
            messages.c.external_id,
            messages.c.created_at,
            messages.c.edited_at,
            outbox.c.state,
            outbox.c.reason,
        )
        .outerjoin(
            outbox,
            and_(outbox.c.conversation_id == messages.c.conversation_id, outbox.c.seq == messages.c.seq),
        )
        .where(messages.c.conversation_id == conversation_id)
        .limit(limit)
    )
    if after is not None:
        rows = connection.execute(statement.where(messages.c.seq > after).order_by(messages.c.seq)).all()
        return [_line(row) for row in rows]
    if before is not None:
        statement = statement.where(messages.c.seq < before)
    rows = connection.execute(statement.order_by(messages.c.seq.desc())).all()
    return [_line(row) for row in reversed(rows)]


def changes(connection: Connection, conversation_id: int) -> list[Change]:
    """The last changes of owner, oldest first."""
    rows = connection.execute(
        select(
            ownership_changes.c.at,
            ownership_changes.c.from_owner,
            ownership_changes.c.to_owner,
            ownership_changes.c.by,
            ownership_changes.c.why,
        )
        .where(ownership_changes.c.conversation_id == conversation_id)
        .order_by(ownership_changes.c.id.desc())
        .limit(MAX_EVENTS)
    ).all()
    return [Change(*row) for row in reversed(rows)]
