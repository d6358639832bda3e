"""What a database holds, taken out and loaded into another of either kind."""

from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import func, insert, select

from store.core import schema, snapshot
from store.core.database import Database
from store.core.snapshot import SnapshotError
from store.tables import customers, metadata
from tests.store.filling import ROWS, contents, fill

NewUrl = Callable[[str], str]
KINDS = ("sqlite", "postgresql")


def copy(source: str, target: str) -> None:
    with snapshot.take(source) as taken, snapshot.loading(target, taken.revision) as loader:
        for table in taken.rows:
            loader.load(table, taken.lines(table))
        loader.finish()


def load(url: str, lines: dict[str, bytes]) -> None:
    with snapshot.loading(url, schema.head()) as loader:
        for table, line in lines.items():
            loader.load(table, [line])
        loader.finish()


def filled(url: str, revision: str | None = None) -> str:
    database = Database(url)
    with database.write() as connection:
        command.upgrade(schema.config(connection), revision or "head")
        fill(connection, revision or schema.head())
    database.close()
    return url


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_every_row_of_every_table_comes_over(new_url: NewUrl, source: str, target: str) -> None:
    first, second = Database(filled(new_url(source))), Database(new_url(target))
    copy(first.engine.url.render_as_string(False), second.engine.url.render_as_string(False))
    with first.read() as one, second.write() as other:
        head = schema.head()
        before, after = contents(one, head), contents(other, head)
        assert set(before) == set(metadata.tables)
        for table, rows in before.items():
            assert len(rows) == ROWS and after[table] == rows, table
        assert schema.is_current(other)
        # The numbers of new rows go on behind those that were loaded.
        added = other.execute(insert(customers).values(name="New").returning(customers.c.id)).scalar_one()
        assert added == before["customers"][-1]["id"] + 1
    first.close()
    second.close()


@pytest.mark.parametrize("target", KINDS)
def test_row_numbers_are_as_large_as_postgresqls(new_url: NewUrl, target: str) -> None:
    url = new_url(target)
    line = b'{"id":5000000000,"name":"A","language":"en","created_at":"2026-01-01T00:00:00+00:00"}\n'
    load(url, {"customers": line})
    with snapshot.take(url) as taken:
        assert list(taken.lines("customers")) == [
            line.replace(b'"id":5000000000,', b'"id":5000000000,"email":null,"phone":null,')
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_all_tables_are_of_one_instant(new_url: NewUrl, kind: str) -> None:
    url = filled(new_url(kind))
    database = Database(url)
    with snapshot.take(url) as taken:
        with database.write() as connection:
            connection.execute(insert(customers).values(name="Late"))
        lines = list(taken.lines("customers"))
        assert len(lines) == taken.rows["customers"] == ROWS
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(customers)).scalar() == ROWS + 1
    database.close()


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("revision", ["0001", "0003"])
def test_an_older_database_is_loaded_as_it_was_and_then_migrated(
    new_url: NewUrl, source: str, target: str, revision: str
) -> None:
    first, second = filled(new_url(source), revision), new_url(target)
    copy(first, second)
    migrated, loaded = Database(first), Database(second)
    schema.upgrade(migrated)
    with migrated.read() as one, loaded.read() as other:
        assert contents(other, schema.head()) == contents(one, schema.head())
        assert schema.is_current(other)
    migrated.close()
    loaded.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_with_a_row_is_refused_and_one_with_empty_tables_is_not(
    new_url: NewUrl, kind: str
) -> None:
    source, target = filled(new_url("sqlite")), new_url(kind)
    database = Database(target)
    with database.write() as connection:
        command.upgrade(schema.config(connection), "0002")
    copy(source, target)
    with database.read() as connection:
        before = contents(connection, schema.head())
    with pytest.raises(SnapshotError, match=r"has data already \(in agents\).*DATABASE_URL"):
        copy(source, target)
    with database.read() as connection:
        assert contents(connection, schema.head()) == before
    database.close()


@pytest.mark.parametrize(
    ("table", "line", "says"),
    [
        ("products", b"{", "rows of products are not as its schema has them"),
        ("products", b"[1]", "rows of products are not"),
        ("products", b'{"id":1,"colour":"red"}', "rows of products are not"),
        ("products", b'{"id":1,"price":"much"}', "rows of products are not"),
        ("products", b'{"id":1}', "the database said: .*(?i:null)"),
        ("orders", b'{"id":1,"customer_id":99}', "the database said: "),
        ("secrets", b"{}", "no table secrets"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_does_not_fit_leaves_the_database_as_it_was(
    new_url: NewUrl, kind: str, table: str, line: bytes, says: str
) -> None:
    url = new_url(kind)
    database = Database(url)
    schema.upgrade(database)
    customer = b'{"id":1,"name":"A","language":"en","created_at":"2026-01-01T00:00:00+00:00"}\n'
    with pytest.raises(SnapshotError, match=says) as raised:
        load(url, {"customers": customer, table: line})
    assert "\n" not in str(raised.value)
    with database.read() as connection:
        assert not any(contents(connection, schema.head()).values())
    database.close()


def test_a_failed_restore_leaves_no_new_file(new_url: NewUrl) -> None:
    url = new_url("sqlite")
    with pytest.raises(SnapshotError):
        load(url, {"customers": b"{"})
    file = snapshot.sqlite_file(url)
    assert file is not None and not file.exists()


def test_what_is_no_database_of_ours_is_said(new_url: NewUrl) -> None:
    missing = new_url("sqlite")
    with pytest.raises(SnapshotError, match="there is no database .*AFTERCARE_HOME"), snapshot.take(missing):
        pass
    Database(missing).close()
    Database(missing).engine.connect().close()
    with pytest.raises(SnapshotError, match="no tables of Aftercare"), snapshot.take(missing):
        pass
    away = "postgresql+psycopg://nobody:hidden@127.0.0.1:1/none"
    with pytest.raises(SnapshotError, match="the database said: ") as raised, snapshot.take(away):
        pass
    assert "hidden" not in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_newer_database_is_neither_read_nor_overwritten(new_url: NewUrl, kind: str) -> None:
    url = filled(new_url(kind))
    database = Database(url)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for attempt in (lambda: snapshot.take(url), lambda: snapshot.loading(url, schema.head())):
        with pytest.raises(SnapshotError, match="9999, is newer than this program"), attempt():
            pass
    database.close()
