"""Pictures of a study's figures, as PNG files made to be read at a page's width."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import PercentFormatter

from bot.assistant.evaluation.figures import Figures
from bot.assistant.evaluation.study import CROSS_VALIDATED, HELD_OUT, KINDS, Study, Trial, language_name

DPI = 130
BLUE, ORANGE, GREEN, GREY = "#2563a8", "#c2571a", "#2f6b4f", "#6b7280"
LIGHT_BLUE = "#a9c3e0"
MIN_BIN = 10  # messages: the accuracy of fewer is chance
SHOWN_ABOVE = 0.03  # of an intent's messages: smaller mistakes get a tint and no number
COLUMNS = 3  # of a picture with a panel a language

Bars = tuple[str, str, Mapping[str, float | None]]  # label, colour, height by language


def draw(study: Study, folder: Path) -> dict[str, Path]:
    """Writes the pictures into an existing folder; their paths by what they show."""
    made = {"accuracy": _accuracy(study)}
    kind = HELD_OUT if study.of_kind(HELD_OUT) else CROSS_VALIDATED
    trials = study.of_kind(kind)
    made["calibration"] = _panels(trials, _calibration, f"confidence in the best guess ({KINDS[kind]})")
    made["thresholds"] = _panels(trials, _thresholds, f"threshold on the confidence ({KINDS[kind]})")
    for one in (HELD_OUT, CROSS_VALIDATED):
        if found := study.of_kind(one):
            made[f"confusions-{one}"] = _confusions(found)
    paths = {name: folder / f"understanding-{name}.png" for name in made}
    for name, canvas in made.items():
        save(canvas, paths[name])
    return paths


def save(canvas: Canvas, path: Path) -> None:
    # Without matplotlib's version in it, the same figures give the same file.
    canvas.savefig(path, dpi=DPI, facecolor="white", metadata={"Software": None})


def _accuracy(study: Study) -> Any:
    canvas = Canvas(figsize=(10, 4.2), layout="constrained")
    left, right = canvas.subplots(1, 2)
    held_out, crossed = study.of_kind(HELD_OUT), study.of_kind(CROSS_VALIDATED)

    def heights(
        trials: Sequence[Trial], height: Callable[[Figures], float | None]
    ) -> dict[str, float | None]:
        return {trial.language: height(trial.figures) for trial in trials}

    inside: list[Bars] = [
        ("held-out messages", BLUE, heights(held_out, lambda f: f.in_scope_accuracy)),
        ("cross-validated", LIGHT_BLUE, heights(crossed, lambda f: f.in_scope_accuracy)),
    ]
    outside: list[Bars] = [
        ("recall, held-out", GREEN, heights(held_out, lambda f: f.out_of_scope.recall)),
        ("precision, held-out", "#a7cbb8", heights(held_out, lambda f: f.out_of_scope.precision)),
    ]
    bars(left, study.languages, inside, "In-scope accuracy of the best guess")
    bars(right, study.languages, outside, "Out of scope")
    return canvas


def bars(axes: Any, languages: Sequence[str], groups: Sequence[Bars], title: str) -> None:
    """A group of bars a language, each with its share in %."""
    width = 0.8 / len(groups)
    for number, (label, colour, shares) in enumerate(groups):
        at = [languages.index(language) + (number - (len(groups) - 1) / 2) * width for language in shares]
        heights = [height or 0.0 for height in shares.values()]
        axes.bar(at, heights, width * 0.94, color=colour, label=label)
        for x, y in zip(at, heights, strict=True):
            axes.text(x, y + 0.01, f"{100 * y:.1f}", ha="center", va="bottom", fontsize=7.5, color="#374151")
    axes.set_xticks(range(len(languages)), [language_name(language) for language in languages])
    axes.tick_params(axis="x", length=0)
    axes.set_ylim(0, 1.08)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_title(title, fontsize=11, loc="left")
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.09), ncols=2)


def _panels(trials: Sequence[Trial], draw_one: Callable[[Any, Figures], None], below: str) -> Any:
    """A panel a language, with one legend for all above them."""
    rows = -(-len(trials) // COLUMNS)
    columns = min(COLUMNS, len(trials))
    canvas = Canvas(figsize=(max(3.4 * columns, 6.0), 3.1 * rows + 0.7), layout="constrained")
    grid = list(canvas.subplots(rows, columns, squeeze=False, sharey=True).flat)
    for axes, trial in zip(grid, trials, strict=False):
        _plain(axes)
        draw_one(axes, trial.figures)
        axes.set_title(language_name(trial.language), fontsize=11, loc="left")
    handles, labels = grid[0].get_legend_handles_labels()
    for axes in grid[len(trials) :]:
        axes.set_visible(False)
    canvas.supxlabel(below, fontsize=10)
    canvas.legend(handles, labels, frameon=False, fontsize=9, loc="outside upper left", ncols=len(labels))
    return canvas


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)


def _thresholds(axes: Any, figures: Figures) -> None:
    at = [point.threshold for point in figures.curve]
    accuracy = [np.nan if point.accuracy is None else point.accuracy for point in figures.curve]
    asked = [point.asked_back for point in figures.curve]
    axes.plot(at, accuracy, color=BLUE, marker="o", markersize=3.5, label="right, of what is answered")
    axes.plot(at, asked, color=ORANGE, marker="s", markersize=3.5, label="asked back")
    axes.axvline(
        figures.working.threshold,
        color=GREY,
        linewidth=1,
        linestyle="--",
        label=f"at work: {figures.working.threshold:g}",
    )


def _calibration(axes: Any, figures: Figures) -> None:
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
    axes.text(0.03, 0.93, f"error {figures.calibration_error:.3f}", fontsize=9, color="#374151")


def _confusions(trials: Sequence[Trial]) -> Any:
    """Rows are the intents meant, columns the best guesses; a row adds up to 100 %."""
    counts = Counter((p.example.intent, p.guess) for trial in trials for p in trial.predictions)
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
    languages = ", ".join(language_name(trial.language) for trial in trials)
    axes.set_title(f"{KINDS[trials[0].kind]}: {languages}", fontsize=9, loc="left")
    axes.set_ylabel("meant")
    axes.set_xlabel("best guess, in % of the row")
    return canvas
