"""A study as a Markdown page."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

from bot.assistant.decision import UNSURE_BELOW
from bot.assistant.evaluation.examples import Example
from bot.assistant.evaluation.figures import BINS, Figures
from bot.assistant.evaluation.plots import MIN_BIN
from bot.assistant.evaluation.rejection import ASSUMED_OUTSIDE, GROUPS
from bot.assistant.evaluation.study import BARE, KINDS, Study, Trial, language_name
from bot.assistant.evaluation.table import (
    COLUMNS,
    MAX_CONFUSIONS,
    line,
    markdown,
    percent,
    shortened,
    summary,
)


def compose(
    study: Study, pictures: Mapping[str, Path], folder: Path, *, command: str, today: date, state: str
) -> str:
    """The page for `folder`. `pictures` are the files by what they show; `state` names the training
    data's."""
    links = {name: path.relative_to(folder).as_posix() for name, path in pictures.items()}
    parts = [
        _head(study, command, today, state),
        _all_languages(study, links),
        *(_section(study.of_language(language)) for language in study.languages),
        _FOREIGN,
    ]
    return "\n\n".join(parts) + "\n"


def _head(study: Study, command: str, today: date, state: str) -> str:
    settings = [
        ("made on", today.isoformat()),
        ("made by", f"`{command}`; run it again after changing the training data"),
        ("training data", _counted(study.data.examples)),
        ("state of the training data", f"`{state}`, as in the model's file name"),
        ("cross-validation", f"{study.folds} folds, stratified by intent and language, one model for all"),
        ("below this confidence the assistant asks back", f"{UNSURE_BELOW:g} (`bot.assistant.decision`)"),
    ]
    return f"""# How well the assistant understands

<!-- Written by a command; changes made here by hand are lost. -->

{markdown(("setting", "value"), settings)}

## How to read it

The figures come from different sources, and they say different things:

- **Held-out messages**: `tests/understanding/<language>.tsv`, written in the manner of customers and never
  trained on, read by the trained model as it answers customers. Short ones such as "thank you" stand in
  the training data all the same, because everybody writes them; those are removed before measuring. They
  may be easier than real messages: nobody's customers wrote them. Measure messages of your own with
  `aftercare evaluate --test FILE.tsv`.
- **The same without diacritics**: as many type them on a phone, Kazakh with Russian letters; in languages
  where it makes a difference.
- **Cross-validated**: the training lines themselves, each predicted by a model that didn't learn from its
  part of them. Lines that are one text to the model (capitals, accents, order numbers aside) stay in one
  part. This is much harder than real messages: every training line was written to differ from the others,
  so what is left out is by intention unlike what was learned. Read these figures to compare two versions
  of the data or to find intents that overlap, not as the share of customers who are understood.

**Accuracy**, F1 and confusions are about the best guess, which is what `aftercare parse` shows; *in scope*
leaves the messages out that are none of the shop's business. Macro-F1 is the mean over the intents that
occur. **Out of scope** is a best guess like any other: its threshold is in the model, which favours it by
what makes it and all other intents equally well recognised on left-out training lines. *Recall* is the
share of such messages that are noticed, *precision* the share of those so judged that are such messages.

**Calibration error**: how far confidences are from the share that is right, on average over {BINS} bins.

**Language detected**: the likeliest language is the message's own. **Kept**: a conversation in that
language stays in it after the message, by the rule that needs a clear sign to change. **Noticed**: a
conversation in another language changes to it; a short "ok" should not.

**Times** were taken on the machine that made this page, one message after another in one thread."""


def _counted(examples: Sequence[Example]) -> str:
    intents = len({example.intent for example in examples})
    languages: dict[str, int] = {}
    for example in examples:
        languages[example.language] = languages.get(example.language, 0) + 1
    each = ", ".join(f"{language} {count:,}" for language, count in languages.items())
    return f"{len(examples):,} lines of {intents} intents ({each}), from `data/nlu` and `data/faq`"


