"""What the assistant, the pages, the desk and the shop's own system do with cases: the rights, the sums and
the case itself brought together, the same for all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from store.cases import acts, cases, opening, refunds, timeline
from store.cases.cases import Case
from store.cases.law import sums
from store.cases.law.claims import Assessment, Rights
from store.cases.law.costs import cost_of, really_paid
from store.cases.law.deadlines import Deadline
from store.cases.law.sums import Refund
from store.cases.law.terms import Terms
from store.cases.machine import CaseAct, GoodsAct
from store.cases.opening import Draft, DraftLine, Opened, open_case
from store.cases.timeline import By
from store.orders.orders import Order
from store.vocabulary import (
    Actor,
    CaseKind,
    DeadlineKind,
    GoodsState,
    PaymentState,
    ReturnWay,
    Wish,
)

CREDIT: Final = "credit"
RECENT: Final = timedelta(hours=24)  # a photo that was sent before the case began belongs to it

# Money goes back by itself only where somebody changed their mind.
_BY_ITSELF: Final = frozenset({CaseKind.WITHDRAWAL, CaseKind.RETURN})
_MONEY: Final = frozenset({Wish.REFUND, Wish.CREDIT})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a customer asks for: pieces of an order's lines by position, and why."""

    kind: CaseKind
    lines: Mapping[int, int]
    wish: Wish | None = None
    way: ReturnWay | None = None
    reason: str = ""
    words: str = ""
    instead: str = ""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What they may have. `refund`: the sum, where money is wished for. `approved`: no person is needed."""

    assessment: Assessment
    wish: Wish
    refund: Refund | None
    approved: bool


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells us of a case, where and in which language. `contact`: the one that they have proven."""

    contact: str
    language: str
    channel: str
    conversation_id: int | None = None


