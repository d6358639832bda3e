"""Finds order numbers, e-mail addresses, phone numbers, names of languages and the vocabulary of look-up
tables in text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers

from bot.assistant import languages
from bot.assistant.nlu.order_numbers import OrderNumbers
from bot.shop.wording.folding import fold
from store.core.cleaning import fold_in_place
from store.core.identifiers import normalise_email, normalise_number

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}\s?@\s?[\w-]+(?:\.[\w-]+)+", re.ASCII)
# Questions to which a phone is an answer: there, digits are one if they can be.
_ASKS_PHONE = frozenset({"contact", "callback_phone"})
# Questions to whose answers numbers belong that are none of an order: a postcode, a code, an hour.
_OTHER_NUMBERS = frozenset({"callback_phone", "callback_wish", "code", "new_address"})
_CODE = re.compile(r"\s*(?:\d[\s.,-]?){5}\d\s*", re.ASCII)
NOTHING = ""


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
        self._numbers = OrderNumbers(number_pattern)
        self._region = region
        self._tables = {
            name: re.compile(
                r"(?<!\w)(?:" + "|".join(re.escape(fold(phrase)) for phrase in phrases) + r")(?!\w)"
            )
            for name, phrases in tables.items()
        }

    def find(self, text: str, asked: str = NOTHING, given: str = NOTHING) -> list[Entity]:
        """All entities, none overlapping another, in the order of the text. `asked` is the slot that the open
        question is about, and `given` the order number that the customer has named before."""
        if asked == "code" and _CODE.fullmatch(text):
            return []
        taken: list[Entity] = []
        for entity in self._candidates(text, asked, given):
            if all(entity.end <= other.start or entity.start >= other.end for other in taken):
                taken.append(entity)
        return sorted(taken, key=lambda entity: entity.start)

    def _candidates(self, text: str, asked: str, given: str) -> Iterator[Entity]:
        """Candidates, the surest kind first: what says itself what it is, what was asked for, what has the
        shop's own form, and only then what could be something by its shape."""
        plain = fold_in_place(text)
        for match in EMAIL.finditer(plain):
            value = normalise_email(re.sub(r"\s", "", match[0]).rstrip("."))
            yield Entity("email", value, match.start(), match.end())
        yield from self._order_numbers(self._numbers.labelled(plain))
        own = list(self._order_numbers(self._numbers.exact(plain)))
        phones = list(self._phones(plain))
        if asked == "order_number":
            yield from (one for one in phones if _from_abroad(plain, one) and not _is_same(one, own))
            yield from own
            yield from self._order_numbers(self._numbers.spelled(plain))
        if given:
            yield from (one for one in own if normalise_number(one.value) == given)
        for phone in phones:
            # What is a phone and an order number by its shape is what was asked for, else an order number.
            if asked in _ASKS_PHONE or not _is_same(phone, own):
                yield phone
        if asked not in _OTHER_NUMBERS:
            yield from own
        if asked not in _OTHER_NUMBERS:
            for value, start, end in self._numbers.odd(plain, asked == "order_number"):
                yield Entity("odd_number", value, start, end)
        folded = fold(text)
        # Folding can change the length of exotic text; positions then only serve to avoid overlap.
        for name, pattern in self._tables.items():
            for match in pattern.finditer(folded):
                yield Entity(name, match[0], match.start(), match.end())
        for code, start, end in languages.named(text):
            yield Entity("language", code, start, end)

    @staticmethod
    def _order_numbers(found: Iterable[tuple[str, int, int]]) -> Iterator[Entity]:
        for value, start, end in found:
            yield Entity("order_number", value, start, end)

    def _phones(self, plain: str) -> Iterator[Entity]:
        if sum(character.isdigit() for character in plain) < 7:
            return
        for phone in phonenumbers.PhoneNumberMatcher(plain, self._region):
            value = phonenumbers.format_number(phone.number, phonenumbers.PhoneNumberFormat.E164)
            yield Entity("phone", value, phone.start, phone.end)


def _from_abroad(plain: str, phone: Entity) -> bool:
    """Whether a phone is written with its country's code: it can hardly be anything else."""
    return plain.startswith(("+", "00"), phone.start)


def _is_same(phone: Entity, numbers: Iterable[Entity]) -> bool:
    return any((one.start, one.end) == (phone.start, phone.end) for one in numbers)
