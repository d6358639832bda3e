"""Sparse features of a text: words and stems, and character n-grams inside words."""

import re
from collections.abc import Iterator
from itertools import pairwise

MAX_CHARS = 600  # of the normalised text: a wish stands at the start or the end of a long story
CHAR_SIZES = (2, 3, 4, 5)
STEM_SIZES = (3, 4)  # letters

_WORD = re.compile(r"[\w']+|[^\w\s]")


def shorten(text: str) -> str:
    """At most `MAX_CHARS` of a text: its start and, mostly, its end."""
    if len(text) <= MAX_CHARS:
        return text
    head = MAX_CHARS // 3
    return f"{text[:head]} {text[head - MAX_CHARS + 1 :]}"


def word_ngrams(text: str) -> Iterator[str]:
    """Words, and their beginnings as stems: one by one, and in pairs of neighbours with marks for the text's
    start and end. Beginnings meet again in texts that inflect the same words otherwise."""
    words = _WORD.findall(text)
    yield from words
    for size in STEM_SIZES:
        stems = [f"{word[:size]}{size}" for word in words]
        yield from stems
        for left, right in pairwise((f"^{size}", *stems, f"${size}")):
            yield f"{left} {right}"


def char_ngrams(word: str) -> Iterator[str]:
    """Runs of 2 to 5 characters of a word; its borders count as spaces."""
    padded = f" {word} "
    length = len(padded)
    for size in CHAR_SIZES:
        if size >= length:
            yield padded
            break
        for start in range(length - size + 1):
            yield padded[start : start + size]
