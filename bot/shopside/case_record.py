"""A case as the shop's own system reads it, over the API and in what it is told."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer

from store.cases.cases import Case
from store.cases.timeline import CaseEvent
from store.intake.record_fields import in_place
from store.vocabulary import (
    Actor,
    CaseKind,
    CaseState,
    Condition,
    DeadlineKind,
    GoodsState,
    MoneyState,
    ReturnWay,
    Wish,
)

# Words that a later version has written are handed on as they stand.
_KIND, _STATE, _WISH = in_place(CaseKind), in_place(CaseState), in_place(Wish)
_GOODS, _CONDITION, _MONEY = in_place(GoodsState), in_place(Condition), in_place(MoneyState)
Sum = Annotated[Decimal, PlainSerializer(str, return_type=str, when_used="json")]


class ShopCaseLine(BaseModel):
    """Pieces of one line of an order."""

    id: int = Field(description="by which acts name the line")
    order: str = Field(description="the order's number")
    position: int = Field(description="the line's place in the order, from 0")
    sku: str = Field(description="the article number")
    name: str = Field(description="the product's name")
    quantity: int = Field(description="how many pieces the case is about")
    paid: Sum = Field(description="what these pieces really cost, such as 24.60")
    reason: str = Field(description="why, in a word, as it was given")
    instead: dict[str, Any] | None = Field(description="what is wanted for it, if anything was said")
    state: Annotated[str, _GOODS] = Field(description="where the goods are")
    condition: Annotated[str, _CONDITION] | None = Field(description="what an inspection found")


class ShopCaseDeadline(BaseModel):
    """Until when something must be done."""

    kind: Annotated[str, in_place(DeadlineKind)] = Field(description="what must be done")
    starts_at: datetime = Field(description="since when the time runs")
    due_at: datetime = Field(description="until when")
    rule: str = Field(description="the rule that says so, or shop")
    met_at: datetime | None = Field(description="when it was done")


class ShopCaseRefund(BaseModel):
    """Money that goes back."""

    key: str = Field(description="by which acts name it; use it as the key of your own payment")
    order: str = Field(description="the order's number")
    state: Annotated[str, _MONEY] = Field(description="how far it is")
    means: str = Field(description="how the order was paid, or credit")
    amount: Sum = Field(description="the sum, such as 24.60")
    currency: str = Field(description="an ISO 4217 currency code")
    parts: list[dict[str, Any]] = Field(description="how the sum comes about")
    provider_id: str = Field(description="what your payment provider calls it, once that is known")
    why: str = Field(description="why a person decided on another sum than the one reckoned")
    waits_for_second: bool = Field(description="whether a second person has yet to approve it")


class ShopCase(BaseModel):
    """An after-sales case as it stands."""

    number: str = Field(description="the case's number, such as R-7K2M9QX")
    kind: Annotated[str, _KIND] = Field(description="what it is")
    state: Annotated[str, _STATE] = Field(description="how far it is")
    wish: Annotated[str, _WISH] = Field(description="what the customer wants")
    order: str = Field(description="the number of the order that it began with")
    contact: str = Field(description="the customer's e-mail or phone number, of the order")
    name: str = Field(description="the customer's name")
    language: str = Field(description="the customer's language, such as lt")
    channel: str = Field(description="where it began: a channel, page, api or desk")
    jurisdiction: str = Field(description="the country whose law holds, ISO 3166; empty: unknown")
    currency: str = Field(description="an ISO 4217 currency code")
    way: Annotated[str, in_place(ReturnWay)] | None = Field(description="how goods come back")
    words: str = Field(description="what the customer wrote")
    serial_number: str = Field(description="of the goods, if it was told")
    version: int = Field(description="counts every change; acts may name the one that they rest on")
    stated_at: datetime = Field(description="when the customer said it")
    created_at: datetime = Field(description="when it was written down")
    updated_at: datetime = Field(description="when it last changed")
    closed_at: datetime | None = Field(description="when it ended")
    lines: list[ShopCaseLine] = Field(description="the goods")
    deadlines: list[ShopCaseDeadline] = Field(description="what must be done until when")
    refunds: list[ShopCaseRefund] = Field(description="the money, oldest first")


class ShopCaseEvent(BaseModel):
    """Something that happened to a case."""

    id: int = Field(description="the event's number: the same number is the same event")
    at: datetime = Field(description="when")
    actor: Annotated[str, in_place(Actor)] = Field(description="who did it")
    act: str = Field(description="what was done, such as approve or request_refund")
    why: str = Field(description="the reason, if one was given")
    details: dict[str, Any] = Field(description="what it was about: states before and after, sums, lines")


class ShopCaseHistory(ShopCase):
    """A case with all that happened to it."""

    events: list[ShopCaseEvent] = Field(description="what happened, oldest first")


class ShopCaseNews(BaseModel):
    """What the shop's own system is told: an event, and the case as it stands by now."""

    event: ShopCaseEvent = Field(description="what happened")
    case: ShopCase = Field(description="the case; it may have changed since")


def record(case: Case) -> ShopCase:
    return ShopCase(**_values(case))


def history(case: Case, events: list[CaseEvent]) -> ShopCaseHistory:
    return ShopCaseHistory(**_values(case), events=[event(one) for one in events])


def event(one: CaseEvent) -> ShopCaseEvent:
    return ShopCaseEvent(id=one.id, at=one.at, actor=one.actor, act=one.act, why=one.why, details=one.details)


def _values(case: Case) -> dict[str, Any]:
    same = [name for name in ShopCase.model_fields if hasattr(case, name)]
    return {
        **{name: getattr(case, name) for name in same},
        "order": case.order_number,
        "lines": [
            ShopCaseLine(order=one.order_number, **_fields(one, ShopCaseLine, "order")) for one in case.lines
        ],
        "deadlines": [ShopCaseDeadline(**_fields(one, ShopCaseDeadline)) for one in case.deadlines],
        "refunds": [
            ShopCaseRefund(
                order=one.order_number,
                waits_for_second=one.unsigned,
                **_fields(one, ShopCaseRefund, "order", "waits_for_second"),
            )
            for one in case.refunds
        ],
    }


def _fields(of: object, model: type[BaseModel], *but: str) -> dict[str, Any]:
    return {name: getattr(of, name) for name in model.model_fields if name not in but}
