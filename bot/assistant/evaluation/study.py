"""One round of measuring: the training data in cross-validation, and each language's held-out file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from babel import Locale

from bot import product
from bot.assistant.decision import UNSURE_BELOW
from bot.assistant.evaluation.examples import Example, TrainingData, read_labelled
from bot.assistant.evaluation.figures import Figures
from bot.assistant.evaluation.prediction import (
    Prediction,
    Understand,
    bare,
    cross_validate,
    predict,
    spreadable,
)
from bot.assistant.nlu.entities import EntityFinder
from bot.shop import facts as shops
from bot.shop.facts import Shop
from bot.shop.wording.folding import normalise
from bot.shop.yaml_source import read

Tell = Callable[[str], None]

HELD_OUT, BARE, CROSS_VALIDATED = "held-out", "without-diacritics", "cross-validated"
KINDS = {
    HELD_OUT: "held-out messages",
    BARE: "held-out messages without diacritics",
    CROSS_VALIDATED: "cross-validated",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A set of messages of one language and what became of them."""

    language: str
    kind: str  # one of KINDS
    predictions: tuple[Prediction, ...]
    figures: Figures
    removed: int  # messages left out because they are training examples

    @classmethod
    def of(cls, language: str, kind: str, predictions: tuple[Prediction, ...], removed: int = 0) -> "Trial":
        return cls(language, kind, predictions, Figures.of(predictions, UNSURE_BELOW), removed)


@dataclass(frozen=True, slots=True)
class Study:
    folds: int
    data: TrainingData
    trials: tuple[Trial, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(trial.language for trial in self.trials))

    def of_kind(self, kind: str) -> list[Trial]:
        return [trial for trial in self.trials if trial.kind == kind]

    def of_language(self, language: str) -> list[Trial]:
        return [trial for trial in self.trials if trial.language == language]


def language_name(language: str) -> str:
    return Locale.parse(language).get_display_name("en") or language


class Bench:
    """A shop's training data and settings, ready for measuring. `home` is the shop's folder; raises
    `SourceError` for files that can't be used."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.shop: Shop = shops.load(home / "shop.yml")
        self.data = TrainingData.load(home, self.shop)
        self.options = configured(home)
        self.known = frozenset(normalise(example.text) for example in self.data.examples)
        orders = self.shop.orders
        self._finder = EntityFinder(orders.number, orders.phone_region, self.data.tables)

    def held_out(self, languages: Sequence[str]) -> dict[str, tuple[Example, ...]]:
        """The messages of `tests/understanding/<language>.tsv`, by language, where there is such a file."""
        folder = self._home / "tests" / "understanding"
        paths = {language: folder / f"{language}.tsv" for language in languages}
        return {language: self.read(path, language) for language, path in paths.items() if path.is_file()}

    def unseen(self, messages: Sequence[Example]) -> tuple[Example, ...]:
        """Those whose text, small differences aside, is no training example."""
        return tuple(message for message in messages if normalise(message.text) not in self.known)

    def read(self, path: Path, language: str) -> tuple[Example, ...]:
        return read_labelled(path, self.data.intents, language)

    def measure(self, examples: Sequence[Example], understand: Understand) -> Figures:
        return Figures.of(predict(understand, examples, self.known), UNSURE_BELOW)

    def check(self, folds: int, languages: Sequence[str]) -> None:
        """What is wrong is told at once, not after minutes of training: raises `SourceError` and
        `TooFewExamples`."""
        self.held_out(languages)
        spreadable(self.data.examples, folds)

    def study(
        self, folds: int, languages: Sequence[str], understand: Understand, tell: Tell = lambda _: None
    ) -> Study:
        """Measures everything; `understand` is the trained assistant's. `tell` hears of each of the
        `folds` + 1 steps as it begins. Raises `SourceError` and `TooFewExamples`."""
        labelled = self.held_out(languages)
        steps = [f"training without fold {number} of {folds}" for number in range(1, folds + 1)]
        waiting = iter([*steps, "reading the held-out messages"])
        tell(next(waiting))
        predictions = cross_validate(
            self.data, folds, self._finder, self.options, languages, lambda: tell(next(waiting))
        )
        trials: list[Trial] = []
        for language in languages:
            trials += self._held_out_trials(language, labelled.get(language, ()), understand)
            own = tuple(p for p in predictions if p.example.language == language)
            if own:
                trials.append(Trial.of(language, CROSS_VALIDATED, own))
        return Study(folds, self.data, tuple(trials))

    def _held_out_trials(
        self, language: str, messages: Sequence[Example], understand: Understand
    ) -> list[Trial]:
        unseen = self.unseen(messages)
        if not unseen:
            return []
        removed = len(messages) - len(unseen)
        trials = [Trial.of(language, HELD_OUT, predict(understand, unseen), removed)]
        stripped = [replace(message, text=bare(message.text)) for message in unseen]
        # A borrowed "café" now and then makes no language with diacritics.
        if sum(one != other for one, other in zip(stripped, unseen, strict=True)) > len(unseen) / 10:
            trials.append(Trial.of(language, BARE, predict(understand, stripped), removed))
        return trials


def configured(home: Path) -> dict[str, dict[str, Any]]:
    """The settings of each component of config.yml's pipeline, by its name without the module's."""
    pipeline = read(product.of(home) / "config.yml").data.get("pipeline") or ()
    return {
        str(one["name"]).rpartition(".")[2]: {key: value for key, value in one.items() if key != "name"}
        for one in pipeline
    }
