"""The shop's facts, from `shop.yml`: what answers, channels and pages say about it.

Each field's `examples` are shown to an owner who left it out or wrote it wrongly.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
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

from bot.shop.calendar.holidays import PublicHolidays, regions
from bot.shop.calendar.hours import Day, OpeningHours, parse_day
from bot.shop.calendar.service_clock import ServiceClock, parse_duration
from bot.shop.handoff_rules import Rules
from bot.shop.returns import Returns, contradictions
from bot.shop.wording.dates import clock
from bot.shop.wording.example_numbers import examples
from bot.shop.yaml_source import SourceError, read, validated

# Filled in from other parts of the file, so no fact may take these names.
BUILT_IN = frozenset(
    {"shop", "url", "email", "phone", "address", "country", "hours", "phone_example", "number_example"}
)

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
    if not examples(text):
        raise ValueError(
            "no number could be made up that fits and has at most 40 characters; write it simpler"
        )
    return text


def _day(value: object) -> Day:
    if value == "closed":
        return ()
    if not isinstance(value, str):
        raise ValueError("must be shifts or the word closed")
    return parse_day(value)


def _open_day(value: object) -> Day | None:
    if value == "usual":
        return None
    if not isinstance(value, str) or value == "closed":
        raise ValueError("must be shifts or the word usual")
    return parse_day(value)


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError("must be a length of time; write for example 30 minutes or 8 hours")
    return parse_duration(value)


def _patience(value: object) -> timedelta | None:
    return None if value == "off" else _duration(value)


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
OpenDay = Annotated[Day | None, PlainValidator(_open_day)]  # None: as usual on that weekday
Duration = Annotated[timedelta, PlainValidator(_duration)]


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


class Targets(_Block):
    """How soon customers who asked for a person shall be helped, in opening time."""

    first_response: Duration | None = Field(default=None, examples=["30 minutes"])
    resolution: Duration | None = Field(default=None, examples=["8 hours"])

    @model_validator(mode="after")
    def _in_order(self) -> "Targets":
        if self.first_response and self.resolution and self.resolution < self.first_response:
            raise ValueError("resolution is shorter than first_response; give it as long or longer")
        return self


class Support(_Block):
    """`alert_after`: how long a customer may wait, in opening time, before all agents are told;
    `remind_after`: before the customer is told that it takes longer. `silent_for`: how long the assistant is
    silent after a person's answer in another program."""

    hours: Week
    holidays: Literal["on", "off"] = Field(default="on", examples=["on"])
    region: str | None = Field(default=None, examples=["BY"])
    closed_on: tuple[date, ...] = Field(default=(), examples=["2026-12-24"])
    open_on: dict[date, OpenDay] = Field(default_factory=dict, examples=["2026-12-23: 10:00-14:00"])
    targets: Targets = Field(default_factory=Targets)
    alert_after: Annotated[timedelta | None, PlainValidator(_patience)] = Field(
        default=timedelta(minutes=10), examples=["10 minutes"]
    )
    remind_after: Annotated[timedelta | None, PlainValidator(_patience)] = Field(
        default=timedelta(minutes=10), examples=["10 minutes"]
    )

    silent_for: Duration = Field(default=timedelta(hours=1), examples=["1 hour"])

    @field_validator("open_on")
    @classmethod
    def _open(cls, open_on: dict[date, Day | None], info: ValidationInfo) -> dict[date, Day | None]:
        week: Week | None = info.data.get("hours")
        for day, shifts in open_on.items():
            if day in info.data.get("closed_on", ()):
                raise ValueError(f"{day} stands in closed_on too; keep one of them")
            if shifts is None and week and not week.days[day.weekday()]:
                raise ValueError(f"{day} is a weekday without hours; write them: {day}: 10:00-14:00")
        return open_on


class Orders(_Block):
    number: Annotated[str, AfterValidator(_number_pattern)] = Field(default=r"\d{5}", examples=[r"'\d{5}'"])
    phone_region: Region = Field(examples=["LT"])

    @property
    def examples(self) -> tuple[str, ...]:
        """Numbers to be named as examples."""
        return examples(self.number)


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
    handover: Rules = ()
    widget: Widget = Field(default_factory=Widget)
    returns: Returns = Field(default_factory=Returns)
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

    @field_validator("support")
    @classmethod
    def _region(cls, support: Support, info: ValidationInfo) -> Support:
        country = info.data.get("country")
        if support.region is None or country is None:
            return support
        known = regions(country)
        if support.region not in known:
            advice = f"known: {', '.join(known)}" if known else "delete the line"
            raise ValueError(f'region: no holidays of "{support.region}" in {country} are known; {advice}')
        return support

    @property
    def opening_hours(self) -> OpeningHours:
        """When the shop's people answer."""
        support, week = self.support, self.support.hours.days
        return OpeningHours(
            week,
            self.timezone,
            frozenset(support.closed_on),
            {day: week[day.weekday()] if own is None else own for day, own in support.open_on.items()},
            PublicHolidays(self.country, support.region) if support.holidays == "on" else frozenset[date](),
        )

    @property
    def service_clock(self) -> ServiceClock:
        """Until when customers who asked for a person shall be helped."""
        targets = self.support.targets
        return ServiceClock(
            self.opening_hours, targets.first_response, targets.resolution, self.support.remind_after
        )

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
            "phone_example": self._phone_example(),
            "number_example": self.orders.examples[0],
        }

    def _phone_example(self) -> str:
        """A mobile number of the shop's region, as people write it."""
        mobile = phonenumbers.PhoneNumberType.MOBILE
        number = phonenumbers.example_number_for_type(self.orders.phone_region, mobile)
        form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, form) if number else self.contact.phone

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
    source = read(path)
    shop = validated(Shop, source)
    if wrong := list(contradictions(shop.returns, shop.facts, shop.currency)):
        raise SourceError(source.problem(("returns", key), text) for key, text in wrong)
    return shop


def _money(amount: Decimal, currency: str, language: str) -> str:
    if amount % 1:
        return format_currency(amount, currency, locale=language)
    pattern = Locale(language).currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(amount, currency, format=pattern, locale=language, currency_digits=False)
