"""A trial's figures in the words and cells of tables."""

from collections.abc import Iterable

from bot.assistant.evaluation.figures import Figures

MAX_CONFUSIONS = 10
MAX_TEXT = 90  # characters of a text in a table

Row = tuple[str, ...]

COLUMNS = {  # of a table with a row a language: short and in words
    "": "language",
    "n": "messages",
    "in scope": "in-scope accuracy",
    "all": "accuracy",
    "F1": "macro-F1",
    "OOS recall": "out-of-scope recall",
    "OOS prec.": "out-of-scope precision",
    "ECE": "calibration error",
    "lang.": "language detected",
    "kept": "language kept",
    "ms": "median time",
    "p95": "95 % within",
}


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def line(name: str, figures: Figures) -> Row:
    """The cells below `COLUMNS`, percentages without their sign."""

    def cell(share: float | None) -> str:
        return percent(share).removesuffix(" %")

    scope, language = figures.out_of_scope, figures.detection
    detected, kept = (language.detected, language.kept) if language else (None, None)
    return (
        name,
        f"{figures.messages:,}",
        cell(figures.in_scope_accuracy),
        cell(figures.accuracy),
        f"{figures.macro_f1:.3f}",
        cell(scope.recall),
        cell(scope.precision),
        f"{figures.calibration_error:.3f}",
        cell(detected),
        cell(kept),
        f"{1000 * figures.latency_median:.2f}",
        f"{1000 * figures.latency_95:.2f}",
    )


def summary(figures: Figures) -> list[tuple[str, str]]:
    """What is measured, and the figure in words for a table."""
    scope, working, language = figures.out_of_scope, figures.working, figures.detection
    return [
        ("messages", f"{figures.messages:,}"),
        (
            "in-scope accuracy",
            percent(figures.in_scope_accuracy),
        ),
        ("accuracy", percent(figures.accuracy)),
        ("macro-F1 over the intents", f"{figures.macro_f1:.3f}"),
        ("out-of-scope messages", f"{scope.messages:,}"),
        ("out-of-scope recall", percent(scope.recall)),
        ("out-of-scope precision", percent(scope.precision)),
        ("out-of-scope messages answered as something else", percent(scope.answered_wrongly)),
        (f"asked back at the working threshold, {working.threshold:g}", percent(working.asked_back)),
        ("accuracy of what is answered there", percent(working.accuracy)),
        ("expected calibration error", f"{figures.calibration_error:.3f}"),
        ("language detected", percent(language.detected if language else None)),
        ("language kept by a conversation in it", percent(language.kept if language else None)),
        ("language noticed by a conversation in another", percent(language.noticed if language else None)),
        ("time of one prediction: median", f"{1000 * figures.latency_median:.2f} ms"),
        ("time of one prediction: 95 % are faster than", f"{1000 * figures.latency_95:.2f} ms"),
    ]


def shortened(text: str) -> str:
    """The text on one line of at most `MAX_TEXT` characters."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def markdown(head: Row, rows: Iterable[Row]) -> str:
    """A table of a Markdown page."""
    # Figures are read by column; the first column is what they are about.
    rule = ["---"] + ["---:" if len(head) > 2 else "---"] * (len(head) - 1)
    if head[-1] == "for example":
        rule[1], rule[-1] = "---", "---"
    lines = [head, tuple(rule), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
