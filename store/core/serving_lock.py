"""One server for an SQLite file: what happens in one process is told to its own pages only, so a second
server's customers and agents would not hear of it. PostgreSQL tells all of them, and needs no lock.

The lock is the operating system's, on a file beside the database: it ends with its process, however that
ends. Commands that read or write the database take none.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url


class AlreadyServed(Exception):
    """Another server has the database; the text says what to do."""


@contextmanager
def held(url: str) -> Iterator[None]:
    """Holds the lock of a database's server. Raises `AlreadyServed`."""
    database = make_url(url)
    if database.get_backend_name() != "sqlite" or not database.database:
        yield
        return
    path = Path(database.database).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not deleted afterwards: another process may be about to lock the same file.
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(_words(path, lock)) from None
        except OSError:
            pass  # a file system without locks; better unguarded than not at all
        with suppress(OSError):
            os.ftruncate(lock, 0)
            os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(lock)


def _words(path: Path, lock: int) -> str:
    by = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
    process = f" (process {by})" if by.isdecimal() else ""
    return (
        f"{path} is served by another `aftercare run` already{process}: stop that one. "
        "An SQLite file has one server; for several, set DATABASE_URL to a PostgreSQL"
    )
