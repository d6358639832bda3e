"""Lists of cases as the desk shows them: those whose clock runs out first come first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, Subquery, and_, func, or_, select, true

from store.cases import cases as whole_cases
from store.cases.cases import Case
from store.cases.machine import OPEN
from store.core.identifiers import normalise_number
from store.tables import agents, case_deadlines, case_lines, case_refunds, cases
from store.vocabulary import CaseKind, CaseState, DeadlineKind, MoneyState

PAGE: Final = 50  # cases

# What the shop has to do; sending goods back is the customer's.
OURS: Final = frozenset({DeadlineKind.ANSWER, DeadlineKind.REFUND, DeadlineKind.REPAIR})
_HEAD: Final = tuple(cases.c[name] for name in list(Case.__dataclass_fields__)[:-3])


class View(StrEnum):
    """`overdue`: one of the shop's own clocks has run out. `unsigned`: a second person's approval of a sum is
    missing."""

    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    UNSIGNED = "unsigned"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows. `agent_id`: who asks. `order`: an order's number. `contact`: a part of the
    customer's contact or name, or a case's number. `product`: a part of a product's name or number."""

    view: View
    agent_id: int
    state: CaseState | None = None
    kind: CaseKind | None = None
    order: str = ""
    contact: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A case in a list. `due_at`: when the first of the shop's clocks runs out."""

    case: Case
    due_at: datetime | None
    agent_name: str | None


def listed(
    connection: Connection, wanted: Filter, at: datetime, after: str | None = None
) -> tuple[list[Listed], str | None]:
    """A page of cases and where the next one begins; without a clock that runs they come last, the newest
    first. Raises ValueError for an `after` that is none of ours."""
    due = _due()
    statement = (
        select(*_HEAD, due.c.due_at.label("next_due"), agents.c.name.label("agent_name"))
        .outerjoin(due, due.c.case_id == cases.c.id)
        .outerjoin(agents, agents.c.id == cases.c.agent_id)
        .where(*_conditions(wanted, at, due))
    )
    if after:
        statement = statement.where(_beyond(due, *_place(after)))
    order = (due.c.due_at.is_(None), due.c.due_at, cases.c.id.desc())
    rows = connection.execute(statement.order_by(*order).limit(PAGE + 1)).all()
    page = rows[:PAGE]
    heads = connection.execute(select(*_HEAD).where(cases.c.id.in_([row.id for row in page]))).all()
    found = {one.id: one for one in whole_cases.whole(connection, heads)}
    cursor = f"{page[-1].next_due.isoformat() if page[-1].next_due else ''}~{page[-1].id}" if page else None
    return (
        [Listed(found[row.id], row.next_due, row.agent_name) for row in page],
        cursor if len(rows) > PAGE else None,
    )


def counts(connection: Connection, agent_id: int, at: datetime) -> dict[str, int]:
    """How many cases are open, how many of these the agent has, how many are late, and how many sums wait for
    a second person."""
    due = _due()

    def count(view: View) -> int:
        statement = select(func.count()).select_from(cases).outerjoin(due, due.c.case_id == cases.c.id)
        return connection.execute(statement.where(*_conditions(Filter(view, agent_id), at, due))).scalar_one()

    return {view: count(view) for view in View if view is not View.ALL}


def _due() -> Subquery:
    return (
        select(
            case_deadlines.c.case_id,
            func.min(case_deadlines.c.due_at, type_=case_deadlines.c.due_at.type).label("due_at"),
        )
        .where(case_deadlines.c.met_at.is_(None), case_deadlines.c.kind.in_(OURS))
        .group_by(case_deadlines.c.case_id)
        .subquery()
    )


def _conditions(wanted: Filter, at: datetime, due: Subquery) -> list[ColumnElement[bool]]:
    of_view: Mapping[View, ColumnElement[bool]] = {
        View.ALL: true(),
        View.OPEN: cases.c.state.in_(OPEN),
        View.MINE: and_(cases.c.state.in_(OPEN), cases.c.agent_id == wanted.agent_id),
        View.OVERDUE: and_(cases.c.state.in_(OPEN), due.c.due_at < at),
        View.UNSIGNED: cases.c.id.in_(
            select(case_refunds.c.case_id).where(
                case_refunds.c.unsigned.is_(True), case_refunds.c.state == MoneyState.HELD
            )
        ),
    }
    conditions = [of_view[wanted.view]]
    if wanted.state is not None:
        conditions.append(cases.c.state == wanted.state)
    if wanted.kind is not None:
        conditions.append(cases.c.kind == wanted.kind)
    if wanted.order:
        number = normalise_number(wanted.order) or wanted.order
        lines = select(case_lines.c.case_id).where(case_lines.c.order_number == number)
        conditions.append(or_(cases.c.order_number == number, cases.c.id.in_(lines)))
    if wanted.contact:
        conditions.append(_holds(wanted.contact, cases.c.contact, cases.c.name, cases.c.number))
    if wanted.product:
        lines = select(case_lines.c.case_id).where(
            _holds(wanted.product, case_lines.c.name, case_lines.c.sku)
        )
        conditions.append(cases.c.id.in_(lines))
    return conditions


def _holds(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    # SQLite's LIKE knows the case of ASCII letters only, PostgreSQL's of none.
    written = dict.fromkeys([text, text.lower(), text.upper(), text.capitalize(), text.title()])
    return or_(*(column.contains(one, autoescape=True) for column in columns for one in written))


def _beyond(due: Subquery, at: datetime | None, last_id: int) -> ColumnElement[bool]:
    if at is None:
        return and_(due.c.due_at.is_(None), cases.c.id < last_id)
    same = and_(due.c.due_at == at, cases.c.id < last_id)
    return or_(due.c.due_at > at, same, due.c.due_at.is_(None))


def _place(cursor: str) -> tuple[datetime | None, int]:
    """What a cursor says; it comes back from outside. Raises ValueError."""
    moment, _, last = cursor.partition("~")
    if not (last.isascii() and last.isdigit() and len(last) <= 18):
        raise ValueError("not a cursor")
    if not moment:
        return None, int(last)
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        raise ValueError("not a cursor")
    try:
        # At the ends of time another zone's moment is none of ours.
        return at.astimezone(UTC), int(last)
    except OverflowError:
        raise ValueError("not a cursor") from None
