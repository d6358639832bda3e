"""Finds products by name in what customers write: an index of names by their words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.assistant.catalogue import spelling
from bot.assistant.catalogue.spelling import ONE_MISTAKE, Inflection

MAX_WORDS = 80  # of a message that are looked at
MAX_NAMES = 5  # products that a part of a name may mean
MIN_PART = 4  # letters of a part
MAX_PARTS = 40  # names that it is looked for in
ANCHORS = 2  # words that a name is looked up by
MIN_COMPOUND = 7  # letters of a word that may be written as two
REMEMBERED = 20_000  # words of messages

# What stands behind is not said: "Puzzle, 1000 pieces", "Notebook (dotted)".
_HEAD = re.compile(r"[^,:;(\[–—/|]+")
FIRST = frozenset({"id", "ms", "fr", "es", "it", "vi", "th"})  # languages in which what it is comes first

EXACT, MISTYPED, GUESSED = 0, 1, 2  # how a word was recognised; the last only beside others

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Products that a message names, the likeliest first: `skus`, of which it means one or each. `whole`:
    by a whole name, not by the thing alone ("the lamp" of a bedside lamp). `words` of the message are not
    of the name, which is at `places`."""

    skus: tuple[str, ...]
    whole: bool
    words: int
    places: frozenset[int]


@dataclass(slots=True)
class _Word:
    stem: str
    inflection: Inflection
    letters: int  # of the word itself, when it was first met
    names: int = 0  # how many it is part of


