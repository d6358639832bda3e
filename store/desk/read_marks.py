"""How far agents have read conversations, and who has one open right now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select, update

from store.core.dialects import insert_new
from store.tables import agents, conversations, messages, readings
from store.vocabulary import Author

MAX_UNREAD = 100  # more are not counted


def read(connection: Connection, agent_id: int, conversation_id: int, seq: int) -> None:
    """An agent has read up to a message; what was read stays read."""
    if not _new(connection, agent_id, conversation_id, seq=seq):
        _change(connection, agent_id, conversation_id, readings.c.seq < seq, seq=seq)


def view(connection: Connection, agent_id: int, conversation_id: int, at: datetime, since: datetime) -> bool:
    """A conversation is open on an agent's screen; whether it wasn't `since` a moment."""
    if _new(connection, agent_id, conversation_id, viewed_at=at):
        return True
    before = connection.execute(
        select(readings.c.viewed_at).where(
            readings.c.agent_id == agent_id, readings.c.conversation_id == conversation_id
        )
    ).scalar()
    _change(connection, agent_id, conversation_id, viewed_at=at)
    return before is None or before <= since


def viewers(
    connection: Connection, conversation_ids: Sequence[int], since: datetime, but: int
) -> dict[int, list[tuple[int, str]]]:
    """Who else, beside the agent `but`, has conversations open: ids and names by conversation."""
    found: dict[int, list[tuple[int, str]]] = {}
    rows = connection.execute(
        select(readings.c.conversation_id, agents.c.id, agents.c.name)
        .join(agents, agents.c.id == readings.c.agent_id)
        .where(
            readings.c.conversation_id.in_(conversation_ids),
            readings.c.viewed_at > since,
            readings.c.agent_id != but,
        )
        .order_by(agents.c.name)
    )
    for conversation_id, agent_id, name in rows:
        found.setdefault(conversation_id, []).append((agent_id, name))
    return found


def unread(connection: Connection, agent_id: int, conversation_ids: Sequence[int]) -> dict[int, int]:
    """How many of the customers' messages an agent hasn't read, by conversation; at most `MAX_UNREAD`."""
    rows = connection.execute(
        select(messages.c.conversation_id, func.count())
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .outerjoin(
            readings,
            and_(readings.c.conversation_id == conversations.c.id, readings.c.agent_id == agent_id),
        )
        .where(
            messages.c.conversation_id.in_(conversation_ids),
            messages.c.seq > func.coalesce(readings.c.seq, 0),
            messages.c.seq > conversations.c.last_seq - MAX_UNREAD,
            messages.c.author == Author.CUSTOMER,
        )
        .group_by(messages.c.conversation_id)
    )
    return {row[0]: row[1] for row in rows}


def unread_of(connection: Connection, agent_id: int) -> int:
    """In how many conversations that an agent has the customer has written since the agent read."""
    # Not by counting messages: of the first one that fits, no more are looked at.
    written = exists().where(
        messages.c.conversation_id == conversations.c.id,
        messages.c.seq > func.coalesce(readings.c.seq, 0),
        messages.c.author == Author.CUSTOMER,
    )
    found: int = connection.execute(
        select(func.count())
        .select_from(conversations)
        .outerjoin(
            readings,
            and_(readings.c.conversation_id == conversations.c.id, readings.c.agent_id == agent_id),
        )
        .where(conversations.c.agent_id == agent_id, written)
    ).scalar_one()
    return found


def _new(connection: Connection, agent_id: int, conversation_id: int, **values: Any) -> bool:
    key = {"agent_id": agent_id, "conversation_id": conversation_id}
    return insert_new(connection, readings, {**key, **values}) is not None


def _change(connection: Connection, agent_id: int, conversation_id: int, *which: Any, **values: Any) -> None:
    connection.execute(
        update(readings)
        .where(readings.c.agent_id == agent_id, readings.c.conversation_id == conversation_id, *which)
        .values(**values)
    )
