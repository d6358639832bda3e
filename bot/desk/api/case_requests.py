"""What requests about after-sales cases say."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator

from bot.desk.answers import MAX_TEXT
from bot.desk.api.field_types import (
    CLEANED,
    ClientId,
    MaybeText,
    RowId,
    Switch,
    Text,
    one_of,
    whole_number,
    written,
)
from bot.runtime.http.request_models import RequestModel
from store.cases.machine import GoodsAct
from store.desk.cases.listing import Filter, View
from store.vocabulary import CaseKind, CaseState, Condition, ReturnWay, Wish

MAX_LINES = 100
MAX_NUMBERS = 200
MAX_SEARCH = 100


class RefundAct(StrEnum):
    """What an agent notes of money; the rest is the clock's and the shop's system's. `sign`: a second person
    approves it."""

    SIGN = "sign"
    RELEASE = "release"
    REQUEST = "request"
    CONFIRM = "confirm"
    FAIL = "fail"
    DISPUTE = "dispute"
    VOID = "void"


def _words(kind: type[StrEnum]) -> Any:
    return Field(description=f"one of {', '.join(kind)}")


def _amount(value: Any) -> Decimal:
    """Raises ValueError for what isn't plain money: no exponent, no third decimal."""
    if isinstance(value, str) and value.isascii():
        whole, point, cents = value.partition(".")
        if whole.isdigit() and len(whole) <= 9 and (cents.isdigit() and len(cents) <= 2 if point else True):
            return Decimal(value)
    raise ValueError


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and len(value) <= 40:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at
    raise ValueError


def _searched(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Amount = Annotated[
    Decimal,
    PlainValidator(_amount, json_schema_input_type=Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,2})?$")]),
    Field(description='an amount such as "12.50"'),
]
Reason = Annotated[str, written(MAX_TEXT), CLEANED]
Searched = Annotated[
    str,
    BeforeValidator(_searched),
    CLEANED,
    Field(max_length=MAX_SEARCH, description=f"at most {MAX_SEARCH} characters"),
]
CaseNumber = Annotated[str, Field(max_length=40, description="a case's number")]


class CaseQuery(RequestModel):
    """Which cases a list shows, and after what."""

    view: Annotated[View, one_of(View)] = Field(View.OPEN, description=f"one of {', '.join(View)}")
    state: Annotated[CaseState, one_of(CaseState)] | None = Field(
        None, description=f"one of {', '.join(CaseState)}"
    )
    kind: Annotated[CaseKind, one_of(CaseKind)] | None = Field(
        None, description=f"one of {', '.join(CaseKind)}"
    )
    order: Searched = ""
    contact: Searched = ""
    product: Searched = ""
    after: str | None = Field(None, max_length=100, description="what the list before had as next")

    def filter(self, agent_id: int) -> Filter:
        """As the store takes it, for an agent."""
        return Filter(self.view, agent_id, self.state, self.kind, self.order, self.contact, self.product)


class CaseAct(RequestModel):
    """Something is done to a case as it was in this `version`. The same `key` again is the same act."""

    key: ClientId
    version: Annotated[int, whole_number(1, 2**31 - 1)]


class CaseStep(CaseAct):
    """What needs no more than a word."""

    why: MaybeText = ""


class CaseQuestion(CaseAct):
    """What the customer is asked, in their language."""

    question: Text


class CaseApproval(CaseAct):
    """A case is approved. `amount`: the sum that was looked at; another one than reckoned needs a `why`."""

    amount: Amount | None = Field(None, description='an amount such as "12.50"')
    why: MaybeText = ""


class CaseRefusal(CaseAct):
    """A case is declined. `why`: the customer reads it."""

    why: Reason


class CaseHolder(CaseAct):
    """Whether the agent who asks looks after the case, or no longer."""

    mine: Switch


class CaseNote(CaseAct):
    """A note in the timeline, for colleagues."""

    text: Text


class MovedLine(RequestModel):
    """A line of the case, and what an inspection found."""

    id: RowId
    condition: Annotated[Condition, one_of(Condition)] | None = Field(
        None, description=f"one of {', '.join(Condition)}"
    )


class GoodsMove(CaseAct):
    """Where goods are, or what was done with them. An inspection says in which condition each line is."""

    act: Annotated[GoodsAct, one_of(GoodsAct), _words(GoodsAct)]
    lines: list[MovedLine] = Field(
        min_length=1, max_length=MAX_LINES, description=f"a list of 1 to {MAX_LINES} lines"
    )
    why: MaybeText = ""


class RefundMove(CaseAct):
    """What became of a refund; `sign`: a second person approves it. `provider_id`: by what the payment
    provider knows it."""

    act: Annotated[RefundAct, one_of(RefundAct), _words(RefundAct)]
    provider_id: Annotated[str, CLEANED] = Field("", max_length=120, description="at most 120 characters")
    why: MaybeText = ""


class SumChange(CaseAct):
    """Another sum, before it is asked for, and the reason for it."""

    amount: Amount
    why: Reason


class DeskCaseLine(RequestModel):
    """Pieces of an order's line, by its place in the order from 0."""

    position: Annotated[int, whole_number(0, 9999)]
    quantity: Annotated[int, whole_number(1, 9999)]


class DeskCase(RequestModel):
    """What a customer said in a conversation. `stated_at`: when, if it wasn't now. `lines` may be left out
    where no goods are meant."""

    key: ClientId
    order: Annotated[str, written(60), CLEANED]
    kind: Annotated[CaseKind, one_of(CaseKind), _words(CaseKind)]
    wish: Annotated[Wish, one_of(Wish)] | None = Field(None, description=f"one of {', '.join(Wish)}")
    way: Annotated[ReturnWay, one_of(ReturnWay)] | None = Field(
        None, description=f"one of {', '.join(ReturnWay)}"
    )
    lines: list[DeskCaseLine] = Field(
        default_factory=list, max_length=MAX_LINES, description=f"a list of at most {MAX_LINES} lines"
    )
    words: MaybeText = ""
    reason: Annotated[str, CLEANED] = Field("", max_length=40, description="at most 40 characters")
    serial_number: Annotated[str, CLEANED] = Field("", max_length=80, description="at most 80 characters")
    stated_at: Annotated[datetime, PlainValidator(_moment, json_schema_input_type=str)] | None = Field(
        None, description="a date and time with its offset, as ISO 8601 has them"
    )


class Reception(RequestModel):
    """Parcels that came, by the numbers of their cases. The same `key` again is the same reception."""

    key: ClientId
    numbers: list[CaseNumber] = Field(
        min_length=1, max_length=MAX_NUMBERS, description=f"a list of 1 to {MAX_NUMBERS} numbers of cases"
    )
