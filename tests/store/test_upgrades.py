"""Upgrades that meet each other, that fail, or that a newer program has made."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from click.testing import CliRunner
from sqlalchemy import Connection, text

from bot.assistant import training
from bot.cli.doctor import doctor
from bot.settings import Settings
from store.core import schema
from store.core.database import Database
from tests.store.earlier import MIGRATIONS, REVISIONS, contents, filled, lost

START_SECONDS = 60
NAME = f"upgrade {os.getpid()}"  # by which PostgreSQL knows our processes: others use the same lock

# --- two at once, a migration that fails ----------------------------------------------------------

UPGRADE = """
import sys
from store.core import schema
from store.core.database import Database

database = Database(sys.argv[1])
schema.upgrade(database)
database.close()
"""


def test_two_processes_that_start_at_once_wait_for_each_other(empty: Database, database_url: str) -> None:
    before = filled(empty, REVISIONS[0])
    with empty.write() as connection, ExitStack() as started:
        # Nobody gets any further than this until both are there.
        schema.lock(connection)
        both = [started.enter_context(_upgrading(database_url)) for _ in range(2)]
        deadline = time.monotonic() + START_SECONDS
        while not _both_wait(empty) and all(one.poll() is None for one in both):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert all(one.poll() is None for one in both), "one of them didn't wait"
        connection.commit()
        errors = [one.communicate(timeout=START_SECONDS)[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], errors
    with empty.read() as connection:
        assert schema.is_current(connection)
    assert lost(before, contents(empty)) == []


@contextmanager
def _upgrading(url: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", UPGRADE, url],
        env={**os.environ, "PGAPPNAME": NAME},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _both_wait(database: Database) -> bool:
    if database.is_sqlite:
        return True  # it can't be seen, and a writing transaction is alone in any case
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND NOT granted AND application_name = :name"
    )
    with database.read() as connection:  # a new one each time: within one, what is shown stays the same
        return bool(connection.execute(waiting, {"name": NAME}).scalar_one() == 2)


BROKEN = f"""
import sqlalchemy as sa
from alembic import op

revision = "broken"
down_revision = "{REVISIONS[-1]}"


def upgrade():
    op.create_table("coupons", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("messages", sa.Column("stars", sa.Integer()))
    op.execute("UPDATE messages SET text = 'gone'")
    op.execute("DELETE FROM payments")
    op.drop_table("tracking_events")
    op.execute("INSERT INTO no_such_table VALUES (1)")
"""


@pytest.mark.parametrize("revision", [REVISIONS[0], REVISIONS[-1]])
def test_a_migration_that_fails_leaves_everything_as_it_was(
    revision: str, empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled(empty, revision)
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "broken.py").write_text(BROKEN, "utf-8")
    configure = schema.config

    def with_broken(connection: Connection | None = None) -> Config:
        config = configure(connection)
        folders = [f"{config.get_main_option('script_location')}/versions", str(versions)]
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", os.pathsep.join(folders))
        return config

    with monkeypatch.context() as patch:
        patch.setattr(schema, "config", with_broken)
        with pytest.raises(Exception, match="no_such_table"):
            schema.upgrade(empty)
    assert contents(empty) == before
    schema.upgrade(empty)
    assert lost(before, contents(empty)) == []


# --- no way back ----------------------------------------------------------------------------------


def test_no_migration_has_a_way_back() -> None:
    for migration in MIGRATIONS:
        with pytest.raises(NotImplementedError, match="no way back but the copy of the database"):
            migration.module.downgrade()


def test_a_downgrade_is_refused_and_changes_nothing(empty: Database) -> None:
    before = filled(empty, REVISIONS[-1])
    with (
        pytest.raises(NotImplementedError, match="no way back but the copy of the database"),
        empty.write() as connection,
    ):
        command.downgrade(schema.config(connection), "base")
    assert contents(empty) == before


def _from_a_newer_program(database: Database) -> None:
    schema.upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))


def test_a_newer_programs_database_is_left_alone(empty: Database) -> None:
    _from_a_newer_program(empty)
    before = contents(empty)
    with pytest.raises(schema.SchemaError, match=f"9999_later.* older.*{REVISIONS[-1]}.*Install the newer"):
        schema.upgrade(empty)
    with pytest.raises(schema.SchemaError), empty.read() as connection:
        schema.is_current(connection)
    assert contents(empty) == before


@pytest.mark.parametrize("arguments", [["db", "upgrade"], ["run"]], ids=" ".join)
def test_an_older_program_says_so_in_one_line(arguments: list[str], tmp_path: Path) -> None:
    home = Settings.load().home
    if arguments == ["run"] and training.current_model(home) is None:
        training.train(home)
    program = Path(sys.executable).with_name("aftercare")
    ended = subprocess.run(
        [program, *arguments],
        env={**os.environ, "DATABASE_URL": _newer(tmp_path)},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("the database is at version 9999_later, but this program is older")
    assert "restore the copy" in ended.stderr and ended.stderr.count("\n") == 1


def test_the_doctor_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", _newer(tmp_path))
    said = CliRunner().invoke(doctor)
    assert "✗ Database: the database is at version 9999_later" in said.output and said.exit_code == 1


def _newer(folder: Path) -> str:
    """The URL of a newer program's database."""
    url = f"sqlite:///{folder}/newer.db"
    database = Database(url)
    _from_a_newer_program(database)
    database.close()
    return url
