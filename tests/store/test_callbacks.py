"""Who wants to be called."""

from datetime import UTC, datetime, timedelta

from store.accounts import agents
from store.conversations import conversations
from store.core.database import Database
from store.handoffs import callbacks
from store.vocabulary import Role

AT = datetime(2026, 5, 12, 12, tzinfo=UTC)
PHONE = "+37061234567"


def test_a_conversation_has_one_open_wish(database: Database) -> None:
    with database.write() as connection:
        anna = agents.add(connection, "anna@linden.example", "Anna", Role.AGENT)
        one, other = (conversations.open_for(connection, "web", "default", name).id for name in "ab")
        callbacks.request(connection, one, PHONE, "after five", AT)
        callbacks.request(connection, other, PHONE, "", AT + timedelta(minutes=1))
        # Again, and changed: the place in the list stays.
        callbacks.request(connection, one, PHONE, "after five", AT + timedelta(minutes=2))
        callbacks.request(connection, one, "+3725551234", "at six", AT + timedelta(minutes=3))
        first, second = callbacks.waiting(connection)
        assert (first.conversation_id, first.phone, first.wish, first.created_at) == (
            one, "+3725551234", "at six", AT,
        )  # fmt: skip
        assert second.conversation_id == other
        assert callbacks.finish(connection, first.id, anna.id, AT)
        assert callbacks.finish(connection, first.id, anna.id, AT), "again changes nothing"
        assert not callbacks.finish(connection, 999_999, anna.id, AT)
        callbacks.request(connection, one, PHONE, "once more", AT)
        assert [found.wish for found in callbacks.waiting(connection)] == ["", "once more"]
