"""Hears what other processes on the same PostgreSQL committed."""

import threading
from collections.abc import Callable

import psycopg

from store.core.database import NOTIFY_CHANNEL, Database
from store.core.events import DomainEvent, decode

RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 1.0  # how soon a stopped listener notices


class Listener:
    """A thread that calls `heard` with each event of another process; after a lost connection it calls
    `missed`, since events of the meantime are gone."""

    def __init__(
        self, database: Database, heard: Callable[[DomainEvent], None], missed: Callable[[], None]
    ) -> None:
        self._url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._own = f"{database.origin} "
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
                    [channel] = connection.execute(f"SELECT {NOTIFY_CHANNEL}").fetchone() or ()
                    connection.execute(f"LISTEN {channel}")
                    self._missed()
                    while not self._stopping.is_set():
                        for notice in connection.notifies(timeout=CHECK_SECONDS):
                            self._hear(notice.payload)
            except psycopg.Error:
                self._stopping.wait(RECONNECT_SECONDS)

    def _hear(self, payload: str) -> None:
        # What this process committed it heard at once.
        if not payload.startswith(self._own):
            event = decode(payload.partition(" ")[2])
            if event is not None:
                self._heard(event)
