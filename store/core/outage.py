"""Whether an error says that the database is away for a while, and not that what was asked of it is wrong."""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# By PostgreSQL's classes of errors: the connection is lost, something else holds it up (a deadlock, a lock, a
# standby that takes no writes), it has no room or memory left, somebody stops it, its disk fails.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_CLASSES = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58"})
# And SQLite's: somebody holds the file, it is full, it can't be written, opened or read.
_SQLITE = ("BUSY", "LOCKED", "FULL", "READONLY", "IOERR", "CANTOPEN", "PROTOCOL", "NOMEM")


def is_outage(error: BaseException) -> bool:
    """Whether it is worth doing the same again later."""
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        error = error.orig or error
    if isinstance(error, psycopg.Error):
        # Without a number it comes from the driver itself: it found no server, or lost it.
        state = error.sqlstate
        return state[:2] in _CLASSES if state else isinstance(error, psycopg.OperationalError)
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None) or ""
        return name.removeprefix("SQLITE_").startswith(_SQLITE)
    return False
