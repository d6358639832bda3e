"""The inbox: each inbound message once, for ever, and worked on in order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from store import conversations, transcript
from store.conversations import Conversation
from store.dialects import insert_new
from store.tables import conversations as conversations_table
from store.tables import inbox, messages


class UnknownToken(LookupError):
    """A pressed button's token was never offered to this conversation."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an inbound message stands."""

    conversation_id: int
    seq: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message whose turn it is; its conversation's row is locked."""

    id: int
    external_id: str
    seq: int
    text: str
    press: str | None
    request_id: str
    received_at: datetime
    conversation: Conversation


def accept(
    connection: Connection,
    *,
    channel: str,
    account: str,
    external_id: str,
    address: str,
    text: str,
    press: str | None,
    language: str,
    request_id: str,
    at: datetime,
) -> Place:
    """Stores a message and its place in the transcript; a known one changes nothing.

    Raises `UnknownToken`.
    """
    conversation = conversations.open_for(connection, channel, account, address, language)
    known = connection.execute(
        select(inbox.c.conversation_id, inbox.c.seq).where(
            inbox.c.channel == channel, inbox.c.account == account, inbox.c.external_id == external_id
        )
    ).one_or_none()
    if known:
        return Place(*known, duplicate=True)
    if press is not None:
        pressed = transcript.button(connection, conversation.id, press)
        if pressed is None:
            raise UnknownToken
        text = pressed.title
    entry = transcript.append(
        connection, conversation.id, "customer", text, at, external_id=external_id, request_id=request_id
    )
    insert_new(
        connection,
        inbox,
        {
            "channel": channel,
            "account": account,
            "external_id": external_id,
            "conversation_id": conversation.id,
            "seq": entry.seq,
            "press": press,
            "request_id": request_id,
            "received_at": at,
        },
    )
    return Place(conversation.id, entry.seq, duplicate=False)


def claim(connection: Connection, at: datetime, only: int | None = None) -> Waiting | None:
    """The oldest waiting message of a conversation that nobody works on and that isn't postponed; of
    the conversation `only`, if given.

    The conversation is locked until the transaction ends, so it is worked on by one worker at a time.
    """
    free = (
        select(inbox.c.conversation_id)
        .join(conversations_table, conversations_table.c.id == inbox.c.conversation_id)
        .where(
            inbox.c.state == "waiting",
            or_(conversations_table.c.retry_at.is_(None), conversations_table.c.retry_at <= at),
        )
        .order_by(inbox.c.id)
        .limit(1)
        .with_for_update(of=conversations_table, skip_locked=True)
    )
    if only is not None:
        free = free.where(inbox.c.conversation_id == only)
    conversation_id = connection.execute(free).scalar_one_or_none()
    if conversation_id is None:
        return None
    # Read after the lock: another worker may have finished the message seen above in between.
    row = connection.execute(
        select(
            inbox.c.id,
            inbox.c.external_id,
            inbox.c.seq,
            messages.c.text,
            inbox.c.press,
            inbox.c.request_id,
            inbox.c.received_at,
        )
        .join(
            messages,
            (messages.c.conversation_id == inbox.c.conversation_id) & (messages.c.seq == inbox.c.seq),
        )
        .where(inbox.c.conversation_id == conversation_id, inbox.c.state == "waiting")
        .order_by(inbox.c.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return claim(connection, at, only)
    return Waiting(*row, conversation=conversations.get(connection, conversation_id))


def finish(connection: Connection, inbox_id: int, at: datetime, state: str = "done") -> None:
    """Marks a message `done`, or `failed` for good."""
    connection.execute(update(inbox).where(inbox.c.id == inbox_id).values(state=state, done_at=at))


def backlog(connection: Connection) -> tuple[int, datetime | None]:
    """How many messages wait, and since when the oldest one does."""
    row: Any = connection.execute(
        select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.state == "waiting")
    ).one()
    return int(row[0]), row[1]


def next_retry(connection: Connection) -> datetime | None:
    """When the first postponed conversation may be worked on again."""
    found: datetime | None = connection.execute(
        select(func.min(conversations_table.c.retry_at))
        .join(inbox, inbox.c.conversation_id == conversations_table.c.id)
        .where(inbox.c.state == "waiting")
    ).scalar()
    return found
