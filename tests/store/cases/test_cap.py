"""However often, by whomever and in how many cases at once: no more of an order goes back than was paid, not
too early, and a large sum not by one person."""

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from store.cases import acts, cases, opening
from store.cases.after_sales import AfterSales, Teller, Wanted
from store.cases.cases import Case
from store.cases.machine import CaseAct, GoodsAct, Impossible, MoneyAct
from store.cases.timeline import By
from store.core.database import Database
from store.orders.orders import Order
from store.vocabulary import Actor, CaseKind, CaseState, DeadlineKind, MoneyState, ReturnWay, Wish
from tests.store.cases.making import AT, CONTACT, by, order
from tests.store.cases.offering import after_sales

PAID = Decimal("64.80")  # for the whole order, of which the mugs were 24.60


def agent(key: str) -> By:
    return by(Actor.AGENT, key, who="anna@x.lt")


def begun(connection: Connection, sales: AfterSales, of: Order, position: int) -> Case:
    wanted = Wanted(CaseKind.DAMAGE, {position: 1}, Wish.REFUND, ReturnWay.KEEP)
    told = by(key=f"begin-{position}")
    return sales.open(connection, of, wanted, Teller(CONTACT, "lt", "web"), told, AT).case


def ended(connection: Connection, sales: AfterSales, of: Order, how: MoneyAct) -> Case:
    """A case that was approved and asked for, and what became of its money."""
    case = sales.approve(connection, begun(connection, sales, of, 0), of, agent("approve"))
    (refund,) = case.refunds
    acts.refund(connection, case.id, refund.id, MoneyAct.REQUEST, agent("request"))
    return acts.refund(connection, case.id, refund.id, how, agent("end"))


def test_what_has_arrived_is_not_given_again_in_the_same_case(database: Database) -> None:
    sales = after_sales()
    with database.write() as connection:
        of = order(connection)
        case = ended(connection, sales, of, MoneyAct.CONFIRM)
        arrived = case.refunds[0].amount
        assert sales.most(connection, case, of) == PAID - arrived
        case = acts.act(connection, case.id, CaseAct.ASK, agent("ask"), "What else?")
        with pytest.raises(ValueError, match="can be given back"):
            sales.approve(connection, case, of, agent("again"), "more", amount=PAID)
        case = sales.approve(connection, case, of, agent("again"), "more", amount=PAID - arrived)
        assert [one.amount for one in case.refunds] == [arrived, PAID - arrived]
        assert opening.given_back(connection, of.number)[0] == PAID


def test_what_failed_is_reckoned_as_before(database: Database) -> None:
    sales = after_sales()
    with database.write() as connection:
        of = order(connection)
        case = ended(connection, sales, of, MoneyAct.FAIL)
        assert case.refunds[0].state is MoneyState.FAILED
        assert sales.reckon(connection, case, of).total == case.refunds[0].amount
        assert sales.most(connection, case, of) == PAID


def test_what_failed_is_still_owed_and_no_other_case_gets_it(database: Database) -> None:
    sales = after_sales()
    with database.write() as connection:
        of = order(connection)
        case, other = ended(connection, sales, of, MoneyAct.FAIL), begun(connection, sales, of, 1)
        with pytest.raises(ValueError, match="can be given back"):
            sales.approve(connection, other, of, agent("other"), "all of it", amount=PAID)
        left = sales.most(connection, other, of)
        sales.approve(connection, other, of, agent("other"), "the rest", amount=left)
        acts.refund(connection, case.id, case.refunds[0].id, MoneyAct.RELEASE, agent("once more"))
        assert opening.given_back(connection, of.number)[0] == PAID


def test_two_cases_of_an_order_at_the_same_moment(database: Database) -> None:
    sales = after_sales()
    with database.write() as connection:
        of = order(connection)
        ids = [begun(connection, sales, of, position).id for position in (0, 1)]

    def approves(case_id: int) -> bool:
        try:
            with database.write() as connection:
                case = cases.lock(connection, case_id)
                sales.approve(connection, case, of, agent(f"all-{case_id}"), "all of it", amount=PAID)
                time.sleep(0.3)  # before the commit, so that the other one comes meanwhile
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approves, ids)) == [False, True]
    with database.read() as connection:
        assert opening.given_back(connection, of.number)[0] == PAID


# --- not too early, not twice, not alone -------------------------------------------------------------


def returned(connection: Connection, sales: AfterSales, of: Order, lines: dict[int, int]) -> Case:
    """A withdrawal whose goods are to be brought to the shop."""
    wanted = Wanted(CaseKind.WITHDRAWAL, lines, Wish.REFUND, ReturnWay.SHOP)
    teller = Teller(CONTACT, "lt", "web")
    return sales.open(connection, of, wanted, teller, by(key=f"return-{lines}"), AT).case


