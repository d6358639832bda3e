"""What the desk counts of cases."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from sqlalchemy import Connection

from store.cases import acts
from store.cases.machine import CaseAct
from store.cases.opening import DraftLine, open_case
from store.core.database import Database
from store.desk.cases import case_figures
from store.vocabulary import Actor, CaseKind, DeadlineKind
from tests.store.cases.making import AT, by, draft, order


def begun(
    connection: Connection, number: str, reason: str, kind: CaseKind = CaseKind.RETURN, days: int = 2
) -> int:
    line = DraftLine(number, 0, "MUG", "Mug", 2, Decimal("24.60"), reason)
    until = SimpleNamespace(
        kind=DeadlineKind.ANSWER, starts_at=AT, due_at=AT + timedelta(days=days), rule="shop"
    )
    of = draft(order(connection, number), kind, lines=[line])
    return open_case(connection, of, by(key=number), [until]).case.id


def test_kinds_states_reasons_and_clocks(database: Database) -> None:
    with database.write() as connection:
        early = begun(connection, "1", "size")
        late = begun(connection, "2", "size")
        begun(connection, "3", "", CaseKind.DEFECT)  # overdue, and not answered yet
        begun(connection, "4", "size", days=30)  # nobody can say yet
        acts.act(connection, early, CaseAct.APPROVE, by(Actor.AGENT, "a", minutes=5))
        acts.act(connection, late, CaseAct.DECLINE, by(Actor.AGENT, "d", minutes=3 * 24 * 60), "no")
    now = AT + timedelta(days=5)
    with database.read() as connection:
        found = case_figures.since(connection, AT - timedelta(days=1), now)
        assert found["states"] == [
            {"kind": "defect", "state": "submitted", "count": 1},
            {"kind": "return", "state": "approved", "count": 1},
            {"kind": "return", "state": "declined", "count": 1},
            {"kind": "return", "state": "submitted", "count": 1},
        ]
        mug = {"sku": "MUG", "name": "Mug"}
        assert found["reasons"] == [
            {**mug, "kind": "return", "reason": "size", "pieces": 6, "cases": 3},
            {**mug, "kind": "defect", "reason": "", "pieces": 2, "cases": 1},
        ]
        clocks = {one["kind"]: (one["judged"], one["kept"]) for one in found["clocks"]}
        assert clocks == {"answer": (3, 0.333), "refund": (0, None), "repair": (0, None)}
        nothing = case_figures.since(connection, now, now)
        assert nothing["states"] == nothing["reasons"] == []
