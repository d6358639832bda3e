"""What customers sent beside text: noted with the message, fetched from the provider afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from store.core import events
from store.core.events import AttachmentReceived
from store.tables import TO_FETCH, attachments, conversations
from store.vocabulary import AttachmentState


@dataclass(frozen=True, slots=True)
class Attached:
    """One of a message's attachments: stored as `file`, or refused or failed for a `reason`."""

    id: int
    conversation_id: int
    seq: int
    position: int
    kind: str
    reference: str
    name: str
    media_type: str
    size: int | None
    state: AttachmentState
    file: str | None
    reason: str | None
    attempts: int


_COLUMNS = (
    attachments.c.id,
    attachments.c.conversation_id,
    attachments.c.seq,
    attachments.c.position,
    attachments.c.kind,
    attachments.c.reference,
    attachments.c.name,
    attachments.c.media_type,
    attachments.c.size,
    attachments.c.state,
    attachments.c.file,
    attachments.c.reason,
    attachments.c.attempts,
)


def _attached(row: Sequence[Any]) -> Attached:
    return Attached(*row)


def add(
    connection: Connection, conversation_id: int, seq: int, rows: Sequence[dict[str, Any]], at: datetime
) -> None:
    """Notes a message's attachments: kind, reference, name, media_type, size, and `state` waiting or, where
    there is nothing to fetch, stored."""
    if rows:
        place = {"conversation_id": conversation_id, "seq": seq, "due_at": at}
        connection.execute(
            insert(attachments), [{**place, **row, "position": n} for n, row in enumerate(rows)]
        )
        events.publish(connection, AttachmentReceived(conversation_id))


def add_ours(
    connection: Connection, conversation_id: int, seq: int, values: dict[str, Any], at: datetime
) -> int:
    """Notes a file that an agent sends with a message and that is kept already; its id."""
    added: int = connection.execute(
        insert(attachments)
        .values(
            conversation_id=conversation_id,
            seq=seq,
            position=0,
            reference="",
            state=AttachmentState.STORED,
            due_at=at,
            **values,
        )
        .returning(attachments.c.id)
    ).scalar_one()
    return added


def due(connection: Connection, at: datetime, until: datetime, limit: int) -> list[tuple[Attached, str]]:
    """Attachments to be fetched now, each with its channel's name; nobody else gets them before `until`."""
    rows = connection.execute(
        select(*_COLUMNS, conversations.c.channel)
        .join(conversations, conversations.c.id == attachments.c.conversation_id)
        .where(TO_FETCH, attachments.c.due_at <= at)
        .order_by(attachments.c.due_at)
        .limit(limit)
        .with_for_update(of=attachments, skip_locked=True)
    ).all()
    if rows:
        connection.execute(
            update(attachments)
            .where(attachments.c.id.in_([row.id for row in rows]))
            .values(due_at=until, attempts=attachments.c.attempts + 1)
        )
    return [(_attached(row[:-1]), row[-1]) for row in rows]


def next_due(connection: Connection) -> datetime | None:
    """When the first attachment may be fetched."""
    found: datetime | None = connection.execute(
        select(func.min(attachments.c.due_at)).where(TO_FETCH)
    ).scalar()
    return found


def settle(connection: Connection, attachment_id: int, state: AttachmentState, **values: Any) -> None:
    """Ends a fetch as stored (`file`, `media_type`, `size`), refused or failed (`reason`)."""
    connection.execute(
        update(attachments).where(attachments.c.id == attachment_id).values(state=state, **values)
    )


def retry(connection: Connection, attachment_id: int, due_at: datetime, reason: str) -> None:
    """Leaves it to be fetched later."""
    connection.execute(
        update(attachments).where(attachments.c.id == attachment_id).values(due_at=due_at, reason=reason)
    )


def of_conversation(
    connection: Connection, conversation_id: int, after: int = 0, until: int = 2**31 - 1
) -> list[Attached]:
    """The attachments of a conversation's messages with seq > `after` up to `until`."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(
            attachments.c.conversation_id == conversation_id,
            attachments.c.seq > after,
            attachments.c.seq <= until,
        )
        .order_by(attachments.c.seq, attachments.c.position)
    )
    return [_attached(row) for row in rows]


def get(connection: Connection, attachment_id: int) -> Attached | None:
    """An attachment by its id."""
    row = connection.execute(select(*_COLUMNS).where(attachments.c.id == attachment_id)).one_or_none()
    return _attached(row) if row else None