class ProductNames:
    """The names of all products of a shop, in all its languages. Not made for several threads."""

    def __init__(self) -> None:
        self._words: list[_Word] = []
        self._ids: dict[tuple[str, Inflection], int] = {}
        self._of_stem: dict[tuple[str, Inflection], int] = {}
        self._stems: dict[str, list[int]] = {}
        self._mistyped: dict[str, list[int]] = {}
        self._skus: dict[Key, dict[str, None]] = {}
        self._by_word: dict[int, set[Key]] = {}  # each name under the rarest of its words
        self._parts: dict[int, set[Key]] = {}  # names by the word that says what it is
        self._keys: dict[str, tuple[Key, ...]] = {}
        self._remembered: dict[str, dict[int, int]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def put(self, products: Iterable[tuple[str, str, Mapping[str, Sequence[str]]]]) -> None:
        """Takes products, as SKU, name and names by language, in place of what was known of them."""
        new: list[Key] = []
        for sku, name, names in products:
            self.drop(sku)
            keys = self._said(sku, name, names)
            self._keys[sku] = keys
            for key in keys:
                if key not in self._skus:
                    self._skus[key] = {}
                    new.append(key)
                    for word in key:
                        self._words[word].names += 1
                self._skus[key][sku] = None
        for key in new:
            # By two, since one of them may be mistyped.
            for word in sorted(key, key=lambda word: self._words[word].names)[:ANCHORS]:
                self._by_word.setdefault(word, set()).add(key)

    def drop(self, sku: str) -> None:
        """Forgets a product, if it is known."""
        for key in self._keys.pop(sku, ()):
            skus = self._skus[key]
            skus.pop(sku, None)
            if not skus:
                del self._skus[key]
                for word in key:
                    self._words[word].names -= 1
                    self._by_word.get(word, set()).discard(key)
                    self._parts.get(word, set()).discard(key)

    def find(self, text: str) -> Named | None:
        """What a message names."""
        if not self._keys:
            return None
        typed = spelling.folded_words(text)[:MAX_WORDS]
        places: dict[int, list[tuple[int, int]]] = {}
        for place, word in enumerate(typed):
            for known, how in self._recognised(word).items():
                places.setdefault(known, []).append((place, how))
        for place, (word, following) in enumerate(pairwise(typed)):
            if len(word) + len(following) >= MIN_COMPOUND:  # "tooth brush"
                for known, how in self._recognised(word + following).items():
                    if how == EXACT and known not in places:
                        places[known] = [(place, how)]
        found = self._whole(places)
        whole = bool(found)
        found = found or self._partly(places)
        if not found:
            return None
        skus = {sku: None for key, _ in found for sku in self._skus[key]}
        covered = frozenset(place for _, taken in found for place in taken)
        return Named(tuple(skus), whole, len(typed) - len(covered), covered)

    # --- the index ---

    def _said(self, sku: str, name: str, names: Mapping[str, Sequence[str]]) -> tuple[Key, ...]:
        """All that a product is called."""
        said = [(name, ""), *((one, language) for language, ones in names.items() for one in ones)]
        said += [(_joined(text), language) for text, language in said if "-" in text]
        keys: dict[Key, None] = {}
        for text, language in said:
            head = _HEAD.match(text)
            key = self._key(head[0] if head else text, language)
            if key:
                keys[key] = None
                part = key[0] if language in FIRST else key[-1]
                if len(key) > 1 and self._words[part].letters >= MIN_PART:
                    self._parts.setdefault(part, set()).add(key)
        if any(one.isdigit() for one in sku) and any(one.isalpha() for one in sku):
            for written in (sku, _joined(sku)):
                keys[self._key(written, "id", every=True)] = None
        return tuple(keys)

    def _key(self, name: str, language: str, every: bool = False) -> Key:
        """A name as its words. Single letters say too little, unless `every` counts."""
        inflection = spelling.inflection(name, language)
        words = [one for one in spelling.folded_words(name) if every or len(one) > 1 or one.isdigit()]
        return tuple(dict.fromkeys(self._word(one, inflection) for one in words[:8]))

    def _word(self, word: str, inflection: Inflection) -> int:
        known = self._ids.get((word, inflection))
        if known is not None:
            return known
        stem = spelling.stem(word, inflection)
        known = self._of_stem.get((stem, inflection))
        if known is None:
            known = self._of_stem[stem, inflection] = len(self._words)
            self._words.append(_Word(stem, inflection, len(word)))
            self._stems.setdefault(stem, []).append(known)
            if not stem.isdigit() and len(stem) >= 3:
                for variant in spelling.lookups(stem):
                    self._mistyped.setdefault(variant, []).append(known)
            self._remembered.clear()
        self._ids[word, inflection] = known
        return known

    # --- finding ---

    def _recognised(self, typed: str) -> dict[int, int]:
        """Words of names that a customer's word may be, and how it was recognised."""
        known = self._remembered.get(typed)
        if known is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            known = self._remembered[typed] = self._compared(typed)
        return known

    def _compared(self, typed: str) -> dict[int, int]:
        found: dict[int, int] = {}
        for end in range(1, len(typed) + 1):
            for one in self._stems.get(typed[:end], ()):
                word = self._words[one]
                if end == len(typed) or (end >= 3 and spelling.is_ending(typed[end:], word.inflection)):
                    found[one] = EXACT
        # What is a word as it stands isn't mistyped.
        if found or len(typed) < 3 or not typed.isalpha():
            return found
        alike = {one for variant in spelling.typed_lookups(typed) for one in self._mistyped.get(variant, ())}
        for one in alike:
            word = self._words[one]
            if word.stem[0] == typed[0]:
                most = spelling.allowed(len(word.stem))
                if spelling.mistakes(typed, word.stem, word.inflection, most) is not None:
                    # A beginning is often a word of its own: "charge" is no charger.
                    sure = len(word.stem) >= ONE_MISTAKE and not word.stem.startswith(typed)
                    found[one] = MISTYPED if sure else GUESSED
        return found

    def _whole(self, places: Mapping[int, list[tuple[int, int]]]) -> list[tuple[Key, frozenset[int]]]:
        found: list[tuple[Key, frozenset[int], int]] = []
        seen: set[Key] = set()
        for word, at in places.items():
            if all(how == GUESSED for _, how in at):
                continue
            for key in self._by_word.get(word, ()):
                if key not in seen and places.keys() >= set(key):
                    seen.add(key)
                    if taken := self._taken(key, places):
                        found.append((key, *taken))
        return _largest(found)

    def _taken(
        self, key: Key, places: Mapping[int, list[tuple[int, int]]]
    ) -> tuple[frozenset[int], int] | None:
        """The places of a name's words in the message, which stand close together, and how bad the worst was
        recognised."""
        worst, best = EXACT, GUESSED
        taken: set[int] = set()
        for word in key:
            free = [one for one in places[word] if one[0] not in taken]
            if not free:
                return None
            # Of several, the one beside those that were taken.
            place, how = min(free, key=lambda one: min((abs(one[0] - at) for at in taken), default=one[1]))
            taken.add(place)
            worst, best = max(worst, how), min(best, how)
        letters = sum(len(self._words[word].stem) for word in key)
        if max(taken) - min(taken) > len(key) + 1 or letters < 3:
            return None
        if best == GUESSED or (len(key) == 1 and worst == GUESSED):
            return None
        return frozenset(taken), worst

    def _partly(self, places: Mapping[int, list[tuple[int, int]]]) -> list[tuple[Key, frozenset[int]]]:
        found: dict[Key, frozenset[int]] = {}
        for known, at in places.items():
            if any(how == EXACT for _, how in at):
                named = self._parts.get(known, ())
                # "Lamp", where there are a hundred, names none.
                for key in named if len(named) <= MAX_PARTS else ():
                    found[key] = frozenset(place for place, _ in at)
        skus = {sku for key in found for sku in self._skus[key]}
        return list(found.items()) if len(skus) <= MAX_NAMES else []


def _joined(text: str) -> str:
    """As those write it who leave dashes out."""
    return text.replace("-", "")


def _largest(found: Iterable[tuple[Key, frozenset[int], int]]) -> list[tuple[Key, frozenset[int]]]:
    """Without what is a part of something longer, or as long and worse recognised."""
    ranked = sorted(found, key=lambda one: (-len(one[1]), one[2]))
    kept: list[tuple[Key, frozenset[int], int]] = []
    for key, taken, how in ranked:
        if not any(taken < other or (taken == other and how > worse) for _, other, worse in kept):
            kept.append((key, taken, how))
    return [(key, taken) for key, taken, _ in kept]
