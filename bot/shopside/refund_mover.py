"""Has refunds paid that are due: each is asked for once, and what nobody knows is read back.

That a sum is asked for is written down first, with its key, and committed; only who has written it calls the
payout. Whoever finds it written, after a kill or an answer that got lost, looks and never pays.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.runtime import log
from bot.runtime.work.jobs import Backoff, Jobs, utc_now
from bot.shopside.payouts import Paid, PaymentBack, Payout
from store.cases import acts, cases
from store.cases.cases import Case, CaseRefund
from store.cases.feed import due_refunds
from store.cases.machine import MoneyAct
from store.cases.timeline import By
from store.core import timers
from store.core.database import Connection, Database
from store.core.timers import Job
from store.vocabulary import Actor, MoneyState

CALL_SECONDS: Final = 30.0
LOOKS: Final = Backoff(30.0, 3600.0)  # between looks at what is unknown

_log = log.get("refunds")


@dataclass(frozen=True, slots=True)
class _Step:
    """`pay`: it was written down just now, by us, that the sum is asked for. `state`: as it stands."""

    refund: PaymentBack
    pay: bool
    state: MoneyState


class RefundMover(Jobs[Job]):
    """Runs from `start` until `stop`; `wake` says that something happened to a case."""

    kind = due_refunds.KIND
    queue = timers.QUEUE
    lease = timedelta(minutes=2)

    def __init__(self, database: Database, payout: Payout, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(database, clock)
        self._payout = payout

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> list[Job]:
        due_refunds.schedule(connection, at)
        return timers.claim(connection, [self.kind], at, until, room)

    async def run(self, job: Job, until: datetime) -> None:
        step = await self._database.run(self._ask, job)
        if step is None:
            await self.keep(job, self._over, job, until)
            return
        said = await self._said(step)
        await self.keep(job, self._note, job, until, said)
        _log.info("refund", refund=step.refund.key, asked=step.pay, said=said)

    async def _said(self, step: _Step) -> Paid:
        call = self._payout.pay if step.pay else self._payout.look
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return Paid(await call(step.refund))
        except Exception as error:
            _log.warning("payout_silent", refund=step.refund.key, error=type(error).__name__)
            return Paid.UNKNOWN

    # --- in one transaction each ---

    def _ask(self, connection: Connection, job: Job) -> _Step | None:
        """Writes down that the sum is asked for, if it isn't yet; None if there is nothing to do."""
        found = self._found(connection, job)
        if found is None:
            return None
        case, refund = found
        pay = refund.state == MoneyState.DUE
        if pay:
            asked = acts.refund(
                connection, case.id, refund.id, MoneyAct.REQUEST, self._by(case, refund, "request")
            )
            # Only a step that was made is followed by a payment.
            if next(one for one in asked.refunds if one.id == refund.id).state != MoneyState.REQUESTED:
                raise RuntimeError(f"{refund.key} could not be asked for")
        elif refund.state not in (MoneyState.REQUESTED, MoneyState.UNKNOWN):
            return None
        back = PaymentBack(
            refund.key, case.number, refund.order_number, refund.means, refund.amount, refund.currency
        )
        return _Step(back, pay, refund.state)

    def _note(self, connection: Connection, job: Job, until: datetime, said: Paid) -> None:
        """What the payout said; then the job is over, or it is looked again."""
        found = self._found(connection, job)
        if found is None or found[1].state not in (MoneyState.REQUESTED, MoneyState.UNKNOWN):
            self._over(connection, job, until)
            return
        case, refund = found
        again = self._payout.look_every
        if said in (Paid.SUCCEEDED, Paid.FAILED):
            what = MoneyAct.CONFIRM if said is Paid.SUCCEEDED else MoneyAct.FAIL
            acts.refund(connection, case.id, refund.id, what, self._by(case, refund, what, Actor.SHOP))
            again = None
        elif said is Paid.UNKNOWN or refund.state == MoneyState.UNKNOWN:
            if refund.state == MoneyState.REQUESTED:
                acts.refund(connection, case.id, refund.id, MoneyAct.DOUBT, self._by(case, refund, "doubt"))
            again = LOOKS.pause(due_refunds.looks(job))
        if again is None:
            self._over(connection, job, until)
        else:
            due_refunds.look_again(connection, job, until, self._clock() + again)

    def _over(self, connection: Connection, job: Job, until: datetime) -> None:
        timers.finish(connection, job.id, until)

    def _found(self, connection: Connection, job: Job) -> tuple[Case, CaseRefund] | None:
        """The refund of a job, whose case is ours until the transaction ends."""
        case_id = due_refunds.case_of(connection, job)
        if case_id is None:
            return None
        case = cases.lock(connection, case_id)
        return next(((case, one) for one in case.refunds if one.key == job.key), None)

    def _by(self, case: Case, refund: CaseRefund, what: str, actor: Actor = Actor.CLOCK) -> By:
        # A sum that failed may be due again: the case's version, which is ours to change, tells them apart.
        return By(actor, f"payout:{refund.key}:{case.version}:{what}", self._clock(), "payout")
