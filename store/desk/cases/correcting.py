"""Another sum than the one that was approved, before anybody has asked for it: such as for lost value that an
inspection finds."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from store.cases import acts, cases, refunds
from store.cases.after_sales import CREDIT, AfterSales, means_of
from store.cases.cases import Case
from store.cases.law.sums import PartKind
from store.cases.machine import Impossible, MoneyAct
from store.cases.timeline import By
from store.orders.orders import Order
from store.vocabulary import CaseState, ReturnWay, Wish


def correct(
    connection: Connection,
    after_sales: AfterSales,
    case: Case,
    order: Order,
    amount: Decimal,
    by: By,
    why: str,
) -> Case:
    """Plans a sum in the place of the one that was approved, with the written reason, and the difference of
    both as a part of it. Two people approve it where its size asks for that.

    Raises `Impossible` where none was approved, or it is asked for already; `ValueError` without a reason, or
    for a sum that is none."""
    if not why.strip() or not Decimal(0) < amount <= after_sales.most(connection, case, order):
        raise ValueError("a sum that can be given back and a written reason are needed")
    former = [one for one in case.refunds if one.state in refunds.PLANNED]
    if case.state != CaseState.APPROVED or not former:
        raise Impossible(MoneyAct.HOLD, case.state, "no sum is waiting")
    last = former[-1]
    parts: list[dict[str, Any]] = [*last.parts]
    parts.append(
        {"kind": PartKind.DEDUCTION, "amount": str(amount - last.amount), "position": None, "quantity": None}
    )
    refunds.plan(
        connection,
        case,
        case.order_number,
        amount,
        parts,
        CREDIT if case.wish is Wish.CREDIT else means_of(order),
        by,
        held=case.way not in (None, ReturnWay.KEEP) and not acts.sent(case),
        two=after_sales.needs_second(amount),
        why=why,
    )
    acts.note(connection, case.id, by, "correct_sum", why, {"from": str(last.amount), "to": str(amount)})
    return cases.lock(connection, case.id)
