"""The transcript: every message of a conversation, numbered from 1 without gaps."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from store.conversations.conversations import Conversation
from store.conversations.payload import Payload
from store.tables import buttons, conversations, messages
from store.vocabulary import Author

REPLAY_LIMIT = 200


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """A button to keep: `payload` stays here, the customer's side gets a token."""

    title: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of the transcript, as shown to the customer."""

    seq: int
    author: Author
    text: str
    buttons: list[dict[str, str]]  # [{"token", "title"}]
    external_id: str | None
    reply_to: int | None
    at: datetime
    author_name: str | None = None  # of an agent


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be added."""

    author: Author
    text: str
    choices: Sequence[ButtonRow] = ()
    external_id: str | None = None
    reply_to: int | None = None
    author_name: str | None = None


_NUMBERS = (
    update(conversations)
    .where(conversations.c.id == bindparam("of"))
    .values(
        last_seq=conversations.c.last_seq + bindparam("more"),
        updated_at=bindparam("at", type_=conversations.c.updated_at.type),
        heard_at=func.coalesce(
            bindparam("heard", type_=conversations.c.heard_at.type), conversations.c.heard_at
        ),
    )
    .returning(conversations.c.last_seq)
)
_MESSAGES = insert(messages)
_BUTTONS = insert(buttons)
_AFTER = (
    select(
        messages.c.seq,
        messages.c.author,
        messages.c.text,
        messages.c.buttons,
        messages.c.external_id,
        messages.c.reply_to,
        messages.c.created_at,
        messages.c.author_name,
    )
    .where(messages.c.conversation_id == bindparam("of"), messages.c.seq > bindparam("after"))
    .order_by(messages.c.seq)
    .limit(bindparam("most"))
)


def extend(
    connection: Connection,
    conversation_id: int,
    drafts: Sequence[Draft],
    at: datetime,
    *,
    request_id: str = "",
) -> list[Entry]:
    """Adds messages under the conversation's next numbers; the conversation's row must be locked."""
    if not drafts:
        return []
    heard = at if drafts[-1].author == Author.CUSTOMER else None
    numbers = {"of": conversation_id, "more": len(drafts), "at": at, "heard": heard}
    last: int = connection.execute(_NUMBERS, numbers).scalar_one()
    entries = []
    offered: list[dict[str, Any]] = []
    for seq, draft in enumerate(drafts, last - len(drafts) + 1):
        tokens = [secrets.token_urlsafe(16) for _ in draft.choices]
        shown = [
            {"token": token, "title": choice.title}
            for token, choice in zip(tokens, draft.choices, strict=True)
        ]
        offered += [
            {
                "token": token,
                "conversation_id": conversation_id,
                "seq": seq,
                "title": choice.title,
                "payload": choice.payload.as_json(),
            }
            for token, choice in zip(tokens, draft.choices, strict=True)
        ]
        entries.append(
            Entry(
                seq,
                draft.author,
                draft.text,
                shown,
                draft.external_id,
                draft.reply_to,
                at,
                draft.author_name,
            )
        )
    connection.execute(
        _MESSAGES,
        [
            {
                "conversation_id": conversation_id,
                "seq": entry.seq,
                "author": entry.author,
                "author_name": entry.author_name,
                "text": entry.text,
                "buttons": entry.buttons,
                "external_id": entry.external_id,
                "reply_to": entry.reply_to,
                "request_id": request_id,
                "created_at": at,
            }
            for entry in entries
        ],
    )
    if offered:
        connection.execute(_BUTTONS, offered)
    return entries


def append(
    connection: Connection,
    conversation_id: int,
    author: Author,
    text: str,
    at: datetime,
    *,
    choices: Sequence[ButtonRow] = (),
    external_id: str | None = None,
    reply_to: int | None = None,
    request_id: str = "",
    author_name: str | None = None,
) -> Entry:
    """Adds one message: `extend`."""
    draft = Draft(author, text, choices, external_id, reply_to, author_name)
    return extend(connection, conversation_id, [draft], at, request_id=request_id)[0]


