"""Commands about orders: `import-orders` and `demo`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import phonenumbers

from bot.cli import record_import
from bot.settings import Settings
from store.core import schema
from store.core.database import Database
from store.orders import demo as demo_store
from store.orders import imports


def _region(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and value.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise click.BadParameter("write a country's ISO 3166 code, such as LT")
    return value.upper() if value else None


@click.command("import-orders")
@record_import.file_argument
@click.option("--all-or-nothing", is_flag=True, help="Store nothing if any order fails.")
@click.option(
    "--region",
    metavar="LT",
    callback=_region,
    help="The country of phone numbers without a country code, instead of the configured one.",
)
@record_import.encoding_option
def import_orders(file: Path, all_or_nothing: bool, region: str | None, encoding: str | None) -> None:
    """Stores the orders of FILE, a .jsonl or .csv file.

    Orders already stored under the same numbers are replaced. What is wrong is printed as
    "file:line: field: message", and the command then exits with 1. Details that an order can do without are
    left out where they can't be taken, and printed too.
    """
    settings = Settings.load()
    record_import.run(
        settings,
        file,
        lambda database, progress: imports.import_orders(
            database,
            file,
            phone_region=region or settings.phone_region,
            encoding=encoding,
            all_or_nothing=all_or_nothing,
            progress=progress,
        ),
        all_or_nothing,
    )


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def demo(as_json: bool) -> None:
    """Prints a customer and order numbers to try the demonstration shop with. Changes nothing."""
    try:
        with _demonstration(Settings.load().database_url) as database, database.read() as connection:
            sample = demo_store.sample(connection)
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(sample) if as_json else _described(sample))


@contextmanager
def _demonstration(url: str) -> Iterator[Database]:
    """The configured store or, if it has no orders, a demonstration store that is gone afterwards."""
    database = _filled(url)
    if database:
        try:
            yield database
        finally:
            database.close()
        return
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/demo.db")
        try:
            schema.upgrade(database)
            with database.write() as connection:
                demo_store.fill(connection, datetime.now(UTC).date())
            yield database
        finally:
            database.close()


def _filled(url: str) -> Database | None:
    scheme, _, path = url.partition(":///")
    # Opening a SQLite file creates it.
    if scheme.startswith("sqlite") and not Path(path.partition("?")[0]).exists():
        return None
    database = Database(url)
    try:
        with database.read() as connection:
            if schema.is_current(connection) and not demo_store.is_empty(connection):
                return database
    except BaseException:
        database.close()
        raise
    database.close()
    return None


def _described(sample: dict[str, Any]) -> str:
    lines = [f"{sample['name']}, {sample['email']}, {sample['phone']}"]
    lines += [f"  {number}  {state}" for state, number in sample["orders"].items()]
    return "\n".join([*lines, f"Somebody else's order: {sample['other_customer_order']}"])
