"""A case begins: what the customer said is kept first, and looked at afterwards."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from sqlalchemy import Connection, insert, select, update

from store.cases import cases, timeline
from store.cases.cases import Case
from store.cases.machine import COUNTED, OPEN
from store.cases.timeline import By
from store.core import events
from store.core.dialects import insert_new
from store.core.events import CaseChanged
from store.tables import (
    attachments,
    case_deadlines,
    case_files,
    case_lines,
    case_refunds,
    messages,
    orders,
)
from store.tables import cases as cases_table
from store.vocabulary import AttachmentState, CaseKind, CaseState, DeadlineKind, GoodsState, ReturnWay, Wish

_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another
_LENGTH: Final = 7


@dataclass(frozen=True, slots=True)
class DraftLine:
    """Pieces of a line of an order that the case is about; `paid`: what they really cost."""

    order_number: str
    position: int
    sku: str
    name: str
    quantity: int
    paid: Decimal
    reason: str = ""
    instead: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A case to be. `order_id` is None where a statement names an order that isn't known, which is kept
    all the same. `about`: what it is about where no lines say it; it tells two such cases apart."""

    kind: CaseKind
    wish: Wish
    order_id: int | None
    order_number: str
    contact: str
    language: str
    channel: str
    stated_at: datetime
    name: str = ""
    conversation_id: int | None = None
    jurisdiction: str = ""
    currency: str = ""
    way: ReturnWay | None = None
    words: str = ""
    serial_number: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[DraftLine] = ()
    attachments: Sequence[int] = ()
    about: str = ""


