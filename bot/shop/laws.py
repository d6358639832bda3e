"""The law of after-sales cases, from `data/rights.yml`: what countries give a customer, until when, and where
that is written. A shop's own file of that name adds rules and areas, or puts its own in their place."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator

from bot import product
from bot.shop.calendar.holidays import PublicHolidays
from bot.shop.facts import Country, Shop
from bot.shop.handoff_rules import yes_or_no
from bot.shop.returns import REFUND_DAYS, REPAIR_DAYS, RETURN_DAYS, WARRANTY_MONTHS
from bot.shop.yaml_source import Problem, Source, SourceError, nearest, read, validated
from store.cases.law.rules import SHOP, DeliveryBack, Laws, Payer, Period, Rule, Start, Unit
from store.cases.law.terms import Terms
from store.vocabulary import CaseKind, NoReturn, Wish

FILE = "rights.yml"
MAX_PERIOD = 9999
MAX_RULES = 500

_PERIOD = re.compile(r"(\d{1,4}) (working )?(day|month|year)s?", re.ASCII)
_MIND = frozenset({CaseKind.WITHDRAWAL, CaseKind.EXCHANGE})
_CHOICES = (Wish.CREDIT, Wish.ANSWER)  # no law's remedy


def _period(value: object) -> Period:
    match = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if not match or (match[2] and match[3] != "day") or not int(match[1]):
        raise ValueError(f'"{value}" is not a length of time')
    return Period(int(match[1]), Unit.WORKING_DAYS if match[2] else Unit(f"{match[3]}s"))


def _checked(value: object) -> date | None:
    if value == "no":
        return None
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f'"{value}" is neither a date nor the word no') from None


def _rule_name(name: str) -> str:
    if name == SHOP or not re.fullmatch("[a-z][a-z0-9_]{0,79}", name):
        raise ValueError("can't name a rule; write small letters, digits and _, and not shop")
    return name


def _link(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", text):
        raise ValueError(f'"{text}" is not a web address')
    return text


Length = Annotated[Period, PlainValidator(_period)]
YesOrNo = Annotated[bool, PlainValidator(yes_or_no)]
RuleName = Annotated[str, AfterValidator(_rule_name)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]

_LENGTH = ["14 days"]
_GOODS = ["[custom_made, perishable]"]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    jurisdiction: str = Field(pattern="^[A-Z]{2,10}$", examples=["EU"])
    kinds: Annotated[tuple[CaseKind, ...], Field(min_length=1)] = Field(examples=["[withdrawal]"])
    source: Text = Field(examples=["Directive 2011/83/EU, article 9"])
    link: Annotated[str, AfterValidator(_link)] = Field(
        examples=["https://eur-lex.europa.eu/eli/dir/2011/83/oj"]
    )
    checked: Annotated[date | None, PlainValidator(_checked)] = Field(examples=["2026-12-01, or no"])
    minimum: YesOrNo = Field(default=False, examples=["yes"])
    window: Length | None = Field(default=None, examples=_LENGTH)
    starts: Start = Field(default=Start.PARCEL, examples=["last_parcel (last_parcel, parcel or order)"])
    remedies: tuple[Wish, ...] = Field(default=(), examples=["[repair, replacement]"])
    excepted: tuple[NoReturn, ...] = Field(default=(), examples=_GOODS)
    excepted_unsealed: tuple[NoReturn, ...] = Field(default=(), examples=_GOODS)
    way_back: Payer = Field(default=Payer.SHOP, examples=["shop (customer or shop)"])
    delivery_back: DeliveryBack = Field(
        default=DeliveryBack.ALL, examples=["standard (nothing, standard or all)"]
    )
    send_back: Length | None = Field(default=None, examples=_LENGTH)
    refund: Length | None = Field(default=None, examples=_LENGTH)
    answer: Length | None = Field(default=None, examples=_LENGTH)
    presumed: Length | None = Field(default=None, examples=["1 year"])
    repair_adds: Length | None = Field(default=None, examples=["12 months"])
    repair_since: date | None = Field(default=None, examples=["2026-07-31"])
    overdue: Length | None = Field(default=None, examples=["30 days"])
    note: Text = "-"

    @model_validator(mode="after")
    def _whole(self) -> "_Rule":
        if not (self.remedies or self.answer):
            raise ValueError("gives nothing; write remedies, or answer")
        if any(one in self.remedies for one in _CHOICES):
            raise ValueError("credit and answer are no law's remedies; write for example [refund]")
        if not self.remedies and (self.window or self.refund or self.send_back or self.excepted):
            raise ValueError("window, refund, send_back and excepted need remedies; write them too")
        if self.remedies and _MIND & {*self.kinds} and "way_back" not in self.model_fields_set:
            raise ValueError("who pays the way back is missing; write way_back: customer or shop")
        if set(self.excepted) & set(self.excepted_unsealed):
            raise ValueError("the same goods are in excepted and excepted_unsealed; keep one of them")
        if bool(self.repair_adds) != bool(self.repair_since):
            raise ValueError("repair_adds and repair_since belong together; write both")
        months = (Unit.MONTHS, Unit.YEARS)
        if self.repair_adds and not (
            self.window and self.window.unit in months and self.repair_adds.unit in months
        ):
            raise ValueError("a repair adds months to a window of months or years; write 12 months")
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    areas: dict[Annotated[str, Field(pattern="^[A-Z]{2,10}$")], dict[Country, ZoneInfo]] = Field(
        default_factory=dict, examples=["EU: {LT: Europe/Vilnius}"]
    )
    # Not "rules": Rasa would take the file for its own.
    laws: Annotated[dict[RuleName, _Rule], Field(max_length=MAX_RULES)] = Field(default_factory=dict)


def load(home: Path | None = None) -> Laws:
    """Reads the product's file, and the one of the shop's folder over it. Raises `SourceError` with all that
    is wrong in them."""
    paths = [product.root() / "data" / FILE]
    own = home / "data" / FILE if home else None
    if own and own.is_file() and own.resolve() != paths[0].resolve():
        paths.append(own)
    return laws(*(read(path) for path in paths))


def laws(*sources: Source) -> Laws:
    """The later source's areas and rules stand in the place of the earlier one's of the same name."""
    files = [(source, validated(_File, source)) for source in sources]
    areas: dict[str, Mapping[str, ZoneInfo]] = {}
    rules: dict[str, Rule] = {}
    for _, file in files:
        areas |= file.areas
        rules |= {name: Rule(name=name, **_plain(rule)) for name, rule in file.laws.items()}
    problems = [
        problem
        for source, file in files
        for problem in (*_strangers(source, file, areas), *_doubles(source, file, rules))
    ]
    if problems:
        raise SourceError(problems)
    return Laws(areas, rules)


def _plain(rule: _Rule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in _Rule.model_fields}


def _strangers(source: Source, file: _File, areas: Mapping[str, Mapping[str, ZoneInfo]]) -> Iterator[Problem]:
    """Rules for a place that no area has, and countries of two areas."""
    known = {*areas, *(country for area in areas.values() for country in area)}
    for name, rule in file.laws.items():
        if rule.jurisdiction not in known:
            text = f'unknown jurisdiction "{rule.jurisdiction}"; {nearest(rule.jurisdiction, known)}'
            yield source.problem(("laws", name, "jurisdiction"), text)
    for area, countries in file.areas.items():
        for country in countries:
            other = [one for one in areas if one != area and country in areas[one]]
            if other:
                text = f"is a country of {other[0]} too; keep one of them"
                yield source.problem(("areas", area, country), text)


def _doubles(source: Source, file: _File, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    """Two rules that give something in the same case: the second one would never be asked."""
    for name in file.laws:
        rule = rules[name]
        for other in rules.values():
            if other.name >= name or other.jurisdiction != rule.jurisdiction:
                continue
            same = [kind for kind in rule.kinds if kind in other.kinds]
            if same and ((rule.remedies and other.remedies) or (rule.answer and other.answer)):
                text = f"{other.name} is for {same[0]} in {rule.jurisdiction} too; keep one of them"
                yield source.problem(("laws", name, "kinds"), text)


def terms(shop: Shop) -> Terms:
    """What the shop gives of its own accord: its `returns`, and the facts that answers are made of."""
    own, hours = shop.returns, shop.opening_hours
    return Terms(
        country=shop.country,
        zone=shop.timezone,
        return_days=own.days or _number(shop, "return_days", RETURN_DAYS),
        warranty_months=_number(shop, "warranty_months", WARRANTY_MONTHS),
        refund_working_days=_number(shop, "refund_days", REFUND_DAYS),
        return_cost=own.cost.amount if own.cost else None,
        currency=shop.currency,
        ways=own.ways,
        approve_up_to=own.approve_up_to.amount if own.approve_up_to else None,
        four_eyes_over=own.four_eyes_over.amount if own.four_eyes_over else None,
        keep_below=own.keep_below.amount if own.keep_below else None,
        works_on=hours.works_on,
        holiday_in=lambda country, day: day in PublicHolidays(country),
        send_back_days=own.send_back_days,
        answer_days=own.answer_days,
        repair_days=_number(shop, "repair_days", REPAIR_DAYS),
        address=own.address or shop.contact.address,
    )


def _number(shop: Shop, name: str, otherwise: int) -> int:
    """A fact that is a whole number."""
    fact = str(shop.facts.get(name))
    return int(fact) if re.fullmatch(r"\d{1,4}", fact, re.ASCII) else otherwise
