"""What the commands that import a file share: reading it into the configured store, and telling what became
of it."""

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from bot.settings import Settings
from store.core import schema
from store.core.database import Database
from store.intake.batches import MAX_ERRORS, Report

# Takes a database and who hears of the share that is done.
Take = Callable[[Database, Callable[[float], None]], Report]


def _encoding(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        if value and not codecs.lookup(value)._is_text_encoding:
            raise LookupError
    except LookupError:
        raise click.BadParameter("write the name of an encoding, such as cp1257 or cp1251") from None
    return value


def file_argument(command: Any) -> Any:
    """The file to import."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.argument("file", type=path)(command)


def encoding_option(command: Any) -> Any:
    """`--encoding`."""
    return click.option(
        "--encoding",
        metavar="cp1257",
        callback=_encoding,
        help="Of a file that is neither UTF-8 nor UTF-16, such as cp1257 or cp1251.",
    )(command)


def run(settings: Settings, file: Path, take: Take, all_or_nothing: bool) -> None:
    """Imports into the configured store. Exits with 1 if a record failed."""
    database = Database(settings.database_url)
    try:
        schema.upgrade(database)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(file.name, total=1.0)
            report = take(database, lambda share: bar.update(task, completed=share))
    finally:
        database.close()
    for error in (*report.errors, *report.left_out):
        place = ": ".join(part for part in (f"{file}:{error.line}", error.field, error.message) if part)
        # Part of it is the file's own text, which may hold a terminal's control codes.
        click.echo("".join(c if c.isprintable() else "?" for c in place), err=True)
    for what, told in (("errors", report.errors), ("details left out", report.left_out)):
        if len(told) == MAX_ERRORS:
            click.echo(f"only the first {MAX_ERRORS} {what} are shown", err=True)
    click.echo(f"{report.created} created, {report.updated} updated, {report.failed} failed")
    if report.older:
        click.echo(f"{report.older} older than what is stored: not taken", err=True)
    if report.incomplete:
        click.echo(f"{report.incomplete} of them without a detail that was left out", err=True)
    if report.failed:
        if all_or_nothing:
            click.echo("nothing was stored", err=True)
        raise SystemExit(1)
