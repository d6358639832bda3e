"""Our classifier trained and tested on other people's data."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.assistant.decision import UNSURE_BELOW
from bot.assistant.evaluation.dataset import Dataset
from bot.assistant.evaluation.examples import Example
from bot.assistant.evaluation.figures import Figures
from bot.assistant.evaluation.prediction import Prediction, small_labels_allowed
from bot.assistant.evaluation.rejection import threshold
from bot.assistant.nlu.classifier import FOLDS, LinearModel, softmax
from bot.shop.yaml_source import nearest

FAVOURED, THRESHOLD, NOTHING = "favoured label", "threshold", "nothing is rejected"
# Labels of out-of-scope messages in public data sets.
USUAL = ("oos", "out_of_scope", "ood", "no_nodes_detected")
MAX_NAMED = 5  # labels in a message


class CannotMeasure(Exception):
    """Files that are well-formed and yet no training and test data; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Result:
    oos_label: str | None
    rule: str  # FAVOURED, THRESHOLD or NOTHING
    threshold: float | None  # on the best score
    training_examples: int
    training_labels: int
    oos_training_examples: int
    untrained: int  # in-scope test messages whose label has no training examples: always mistakes
    accuracy_without_threshold: float | None  # in scope
    mcc: float
    training_seconds: float  # of the one model; choosing a threshold comes on top
    threshold_seconds: float
    figures: Figures


def outside_label(train: Dataset, test: Dataset, wanted: str | None) -> str | None:
    """The label that stands for what is out of scope: the `wanted` one, or the only one that the training
    file lacks, or else one of the usual names. Raises `CannotMeasure`."""
    known = {*train.labels, *test.labels}
    if wanted is not None:
        if wanted not in known:
            raise CannotMeasure(f'no row has the label "{wanted}"; {_nearest(wanted, known)}')
        return wanted
    usual = [label for label in sorted(known) if label.lower() in USUAL]
    if usual:
        return usual[0]
    missing = sorted(set(test.labels) - set(train.labels))
    if len(missing) > 1:
        named = ", ".join(f'"{label}"' for label in missing[:MAX_NAMED])
        more = f" and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
        text = f"{named}{more} have no training examples; name the one that is out of scope: --oos-label"
        raise CannotMeasure(text)
    return missing[0] if missing else None


def _nearest(wanted: str, known: set[str]) -> str:
    close = nearest(wanted, known)
    return close if close.startswith("did") or len(known) <= 50 else f"there are {len(known)} others"


def run(
    train: Dataset,
    test: Dataset,
    outside: str | None,
    options: Mapping[str, Any],
    tell: Callable[[str], None] = lambda _: None,
) -> Result:
    """Trains and measures; `options` are the settings in config.yml. Raises `CannotMeasure`."""
    inside = [
        (text, label) for text, label in zip(train.texts, train.labels, strict=True) if label != outside
    ]
    if len(set(train.labels)) < 2:
        raise CannotMeasure("the training file has only one label; at least two are needed")

    def learn(texts: Sequence[str], labels: Sequence[str]) -> LinearModel:
        texts, labels = _repeated(texts, labels)
        with small_labels_allowed():
            return LinearModel.fit(texts, labels, outside=outside, **options)

    tell("training")
    started = time.perf_counter()
    model = learn(train.texts, train.labels)
    training_seconds = time.perf_counter() - started
    started = time.perf_counter()
    least = None
    rule = FAVOURED if outside in train.labels else NOTHING
    if outside is not None and rule != FAVOURED:
        least = threshold([text for text, _ in inside], [label for _, label in inside], learn, tell)
        rule = NOTHING if least is None else THRESHOLD
    threshold_seconds = time.perf_counter() - started
    tell("predicting")
    guesses, predictions = [], []
    for text, label in zip(test.texts, test.labels, strict=True):
        started = time.perf_counter()
        scores = model.scores(text)
        best = int(scores.argmax())
        guess = model.labels[best]
        confidence = float(softmax(scores / model.temperature)[best])
        seconds = time.perf_counter() - started
        guesses.append(guess)
        if outside is not None and least is not None and scores[best] < least:
            guess = outside
        predictions.append(Prediction(Example(text, label, ""), guess, confidence, guess, seconds))
    right = [guess == label for guess, label in zip(guesses, test.labels, strict=True) if label != outside]
    return Result(
        oos_label=outside,
        rule=rule,
        threshold=least,
        training_examples=len(train.texts),
        training_labels=len(set(train.labels)),
        oos_training_examples=sum(label == outside for label in train.labels),
        untrained=sum(label != outside and label not in model.labels for label in test.labels),
        accuracy_without_threshold=sum(right) / len(right) if right else None,
        mcc=_mcc([(p.example.intent, p.guess) for p in predictions]),
        training_seconds=training_seconds,
        threshold_seconds=threshold_seconds,
        figures=Figures.of(predictions, UNSURE_BELOW, outside),
    )


def _repeated(texts: Sequence[str], labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """The examples, those of labels with fewer than `FOLDS` repeated up to that number: each fold of the
    classifier's own cross-validation must know every label."""
    more_texts, more_labels = list(texts), list(labels)
    for label, count in Counter(labels).items():
        if count < FOLDS:
            mine = [text for text, other in zip(texts, labels, strict=True) if other == label]
            more_texts += [mine[i % count] for i in range(FOLDS - count)]
            more_labels += [label] * (FOLDS - count)
    return more_texts, more_labels


def _mcc(pairs: Sequence[tuple[str, str]]) -> float:
    """Matthews' correlation of labels and guesses, for any number of labels; 0 where it is undefined."""
    names = {name: i for i, name in enumerate(sorted({name for pair in pairs for name in pair}))}
    meant, guessed = np.zeros(len(names)), np.zeros(len(names))
    for label, guess in pairs:
        meant[names[label]] += 1
        guessed[names[guess]] += 1
    count, right = len(pairs), sum(label == guess for label, guess in pairs)
    spread = (count**2 - guessed @ guessed) * (count**2 - meant @ meant)
    return float((right * count - meant @ guessed) / np.sqrt(spread)) if spread else 0.0
