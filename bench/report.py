"""The report of a run: a table in the terminal, JSON and a page."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from rich.table import Table

from bench.machine import Machine
from bench.stock import Model
from bench.summary import NAMES, SAMPLE, Measured, rows


@dataclass(frozen=True)
class Run:
    """All that a run has to say. `versions` is system -> package -> version."""

    on: date
    machine: Machine
    versions: dict[str, dict[str, str]]
    model: Model | None
    seconds: float
    measured: list[Measured]


def terminal_table(measured: Sequence[Measured]) -> Table:
    head, *body = rows(measured)
    table = Table(title="Aftercare beside stock Rasa" if len(measured) > 1 else None)
    for column, title in enumerate(head):
        table.add_column(title, justify="right" if column else "left")
    for row in body:
        table.add_row(*row)
    return table


def write_json(run: Run, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(run), default=str, indent=1, ensure_ascii=False), encoding="utf-8")


def write_page(run: Run, path: Path, image: str) -> None:
    """Write the Markdown page; `image` is the plot's address relative to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(run, image), encoding="utf-8")


def page(run: Run, image: str) -> str:
    machine, model = run.machine, run.model
    trained = (
        f" Its training took {model.seconds / 60:.0f} minutes here, on {model.examples:,} examples of "
        f"{model.intents} intents and with {model.epochs} epochs of each network (Rasa's default is 100; it "
        "makes the answers better, not faster or slower), and is not part of any figure."
        + ("" if model.current else " It was trained on an earlier state of these examples.")
        if model
        else ""
    )
    versions = "\n".join(
        f"- {NAMES[system]}: " + ", ".join(f"{name} {version}" for name, version in packages.items())
        for system, packages in run.versions.items()
    )
    return f"""# Benchmarks

Aftercare's web chat beside stock Rasa, on the same machine, in one run, one system after the other, with the
same English examples and the same customers. Written by `make bench` on {run.on.isoformat()}; run it to get
the figures of your own machine. Ratios hold better than times.

![Throughput by number of customers, and latency by turn]({image})

{markdown_table(rows(run.measured))}

## How to read it

- **Start to first answer**: median of {len(run.measured[0].ready)} starts, from the start of the processes to
  the answer to a first message.
- **Memory**: resident memory of all processes of the system, summed.
- **Messages/s**: answered messages a second over {run.seconds:.0f} s after a warm-up; in brackets the slowest
  and the fastest third of that time. Each customer sends the next message when the last one is answered, and
  begins a fresh conversation after ten turns: a greeting, an order looked up with its number and e-mail, and
  frequent questions.
- **p50 / p95**: from sending a message to the first answer to it.
- **Cores used**: by the system and, after the plus sign, by the load generator, which shares the machine's
  cores with it.
- **Turn**: the median over {SAMPLE} messages from that turn on, in one long conversation.

## What is compared

Stock Rasa is what `rasa init` gives, with Rasa's own pins, its default pipeline and policies (DIET, TED),
served by `rasa run` and `rasa run actions` and asked through its REST channel. It has one rule for each
intent, three short stories (as a fresh `rasa init` project has) and one custom action.{trained} In its long
conversation, the turns between the measured ones are put into its tracker through its API: the events of
its own first turns, repeated. Aftercare is really told all of them.

To stock Rasa's favour: it keeps its conversations in memory, while
Aftercare commits every message, answer and event to SQLite before it shows them; its custom action looks
nothing up, while Aftercare's checks whose the order is and reads it from the database; its answer comes in
the response to the message, while Aftercare's comes on the event stream that an open chat window listens on.
To its disadvantage: a bot of rules only, without TED, would do less work a message.

The comparison says nothing about the quality of the answers; see the tests of understanding for that.

## The machine

- {machine.cpu}, {machine.cores} cores, {machine.memory / 2**30:.0f} GB, {machine.system}
- load average before the run: {machine.load:.2f}
{versions}
"""


def markdown_table(table: list[list[str]]) -> str:
    head, *body = table
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
