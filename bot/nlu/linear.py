"""A linear classifier over TF-IDF n-grams: trained with scikit-learn, scored by dictionary look-up
and one small matrix product, kept as plain arrays and JSON (nothing is unpickled)."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from bot.nlu.ngrams import char_ngrams, shorten, word_ngrams
from bot.nlu.text import normalise

Floats = NDArray[np.float32]

# What is seen in one example only would be half of the vocabulary and say next to nothing.
MIN_EXAMPLES = 2
# Characters say more than words about words never seen.
WORD_WEIGHT, CHAR_WEIGHT = 1.0, 1.25
FOLDS = 3
OUT_OF_SCOPE = "out_of_scope"
# Of messages, as far as the favour for that label goes: of what customers really wrote to three shops, two
# fifths to two thirds were none of the bot's business (HINT3, Arora et al. 2020).
OUTSIDE_SHARE = 0.4
MAX_FAVOUR_STEPS = 26  # of 0.02; scores lie about between -1 and 1
DEFAULT_C = 0.5  # inverse regularisation strength of the support vector machine


@dataclass(frozen=True)
class Block:
    """One kind of n-gram: its vocabulary, inverse document frequencies, and weight beside other kinds."""

    cut: Callable[[str], Iterable[str]]
    index: dict[str, int]
    idf: Floats
    weight: float

    @classmethod
    def fit(cls, cut: Callable[[str], Iterable[str]], texts: Sequence[str], weight: float) -> "Block":
        seen = Counter(gram for text in texts for gram in set(cut(text)))
        kept = sorted(gram for gram, count in seen.items() if count >= MIN_EXAMPLES)
        idf = [log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in kept]
        return cls(cut, {gram: i for i, gram in enumerate(kept)}, np.array(idf, np.float32), weight)

    def vector(self, text: str) -> tuple[NDArray[np.intp], Floats]:
        """Positions and values of the text's known n-grams; as a vector they have the block's weight as
        length."""
        # Counted in C: this is most of what a prediction costs.
        counts = Counter(map(self.index.get, self.cut(text)))
        counts.pop(None, None)
        positions = np.fromiter(counts, np.intp, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.idf[positions]
        length = float(np.sqrt(values @ values))
        return positions, values * np.float32(self.weight / length) if length else values


@dataclass(frozen=True)
class LinearModel:
    """Scores texts against `labels`; `temperature` turns scores into probabilities. A `folded` model
    doesn't see diacritics."""

    labels: tuple[str, ...]
    blocks: tuple[Block, Block]
    weights: Floats  # (features of both blocks, labels)
    bias: Floats
    temperature: float
    folded: bool = True

    def scores(self, text: str) -> Floats:
        """One raw score a label."""
        text = shorten(normalise(text, folded=self.folded))
        total = self.bias
        offset = 0
        for block in self.blocks:
            positions, values = block.vector(text)
            total = total + values @ self.weights[positions + offset]
            offset += len(block.index)
        return np.asarray(total, np.float32)

    def rank(self, text: str) -> list[tuple[str, float]]:
        """All labels with their probabilities, best first."""
        probabilities = softmax(self.scores(text) / self.temperature)
        order = np.argsort(-probabilities)
        return [(self.labels[i], float(probabilities[i])) for i in order]

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        c: float = DEFAULT_C,
        folded: bool = True,
        outside: str | None = None,
        balanced: bool = False,
    ) -> "LinearModel":
        """Trains on labelled texts (at least two labels, `FOLDS` texts each). `balanced`: a label with few
        texts weighs as much as one with many.

        The label `outside` stands for everything else there is. Its examples can't cover that, so it is
        favoured: by what would recognise most messages if `OUTSIDE_SHARE` of them were outside.

        The temperature is fitted on scores of texts left out in cross-validation: those of the
        training texts themselves would be far too sure.
        """
        from scipy.optimize import minimize_scalar
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
        from sklearn.svm import LinearSVC

        names = tuple(sorted(set(labels)))
        number = {name: i for i, name in enumerate(names)}
        targets = np.array([number[label] for label in labels])
        prepared = [shorten(normalise(text, folded=folded)) for text in texts]
        blocks = (
            Block.fit(word_ngrams, prepared, WORD_WEIGHT),
            Block.fit(char_ngrams, prepared, CHAR_WEIGHT),
        )
        features = _matrix(blocks, prepared)
        weight = "balanced" if balanced else None
        # A smaller tolerance takes longer for the same answers; left-out scores need even less.
        svc = LinearSVC(C=c, tol=0.01, random_state=0, class_weight=weight)
        rough = LinearSVC(C=c, tol=0.3, random_state=0, class_weight=weight)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        # One after the other: liblinear's threads would share one random generator, and the same data would
        # not always make the same model.
        held_out = cross_val_predict(rough, features, targets, cv=folds, method="decision_function")
        two = len(names) == 2  # of which scikit-learn scores the second only
        if two:
            held_out = np.column_stack([-held_out, held_out])

        favour = np.zeros(len(names), np.float32)
        if outside in number:
            favour[number[outside]] = _favour(held_out, targets, number[outside])
            held_out = held_out + favour

        def loss(log_temperature: float) -> float:
            scaled = held_out / np.exp(log_temperature)
            scaled = scaled - scaled.max(axis=1, keepdims=True)
            normaliser = np.log(np.exp(scaled).sum(axis=1))
            return float((normaliser - scaled[np.arange(len(targets)), targets]).mean())

        temperature = float(np.exp(minimize_scalar(loss, bounds=(-4, 2), method="bounded").x))
        svc.fit(features, targets)
        weights, bias = svc.coef_.T, svc.intercept_
        if two:
            weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
        return cls(
            names,
            blocks,
            np.ascontiguousarray(weights.astype(np.float32)),
            bias.astype(np.float32) + favour,
            temperature,
            folded,
        )

    def save(self, folder: Path) -> None:
        """Writes `linear.json` and `linear.safetensors` into an existing folder."""
        words, chars = self.blocks
        described = {
            "labels": self.labels,
            "temperature": self.temperature,
            "folded": self.folded,
            "words": list(words.index),
            "chars": list(chars.index),
        }
        (folder / "linear.json").write_text(json.dumps(described, ensure_ascii=False), "utf-8")
        save_file(
            {
                "weights": self.weights.astype(np.float16),
                "bias": self.bias,
                "word_idf": words.idf,
                "char_idf": chars.idf,
            },
            folder / "linear.safetensors",
        )

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether `save` wrote a model there."""
        return (folder / "linear.json").is_file()

    @classmethod
    def load(cls, folder: Path) -> "LinearModel":
        """Reads what `save` wrote."""
        described = json.loads((folder / "linear.json").read_text("utf-8"))
        arrays = load_file(folder / "linear.safetensors")
        words, chars = (
            Block(cut, {gram: i for i, gram in enumerate(described[name])}, arrays[f"{name[:4]}_idf"], weight)
            for cut, name, weight in (
                (word_ngrams, "words", WORD_WEIGHT),
                (char_ngrams, "chars", CHAR_WEIGHT),
            )
        )
        return cls(
            tuple(described["labels"]),
            (words, chars),
            arrays["weights"].astype(np.float32),
            arrays["bias"],
            described["temperature"],
            described["folded"],
        )


def _favour(scores: NDArray[np.float64], targets: NDArray[np.intp], outside: int) -> float:
    """What to add to the score of label `outside` for the best mean of its own recall and the accuracy
    of all others, weighted by `OUTSIDE_SHARE`, on the scores of left-out texts."""
    is_outside = targets == outside

    def quality(favour: float) -> float:
        shifted = scores.copy()
        shifted[:, outside] += favour
        right = shifted.argmax(axis=1) == targets
        inside = right[~is_outside].mean()
        return float(OUTSIDE_SHARE * right[is_outside].mean() + (1 - OUTSIDE_SHARE) * inside)

    return max((step * 0.02 for step in range(MAX_FAVOUR_STEPS)), key=quality)


def softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), np.float32)


def _matrix(blocks: tuple[Block, Block], texts: Sequence[str]) -> "object":
    from scipy.sparse import csr_matrix

    data: list[Floats] = []
    columns: list[NDArray[np.intp]] = []
    ends = [0]
    for text in texts:
        offset = 0
        for block in blocks:
            positions, values = block.vector(text)
            columns.append(positions + offset)
            data.append(values)
            offset += len(block.index)
        ends.append(ends[-1] + sum(len(part) for part in data[-2:]))
    width = sum(len(block.index) for block in blocks)
    return csr_matrix((np.concatenate(data), np.concatenate(columns), ends), shape=(len(texts), width))
