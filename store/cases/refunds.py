"""The ledger of money that goes back: what is to be paid, why, and what the shop's system says of it.

Money moves in the shop's own system. Here stand the intent, the key by which that system knows it, and its
answer; a sum is never asked for twice, and what nobody knows is `unknown`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, update

from store.cases import timeline
from store.cases.cases import Case, CaseRefund
from store.cases.machine import MONEY, Impossible, MoneyAct, step
from store.cases.timeline import By
from store.tables import case_refunds
from store.vocabulary import MoneyState

# Nothing of it is asked for yet.
PLANNED = frozenset({MoneyState.CALCULATED, MoneyState.HELD, MoneyState.DUE, MoneyState.FAILED})
_SETTLED = frozenset({MoneyState.SUCCEEDED, MoneyState.VOID})


def plan(
    connection: Connection,
    case: Case,
    order_number: str,
    amount: Decimal,
    parts: Sequence[Mapping[str, Any]],
    means: str,
    by: By,
    *,
    held: bool,
    two: bool = False,
    why: str = "",
) -> int:
    """Notes what is to be paid back; its id. `held`: until the goods, or proof that they were sent, are here.
    `two`: a second person must approve it, whoever did first.
    A case has one plan for an order at a time: a new one takes the place of what isn't asked for yet.
    Raises `Impossible` for no money, or while a former one is on its way."""
    if amount <= 0:
        raise Impossible(MoneyAct.HOLD, MoneyState.CALCULATED, "there is nothing to give back")
    for one in case.refunds:
        if one.order_number == order_number and one.state not in _SETTLED:
            _to(connection, case, one, MoneyAct.VOID, by)
    row = {
        "case_id": case.id,
        "order_number": order_number,
        "state": MoneyState.HELD if held or two else MoneyState.DUE,
        "first_agent": by.who,
        "unsigned": two,
        "means": means,
        "amount": amount,
        "currency": case.currency,
        "parts": [dict(one) for one in parts],
        "key": f"{case.number}-{len(case.refunds) + 1}",
        "why": why,
        "created_at": by.at,
        "updated_at": by.at,
    }
    refund_id: int = connection.execute(
        insert(case_refunds).values(**row).returning(case_refunds.c.id)
    ).scalar_one()
    told = {"amount": str(amount), "currency": case.currency, "held": held}
    timeline.record(connection, case.id, _keyed(by, f"plan:{refund_id}"), "plan_refund", why, told)
    return refund_id


def move(
    connection: Connection,
    case: Case,
    refund_id: int,
    what: MoneyAct,
    by: By,
    why: str = "",
    *,
    provider_id: str = "",
) -> None:
    """Raises `Impossible`, `ValueError` for a refund that isn't the case's."""
    found = _of(case, refund_id)
    if found.unsigned and what is MoneyAct.RELEASE:
        raise Impossible(what, found.state, "a second person has yet to approve it")
    state = step(MONEY, what, found.state, by.actor, why)
    _write(connection, case, found, what, state, by, why, {"provider_id": provider_id} if provider_id else {})


def sign(connection: Connection, case: Case, refund_id: int, by: By) -> None:
    """The second of two people approves a sum. Raises `Impossible` for the same person as before, or where
    nobody is missing."""
    found = _of(case, refund_id)
    if not found.unsigned or found.state is not MoneyState.HELD:
        raise Impossible(MoneyAct.RELEASE, found.state, "nobody's approval is missing")
    if not by.who or by.who == found.first_agent:
        raise Impossible(MoneyAct.RELEASE, found.state, "somebody else than who approved it first must")
    connection.execute(
        update(case_refunds).where(case_refunds.c.id == refund_id).values(unsigned=False, updated_at=by.at)
    )
    told = {"refund": found.key, "amount": str(found.amount)}
    timeline.record(connection, case.id, by, "second_approval", "", told)


def release(connection: Connection, case: Case, by: By) -> None:
    """What was held for the goods is due, but for what a second person has yet to approve."""
    for one in case.refunds:
        if one.state == MoneyState.HELD and not one.unsigned:
            _to(connection, case, one, MoneyAct.RELEASE, by)


def void(connection: Connection, case: Case, by: By) -> None:
    """What isn't asked for yet isn't due after all."""
    for one in case.refunds:
        if one.state not in _SETTLED and one.state in MONEY[MoneyAct.VOID].sources:
            _to(connection, case, one, MoneyAct.VOID, by)


def unsettled(case: Case) -> list[CaseRefund]:
    """What is neither paid nor void."""
    return [one for one in case.refunds if one.state not in _SETTLED]


def _to(connection: Connection, case: Case, one: CaseRefund, what: MoneyAct, by: By) -> None:
    # What follows from an act of anybody's is ours to do.
    state = MONEY[what].target
    if one.state not in MONEY[what].sources:
        raise Impossible(what, one.state, f"it is {one.state}")
    _write(connection, case, one, what, state, _keyed(by, f"{what}:{one.id}"))


def _of(case: Case, refund_id: int) -> CaseRefund:
    found = next((one for one in case.refunds if one.id == refund_id), None)
    if found is None:
        raise ValueError("the case has no such refund")
    return found


def _write(
    connection: Connection,
    case: Case,
    one: CaseRefund,
    what: MoneyAct,
    state: MoneyState,
    by: By,
    why: str = "",
    values: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Moves a refund into a state, and tells of it in the timeline."""
    changed = {"state": state, "updated_at": by.at, **values}
    connection.execute(update(case_refunds).where(case_refunds.c.id == one.id).values(**changed))
    told = {"refund": one.key, "from": one.state, "to": state, "amount": str(one.amount)}
    timeline.record(connection, case.id, by, f"{what}_refund", why, told)


def _keyed(by: By, more: str) -> By:
    return By(by.actor, f"{by.key}/{more}", by.at, by.who)
