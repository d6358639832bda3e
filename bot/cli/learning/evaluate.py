"""`aftercare evaluate`: how well texts are understood, as tables and as a page with pictures."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.assistant import training
from bot.cli.learning.language_options import chosen
from bot.cli.learning.measured import STANDARD_OUTPUT, progress, trained, write_json
from bot.runtime import extras, log
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.assistant.evaluation.figures import Figures
    from bot.assistant.evaluation.study import Bench, Study

SHOWN_CONFUSIONS = 3  # of a language


@click.command()
@click.option("--languages", metavar="xx,yy", help="Measure these only; the model is of all the shop's.")
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
    help="Only measure this file (a line: intent, tab, text) and write no page.",
)
@click.option("--language", metavar="xx", help="With --test: the language of all its messages.")
@click.option(
    "--conversations",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Only play the conversations of this folder's <language>.yml, and write docs/conversations.md.",
)
@click.option(
    "--page",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="With --conversations: the page; its pictures go to images/ beside it.",
)
@click.option("--failures", is_flag=True, help="With --conversations: show each turn that went wrong.")
@click.option(
    "--json",
    "as_json",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    help="One JSON object instead of tables, for programs; or beside them, into FILE.",
)
def evaluate(
    languages: str | None,
    folds: int,
    output: Path,
    labelled: Path | None,
    language: str | None,
    conversations: Path | None,
    page: Path | None,
    failures: bool,
    as_json: str | None,
) -> None:
    """Measures how well messages are understood, and writes the page docs/understanding.md.

    The training data are measured in cross-validation; the files tests/understanding/<language>.tsv by
    the trained model, which is trained first if anything has changed. With --conversations, scripted
    conversations are played against the assistant instead, each in a fresh demonstration shop.
    """
    from bot.assistant.evaluation.study import Bench

    log.configure("WARNING")
    if language and not labelled:
        raise click.UsageError("--language goes with --test FILE.tsv; otherwise: --languages")
    if languages and labelled:
        raise click.UsageError("--test measures one file; its language is said by --language")
    if labelled and conversations:
        raise click.UsageError("--test measures texts and --conversations plays scripts; call it twice")
    if (page or failures) and not conversations:
        raise click.UsageError("--page and --failures go with --conversations FOLDER")
    given = click.get_current_context().get_parameter_source
    if conversations and ParameterSource.COMMANDLINE in (given("folds"), given("output")):
        raise click.UsageError("--folds and --output are of understanding.md; with --conversations: --page")
    settings = Settings.load()
    home = settings.home
    if conversations:
        from bot.cli.learning.rehearsal import rehearse

        log.configure("ERROR")  # of the many turns only their outcome is of interest
        rehearse(settings, conversations, languages, page or Path("docs/conversations.md"), failures, as_json)
        return
    bench = Bench(home)
    if labelled:
        chosen(language, bench.shop.languages)
        _test(bench, home, labelled, language or "", as_json)
    else:
        _study(bench, home, chosen(languages, bench.shop.languages), folds, output, as_json)


def _study(
    bench: "Bench", home: Path, languages: Sequence[str], folds: int, output: Path, as_json: str | None
) -> None:
    extras.need("evaluate", "matplotlib")
    from bot.assistant.evaluation import page, plots
    from bot.assistant.evaluation.prediction import TooFewExamples

    try:
        bench.check(folds, languages)
    except TooFewExamples as error:
        raise click.BadParameter(str(error), param_hint="--folds") from error
    with progress(folds + 3) as tell:
        study = bench.study(folds, languages, trained(home, tell).understand, tell)
        tell("drawing")
        images = output / "images"
        images.mkdir(parents=True, exist_ok=True)
        for old in images.glob("understanding-*.png"):
            old.unlink()
        pictures = plots.draw(study, images)
        command = "aftercare evaluate"
        if tuple(languages) != bench.shop.languages:
            command += f" --languages {','.join(languages)}"
        text = page.compose(
            study,
            pictures,
            output,
            command=command + (f" --folds {folds}" if folds != 5 else ""),
            today=date.today(),
            state=training.fingerprint(home),
        )
        path = output / "understanding.md"
        path.write_text(text, "utf-8")
    if as_json:
        trials = [
            {"language": t.language, "kind": t.kind, "removed": t.removed, **asdict(t.figures)}
            for t in study.trials
        ]
        write_json({"folds": folds, "page": str(path), "trials": trials}, as_json)
    if as_json != STANDARD_OUTPUT:
        _show(study)
    click.echo(f"wrote {path} and {len(pictures)} pictures in {images}", err=True)


def _show(study: "Study") -> None:
    from bot.assistant.evaluation import table as tables
    from bot.assistant.evaluation.study import HELD_OUT, KINDS

    out = Console()
    for kind, title in KINDS.items():
        trials = study.of_kind(kind)
        if not trials:
            continue
        table = Table(
            *tables.COLUMNS,
            title=f"{title[0].upper()}{title[1:]}",
            box=SIMPLE_HEAD,
            padding=0,
            pad_edge=False,
        )
        for column in table.columns[1:]:
            column.justify = "right"
        for trial in trials:
            table.add_row(*tables.line(trial.language, trial.figures))
        out.print(table)
        removed = [f"{trial.language} {trial.removed}" for trial in trials if trial.removed]
        if removed:
            out.print(f"removed because they are training examples: {', '.join(removed)}", style="dim")
    worst = Table(
        "", "meant", "best guess", "messages", "for example", title="Worst confusions", pad_edge=False
    )
    for trial in study.of_kind(HELD_OUT):
        for c in trial.figures.confusions[:SHOWN_CONFUSIONS]:
            worst.add_row(trial.language, c.intent, c.guess, str(c.count), Text(tables.shortened(c.texts[0])))
    if worst.row_count:
        out.print(worst)


def _test(bench: "Bench", home: Path, labelled: Path, language: str, as_json: str | None) -> None:
    examples = bench.read(labelled, language)
    console = Console(stderr=True)
    with console.status("loading the model…") as status:
        figures = bench.measure(examples, trained(home, lambda step: status.update(f"{step}…")).understand)
    if as_json:
        shown = {"file": str(labelled), "language": language or None, **asdict(figures)}
        write_json(shown, as_json)
    if as_json != STANDARD_OUTPUT:
        _show_figures(figures, labelled.name)


def _show_figures(figures: "Figures", title: str) -> None:
    from bot.assistant.evaluation import table as tables

    out = Console()
    table = Table("", "", title=Text(title), show_header=False)
    table.columns[1].justify = "right"
    for row in tables.summary(figures):
        table.add_row(*row)
    table.add_row("messages that are training examples", f"{figures.trained_on:,}")
    table.add_row("accuracy without those", tables.percent(figures.accuracy_of_others))
    out.print(table)
    if figures.confusions:
        worst = Table("meant", "best guess", "messages", "for example", title="Worst confusions")
        for c in figures.confusions[: tables.MAX_CONFUSIONS]:
            worst.add_row(c.intent, c.guess, str(c.count), Text(tables.shortened(c.texts[0])))
        out.print(worst)
