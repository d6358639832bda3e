"""Hears what other processes on the same PostgreSQL committed."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import URL

from store.core.database import NOTIFY_CHANNEL, PATIENCE, Database, is_pooled
from store.core.events import DomainEvent, decode

RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 1.0  # how soon a stopped listener notices
HEARD_SECONDS = 2.0  # after which a pooler is known to let nothing through
# How often all is looked through where nothing is heard.
DEAF_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Listener:
    """A thread that calls `heard` with each event of another process; after a lost connection it calls
    `missed`, since events of the meantime are gone.

    LISTEN belongs to a session, and a pooler in transaction mode has none. Where nothing comes through it
    calls `missed` every few seconds instead, and says so."""

    def __init__(
        self, database: Database, heard: Callable[[DomainEvent], None], missed: Callable[[], None]
    ) -> None:
        self._database = database
        self._own = f"{database.origin} "
        self._heard = heard
        self._missed = missed
        self._deaf = False
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
                with _connect(self._database.listen_url) as connection:
                    hears = _listen(connection, self._database)
                    self._missed()
                    self._tell(hears)
                    while hears and not self._stopping.is_set():
                        for notice in connection.notifies(timeout=CHECK_SECONDS):
                            self._hear(notice.payload)
                if not hears:
                    self._stopping.wait(DEAF_SECONDS)
            except psycopg.Error:
                self._stopping.wait(RECONNECT_SECONDS)

    def _tell(self, hears: bool) -> None:
        if not hears and not self._deaf:
            _log.warning("events of other processes come late: LISTEN gets nothing, set DATABASE_LISTEN_URL")
        self._deaf = not hears

    def _hear(self, payload: str) -> None:
        # What this process committed it heard at once.
        if not payload.startswith(self._own):
            event = decode(payload.partition(" ")[2])
            if event is not None:
                self._heard(event)


def comes_through(database: Database) -> bool:
    """Whether this process can hear others. Raises `psycopg.Error`."""
    with _connect(database.listen_url) as connection:
        return _listen(connection, database)


def _connect(url: URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    given = {name: value for name, value in PATIENCE.items() if name not in url.query}
    return psycopg.connect(plain, autocommit=True, **given)  # type: ignore[arg-type]


def _listen(connection: psycopg.Connection[Any], database: Database) -> bool:
    """Begins to listen; whether something comes through."""
    # By the other address, whose schema it is.
    with _connect(database.engine.url) as speaker:
        row = speaker.execute(f"SELECT {NOTIFY_CHANNEL}").fetchone()
        channel = row[0] if row else ""
        connection.execute(f"LISTEN {channel}")
        if not is_pooled(connection):
            return True
        # From another connection, while this one is idle: a pooler passes on what belongs to a query.
        said = f"{database.origin} do you hear me"
        speaker.execute("SELECT pg_notify(%s, %s)", (channel, said))
    end = time.monotonic() + HEARD_SECONDS
    while (left := end - time.monotonic()) > 0:
        if any(notice.payload == said for notice in connection.notifies(timeout=left, stop_after=1)):
            return True
    return False
