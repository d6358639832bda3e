"""Cases as they stand: read by number, person, order and conversation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, select

from store.tables import case_deadlines, case_lines, case_refunds, cases, orders
from store.vocabulary import (
    CaseKind,
    CaseState,
    Condition,
    DeadlineKind,
    GoodsState,
    MoneyState,
    ReturnWay,
    Wish,
)

MAX_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class CaseLine:
    """Pieces of one line of an order. `paid`: what they really cost, as it was when the case began."""

    id: int
    order_number: str
    position: int
    sku: str
    name: str
    quantity: int
    paid: Decimal
    reason: str
    instead: dict[str, Any] | None
    state: GoodsState
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class CaseDeadline:
    """`rule`: its name in data/rights.yml. `warned`: the part of the time, in per cent, that was told of."""

    kind: DeadlineKind
    starts_at: datetime
    due_at: datetime
    rule: str
    met_at: datetime | None
    warned: int

    def at(self, part: int) -> datetime:
        """When `part` per cent of the time are over."""
        return self.starts_at + (self.due_at - self.starts_at) * part / 100

    @property
    def length(self) -> timedelta:
        return self.due_at - self.starts_at


@dataclass(frozen=True, slots=True)
class CaseRefund:
    """`parts`: how the sum comes about. `means`: how it was paid, or `credit`. `first_agent`: who approved
    it; `unsigned`: a second person must yet. `why`: of who decided on another sum than the one reckoned."""

    id: int
    order_number: str
    state: MoneyState
    means: str
    amount: Decimal
    currency: str
    parts: list[dict[str, Any]]
    key: str
    provider_id: str
    why: str
    first_agent: str
    unsigned: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A case without its timeline. `contact`: whose it is. `channel`: where it began, or `page`, `api`,
    `desk`. `stated_at`: when the customer said it; the law counts from there."""

    id: int
    number: str
    kind: CaseKind
    state: CaseState
    wish: Wish
    order_id: int | None
    order_number: str
    contact: str
    name: str
    language: str
    channel: str
    conversation_id: int | None
    jurisdiction: str
    currency: str
    way: ReturnWay | None
    words: str
    serial_number: str
    facts: dict[str, Any]
    agent_id: int | None
    version: int
    stated_at: datetime
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    lines: tuple[CaseLine, ...] = field(default=())
    deadlines: tuple[CaseDeadline, ...] = field(default=())
    refunds: tuple[CaseRefund, ...] = field(default=())


class UnknownCase(LookupError):
    """There is no such case."""


_HEAD = tuple(cases.c[name] for name in list(Case.__dataclass_fields__)[:-3])
_LINE = tuple(case_lines.c[name] for name in CaseLine.__dataclass_fields__)
_DEADLINE = tuple(case_deadlines.c[name] for name in CaseDeadline.__dataclass_fields__)
_REFUND = tuple(case_refunds.c[name] for name in CaseRefund.__dataclass_fields__)


def get(connection: Connection, case_id: int) -> Case | None:
    return next(iter(_found(connection, cases.c.id == case_id)), None)


def lock(connection: Connection, case_id: int) -> Case:
    """The case, whose row is ours until the transaction ends. So is its order: of one order's money one at a
    time decides. Raises `UnknownCase`."""
    # The order first, as who begins a case does.
    of = select(cases.c.order_id).where(cases.c.id == case_id).scalar_subquery()
    connection.execute(select(orders.c.id).where(orders.c.id == of).with_for_update()).all()
    held = select(cases.c.id).where(cases.c.id == case_id).with_for_update()
    if connection.execute(held).first() is None:
        raise UnknownCase(case_id)
    (case,) = _found(connection, cases.c.id == case_id)
    return case


def find(connection: Connection, number: str) -> Case | None:
    """For agents and the shop's system; a customer proves who they are first: `of_contact`."""
    return next(iter(_found(connection, cases.c.number == number.strip().upper())), None)


def in_order(connection: Connection, ids: Sequence[int]) -> list[Case]:
    """Those of these ids that there are, in the same order."""
    found = {one.id: one for one in _found(connection, cases.c.id.in_(ids), limit=len(ids))} if ids else {}
    return [found[one] for one in ids if one in found]


def of_contact(connection: Connection, contact: str, limit: int = 10) -> list[Case]:
    """Whose contact it is: the newest first."""
    return _found(connection, cases.c.contact == contact, limit=limit)


def of_order(connection: Connection, order_number: str, contact: str | None = None) -> list[Case]:
    """Of one order, the newest first; with `contact`, that person's only."""
    lines = select(case_lines.c.case_id).where(case_lines.c.order_number == order_number)
    about = (cases.c.order_number == order_number) | cases.c.id.in_(lines)
    return _found(connection, about if contact is None else about & (cases.c.contact == contact))


def of_conversation(connection: Connection, conversation_id: int, limit: int = 5) -> list[Case]:
    """Begun in a conversation, the newest first."""
    return _found(connection, cases.c.conversation_id == conversation_id, limit=limit)


def _found(connection: Connection, condition: ColumnElement[bool], limit: int = MAX_LISTED) -> list[Case]:
    heads = connection.execute(select(*_HEAD).where(condition).order_by(cases.c.id.desc()).limit(limit)).all()
    return whole(connection, heads)


def whole(connection: Connection, heads: Sequence[Row[*tuple[Any, ...]]]) -> list[Case]:
    """Cases from their rows, in the same order, with their parts: three statements for all of them."""
    ids = [head.id for head in heads]
    if not ids:
        return []
    lines: dict[int, list[CaseLine]] = {}
    found = select(case_lines.c.case_id, *_LINE).where(case_lines.c.case_id.in_(ids))
    for row in connection.execute(found.order_by(case_lines.c.id)):
        lines.setdefault(row[0], []).append(CaseLine(*row[1:]))
    deadlines: dict[int, list[CaseDeadline]] = {}
    found = select(case_deadlines.c.case_id, *_DEADLINE).where(case_deadlines.c.case_id.in_(ids))
    for row in connection.execute(found.order_by(case_deadlines.c.due_at)):
        deadlines.setdefault(row[0], []).append(CaseDeadline(*row[1:]))
    refunds: dict[int, list[CaseRefund]] = {}
    found = select(case_refunds.c.case_id, *_REFUND).where(case_refunds.c.case_id.in_(ids))
    for row in connection.execute(found.order_by(case_refunds.c.id)):
        refunds.setdefault(row[0], []).append(CaseRefund(*row[1:]))
    return [
        Case(
            **head._asdict(),
            lines=tuple(lines.get(head.id, ())),
            deadlines=tuple(deadlines.get(head.id, ())),
            refunds=tuple(refunds.get(head.id, ())),
        )
        for head in heads
    ]
