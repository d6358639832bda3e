"""The schema's versions: brings a database up to date through Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from store.core.database import Database

# Any fixed number: the processes of one shop must only agree on it.
UPGRADE_LOCK = 7_204_651


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


def upgrade(database: Database) -> None:
    """Applies the missing migrations; two processes that start at once wait for each other."""
    with database.write() as connection:
        lock(connection)
        command.upgrade(config(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether all migrations have been applied."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head
