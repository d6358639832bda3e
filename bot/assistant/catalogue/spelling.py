"""Whether a word of a customer is one that we know: inflected, in Latin letters, mistyped."""

import re
from enum import Enum
from functools import lru_cache

from bot.shop.wording.folding import fold, latin

WORD = re.compile(r"[^\W_]+")
MAX_WORD = 32  # letters that are looked at

# Letters of a word from which on one mistake is forgiven, and two; below, only beside words without any.
ONE_MISTAKE, TWO_MISTAKES = 6, 9

_CYRILLIC = re.compile("[а-яё]")


class Inflection(Enum):
    """What inflection does to a word: which letters at its end change, what may stand there instead, and how
    many letters that may have. In Latin letters, with `i` for `y`."""

    PLURAL = ("s?", "(?:e?s)?", 2)  # English
    CLITICS = ("", "(?:nia|ku|mu|lah|kah|an)?", 4)  # Indonesian
    # Lithuanian and Latvian, and what isn't said; z as in laikrodis, laikrodžio.
    ENDINGS = (
        "(?:[aeiou]{1,3}s?|s)?",
        "z?[aeiou]{0,3}(?:s|m|ms|mi|mis|je|se)?",
        5,
    )
    # Kazakh puts one behind another, and softens the last letter: етік, етігіңіздің.
    SUFFIXES = ("[kp]?", "[a-z]*", 8)

    def __init__(self, changing: str, ending: str, most: int) -> None:
        self.changing = re.compile(f"{changing}$")
        self.ending = re.compile(ending)
        self.most = most


_OF_LANGUAGE = {
    "en": Inflection.PLURAL,
    "id": Inflection.CLITICS,
    "ms": Inflection.CLITICS,
    "kk": Inflection.SUFFIXES,
}


def inflection(text: str, language: str) -> Inflection:
    """That of a text in a language, "" if nobody says which."""
    if _CYRILLIC.search(text.lower()):
        return Inflection.SUFFIXES
    return _OF_LANGUAGE.get(language, Inflection.ENDINGS)


def folded_words(text: str) -> list[str]:
    """The words of a text, spelled as they are compared: `Йога кілемшесі` gives `ioga kilemshesi`."""
    return [_folded(word) for word in WORD.findall(text.lower())]


@lru_cache(maxsize=65_536)
def _folded(word: str) -> str:
    return latin(fold(word))[:MAX_WORD]


def stem(word: str, inflection: Inflection) -> str:
    """What of a folded word stays in all its forms."""
    if word.isdigit() or len(word) <= 3:
        return word
    most = 3 if len(word) >= 8 else 2 if len(word) >= 6 else 1
    ending = inflection.changing.search(word)
    return word[: -min(most, len(ending[0]))] if ending and ending[0] else word


def is_ending(text: str, inflection: Inflection) -> bool:
    """Whether it may follow a stem."""
    return len(text) <= inflection.most and inflection.ending.fullmatch(text) is not None


def mistakes(typed: str, known: str, inflection: Inflection, most: int) -> int | None:
    """How many mistakes lie between a word and a stem with any ending; None for more than `most`. Nobody
    mistypes the first letter."""
    if typed[:1] != known[:1]:
        return None
    best: int | None = None
    for end in range(max(1, len(known) - most), min(len(typed), len(known) + most) + 1):
        if is_ending(typed[end:], inflection):
            found = distance(typed[:end], known, most)
            if found <= most and (best is None or found < best):
                best = found
    return best


def distance(one: str, other: str, most: int) -> int:
    """Letters to change, leave out, put in or swap with the next to make one word of the other; more than
    `most` isn't counted on."""
    start = 0
    shorter = min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    if not one or not other:
        return len(one) + len(other)
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, opposite in enumerate(other, 1):
            cost = min(above[column] + 1, line[column - 1] + 1, above[column - 1] + (letter != opposite))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite
            line.append(min(cost, before[column - 2] + 1) if swapped else cost)
        if min(line) > most:
            return most + 1
        before, above = above, line
    return above[-1]


def allowed(length: int) -> int:
    """How many mistakes are forgiven in a stem of so many letters."""
    return 2 if length >= TWO_MISTAKES else 1


_HEAD = 7  # letters by which a mistyped word is looked up


def lookups(stem: str) -> set[str]:
    """What a stem has in common with its mistyped forms: its beginning, and that without any one letter. A
    second mistake must lie behind it."""
    head = stem[:_HEAD]
    return {head, *_shorter(head)} if len(head) > 3 else {head}


def typed_lookups(typed: str) -> set[str]:
    """The same of a word that somebody typed, whose ending nobody knows."""
    heads = {typed[:length] for length in range(min(3, len(typed)), min(len(typed), _HEAD + 1) + 1)}
    return heads.union(*map(_shorter, heads))


def _shorter(head: str) -> set[str]:
    return {head[:at] + head[at + 1 :] for at in range(1, len(head))}
