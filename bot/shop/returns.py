"""The shop's own terms of returns and repairs, from the `returns` section of `shop.yml`."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, field_validator

from bot.shop.handoff_rules import Money, money
from store.vocabulary import ReturnWay

# What holds where neither the section nor a fact says.
RETURN_DAYS = 14
WARRANTY_MONTHS = 24
REFUND_DAYS = 5
REPAIR_DAYS = 14

_AMOUNT = re.compile(r"\d+(?:[.,]\d\d?)?(?![\d.,]*\d)", re.ASCII)

Days = Annotated[int, Field(ge=1, le=3650)]
Fact = str | int | float | dict[str, str]


def _cost(value: object) -> Money | None:
    return None if value == "free" else money(value)


def _way(value: object) -> ReturnWay:
    known = [way for way in ReturnWay if way != ReturnWay.KEEP]
    if value not in known:
        raise ValueError(f'"{value}" is no way back; write {", ".join(known[:-1])} or {known[-1]}')
    return ReturnWay(str(value))


Amount = Annotated[Money, PlainValidator(money)]


class Returns(BaseModel):
    """`days`: how long goods are taken back, from the last parcel. `cost`: of the way back, for a customer
    who changed their mind; None: the shop pays. `approve_up_to`: what is approved without a person; None:
    nothing. `four_eyes_over`: what two people approve. `keep_below`: goods that cost less needn't come back.
    `answer_days`: where no law says how soon. `address`: where parcels go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Days | None = Field(default=None, examples=["30"])
    cost: Annotated[Money | None, PlainValidator(_cost)] = Field(default=None, examples=["2.99 EUR, or free"])
    ways: Annotated[tuple[Annotated[ReturnWay, PlainValidator(_way)], ...], Field(min_length=1)] = Field(
        default=(ReturnWay.LABEL,), examples=["[label, locker, shop]"]
    )
    send_back_days: Days = Field(default=14, examples=["14"])
    answer_days: Days = Field(default=14, examples=["14"])
    approve_up_to: Amount | None = Field(default=None, examples=["100 EUR"])
    four_eyes_over: Amount | None = Field(default=None, examples=["300 EUR"])
    keep_below: Amount | None = Field(default=None, examples=["5 EUR"])
    address: str = Field(default="", max_length=200, examples=["Liepų g. 10, 01100 Vilnius"])

    @field_validator("ways")
    @classmethod
    def _once(cls, ways: tuple[ReturnWay, ...]) -> tuple[ReturnWay, ...]:
        if len(set(ways)) < len(ways):
            raise ValueError("a way stands there twice; keep one of them")
        return ways

    @property
    def amounts(self) -> Mapping[str, Money]:
        """The sums that it names, by their key."""
        names = ("cost", "approve_up_to", "four_eyes_over", "keep_below")
        return {name: sum_ for name in names if (sum_ := getattr(self, name)) is not None}


def contradictions(returns: Returns, facts: Mapping[str, Fact], currency: str) -> Iterator[tuple[str, str]]:
    """What the section says otherwise than the facts that answers are made of: the key, and what is wrong."""
    for name, amount in returns.amounts.items():
        if amount.currency != currency:
            yield name, f"the shop's currency is {currency}; write {amount.amount} {currency}"
    for where, days in _numbers(facts.get("return_days")):
        if returns.days is not None and days and returns.days not in days:
            told = " and ".join(map(str, days))
            yield "days", f"the fact return_days{where} is {told}; write the same number, or leave days out"
    if not returns.model_fields_set:
        return
    cost = returns.cost.amount if returns.cost else Decimal(0)
    for where, amounts in _numbers(facts.get("return_cost")):
        if amounts and cost not in amounts:
            told = " and ".join(map(str, amounts))
            yield "cost", f"the fact return_cost{where} says {told}; write the same sum in both"


def _numbers(fact: Fact | None) -> Iterator[tuple[str, list[Decimal]]]:
    """The numbers in a fact, in each of its languages."""
    if fact is None:
        return
    for language, text in fact.items() if isinstance(fact, dict) else [("", str(fact))]:
        where = f" ({language})" if language else ""
        yield where, [Decimal(one.replace(",", ".")) for one in _AMOUNT.findall(text)]
