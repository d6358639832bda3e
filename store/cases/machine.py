"""What can happen to a case, to its goods and to its money: three machines, as data.

The states are those of `store.vocabulary`. Nothing here decides whether something is right, only whether it
is possible where things stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from store.vocabulary import Actor, CaseState, GoodsState, MoneyState

REOPENED_WITHIN: Final = timedelta(days=14)

State = TypeVar("State", bound=StrEnum)


class CaseAct(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"  # the customer for something that is missing
    ANSWER = "answer"  # by the customer
    APPROVE = "approve"
    DECLINE = "decline"
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


class GoodsAct(StrEnum):
    ISSUE_LABEL = "issue_label"
    SEND = "send"  # by the customer
    RECEIVE = "receive"
    INSPECT = "inspect"
    RESTOCK = "restock"
    REPAIR = "repair"
    SCRAP = "scrap"
    SEND_BACK = "send_back"
    LOSE = "lose"


class MoneyAct(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    REQUEST = "request"
    DOUBT = "doubt"  # nobody knows whether the request arrived
    CONFIRM = "confirm"
    FAIL = "fail"
    DISPUTE = "dispute"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """From any of some states into one. `by`: who may do it. `reasoned`: only with a written reason."""

    sources: frozenset[State]
    target: State
    by: frozenset[Actor]
    reasoned: bool = False


class Impossible(Exception):
    """`act` can't be done to something in this `state`, or not by this actor, or not without a reason."""

    def __init__(self, act: StrEnum, state: StrEnum | str, why: str) -> None:
        super().__init__(f"{act} is not possible: {why}")
        self.act, self.state, self.why = act, state, why


_SHOP = frozenset({Actor.AGENT, Actor.SHOP})
_OURS = _SHOP | {Actor.ASSISTANT}
_ANYBODY = frozenset(Actor)
_CUSTOMER = frozenset({Actor.CUSTOMER, Actor.AGENT})

_BEGUN = frozenset({CaseState.SUBMITTED, CaseState.ACKNOWLEDGED, CaseState.NEEDS_INFORMATION})
ENDED: Final = frozenset({CaseState.CLOSED, CaseState.WITHDRAWN})
OPEN: Final = frozenset(CaseState) - ENDED - {CaseState.DECLINED}

CASE: Final[Mapping[CaseAct, Step[CaseState]]] = {
    CaseAct.ACKNOWLEDGE: Step(frozenset({CaseState.SUBMITTED}), CaseState.ACKNOWLEDGED, _OURS),
    CaseAct.ASK: Step(_BEGUN | {CaseState.APPROVED}, CaseState.NEEDS_INFORMATION, _SHOP, reasoned=True),
    CaseAct.ANSWER: Step(
        frozenset({CaseState.NEEDS_INFORMATION}), CaseState.ACKNOWLEDGED, frozenset({Actor.CUSTOMER})
    ),
    CaseAct.APPROVE: Step(_BEGUN | {CaseState.DECLINED}, CaseState.APPROVED, _OURS),
    # No rule and no program ever refuses.
    CaseAct.DECLINE: Step(_BEGUN | {CaseState.APPROVED}, CaseState.DECLINED, _SHOP, reasoned=True),
    CaseAct.CLOSE: Step(
        frozenset({CaseState.APPROVED, CaseState.DECLINED, CaseState.ACKNOWLEDGED}),
        CaseState.CLOSED,
        _SHOP | {Actor.CLOCK},
    ),
    CaseAct.REOPEN: Step(
        frozenset({CaseState.CLOSED, CaseState.DECLINED, CaseState.WITHDRAWN}),
        CaseState.ACKNOWLEDGED,
        _CUSTOMER,
    ),
    CaseAct.WITHDRAW: Step(_BEGUN | {CaseState.APPROVED}, CaseState.WITHDRAWN, _CUSTOMER),
}

