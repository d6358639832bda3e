"""The dialogue core's full event history, kept for ever and never read back for a turn."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from store.conversations.conversations import Conversation
from store.tables import tracker_events

_EVENTS = insert(tracker_events)


def append(connection: Connection, conversation: Conversation, events: Sequence[dict[str, Any]]) -> None:
    """Adds a turn's events, dicts with `event` and `timestamp` (seconds), in their order; their number
    is to be told to `conversations.remember`."""
    if not events:
        return
    connection.execute(
        _EVENTS,
        [
            {
                "conversation_id": conversation.id,
                "seq": seq,
                "type": event["event"],
                "at": datetime.fromtimestamp(event["timestamp"], UTC),
                "data": event,
            }
            for seq, event in enumerate(events, conversation.last_event_seq + 1)
        ],
    )


def events(connection: Connection, conversation_id: int) -> list[dict[str, Any]]:
    """The whole history, oldest first."""
    rows = connection.execute(
        select(tracker_events.c.data)
        .where(tracker_events.c.conversation_id == conversation_id)
        .order_by(tracker_events.c.seq)
    )
    return [row.data for row in rows]
