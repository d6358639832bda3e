"""`aftercare train`."""

import time

import click
from rich.console import Console

from bot.assistant import model_archive, training
from bot.runtime import log
from bot.settings import Settings
from bot.shop.knowledge import Knowledge


@click.command()
@click.option("--force", is_flag=True, help="Train even if nothing has changed.")
def train(force: bool) -> None:
    """Trains the model, if the training data, the rules or shop.yml have changed."""
    log.configure("WARNING")
    home = Settings.load().home
    console = Console(stderr=True)
    # Not all of it is trained, but all of it can be wrong.
    for note in Knowledge.load(home).notes:
        click.echo(str(note), err=True)
    current = training.current_model(home)
    if current and not force:
        console.print(f"nothing has changed since {current.relative_to(home)} was trained")
        return
    if (damaged := training.place(home)).exists() and not current:
        try:
            model_archive.check(damaged)
        except model_archive.Damaged as error:
            console.print(f"{damaged.relative_to(home)} {error}; training again")
    started = time.monotonic()
    with console.status("starting…") as status:
        model = training.train(home, lambda step: status.update(f"{step}…"))
    seconds = time.monotonic() - started
    console.print(f"trained {model.relative_to(home)} in {seconds:.0f} s")
