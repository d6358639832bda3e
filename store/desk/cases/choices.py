"""What can be done next to goods and to money, as `store.cases.machine` says of the case itself."""

from typing import Final

from store.cases.cases import CaseLine, CaseRefund
from store.cases.machine import GOODS, MONEY, GoodsAct, MoneyAct
from store.vocabulary import Actor, MoneyState, Wish

# What is fulfilled with money.
MONEY_WISHES: Final = frozenset({Wish.REFUND, Wish.CREDIT, Wish.REDUCTION})


def for_goods(line: CaseLine, by: Actor) -> tuple[GoodsAct, ...]:
    """What somebody can do with a line's goods where they are."""
    return tuple(act for act, one in GOODS.items() if line.state in one.sources and by in one.by)


def for_money(refund: CaseRefund, by: Actor) -> tuple[MoneyAct, ...]:
    """What somebody can do with a refund as it stands; what a second person has yet to approve is held."""
    return tuple(
        act
        for act, one in MONEY.items()
        if refund.state in one.sources and by in one.by and not (refund.unsigned and act is MoneyAct.RELEASE)
    )


def is_waiting(refund: CaseRefund) -> bool:
    """Whether a second person's approval of a sum is missing, and would count."""
    return refund.unsigned and refund.state == MoneyState.HELD
