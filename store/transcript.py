"""The transcript: every message of a conversation, numbered from 1 without gaps."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from store.tables import buttons, conversations, messages

REPLAY_LIMIT = 200


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """A button to keep: `payload` stays here, the customer's side gets a token."""

    title: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of the transcript, as shown to the customer."""

    seq: int
    author: str
    text: str
    buttons: list[dict[str, str]]  # [{"token", "title"}]
    external_id: str | None
    reply_to: int | None
    at: datetime


def append(
    connection: Connection,
    conversation_id: int,
    author: str,
    text: str,
    at: datetime,
    *,
    choices: Sequence[ButtonRow] = (),
    external_id: str | None = None,
    reply_to: int | None = None,
    request_id: str = "",
) -> Entry:
    """Adds a message under the conversation's next number; the conversation's row must be locked."""
    seq = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(last_seq=conversations.c.last_seq + 1, updated_at=at)
        .returning(conversations.c.last_seq)
    ).scalar_one()
    shown = [{"token": secrets.token_urlsafe(16), "title": choice.title} for choice in choices]
    connection.execute(
        insert(messages).values(
            conversation_id=conversation_id,
            seq=seq,
            author=author,
            text=text,
            buttons=shown,
            external_id=external_id,
            reply_to=reply_to,
            request_id=request_id,
            created_at=at,
        )
    )
    if shown:
        connection.execute(
            insert(buttons),
            [
                {
                    "token": one["token"],
                    "conversation_id": conversation_id,
                    "seq": seq,
                    "title": choice.title,
                    "payload": choice.payload,
                }
                for one, choice in zip(shown, choices, strict=True)
            ],
        )
    return Entry(seq, author, text, shown, external_id, reply_to, at)


def understood(
    connection: Connection, conversation_id: int, seq: int, intent: str, confidence: float
) -> None:
    """Notes on a customer's message what it was taken for."""
    connection.execute(
        update(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
        .values(intent=intent, confidence=confidence)
    )


def after(connection: Connection, conversation_id: int, seq: int, limit: int = REPLAY_LIMIT) -> list[Entry]:
    """The messages after number `seq`, oldest first."""
    rows = connection.execute(
        select(
            messages.c.seq,
            messages.c.author,
            messages.c.text,
            messages.c.buttons,
            messages.c.external_id,
            messages.c.reply_to,
            messages.c.created_at,
        )
        .where(messages.c.conversation_id == conversation_id, messages.c.seq > seq)
        .order_by(messages.c.seq)
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


def button(connection: Connection, conversation_id: int, token: str) -> ButtonRow | None:
    """The button behind a token, if the conversation was offered it."""
    row = connection.execute(
        select(buttons.c.title, buttons.c.payload).where(
            buttons.c.token == token, buttons.c.conversation_id == conversation_id
        )
    ).one_or_none()
    return ButtonRow(*row) if row else None
