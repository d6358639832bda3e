"""What customers' own pages say, and the mail that acknowledges a withdrawal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency

from bot.shop.facts import Shop
from bot.shop.texts import Texts
from bot.shop.wording.dates import LOCALES, clock

# CLDR has the country's name for it.
_OWN_NAMES: Final = {"id": "Bahasa Indonesia"}


@dataclass(frozen=True, slots=True)
class Speech:
    """The texts of one language. `zone`: in which days and times are told."""

    language: str
    shop: str
    texts: Mapping[str, str]
    zone: tzinfo

    def __call__(self, name: str, /, **values: str) -> str:
        """A text, filled in; what stands in braces in a value stays as it is. One that is missing is its
        name: the page can still be used."""
        known = {"shop": self.shop, **values}
        return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], match[0]), self.texts.get(name, name))

    def has(self, name: str) -> bool:
        return name in self.texts

    def day(self, at: datetime) -> str:
        """With its year: it may stand on paper."""
        return self.date(at.astimezone(self.zone).date())

    def date(self, day: date) -> str:
        # Latvian says most of them after "līdz", where a month written out would need another ending.
        length = "medium" if self.language == "lv" else "long"
        return str(format_date(day, length, locale=self._locale))

    def time(self, at: datetime) -> str:
        """With the zone that it is told in: "10:05 (EET)"."""
        there = at.astimezone(self.zone)
        return f"{clock(there.time(), self.language)} ({there.tzname()})"

    def money(self, amount: Decimal, currency: str) -> str:
        return str(format_currency(amount, currency, locale=self._locale))

    @property
    def _locale(self) -> str:
        return LOCALES.get(self.language, self.language)


@dataclass(frozen=True, slots=True)
class PageTexts:
    """By language; the first of `languages` stands in for others."""

    shop: str
    languages: tuple[str, ...]
    texts: Mapping[str, Mapping[str, str]]
    zone: tzinfo

    @classmethod
    def of(cls, texts: Texts, shop: Shop) -> "PageTexts":
        name = " ".join(shop.name.split())
        return cls(name, shop.languages, {one: texts.pages[one] for one in shop.languages}, shop.timezone)

    def speech(self, language: str) -> Speech:
        known = language if language in self.languages else self.languages[0]
        return Speech(known, self.shop, self.texts[known], self.zone)

    def chosen(self, asked: str, accepted: str) -> str:
        """The language of a page: the one that is asked for, else the best of an Accept-Language header."""
        return next((one for one in (asked, *_ranked(accepted)) if one in self.languages), self.languages[0])


def own_name(language: str) -> str:
    """A language as its speakers call it: "Lietuvių"."""
    name = _OWN_NAMES.get(language) or Locale(language).get_display_name() or language
    return name[:1].upper() + name[1:]


def _ranked(accepted: str) -> Sequence[str]:
    found = []
    for place, part in enumerate(accepted[:500].split(",")):
        name, _, weight = part.partition(";")
        match = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        rank = float(match[1]) if match else 1.0
        if rank > 0:
            found.append((-rank, place, name.strip().partition("-")[0].lower()))
    return [name for *_, name in sorted(found)]
