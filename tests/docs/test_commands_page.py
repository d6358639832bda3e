"""The commands of `aftercare` against the pages: all are documented, and what pages call there is."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli import COMMANDS, group
from tests.docs import commands
from tests.docs.reading import README, code_lines, names, read, table
from tests.links import pages
from tests.paths import ROOT


def test_the_page_of_commands_is_what_help_says() -> None:
    assert read(commands.PAGE) == commands.page(), "run: python -m tests.docs.commands"


def test_every_option_says_what_it_is_for() -> None:
    for name, command in commands.leaves():
        assert command.help, name
        for flag, option in commands.options(command).items():
            assert option.help, f"{name} {flag}"


def test_the_readme_lists_every_command() -> None:
    rows = table(read(README), "command")
    listed = {
        word.split()[1] for row in rows for word in names("|".join(row)) if word.startswith("aftercare ")
    }
    assert listed == set(COMMANDS)


def called(text: str) -> Iterator[tuple[click.Command, str, list[str]]]:
    """Every `aftercare …` in code: the command as far as it is named, its name, and its options."""
    for code in code_lines(text):
        for words in re.findall(r"(?:^|\s|bin/)aftercare (?=([a-z][^|#;&]*|--\w+))", code):
            command: click.Command = group
            name, options = "aftercare", []
            for word in re.sub(r"[\[\]]", "", words).split():
                if isinstance(command, click.Group) and re.fullmatch(r"[a-z]+(-[a-z]+)*", word):
                    found = command.get_command(click.Context(command), word)
                    assert found is not None, f"{name} {word}"
                    command, name = found, f"{name} {word}"
                elif word.startswith("--"):
                    options.append(word.partition("=")[0])
            yield command, name, options


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(path: Path) -> None:
    for command, name, options in called(read(path)):
        known = {"--help", "--version", *commands.options(command)}
        assert name == "aftercare rasa" or set(options) <= known, name


def test_the_readme_gives_commands_only_options_that_they_have() -> None:
    for row in table(read(README), "command"):
        code = names("|".join(row))
        group_name = code[0].split()[1]
        have = {
            flag
            for name, command in commands.leaves()
            if name.split()[1] == group_name
            for flag in commands.options(command)
        }
        assert {word.split()[0] for word in code if word.startswith("--")} <= have, row
