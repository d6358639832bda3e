"""What the shop's own system sends about cases, field by field."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator

from bot.runtime.http import json_bodies
from bot.runtime.http.refusals import WrongField
from bot.runtime.http.request_models import RequestModel
from bot.shopside.case_record import ShopCase
from bot.web.record_api import InvalidRecord
from store.cases.machine import CaseAct, GoodsAct, MoneyAct
from store.core.cleaning import clean_name
from store.intake.record_fields import (
    CODE,
    LINE,
    MOMENT,
    MONEY,
    TEXT,
    Moment,
    Money,
    Problem,
    Record,
    count,
    in_place,
    one_of,
    problems,
    text,
)
from store.orders.records import Number
from store.vocabulary import CaseKind, CaseState, Condition, ReturnWay, Wish

CODE_INVALID: Final = "invalid_case"
MAX_BODY: Final = 64 * 1024  # bytes
MAX_LINES: Final = 100
MAX_PIECES: Final = 10_000
MAX_VERSION: Final = 2**31 - 1
KEY_LENGTH: Final = 100
MOST_LISTED: Final = 200

_KEY = (
    f"a text of 1 to {KEY_LENGTH} characters that stands for this request alone; instead of Idempotency-Key"
)
_CURSOR = re.compile(r"c(\d{1,18})", re.ASCII)
_PIECES = f"how many pieces, a whole number from 1 to {MAX_PIECES}"

Key = Annotated[str, text(KEY_LENGTH), CODE]


class ShopAct(StrEnum):
    """What the shop's own system does to a case; called as the timeline calls it."""

    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    APPROVE = "approve"
    DECLINE = "decline"
    CLOSE = "close"
    ISSUE_LABEL = "issue_label"
    SEND = "send"
    RECEIVE = "receive"
    INSPECT = "inspect"
    RESTOCK = "restock"
    REPAIR = "repair"
    SCRAP = "scrap"
    SEND_BACK = "send_back"
    LOSE = "lose"
    REQUEST_REFUND = "request_refund"
    CONFIRM_REFUND = "confirm_refund"
    FAIL_REFUND = "fail_refund"
    DOUBT_REFUND = "doubt_refund"

    @property
    def step(self) -> CaseAct | GoodsAct | MoneyAct:
        """Of which machine it is."""
        return _STEPS[self]


_STEPS: Final[Mapping[ShopAct, CaseAct | GoodsAct | MoneyAct]] = {
    **{one: CaseAct(one.value) for one in ShopAct if one.value in set(CaseAct)},
    **{one: GoodsAct(one.value) for one in ShopAct if one.value in set(GoodsAct)},
    **{one: MoneyAct(one.value.removesuffix("_refund")) for one in ShopAct if one.value.endswith("_refund")},
}
_REASONED: Final = frozenset({ShopAct.ASK, ShopAct.DECLINE})


class NewCaseLine(Record):
    """Pieces of a line of the order, by its place or its article number."""

    position: Annotated[int, Field(ge=0, le=MAX_PIECES), BeforeValidator(count)] | None = Field(
        None, description="the line's place in the order, from 0; or leave it out and write sku"
    )
    sku: Annotated[str, text(64), CODE] | None = Field(
        None, description="the line's article number, if no other line of the order has the same"
    )
    quantity: Annotated[int, Field(ge=1, le=MAX_PIECES), BeforeValidator(count)] = Field(description=_PIECES)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.position is None) == (self.sku is None):
            raise ValueError("write either position or sku")
        return self


class NewCase(Record):
    """A case that begins."""

    order: Number = Field(description="the order's number, as it is stored")
    kind: Annotated[CaseKind, in_place(CaseKind)] = Field(description=one_of(CaseKind))
    lines: Annotated[list[NewCaseLine], Field(max_length=MAX_LINES)] = Field(
        default_factory=list,
        description=f"a list of at most {MAX_LINES} lines that it is about; none: the order as a whole",
    )
    wish: Annotated[Wish, in_place(Wish)] | None = Field(
        None, description=f"{one_of(Wish)}; left out: what the law gives first"
    )
    way: Annotated[ReturnWay, in_place(ReturnWay)] | None = Field(
        None, description=f"{one_of(ReturnWay)}; left out: the shop's usual one"
    )
    reason: Annotated[str, text(40, 0), LINE] = Field("", description="why, at most 40 characters")
    words: Annotated[str, text(4000, 0), TEXT] = Field(
        "", description="what the customer wrote, at most 4000 characters"
    )
    instead: Annotated[str, text(200, 0), LINE] = Field(
        "", description="what is wanted for it, at most 200 characters"
    )
    serial_number: Annotated[str, text(80, 0), CODE] = Field(
        "", description="of the goods, at most 80 characters"
    )
    stated_at: Moment | None = Field(None, description=f"when the customer said it, {MOMENT}; left out: now")
    key: Key | None = Field(None, description=_KEY)


class ActLine(Record):
    """A line of the case, and what an inspection found."""

    id: Annotated[int, Field(ge=1, le=2**53), BeforeValidator(count)] = Field(
        description="the id of one of the case's lines"
    )
    condition: Annotated[Condition, in_place(Condition)] | None = Field(
        None, description=f"with inspect: {one_of(Condition)}"
    )


