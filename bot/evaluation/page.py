"""The report as a Markdown page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

from bot.evaluation.examples import Example
from bot.evaluation.figures import BINS, Figures
from bot.evaluation.plots import MIN_BIN
from bot.evaluation.study import Study, Trial, source_of
from bot.understanding import UNSURE_BELOW

MAX_CONFUSIONS = 15
MAX_TEXT = 90  # characters of a text in a table

Row = tuple[str, ...]


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def summary(figures: Figures) -> list[tuple[str, str]]:
    """What is measured, and the figure in words for a table."""
    scope, working = figures.out_of_scope, figures.working
    return [
        ("messages", f"{figures.messages:,}"),
        ("accuracy: the best guess is right", percent(figures.accuracy)),
        ("in-scope accuracy: the same, out_of_scope left out", percent(figures.in_scope_accuracy)),
        ("macro-F1 over the intents", f"{figures.macro_f1:.3f}"),
        ("messages that are in the training data too", f"{figures.trained_on:,}"),
        ("accuracy without those", percent(figures.accuracy_of_others)),
        ("out-of-scope messages", f"{scope.messages:,}"),
        ("out-of-scope recall at the working decision", percent(scope.recall)),
        ("out-of-scope precision at the working decision", percent(scope.precision)),
        ("out-of-scope messages answered as something else", percent(scope.answered_wrongly)),
        (f"asked back at the working threshold, {working.threshold:g}", percent(working.asked_back)),
        ("accuracy of what is answered there", percent(working.accuracy)),
        ("expected calibration error", f"{figures.calibration_error:.3f}"),
        ("time of one prediction: median", f"{1000 * figures.latency_median:.2f} ms"),
        ("time of one prediction: 95 % are faster than", f"{1000 * figures.latency_95:.2f} ms"),
    ]


def compose(
    study: Study,
    pictures: Mapping[str, Sequence[Path]],
    folder: Path,
    *,
    command: str,
    today: date,
    state: str,
) -> str:
    """The page for `folder`. `pictures` are each trial's by its key; `state` names the training data's."""
    parts = [_head(study, command, today, state)]
    language = ""
    for trial in study.trials:
        if trial.language != language:
            language = trial.language
            parts.append(f"## {trial.language_name}\n\n{_side_by_side(study.trials, language)}")
        parts.append(_section(trial, study.folds, [path.relative_to(folder) for path in pictures[trial.key]]))
    return "\n\n".join(parts) + "\n"


def _head(study: Study, command: str, today: date, state: str) -> str:
    settings = [
        ("made on", today.isoformat()),
        ("made by", f"`{command}`; run it again after changing the training data"),
        ("training data", _counted(study.data.examples)),
        ("state of the training data", f"`{state}`, as in the model's file name"),
        ("classifier", f"`bot.nlu.linear`, C {'by default' if study.c is None else f'= {study.c:g}'}"),
        ("cross-validation", f"{study.folds} folds, stratified by intent and language"),
        ("working threshold", f"{UNSURE_BELOW:g} (`bot.understanding`)"),
        ("training on all the data took", f"{study.training_seconds:.1f} s"),
    ]
    return f"""# How well the assistant understands

<!-- Written by a command; changes made here by hand are lost. -->

{_table(("setting", "value"), settings)}

The figures come from two sources, and they say different things:

- **Cross-validated**: the training lines themselves, each predicted by a model that didn't learn from its
  part of them. Lines that are one text to the model (capitals, accents, order numbers aside) stay in one
  part. This is much harder than real messages: every training line was written to differ from the others,
  so what is left out is by intention unlike what was learned. Read these figures to compare two versions
  of the model or to find intents that overlap, not as the share of customers who are understood.
