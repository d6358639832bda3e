"""`python -m bench`: measures Aftercare and stock Rasa in one run and writes the report."""

import signal
import sys
import tempfile
from datetime import date
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from bench import aftercare, stock
from bench.conversation import messages
from bench.machine import this_machine
from bench.measure import FULL, QUICK, System, measure
from bench.plot import write_plot
from bench.process import BenchError, Processes
from bench.report import Run, terminal_table, write_json, write_page
from bench.stock_project import ROOT, StockProjectError

STOCK_ORDER = ("10234", "anna@example.com")  # stock Rasa's action looks nothing up: any order will do


@click.command()
@click.option("--quick", is_flag=True, help="A few seconds a phase; prints, but leaves the page as it is.")
@click.option(
    "--only", type=click.Choice(["aftercare", "stock"]), help="Measure one; leaves the page as it is."
)
@click.option("--epochs", default=stock.EPOCHS, show_default=True, help="Of stock Rasa's networks.")
@click.option("--skip-training", is_flag=True, help="Use the newest trained stock model, whatever its data.")
def main(quick: bool, only: str | None, epochs: int, skip_training: bool) -> None:
    """Compare Aftercare's web chat with stock Rasa; writes docs/benchmarks.md and its plot."""
    signal.signal(signal.SIGTERM, _stop)
    console = Console()
    effort = QUICK if quick else FULL
    machine = this_machine()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory, console.status("…") as status:

            def tell(text: str) -> None:
                status.update(text)
                if not console.is_terminal:
                    console.print(text)

            systems, versions, model = [], {}, None
            if only != "stock":
                tell("aftercare: training on the English data …")
                aftercare.prepare()
                systems.append(_aftercare(Path(directory)))
                versions["aftercare"] = aftercare.versions()
            if only != "aftercare":
                model = stock.prepare(tell, skip_training, epochs)
                systems.append(_stock(model))
                versions["stock"] = stock.versions()
            measured = [measure(system, effort, tell) for system in systems]
    except (BenchError, StockProjectError) as error:
        console.print(f"[bold red]The bench stopped.[/] {error}", highlight=False)
        sys.exit(1)
    run = Run(date.today(), machine, versions, model, effort.seconds, measured)
    console.print(terminal_table(measured))
    for one in measured:
        for failure in one.failures:
            console.print(f"{one.system}, long conversation: {failure}", highlight=False)
    if quick or only:
        write_json(run, stock.VAR / "partial.json")
        return
    write_json(run, stock.VAR / "results.json")
    write_plot(measured, ROOT / "docs" / "images" / "benchmark.png")
    write_page(run, ROOT / "docs" / "benchmarks.md", "images/benchmark.png")
    console.print("Written: docs/benchmarks.md, docs/images/benchmark.png, bench/var/results.json")


def _aftercare(directory: Path) -> System:
    databases: list[Path] = []

    def start(processes: Processes) -> int:
        databases.append(directory / f"{len(databases)}.db")
        return aftercare.start(processes, databases[-1])

    return System("aftercare", start, lambda: messages(*aftercare.demo_order(databases[-1])))


def _stock(model: stock.Model) -> System:
    return System("stock", lambda processes: stock.start(processes, model), lambda: messages(*STOCK_ORDER))


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)  # so that the servers are ended on the way out


if __name__ == "__main__":
    main()
