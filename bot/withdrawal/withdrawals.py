"""Statements of withdrawal: kept first, in a transaction of their own, and looked at afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.runtime import log
from bot.withdrawal.acknowledgement import Acknowledgement
from bot.withdrawal.statement import Statement, meant
from store.cases import acts, cases, opening, timeline
from store.cases.after_sales import AfterSales, Teller, Wanted
from store.cases.cases import Case
from store.cases.law.deadlines import Deadline
from store.cases.law.rules import SHOP
from store.cases.machine import CaseAct
from store.cases.opening import Draft, open_case
from store.cases.timeline import By
from store.conversations import throttle
from store.core import timers
from store.core.database import Connection
from store.core.outage import is_outage
from store.core.timers import Job
from store.orders import orders
from store.orders.orders import Order
from store.vocabulary import Actor, CaseKind, CaseState, DeadlineKind, Wish

KIND: Final = "withdrawal"
CHANNEL: Final = "page"
# When what was kept is looked at by itself, because nobody did at once: the server was killed, or the case
# could not be opened.
GRACE: Final = timedelta(seconds=30)
AGAIN: Final = timedelta(minutes=5)

_log = log.get("withdrawal")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a statement, which is as it came in first. `acknowledged`: its mail is written."""

    case: Case
    statement: Statement
    acknowledged: bool


class Withdrawals:
    """Also a job of `Timers`: it does what a killed server left undone."""

    kind = KIND

    def __init__(
        self,
        after_sales: AfterSales,
        acknowledgement: Acknowledgement,
        clock: Callable[[], datetime],
    ) -> None:
        self._after_sales = after_sales
        self._acknowledgement = acknowledgement
        self._clock = clock

    def keep(self, connection: Connection, statement: Statement) -> Statement:
        """Keeps a statement, until a case has come of it; one that was kept already as it came in first.
        Nothing is looked up, so nothing can fail but the database."""
        timers.schedule(
            connection, KIND, statement.id, statement.stated_at + GRACE, payload=statement.payload()
        )
        kept = timers.find(connection, KIND, statement.id)
        return Statement.of(kept.payload) if kept else statement

    def settle(self, connection: Connection, statement: Statement) -> Settled:
        """The case of a kept statement, which is acknowledged and needs to be kept no longer. If the mail
        can't be written, the case stays and the mail is tried again later."""
        settled = self._settle(connection, statement)
        if settled.acknowledged:
            timers.cancel(connection, KIND, statement.id)
        return settled

    def run(self, connection: Connection, job: Job) -> datetime | None:
        settled = self._settle(connection, Statement.of(job.payload))
        return None if settled.acknowledged else self._clock() + AGAIN

    # --- what they are made of --------------------------------------------------------------------

    def _settle(self, connection: Connection, statement: Statement) -> Settled:
        key = f"{CHANNEL}/{statement.id}"
        number, contact = statement.order_number, statement.contact
        case, order = None, orders.find_with_contact(connection, number, contact)
        if before := told_before(connection, number, contact, key):
            case, stated_at = before
            statement = replace(statement, stated_at=stated_at)
        else:
            at = self._clock()
            attempt = throttle.attempt(connection, None, statement.network, at, contact, number)
            if order is None or attempt.waiting:
                # It counts all the same; a person finds out whose it is.
                attempt.fail()
                order = None
            case = self._opened(connection, statement, order, By(Actor.CUSTOMER, key, statement.stated_at))
        try:
            with connection.begin_nested():
                self._acknowledgement.send(connection, statement, case, order)
        except Exception as error:
            _reraise_outage(error)
            _log.error("withdrawal_not_acknowledged", case=case.id, exc_info=error)
            return Settled(case, statement, False)
        return Settled(case, statement, True)

    def _opened(self, connection: Connection, statement: Statement, order: Order | None, by: By) -> Case:
        pieces = {}
        if order is not None:
            pieces = meant(order, statement.goods, opening.taken(connection, order.number))
        if order is not None and pieces:
            try:
                with connection.begin_nested():
                    return self._assessed(connection, statement, order, pieces, by)
            except Exception as error:
                _reraise_outage(error)
                _log.error("withdrawal_not_assessed", order=order.id, exc_info=error)
        return self._unassessed(connection, statement, order, by)

    def _assessed(
        self, connection: Connection, statement: Statement, order: Order, pieces: Mapping[int, int], by: By
    ) -> Case:
        wanted = Wanted(CaseKind.WITHDRAWAL, pieces, Wish.REFUND, words=_words(statement))
        teller = Teller(statement.contact, statement.language, CHANNEL)
        opened = self._after_sales.open(connection, order, wanted, teller, by, statement.stated_at)
        return opened.case

    def _unassessed(self, connection: Connection, statement: Statement, order: Order | None, by: By) -> Case:
        """For a person to sort out, who has as long as for any answer."""
        draft = Draft(
            CaseKind.WITHDRAWAL,
            Wish.REFUND,
            order.id if order else None,
            order.number if order else statement.order_number,
            statement.contact,
            statement.language,
            CHANNEL,
            statement.stated_at,
            name=statement.name,
            words=_words(statement),
            facts={"order_number": statement.number},
            about=" ".join(statement.goods.split()).casefold(),
        )
        due = statement.stated_at + timedelta(days=self._after_sales.terms.answer_days)
        until = Deadline(DeadlineKind.ANSWER, statement.stated_at, due, SHOP)
        opened = open_case(connection, draft, by, (until,))
        if opened.case.state != CaseState.SUBMITTED:
            return opened.case
        ours = By(Actor.ASSISTANT, f"{by.key}/acknowledge", by.at)
        return acts.act(connection, opened.case.id, CaseAct.ACKNOWLEDGE, ours)


def told_before(connection: Connection, number: str, contact: str, key: str) -> tuple[Case, datetime] | None:
    """The case that was begun, or told again, by an act with this key, and when: also one that has ended."""
    for case in cases.of_order(connection, number, contact):
        if at := timeline.when(connection, case.id, key):
            return case, at
    return None


def _words(statement: Statement) -> str:
    return "\n\n".join(one for one in (statement.goods, statement.reason) if one)


def _reraise_outage(error: Exception) -> None:
    if is_outage(error):
        raise error
