"""Unknown words put back to known ones: one slip of the fingers, or words run together."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

SHORTEST = 4  # letters; a shorter word is one slip away from too many others
LONGEST = 24
SHORTEST_RUN = 8  # letters of words without a space between them
MAX_RUN = 8  # words
REMEMBERED = 20_000


class Repair:
    """`rarity` of each known word: of several that could be meant, the commonest is."""

    def __init__(self, rarity: Mapping[str, float]) -> None:
        self._rarity = rarity
        self._shorter: dict[str, list[str]] = {}
        for word in rarity:
            if SHORTEST <= len(word) <= LONGEST and word.isalpha():
                for one in _shorter(word):
                    self._shorter.setdefault(one, []).append(word)
        self.word = lru_cache(REMEMBERED)(self._word)

    def _word(self, word: str) -> str:
        bare = word.strip(".,!?;:()\"'")
        if bare in self._rarity or not SHORTEST <= len(bare) <= 3 * LONGEST or not bare.isalpha():
            return word
        meant = self._mistyped(bare) or self._run_together(bare) or bare
        return word.replace(bare, meant)

    def _mistyped(self, word: str) -> str | None:
        if len(word) > LONGEST:
            return None
        near = {
            known for one in (word, *_shorter(word)) for known in self._near(one) if _one_slip(word, known)
        }
        # The first letter is seldom wrong.
        return min(near, key=lambda known: (known[0] != word[0], self._rarity[known], known), default=None)

    def _near(self, word: str) -> Iterator[str]:
        if word in self._rarity and len(word) >= SHORTEST:
            yield word
        yield from self._shorter.get(word, ())

    def _run_together(self, word: str) -> str | None:
        """The fewest known words that a run of letters is made of, and of these the commonest."""
        if len(word) < SHORTEST_RUN:
            return None
        best: dict[int, tuple[int, float, tuple[str, ...]]] = {0: (0, 0.0, ())}
        for end in range(2, len(word) + 1):
            found = [
                (count + 1, rarity + self._rarity[word[start:end]], (*words, word[start:end]))
                for start, (count, rarity, words) in best.items()
                if end - start >= 2 and count < MAX_RUN and word[start:end] in self._rarity
            ]
            if found:
                best[end] = min(found)
        words = best.get(len(word), (0, 0.0, ()))[2]
        return " ".join(words) if len(words) > 1 else None


def _shorter(word: str) -> Iterator[str]:
    """The word with one letter left out, in each way."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _one_slip(typed: str, known: str) -> bool:
    """Whether one letter is missing, too many, another, or two neighbours are swapped."""
    short, long = sorted((typed, known), key=len)
    if len(long) - len(short) == 1:
        return any(one == short for one in _shorter(long))
    if len(long) != len(short):
        return False
    differ = [at for at, (one, other) in enumerate(zip(typed, known, strict=True)) if one != other]
    if len(differ) == 1:
        return True
    swapped = len(differ) == 2 and differ[1] - differ[0] == 1
    return swapped and typed[differ[0]] == known[differ[1]] and typed[differ[1]] == known[differ[0]]
