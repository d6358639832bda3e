"""Predictions on labelled texts: by cross-validation, or by a model trained on other texts."""

import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bot.evaluation.examples import Example, TrainingData
from bot.nlu.entities import EntityFinder
from bot.nlu.linear import DEFAULT_C, OUT_OF_SCOPE, LinearModel
from bot.nlu.text import normalise
from bot.understanding import UNSURE_BELOW, decide

FALLBACK = "nlu_fallback"
SEED = 0


class TooFewExamples(Exception):
    """An intent can't be spread over the folds; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Prediction:
    example: Example
    guess: str  # the best-ranked intent
    confidence: float  # in the guess
    decision: str  # what the dialogue would go by as a talk's first message
    trained_on: bool  # the model was trained on the same text, small differences aside
    seconds: float

    @property
    def by_rule(self) -> bool:
        """Decided by what the text contains, whatever the confidence."""
        if self.decision == FALLBACK:
            return False
        return self.decision != self.guess or self.confidence < UNSURE_BELOW


class Classifier:
    """A model trained on `examples`, with the decision that the assistant builds on it."""

    def __init__(self, examples: Sequence[Example], finder: EntityFinder, c: float | None = None) -> None:
        started = time.perf_counter()
        with _small_intents_allowed():
            self._model = LinearModel.fit(
                [example.text for example in examples],
                [example.intent for example in examples],
                c=DEFAULT_C if c is None else c,
                outside=OUT_OF_SCOPE,
            )
        self.training_seconds = time.perf_counter() - started
        self._finder = finder
        self._trained_on = {normalise(example.text) for example in examples}

    def predict(self, examples: Sequence[Example]) -> list[Prediction]:
        return [self._predict(example) for example in examples]

    def _predict(self, example: Example) -> Prediction:
        started = time.perf_counter()
        ranking = self._model.rank(example.text)
        entities = [entity.as_dict() for entity in self._finder.find(example.text)]
        decision, _ = decide(ranking, example.text, entities)
        seconds = time.perf_counter() - started
        guess, confidence = ranking[0]
        known = normalise(example.text) in self._trained_on
        return Prediction(example, guess, confidence, decision, known, seconds)


def cross_validate(
    data: TrainingData,
    folds: int,
    finder: EntityFinder,
    c: float | None = None,
    tell: Callable[[], None] = lambda: None,
) -> tuple[Prediction, ...]:
    """Each example predicted by a model that was trained without its fold, in the examples' order; `tell`
    hears of each fold done. Raises `TooFewExamples`."""
    predictions: dict[int, Prediction] = {}
    for train, test in split(data.examples, folds):
        classifier = Classifier([data.examples[i] for i in train], finder, c)
        tested = classifier.predict([data.examples[i] for i in test])
        predictions.update(zip(test, tested, strict=True))
        tell()
    return tuple(predictions[i] for i in range(len(data.examples)))


def split(examples: Sequence[Example], folds: int) -> Iterator[tuple[list[int], list[int]]]:
    """Positions of training and test examples, `folds` times: each intent of each language is spread
    evenly, and texts that are one text to the model stay together."""
    from sklearn.model_selection import StratifiedGroupKFold

    intent, count = min(Counter(example.intent for example in examples).items(), key=lambda item: item[1])
    if count < folds:
        raise TooFewExamples(f'the intent "{intent}" has only {count} examples; write more, or fewer folds')
    groups = [normalise(example.text) for example in examples]
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    strata = {(example.intent, example.language) for example in examples}
    stratum = {pair: i for i, pair in enumerate(sorted(strata))}
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=SEED)
    with _small_intents_allowed():
        parts = list(
            splitter.split(
                examples,
                [stratum[example.intent, example.language] for example in examples],
                [number[group] for group in groups],
            )
        )
    for train, test in parts:
        yield train.tolist(), test.tolist()


@contextmanager
def _small_intents_allowed() -> Iterator[None]:
    """A new intent with five examples is all right; scikit-learn warns of it at each fold."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        yield
