"""`aftercare benchmark-nlu`: our classifier on other people's data."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.runtime import log
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.assistant.evaluation.benchmark import Result

MAX_CONFUSIONS = 10


@click.command("benchmark-nlu")
@click.option("--train", required=True, type=click.Path(path_type=Path), help="CSV or TSV to learn from.")
@click.option("--test", required=True, type=click.Path(path_type=Path), help="CSV or TSV to measure on.")
@click.option(
    "--oos-label", help="The label of what is out of scope; otherwise the only one without training examples."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def benchmark(train: Path, test: Path, oos_label: str | None, as_json: bool) -> None:
    """Trains the classifier on a labelled file and measures it on another.

    The files have a column text, sentence or utterance, and a column label, intent or category. Nothing
    of the shop's own data is used or changed.
    """
    from bot.assistant.evaluation.benchmark import CannotMeasure, outside_label, run
    from bot.assistant.evaluation.dataset import Dataset
    from bot.assistant.evaluation.study import configured

    log.configure("WARNING")
    options = configured(Settings.load().home).get("LinearIntentClassifier", {})
    learned, asked = Dataset.read(train), Dataset.read(test)
    console = Console(stderr=True)
    try:
        outside = outside_label(learned, asked, oos_label)
        with console.status("…") as status:
            result = run(learned, asked, outside, options, lambda step: status.update(f"{step}…"))
    except CannotMeasure as error:
        raise click.ClickException(str(error)) from error
    if result.untrained:
        click.echo(f"{result.untrained} messages have labels without training examples: mistakes", err=True)
    if as_json:
        figures = asdict(result.figures)
        scope = figures.pop("out_of_scope")
        # Of confidences nothing can be said once a threshold on scores has decided.
        for name in ("working", "curve", "bins", "calibration_error", "detection"):
            figures.pop(name)
        del figures["trained_on"], figures["accuracy_of_others"]
        shown = {**asdict(result), **figures, "train": str(train), "test": str(test)}
        del shown["figures"]
        shown |= {f"oos_{name}": scope[name] for name in ("messages", "recall", "precision")}
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    out = Console()
    table = Table("", "", title=Text(f"{train.name}, {test.name}"), show_header=False)
    table.columns[1].justify = "right"
    for row in _rows(result):
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)
    worst = Table("meant", "answered", "messages", "for example", title="Worst confusions")
    for c in result.figures.confusions[:MAX_CONFUSIONS]:
        worst.add_row(Text(c.intent), Text(c.guess), str(c.count), Text(" ".join(c.texts[0].split())[:90]))
    out.print(worst)


def _rows(result: "Result") -> list[tuple[str, str]]:
    from bot.assistant.evaluation.table import percent

    figures, scope = result.figures, result.figures.out_of_scope
    rejects = result.rule
    if result.threshold is not None:
        rejects = f"best score below {result.threshold:.3f}"
    return [
        ("training examples", f"{result.training_examples:,} of {result.training_labels} labels"),
        ("test messages", f"{figures.messages:,}, {scope.messages:,} of them out of scope"),
        ("out-of-scope label", result.oos_label or "none"),
        ("out of scope is", rejects),
        ("accuracy", percent(figures.accuracy)),
        ("in-scope accuracy", percent(figures.in_scope_accuracy)),
        ("in-scope accuracy without a threshold", percent(result.accuracy_without_threshold)),
        ("out-of-scope recall", percent(scope.recall)),
        ("out-of-scope precision", percent(scope.precision)),
        ("Matthews correlation", f"{result.mcc:.3f}"),
        ("macro-F1", f"{figures.macro_f1:.3f}"),
        ("training", f"{result.training_seconds:.1f} s"),
        ("choosing the threshold", f"{result.threshold_seconds:.1f} s"),
        ("time of one prediction: median", f"{1000 * figures.latency_median:.2f} ms"),
        ("time of one prediction: 95 % are faster than", f"{1000 * figures.latency_95:.2f} ms"),
    ]