- **Held-out messages**: `tests/understanding/<language>.tsv`, written in the manner of customers and never
  trained on. Short ones such as "thank you" stand in the training data all the same, because everybody
  writes them; the accuracy without those is given too. They may be easier than real messages: nobody's
  customers wrote them, and the kind of classifier was chosen by its figures on the English ones. What a
  shop sees probably lies between the two; measure it on messages of your own with
  `aftercare report --test FILE.tsv`.

*Answered* means that the assistant goes by an intent at once. *Asked back* means that its best guess is too
weak (`nlu_fallback`): it offers its two best guesses as buttons. The *working decision* is that of a talk's
first message, with the rules for order numbers and the like; accuracy, F1 and confusions are about the best
guess alone. Macro-F1 is the mean over the intents that occur. Times were taken on the machine that made this
page, one message after another in one thread."""


def _counted(examples: Sequence[Example]) -> str:
    intents = len({example.intent for example in examples})
    languages: dict[str, int] = {}
    for example in examples:
        languages[example.language] = languages.get(example.language, 0) + 1
    each = ", ".join(f"{language} {count:,}" for language, count in languages.items())
    return f"{len(examples):,} lines of {intents} intents ({each}), from `data/nlu` and `data/faq`"


def _side_by_side(trials: Iterable[Trial], language: str) -> str:
    mine = [trial for trial in trials if trial.language == language]
    columns = [summary(trial.figures) for trial in mine]
    rows = [(cells[0][0], *(value for _, value in cells)) for cells in zip(*columns, strict=True)]
    return _table(("figure", *(kind(trial) for trial in mine)), rows)


def kind(trial: Trial) -> str:
    return "held-out messages" if trial.held_out else "cross-validated"


def _section(trial: Trial, folds: int, pictures: Sequence[Path]) -> str:
    figures = trial.figures
    confidence, confusions = (path.as_posix() for path in pictures)
    how = (
        f"never trained on, from `{source_of(trial)}`"
        if trial.held_out
        else f"the training data, {folds} folds"
    )
    title = f"{trial.language_name}, {kind(trial)}"
    return f"""### {title}

{figures.messages:,} messages: {how}.

![{title}: thresholds and calibration]({confidence})

The left picture shows what other thresholds would do. The right one shows whether a confidence can be taken
at its word: points on the dashed line are right as often as they are sure, points above it more often
({BINS} bins; those of fewer than {MIN_BIN} messages count, but are not drawn).

**Worst confusions**, with the surest mistakes of each:

{_confusions(figures)}

![{title}: confusion matrix]({confusions})

<details><summary>Each intent: precision, recall, F1</summary>

{_intents(figures)}

</details>"""


def _confusions(figures: Figures) -> str:
    rows = [
        (
            c.intent,
            c.guess,
            str(c.count),
            percent(c.share),
            "<br>".join(_text(text) for text in c.texts),
        )
        for c in figures.confusions[:MAX_CONFUSIONS]
    ]
    return _table(("meant", "best guess", "messages", "of the intent's", "for example"), rows)


def _intents(figures: Figures) -> str:
    rows = [
        (s.intent, str(s.messages), percent(s.precision), percent(s.recall), f"{s.f1:.3f}")
        for s in sorted(figures.intents, key=lambda s: s.f1)
    ]
    return _table(("intent, the worst first", "messages", "precision", "recall", "F1"), rows)


def _text(text: str) -> str:
    """Any text as one line of a table's cell, shown as it is."""
    safe = escape(shortened(text), quote=False)
    return "".join(f"&#{ord(c)};" if c in "|\\`*_[]~" else c for c in safe)


def shortened(text: str) -> str:
    """The text on one line of at most `MAX_TEXT` characters."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _table(head: Row, rows: Iterable[Row]) -> str:
    # Figures are read by column; the first column is what they are about.
    rule = ["---"] + ["---:" if len(head) > 2 else "---"] * (len(head) - 1)
    if head[-1] == "for example":
        rule[1], rule[-1] = "---", "---"
    lines = [head, tuple(rule), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
