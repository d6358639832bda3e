"""What customers sent beside text: noted with the message, fetched from the provider afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from store.core import events
from store.core.events import AttachmentReceived, AttachmentSettled
from store.core.job_queue import JobQueue
from store.tables import attachments, conversations, messages
from store.vocabulary import AttachmentState, Author

QUEUE = JobQueue(attachments)


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


@dataclass(frozen=True, slots=True)
class ToFetch:
    """An attachment that waits, and the channel whose provider has it."""

    attached: Attached
    channel: str

    @property
    def id(self) -> int:
        return self.attached.id

    @property
    def attempts(self) -> int:
        return self.attached.attempts


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


def _to_fetch(row: Sequence[Any]) -> ToFetch:
    return ToFetch(_attached(row[:-1]), row[-1])


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


def due(connection: Connection, at: datetime, until: datetime, limit: int) -> list[ToFetch]:
    """Attachments to be fetched now; nobody else gets them before `until`."""
    wanted = select(*_COLUMNS, conversations.c.channel).join(
        conversations, conversations.c.id == attachments.c.conversation_id
    )
    return QUEUE.claim(connection, wanted, _to_fetch, at, until, limit)


def settled(connection: Connection, one: Attached) -> None:
    """Tells that it is known what became of an attachment."""
    events.publish(connection, AttachmentSettled(one.conversation_id))


def abandoned(connection: Connection, at: datetime, attempts: int) -> list[Attached]:
    """Attachments whose fetching was abandoned for the last of so many times."""
    given_up = select(*_COLUMNS).where(QUEUE.is_abandoned(at), attachments.c.attempts >= attempts)
    return [_attached(row) for row in connection.execute(given_up)]


def with_message(connection: Connection, conversation_id: int, seq: int, within: timedelta) -> list[Attached]:
    """What had to be fetched of a customer's messages from shortly before that of number `seq` on."""
    of_message = (messages.c.conversation_id == attachments.c.conversation_id) & (
        messages.c.seq == attachments.c.seq
    )
    since = select(messages.c.created_at).where(
        messages.c.conversation_id == conversation_id, messages.c.seq == seq
    )
    at = connection.execute(since).scalar_one_or_none()
    if at is None:
        return []
    rows = connection.execute(
        select(*_COLUMNS)
        .join(messages, of_message)
        .where(
            attachments.c.conversation_id == conversation_id,
            messages.c.author == Author.CUSTOMER,
            messages.c.created_at >= at - within,
            or_(attachments.c.state != AttachmentState.STORED, attachments.c.file.is_not(None)),
        )
        .order_by(attachments.c.seq, attachments.c.position)
    )
    return [_attached(row) for row in rows]


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


def kept(connection: Connection) -> list[tuple[str, int | None]]:
    """The names and sizes of all files that are kept."""
    rows = connection.execute(
        select(attachments.c.file, attachments.c.size)
        .where(attachments.c.file.is_not(None))
        .order_by(attachments.c.id)
    )
    return [(name, size) for name, size in rows]


def get(connection: Connection, attachment_id: int) -> Attached | None:
    """An attachment by its id."""
    row = connection.execute(select(*_COLUMNS).where(attachments.c.id == attachment_id)).one_or_none()
    return _attached(row) if row else None


def several(connection: Connection, ids: Sequence[int]) -> list[Attached]:
    """Attachments by their ids, in that order; those that are gone are left out."""
    if not ids:
        return []
    rows = connection.execute(select(*_COLUMNS).where(attachments.c.id.in_(ids)))
    found = {row.id: _attached(row) for row in rows}
    return [found[one] for one in ids if one in found]