class AfterSales:
    def __init__(self, rights: Rights, terms: Terms) -> None:
        self._rights = rights
        self.terms = terms

    def offer(self, connection: Connection, order: Order, wanted: Wanted, at: datetime) -> Offer:
        """What somebody who asks for it at `at` may have; nothing is kept."""
        before = opening.taken(connection, order.number)
        assessment = self._rights.assess(order, wanted.lines, wanted.kind, at, before)
        wish = wanted.wish or assessment.wishes[0]
        refund = self._refund(connection, order, wanted, assessment, before) if wish in _MONEY else None
        by_itself = assessment.kind in _BY_ITSELF and not assessment.doubts and assessment.allows(wish)
        total = refund.total if refund else Decimal(0)
        # What two people approve isn't approved by none.
        approved = by_itself and total > 0 and not self.needs_second(total)
        return Offer(assessment, wish, refund, approved)

    def open(
        self,
        connection: Connection,
        order: Order,
        wanted: Wanted,
        teller: Teller,
        by: By,
        stated_at: datetime,
    ) -> Opened:
        """Begins the case of an order that the teller has proven, and approves it where no person is needed.
        Told twice it is one."""
        offer = self.offer(connection, order, wanted, stated_at)
        opened = open_case(
            connection,
            self._draft(connection, order, wanted, offer, teller, stated_at),
            by,
            self._deadlines(offer, stated_at),
        )
        if not opened.new:
            return opened
        ours = _ours(by)
        case = acts.act(
            connection, opened.case.id, CaseAct.ACKNOWLEDGE, ours("acknowledge"), details=_told(offer)
        )
        if offer.approved and offer.refund:
            case = acts.act(connection, case.id, CaseAct.APPROVE, ours("approve"))
            means = CREDIT if offer.wish is Wish.CREDIT else means_of(order)
            self._plan(connection, case, offer.refund, means, ours("refund"))
            _issue_label(connection, case, ours("label"))
        whole = cases.get(connection, opened.case.id)
        assert whole
        return Opened(whole, True)

    def approve(
        self,
        connection: Connection,
        case: Case,
        order: Order | None,
        by: By,
        why: str = "",
        *,
        amount: Decimal | None = None,
        version: int | None = None,
    ) -> Case:
        """A person approves a case; where money is wished for, with the sum that was reckoned, or another one
        and the reason for it. Over the shop's limit a second person approves the same sum before it is due.

        Raises `Impossible`, `Stale`, `ValueError` for a sum without a reason, or one above what was paid."""
        if timeline.known(connection, case.id, by.key):
            return cases.lock(connection, case.id)
        refund = (
            self.reckon(connection, case, order) if order and case.wish in _MONEY | {Wish.REDUCTION} else None
        )
        if refund is not None and amount is not None and amount != refund.total:
            if not why.strip():
                raise ValueError("another sum than the one reckoned needs a written reason")
            most = self.most(connection, case, order) if order else Decimal(0)
            if not Decimal(0) <= amount <= most:
                raise ValueError(f"at most {most} of this order can be given back")
            less = sums.Part(sums.PartKind.DEDUCTION, amount - refund.total)
            refund = sums.Refund(amount, refund.currency, (*refund.parts, less))
        case = acts.act(connection, case.id, CaseAct.APPROVE, by, why, version=version)
        if refund is not None and refund.total > 0 and order:
            means = CREDIT if case.wish is Wish.CREDIT else means_of(order)
            self._plan(connection, case, refund, means, _ours(by)("refund"), why)
        _issue_label(connection, case, _ours(by)("label"))
        whole = cases.get(connection, case.id)
        assert whole
        return whole

    def reckon(self, connection: Connection, case: Case, order: Order) -> Refund:
        """What goes back for a case as it stands."""
        lines = {one.position: one.quantity for one in case.lines if one.order_number == order.number}
        before = opening.taken(connection, order.number)
        for position, quantity in lines.items():
            before[position] = max(before.get(position, 0) - quantity, 0)
        assessment = self._rights.assess(order, lines, case.kind, case.stated_at, before)
        wanted = Wanted(case.kind, lines, case.wish, case.way)
        return self._refund(connection, order, wanted, assessment, before, apart_from=case)

    def most(self, connection: Connection, case: Case, order: Order) -> Decimal:
        """What of an order's money can still go back in a case, in place of what isn't asked for yet."""
        given, _ = opening.given_back(connection, order.number)
        own = sum((one.amount for one in case.refunds if one.state in refunds.PLANNED), Decimal(0))
        return max(really_paid(order) - (given - own), Decimal(0))

    def last_day(self, due_at: datetime, jurisdiction: str) -> date:
        """The day with which a customer's time ends, as they are told it."""
        return self._rights.last_day(due_at, jurisdiction or self.terms.country)

    def _deadlines(self, offer: Offer, stated_at: datetime) -> Sequence[Deadline]:
        """Those of the law; and where a person decides, one by which they do."""
        found = self._rights.deadlines(offer.assessment, stated_at)
        if offer.approved or any(one.kind is DeadlineKind.ANSWER for one in found):
            return found
        return (*found, self._rights.answer(offer.assessment, stated_at))

    def needs_second(self, amount: Decimal) -> bool:
        """Whether two people approve a sum."""
        limit = self.terms.four_eyes_over
        return limit is not None and amount > limit

    # --- what they are made of --------------------------------------------------------------------

    def _refund(
        self,
        connection: Connection,
        order: Order,
        wanted: Wanted,
        assessment: Assessment,
        before: Mapping[int, int],
        apart_from: Case | None = None,
    ) -> Refund:
        given, delivery = opening.given_back(connection, order.number)
        for one in apart_from.refunds if apart_from else ():
            if one.state in refunds.PLANNED:
                given -= one.amount
                delivery -= sum(
                    (Decimal(str(part["amount"])) for part in one.parts if part["kind"] == "delivery"),
                    Decimal(0),
                )
        return sums.refund(
            order,
            wanted.lines,
            assessment,
            self.terms,
            before=before,
            refunded=given,
            delivery_refunded=delivery,
            way=wanted.way,
        )

    def _plan(
        self, connection: Connection, case: Case, refund: Refund, means: str, by: By, why: str = ""
    ) -> None:
        back = any(one.state in (GoodsState.KEPT, GoodsState.LABEL_ISSUED) for one in case.lines)
        held = back and case.way not in (None, ReturnWay.KEEP)
        refunds.plan(
            connection,
            case,
            case.order_number,
            refund.total,
            [_part(one) for one in refund.parts],
            means,
            by,
            held=held,
            two=self.needs_second(refund.total),
            why=why,
        )

    def _draft(
        self,
        connection: Connection,
        order: Order,
        wanted: Wanted,
        offer: Offer,
        teller: Teller,
        stated_at: datetime,
    ) -> Draft:
        before = opening.taken(connection, order.number)
        names = {line.position: line for line in order.lines}
        goods_back = offer.assessment.goods_back and offer.wish is not Wish.REDUCTION
        way = wanted.way or (self.terms.ways[0] if self.terms.ways else None)
        return Draft(
            kind=offer.assessment.kind,
            wish=offer.wish,
            order_id=order.id,
            order_number=order.number,
            contact=teller.contact,
            name=order.customer_name,
            language=teller.language,
            channel=teller.channel,
            conversation_id=teller.conversation_id,
            jurisdiction=offer.assessment.jurisdiction,
            currency=order.currency,
            way=way if goods_back else ReturnWay.KEEP,
            words=wanted.words,
            serial_number=wanted.serial_number,
            stated_at=stated_at,
            lines=[
                DraftLine(
                    order.number,
                    position,
                    names[position].sku,
                    names[position].name,
                    quantity,
                    cost_of(order, position, quantity, before.get(position, 0)),
                    wanted.reason,
                    {"words": wanted.instead} if wanted.instead else None,
                )
                for position, quantity in sorted(wanted.lines.items())
                if position in names
            ],
            attachments=(
                opening.recent_files(connection, teller.conversation_id, stated_at - RECENT)
                if teller.conversation_id
                else ()
            ),
        )


def _issue_label(connection: Connection, case: Case, by: By) -> None:
    """For goods that are to come back by parcel and are still with the customer."""
    kept = {one.id: None for one in case.lines if one.state is GoodsState.KEPT}
    if kept and case.way in (ReturnWay.LABEL, ReturnWay.LOCKER):
        acts.move(connection, case.id, GoodsAct.ISSUE_LABEL, by, kept)


def means_of(order: Order) -> str:
    """How an order was paid: what goes back goes the same way."""
    return next((one.method for one in reversed(order.payments) if one.state is PaymentState.DONE), "")


def _part(one: sums.Part) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "amount": str(one.amount),
        "position": one.position,
        "quantity": one.quantity,
    }


def _told(offer: Offer) -> dict[str, Any]:
    assessment = offer.assessment
    return {
        "rule": assessment.rule,
        "doubts": list(assessment.doubts),
        "until": assessment.until.isoformat() if assessment.until else None,
    }


def _ours(by: By) -> Callable[[str], By]:
    """What follows from somebody's act, done by us, each under a key of its own."""
    actor = by.actor if by.actor in (Actor.AGENT, Actor.SHOP) else Actor.ASSISTANT
    return lambda what: By(actor, f"{by.key}/{what}", by.at, by.who)
