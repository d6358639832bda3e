"""What measuring commands have in common: the trained assistant, progress, figures for programs."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot import compose
from bot.assistant import training
from bot.assistant.protocol import Assistant
from bot.shop.knowledge import Knowledge

STANDARD_OUTPUT = "-"

Tell = Callable[[str], None]


def trained(home: Path, tell: Tell, knowledge: Knowledge | None = None) -> Assistant:
    """The trained assistant; it is trained first if anything has changed."""
    if training.current_model(home) is None:
        tell("training the model")
        training.train(home)
    tell("loading the model")
    return compose.assistant(home, knowledge or Knowledge.load(home), tell)


@contextmanager
def progress(steps: int) -> Iterator[Tell]:
    """A bar of so many steps on standard error; to be told of each step as it begins."""
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=steps)

        def tell(step: str) -> None:
            shown.update(task, description=step)
            shown.advance(task)

        yield tell


def write_json(figures: Mapping[str, Any], target: str) -> None:
    """One object, into a file or to standard output."""
    text = json.dumps(figures, ensure_ascii=False)
    if target == STANDARD_OUTPUT:
        click.echo(text)
    else:
        Path(target).write_text(f"{text}\n", "utf-8")
