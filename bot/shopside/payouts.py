"""Who pays back: the contract of whatever moves the money, and the shop that does it itself."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Paid(StrEnum):
    """What a payout says. `requested`: it has the order to pay, and will. `failed`: it surely did not pay and
    will not. `unknown`: nobody can say; it is never asked for a second time."""

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PaymentBack:
    """A sum that goes back. `key`: the payment is known by it, so that the same one can't be made twice.
    `means`: how the order was paid, or `credit`."""

    key: str
    case_number: str
    order_number: str
    means: str
    amount: Decimal
    currency: str


class Payout(Protocol):
    """`pay` is called at most once for each time that a sum is due, whatever happens to this process; `look`
    any number of times, and changes nothing. What either raises, or a time that runs out, is `unknown`.

    `look_every`: how long after a request it is read back; None: what becomes of it is told by an agent, or
    over the API. What is `unknown` is read back in any case.
    """

    @property
    def look_every(self) -> timedelta | None: ...

    async def pay(self, refund: PaymentBack) -> Paid: ...

    async def look(self, refund: PaymentBack) -> Paid: ...


class PaidByShop:
    """The shop pays by hand or in its own system: it learns of the request as of every change of a case, and
    an agent or its system says that it has paid."""

    look_every = None

    async def pay(self, refund: PaymentBack) -> Paid:
        return Paid.REQUESTED

    async def look(self, refund: PaymentBack) -> Paid:
        # The request stands in the case, where the shop finds it: nothing of it can be lost.
        return Paid.REQUESTED
