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


def upgrade(database: Database) -> None:
    """Applies the missing migrations, all or none; two processes that start at once wait for each other.

    Raises `SchemaError` for a database that a newer program has upgraded.
    """
    with database.write() as connection:
        lock(connection)
        if not is_current(connection):
            command.upgrade(config(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether all migrations have been applied. Raises `SchemaError` if there are some that only a newer
    program knows."""
    script = ScriptDirectory.from_config(config())
    head = script.get_current_head()
    version = MigrationContext.configure(connection).get_current_revision()
    if version is not None and version not in {known.revision for known in script.walk_revisions()}:
        raise SchemaError(
            f"the database is at version {version}, but this program is older and ends at {head}."
            " Install the newer program, or restore the copy of the database made before the upgrade"
        )
    return version == head
