"""What agents tell each other beside a conversation; customers never see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from store.accounts.agents import Agent
from store.conversations.conversations import Conversation
from store.tables import notes

MAX_NOTES = 200


@dataclass(frozen=True, slots=True)
class Note:
    """It stands behind the message numbered `after_seq`. `mentions`: ids of agents."""

    id: int
    author_name: str
    text: str
    mentions: tuple[int, ...]
    after_seq: int
    at: datetime


def add(
    connection: Connection,
    conversation: Conversation,
    agent: Agent,
    text: str,
    mentions: Sequence[int],
    at: datetime,
) -> Note:
    """Adds a note behind the conversation's last message."""
    note_id: int = connection.execute(
        insert(notes)
        .values(
            conversation_id=conversation.id,
            agent_id=agent.id,
            author_name=agent.name,
            after_seq=conversation.last_seq,
            text=text,
            mentions=list(mentions),
            at=at,
        )
        .returning(notes.c.id)
    ).scalar_one()
    return Note(note_id, agent.name, text, tuple(mentions), conversation.last_seq, at)


def of_conversation(connection: Connection, conversation_id: int) -> list[Note]:
    """A conversation's last notes, oldest first."""
    rows = connection.execute(
        select(notes.c.id, notes.c.author_name, notes.c.text, notes.c.mentions, notes.c.after_seq, notes.c.at)
        .where(notes.c.conversation_id == conversation_id)
        .order_by(notes.c.id.desc())
        .limit(MAX_NOTES)
    ).all()
    return [
        Note(row.id, row.author_name, row.text, tuple(row.mentions), row.after_seq, row.at)
        for row in reversed(rows)
    ]
