"""The command `aftercare`."""

import importlib
import sys

import click

# A command's module is imported when it is called: `aftercare demo` need not wait for Rasa.
COMMANDS = {
    "actions": ("bot.cli.serve", "actions"),
    "agents": ("bot.cli.agents", "agents"),
    "benchmark-nlu": ("bot.cli.benchmark", "benchmark"),
    "chat": ("bot.cli.talk", "chat"),
    "check-data": ("bot.cli.data", "check"),
    "check-translations": ("bot.cli.translations", "check_translations"),
    "db": ("bot.cli.database", "db"),
    "doctor": ("bot.cli.doctor", "doctor"),
    "demo": ("bot.cli.orders", "demo"),
    "evaluate": ("bot.cli.evaluate", "evaluate"),
    "import-orders": ("bot.cli.orders", "import_orders"),
    "parse": ("bot.cli.talk", "parse"),
    "rasa": ("bot.cli.rasa", "rasa"),
    "run": ("bot.cli.serve", "run"),
    "simulate": ("bot.cli.simulate", "simulate"),
    "telegram": ("bot.cli.telegram", "telegram"),
    "train": ("bot.cli.model", "train"),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aftercare")
def group() -> None:
    """A customer-support assistant for online shops."""


def main() -> None:
    """Runs the command line; an error that its user can mend is one line, not a traceback."""
    from bot.compose import NoModel
    from bot.extras import MissingExtra
    from bot.settings import SettingsError
    from bot.training import TrainingError
    from bot.yaml_source import SourceError
    from channels.contract import ChannelError

    try:
        group(prog_name="aftercare")
    except (ChannelError, MissingExtra, NoModel, SettingsError, SourceError, TrainingError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
