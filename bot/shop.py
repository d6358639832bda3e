"""The shop's facts, from `shop.yml`: what answers, channels and pages say about it.

Each field's `examples` are shown to an owner who left it out or wrote it wrongly.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import format_currency, format_decimal, is_currency
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.dates import clock
from bot.hours import Day, OpeningHours, parse_day
from bot.yaml_source import read, validated

# Filled in from other parts of the file, so no fact may take these names.
BUILT_IN = frozenset({"shop", "url", "email", "phone", "address", "country", "hours"})

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)

Fact = str | int | float | dict[str, str]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _checked(fits: Callable[[str], object], what: str) -> AfterValidator:
    def check(text: str) -> str:
        if not fits(text):
            raise ValueError(f'"{text}" is not {what}')
        return text

    return AfterValidator(check)


def _fits(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern).fullmatch


def _is_country(text: str) -> bool:
    return bool(re.fullmatch("[A-Z]{2}", text)) and text in Locale("en").territories


def _is_region(text: str) -> bool:
    return text in phonenumbers.SUPPORTED_REGIONS


def _is_language(text: str) -> bool:
    return bool(re.fullmatch("[a-z]{2,3}", text)) and text in locale_identifiers()


def _is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def _number_pattern(text: str) -> str:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression ({error})") from None
    if pattern.fullmatch(""):
        raise ValueError("fits an empty text too")
    return text


def _day(value: object) -> Day:
    if value == "closed":
        return ()
    if not isinstance(value, str):
        raise ValueError("must be shifts or the word closed")
    return parse_day(value)


def _missing(by_language: Mapping[str, object], info: ValidationInfo) -> str:
    # Languages that the shop doesn't answer in yet may stand there already.
    languages = [one for one in info.data.get("languages", ()) if one not in by_language]
    return "; ".join(f'missing for language "{one}"; write a line {one}: …' for one in languages)


def _fact_name(name: str) -> str:
    if name in BUILT_IN:
        raise ValueError("this name is taken; give the fact another one")
    if not re.fullmatch("[a-z_]+", name):
        raise ValueError("can't name a fact; write small letters and _, without digits")
    return name


def _plain(text: str) -> str:
    if not text.strip():
        raise ValueError("empty; write the text or delete the line")
    if "{" in text or "}" in text:
        raise ValueError("can't contain { or }; write its text out in full")
    return text


def _fact(value: object, info: ValidationInfo) -> Fact:
    if isinstance(value, dict):
        missing = _missing(value, info)
        if missing:
            raise ValueError(missing)
        if not all(isinstance(text, str) for text in value.values()):
            raise ValueError('must be text in each language; put it in quotes: en: "30"')
        return {language: _plain(text) for language, text in value.items()}
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise ValueError("must be text, a number, or one text for each language; write for example 30")


WebAddress = Annotated[
    str,
    _checked(_fits(r"https?://[^\s/?#{}]+(/[^\s?#{}]*)?"), "a web address"),
    AfterValidator(lambda text: text.rstrip("/")),  # answers add "/returns"
]
# It goes into a security header as it is, and has no path there.
_SITE = _fits(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")
Site = Annotated[str, _checked(_SITE, "a site without a path")]
Email = Annotated[str, _checked(_fits(r"[^\s@{}<>;,]+@[^\s@{}<>;,]+\.[a-zA-Z0-9-]+"), "an e-mail address")]
Phone = Annotated[str, _checked(_is_phone, "a phone number as one dials it from abroad")]
Country = Annotated[str, _checked(_is_country, "a country's two capital letters")]
Region = Annotated[str, _checked(_is_region, "a country's two capital letters")]
Currency = Annotated[str, _checked(is_currency, "a currency's three capital letters")]
Language = Annotated[str, _checked(_is_language, "a language's two small letters")]
Plain = Annotated[str, AfterValidator(_plain)]
Starter = Annotated[str, Field(min_length=1, max_length=80)]  # a button's title
FactName = Annotated[str, AfterValidator(_fact_name)]
DayHours = Annotated[Day, PlainValidator(_day)]


class Brand(_Block):
    colour: str = Field(pattern="^#[0-9a-fA-F]{6}$", examples=['"#2f6b4f"'])
    logo: str = Field(min_length=1, max_length=24, examples=["Linden & Co"])


class Contact(_Block):
    email: Email = Field(examples=["help@linden.example"])
    phone: Phone = Field(examples=['"+370 5 200 0000"'])
    address: Plain = Field(max_length=200, examples=["Liepų g. 10, 01100 Vilnius"])


_SHIFTS = ["09:00-12:00, 13:00-18:00"]


class Week(_Block):
    monday: DayHours = Field(examples=_SHIFTS)
    tuesday: DayHours = Field(examples=_SHIFTS)
    wednesday: DayHours = Field(examples=_SHIFTS)
    thursday: DayHours = Field(examples=_SHIFTS)
    friday: DayHours = Field(examples=_SHIFTS)
    saturday: DayHours = Field(examples=["10:00-14:00"])
    sunday: DayHours = Field(examples=["closed"])

    @property
    def days(self) -> tuple[Day, ...]:
        """Monday first."""
        return tuple(getattr(self, name) for name in type(self).model_fields)

    @model_validator(mode="after")
    def _some(self) -> "Week":
        if not any(self.days):
            raise ValueError("closed all week; write the shifts of at least one day")
        return self


class Support(_Block):
    hours: Week
    closed_on: tuple[date, ...] = Field(default=(), examples=["2026-12-24"])


class Orders(_Block):
    number: Annotated[str, AfterValidator(_number_pattern)] = Field(default=r"\d{5}", examples=[r"'\d{5}'"])
    phone_region: Region = Field(examples=["LT"])


class Widget(_Block):
    starters: dict[str, Annotated[tuple[Starter, ...], Field(max_length=6)]] = Field(default_factory=dict)
    frame_ancestors: tuple[Site, ...] = Field(default=(), examples=["https://linden.example"])


class Shop(_Block):
    """Everything a shop says about itself. Languages are ISO 639 codes; the first is the default."""

    name: Plain = Field(max_length=60, examples=["Linden & Co"])
    url: WebAddress = Field(examples=["https://linden.example"])
    country: Country = Field(examples=["LT"])
    timezone: ZoneInfo = Field(examples=["Europe/Vilnius"])
    currency: Currency = Field(examples=["EUR"])
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = Field(examples=["[en]"])
    brand: Brand
    contact: Contact
    support: Support
    orders: Orders
    widget: Widget = Field(default_factory=Widget)
    facts: dict[FactName, Annotated[Fact, PlainValidator(_fact)]] = Field(default_factory=dict)

    @field_validator("languages")
    @classmethod
    def _once(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(languages)) < len(languages):
            raise ValueError("a language stands there twice; keep one of them")
        return languages

    @field_validator("widget")
    @classmethod
    def _starters(cls, widget: Widget, info: ValidationInfo) -> Widget:
        missing = _missing(widget.starters, info) if widget.starters else ""
        if missing:
            raise ValueError(f"starters: {missing}")
        return widget

    @property
    def opening_hours(self) -> OpeningHours:
        """When the shop's people answer."""
        return OpeningHours(self.support.hours.days, self.timezone, frozenset(self.support.closed_on))

    def values(self, language: str) -> Mapping[str, str]:
        """The texts for the placeholders of answers, by name, in one of `languages` (else KeyError).
        It formats each anew: keep the result."""
        if language not in self.languages:
            raise KeyError(language)
        facts = {name: self._said(fact, language) for name, fact in self.facts.items()}
        return facts | {
            "shop": self.name,
            "url": self.url,
            "email": self.contact.email,
            "phone": self.contact.phone,
            "address": self.contact.address,
            "country": Locale(language).territories[self.country],
            "hours": self.opening_hours.describe(language),
        }

    def _said(self, fact: Fact, language: str) -> str:
        if isinstance(fact, int):
            return str(fact)  # a year or a count: no thousands separator
        if isinstance(fact, float):
            return format_decimal(fact, locale=language)
        text = fact if isinstance(fact, str) else fact[language]
        if _TIME.fullmatch(text):
            return clock(time.fromisoformat(text), language)
        money = re.fullmatch(rf"(\d+(?:\.\d\d?)?) {self.currency}", text)
        return _money(Decimal(money[1]), self.currency, language) if money else text


def load(path: Path) -> Shop:
    """Reads `shop.yml`. Raises `SourceError` with all that is wrong with it."""
    return validated(Shop, read(path))


def _money(amount: Decimal, currency: str, language: str) -> str:
    if amount % 1:
        return format_currency(amount, currency, locale=language)
    pattern = Locale(language).currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(amount, currency, format=pattern, locale=language, currency_digits=False)