class Until(Protocol):
    """A deadline: what has to be done, from when, until when, by which rule."""

    @property
    def kind(self) -> DeadlineKind: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def rule(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """`new`: False if the same was told before, and the case was there."""

    case: Case
    new: bool


def open_case(connection: Connection, draft: Draft, by: By, deadlines: Sequence[Until] = ()) -> Opened:
    """Begins a case, or finds the one that is open for the same goods: told twice, on whatever channel, it is
    one. The goods stay with the customer and no money moves."""
    if draft.order_id is not None:
        # One at a time for an order: who else says the same waits, and finds this one.
        connection.execute(select(orders.c.id).where(orders.c.id == draft.order_id).with_for_update()).all()
    same = _same(draft)
    for _ in range(20):
        known = connection.execute(select(cases_table.c.id).where(cases_table.c.same == same)).scalar()
        if known is not None:
            return _again(connection, known, draft, by)
        number = "R-" + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        case_id = insert_new(connection, cases_table, _head(draft, number, same, by))
        if case_id is not None:
            break
    else:
        raise RuntimeError("no number is free for a case")
    if draft.lines:
        connection.execute(insert(case_lines), [_line(case_id, one) for one in draft.lines])
    if deadlines:
        connection.execute(insert(case_deadlines), [_deadline(case_id, one) for one in deadlines])
    _attach(connection, case_id, draft.attachments)
    details = {"kind": draft.kind, "wish": draft.wish, "channel": draft.channel}
    timeline.record(connection, case_id, by, "submit", draft.words, details)
    events.publish(connection, CaseChanged(case_id))
    case = cases.get(connection, case_id)
    assert case
    return Opened(case, True)


def attach(connection: Connection, case_id: int, attachment_ids: Sequence[int], by: By) -> bool:
    """Adds photos or papers; False if they all were there."""
    if not _attach(connection, case_id, attachment_ids):
        return False
    timeline.record(connection, case_id, by, "attach", details={"files": len(attachment_ids)})
    connection.execute(
        update(cases_table)
        .where(cases_table.c.id == case_id)
        .values(updated_at=by.at, version=cases_table.c.version + 1)
    )
    events.publish(connection, CaseChanged(case_id))
    return True


def recent_files(connection: Connection, conversation_id: int, since: datetime) -> list[int]:
    """Pictures and papers that came in a conversation since a moment: their ids."""
    found = (
        select(attachments.c.id)
        .join(
            messages,
            (messages.c.conversation_id == attachments.c.conversation_id)
            & (messages.c.seq == attachments.c.seq),
        )
        .where(
            attachments.c.conversation_id == conversation_id,
            attachments.c.state.in_((AttachmentState.WAITING, AttachmentState.STORED)),
            messages.c.created_at >= since,
        )
        .order_by(attachments.c.id)
    )
    return list(connection.execute(found).scalars())


def taken(connection: Connection, order_number: str) -> dict[int, int]:
    """How many pieces of which line of an order, by its position, are in cases that are open, or are back."""
    held = (
        select(case_lines.c.position, case_lines.c.quantity)
        .join(cases_table, cases_table.c.id == case_lines.c.case_id)
        .where(
            case_lines.c.order_number == order_number,
            cases_table.c.state.in_(OPEN) | case_lines.c.state.in_(_BACK),
        )
    )
    counted: Counter[int] = Counter()
    for position, quantity in connection.execute(held):
        counted[position] += quantity
    return dict(counted)


def given_back(connection: Connection, order_number: str) -> tuple[Decimal, Decimal]:
    """(all money that cases of an order gave back or are to give back, what of it was for delivery)."""
    rows = connection.execute(
        select(case_refunds.c.amount, case_refunds.c.parts).where(
            case_refunds.c.order_number == order_number, case_refunds.c.state.in_(COUNTED)
        )
    ).all()
    delivery = sum(
        (Decimal(str(part["amount"])) for row in rows for part in row.parts if part["kind"] == "delivery"),
        Decimal(0),
    )
    return sum((row.amount for row in rows), Decimal(0)), delivery


_BACK: Final = frozenset(
    {
        GoodsState.RECEIVED,
        GoodsState.INSPECTED,
        GoodsState.RESTOCKED,
        GoodsState.SCRAPPED,
    }
)


def _same(draft: Draft) -> str:
    where = [(one.order_number, one.position, one.quantity) for one in draft.lines]
    said: list[Any] = [draft.kind, draft.contact, draft.order_number, sorted(where)]
    if draft.about and not where:
        said.append(draft.about)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _again(connection: Connection, case_id: int, draft: Draft, by: By) -> Opened:
    if timeline.record(connection, case_id, by, "told_again", draft.words, {"channel": draft.channel}):
        _attach(connection, case_id, draft.attachments)
        events.publish(connection, CaseChanged(case_id))
    case = cases.get(connection, case_id)
    assert case
    return Opened(case, False)


def _attach(connection: Connection, case_id: int, attachment_ids: Sequence[int]) -> bool:
    rows = [{"case_id": case_id, "attachment_id": one} for one in attachment_ids]
    new = [row for row in rows if insert_new(connection, case_files, row) is not None]
    return bool(new)


def _head(draft: Draft, number: str, same: str, by: By) -> dict[str, Any]:
    return {
        "number": number,
        "kind": draft.kind,
        "state": CaseState.SUBMITTED,
        "wish": draft.wish,
        "order_id": draft.order_id,
        "order_number": draft.order_number,
        "contact": draft.contact,
        "name": draft.name,
        "language": draft.language,
        "channel": draft.channel,
        "conversation_id": draft.conversation_id,
        "jurisdiction": draft.jurisdiction,
        "currency": draft.currency,
        "way": draft.way,
        "words": draft.words,
        "serial_number": draft.serial_number,
        "facts": dict(draft.facts),
        "same": same,
        "stated_at": draft.stated_at,
        "created_at": by.at,
        "updated_at": by.at,
    }


def _line(case_id: int, line: DraftLine) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "order_number": line.order_number,
        "position": line.position,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "paid": line.paid,
        "reason": line.reason,
        "instead": dict(line.instead) if line.instead else None,
        "state": GoodsState.KEPT,
    }


def _deadline(case_id: int, until: Until) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "kind": until.kind,
        "starts_at": until.starts_at,
        "due_at": until.due_at,
        "rule": until.rule,
    }
