"""The inbox: each inbound message once, for ever, and worked on in order."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from store.conversations import conversations, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.tables import WAITING, inbox, messages
from store.tables import conversations as conversations_table
from store.vocabulary import Author, InboxState


class UnknownToken(LookupError):
    """A pressed button's token was never offered to this conversation."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an inbound message stands; `entry` is its new row of the transcript, if it wasn't known, and
    `conversation` the conversation as it was before."""

    conversation_id: int
    seq: int
    duplicate: bool
    entry: Entry | None = field(default=None, compare=False)
    conversation: Conversation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message whose turn it is; its conversation's row is locked."""

    id: int
    external_id: str
    seq: int
    text: str
    press: str | None
    command: str | None
    request_id: str
    received_at: datetime
    conversation: Conversation


_KNOWN = select(inbox.c.conversation_id, inbox.c.seq).where(
    inbox.c.channel == bindparam("channel"),
    inbox.c.account == bindparam("account"),
    inbox.c.external_id == bindparam("external_id"),
)
_FREE = (
    select(inbox.c.conversation_id)
    .join(conversations_table, conversations_table.c.id == inbox.c.conversation_id)
    .where(
        WAITING,
        or_(conversations_table.c.retry_at.is_(None), conversations_table.c.retry_at <= bindparam("at")),
    )
    .order_by(inbox.c.id)
    .limit(1)
    .with_for_update(of=conversations_table, skip_locked=True)
)
_FREE_ONLY = _FREE.where(inbox.c.conversation_id == bindparam("only"))
_OLDEST = (
    select(
        inbox.c.id,
        inbox.c.external_id,
        inbox.c.seq,
        messages.c.text,
        inbox.c.press,
        inbox.c.command,
        inbox.c.request_id,
        inbox.c.received_at,
        *conversations.COLUMNS,
    )
    .join(messages, (messages.c.conversation_id == inbox.c.conversation_id) & (messages.c.seq == inbox.c.seq))
    .join(conversations_table, conversations_table.c.id == inbox.c.conversation_id)
    .where(inbox.c.conversation_id == bindparam("of"), WAITING)
    .order_by(inbox.c.id)
    .limit(1)
)
_ADD = insert(inbox)
_FINISH = (
    update(inbox)
    .where(inbox.c.id == bindparam("of"))
    .values(
        state=bindparam("ended"),
        done_at=bindparam("at", type_=inbox.c.done_at.type),
        intent=bindparam("meant"),
        confidence=bindparam("sure", type_=inbox.c.confidence.type),
    )
)


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
    choice: int | None = None,
    command: str | None = None,
    message_id: str | None = None,
) -> Place:
    """Stores a message and its place in the transcript; a known one changes nothing. `choice` is a press
    of that button of the last message that came with buttons, if it is still the conversation's last word.

    Raises `UnknownToken`.
    """
    conversation = conversations.open_for(connection, channel, account, address, language)
    key = {"channel": channel, "account": account, "external_id": external_id}
    known = connection.execute(_KNOWN, key).one_or_none()
    if known:
        return Place(*known, duplicate=True)
    if press is not None:
        pressed = transcript.button(connection, conversation.id, press)
        if pressed is None:
            raise UnknownToken
        text = pressed.title
    elif choice is not None:
        press = transcript.option(connection, conversation, choice)
    entry = transcript.append(
        connection,
        conversation.id,
        Author.CUSTOMER,
        text,
        at,
        external_id=message_id or external_id,
        request_id=request_id,
    )
    values = {
        **key,
        "conversation_id": conversation.id,
        "seq": entry.seq,
        "press": press,
        "command": command,
        "request_id": request_id,
        "received_at": at,
    }
    connection.execute(_ADD, values)
    return Place(conversation.id, entry.seq, False, entry, conversation)


def claim(connection: Connection, at: datetime, only: int | None = None) -> Waiting | None:
    """The oldest waiting message of a conversation that nobody works on and that isn't postponed; of
    the conversation `only`, if given.

    The conversation is locked until the transaction ends, so it is worked on by one worker at a time.
    """
    free = connection.execute(
        _FREE if only is None else _FREE_ONLY, {"at": at} if only is None else {"at": at, "only": only}
    )
    conversation_id = free.scalar_one_or_none()
    if conversation_id is None:
        return None
    # Read after the lock: another worker may have finished the message seen above in between.
    row = connection.execute(_OLDEST, {"of": conversation_id}).one_or_none()
    if row is None:
        return claim(connection, at, only)
    return Waiting(*row[:8], conversation=conversations.from_row(row[8:]))


def finish(
    connection: Connection,
    inbox_id: int,
    at: datetime,
    state: InboxState = InboxState.DONE,
    *,
    intent: str | None = None,
    confidence: float | None = None,
) -> None:
    """Marks a message `done`, or `failed` for good, and what it was taken for."""
    values = {"of": inbox_id, "ended": state, "at": at, "meant": intent, "sure": confidence}
    connection.execute(_FINISH, values)


def backlog(connection: Connection) -> tuple[int, datetime | None]:
    """How many messages wait, and since when the oldest one does."""
    row: Any = connection.execute(select(func.count(), func.min(inbox.c.received_at)).where(WAITING)).one()
    return int(row[0]), row[1]
