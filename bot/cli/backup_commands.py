"""`aftercare backup` and `aftercare restore`."""

import os
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from bot.runtime.backup import backup as backups
from bot.runtime.backup import secret_file
from bot.settings import Settings, SettingsError

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_FILE
def backup(file: Path) -> None:
    """Writes the shop's database, customers' files and secret to the new archive FILE (.tar.gz).

    The server may go on running. The archive is as confidential as what it holds.
    """
    settings = Settings.load()
    with _bar() as bar:
        made = backups.create(
            file, settings.database_url, settings.files, settings.secret, _stage(bar, "saving")
        )
    click.echo(f"{_contents(made)} are in {file} ({file.stat().st_size / 1e6:.1f} MB)")


@click.command()
@_FILE
def restore(file: Path) -> None:
    """Puts what the archive FILE holds into an empty database and an empty folder of files.

    All of it or nothing. The database may be of another kind than the one that the backup was made of, and
    the program newer than the one that made it.
    """
    with _bar() as bar, backups.checked(file, _stage(bar, "checking")) as archive:
        given = os.environ.get("AFTERCARE_SECRET")
        if given and given != archive.secret:
            raise SettingsError(
                "AFTERCARE_SECRET: the backup was made with another; write that one, or unset it to have it "
                "kept in var/secret"
            )
        # With the secret given, reading the settings makes none.
        settings = Settings.load({**os.environ, "AFTERCARE_SECRET": archive.secret})
        kept_in = None if given else secret_file.path(settings.home)
        backups.restore(archive, settings.database_url, settings.files, kept_in, _stage(bar, "restoring"))
    made = archive.manifest
    click.echo(f"{_contents(made)} of {made.made_at:%Y-%m-%d %H:%M} UTC are restored")


def _contents(manifest: backups.Manifest) -> str:
    return f"{sum(manifest.rows.values())} rows and {manifest.files} files"


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def _stage(bar: Progress, work: str) -> Callable[[float], None]:
    task = bar.add_task(work, total=1.0)
    return lambda share: bar.update(task, completed=share)
