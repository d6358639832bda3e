"""What a message asks of which of the shop's products."""

import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from actions.facts.product_facts import Aspect
from bot.assistant.catalogue import spelling
from bot.assistant.catalogue.asking import Asked, How
from bot.assistant.catalogue.product_names import FIRST, Named, ProductNames
from bot.assistant.catalogue.product_words import ProductWords, Question
from store.core.database import Connection
from store.products import products

# What changed in a transaction that lasted so long is found, though others were committed meanwhile.
OVERLAP: Final = timedelta(minutes=2)
LOOK_SECONDS: Final = 60.0  # between two looks for such

_SIZE = re.compile(r"(?:xx?s|s|m|l|x{1,3}l|\d{2,3})")
_LITTLE = 3  # letters of a word that names nothing
_SHORT = 4  # words of a message that names a size and nothing else


class Catalogue:
    """The shop's products, as far as messages name them. Not made for several threads."""

    def __init__(self, words: ProductWords) -> None:
        self._words = words
        self._names = ProductNames()
        self._known: dict[str, Any] = {}
        self._latest: tuple[datetime | None, int] | None = None
        self._looked = 0.0

    def refresh(self, connection: Connection) -> None:
        """Takes what has changed in the store."""
        latest = products.latest(connection)
        now = time.monotonic()
        if latest == self._latest and now - self._looked < LOOK_SECONDS:
            return
        since = self._latest[0] - OVERLAP if self._latest and self._latest[0] else None
        changed = []
        for sku, name, names in products.called(connection, since):
            if self._known.get(sku) != (name, names):
                self._known[sku] = (name, names)
                changed.append((sku, name, names))
        self._names.put(changed)
        self._latest, self._looked = latest, now

    def named(self, text: str) -> tuple[str, ...]:
        """The article numbers of the products that a message names, as a whole or by the thing alone."""
        named = self._names.find(text)
        return named.skus if named else ()

    def read(self, text: str, languages: Sequence[str], held: str | None) -> Asked | None:
        """What a message in one of some languages asks; None where it has nothing to do with products.
        `held`: the product that the talk is about."""
        if not self._known:
            return None
        named = self._names.find(text)
        question = self._words.read(text, languages)
        aspects = question.aspects
        typed = spelling.folded_words(text)
        if named and not named.whole and not _alone(named, question, languages[0]):
            named = None
        if named and (named.whole or held not in named.skus):
            how = How.NAMED if named.whole else How.PARTLY
            return Asked(how, named.skus, aspects, question.elsewhere, named.words)
        another = _of_another(typed, named, question)
        if held and not another:
            if not aspects and len(typed) <= _SHORT and any(_SIZE.fullmatch(one) for one in typed):
                aspects = (Aspect.OPTIONS,)
            return Asked(How.SAME, (held,), aspects, question.elsewhere, len(typed)) if aspects else None
        if aspects and another:
            return Asked(How.NOT, (), aspects, question.elsewhere, len(typed))
        return None


def _alone(named: Named, question: Question, language: str) -> bool:
    """Whether nothing beside the thing says that it is another one: "the lamp", no "lava lamp"."""
    # Where the thing comes first, what is before it makes it a part of another: "rak buku".
    sides = (-1, 1) if language in FIRST else (-1,)
    beside = {place + side for place in named.places for side in sides} - named.places
    said = range(named.words + len(named.places))
    return all(place in question.plain for place in beside if place in said)


def _of_another(typed: Sequence[str], named: Named | None, question: Question) -> bool:
    """Whether words say that it is about another thing: "how much is the fridge". How something is used has a
    word of its own, such as its bulb."""
    plain = question.plain | (named.places if named else frozenset())
    said = [word for place, word in enumerate(typed) if place not in plain]
    return sum(len(word) > _LITTLE and word.isalpha() for word in said) > (Aspect.CARE in question.aspects)
