"""All that a database holds, as lines that a database of either kind can take in.

A row is a line of JSON, an object by column. Which tables and columns there are is what the migrations made
at the database's own revision, not what this program's tables say: so an older database can be read, and an
older snapshot is loaded as it was and migrated then.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from store.core import schema
from store.core.database import Database
from store.tables.base import Instant

BATCH = 500  # rows in memory at a time


class SnapshotError(Exception):
    """The database can't be read, or can't take a snapshot in; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a database. `rows`: how many each table has, in the order in which they can be loaded."""

    kind: str  # sqlite postgresql
    revision: str
    rows: dict[str, int]
    _connection: Connection = field(repr=False)
    _tables: MetaData = field(repr=False)

    def lines(self, table: str) -> Iterator[bytes]:
        """A table's rows, each a line with its end."""
        found = self._tables.tables[table]
        encode = _by_column(found, _encoder)
        rows = self._connection.execution_options(yield_per=BATCH).execute(
            select(found).order_by(*found.primary_key)
        )
        try:
            for row in rows.mappings():
                values = {name: None if row[name] is None else change(row[name]) for name, change in encode}
                yield json.dumps(values, separators=(",", ":")).encode() + b"\n"
        except ValueError as error:  # SQLite keeps in a column whatever was written there
            raise SnapshotError(f"a row of {table} can't be read: {error}") from None


class Loader:
    """A snapshot on its way into an empty database, within one transaction."""

    def __init__(self, connection: Connection, tables: MetaData) -> None:
        self._connection = connection
        self._tables = tables

    def load(self, table: str, lines: Iterable[bytes]) -> None:
        """Stores a table's rows; the tables that they refer to are loaded before."""
        if table not in self._tables.tables:
            raise SnapshotError(f"the snapshot's schema has no table {table}")
        found = self._tables.tables[table]
        decode = dict(_by_column(found, _decoder))
        insert = found.insert()
        rows = iter(lines)
        while batch := list(islice(rows, BATCH)):
            try:
                values = [
                    {name: None if value is None else decode[name](value) for name, value in row.items()}
                    for row in map(json.loads, batch)
                ]
            except (ValueError, TypeError, ArithmeticError, AttributeError, KeyError):
                raise SnapshotError(f"the rows of {table} are not as its schema has them") from None
            with _explained(f"the rows of {table}: "):
                self._connection.execute(insert, values)

    def finish(self) -> None:
        """Lets PostgreSQL count on behind the rows' numbers, and applies the missing migrations."""
        if self._connection.dialect.name == "postgresql":
            for table in self._tables.sorted_tables:
                _count_on(self._connection, table)
        command.upgrade(schema.config(self._connection), "head")


@contextmanager
def take(url: str) -> Iterator[Snapshot]:
    """The database's present state, while others may go on writing. Raises `SnapshotError`."""
    file = sqlite_file(url)
    if file and not file.exists():  # opening it would make it
        raise SnapshotError(f"there is no database {file}; see DATABASE_URL and AFTERCARE_HOME")
    with _explained():
        database = Database(url)
        try:
            with database.snapshot() as connection:
                revision = schema.revision(connection)
                if revision is None:
                    raise SnapshotError("the database has no tables of Aftercare; see DATABASE_URL")
                tables = _tables(revision)
                rows = {table.name: _count(connection, table) for table in tables.sorted_tables}
                yield Snapshot(connection.dialect.name, revision, rows, connection, tables)
        finally:
            database.close()


@contextmanager
def loading(url: str, revision: str) -> Iterator[Loader]:
    """A loader for the rows of a snapshot at `revision`: all of them are stored when the block ends, or
    nothing if it fails. Raises `SnapshotError`, also if the database isn't empty."""
    file = sqlite_file(url)
    is_new = file is not None and not file.exists()
    with _explained():
        database = Database(url, synchronous="FULL")
        try:
            with database.write() as connection:
                schema.lock(connection)
                _make_room(connection)
                tables = _tables(revision)
                command.upgrade(schema.config(connection), revision)
                yield Loader(connection, tables)
        except BaseException:
            database.close()
            if file and is_new:
                for suffix in ("", "-wal", "-shm"):
                    file.with_name(file.name + suffix).unlink(missing_ok=True)
            raise
        database.close()


def _make_room(connection: Connection) -> None:
    """Drops our tables where none has a row: they may be of another revision."""
    revision = schema.revision(connection)
    ours = _tables(revision or schema.head())
    present = set(inspect(connection).get_table_names())
    for table in ours.sorted_tables:
        if table.name in present and connection.execute(select(table.c[0]).limit(1)).first():
            raise SnapshotError(
                f"the database has data already (in {table.name}), which is not overwritten: name an empty "
                "one in DATABASE_URL, or move this one away"
            )
    ours.drop_all(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def _tables(revision: str) -> MetaData:
    """The tables at a revision, with types that both kinds of database have. Raises `SnapshotError`."""
    if not schema.knows(revision):
        raise SnapshotError(
            f"the database's schema, {revision}, is newer than this program; install the newer version"
        )
    tables = schema.tables(revision)
    for table in tables.sorted_tables:
        for column in table.columns:
            column.type = _portable(column.type.as_generic(), bool(column.nullable))
    return tables


def _portable(kind: TypeEngine[Any], nullable: bool) -> TypeEngine[Any]:
    """The type by which a column is read and written, in place of the one that SQLite has."""
    match kind:
        case DateTime():
            return Instant()
        case Integer():  # SQLite's numbers of rows are PostgreSQL's BIGINT
            return BigInteger()
        case JSON():
            return JSON(none_as_null=nullable)
    return kind


def _by_column(
    table: Table, change: Callable[[TypeEngine[Any]], Callable[[Any], Any]]
) -> list[tuple[str, Callable[[Any], Any]]]:
    return [(column.name, change(column.type)) for column in table.columns]


def _encoder(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    match kind:
        case Instant() | Date():
            return lambda value: value.isoformat()
        case Numeric():
            return str
    return _same


def _decoder(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    match kind:
        case Instant():
            return datetime.fromisoformat
        case Date():
            return date.fromisoformat
        case Numeric():
            return Decimal
    return _same


def _same(value: Any) -> Any:
    return value


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _count_on(connection: Connection, table: Table) -> None:
    """Sets the counter of a PostgreSQL's table behind the highest number in it."""
    for column in table.primary_key:
        if isinstance(column.type, Integer):
            counter = func.pg_get_serial_sequence(table.name, column.name)
            highest = func.max(column)
            connection.execute(select(func.setval(counter, highest)).having(highest.is_not(None)))


def sqlite_file(url: str) -> Path | None:
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


@contextmanager
def _explained(what: str = "") -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # The first line: those behind it quote the row.
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise SnapshotError(f"{what}the database said: {cause}") from None
