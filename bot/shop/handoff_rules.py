"""The shop's own rules on when a person takes over, from the `handover` section of `shop.yml`."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from babel.numbers import is_currency
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from bot.shop.phrases import Phrase
from bot.shop.yaml_source import Problem, Source, nearest
from store.vocabulary import Reason

PRIORITIES = {"normal": 0, "high": 1, "urgent": 2}
# The reasons that a rule can be about.
REASONS = tuple(one for one in Reason if one not in (Reason.RULE, Reason.RELEASED))
MAX_RULES = 100


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str  # ISO 4217


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def yes_or_no(value: object) -> bool:
    if value in (True, "yes"):
        return True
    if value in (False, "no"):
        return False
    raise ValueError("must be yes or no")


def money(value: object) -> Money:
    match = re.fullmatch(r"(\d{1,9}(?:\.\d\d?)?) ([A-Z]{3})", str(value), re.ASCII)
    if not match or not is_currency(match[2]):
        raise ValueError(f'"{value}" is not an amount of money')
    return Money(Decimal(match[1]), match[2])


def _reason(text: str) -> Reason:
    if text not in REASONS:
        raise ValueError(f"unknown reason; {nearest(text, REASONS)}")
    return Reason(text)


Words = Annotated[tuple[Phrase, ...], Field(max_length=200), BeforeValidator(_several)]
Intents = Annotated[tuple[str, ...], Field(max_length=100), BeforeValidator(_several)]
Reasons = Annotated[tuple[Annotated[Reason, PlainValidator(_reason)], ...], BeforeValidator(_several)]

# As agents' topics are kept.
Skill = Annotated[str, StringConstraints(pattern=r"^\w[\w -]{0,38}\w$", to_lower=True)]


class Rule(BaseModel):
    """All that it names must hold: one of `words` in the message, one of `intent` as the customer's wish, one
    of `reason`, an order over `order_over`. `skill`, `priority`: what it sets, if anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Words = Field(default=(), examples=["[wholesale, resell*]"])
    intent: Intents = Field(default=(), examples=["warranty_claim"])
    reason: Reasons = Field(default=(), examples=["payment"])
    order_over: Annotated[Money, PlainValidator(money)] | None = Field(default=None, examples=["300 EUR"])
    skill: Skill | None = Field(default=None, examples=["repairs"])
    priority: Literal["normal", "high", "urgent"] | None = Field(
        default=None, examples=["high (normal, high or urgent)"]
    )
    hand_over: Annotated[bool, PlainValidator(yes_or_no)] | None = Field(default=None, examples=["no"])

    @model_validator(mode="after")
    def _whole(self) -> "Rule":
        if not (self.words or self.intent or self.reason or self.order_over):
            raise ValueError("fits everything; write when it fits: words, intent, reason or order_over")
        if self.reason and self.hand_over:
            raise ValueError("a reason calls a person already; delete the line hand_over: yes")
        if self.skill is None and self.priority is None and not self.at_once:
            raise ValueError("does nothing; write a skill or a priority, or delete hand_over: no")
        return self

    @property
    def at_once(self) -> bool:
        """Whether it calls a person, rather than only saying which one and how soon."""
        return self.hand_over is not False and not self.reason


Rules = Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)]


def unknown_intents(source: Source, rules: Sequence[Rule], known: Collection[str]) -> Iterator[Problem]:
    """What is wrong with the intents that the rules of a shop's file name."""
    for index, rule in enumerate(rules):
        for intent in rule.intent:
            if intent not in known:
                at = ("handover", index, "intent")
                yield source.problem(at, f'unknown intent "{intent}"; {nearest(intent, known)}')
