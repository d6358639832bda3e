"""A database's connection that is cut right before a statement."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, text

from store.core.database import Database


class Cut:
    """How often it was cut so far."""

    def __init__(self) -> None:
        self.count = 0


@contextmanager
def cut(database: Database, *words: str, times: int = 1) -> Iterator[Cut]:
    """Cuts the connection before statements with all of these words, so many times. PostgreSQL ends it
    itself, as at a restart; SQLite, which has none, says that another process holds the file."""
    done = Cut()
    other = None if database.is_sqlite else create_engine(database.engine.url)

    def before(connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if done.count < times and all(word in sql for word in words):
            done.count += 1
            if other is None:
                raise busy()
            _terminate(other, connection.connection.dbapi_connection.info.backend_pid)

    event.listen(database.engine, "before_cursor_execute", before)
    try:
        yield done
    finally:
        event.remove(database.engine, "before_cursor_execute", before)
        if other:
            other.dispose()


def busy() -> sqlite3.OperationalError:
    """What SQLite says while another process holds the file."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY"
    return error


def _terminate(other: Engine, pid: int) -> None:
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
