"""Words and phrases that an owner lists, looked for in what customers write."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.shop.wording.folding import fold, latin

GAP = "..."
MAX_BETWEEN = 3  # words, where a phrase has a gap

_EMPHASIS = re.compile(r"([^\W\d_])\1{2,}")


def _phrase(text: str) -> str:
    words = text.split()
    example = "; write for example refund* or delete ... data"
    if not any(character.isalnum() for character in text):
        raise ValueError(f"no word{example}")
    if words[0] == GAP or words[-1] == GAP or [GAP, GAP] in map(list, zip(words, words[1:], strict=False)):
        raise ValueError(f"{GAP} stands between two words{example}")
    for word in words:
        if "*" in word.rstrip("*") or word.endswith("**") or len(word) < 4 and word.endswith("*"):
            raise ValueError(f'"{word}": a * stands at the end of at least three letters{example}')
    return " ".join(words)


# `word*` stands for all its endings, `one ... two` for up to `MAX_BETWEEN` words between; capitals, accents
# and the alphabet don't matter.
Phrase = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_phrase)]


def plain(text: str) -> str:
    """A customer's text as `Phrases` looks at it: without addresses, and "nooooo" is "no"."""
    words = (word for word in text.split() if "@" not in word and "://" not in word)
    return _EMPHASIS.sub(r"\1", _latin(" ".join(words)))


class Phrases:
    """Finds any of several phrases, as whole words, in a `plain` text."""

    def __init__(self, phrases: Iterable[str]) -> None:
        # The longest first: where one phrase begins another, the whole of it is found.
        patterns = sorted({_pattern(phrase) for phrase in phrases}, key=lambda one: (-len(one), one))
        self._found = re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)") if patterns else None

    def found(self, plain_text: str) -> bool:
        return self._found is not None and self._found.search(plain_text) is not None

    def words(self, plain_text: str) -> frozenset[str]:
        """What of them is in a text, as it stands there."""
        return frozenset(self._found.findall(plain_text)) if self._found else frozenset()

    def without(self, plain_text: str) -> str:
        """The text with a bar, which is in no phrase, in place of each one that is in it."""
        return self._found.sub("|", plain_text) if self._found else plain_text


def _latin(text: str) -> str:
    return latin(fold(text).replace("\u2019", "'"))


def _pattern(phrase: str) -> str:
    parts: list[str] = []
    between = ""
    for word in _EMPHASIS.sub(r"\1", _latin(phrase)).split():
        if word == GAP:
            between = rf"(?:\W+\w+){{0,{MAX_BETWEEN}}}\W+"
            continue
        escaped = re.escape(word.rstrip("*")).replace("'", "'?")
        parts += [between, escaped + (r"\w*" if word.endswith("*") else "")]
        between = r"\W+"
    return "".join(parts)
