"""The command `aftercare`."""

import importlib
import sys

import click

# A command's module is imported when it is called: `aftercare demo` need not wait for Rasa.
COMMANDS = {
    "actions": ("bot.cli.serve", "actions"),
    "agents": ("bot.cli.agent_commands", "agents"),
    "backup": ("bot.cli.backup_commands", "backup"),
    "benchmark-nlu": ("bot.cli.learning.benchmark_nlu", "benchmark"),
    "cases": ("bot.cli.case_commands", "cases"),
    "chat": ("bot.cli.talk", "chat"),
    "check-data": ("bot.cli.learning.check_data", "check"),
    "check-translations": ("bot.cli.learning.check_translations", "check_translations"),
    "db": ("bot.cli.database_commands", "db"),
    "doctor": ("bot.cli.doctor", "doctor"),
    "demo": ("bot.cli.order_commands", "demo"),
    "evaluate": ("bot.cli.learning.evaluate", "evaluate"),
    "init": ("bot.cli.new_shop", "init"),
    "import-orders": ("bot.cli.order_commands", "import_orders"),
    "import-products": ("bot.cli.product_commands", "import_products"),
    "parse": ("bot.cli.talk", "parse"),
    "rasa": ("bot.cli.learning.rasa", "rasa"),
    "restore": ("bot.cli.backup_commands", "restore"),
    "run": ("bot.cli.serve", "run"),
    "simulate": ("bot.cli.simulate", "simulate"),
    "telegram": ("bot.cli.telegram_commands", "telegram"),
    "train": ("bot.cli.learning.train", "train"),
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
    from bot.assistant.training import TrainingError
    from bot.compose import NoModel
    from bot.runtime.backup.archive_file import ArchiveError
    from bot.runtime.extras import MissingExtra
    from bot.runtime.http.listening import PortError
    from bot.settings import SettingsError
    from bot.shop.yaml_source import SourceError
    from channels.contract import ChannelError
    from store.core.database import NotADatabase
    from store.core.outage import is_outage
    from store.core.schema import SchemaError
    from store.core.serving_lock import AlreadyServed
    from store.core.snapshot import SnapshotError

    try:
        group(prog_name="aftercare")
    except (
        AlreadyServed,
        ArchiveError,
        ChannelError,
        MissingExtra,
        NoModel,
        NotADatabase,
        PortError,
        SchemaError,
        SettingsError,
        SnapshotError,
        SourceError,
        TrainingError,
    ) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if not is_outage(error):
            raise
        click.echo("the database does not answer; see DATABASE_URL, or run: aftercare doctor", err=True)
        sys.exit(1)
