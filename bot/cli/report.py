"""`aftercare report`: how well texts are understood, as a page with pictures or as a table."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bot import log, training
from bot.settings import Settings


@click.command()
@click.option(
    "--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Of cross-validation."
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    default=Path("docs"),
    show_default=True,
    help="Folder of understanding.md and its images/.",
)
@click.option(
    "--test",
    "labelled",
    type=click.Path(path_type=Path),
    help="Only measure this tab-separated file (columns intent, text), and write no page.",
)
@click.option("--json", "as_json", is_flag=True, help="With --test: one JSON object, for programs.")
def report(folds: int, output: Path, labelled: Path | None, as_json: bool) -> None:
    """Measures how well the intents are told apart, and writes the page docs/understanding.md."""
    log.configure("WARNING")
    if labelled:
        _test(labelled, as_json)
    elif as_json:
        raise click.UsageError("--json goes with --test FILE.tsv")
    else:
        _page(folds, output)


def _page(folds: int, output: Path) -> None:
    from bot.evaluation import page, plots
    from bot.evaluation.prediction import TooFewExamples
    from bot.evaluation.study import Bench

    home = Settings.load().home
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    ) as progress:
        task = progress.add_task("reading the data", total=folds + 2)
        bench = Bench(home)

        def tell(step: str) -> None:
            progress.update(task, description=step)
            progress.advance(task)

        try:
            study = bench.study(folds, tell)
        except TooFewExamples as error:
            raise click.BadParameter(str(error), param_hint="--folds") from error
        tell("drawing")
        images = output / "images"
        images.mkdir(parents=True, exist_ok=True)
        pictures = {trial.key: plots.draw(trial, images) for trial in study.trials}
        text = page.compose(
            study,
            pictures,
            output,
            command="aftercare report" + (f" --folds {folds}" if folds != 5 else ""),
            today=date.today(),
            state=training.fingerprint(home),
        )
        path = output / "understanding.md"
        path.write_text(text, "utf-8")
    for trial in study.trials:
        console.print(_table(page.summary(trial.figures), f"{trial.language_name}: {page.kind(trial)}"))
    click.echo(f"wrote {path} and {sum(map(len, pictures.values()))} pictures in {images}", err=True)


def _test(labelled: Path, as_json: bool) -> None:
    from bot.evaluation import page
    from bot.evaluation.figures import Figures
    from bot.evaluation.study import Bench
    from bot.understanding import UNSURE_BELOW

    console = Console(stderr=True)
    with console.status("reading the data…") as status:
        bench = Bench(Settings.load().home)
        examples = bench.read(labelled, bench.shop.languages[0])
        status.update("training…")
        classifier = bench.classifier()
        figures = Figures.of(classifier.predict(examples), UNSURE_BELOW)
    if as_json:
        shown = {"file": str(labelled), "training_seconds": classifier.training_seconds, **asdict(figures)}
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    out = Console()
    out.print(_table(page.summary(figures), labelled.name))
    if figures.confusions:
        worst = Table("meant", "best guess", "messages", "for example", title="Worst confusions")
        for column in worst.columns[:2]:
            column.no_wrap = True
        for c in figures.confusions[: page.MAX_CONFUSIONS]:
            worst.add_row(c.intent, c.guess, str(c.count), Text(page.shortened(c.texts[0])))
        out.print(worst)


def _table(rows: list[tuple[str, str]], title: str) -> Table:
    table = Table("", "", title=Text(title), show_header=False)
    table.columns[1].justify = "right"
    for row in rows:
        table.add_row(*row)
    return table
