"""The plot of a run: throughput by customers, and latency by turn."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.summary import NAMES, SAMPLE, Measured, duration, rolling_median

COLOURS = {"aftercare": "#0b6e4f", "stock": "#b3541e"}
MARKERS = {"aftercare": "o", "stock": "s"}


def write_plot(measured: Sequence[Measured], path: Path) -> None:
    """Write the plot as PNG: throughput by customers, and latency by turn."""
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    _plot_throughput(left, measured)
    _plot_turns(right, measured)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#dddddd", linewidth=0.8)
        axes.set_axisbelow(True)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def _plot_throughput(axes: Axes, measured: Sequence[Measured]) -> None:
    width = 0.8 / len(measured)
    for number, one in enumerate(measured):
        places = [index + (number - (len(measured) - 1) / 2) * width for index in range(len(one.throughput))]
        rates = [phase.rate for phase in one.throughput]
        bars = axes.bar(places, rates, width * 0.94, color=COLOURS[one.system], label=NAMES[one.system])
        axes.bar_label(bars, fmt="%.0f", padding=2)
    # Linear, since bars on a log axis have no true length; the margin is the legend's.
    axes.margins(y=0.22)
    axes.set_xticks(
        range(len(measured[0].throughput)), [str(phase.customers) for phase in measured[0].throughput]
    )
    axes.set_xlabel("customers at once")
    axes.set_ylabel("messages answered a second")
    axes.set_title("Throughput, fresh conversations of ten turns")
    axes.legend(frameon=False, loc="upper left", ncols=2)


def _plot_turns(axes: Axes, measured: Sequence[Measured]) -> None:
    for one in measured:
        smooth = rolling_median(one.turn_latencies, SAMPLE)
        turns, medians = [turn for turn, _ in smooth], [latency for _, latency in smooth]
        axes.plot(turns, medians, color=COLOURS[one.system], linewidth=1.4)
        marked = [(cost.turn, cost.p50) for cost in one.turn_costs if cost.p50 is not None]
        axes.plot(
            [turn for turn, _ in marked],
            [p50 for _, p50 in marked],
            linestyle="none",
            marker=MARKERS[one.system],
            color=COLOURS[one.system],
            label=NAMES[one.system],
        )
        for turn, p50 in marked:
            axes.annotate(duration(p50), (turn, p50), (3, 7), textcoords="offset points", ha="right")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.margins(x=0.08, y=0.2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 1000:,g} ms"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("turn of one conversation")
    axes.set_ylabel(f"latency, median of {SAMPLE} messages")
    axes.set_title("Cost of a message as the conversation grows")
    axes.legend(frameon=False, loc="upper left")
