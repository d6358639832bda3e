"""A linear classifier over TF-IDF n-grams: trained with scikit-learn, scored by dictionary look-up
and one small matrix product, kept as plain arrays and JSON (nothing is unpickled)."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from bot.assistant.nlu.ngrams import char_ngrams, shorten, word_ngrams
from bot.assistant.nlu.repair import Repair
from bot.shop.wording.folding import normalise

Floats = NDArray[np.float32]

# What is seen in one example only would be half of the vocabulary and say next to nothing.
MIN_EXAMPLES = 2
REMEMBERED_WORDS = 20_000
# Characters say more than words about words never seen.
WORD_WEIGHT, CHAR_WEIGHT = 1.0, 1.25
FOLDS = 3
WORTH_PROCESSES = 5000  # texts; with fewer, one process is done before others have begun
OUT_OF_SCOPE = "out_of_scope"
# Of messages, as far as the favour for that label goes: of what customers really wrote to three shops, two
# fifths to two thirds were none of the bot's business (HINT3, Arora et al. 2020).
OUTSIDE_SHARE = 0.4
MAX_FAVOUR_STEPS = 26  # of 0.02; scores lie about between -1 and 1
# A word is strange if at most this share of its runs of three letters, and of longer ones, was ever seen.
# Names and words of other languages mostly have more: "Schwarzenegger" 0.93 and 0.32, "lskdjf" 0.33 and 0.
LEAST_JUDGED = 4
STRANGE_TRIPLES, STRANGE_LONGER = 0.67, 0.12
_LETTERS = re.compile(r"\w*[^\W\d_]\w*")  # words that aren't numbers
_LATIN = re.compile(r"[a-z]+")  # as `normalise` folds it, Cyrillic too
DEFAULT_C = 0.5  # inverse regularisation strength of the support vector machine
# How much the text with its slips mended counts beside the text as it was written: what looks like a slip may
# be a word, or a form of one, that was never seen.
REPAIRED, REPAIRED_AT_MOST = 0.4, 0.65
BESIDE = 0.5  # how much the topic of a talk counts beside what is said


@dataclass(frozen=True)
class Block:
    """One kind of n-gram: its vocabulary, inverse document frequencies, and weight beside other kinds.
    `by_word`: no n-gram reaches beyond a word."""

    cut: Callable[[str], Iterable[str]]
    by_word: bool
    index: dict[str, int]
    idf: Floats
    weight: float

    @classmethod
    def fit(
        cls, cut: Callable[[str], Iterable[str]], by_word: bool, texts: Sequence[str], weight: float
    ) -> "Block":
        seen = Counter(gram for text in texts for gram in {g for p in _parts(text, by_word) for g in cut(p)})
        kept = sorted(gram for gram, count in seen.items() if count >= MIN_EXAMPLES)
        idf = [log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in kept]
        return cls(cut, by_word, {gram: i for i, gram in enumerate(kept)}, np.array(idf, np.float32), weight)

    @cached_property
    def _positions(self) -> Callable[[str], tuple[int, ...]]:
        """Where the known n-grams of a part of a text stand in the vocabulary; customers' words are much
        the same."""

        def find(part: str) -> tuple[int, ...]:
            return tuple(at for at in map(self.index.get, self.cut(part)) if at is not None)

        return lru_cache(REMEMBERED_WORDS)(find) if self.by_word else find

    def vector(self, text: str) -> tuple[NDArray[np.intp], Floats]:
        """Positions and values of the text's known n-grams; as a vector they have the block's weight as
        length."""
        counts = Counter(chain.from_iterable(map(self._positions, _parts(text, self.by_word))))
        positions = np.fromiter(counts, np.intp, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.idf[positions]
        length = float(np.sqrt(values @ values))
        return positions, values * np.float32(self.weight / length) if length else values


@dataclass(frozen=True)
class LinearModel:
    """Scores texts against `labels`; `temperature` turns scores into probabilities. A `folded` model
    doesn't see diacritics, and sees through slips of the fingers."""

    labels: tuple[str, ...]
    blocks: tuple[Block, Block]
    weights: Floats  # (features of both blocks, labels)
    bias: Floats
    temperature: float
    folded: bool = True

    @cached_property
    def repair(self) -> Repair:
        """Knows the words that the model does."""
        words = self.blocks[0]
        return Repair({gram: float(words.idf[at]) for gram, at in words.index.items() if gram.isalpha()})

    def scores(self, text: str) -> Floats:
        """One raw score a label."""
        written = shorten(normalise(text, folded=self.folded))
        total = self._scores(written)
        if not self.folded:
            return total
        words = written.split(" ")
        mended = [self.repair.word(word) for word in words]
        slips = sum(one != other for one, other in zip(words, mended, strict=True))
        if not slips:
            return total
        share = np.float32(min(REPAIRED_AT_MOST, REPAIRED + (1 - REPAIRED) * slips / len(words)))
        return np.asarray(total * (1 - share) + share * self._scores(" ".join(mended)), np.float32)

    def _scores(self, text: str) -> Floats:
        total = self.bias
        offset = 0
        for block in self.blocks:
            positions, values = block.vector(text)
            total = total + values @ self.weights[positions + offset]
            offset += len(block.index)
        return np.asarray(total, np.float32)

    def rank(self, text: str, beside: str = "") -> list[tuple[str, float]]:
        """All labels with their probabilities, best first; `beside` is what the talk is about."""
        scores = self.scores(text)
        if beside:
            scores = scores + np.float32(BESIDE) * (self.scores(beside) - self.bias)
        probabilities = softmax(scores / self.temperature)
        order = np.argsort(-probabilities)
        return [(self.labels[i], float(probabilities[i])) for i in order]

    def is_unknown(self, text: str) -> bool:
        """Whether each word is of letters in an order that hardly any word of the examples has, in whatever
        language: "lskdjf". Short words and other letters than Latin and Cyrillic are never judged."""
        words = _LETTERS.findall(shorten(normalise(text, folded=True)))
        return bool(words) and all(map(self._is_strange, words))

    def _is_strange(self, word: str) -> bool:
        if len(word) < LEAST_JUDGED or not _LATIN.fullmatch(word):
            return False
        known: dict[bool, list[bool]] = {True: [], False: []}
        for gram in char_ngrams(word):
            if len(gram) > 2:
                known[len(gram) == 3].append(gram in self.blocks[1].index)
        triples, longer = known[True], known[False]
        return sum(triples) <= STRANGE_TRIPLES * len(triples) and sum(longer) <= STRANGE_LONGER * len(longer)

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
        from joblib import Parallel, delayed
        from scipy.optimize import minimize_scalar
        from sklearn.model_selection import StratifiedKFold

        names = tuple(sorted(set(labels)))
        number = {name: i for i, name in enumerate(names)}
        targets = np.array([number[label] for label in labels])
        prepared = [shorten(normalise(text, folded=folded)) for text in texts]
        blocks = (
            Block.fit(word_ngrams, False, prepared, WORD_WEIGHT),
            Block.fit(char_ngrams, True, prepared, CHAR_WEIGHT),
        )
        features = _matrix(blocks, prepared)
        folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(features, targets))
        # In processes, not threads: those would share liblinear's one random generator, and the same data
        # would not always make the same model.
        svc, *rough = Parallel(n_jobs=-1 if len(texts) > WORTH_PROCESSES else 1)(
            [
                # A smaller tolerance takes longer for the same answers; left-out scores need even less.
                delayed(_fit)(features, targets, c, 0.01, balanced),
                *(delayed(_fit)(features[kept], targets[kept], c, 0.3, balanced) for kept, _ in folds),
            ]
        )
        left_out = [left for _, left in folds]
        scores = [one.decision_function(features[left]) for one, left in zip(rough, left_out, strict=True)]
        held_out = np.concatenate(scores)[np.argsort(np.concatenate(left_out))]
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
            Block(
                cut,
                by_word,
                {gram: i for i, gram in enumerate(described[name])},
                arrays[f"{name[:4]}_idf"],
                weight,
            )
            for cut, by_word, name, weight in (
                (word_ngrams, False, "words", WORD_WEIGHT),
                (char_ngrams, True, "chars", CHAR_WEIGHT),
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


def _parts(text: str, by_word: bool) -> Sequence[str]:
    return text.split() if by_word else (text,)


def _fit(features: Any, targets: NDArray[np.intp], c: float, tolerance: float, balanced: bool) -> Any:
    from sklearn.svm import LinearSVC

    weight = "balanced" if balanced else None
    return LinearSVC(C=c, tol=tolerance, random_state=0, class_weight=weight).fit(features, targets)


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


def _matrix(blocks: tuple[Block, Block], texts: Sequence[str]) -> Any:
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
