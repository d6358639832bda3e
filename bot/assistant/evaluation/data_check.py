"""What is doubtful about the training data: found by reading them, without training anything."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.assistant.evaluation.examples import Example
from bot.assistant.evaluation.prediction import bare
from bot.assistant.nlu.classifier import OUT_OF_SCOPE
from bot.shop.wording.folding import normalise

AT_LEAST = 60  # examples of an intent in a language
OUT_OF_SCOPE_TIMES = 5  # as many out of scope: it stands for everything else there is
NEARLY = 0.9  # cosine of counts of character n-grams of these lengths
NGRAMS = (3, 4)
ROWS = 1_000  # compared at a time
LONG, SHORT = 15, 2  # words
MARKED = 0.2  # share of examples with diacritics that makes a language one that has them

CONTRADICTION, TOO_FEW = "contradiction", "too few"
ERRORS = (CONTRADICTION, TOO_FEW)
ACROSS, DUPLICATE, NEARLY_SAME = "across languages", "duplicate", "nearly the same"

_WORD = re.compile(r"[\w']+")


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    language: str
    intent: str
    place: str  # "data/nlu/en/orders.yml:6"; the folder where a whole language is meant
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class Register:
    """A manner of writing, and the share of an intent's examples that should be in it."""

    name: str
    wanted: float
    fits: Callable[[str], bool]


REGISTERS = (
    Register("without diacritics", 0.2, lambda text: bare(text) == text),
    Register(f"at most {SHORT} words", 0.05, lambda text: len(_WORD.findall(text)) <= SHORT),
    Register(f"over {LONG} words", 0.03, lambda text: len(_WORD.findall(text)) > LONG),
    Register("with a question mark", 0.03, lambda text: "?" in text),
    Register("with emoji", 0.01, lambda text: any(map(_is_emoji, text))),
    Register("with digits", 0.01, lambda text: any(map(str.isdecimal, text))),
)


@dataclass(frozen=True, slots=True)
class Share:
    """How common a register is in a language, and in which intents it is rarer than wanted."""

    language: str
    register: str
    wanted: float
    share: float
    thin: dict[str, float]


def check(lines: Sequence[Example], languages: Sequence[str], at_least: int = AT_LEAST) -> list[Finding]:
    """All findings about the examples in `languages`, as they stand in the files: those that must be put
    right (`ERRORS`) last."""
    found: list[Finding] = []
    intents = sorted({example.intent for example in lines})
    for language in languages:
        mine = [example for example in lines if example.language == language]
        texts = [normalise(example.text) for example in mine]
        found += _nearly_same(mine, texts)
        found += _duplicates(mine, texts)
    found += _across(lines, languages)
    for language in languages:
        mine = [example for example in lines if example.language == language]
        found += _too_few(mine, language, intents, at_least)
        found += _contradictions(mine)
    return found


def registers(lines: Sequence[Example], languages: Sequence[str]) -> list[Share]:
    """The share of each register in each language; of diacritics, only in languages that have them."""
    shares = []
    for language in languages:
        texts: dict[str, list[str]] = defaultdict(list)
        for example in lines:
            if example.language == language:
                texts[example.intent].append(example.text)
        for register in REGISTERS if texts else ():
            fitting = {intent: [register.fits(text) for text in texts[intent]] for intent in sorted(texts)}
            every = [fits for some in fitting.values() for fits in some]
            share = sum(every) / len(every)
            if register is REGISTERS[0] and share > 1 - MARKED:
                continue
            of = {intent: sum(some) / len(some) for intent, some in fitting.items()}
            thin = {intent: value for intent, value in of.items() if value < register.wanted}
            shares.append(Share(language, register.name, register.wanted, share, thin))
    return shares


def _contradictions(lines: Sequence[Example]) -> Iterator[Finding]:
    for same in _alike(lines).values():
        firsts: dict[str, Example] = {}
        for example in same:
            firsts.setdefault(example.intent, example)
        first, *others = firsts.values()
        for other in others:
            text = f'"{first.text}" is {first.intent} here and {other.intent} in {other.place}; keep one'
            yield Finding(CONTRADICTION, first.language, first.intent, first.place, text)


def _across(lines: Sequence[Example], languages: Sequence[str]) -> Iterator[Finding]:
    """One model learns all languages: such a word can't be told by itself."""
    for same in _alike([example for example in lines if example.language in languages]).values():
        first = same[0]
        for other in same[1:]:
            if other.language != first.language and other.intent != first.intent:
                text = f'"{first.text}" is {first.intent} here and {other.intent} in {other.place}'
                yield Finding(ACROSS, first.language, first.intent, first.place, text)


def _alike(lines: Sequence[Example]) -> dict[str, list[Example]]:
    """The examples that are one text to the model."""
    alike: dict[str, list[Example]] = defaultdict(list)
    for example in lines:
        alike[normalise(example.text)].append(example)
    return alike


def _too_few(
    lines: Sequence[Example], language: str, intents: Sequence[str], at_least: int
) -> Iterator[Finding]:
    counts = Counter(example.intent for example in dict.fromkeys(lines))
    places = {example.intent: example.place for example in reversed(lines)}
    for intent in intents:
        wanted = at_least * (OUT_OF_SCOPE_TIMES if intent == OUT_OF_SCOPE else 1)
        if counts[intent] < wanted:
            text = f"{intent} has {counts[intent]} examples in {language}; write at least {wanted}"
            yield Finding(TOO_FEW, language, intent, places.get(intent, f"data/nlu/{language}"), text)


def _duplicates(lines: Sequence[Example], texts: Sequence[str]) -> Iterator[Finding]:
    first: dict[tuple[str, str], Example] = {}
    for example, text in zip(lines, texts, strict=True):
        there = first.setdefault((text, example.intent), example)
        if there is not example:
            told = f'"{example.text}" is the same text to the model as "{there.text}" in {there.place}'
            yield Finding(DUPLICATE, example.language, example.intent, example.place, told)


def _nearly_same(lines: Sequence[Example], texts: Sequence[str]) -> Iterator[Finding]:
    for one, other, cosine in _close(texts):
        first, second = lines[one], lines[other]
        told = f'"{second.text}" and "{first.text}" in {first.place} ({cosine:.2f})'
        if first.intent != second.intent:
            told += f", but {second.intent} and {first.intent}"
        yield Finding(NEARLY_SAME, second.language, second.intent, second.place, told)


def _close(texts: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Positions of two different texts with nearly the same n-grams, the first before the second."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    if not any(texts):
        return
    counts = CountVectorizer(analyzer="char_wb", ngram_range=NGRAMS, lowercase=False).fit_transform(texts)
    matrix = normalize(counts.astype(np.float32))
    for start, end in pairwise([*range(0, len(texts), ROWS), len(texts)]):
        cosines = (matrix[start:end] @ matrix.T).tocoo()
        near: NDArray[np.bool_] = (cosines.data >= NEARLY) & (cosines.col < cosines.row + start)
        order = np.lexsort((cosines.col[near], cosines.row[near]))
        found = zip(
            cosines.row[near][order], cosines.col[near][order], cosines.data[near][order], strict=True
        )
        for row, column, cosine in found:
            second, first = int(row) + start, int(column)
            if texts[first] != texts[second]:
                yield first, second, float(cosine)


def _is_emoji(character: str) -> bool:
    return unicodedata.category(character) == "So"
