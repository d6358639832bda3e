"""`aftercare cases`: what the shop's own system is told of cases."""

from datetime import UTC, datetime

import click

from bot.settings import Settings
from bot.shopside import hook_config
from store.cases.feed import hook_queue
from store.core import schema
from store.core.database import Database


@click.group()
def cases() -> None:
    """After-sales cases, and what the shop's own system is told of them."""


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("write a date, or a date and time, such as 2026-05-04T10:15") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@cases.command()
@click.option("--since", metavar="TIME", callback=_moment, help="What happened at this time (UTC) or later.")
@click.option("--number", metavar="R-7K2M9QX", help="What happened to this case.")
def replay(since: datetime | None, number: str | None) -> None:
    """Tells the shop's own system of cases again, under the same numbers of events as before."""
    if since is None and number is None:
        raise click.UsageError("write --since, or --number, or both")
    settings = Settings.load()
    if settings.case_webhook is None:
        raise click.UsageError(f"{hook_config.URL}: not set; nobody is told of cases")
    database = Database(settings.database_url)
    try:
        schema.upgrade(database)
        with database.write() as connection:
            count = hook_queue.replay(connection, datetime.now(UTC), since=since, number=number)
    except LookupError:
        raise click.BadParameter(f"there is no case {number}", param_hint="--number") from None
    finally:
        database.close()
    click.echo(f"{count} events are told again as soon as a server runs")
