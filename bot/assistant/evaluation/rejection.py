"""A threshold below which a text is none of the known labels, where nothing but those is known."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.assistant.nlu.classifier import LinearModel

ASSUMED_OUTSIDE = 1 / 3  # share of out-of-scope messages; 30 to 60 % in public sets of shops' traffic
GROUPS = 5
SMALL, ROUNDS = 3_000, 3  # examples; the threshold of fewer would hang on how they were divided

Learn = Callable[[Sequence[str], Sequence[str]], LinearModel]


def threshold(
    texts: Sequence[str], labels: Sequence[str], learn: Learn, tell: Callable[[str], None] = lambda _: None
) -> float | None:
    """The best score of a text must reach this, or it is out of scope; None if there are too few labels
    and texts to leave some out.

    Groups of labels are left out of training in turn: their texts stand for what is out of scope. A part
    of the others' texts is left out as well, for the scores of texts that are in scope but not learned.
    The threshold has the best accuracy if a share of `ASSUMED_OUTSIDE` of messages were out of scope.
    """
    # The same text in training and test would make scores look higher than they are.
    pairs = list(dict.fromkeys(zip(texts, labels, strict=True)))
    if len({label for _, label in pairs}) < 3:  # one left out, two to tell apart
        return None
    rounds = ROUNDS if len(pairs) < SMALL else 1
    inside: list[tuple[float, bool]] = []
    outside: list[float] = []
    for number in range(rounds):
        random = np.random.default_rng(number)
        group = _groups([label for _, label in pairs], random)
        part = _parts([label for _, label in pairs], random)
        groups = sorted(set(group.values()))
        for left_out in groups:
            tell(f"choosing a threshold: {number * len(groups) + left_out + 1} of {rounds * len(groups)}")
            learned = [
                (text, label)
                for i, (text, label) in enumerate(pairs)
                if group[label] != left_out and part[i] != left_out
            ]
            if len({label for _, label in learned}) < 2:
                continue
            model = learn(*zip(*learned, strict=True))
            for i, (text, label) in enumerate(pairs):
                if group[label] == left_out:
                    outside.append(float(model.scores(text).max()))
                elif part[i] == left_out and label in model.labels:
                    scores = model.scores(text)
                    inside.append((float(scores.max()), model.labels[int(scores.argmax())] == label))
    return _best(inside, outside)


def _groups(labels: Sequence[str], random: np.random.Generator) -> dict[str, int]:
    """The group of each label; groups have about as many texts."""
    counts = Counter(labels)
    names = sorted(counts)
    random.shuffle(names)
    sizes = [0] * min(GROUPS, len(names))
    group: dict[str, int] = {}
    for name in sorted(names, key=lambda name: -counts[name]):
        group[name] = int(np.argmin(sizes))
        sizes[group[name]] += counts[name]
    return group


def _parts(labels: Sequence[str], random: np.random.Generator) -> NDArray[np.intp]:
    """The part of each text, so that each label is spread evenly."""
    # Labels begin at different parts, else the first part would have all that is rare.
    following = {label: int(random.integers(GROUPS)) for label in sorted(set(labels))}
    part = np.zeros(len(labels), np.intp)
    for i in random.permutation(len(labels)):
        part[i] = following[labels[i]] % GROUPS
        following[labels[i]] += 1
    return part


def _best(inside: Sequence[tuple[float, bool]], outside: Sequence[float]) -> float | None:
    """Half-way between two neighbouring scores, so that neither stands on the edge."""
    if not inside or not outside:
        return None
    scores = np.array([score for score, _ in inside] + list(outside))
    # What accepting a text adds to the accuracy or takes from it: its share of all of its kind.
    gains = [right * (1 - ASSUMED_OUTSIDE) / len(inside) for _, right in inside]
    losses = [-ASSUMED_OUTSIDE / len(outside)] * len(outside)
    order = np.argsort(scores, kind="stable")
    scores, worth = scores[order], np.array(gains + losses)[order]
    # Accepting all from place k on is worth the sum of their worths; equal scores can't be told apart.
    accepted = np.append(np.cumsum(worth[::-1])[::-1], 0.0)
    accepted[1:-1][scores[1:] == scores[:-1]] = -np.inf
    edges = np.concatenate([[scores[0] - 1], scores, [scores[-1] + 1]])
    at = int(accepted.argmax())
    return float(edges[at] + edges[at + 1]) / 2