def after(connection: Connection, conversation_id: int, seq: int, limit: int = REPLAY_LIMIT) -> list[Entry]:
    """The messages after number `seq`, oldest first."""
    rows = connection.execute(_AFTER, {"of": conversation_id, "after": seq, "most": limit})
    return [Entry(*row) for row in rows]


def button(connection: Connection, conversation_id: int, token: str) -> ButtonRow | None:
    """The button behind a token, if the conversation was offered it."""
    row = connection.execute(
        select(buttons.c.title, buttons.c.payload).where(
            buttons.c.token == token, buttons.c.conversation_id == conversation_id
        )
    ).one_or_none()
    return ButtonRow(row.title, Payload.from_json(row.payload)) if row else None


@dataclass(frozen=True, slots=True)
class Offered:
    """A button of a question; `chosen`: the number of the customer's message that chose it."""

    title: str
    payload: Payload
    chosen: int | None


def question(connection: Connection, conversation_id: int, token: str) -> dict[str, Offered]:
    """The buttons of the message in which a token was offered to the conversation, by their tokens."""
    asked = buttons.alias()
    rows = connection.execute(
        select(buttons.c.token, buttons.c.title, buttons.c.payload, buttons.c.chosen)
        .join(
            asked,
            (asked.c.conversation_id == buttons.c.conversation_id) & (asked.c.seq == buttons.c.seq),
        )
        .where(asked.c.token == token, asked.c.conversation_id == conversation_id)
    )
    return {row.token: Offered(row.title, Payload.from_json(row.payload), row.chosen) for row in rows}


def choose(connection: Connection, token: str, seq: int) -> None:
    """Notes that the customer's message of that number chose a button."""
    connection.execute(update(buttons).where(buttons.c.token == token).values(chosen=seq))


def option(connection: Connection, conversation: Conversation, number: int) -> str | None:
    """The token of the `number`-th button (from 1) of the conversation's last message that isn't the
    customer's; None if that message has no such button."""
    row = connection.execute(
        select(messages.c.buttons)
        .where(messages.c.conversation_id == conversation.id, messages.c.author != Author.CUSTOMER)
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).one_or_none()
    offered = row.buttons if row else []
    return offered[number - 1]["token"] if 1 <= number <= len(offered) else None


def edit(
    connection: Connection, conversation_id: int, external_id: str, text: str, at: datetime
) -> int | None:
    """Changes the text of a customer's message, unless a later edit is known; its seq, if it was changed."""
    seq: int | None = connection.execute(
        update(messages)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.external_id == external_id,
            messages.c.author == Author.CUSTOMER,
            or_(messages.c.edited_at.is_(None), messages.c.edited_at < at),
        )
        .values(text=text, edited_at=at)
        .returning(messages.c.seq)
    ).scalar()
    return seq


def find_sent(connection: Connection, conversation: Conversation, external_id: str) -> Entry | None:
    """An agent's message by the id that the desk gave it, among the conversation's last messages."""
    first = conversation.last_seq - REPLAY_LIMIT
    rows = connection.execute(
        _AFTER.where(messages.c.external_id == external_id, messages.c.author == Author.AGENT),
        {"of": conversation.id, "after": first, "most": 1},
    )
    return next((Entry(*row) for row in rows), None)


def automatic_replies(connection: Connection, since: datetime) -> dict[str, int]:
    """How many messages other programs sent to customers in the shop's name, by channel. It looks at all
    conversations of that time."""
    rows = connection.execute(
        select(conversations.c.channel, func.count())
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.updated_at >= since,
            messages.c.created_at >= since,
            messages.c.author == Author.SYSTEM,
            messages.c.external_id.is_not(None),
        )
        .group_by(conversations.c.channel)
        .order_by(conversations.c.channel)
    )
    return {row[0]: row[1] for row in rows}


def has(connection: Connection, conversation_id: int, external_id: str) -> bool:
    """Whether a message of the conversation has this id of a provider's."""
    return (
        connection.execute(
            select(messages.c.id)
            .where(messages.c.conversation_id == conversation_id, messages.c.external_id == external_id)
            .limit(1)
        ).first()
        is not None
    )
