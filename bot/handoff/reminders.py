"""When a customer who waits for a person is told again when somebody answers: a timer for each
conversation."""

from datetime import datetime

from store.core import timers
from store.core.database import Connection

KIND = "still_waiting"


def schedule(connection: Connection, conversation_id: int, due_at: datetime | None) -> None:
    """Has the customer told at a time, if there is one and none is set already."""
    if due_at is not None:
        timers.schedule(connection, KIND, str(conversation_id), due_at)


def cancel(connection: Connection, conversation_id: int) -> None:
    """The customer waits no more."""
    timers.cancel(connection, KIND, str(conversation_id))
