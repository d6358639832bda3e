"""Mail on its way out. What a mail said is forgotten once it is sent or given up: it may hold a link."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from store.core import events
from store.core.dialects import insert_new
from store.core.events import MailQueued
from store.tables import mails, now
from store.vocabulary import MailState


@dataclass(frozen=True, slots=True)
class Mail:
    """`key`: what it is about. `attachment`: a text file's content."""

    id: int
    key: str
    recipient: str
    subject: str
    body: str
    attachment: str | None
    attachment_name: str | None
    attempts: int
    created_at: datetime


_COLUMNS = (
    mails.c.id,
    mails.c.key,
    mails.c.recipient,
    mails.c.subject,
    mails.c.body,
    mails.c.attachment,
    mails.c.attachment_name,
    mails.c.attempts,
    mails.c.created_at,
)
_QUEUED = mails.c.state == MailState.QUEUED


def add(
    connection: Connection,
    key: str,
    recipient: str,
    subject: str,
    body: str,
    *,
    attachment: str | None = None,
    attachment_name: str | None = None,
    at: datetime | None = None,
) -> bool:
    """Queues a mail unless there was one with the same `key`; whether it did. `subject` is cut to 200
    characters."""
    at = at or now()
    values = {
        "key": key,
        "recipient": recipient,
        "subject": " ".join(subject.split())[:200],
        "body": body,
        "attachment": attachment,
        "attachment_name": attachment_name,
        "due_at": at,
        "created_at": at,
    }
    if insert_new(connection, mails, values) is None:
        return False
    events.publish(connection, MailQueued())
    return True


def due(connection: Connection, at: datetime, until: datetime, limit: int) -> list[Mail]:
    """Mails to be sent now; nobody else gets them before `until`."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(_QUEUED, mails.c.due_at <= at)
        .order_by(mails.c.due_at, mails.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        connection.execute(
            update(mails)
            .where(mails.c.id.in_([row.id for row in rows]))
            .values(due_at=until, attempts=mails.c.attempts + 1)
        )
    return [Mail(*row) for row in rows]


def next_due(connection: Connection) -> datetime | None:
    """When the first mail may be sent."""
    found: datetime | None = connection.execute(select(func.min(mails.c.due_at)).where(_QUEUED)).scalar()
    return found


def settle(connection: Connection, mail_id: int, state: MailState, reason: str | None = None) -> None:
    """Ends a mail as sent or failed (`reason`)."""
    connection.execute(
        update(mails)
        .where(mails.c.id == mail_id)
        .values(state=state, reason=reason and reason[:200], body="", attachment=None)
    )


def retry(connection: Connection, mail_id: int, due_at: datetime, reason: str) -> None:
    """Leaves it to be sent later."""
    connection.execute(update(mails).where(mails.c.id == mail_id).values(due_at=due_at, reason=reason[:200]))
