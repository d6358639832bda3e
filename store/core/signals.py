"""Signals of what was committed, to everybody who listens: between processes that share a PostgreSQL by
`LISTEN` and `NOTIFY`, within the one process of an SQLite by `Database.hear`.
"""

import json
import threading
from collections.abc import Callable
from time import sleep
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from store.conversations.conversations import Conversation
from store.core.database import Database

# A database's channels are one for all its schemas; two shops may each have a schema in it.
_CHANNEL = "'aftercare_' || (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
_NOTIFY = text(f"SELECT pg_notify({_CHANNEL}, :payload)")
RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 1.0  # how soon a stopped listener notices


def notify(connection: Connection, signal: dict[str, Any]) -> None:
    """Tells all processes, this one too, as soon as the transaction commits. At most 8000 bytes."""
    told: list[dict[str, Any]] | None = connection.get_execution_options().get("signals")
    if told is not None:
        told.append(signal)
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY, {"payload": json.dumps(signal)})


def message(kind: str, conversation: Conversation, after: int) -> dict[str, Any]:
    """The signal of messages behind the number `after`: `kind` "inbox" of a customer's, "shown" of others.
    It says who has the conversation, so that desks know whom it concerns."""
    one = conversation
    return {kind: one.id, "after": after, "owner": one.owner, "agent": one.agent_id}


class Listener:
    """A thread that hears signals and calls `heard` with each; after a lost connection it calls
    `missed`, since signals of the meantime are gone."""

    def __init__(
        self, database: Database, heard: Callable[[dict[str, Any]], None], missed: Callable[[], None]
    ) -> None:
        self._url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._heard = heard
        self._missed = missed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="db-listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    [channel] = connection.execute(f"SELECT {_CHANNEL}").fetchone() or ()
                    connection.execute(f"LISTEN {channel}")
                    self._missed()
                    while not self._stopping.is_set():
                        for signal in connection.notifies(timeout=CHECK_SECONDS):
                            self._heard(json.loads(signal.payload))
            except psycopg.Error:
                sleep(RECONNECT_SECONDS)
