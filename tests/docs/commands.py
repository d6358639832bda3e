"""The commands of `aftercare` as a page, from their help: `python -m tests.docs.commands` writes it."""

from collections.abc import Iterator

import click

from bot.cli import group
from tests.paths import ROOT

PAGE = ROOT / "docs" / "commands.md"
HEAD = """\
# Commands

Made from what `--help` says, by `python -m tests.docs.commands`. A command ends with 0 if all is well; with
1 if something is wrong, and says what to do; with 2 if it was called wrongly.
"""


def leaves(command: click.Command = group, name: str = "aftercare") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its full name."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for part in command.list_commands(context):
        below = command.get_command(context, part)
        assert below is not None
        yield from leaves(below, f"{name} {part}")


def options(command: click.Command) -> dict[str, click.Option]:
    return {name: one for one in command.params if isinstance(one, click.Option) for name in one.opts}


def page() -> str:
    return "\n".join([HEAD, *(_section(name, command) for name, command in leaves())])


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command)
    arguments = [one.make_metavar(context) for one in command.params if isinstance(one, click.Argument)]
    lines = [f"## {' '.join([name, *arguments])}", "", _paragraphs(command.help or ""), ""]
    for flag, option in options(command).items():
        value = (
            "" if option.is_flag else f" {option.make_metavar(context).replace('INTEGER RANGE', 'NUMBER')}"
        )
        default = f" Default: `{option.default}`." if option.show_default else ""
        needed = " Needed." if option.required else ""
        lines.append(f"- `{flag}{value}`: {option.help}{default}{needed}")
    return "\n".join(lines).rstrip() + "\n"


def _paragraphs(text: str) -> str:
    """Each paragraph in one line; blocks that keep their lines (`\\b`) as code."""
    found = []
    for block in text.strip().split("\n\n"):
        if block.startswith("\b"):
            found.append("```\n" + block.removeprefix("\b\n") + "\n```")
        else:
            found.append(" ".join(block.split()).replace("<", "\\<"))
    return "\n\n".join(found)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