def _all_languages(study: Study, links: Mapping[str, str]) -> str:
    parts = ["## All languages"]
    for kind, title in KINDS.items():
        trials = study.of_kind(kind)
        if trials:
            rows = [line(language_name(trial.language), trial.figures) for trial in trials]
            told = f"**{title[0].upper()}{title[1:]}**, shares in %, times in milliseconds:"
            if removed := {trial.language: trial.removed for trial in trials if trial.removed}:
                left = ", ".join(f"{language} {count}" for language, count in removed.items())
                told = f"{told[:-1]} (removed because they are training examples: {left}):"
            parts += [told, markdown(tuple(COLUMNS.values()), rows)]
    captions = {
        "accuracy": ("Accuracy and out of scope by language", ""),
        "calibration": (
            "Confidence and the share that is right",
            "Points on the dashed line are right as often as they are sure, points above it more often "
            f"({BINS} bins; those of fewer than {MIN_BIN} messages count, but are not drawn).",
        ),
        "thresholds": (
            "What other thresholds would do",
            "Below a threshold on the confidence the assistant asks back, with its two best guesses as "
            "buttons. Decisions by rule, such as a bare order number, are answered whatever the confidence.",
        ),
        "confusions-held-out": ("Confusions on the held-out messages of all languages", ""),
        "confusions-cross-validated": ("Confusions in cross-validation, all languages", ""),
    }
    for name, (title, text) in captions.items():
        if name in links:
            parts += [f"![{title}]({links[name]})", *([text] if text else [])]
    return "\n\n".join(parts)


def _section(trials: Sequence[Trial]) -> str:
    columns = [summary(trial.figures) for trial in trials]
    rows = [(cells[0][0], *(value for _, value in cells)) for cells in zip(*columns, strict=True)]
    parts = [
        f"## {language_name(trials[0].language)}",
        markdown(("figure", *(KINDS[trial.kind] for trial in trials)), rows),
    ]
    for trial in trials:
        if trial.kind != BARE:
            parts += [
                f"**Worst confusions, {KINDS[trial.kind]}**, with the surest mistakes of each:",
                _confusions(trial.figures),
                f"<details><summary>Each intent, {KINDS[trial.kind]}</summary>",
                _intents(trial.figures),
                "</details>",
            ]
    return "\n\n".join(parts)


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
    return markdown(("meant", "best guess", "messages", "of the intent's", "for example"), rows)


def _intents(figures: Figures) -> str:
    rows = [
        (s.intent, str(s.messages), percent(s.precision), percent(s.recall), f"{s.f1:.3f}")
        for s in sorted(figures.intents, key=lambda s: s.f1)
    ]
    return markdown(("intent, the worst first", "messages", "precision", "recall", "F1"), rows)


def _text(text: str) -> str:
    """Any text as one line of a table's cell, shown as it is."""
    safe = escape(shortened(text), quote=False)
    return "".join(f"&#{ord(c)};" if c in "|\\`*_[]~" else c for c in safe)


_FOREIGN = f"""## The same classifier on other people's data

`aftercare benchmark-nlu --train A.csv --test B.csv` trains the same classifier with the same settings on any
labelled data (a column `text`, `sentence` or `utterance`, and a column `label`, `intent` or `category`) and
measures it on a test file: accuracy of all and in scope, out-of-scope recall, Matthews correlation (MCC),
macro-F1, and times. `--oos-label` names the label of what is out of scope.

- If the training file has examples of that label, it is favoured exactly as `out_of_scope` is here.
- If only the test file has it, what is out of scope can't be learned, and a threshold rejects messages whose
  best score is low. It is chosen on the training file alone: each of {GROUPS} groups of labels is left out in
  turn and its texts stand for what is out of scope, beside left-out texts of the labels that were learned.
  The threshold is the one with the best accuracy if one message in {round(1 / ASSUMED_OUTSIDE)} were out of
  scope. That share is an assumption, the same for all data; the test file is not looked at.
- If no file has it, nothing is rejected."""
