"""The figures of a set of predictions. What can't be said, such as the precision of nothing, is None."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from bot.assistant.evaluation.prediction import FALLBACK, Prediction
from bot.assistant.nlu.classifier import OUT_OF_SCOPE

BINS = 10
THRESHOLDS = tuple(step / 20 for step in range(20))
MAX_EXAMPLES = 2  # texts shown of a confusion


@dataclass(frozen=True, slots=True)
class IntentScore:
    intent: str
    messages: int
    precision: float | None
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Confusion:
    intent: str
    guess: str
    count: int
    share: float  # of the intent's messages
    texts: tuple[str, ...]  # the surest mistakes


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """A message is judged out of scope when that is the best guess, as `aftercare parse` gives it: the
    model's threshold is in its scores."""

    messages: int
    recall: float | None
    precision: float | None
    answered_wrongly: float | None  # share that the dialogue neither recognises nor asks back about


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """Shares of all messages, as in `Detection`."""

    detected: float
    kept: float
    noticed: float


@dataclass(frozen=True, slots=True)
class Answering:
    """What a threshold on the confidence makes of the messages."""

    threshold: float
    asked_back: float
    accuracy: float | None  # of what is answered


@dataclass(frozen=True, slots=True)
class Bin:
    """Best guesses of about the same confidence."""

    low: float
    high: float
    messages: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    messages: int
    accuracy: float
    in_scope_accuracy: float | None
    macro_f1: float
    trained_on: int  # messages whose text was in the training data as well
    accuracy_of_others: float | None
    out_of_scope: OutOfScope
    detection: LanguageScore | None  # None where languages aren't told apart
    working: Answering  # the decision of bot.understanding, its rules included
    curve: tuple[Answering, ...]
    calibration_error: float
    bins: tuple[Bin, ...]
    intents: tuple[IntentScore, ...]
    confusions: tuple[Confusion, ...]  # the worst first
    latency_median: float  # seconds
    latency_95: float

    @classmethod
    def of(
        cls, predictions: Sequence[Prediction], threshold: float, outside: str | None = OUT_OF_SCOPE
    ) -> "Figures":
        """The figures of at least one prediction, at the working `threshold`; `outside` is the label of
        what is out of scope."""
        scores = _scores(predictions)
        bins = tuple(_bins(predictions))
        seconds = sorted(p.seconds for p in predictions)
        others = [p for p in predictions if not p.trained_on]
        return cls(
            messages=len(predictions),
            accuracy=_share(predictions, _right) or 0.0,
            in_scope_accuracy=_share([p for p in predictions if p.example.intent != outside], _right),
            macro_f1=sum(score.f1 for score in scores) / len(scores),
            trained_on=len(predictions) - len(others),
            accuracy_of_others=_share(others, _right),
            out_of_scope=_out_of_scope(predictions, outside),
            detection=_detection(predictions),
            working=_answering(predictions, threshold),
            curve=tuple(_answering(predictions, threshold) for threshold in THRESHOLDS),
            calibration_error=_calibration_error(bins, len(predictions)),
            bins=bins,
            intents=scores,
            confusions=_confusions(predictions),
            latency_median=median(seconds),
            latency_95=quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0],
        )


def _right(prediction: Prediction) -> bool:
    return prediction.guess == prediction.example.intent


def _share(predictions: Sequence[Prediction], true: Callable[[Prediction], bool]) -> float | None:
    return sum(map(true, predictions)) / len(predictions) if predictions else None


def _scores(predictions: Sequence[Prediction]) -> tuple[IntentScore, ...]:
    """Of the intents that occur among the labels."""
    wanted = Counter(p.example.intent for p in predictions)
    guessed = Counter(p.guess for p in predictions)
    right = Counter(p.guess for p in predictions if _right(p))
    return tuple(
        IntentScore(
            intent,
            count,
            right[intent] / guessed[intent] if guessed[intent] else None,
            right[intent] / count,
            2 * right[intent] / (count + guessed[intent]),
        )
        for intent, count in sorted(wanted.items())
    )


def _out_of_scope(predictions: Sequence[Prediction], outside: str | None) -> OutOfScope:
    wanted = [p for p in predictions if p.example.intent == outside]
    guessed = [p for p in predictions if p.guess == outside]
    return OutOfScope(
        len(wanted),
        _share(wanted, _right),
        _share(guessed, _right),
        _share(wanted, lambda p: p.decision not in (outside, FALLBACK)),
    )


def _detection(predictions: Sequence[Prediction]) -> LanguageScore | None:
    found = [p.detection for p in predictions if p.detection]
    if not found:
        return None
    return LanguageScore(
        sum(one.right for one in found) / len(found),
        sum(one.kept for one in found) / len(found),
        sum(one.noticed for one in found) / len(found),
    )


def _answering(predictions: Sequence[Prediction], threshold: float) -> Answering:
    answers = [
        (p.decision if p.by_rule else p.guess) == p.example.intent
        for p in predictions
        if p.by_rule or p.confidence >= threshold
    ]
    accuracy = sum(answers) / len(answers) if answers else None
    return Answering(threshold, 1 - len(answers) / len(predictions), accuracy)


def _bins(predictions: Sequence[Prediction]) -> Iterable[Bin]:
    members: dict[int, list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        members[min(int(prediction.confidence * BINS), BINS - 1)].append(prediction)
    for i in range(BINS):
        found = members[i]
        confidence = sum(p.confidence for p in found) / len(found) if found else None
        yield Bin(i / BINS, (i + 1) / BINS, len(found), confidence, _share(found, _right))


def _calibration_error(bins: Iterable[Bin], messages: int) -> float:
    """The expected calibration error: the mean distance between confidence and accuracy."""
    gaps = (b.messages * abs((b.confidence or 0) - (b.accuracy or 0)) for b in bins)
    return sum(gaps) / messages


def _confusions(predictions: Sequence[Prediction]) -> tuple[Confusion, ...]:
    wanted = Counter(p.example.intent for p in predictions)
    wrong: dict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for prediction in sorted(predictions, key=lambda p: -p.confidence):
        if not _right(prediction):
            wrong[prediction.example.intent, prediction.guess].append(prediction)
    found = (
        Confusion(
            intent,
            guess,
            len(group),
            len(group) / wanted[intent],
            tuple(p.example.text for p in group[:MAX_EXAMPLES]),
        )
        for (intent, guess), group in wrong.items()
    )
    return tuple(sorted(found, key=lambda c: (-c.count, -c.share, c.intent, c.guess)))
