"""The law as a table: what each country gives a customer, until when, and where that is written.

`bot.shop.laws` reads it from `data/rights.yml`. Nothing here knows an order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from store.vocabulary import CaseKind, NoReturn, Wish

SHOP: Final = "shop"  # the name of a rule that is the shop's own


class Unit(StrEnum):
    DAYS = "days"
    WORKING_DAYS = "working days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as a law writes it; the day on which it begins doesn't count."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


class Start(StrEnum):
    """What a period begins with: the last parcel of the order, the parcel with these goods, the order."""

    LAST_PARCEL = "last_parcel"
    PARCEL = "parcel"
    ORDER = "order"


class Payer(StrEnum):
    CUSTOMER = "customer"
    SHOP = "shop"


class DeliveryBack(StrEnum):
    """What of the delivery's price goes back when the whole order does: what usual delivery would have cost,
    all that was paid for it, or nothing."""

    NOTHING = "nothing"
    STANDARD = "standard"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a country's law gives in cases of `kinds`.

    `checked`: when somebody read it at its source; None: nobody has, so it is never told as the law.
    `minimum`: countries of the area may give more, so it is the law only as a country's own rule.
    `window`: how long it can be stated; None: without end. `remedies`: what may be asked for, the law's first
    choice first; none: the rule only adds a deadline to another one. `excepted`: goods it doesn't hold for;
    `excepted_unsealed`: only once their seal is broken. `presumed`: how long a fault is taken to be the
    shop's. `repair_adds`: by how much a repair prolongs the window, once, for orders placed since
    `repair_since`. `overdue`: when goods are late that nobody promised a day for.
    """

    name: str
    jurisdiction: str
    kinds: tuple[CaseKind, ...]
    source: str
    link: str
    checked: date | None = None
    minimum: bool = False
    window: Period | None = None
    starts: Start = Start.PARCEL
    remedies: tuple[Wish, ...] = ()
    excepted: tuple[NoReturn, ...] = ()
    excepted_unsealed: tuple[NoReturn, ...] = ()
    way_back: Payer = Payer.SHOP
    delivery_back: DeliveryBack = DeliveryBack.ALL
    send_back: Period | None = None
    refund: Period | None = None
    answer: Period | None = None
    presumed: Period | None = None
    repair_adds: Period | None = None
    repair_since: date | None = None
    overdue: Period | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Laws:
    """`areas`: of each area of law its countries, with the time zone in which their days end; `rules` by
    name. A country's own rule goes before its area's."""

    areas: Mapping[str, Mapping[str, ZoneInfo]]
    rules: Mapping[str, Rule]

    def zone(self, country: str) -> ZoneInfo | None:
        """None for a country without a table."""
        return next((area[country] for area in self.areas.values() if country in area), None)

    def right(self, country: str, kind: CaseKind) -> Rule | None:
        """The rule that gives something in cases of this kind."""
        return next((rule for rule in self._of(country, kind) if rule.remedies), None)

    def answer(self, country: str, kind: CaseKind) -> Rule | None:
        """The rule that says how soon the shop answers."""
        return next((rule for rule in self._of(country, kind) if rule.answer), None)

    def _of(self, country: str, kind: CaseKind) -> list[Rule]:
        places = [country, *(name for name, area in self.areas.items() if country in area)]
        return [
            rule
            for place in dict.fromkeys(places)
            for rule in self.rules.values()
            if rule.jurisdiction == place and kind in rule.kinds
        ]
