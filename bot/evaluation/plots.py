"""Pictures of a trial's figures, as PNG files made to be read at a page's width."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import PercentFormatter

from bot.evaluation.figures import Figures
from bot.evaluation.study import Trial

DPI = 130
BLUE, ORANGE, GREY = "#2563a8", "#c2571a", "#6b7280"
MIN_BIN = 10  # messages: the accuracy of fewer is chance
SHOWN_ABOVE = 0.03  # of an intent's messages: smaller mistakes get a tint and no number


def draw(trial: Trial, folder: Path) -> tuple[Path, Path]:
    """Writes two pictures into an existing folder: thresholds and calibration; confusions."""
    answers = folder / f"understanding-{trial.key}-confidence.png"
    confusions = folder / f"understanding-{trial.key}-confusions.png"
    _save(_confidence(trial.figures), answers)
    _save(_confusions(trial), confusions)
    return answers, confusions


def _save(canvas: Any, path: Path) -> None:
    # Without matplotlib's version in it, the same figures give the same file.
    canvas.savefig(path, dpi=DPI, facecolor="white", metadata={"Software": None})


def _confidence(figures: Figures) -> Any:
    canvas = Canvas(figsize=(10, 4.5), layout="constrained")
    left, right = canvas.subplots(1, 2)
    _thresholds(left, figures)
    _calibration(right, figures)
    return canvas


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)


def _legend(axes: Any) -> None:
    """Below the picture: nothing is then hidden, wherever the lines run."""
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)


def _thresholds(axes: Any, figures: Figures) -> None:
    _plain(axes)
    working = figures.working
    at = [point.threshold for point in figures.curve]
    accuracy = [np.nan if point.accuracy is None else point.accuracy for point in figures.curve]
    axes.axvline(working.threshold, color=GREY, linewidth=1, linestyle="--")
    axes.plot(at, accuracy, color=BLUE, marker="o", markersize=3.5, label="right, of what is answered")
    axes.plot(
        at,
        [point.asked_back for point in figures.curve],
        color=ORANGE,
        marker="s",
        markersize=3.5,
        label="asked back",
    )
    axes.annotate(
        f"at work: {working.threshold:g}",
        (working.threshold, 1.02),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=GREY,
        fontsize=9,
        annotation_clip=False,
    )
    axes.set_title("What a threshold on the confidence does", fontsize=11, loc="left", pad=18)
    axes.set_xlabel("threshold: below it, the assistant asks back")
    axes.set_ylabel("share of messages")
    _legend(axes)


def _calibration(axes: Any, figures: Figures) -> None:
    _plain(axes)
    found = [one for one in figures.bins if one.messages >= MIN_BIN]
    axes.bar(
        [one.low for one in figures.bins],
        [one.messages / figures.messages for one in figures.bins],
        width=1 / len(figures.bins),
        align="edge",
        color="#dbe4ee",
        edgecolor="white",
        label="share of messages",
    )
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="as sure as right")
    axes.plot(
        [one.confidence for one in found],
        [one.accuracy for one in found],
        color=BLUE,
        marker="o",
        markersize=5,
        label="right",
    )
    axes.set_title(
        f"Calibration: expected error {figures.calibration_error:.3f}", fontsize=11, loc="left", pad=18
    )
    axes.set_xlabel("confidence in the best guess")
    _legend(axes)


def _confusions(trial: Trial) -> Any:
    """Rows are the intents meant, columns the best guesses; a row adds up to 100 %."""
    counts = Counter((p.example.intent, p.guess) for p in trial.predictions)
    names = sorted({name for pair in counts for name in pair})
    matrix = np.array([[counts[meant, guess] for guess in names] for meant in names], float)
    matrix /= np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(4.0, 0.17 * len(names))
    canvas = Canvas(figsize=(side + 2.0, side + 1.9), layout="constrained")
    axes = canvas.subplots()
    # The root brings out small mistakes beside a strong diagonal.
    axes.imshow(matrix, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
    for row, column in zip(*np.nonzero(matrix), strict=True):
        value = matrix[row, column]
        if row == column or value >= SHOWN_ABOVE:
            colour = "white" if value > 0.45 else ("#14304f" if row == column else "#9a3412")
            axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=6, color=colour)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xticks(np.arange(-0.5, len(names)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(names)), minor=True)
    axes.grid(which="minor", color="#eef1f5", linewidth=0.5)
    axes.tick_params(length=0, which="both")
    axes.spines[:].set_visible(False)
    axes.set_ylabel("meant")
    axes.set_xlabel("best guess, in % of the row")
    return canvas
