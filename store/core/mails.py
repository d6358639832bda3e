"""Mail on its way out. What a mail said is forgotten once it is sent or given up: it may hold a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store.core import events
from store.core.dialects import insert_new
from store.core.events import MailQueued
from store.core.job_queue import JobQueue
from store.tables import mails, now
from store.vocabulary import MailState

QUEUE = JobQueue(mails, waiting=MailState.QUEUED, at_end={"body": "", "attachment": None})


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


def _mail(row: Sequence[Any]) -> Mail:
    return Mail(*row)


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


def known(connection: Connection, key: str) -> bool:
    """Whether there was a mail with this `key`."""
    return connection.execute(select(mails.c.id).where(mails.c.key == key)).first() is not None


def due(connection: Connection, at: datetime, until: datetime, limit: int) -> list[Mail]:
    """Mails to be sent now; nobody else gets them before `until`."""
    return QUEUE.claim(connection, select(*_COLUMNS), _mail, at, until, limit)