def states(case: Case) -> list[MoneyState]:
    return [one.state for one in case.refunds]


def test_money_is_held_until_all_goods_are_on_their_way(database: Database) -> None:
    with database.write() as connection:
        case = returned(connection, after_sales(), order(connection), {0: 2, 1: 1})
        assert case.state is CaseState.APPROVED and states(case) == [MoneyState.HELD]
        mugs, lamp = ({one.id: None} for one in case.lines)
        for n, (what, lines) in enumerate(((GoodsAct.ISSUE_LABEL, mugs), (GoodsAct.RECEIVE, mugs))):
            case = acts.move(connection, case.id, what, agent(f"g-{n}"), lines)
            assert states(case) == [MoneyState.HELD], what
        assert states(acts.move(connection, case.id, GoodsAct.SEND, agent("g-9"), lamp)) == [MoneyState.DUE]


def test_approved_twice_with_one_key_it_is_planned_once(database: Database) -> None:
    sales = after_sales()
    with database.write() as connection:
        of = order(connection)
        case = begun(connection, sales, of, 0)
        once = sales.approve(connection, case, of, agent("approve"))
        assert sales.approve(connection, once, of, agent("approve"), "more", amount=PAID) == once
        assert states(once) == [MoneyState.DUE]


def test_a_new_plan_takes_the_place_of_the_former(database: Database) -> None:
    sales = after_sales()
    with database.write() as connection:
        of = order(connection)
        case = sales.approve(connection, begun(connection, sales, of, 0), of, agent("approve"))
        acts.act(connection, case.id, CaseAct.ASK, agent("ask"), "What else?")
        case = sales.approve(connection, cases.lock(connection, case.id), of, agent("again"))
        assert states(case) == [MoneyState.VOID, MoneyState.DUE]


def test_another_sum_needs_a_reason(database: Database) -> None:
    sales = after_sales()
    with database.write() as connection:
        of = order(connection)
        case = begun(connection, sales, of, 0)
        for why in ("", " \n"):
            with pytest.raises(ValueError, match="written reason"):
                sales.approve(connection, case, of, agent("approve"), why, amount=Decimal("1.00"))
        assert cases.lock(connection, case.id).refunds == ()


def test_two_people_approve_a_large_sum_and_nobody_alone(database: Database) -> None:
    sales = after_sales(four_eyes_over=Decimal(10))
    with database.write() as connection:
        of = order(connection)
        case = sales.approve(connection, begun(connection, sales, of, 0), of, agent("approve"))
        (refund,) = case.refunds
        assert (refund.state, refund.unsigned) == (MoneyState.HELD, True)
        with pytest.raises(Impossible, match="second person"):
            acts.refund(connection, case.id, refund.id, MoneyAct.RELEASE, agent("alone"))
        for n, who in enumerate(("anna@x.lt", "")):
            with pytest.raises(Impossible, match="somebody else"):
                acts.sign(connection, case.id, refund.id, by(Actor.AGENT, f"sign-{n}", who=who))
        goods = {one.id: None for one in case.lines}
        case = acts.move(connection, case.id, GoodsAct.RECEIVE, agent("goods"), goods)
        assert states(case) == [MoneyState.HELD], "the goods are no second person"
        case = acts.sign(connection, case.id, refund.id, by(Actor.AGENT, "sign", who="jonas@x.lt"))
        assert states(case) == [MoneyState.DUE]


@pytest.mark.parametrize(("limit", "alone"), [("24.59", False), ("24.60", True)])
def test_what_two_people_approve_no_rule_approves(database: Database, limit: str, alone: bool) -> None:
    with database.write() as connection:
        # The first return of all: two mugs, and nothing for their way.
        case = returned(connection, after_sales(four_eyes_over=Decimal(limit)), order(connection), {0: 2})
        assert (case.state is CaseState.APPROVED) is alone
        assert [one.amount for one in case.refunds] == ([Decimal("24.60")] if alone else [])


def test_the_moneys_clock_stops_once_it_has_arrived(database: Database) -> None:
    def runs(case: Case) -> bool:
        return any(one.kind is DeadlineKind.REFUND and one.met_at is None for one in case.deadlines)

    with database.write() as connection:
        case = returned(connection, after_sales(), order(connection), {0: 2})
        acts.move(connection, case.id, GoodsAct.RECEIVE, agent("goods"), {one.id: None for one in case.lines})
        (refund,) = case.refunds
        case = acts.refund(connection, case.id, refund.id, MoneyAct.REQUEST, agent("request"))
        assert runs(case)
        assert not runs(acts.refund(connection, case.id, refund.id, MoneyAct.CONFIRM, agent("confirm")))
