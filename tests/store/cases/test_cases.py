"""Cases from the first word to the end: what is kept, what can be done when, and what never twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection

from store.cases import acts, cases, refunds, timeline
from store.cases.acts import Stale
from store.cases.cases import Case, UnknownCase
from store.cases.machine import CaseAct, GoodsAct, Impossible, MoneyAct
from store.cases.opening import DraftLine, given_back, open_case, taken
from store.core.database import Database
from store.vocabulary import Actor, CaseKind, CaseState, Condition, DeadlineKind, GoodsState, MoneyState, Wish
from tests.store.cases.making import AT, CONTACT, by, draft, opened, order

AGENT = Actor.AGENT


def deadline(kind: DeadlineKind, days: int = 14) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, starts_at=AT, due_at=AT + timedelta(days=days), rule="eu_refund")


def planned(connection: Connection, case: Case, held: bool = True, amount: str = "24.60") -> int:
    parts = [{"kind": "goods", "amount": amount}]
    return refunds.plan(
        connection, case, case.order_number, Decimal(amount), parts, "card", by(AGENT, "p"), held=held
    )


def test_what_was_said_is_kept_with_its_time(database: Database) -> None:
    with database.write() as connection:
        found = order(connection)
        made = open_case(
            connection,
            draft(found, words="per mažas", wish=Wish.EXCHANGE),
            by(minutes=3),
            [deadline(DeadlineKind.ANSWER, 14)],
        )
    with database.read() as connection:
        case = cases.get(connection, made.case.id)
        assert case and made.new
        assert (case.state, case.wish, case.words) == (CaseState.SUBMITTED, Wish.EXCHANGE, "per mažas")
        assert case.stated_at == AT and case.created_at == AT + timedelta(minutes=3)
        assert [(one.sku, one.quantity, one.state) for one in case.lines] == [("MUG", 2, GoodsState.KEPT)]
        assert [(one.kind, one.rule, one.met_at) for one in case.deadlines] == [
            (DeadlineKind.ANSWER, "eu_refund", None)
        ]
        assert case.number.startswith("R-") and len(case.number) == 9
        assert cases.find(connection, f" {case.number.lower()} ") == case
        assert cases.of_contact(connection, CONTACT) == [case]
        assert cases.of_contact(connection, "somebody@example.com") == []
        assert cases.of_order(connection, "10234", "somebody@example.com") == []
        assert [one.act for one in timeline.of_case(connection, case.id)] == ["submit"]


def test_the_same_told_twice_is_one_case(database: Database) -> None:
    with database.write() as connection:
        first = opened(connection, "m-1")
    with database.write() as connection:
        second = opened(connection, "m-2", channel="sms", words="still")
        other = opened(connection, "m-3", kind=CaseKind.DEFECT)
    assert not second.new and second.case.number == first.case.number
    assert other.new and other.case.number != first.case.number
    with database.read() as connection:
        assert [one.act for one in timeline.of_case(connection, first.case.id)] == ["submit", "told_again"]


def test_two_channels_at_the_same_moment_make_one_case(database: Database) -> None:
    with database.write() as connection:
        order(connection)

    def tell(key: str) -> tuple[str, bool]:
        with database.write() as connection:
            made = opened(connection, key)
            return made.case.number, made.new

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(tell, [f"m-{n}" for n in range(8)]))
    assert len({number for number, _ in told}) == 1
    assert sum(new for _, new in told) == 1


def test_a_statement_on_an_order_that_nobody_knows_is_kept(database: Database) -> None:
    with database.write() as connection:
        of = order(connection)
        unknown = draft(of, order_id=None, order_number="99999", lines=())
        made = open_case(connection, unknown, by())
    assert made.new and made.case.order_id is None and made.case.order_number == "99999"


def test_after_its_end_the_same_can_be_told_again(database: Database) -> None:
    with database.write() as connection:
        first = opened(connection).case
        acts.act(connection, first.id, CaseAct.WITHDRAW, by(key="m-2"))
        again = opened(connection, "m-3")
    assert again.new and again.case.id != first.id


def test_an_act_happens_once_for_its_key(database: Database) -> None:
    with database.write() as connection:
        case = opened(connection).case
        once = acts.act(connection, case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        twice = acts.act(connection, case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        assert once == twice and once.state == CaseState.APPROVED
        with pytest.raises(Impossible, match="it is approved"):
            acts.act(connection, case.id, CaseAct.APPROVE, by(AGENT, "a-2"))
        assert [one.act for one in timeline.of_case(connection, case.id)] == ["submit", "approve"]


@pytest.mark.parametrize("actor", [Actor.ASSISTANT, Actor.CLOCK, Actor.CUSTOMER])
def test_only_a_person_declines_and_only_with_a_reason(database: Database, actor: Actor) -> None:
    with database.write() as connection:
        case = opened(connection).case
        with pytest.raises(Impossible, match="not for the"):
            acts.act(connection, case.id, CaseAct.DECLINE, by(actor, "d-1"), "too late")
        for why in ("", "  \n"):
            with pytest.raises(Impossible, match="written reason"):
                acts.act(connection, case.id, CaseAct.DECLINE, by(AGENT, "d-2"), why)
        declined = acts.act(connection, case.id, CaseAct.DECLINE, by(AGENT, "d-2"), "Worn for months.")
        assert declined.state == CaseState.DECLINED
        assert timeline.of_case(connection, case.id)[-1].why == "Worn for months."


def test_who_looked_at_an_older_state_changes_nothing(database: Database) -> None:
    with database.write() as connection:
        case = opened(connection).case
        acts.act(connection, case.id, CaseAct.ACKNOWLEDGE, by(AGENT, "a-1"))
        with pytest.raises(Stale):
            acts.act(connection, case.id, CaseAct.APPROVE, by(AGENT, "a-2"), version=case.version)


def test_an_unknown_case(database: Database) -> None:
    with database.write() as connection, pytest.raises(UnknownCase):
        acts.act(connection, 77, CaseAct.APPROVE, by(AGENT))


@pytest.mark.parametrize(("days", "possible"), [(14, True), (15, False)])
def test_it_is_reopened_within_two_weeks(database: Database, days: int, possible: bool) -> None:
    later = 24 * 60 * days
    with database.write() as connection:
        case = opened(connection).case
        acts.act(connection, case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        acts.act(connection, case.id, CaseAct.CLOSE, by(AGENT, "a-2"))
        again = by(Actor.CUSTOMER, "a-3", later)
        if possible:
            assert acts.act(connection, case.id, CaseAct.REOPEN, again).state == CaseState.ACKNOWLEDGED
        else:
            with pytest.raises(Impossible, match="14 days"):
                acts.act(connection, case.id, CaseAct.REOPEN, again)


def test_money_waits_for_the_goods_and_no_longer(database: Database) -> None:
    with database.write() as connection:
        of = order(connection)
        lamp = DraftLine("10234", 1, "LAMP", "Oak lamp", 1, Decimal("35.30"))
        both = [*draft(of).lines, lamp]
        case = open_case(
            connection,
            draft(of, lines=both),
            by(),
            [deadline(DeadlineKind.REFUND), deadline(DeadlineKind.SEND_BACK)],
        ).case
        case = acts.act(connection, case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        planned(connection, case, amount="59.90")
        mug, other = (one.id for one in case.lines)
        acts.move(connection, case.id, GoodsAct.ISSUE_LABEL, by(AGENT, "g-1"), {mug: None, other: None})
        case = acts.move(connection, case.id, GoodsAct.RECEIVE, by(AGENT, "g-2"), {mug: None})
        assert [one.state for one in case.refunds] == [MoneyState.HELD], "half of the goods is not all"
        case = acts.move(connection, case.id, GoodsAct.SEND, by(Actor.CUSTOMER, "g-3"), {other: None})
        assert [one.state for one in case.refunds] == [MoneyState.DUE], "proof that they were sent is enough"
        clocks = {one.kind: one.met_at for one in case.deadlines}
        assert clocks[DeadlineKind.SEND_BACK] and clocks[DeadlineKind.REFUND] is None
        with pytest.raises(Impossible, match="money of it"):
            acts.act(connection, case.id, CaseAct.CLOSE, by(AGENT, "c-1"))
        (refund,) = case.refunds
        clock = by(Actor.CLOCK, "r-1")
        acts.refund(connection, case.id, refund.id, MoneyAct.REQUEST, clock)
        case = acts.refund(
            connection, case.id, refund.id, MoneyAct.CONFIRM, by(Actor.SHOP, "r-2"), provider_id="re_1"
        )
        assert [(one.state, one.provider_id) for one in case.refunds] == [(MoneyState.SUCCEEDED, "re_1")]
        assert {one.kind: one.met_at for one in case.deadlines}[DeadlineKind.REFUND]
        assert acts.act(connection, case.id, CaseAct.CLOSE, by(AGENT, "c-2")).state == CaseState.CLOSED


def test_a_request_that_got_lost_is_unknown_and_never_made_again(database: Database) -> None:
    with database.write() as connection:
        case = acts.act(connection, opened(connection).case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        refund_id = planned(connection, case, held=False)
        acts.refund(connection, case.id, refund_id, MoneyAct.REQUEST, by(Actor.CLOCK, "r-1"))
        acts.refund(connection, case.id, refund_id, MoneyAct.DOUBT, by(Actor.CLOCK, "r-2"))
        for what in (MoneyAct.REQUEST, MoneyAct.RELEASE, MoneyAct.VOID):
            with pytest.raises(Impossible, match="it is unknown"):
                acts.refund(connection, case.id, refund_id, what, by(AGENT, f"x-{what}"))
        with pytest.raises(Impossible, match="it is unknown"):
            planned(connection, cases.lock(connection, case.id))
        assert given_back(connection, "10234")[0] == Decimal("24.60")


def test_what_the_customer_withdraws_costs_nothing(database: Database) -> None:
    with database.write() as connection:
        case = acts.act(connection, opened(connection).case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        planned(connection, case)
        assert given_back(connection, "10234") == (Decimal("24.60"), Decimal(0))
        case = acts.act(connection, case.id, CaseAct.WITHDRAW, by(key="m-9"))
        assert [one.state for one in case.refunds] == [MoneyState.VOID]
        assert given_back(connection, "10234") == (Decimal(0), Decimal(0))
        assert taken(connection, "10234") == {}


def test_pieces_that_are_in_a_case_or_back_are_counted(database: Database) -> None:
    with database.write() as connection:
        case = opened(connection).case
        assert taken(connection, "10234") == {0: 2}
        (line,) = case.lines
        acts.act(connection, case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        acts.move(connection, case.id, GoodsAct.RECEIVE, by(AGENT, "g-1"), {line.id: None})
        acts.act(connection, case.id, CaseAct.CLOSE, by(AGENT, "a-2"))
        assert taken(connection, "10234") == {0: 2}


def test_an_inspection_is_kept_and_lines_of_other_cases_stay(database: Database) -> None:
    with database.write() as connection:
        case = acts.act(connection, opened(connection).case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        (line,) = case.lines
        acts.move(connection, case.id, GoodsAct.RECEIVE, by(AGENT, "g-1"), {line.id: None})
        found = {line.id: Condition.USED}
        case = acts.move(connection, case.id, GoodsAct.INSPECT, by(AGENT, "g-2"), found, "scratched")
        assert [(one.state, one.condition) for one in case.lines] == [(GoodsState.INSPECTED, Condition.USED)]
        for lines in ({}, {line.id + 5: None}):
            with pytest.raises(ValueError, match="no such line"):
                acts.move(connection, case.id, GoodsAct.RESTOCK, by(AGENT, f"g-{len(lines)}x"), lines)


def test_goods_on_their_way_can_not_be_kept_after_all(database: Database) -> None:
    with database.write() as connection:
        case = acts.act(connection, opened(connection).case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        (line,) = case.lines
        acts.move(connection, case.id, GoodsAct.SEND, by(Actor.CUSTOMER, "g-1"), {line.id: None})
        with pytest.raises(Impossible, match="on their way"):
            acts.act(connection, case.id, CaseAct.WITHDRAW, by(key="m-2"))


def test_the_time_of_a_deadline_by_parts() -> None:
    one = cases.CaseDeadline(DeadlineKind.REFUND, AT, AT + timedelta(days=10), "r", None, 0)
    assert one.at(50) == AT + timedelta(days=5) and one.at(80) == datetime.fromisoformat("2026-11-10T10:00Z")


def test_other_goods_another_kind_and_another_person_are_another_case(database: Database) -> None:
    with database.write() as connection:
        first = opened(connection).case
        one_mug = DraftLine("10234", 0, "MUG", "Mug", 1, Decimal("12.30"))
        others = [
            opened(connection, "m-2", lines=[one_mug]),
            opened(connection, "m-3", kind=CaseKind.DAMAGE),
            opened(connection, "m-4", contact="+37061234567"),
        ]
        assert all(one.new for one in others)
        assert len({first.id, *(one.case.id for one in others)}) == 4


def test_goods_and_money_move_once_for_their_key(database: Database) -> None:
    with database.write() as connection:
        case = acts.act(connection, opened(connection).case.id, CaseAct.APPROVE, by(AGENT, "a-1"))
        refund_id = planned(connection, case, held=False)
        lines = {one.id: None for one in case.lines}
        for _ in range(2):
            case = acts.move(connection, case.id, GoodsAct.RECEIVE, by(AGENT, "g-1"), lines)
            case = acts.refund(connection, case.id, refund_id, MoneyAct.REQUEST, by(AGENT, "r-1"))
        told = [one.act for one in timeline.of_case(connection, case.id)]
        assert (told.count("receive"), told.count("request_refund")) == (1, 1)
