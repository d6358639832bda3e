"""The schema's versions: brings a database up to date through Alembic."""

import logging
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text

from store.core.database import Database
from store.core.outage import is_outage

# Any fixed number: the processes of one shop must only agree on it.
UPGRADE_LOCK = 7_204_651
AGAIN_SECONDS = 1.0  # between two tries to find a database

_log = logging.getLogger(__name__)


class SchemaError(Exception):
    """The database's schema is not one that this program can use; the text says what to do."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, bound to `connection` where one is given."""
    alembic = Config()
    alembic.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    alembic.attributes["connection"] = connection
    return alembic


def lock(connection: Connection) -> None:
    """Until the transaction ends, no other process that asks for this sets the database up."""
    # A writing transaction of SQLite is alone anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})


def upgrade(database: Database, wait: float = 0.0) -> None:
    """Applies the missing migrations, all or none; two processes that start at once wait for each other. A
    database that is away is waited for, so many seconds.

    Raises `SchemaError` for a database that a newer program has upgraded, and for one that is away.
    """
    end = time.monotonic() + wait
    told = False
    while True:
        try:
            return _upgrade(database)
        except Exception as error:
            if not is_outage(error):
                raise
            if time.monotonic() >= end:
                raise SchemaError(f"the database does not answer: {why(error)}; see DATABASE_URL") from None
            if not told:
                _log.warning("the database does not answer yet, which is waited for: %s", why(error))
            told = True
        time.sleep(AGAIN_SECONDS)


def why(error: BaseException) -> str:
    """What is known of it, without the address, which may hold a password."""
    if "unsupported startup parameter" in str(error):
        return "the pooler before it takes no `options` (or other parameters) behind the ? of DATABASE_URL"
    driver = getattr(error, "orig", error)
    number = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None)
    return f"{type(driver).__name__} ({number})" if number else type(driver).__name__


def _upgrade(database: Database) -> None:
    with database.write() as connection:
        lock(connection)
        if not is_current(connection):
            command.upgrade(config(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether all migrations have been applied. Raises `SchemaError` if there are some that only a newer
    program knows."""
    version = revision(connection)
    if version is not None and not knows(version):
        raise SchemaError(
            f"the database is at version {version}, but this program is older and ends at {head()}."
            " Install the newer program, or restore the copy of the database made before the upgrade"
        )
    return version == head()


def revision(connection: Connection) -> str | None:
    """The last migration that was applied; None to a database without our tables."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The last migration that there is."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    assert found is not None, "the program has no migrations"
    return found


def knows(revision: str) -> bool:
    """Whether there is a migration of this name; a newer program's there isn't."""
    scripts = ScriptDirectory.from_config(config())
    return any(script.revision == revision for script in scripts.walk_revisions())


def tables(revision: str) -> MetaData:
    """The tables as they are at a revision: what its migrations make of an empty database in memory."""
    engine = create_engine("sqlite://")
    made = MetaData()
    with engine.begin() as connection:
        command.upgrade(config(connection), revision)
        made.reflect(connection)
    engine.dispose()
    made.remove(made.tables["alembic_version"])
    return made
