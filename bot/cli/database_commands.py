"""`aftercare db`."""

import click

from bot.settings import Settings
from store.core import schema
from store.core.database import Database


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Brings the tables up to date; what is up to date already stays as it is."""
    settings = Settings.load()
    database = Database(settings.database_url)
    schema.upgrade(database)
    database.close()
    click.echo("the database is up to date")
