"""However often, by whomever and in how many cases at once: no more of an order goes back than was paid."""

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from store.cases import acts, cases, opening
from store.cases.after_sales import AfterSales, Teller, Wanted
from store.cases.cases import Case
from store.cases.machine import CaseAct, MoneyAct
from store.cases.timeline import By
from store.core.database import Database
from store.orders.orders import Order
from store.vocabulary import Actor, CaseKind, MoneyState, ReturnWay, Wish
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