class NewAct(Record):
    """Something that is done to a case."""

    act: Annotated[ShopAct, in_place(ShopAct)] = Field(description=one_of(ShopAct))
    key: Key | None = Field(None, description=_KEY)
    version: Annotated[int, Field(ge=1, le=MAX_VERSION), BeforeValidator(count)] | None = Field(
        None, description="the version of the case that it rests on; if that has changed, nothing is done"
    )
    why: Annotated[str, text(2000, 0), TEXT] = Field(
        "",
        description="the reason, at most 2000 characters; needed with ask, decline, and approve with another "
        "amount than the one reckoned",
    )
    amount: Money | None = Field(
        None, description=f"with approve: {MONEY}; left out: the sum that is reckoned"
    )
    lines: Annotated[list[ActLine], Field(max_length=MAX_LINES)] | None = Field(
        None, description="with acts on goods: a list of the lines that they are about; left out: all"
    )
    refund: Annotated[str, text(80), CODE] | None = Field(
        None, description="with acts on money: the key of the refund, such as R-7K2M9QX-1"
    )
    provider_id: Annotated[str, text(120, 0), CODE] = Field(
        "", description="with acts on money: what your payment provider calls it, at most 120 characters"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        step = self.act.step
        if self.act in _REASONED and not self.why:
            raise ValueError(f"write why: {self.act} needs a reason")
        if self.amount is not None and self.act is not ShopAct.APPROVE:
            raise ValueError("write amount with approve only")
        if self.lines is not None and not isinstance(step, GoodsAct):
            raise ValueError("write lines with acts on goods only")
        if isinstance(step, MoneyAct) != (self.refund is not None):
            raise ValueError("write refund with acts on money, and with no other")
        if self.provider_id and not isinstance(step, MoneyAct):
            raise ValueError("write provider_id with acts on money only")
        if self.act is ShopAct.INSPECT and not (self.lines and all(one.condition for one in self.lines)):
            raise ValueError("write lines, each with its condition: inspect needs them")
        ids = [one.id for one in self.lines or ()]
        if len(set(ids)) != len(ids) or self.lines == []:
            raise ValueError("write each line once, and at least one")
        return self


def _aware(value: object) -> object:
    # A plus in an address is a space once it is read.
    moment = datetime.fromisoformat(value.replace(" ", "+")) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year < 2100:
        raise ValueError
    return moment


def _cursor(value: str) -> str:
    if not _CURSOR.fullmatch(value):
        raise ValueError
    return value


def _limit(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,2}", value, re.ASCII):
        raise ValueError
    if int(value) > MOST_LISTED:
        raise ValueError
    return int(value)


class CaseList(RequestModel):
    """Which cases, from where on."""

    changed_since: Annotated[datetime, BeforeValidator(_aware)] | None = Field(
        None, description=f"only cases whose last change was then or later: {MOMENT}"
    )
    cursor: Annotated[str, AfterValidator(_cursor)] = Field(
        "c0", description="the cursor of the answer before; left out: from the first case on"
    )
    state: Annotated[CaseState, BeforeValidator(CaseState), in_place(CaseState)] | None = Field(
        None, description=one_of(CaseState)
    )
    order: Annotated[str, text(40), CODE] | None = Field(
        None, description="the number of an order: only cases about it"
    )
    limit: Annotated[int, BeforeValidator(_limit)] = Field(
        100, description=f"how many at most, a whole number from 1 to {MOST_LISTED}"
    )

    @property
    def after(self) -> int:
        """The place that the cursor stands for."""
        return int(self.cursor[1:])


class ShopCases(BaseModel):
    """Cases in the order in which they last changed."""

    cases: list[ShopCase] = Field(description="the cases as they stand")
    cursor: str = Field(description="where to go on: keep it, and ask with it for what changes later")
    more: bool = Field(description="whether there is more already")


Body = TypeVar("Body", NewCase, NewAct)


def read(model: type[Body], body: bytes) -> Body:
    """What a body says. Raises `BadRequest` for what is no JSON, `InvalidRecord` with all that is wrong."""
    value = json_bodies.parse(body, MAX_BODY, code="malformed_json")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidRecord(CODE_INVALID, problems(error, model)) from None


def wrong(field: str, message: str) -> InvalidRecord:
    """A field that can't be taken as things stand."""
    return InvalidRecord(CODE_INVALID, [Problem((field,), message)])


def key_of(header: str | None, given: str | None) -> str | None:
    """The key of a request, of its header or its body. Raises `WrongField`."""
    if header is None:
        return given
    if header != clean_name(header, KEY_LENGTH) or not header:
        raise WrongField("Idempotency-Key", f"write 1 to {KEY_LENGTH} plain characters.")
    if given is not None and given != header:
        raise WrongField("key", "leave it out, or write the one of Idempotency-Key.")
    return header


def asked(body: NewCase | NewAct) -> dict[str, Any]:
    """What a request asks for, without its key: the same for the same request."""
    return body.model_dump(mode="json", exclude={"key"})
