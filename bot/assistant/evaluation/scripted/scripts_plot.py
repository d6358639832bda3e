"""Pictures of a tally, as PNG files made to be read at a page's width."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from bot.assistant.evaluation.plots import BLUE, LIGHT_BLUE, bars, save
from bot.assistant.evaluation.scripted.tally import Tally
from bot.assistant.evaluation.study import language_name


def draw(tally: Tally, folder: Path, name: str) -> dict[str, Path]:
    """Writes the pictures `<name>-….png` into an existing folder; their paths by what they show."""
    made = {"languages": _languages(tally), "kinds": _kinds(tally)}
    paths = {what: folder / f"{name}-{what}.png" for what in made}
    for what, canvas in made.items():
        save(canvas, paths[what])
    return paths


def _languages(tally: Tally) -> Canvas:
    canvas = Canvas(figsize=(10, 4.2), layout="constrained")
    own = {language: tally.of(language) for language in tally.languages}
    turns = {language: one.as_expected().share for language, one in own.items()}
    whole = {language: one.conversations().share for language, one in own.items()}
    groups = [("turns", BLUE, turns), ("conversations without a wrong turn", LIGHT_BLUE, whole)]
    bars(canvas.subplots(), tally.languages, groups, "As expected")
    return canvas


def _kinds(tally: Tally) -> Canvas:
    """Rows are the kinds of conversation, columns the languages; a cell is a share of turns."""
    shares = [
        [tally.of(language, kind).as_expected().share for language in tally.languages] for kind in tally.kinds
    ]
    matrix = np.array([[np.nan if one is None else one for one in row] for row in shares], float)
    height = 1.2 + 0.36 * len(tally.kinds)
    canvas = Canvas(figsize=(2.6 + 1.2 * len(tally.languages), height), layout="constrained")
    axes: Any = canvas.subplots()
    axes.imshow(matrix, cmap="RdYlGn", vmin=0, vmax=1, aspect="auto", alpha=0.75)
    for (row, column), share in np.ndenumerate(matrix):
        if not np.isnan(share):
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=9)
    axes.set_xticks(range(len(tally.languages)), [language_name(one) for one in tally.languages])
    axes.set_yticks(range(len(tally.kinds)), [kind.replace("_", " ") for kind in tally.kinds])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Turns as expected by kind of conversation, in %", fontsize=11, loc="left")
    return canvas
