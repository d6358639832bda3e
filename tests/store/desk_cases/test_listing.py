"""Lists of cases, who looks after one, and what the desk counts."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection

from store.accounts import agents
from store.cases import acts, cases, refunds
from store.cases.cases import Case
from store.cases.machine import CaseAct, GoodsAct, Impossible, MoneyAct
from store.cases.opening import DraftLine, open_case
from store.core.database import Database
from store.desk.cases import choices, holders, listing
from store.desk.cases.listing import Filter, View
from store.vocabulary import Actor, CaseKind, CaseState, DeadlineKind, Role
from tests.store.cases.making import AT, by, draft, order

AGENT = Actor.AGENT


def made(connection: Connection, number: str, days: int | None, **more: Any) -> Case:
    """A case of an order of its own, to be answered within so many days."""
    of = order(connection, number)
    due = [] if days is None else [until(days)]
    return open_case(connection, draft(of, **more), by(key=f"m-{number}"), due).case


def until(days: int, kind: DeadlineKind = DeadlineKind.ANSWER) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, starts_at=AT, due_at=AT + timedelta(days=days), rule="shop")


def numbers(connection: Connection, wanted: Filter, after: str | None = None) -> list[str]:
    found, _ = listing.listed(connection, wanted, AT + timedelta(days=5), after)
    return [one.case.order_number for one in found]


def test_whose_clock_runs_out_first_comes_first(database: Database) -> None:
    with database.write() as connection:
        made(connection, "1", None)
        made(connection, "2", 9)
        late = made(connection, "3", 4)
        made(connection, "4", None)
        # Goods that the customer has to send are no clock of the shop's.
        open_case(
            connection, draft(order(connection, "5")), by(key="m-5"), [until(1, DeadlineKind.SEND_BACK)]
        )
    with database.read() as connection:
        assert numbers(connection, Filter(View.OPEN, 1)) == ["3", "2", "5", "4", "1"]
        assert numbers(connection, Filter(View.OVERDUE, 1)) == ["3"]
        found, _ = listing.listed(connection, Filter(View.OPEN, 1), AT)
        assert [one.due_at for one in found[:3]] == [AT + timedelta(days=4), AT + timedelta(days=9), None]
        assert listing.counts(connection, 1, AT + timedelta(days=5)) == {
            "open": 5,
            "mine": 0,
            "overdue": 1,
            "unsigned": 0,
        }
    with database.write() as connection:
        acts.act(connection, late.id, CaseAct.DECLINE, by(AGENT, "d"), "no")
        assert listing.counts(connection, 1, AT + timedelta(days=5))["overdue"] == 0


def test_pages_show_every_case_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    days = [5, 5, 5, 5, 2, None, None, None, None, 8]
    with database.write() as connection:
        for place, due in enumerate(days):
            made(connection, str(place), due)
    seen: list[str] = []
    after: str | None = None
    with database.read() as connection:
        for _ in range(10):
            found, after = listing.listed(connection, Filter(View.OPEN, 1), AT, after)
            seen += [one.case.order_number for one in found]
            if after is None:
                break
    assert seen == ["4", "3", "2", "1", "0", "9", "8", "7", "6", "5"]


@pytest.mark.parametrize(
    "cursor", ["x", "~", "~-1", "~" + "9" * 30, "2026-11-02~1", "0001-01-01T00:00:00+14:00~1", "~١"]
)
def test_a_cursor_that_is_none(database: Database, cursor: str) -> None:
    with database.read() as connection, pytest.raises(ValueError, match="cursor|isoformat"):
        listing.listed(connection, Filter(View.OPEN, 1), AT, cursor)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"state": CaseState.ACKNOWLEDGED}, ["2"]),
        ({"kind": CaseKind.DEFECT}, ["3"]),
        ({"order": " nr. 2 "}, ["2"]),
        ({"order": "99"}, ["4"]),
        ({"contact": "RUTA"}, ["1", "2", "4"]),
        ({"contact": "žukė"}, ["3"]),
        ({"contact": "%"}, []),
        ({"contact": "_"}, []),
        ({"product": "mug"}, ["1", "2", "3"]),
        ({"product": "LAMP"}, ["4"]),
        ({"product": "mug", "kind": CaseKind.DEFECT}, ["3"]),
    ],
)
def test_what_a_list_is_narrowed_to(database: Database, wanted: dict[str, str], found: list[str]) -> None:
    lamp = DraftLine("99", 1, "LAMP", "Oak lamp", 1, Decimal("35.30"))
    with database.write() as connection:
        made(connection, "1", 1)
        acknowledged = made(connection, "2", 2)
        acts.act(connection, acknowledged.id, CaseAct.ACKNOWLEDGE, by(AGENT, "a"))
        made(connection, "3", 3, kind=CaseKind.DEFECT, contact="+37060000001", name="Rūta Žukė")
        made(connection, "4", 4, lines=[lamp])
    with database.read() as connection:
        assert numbers(connection, Filter(View.ALL, 1, **wanted)) == found  # type: ignore[arg-type]


def test_who_looks_after_a_case(database: Database) -> None:
    with database.write() as connection:
        anna = agents.add(connection, "anna@linden.example", "Anna", Role.AGENT)
        case = made(connection, "1", 3)
        taken = holders.assign(connection, case.id, anna.id, by(AGENT, "t-1"))
        assert (taken.agent_id, taken.version) == (anna.id, case.version + 1)
        assert holders.assign(connection, case.id, anna.id, by(AGENT, "t-2")) == taken, "nothing changes"
    with database.read() as connection:
        assert numbers(connection, Filter(View.MINE, anna.id)) == ["1"]
        assert numbers(connection, Filter(View.MINE, anna.id + 1)) == []
        (one,), _ = listing.listed(connection, Filter(View.MINE, anna.id), AT)
        assert one.agent_name == "Anna"
    with database.write() as connection:
        assert holders.assign(connection, case.id, None, by(AGENT, "t-3")).agent_id is None
        again = holders.assign(connection, case.id, anna.id, by(AGENT, "t-3"))
        assert again.agent_id is None, "the same key is the same act"
        with pytest.raises(cases.UnknownCase):
            holders.assign(connection, case.id + 9, anna.id, by(AGENT, "t-4"))


def test_what_a_second_person_has_to_approve_is_found_and_never_released(database: Database) -> None:
    with database.write() as connection:
        case = acts.act(connection, made(connection, "1", 3).id, CaseAct.APPROVE, by(AGENT, "a"))
        refund = refunds.plan(
            connection, case, "1", Decimal(9), [], "card", by(AGENT, "p", who="a@x"), held=False, two=True
        )
        case = cases.lock(connection, case.id)
        assert listing.counts(connection, 1, AT)["unsigned"] == 1
        assert numbers(connection, Filter(View.UNSIGNED, 1)) == ["1"]
        assert MoneyAct.RELEASE not in choices.for_money(case.refunds[0], AGENT)
        assert choices.is_waiting(case.refunds[0])
        with pytest.raises(Impossible, match="second person"):
            acts.refund(connection, case.id, refund, MoneyAct.RELEASE, by(AGENT, "r", who="a@x"))
        case = acts.sign(connection, case.id, refund, by(AGENT, "s", who="b@x"))
        assert listing.counts(connection, 1, AT)["unsigned"] == 0
        assert choices.for_money(case.refunds[0], AGENT) != ()


def test_what_can_be_done_with_goods_where_they_are(database: Database) -> None:
    with database.write() as connection:
        case = acts.act(connection, made(connection, "1", 3).id, CaseAct.APPROVE, by(AGENT, "a"))
        assert choices.for_goods(case.lines[0], AGENT) == (
            GoodsAct.ISSUE_LABEL,
            GoodsAct.SEND,
            GoodsAct.RECEIVE,
        )
        assert choices.for_goods(case.lines[0], Actor.CUSTOMER) == (GoodsAct.SEND,)
