"""`aftercare evaluate --conversations`: scripted conversations played against the assistant."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.assistant import training
from bot.cli import stage
from bot.cli.learning.language_options import chosen
from bot.cli.learning.measured import STANDARD_OUTPUT, progress, trained, write_json
from bot.cli.stage import Customer, Stage, Stages
from bot.runtime import extras
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from store.orders.demo_cases import Standing

if TYPE_CHECKING:
    from bot.assistant.evaluation.scripted.playing import Turn
    from bot.assistant.evaluation.scripted.recognition import Recogniser
    from bot.assistant.evaluation.scripted.scripts import Script
    from bot.assistant.evaluation.scripted.tally import Tally


@dataclass(frozen=True, slots=True)
class _Scene:
    """A stage with one customer."""

    stage: Stage
    customer: Customer

    @property
    def facts(self) -> dict[str, str]:
        return self.stage.facts

    def say(self, text: str) -> dict[str, Any]:
        return self.customer.say(text)

    def order(self) -> str | None:
        return self.stage.order(self.customer)

    def standings(self) -> dict[str, Standing]:
        return self.stage.standings()


def rehearse(
    settings: Settings, folder: Path, languages: str | None, path: Path, failures: bool, as_json: str | None
) -> None:
    """Plays all conversations of a folder and writes the page at `path`. Raises `SourceError` for files that
    can't be used, before anything is played."""
    extras.need("evaluate", "matplotlib")
    from bot.assistant.evaluation.scripted.recognition import Recogniser
    from bot.assistant.evaluation.scripted.scripts import read_folder
    from bot.assistant.evaluation.scripted.tally import Tally

    knowledge = Knowledge.load(settings.home)
    wanted = chosen(languages, knowledge.shop.languages)
    faq = [entry.id for entry in knowledge.faq]
    with tempfile.TemporaryDirectory(prefix="aftercare-") as workshop:
        facts = stage.build(Path(workshop))
        every = read_folder(folder, knowledge.shop.languages, facts, faq)
        scripts = [script for script in every if script.language in wanted]
        if not scripts:
            raise click.UsageError(f"{folder} has no conversations in {', '.join(wanted)}")
        recogniser = Recogniser(knowledge.faq, knowledge.responses)
        with progress(len(scripts) + 3) as tell:
            core = trained(settings.home, tell, knowledge)
            stages = Stages(settings, knowledge, core, Path(workshop), facts)
            turns: list[Turn] = []
            for number, script in enumerate(scripts, 1):
                tell(f"{script.language}: {number} of {len(scripts)} conversations")
                turns += _played(script, stages, recogniser, faq)
            tally = Tally(tuple(turns))
            tell("drawing")
            pictures = _page(tally, path, settings.home, folder, wanted if languages else ())
    if as_json:
        write_json(_figures(tally, path), as_json)
    if as_json != STANDARD_OUTPUT:
        _show(tally)
        if failures:
            _show_failures(tally)
    click.echo(f"wrote {path} and {pictures} pictures in {path.parent / 'images'}", err=True)


def _played(
    script: "Script", stages: Stages, recogniser: "Recogniser", faq: Sequence[str]
) -> Iterator["Turn"]:
    from bot.assistant.evaluation.scripted.playing import play

    with tempfile.TemporaryDirectory(prefix="aftercare-") as folder, stages.open(Path(folder)) as opened:
        yield from play(script, _Scene(opened, opened.customer()), recogniser, faq)


def _page(tally: "Tally", path: Path, home: Path, folder: Path, languages: Sequence[str]) -> int:
    from bot.assistant.evaluation.scripted import scripts_page, scripts_plot

    images = path.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    pictures = scripts_plot.draw(tally, images, path.stem)
    command = f"aftercare evaluate --conversations {folder}"
    text = scripts_page.compose(
        tally,
        pictures,
        path.parent,
        command=f"{command} --languages {','.join(languages)}" if languages else command,
        today=date.today(),
        state=training.fingerprint(home),
    )
    path.write_text(text, "utf-8")
    return len(pictures)


def _figures(tally: "Tally", path: Path) -> dict[str, Any]:
    def counted(part: "Tally") -> dict[str, Any]:
        turns, whole = part.as_expected(), part.conversations()
        return {
            "turns": turns.all,
            "turns_as_expected": turns.right,
            "conversations": whole.all,
            "conversations_as_expected": whole.right,
        }

    return {
        "page": str(path),
        **counted(tally),
        "languages": {one: counted(tally.of(one)) for one in tally.languages},
        "kinds": {one: counted(tally.of(kind=one)) for one in tally.kinds},
        "played": [turn.as_json() for turn in tally.turns],
    }


def _show(tally: "Tally") -> None:
    from bot.assistant.evaluation.scripted import scripts_page

    out = Console()
    _show_table(out, tuple(scripts_page.COLUMNS), scripts_page.rows(tally, str), "As expected")
    _show_table(out, *scripts_page.kinds(tally, str), "Turns as expected by kind, in % (turns)")
    _show_table(out, *scripts_page.missed(tally, str), "Expected in vain, in turns")
    _show_table(out, *scripts_page.faults(tally, str), "Wrong, in turns")


def _show_table(out: Console, head: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    table = Table(*head, title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _show_failures(tally: "Tally") -> None:
    # Texts of customers are shown as they are: not wrapped, and no markup.
    out = Console(soft_wrap=True)
    for turn in tally.failures:
        script = turn.script
        place = f"{script.language}, {script.kind}: {script.title}, turn {turn.number}"
        lines = [
            ("said", turn.said),
            ("expected", _expected(turn)),
            ("got", " ".join(turn.outcomes) or "nothing"),
            ("wrong", "; ".join(turn.wrong)),
            *(("reply", reply) for reply in turn.replies),
            *(("unknown", part) for part in turn.unknown),
        ]
        out.print(Text(f"\n{place}", "bold"))
        for name, text in lines:
            indented = text.replace("\n", "\n            ")
            out.print(Text(f"  {name:<9} {indented}"))


def _expected(turn: "Turn") -> str:
    step = turn.step
    parts = [" ".join(step.does) or "nothing", *(f"not {name}" for name in step.not_)]
    if step.order:
        parts.append(f"order {step.order}")
    if step.changed:
        parts.append(f"changed {step.changed.order} to {step.changed.to}")
    if step.unchanged:
        parts.append(f"unchanged {step.unchanged}")
    if step.owner:
        parts.append(f"owner {step.owner}")
    return ", ".join(parts)
