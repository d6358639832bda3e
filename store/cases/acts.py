"""What is done to a case and to its goods: each act once for its key, only where the machines allow it, and
written into the timeline."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, update

from store.cases import cases, refunds, timeline
from store.cases.cases import Case
from store.cases.machine import (
    CASE,
    ENDED,
    GOODS,
    REOPENED_WITHIN,
    CaseAct,
    GoodsAct,
    Impossible,
    MoneyAct,
    step,
)
from store.cases.timeline import By
from store.core import events
from store.core.events import CaseChanged
from store.tables import case_deadlines, case_lines
from store.tables import cases as cases_table
from store.vocabulary import CaseState, Condition, DeadlineKind, GoodsState, ReturnWay

# Which clocks an act stops.
_MEETS: Final[Mapping[CaseAct | GoodsAct, Collection[DeadlineKind]]] = {
    CaseAct.APPROVE: (DeadlineKind.ANSWER,),
    CaseAct.DECLINE: tuple(DeadlineKind),
    CaseAct.ASK: (DeadlineKind.ANSWER,),
    CaseAct.CLOSE: tuple(DeadlineKind),
    CaseAct.WITHDRAW: tuple(DeadlineKind),
    GoodsAct.SEND: (DeadlineKind.SEND_BACK,),
    GoodsAct.RECEIVE: (DeadlineKind.SEND_BACK,),
    GoodsAct.REPAIR: (DeadlineKind.REPAIR,),
}
_SENT: Final = frozenset({GoodsAct.SEND, GoodsAct.RECEIVE})


class Stale(Exception):
    """The case has changed since it was looked at."""


def act(
    connection: Connection,
    case_id: int,
    what: CaseAct,
    by: By,
    why: str = "",
    *,
    details: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Case:
    """Does something to a case and returns it as it stands then; with a known key nothing more. `version`:
    the one that was looked at. Raises `UnknownCase`, `Impossible`, `Stale`."""
    case = cases.lock(connection, case_id)
    if timeline.known(connection, case_id, by.key):
        return case
    _fresh(case, version)
    state = step(CASE, what, case.state, by.actor, why)
    if what is CaseAct.REOPEN and case.closed_at and by.at - case.closed_at > REOPENED_WITHIN:
        raise Impossible(what, case.state, f"it ended more than {REOPENED_WITHIN.days} days ago")
    if what is CaseAct.WITHDRAW and any(one.state != GoodsState.KEPT for one in case.lines):
        raise Impossible(what, case.state, "the goods are on their way")
    if what is CaseAct.CLOSE and refunds.unsettled(case):
        raise Impossible(what, case.state, "money of it is still on its way")
    told = {"from": case.state, "to": state, **(details or {})}
    timeline.record(connection, case_id, by, what, why, told)
    over = state in ENDED or state == CaseState.DECLINED
    values: dict[str, Any] = {"state": state, "closed_at": by.at if over else None}
    if over:
        values["same"] = None  # the same may be told again
        if what in (CaseAct.DECLINE, CaseAct.WITHDRAW):
            refunds.void(connection, case, by)
    _change(connection, case_id, by, values)
    _meet(connection, case_id, _MEETS.get(what, ()), by)
    return cases.lock(connection, case_id)


def move(
    connection: Connection,
    case_id: int,
    what: GoodsAct,
    by: By,
    lines: Mapping[int, Condition | None],
    why: str = "",
    *,
    version: int | None = None,
) -> Case:
    """Moves goods: lines by their ids, each with what an inspection found. Once goods are sent or here, money
    that was held for them is due. Raises `UnknownCase`, `Impossible`, `Stale`, `ValueError` for a line that
    the case doesn't have."""
    case = cases.lock(connection, case_id)
    if timeline.known(connection, case_id, by.key):
        return case
    _fresh(case, version)
    if case.state in (CaseState.WITHDRAWN, CaseState.SUBMITTED) and what is GoodsAct.ISSUE_LABEL:
        raise Impossible(what, case.state, "it isn't approved")
    own = {one.id: one for one in case.lines}
    if not lines or lines.keys() - own.keys():
        raise ValueError("the case has no such line")
    for line_id, condition in lines.items():
        state = step(GOODS, what, own[line_id].state, by.actor, why)
        changed: dict[str, Any] = {"state": state}
        if condition is not None:
            changed["condition"] = condition
        connection.execute(update(case_lines).where(case_lines.c.id == line_id).values(**changed))
    told = {"lines": sorted(lines), "conditions": {str(k): v for k, v in lines.items() if v is not None}}
    timeline.record(connection, case_id, by, what, why, told)
    _change(connection, case_id, by, {})
    _meet(connection, case_id, _MEETS.get(what, ()), by)
    case = cases.lock(connection, case_id)
    if what in _SENT and sent(case):
        refunds.release(connection, case, by)
        case = cases.lock(connection, case_id)
    return case


def sent(case: Case) -> bool:
    """Whether all goods of the case are on their way, or here."""
    return all(one.state not in (GoodsState.KEPT, GoodsState.LABEL_ISSUED) for one in case.lines)


def sign(connection: Connection, case_id: int, refund_id: int, by: By) -> Case:
    """The second of two people approves a sum; it is due if nothing else is waited for. Raises as `refund`
    does."""
    case = cases.lock(connection, case_id)
    if timeline.known(connection, case_id, by.key):
        return case
    refunds.sign(connection, case, refund_id, by)
    _change(connection, case_id, by, {})
    case = cases.lock(connection, case_id)
    if sent(case) or case.way in (None, ReturnWay.KEEP):
        refunds.release(connection, case, by)
    return cases.lock(connection, case_id)


def note(
    connection: Connection, case_id: int, by: By, act_name: str, why: str, details: Mapping[str, Any]
) -> None:
    """Writes into the timeline what changes no state."""
    if timeline.record(connection, case_id, by, act_name, why, details):
        _change(connection, case_id, by, {})


def paid_out(connection: Connection, case: Case, by: By) -> None:
    """Stops the clock of the money, if all of it has arrived."""
    if not refunds.unsettled(case):
        _meet(connection, case.id, (DeadlineKind.REFUND,), by)


def refund(
    connection: Connection, case_id: int, refund_id: int, what: MoneyAct, by: By, why: str = "", **told: Any
) -> Case:
    """Moves a refund on. Raises `UnknownCase`, `Impossible`, `ValueError` for one that isn't the case's."""
    case = cases.lock(connection, case_id)
    if timeline.known(connection, case_id, by.key):
        return case
    refunds.move(connection, case, refund_id, what, by, why, **told)
    _change(connection, case_id, by, {})
    case = cases.lock(connection, case_id)
    if what is MoneyAct.CONFIRM:
        paid_out(connection, case, by)
        case = cases.lock(connection, case_id)
    return case


def _fresh(case: Case, version: int | None) -> None:
    if version is not None and version != case.version:
        raise Stale(case.number)


def _change(connection: Connection, case_id: int, by: By, values: Mapping[str, Any]) -> None:
    connection.execute(
        update(cases_table)
        .where(cases_table.c.id == case_id)
        .values(**values, updated_at=by.at, version=cases_table.c.version + 1)
    )
    events.publish(connection, CaseChanged(case_id))


def _meet(connection: Connection, case_id: int, kinds: Collection[DeadlineKind], by: By) -> None:
    if kinds:
        connection.execute(
            update(case_deadlines)
            .where(
                case_deadlines.c.case_id == case_id,
                case_deadlines.c.kind.in_(list(kinds)),
                case_deadlines.c.met_at.is_(None),
            )
            .values(met_at=by.at)
        )