_AWAY = frozenset({GoodsState.KEPT, GoodsState.LABEL_ISSUED, GoodsState.IN_TRANSIT})
_HERE = frozenset({GoodsState.RECEIVED, GoodsState.INSPECTED})
GOODS: Final[Mapping[GoodsAct, Step[GoodsState]]] = {
    GoodsAct.ISSUE_LABEL: Step(frozenset({GoodsState.KEPT}), GoodsState.LABEL_ISSUED, _OURS),
    GoodsAct.SEND: Step(
        frozenset({GoodsState.KEPT, GoodsState.LABEL_ISSUED}), GoodsState.IN_TRANSIT, _ANYBODY
    ),
    # Parcels come that nobody announced.
    GoodsAct.RECEIVE: Step(_AWAY | {GoodsState.LOST}, GoodsState.RECEIVED, _SHOP),
    GoodsAct.INSPECT: Step(_HERE, GoodsState.INSPECTED, _SHOP),
    GoodsAct.RESTOCK: Step(frozenset({GoodsState.INSPECTED}), GoodsState.RESTOCKED, _SHOP),
    GoodsAct.REPAIR: Step(frozenset({GoodsState.INSPECTED}), GoodsState.REPAIRED, _SHOP),
    GoodsAct.SCRAP: Step(frozenset({GoodsState.INSPECTED}), GoodsState.SCRAPPED, _SHOP),
    GoodsAct.SEND_BACK: Step(_HERE | {GoodsState.REPAIRED}, GoodsState.SENT_BACK, _SHOP),
    GoodsAct.LOSE: Step(frozenset({GoodsState.LABEL_ISSUED, GoodsState.IN_TRANSIT}), GoodsState.LOST, _SHOP),
}

_UNPAID = frozenset({MoneyState.CALCULATED, MoneyState.HELD, MoneyState.DUE})
_ASKED = frozenset({MoneyState.REQUESTED, MoneyState.UNKNOWN})
# Money that is gone or may be: nothing of it can be given a second time.
SPENT: Final = _ASKED | {MoneyState.SUCCEEDED, MoneyState.DISPUTED}
# What failed is still owed, until it is void: it is due again, or another plan takes its place.
COUNTED: Final = _UNPAID | SPENT | {MoneyState.FAILED}
MONEY: Final[Mapping[MoneyAct, Step[MoneyState]]] = {
    MoneyAct.HOLD: Step(frozenset({MoneyState.CALCULATED}), MoneyState.HELD, _OURS),
    MoneyAct.RELEASE: Step(
        frozenset({MoneyState.CALCULATED, MoneyState.HELD, MoneyState.FAILED}), MoneyState.DUE, _OURS
    ),
    MoneyAct.REQUEST: Step(frozenset({MoneyState.DUE}), MoneyState.REQUESTED, _SHOP | {Actor.CLOCK}),
    MoneyAct.DOUBT: Step(
        frozenset({MoneyState.REQUESTED}), MoneyState.UNKNOWN, frozenset({Actor.CLOCK, Actor.SHOP})
    ),
    MoneyAct.CONFIRM: Step(_ASKED | {MoneyState.DISPUTED}, MoneyState.SUCCEEDED, _SHOP),
    MoneyAct.FAIL: Step(_ASKED, MoneyState.FAILED, _SHOP),
    MoneyAct.DISPUTE: Step(frozenset({MoneyState.SUCCEEDED}), MoneyState.DISPUTED, _CUSTOMER),
    MoneyAct.VOID: Step(_UNPAID | {MoneyState.FAILED}, MoneyState.VOID, _ANYBODY),
}


def step(machine: Mapping[Any, Step[State]], act: StrEnum, state: State, by: Actor, why: str = "") -> State:
    """The state after `act`. Raises `Impossible`."""
    found = machine[act]
    if state not in found.sources:
        raise Impossible(act, state, f"it is {state}")
    if by not in found.by:
        raise Impossible(act, state, f"that is not for the {by} to do")
    if found.reasoned and not why.strip():
        raise Impossible(act, state, "it needs a written reason")
    return found.target


def possible(machine: Mapping[CaseAct, Step[CaseState]], state: CaseState, by: Actor) -> tuple[CaseAct, ...]:
    """What can be done to a case in this state, in the order of the machine."""
    return tuple(act for act, one in machine.items() if state in one.sources and by in one.by)
