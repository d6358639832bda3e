"""Finds order numbers, e-mail addresses, phone numbers, names of languages and the vocabulary of look-up
tables in text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers

from bot.assistant import languages
from bot.shop.wording.folding import fold

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}\s?@\s?[\w-]+(?:\.[\w-]+)+", re.ASCII)
# What people put before an order number, in any of the languages.
PREFIX = r"(?:[#№]|\b(?:ord(?:er)?|no|nr|num(?:ber)?)\b\.?)\s*[:#-]?\s*"


@dataclass(frozen=True, slots=True)
class Entity:
    name: str
    value: str
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        """The entity as Rasa spells it."""
        return {
            "entity": self.name,
            "value": self.value,
            "start": self.start,
            "end": self.end,
            "confidence_entity": 1.0,
        }


class EntityFinder:
    """Entity patterns of one shop.

    `number_pattern` is the shop's regular expression for an order number, `region` the country
    (ISO 3166) whose phone numbers are understood without a country code, `tables` the words or
    phrases of each look-up table.
    """

    def __init__(self, number_pattern: str, region: str, tables: Mapping[str, Iterable[str]]) -> None:
        self._number = re.compile(rf"(?:{PREFIX})?(?<![\w@.+-])({number_pattern})(?![\w@-])", re.IGNORECASE)
        self._prefixed = re.compile(rf"{PREFIX}({number_pattern})(?![\w@-])", re.IGNORECASE)
        self._region = region
        self._tables = {
            name: re.compile(
                r"(?<!\w)(?:" + "|".join(re.escape(fold(phrase)) for phrase in phrases) + r")(?!\w)"
            )
            for name, phrases in tables.items()
        }

    def find(self, text: str) -> list[Entity]:
        """All entities, none overlapping another, in the order of the text."""
        taken: list[Entity] = []
        for entity in self._candidates(text):
            if all(entity.end <= other.start or entity.start >= other.end for other in taken):
                taken.append(entity)
        return sorted(taken, key=lambda entity: entity.start)

    def _candidates(self, text: str) -> Iterator[Entity]:
        """Candidates, the surest kind first."""
        for match in EMAIL.finditer(text):
            value = re.sub(r"\s", "", match[0]).rstrip(".").lower()
            yield Entity("email", value, match.start(), match.end())
        for match in self._prefixed.finditer(text):
            yield Entity("order_number", match[1].upper(), match.start(), match.end())
        if sum(character.isdigit() for character in text) >= 7:
            for phone in phonenumbers.PhoneNumberMatcher(text, self._region):
                value = phonenumbers.format_number(phone.number, phonenumbers.PhoneNumberFormat.E164)
                yield Entity("phone", value, phone.start, phone.end)
        for match in self._number.finditer(text):
            yield Entity("order_number", match[1].upper(), match.start(), match.end())
        folded = fold(text)
        # Folding can change the length of exotic text; positions then only serve to avoid overlap.
        for name, pattern in self._tables.items():
            for match in pattern.finditer(folded):
                yield Entity(name, match[0], match.start(), match.end())
        for code, start, end in languages.named(text):
            yield Entity("language", code, start, end)
