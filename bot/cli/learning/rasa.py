"""`aftercare rasa`: Rasa's own command line, on the shop's files."""

import os
import sys

import click

from bot.runtime import extras
from bot.settings import Settings

# Some of what its modules import before they look at the command.
NEEDED = ("aio_pika", "apscheduler", "matplotlib", "tensorflow")


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def rasa(arguments: tuple[str, ...]) -> None:
    """Rasa's own commands, with telemetry off: train, data validate, test nlu, shell nlu."""
    extras.need("rasa-tools", *NEEDED)
    os.chdir(Settings.load().home)
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    os.execve(sys.executable, [sys.executable, "-m", "rasa", *arguments], environment)
