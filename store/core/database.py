"""The database: one engine, transactions, and the thread hop that keeps them off the event loop."""

import asyncio
import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import uuid4

import psycopg
from sqlalchemy import Connection as Connection
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from store.core.events import DomainEvent, encode

P = ParamSpec("P")
T = TypeVar("T")

POSTGRES_THREADS = 8
SQLITE_READERS = 2
SQLITE_HEADER = b"SQLite format 3\0"

# When a lost PostgreSQL counts as lost, where DATABASE_URL doesn't say otherwise: a way there that swallows
# everything would else hold a connection for a quarter of an hour. Seconds; the last one milliseconds.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

# A database's channels are one for all its schemas; two shops may each have a schema in it.
NOTIFY_CHANNEL = "'aftercare_' || (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
_NOTIFY = text(f"SELECT pg_notify({NOTIFY_CHANNEL}, payload) FROM unnest(CAST(:payloads AS text[])) payload")
_log = logging.getLogger(__name__)


class NotADatabase(Exception):
    """An SQLite file is none; the text names it and says what to do."""


class Database:
    """SQLite in WAL mode or PostgreSQL, behind the same two verbs: `write` and `read`.

    On SQLite all writes go through one thread, in the order in which they come: the engine has one writer
    anyway, and its own busy waiting is neither fair nor quick. `synchronous` is SQLite's pragma:
    NORMAL survives a killed process; FULL also survives a power cut, at one disk sync a commit.
    """

    def __init__(self, url: str, *, synchronous: str = "NORMAL", listen_url: str | None = None) -> None:
        parsed = make_url(url)
        self.listen_url = make_url(listen_url) if listen_url else parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise ValueError("DATABASE_URL: SQLite needs a file, e.g. sqlite:///var/aftercare.db")
            _check_file(Path(str(parsed.database)))
            _keep_private(Path(str(parsed.database)))
            self.engine = create_engine(
                parsed, hide_parameters=True, connect_args={"timeout": 30}, pool_size=SQLITE_READERS + 2
            )
            _configure_sqlite(self.engine, synchronous)
            self._writer = _Queue(ThreadPoolExecutor(1, "db-writer"))
            self._reader = _Queue(ThreadPoolExecutor(SQLITE_READERS, "db-reader"))
        else:
            given = {name: value for name, value in PATIENCE.items() if name not in parsed.query}
            self.engine = create_engine(
                parsed,
                hide_parameters=True,
                connect_args=given,
                pool_size=POSTGRES_THREADS,
                pool_pre_ping=True,
            )
            _mind_poolers(self.engine)
            self._writer = self._reader = _Queue(ThreadPoolExecutor(POSTGRES_THREADS, "db"))
            self._lone = create_engine(parsed, hide_parameters=True, connect_args=given, poolclass=NullPool)
            _mind_poolers(self._lone)
            self._prober = ThreadPoolExecutor(1, "db-probe")
        self._hearers: list[Callable[[Sequence[DomainEvent]], None]] = []
        self.origin = uuid4().hex  # by which a process knows its own events again
        # How many turns may run side by side in this process.
        self.concurrency = 1 if self.is_sqlite else POSTGRES_THREADS // 2

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; commits at the end, rolls back on any exception."""
        happened: list[DomainEvent] = []
        with self.engine.connect() as connection:
            connection = connection.execution_options(events=happened)
            if self.is_sqlite:
                connection = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection
            if happened:
                self._tell(connection, happened)

    def hear(self, hear: Callable[[Sequence[DomainEvent]], None]) -> None:
        """Calls `hear` with the events of each transaction of this process after its commit, on the thread
        that wrote; those of other processes come by `store.core.listener.Listener`."""
        self._hearers.append(hear)

    def _tell(self, connection: Connection, happened: Sequence[DomainEvent]) -> None:
        for hear in self._hearers:
            hear(happened)
        if self.is_sqlite:
            return
        # After the commit and by itself: inside the transaction NOTIFY takes a lock of the whole database
        # until that is on disk.
        payloads = [f"{self.origin} {encode(one)}" for one in happened]
        try:
            with connection.begin():
                connection.execute(_NOTIFY, {"payloads": payloads})
        except SQLAlchemyError as error:
            # What happened is committed. Others find it when they look for themselves.
            _log.warning("events not told to other processes: %s", type(error).__name__)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction for reading that sees one state of the database from its first statement to its end,
        while others write."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:  # whose transactions all see one state
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs `work(connection, …)` as one writing transaction in a thread."""
        return await self._writer.run(self._writing(work, *args, **kwargs))

    async def run_first(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `run`, before all that waits for its turn in `run`: for short work that somebody waits for."""
        return await self._writer.run(self._writing(work, *args, **kwargs), first=True)

    def _writing(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[], T]:
        def job() -> T:
            with self.write() as connection:
                return work(connection, *args, **kwargs)

        return job

    async def fetch(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs `work(connection, …)` as one reading transaction in a thread."""

        def job() -> T:
            with self.read() as connection:
                return work(connection, *args, **kwargs)

        return await self._reader.run(job)

    async def probe(self, look: Callable[[Connection], T]) -> T:
        """Looks, and writes something, so that a full disk shows: on PostgreSQL over a new connection in
        a thread of its own, on SQLite before all that waits for the one writer."""
        if self.is_sqlite:
            return await self.run_first(_touch_sqlite, look)
        return await asyncio.wrap_future(self._prober.submit(self._probe, look))

    def _probe(self, look: Callable[[Connection], T]) -> T:
        with self._lone.connect() as connection:
            with connection.begin():
                seen = look(connection)
                # A new version of the row: nothing but that is written by it.
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            return seen

    def close(self) -> None:
        """Waits for running transactions and closes all connections."""
        self._writer.shutdown()
        self._reader.shutdown()
        if not self.is_sqlite:
            self._prober.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()


def _check_file(path: Path) -> None:
    """Makes the folder of a new database, for this user alone. Raises `NotADatabase` for a file that is
    none."""
    mend = "restore a backup, or move it away to begin with an empty one"
    if path.is_dir():
        raise NotADatabase(f"DATABASE_URL: {path} is a folder; name a file in it")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("rb") as file:
            beginning = file.read(len(SQLITE_HEADER))
    except FileNotFoundError:
        return
    except OSError as error:
        raise NotADatabase(f"DATABASE_URL: {path} can't be opened: {error.strerror}") from None
    # An empty file is a new database to SQLite.
    if beginning and beginning != SQLITE_HEADER:
        raise NotADatabase(f"DATABASE_URL: {path} is not a database, or is damaged: {mend}")


class _Queue:
    """Work for a pool of threads, of which some goes before the rest; each in the order in which it came."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._first: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._rest: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    async def run(self, job: Callable[[], T], first: bool = False) -> T:
        future: Future[T] = Future()
        (self._first if first else self._rest).append((future, job))
        # As many calls as jobs: a call takes whichever is next by then.
        self._pool.submit(self._next)
        return await asyncio.wrap_future(future)

    def _next(self) -> None:
        try:
            future, job = self._first.popleft()
        except IndexError:
            future, job = self._rest.popleft()
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(job())
        except BaseException as error:
            future.set_exception(error)

    def shutdown(self) -> None:
        """Waits for all work."""
        self._pool.shutdown()


def _keep_private(file: Path) -> None:
    """Makes the database's file, if it isn't there, for this user alone, and shuts a file that others could
    read; SQLite gives -wal and -shm the same rights."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        for one in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            if one.exists() and one.stat().st_mode & 0o077:
                one.chmod(0o600)
    except OSError:
        pass  # somebody else's, or not writable: opening it tells


def is_pooled(connection: psycopg.Connection[Any]) -> bool:
    """Whether something stands before the server that hands out its connections, as PgBouncer does: it
    answers by another process than it named at first."""
    [pid] = connection.execute("SELECT pg_backend_pid()").fetchone() or (None,)
    return bool(pid != connection.info.backend_pid)


def _mind_poolers(engine: Any) -> None:
    # Statements prepared on one connection of the server aren't known on the next, which a pooler may give us
    # with the next transaction. Nothing else here outlives a transaction.
    @event.listens_for(engine, "connect")
    def connect(connection: psycopg.Connection[Any], _record: Any) -> None:
        connection.autocommit = True
        if is_pooled(connection):
            connection.prepare_threshold = None
        connection.autocommit = False


def _touch_sqlite(connection: Connection, look: Callable[[Connection], T]) -> T:
    # A number in the file's head, for whoever uses it; an update that changes nothing would write nothing.
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA user_version = {(version + 1) % 2**30}")
    return look(connection)


def _configure_sqlite(engine: Any, synchronous: str) -> None:
    # The driver's implicit transactions are off: BEGIN is ours, so that a writer takes the lock at
    # once instead of failing when it upgrades a read.
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            "busy_timeout = 30000",
            "cache_size = -16000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
