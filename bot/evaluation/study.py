"""One round of measuring: the training data in cross-validation, and each language's held-out file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel import Locale

from bot import shop as shops
from bot.evaluation.examples import Example, TrainingData, read_labelled
from bot.evaluation.figures import Figures
from bot.evaluation.prediction import Classifier, Prediction, cross_validate
from bot.nlu.entities import EntityFinder
from bot.shop import Shop
from bot.understanding import UNSURE_BELOW
from bot.yaml_source import read, shown

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """A set of messages of one language and what became of them."""

    language: str
    held_out: Path | None  # the messages' file; None for the training data, cross-validated
    predictions: tuple[Prediction, ...]
    figures: Figures

    @classmethod
    def of(cls, language: str, held_out: Path | None, predictions: tuple[Prediction, ...]) -> "Trial":
        return cls(language, held_out, predictions, Figures.of(predictions, UNSURE_BELOW))

    @property
    def key(self) -> str:
        return f"{self.language}-{'held-out' if self.held_out else 'cross-validated'}"

    @property
    def language_name(self) -> str:
        return Locale.parse(self.language).get_display_name("en") or self.language


@dataclass(frozen=True, slots=True)
class Study:
    folds: int
    c: float | None  # as config.yml sets it
    data: TrainingData
    trials: tuple[Trial, ...]  # by language: cross-validated, then held out
    training_seconds: float  # of one model on all the data


class Bench:
    """A shop's training data and settings, ready for measuring. `home` is the shop's folder; raises
    `SourceError` for files that can't be used."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.shop: Shop = shops.load(home / "shop.yml")
        self.data = TrainingData.load(home, self.shop)
        self.c = _configured_c(home)
        orders = self.shop.orders
        self._finder = EntityFinder(orders.number, orders.phone_region, self.data.tables)

    @property
    def held_out(self) -> dict[str, Path]:
        """The held-out files there are, by language."""
        paths = {one: self._home / "tests" / "understanding" / f"{one}.tsv" for one in self.shop.languages}
        return {language: path for language, path in paths.items() if path.is_file()}

    def read(self, path: Path, language: str) -> tuple[Example, ...]:
        return read_labelled(path, self.data.intents, language)

    def classifier(self) -> Classifier:
        """A model trained on all the data."""
        return Classifier(self.data.examples, self._finder, self.c)

    def study(self, folds: int, tell: Tell = lambda _: None) -> Study:
        """Measures everything; `tell` hears of each of the `folds` + 1 steps as it begins. Raises
        `SourceError` and `TooFewExamples`."""
        # Read first: a malformed file is told at once, not after minutes.
        labelled = {language: self.read(path, language) for language, path in self.held_out.items()}
        steps = iter(range(1, folds + 1))

        def next_fold() -> None:
            number = next(steps, None)
            tell(f"training without fold {number} of {folds}" if number else "training on everything")

        next_fold()
        predictions = cross_validate(self.data, folds, self._finder, self.c, next_fold)
        classifier = self.classifier()
        trials: list[Trial] = []
        for language in self.shop.languages:
            own = tuple(p for p in predictions if p.example.language == language)
            if own:
                trials.append(Trial.of(language, None, own))
            if language in labelled:
                tested = tuple(classifier.predict(labelled[language]))
                trials.append(Trial.of(language, self.held_out[language], tested))
        return Study(folds, self.c, self.data, tuple(trials), classifier.training_seconds)


def _configured_c(home: Path) -> float | None:
    """The classifier's regularisation as config.yml sets it, if it does."""
    pipeline: Iterator[dict[str, float | str]] = iter(read(home / "config.yml").data.get("pipeline") or ())
    found = [one for one in pipeline if str(one.get("name")).endswith("LinearIntentClassifier")]
    return float(found[0]["c"]) if found and "c" in found[0] else None


def source_of(trial: Trial) -> str:
    """Where a trial's messages come from, as a page names it."""
    return shown(trial.held_out) if trial.held_out else "the training data"
