"""Predictions on labelled texts: by the trained assistant, or in cross-validation."""

import time
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from actions.intents import Intent
from bot.assistant.decision import UNSURE_BELOW, decide, speak
from bot.assistant.evaluation.examples import Example, TrainingData
from bot.assistant.nlu.classifier import OUT_OF_SCOPE, LinearModel
from bot.assistant.nlu.entities import EntityFinder
from bot.assistant.protocol import Understanding
from bot.shop.wording.folding import fold, normalise

FALLBACK = Intent.NLU_FALLBACK
SEED = 0

Understand = Callable[[str], Understanding]


class TooFewExamples(Exception):
    """An intent can't be spread over the folds; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Detection:
    """The language of one message."""

    right: bool  # it is found to be the likeliest
    kept: bool  # a conversation in that language stays in it
    noticed: bool  # a conversation in another language changes to it


@dataclass(frozen=True, slots=True)
class Prediction:
    example: Example
    guess: str  # the best-ranked intent: what `aftercare parse` says
    confidence: float  # in the guess
    decision: str  # what the dialogue would go by as a talk's first message
    seconds: float
    trained_on: bool = False  # the model was trained on the same text, small differences aside
    detection: Detection | None = None  # None where languages aren't told apart

    @property
    def by_rule(self) -> bool:
        """Decided by what the text contains, whatever the confidence."""
        if self.decision == FALLBACK:
            return False
        return self.decision != self.guess or self.confidence < UNSURE_BELOW


def predict(
    understand: Understand, examples: Sequence[Example], known: Collection[str] = frozenset()
) -> tuple[Prediction, ...]:
    """What `understand` makes of each example; `known` are the normalised texts that it learned from."""
    found = []
    for example in examples:
        started = time.perf_counter()
        understood = understand(example.text)
        seconds = time.perf_counter() - started
        decision, _ = decide(understood.ranking, example.text, understood.entities)
        found.append(
            Prediction(
                example,
                understood.intent,
                understood.confidence,
                decision,
                seconds,
                normalise(example.text) in known,
                _detection(understood, example),
            )
        )
    return tuple(found)


def _detection(understood: Understanding, example: Example) -> Detection | None:
    ranking, text, language = understood.languages, example.text, example.language
    if not ranking or not language:
        return None
    return Detection(
        ranking[0][0] == language,
        speak(ranking, text, language) == language,
        speak(ranking, text, "another") == language,
    )


class Model:
    """Classifiers of intents and languages that learned from `examples`, as `aftercare train` has them
    learn. `options` are the settings in config.yml of each, by the name of its component."""

    def __init__(
        self,
        examples: Sequence[Example],
        finder: EntityFinder,
        options: Mapping[str, Mapping[str, Any]],
    ) -> None:
        texts = [example.text for example in examples]
        languages = [example.language for example in examples]
        self._finder = finder
        self._languages: LinearModel | None = None
        with small_labels_allowed():
            self._intents = LinearModel.fit(
                texts,
                [example.intent for example in examples],
                outside=OUT_OF_SCOPE,
                **options.get("LinearIntentClassifier", {}),
            )
            if len(set(languages)) > 1:
                self._languages = LinearModel.fit(
                    texts, languages, folded=False, **options.get("LanguageDetector", {})
                )

    def understand(self, text: str) -> Understanding:
        ranking = tuple(self._intents.rank(text))
        languages = tuple(self._languages.rank(text)) if self._languages else ()
        entities = tuple(entity.as_dict() for entity in self._finder.find(text))
        language = languages[0][0] if languages else ""
        return Understanding(text, language, languages, *ranking[0], ranking, entities)


def cross_validate(
    data: TrainingData,
    folds: int,
    finder: EntityFinder,
    options: Mapping[str, Mapping[str, Any]],
    languages: Collection[str],
    tell: Callable[[], None] = lambda: None,
) -> tuple[Prediction, ...]:
    """Each example in one of `languages` predicted by a model that was trained, in all languages, without
    the example's fold; in the examples' order. `tell` hears of each fold done. Raises `TooFewExamples`."""
    predictions: dict[int, Prediction] = {}
    for train, test in split(data.examples, folds):
        model = Model([data.examples[i] for i in train], finder, options)
        mine = [i for i in test if data.examples[i].language in languages]
        tested = predict(model.understand, [data.examples[i] for i in mine])
        predictions.update(zip(mine, tested, strict=True))
        tell()
    return tuple(predictions[i] for i in sorted(predictions))


def split(examples: Sequence[Example], folds: int) -> Iterator[tuple[list[int], list[int]]]:
    """Positions of training and test examples, `folds` times: each intent of each language is spread
    evenly, and texts that are one text to the model stay together."""
    from sklearn.model_selection import StratifiedGroupKFold

    spreadable(examples, folds)
    groups = [normalise(example.text) for example in examples]
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    strata = {(example.intent, example.language) for example in examples}
    stratum = {pair: i for i, pair in enumerate(sorted(strata))}
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=SEED)
    with small_labels_allowed():
        parts = list(
            splitter.split(
                examples,
                [stratum[example.intent, example.language] for example in examples],
                [number[group] for group in groups],
            )
        )
    for train, test in parts:
        yield train.tolist(), test.tolist()


def spreadable(examples: Sequence[Example], folds: int) -> None:
    """Raises `TooFewExamples` if an intent has fewer examples than there are folds."""
    intent, count = min(Counter(example.intent for example in examples).items(), key=lambda item: item[1])
    if count < folds:
        raise TooFewExamples(f'the intent "{intent}" has only {count} examples; write more, or fewer folds')


def bare(text: str) -> str:
    """The text as it is typed without diacritics, Kazakh on a Russian keyboard; capitals stay."""
    return "".join(_bare(character) for character in unicodedata.normalize("NFC", text))


def _bare(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    if character.isascii() or not character.isalpha() or character in "йЙ":  # a key of its own
        return character
    plain = fold(character)
    return plain.upper() if character.isupper() else plain


@contextmanager
def small_labels_allowed() -> Iterator[None]:
    """A new intent with five examples is all right; scikit-learn warns of it at each fold."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        yield
