"""Which right a customer has, what they may ask for, and until when.

The customer is favoured wherever something isn't known: a parcel without a day of delivery starts no clock.
Nothing here refuses. What can't be approved without a person carries a `Doubt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from store.cases import windows
from store.cases.costs import cost_of
from store.cases.deadlines import Calendar, Deadline, weekday
from store.cases.rules import SHOP, DeliveryBack, Laws, Payer, Period, Rule, Start, Unit
from store.cases.terms import Doubt as Doubt
from store.cases.terms import Terms as Terms
from store.cases.windows import Arrival, Receipt
from store.orders.orders import Line, Order
from store.vocabulary import CaseKind, DeadlineKind, NoReturn, OrderState, ShipmentState, Wish

_MIND: Final = frozenset({CaseKind.WITHDRAWAL, CaseKind.RETURN, CaseKind.EXCHANGE})
_FAULTS: Final = frozenset({CaseKind.DEFECT, CaseKind.WARRANTY})
_AT_DELIVERY: Final = frozenset({CaseKind.DAMAGE, CaseKind.WRONG_ITEM, CaseKind.MISSING_ITEM})
# Nothing is there that could come back.
_NO_GOODS: Final = frozenset({CaseKind.MISSING_ITEM, CaseKind.NOT_DELIVERED, CaseKind.COMPLAINT})

# What the shop offers where no law names it.
_REMEDIES: Final = {
    CaseKind.WITHDRAWAL: (Wish.REFUND, Wish.EXCHANGE),
    CaseKind.RETURN: (Wish.REFUND, Wish.EXCHANGE),
    CaseKind.EXCHANGE: (Wish.EXCHANGE, Wish.REFUND),
    CaseKind.DAMAGE: (Wish.REPLACEMENT, Wish.REFUND),
    CaseKind.WRONG_ITEM: (Wish.REPLACEMENT, Wish.REFUND),
    CaseKind.MISSING_ITEM: (Wish.DELIVERY, Wish.REFUND),
    CaseKind.NOT_DELIVERED: (Wish.DELIVERY, Wish.REFUND),
    CaseKind.DEFECT: (Wish.REPAIR, Wish.REPLACEMENT),
    CaseKind.WARRANTY: (Wish.REPAIR, Wish.REPLACEMENT),
    CaseKind.COMPLAINT: (Wish.ANSWER,),
}
# Whoever is asked before a month has passed needn't be told of a delay by the law.
_LATE_AFTER: Final = Period(30, Unit.DAYS)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a customer who asks has.

    `kind`: the right that it runs under. `wishes`: what may be offered, the law's first choice first.
    `until`: the last instant (UTC) at which it can be stated, `last_day` the day of it where the customer
    lives; None: the clock hasn't started, or there is none. `doubts`: why a person has to decide; empty: it
    may be approved at once. `shop_pays`: for the way back. `jurisdiction`: a country, ISO 3166. `rule`: its
    name in `data/rights.yml`, or "shop". `shop_until`: until when the shop would take it back of its own
    accord. `delivery_back`: of the delivery's price, once all of the order is given back.
    """

    kind: CaseKind
    wishes: tuple[Wish, ...]
    until: datetime | None
    doubts: tuple[Doubt, ...]
    shop_pays: bool
    goods_back: bool
    jurisdiction: str
    rule: str
    stated_as_law: bool
    last_day: date | None = None
    shop_until: datetime | None = None
    delivery_back: DeliveryBack = DeliveryBack.NOTHING

    def allows(self, wish: Wish) -> bool:
        """Whether a wish may be fulfilled. Credit is never offered, and taken where a refund could be."""
        return wish in self.wishes or (wish == Wish.CREDIT and Wish.REFUND in self.wishes)


@dataclass(frozen=True, slots=True)
class _Ask:
    """What is asked, and when, in the customer's country."""

    order: Order
    lines: Mapping[int, int]
    kind: CaseKind
    at: datetime
    country: str
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class _Window:
    """`open`: whether something can still be stated in it. `sure`: that is so even if the goods came on the
    first day that they could have."""

    receipt: Receipt
    last_day: date | None
    until: datetime | None
    open: bool
    sure: bool


class Rights:
    """The laws and one shop's terms."""

    def __init__(self, laws: Laws, terms: Terms) -> None:
        self._laws = laws
        self._terms = terms

    def assess(
        self,
        order: Order,
        lines: Mapping[int, int],
        kind: CaseKind,
        at: datetime,
        before: Mapping[int, int] | None = None,
        *,
        repaired: bool = False,
    ) -> Assessment:
        """What a customer has who asks at `at` for pieces of an order's lines, by their position.

        `before`: pieces that are in other cases. `repaired`: they were repaired under the guarantee before.
        Raises ValueError for a quantity below 1.
        """
        if any(count < 1 for count in lines.values()):
            raise ValueError("a quantity is below 1")
        country = order.country or self._terms.country
        ask = _Ask(order, lines, kind, at, country, self.calendar(country))
        if kind in _MIND:
            found = self._mind(ask)
        elif kind in _FAULTS:
            found = self._fault(ask, repaired)
        elif kind in _AT_DELIVERY:
            found = self._at_delivery(ask)
        elif kind == CaseKind.NOT_DELIVERED:
            found = self._not_delivered(ask)
        else:
            found = self._own(ask, None, (Doubt.NEEDS_ANSWER,))
        doubts = dict.fromkeys((*found.doubts, *self._of_goods(ask, before or {})))
        return replace(found, goods_back=self._goods_back(ask), doubts=tuple(doubts))

    def deadlines(self, assessment: Assessment, stated_at: datetime) -> tuple[Deadline, ...]:
        """What must be done by when once it is stated: one of a kind at most."""
        country, kind = assessment.jurisdiction, assessment.kind
        calendar, rule = self.calendar(country), self._laws.rules.get(assessment.rule)
        found = []
        if kind != CaseKind.WITHDRAWAL:
            answer = self._laws.answer(country, kind)
            period = answer.answer if answer else None
            own = Period(self._terms.answer_days, Unit.DAYS)
            due = calendar.last_day(stated_at, period or own)
            name = answer.name if answer else SHOP
            found.append(Deadline(DeadlineKind.ANSWER, stated_at, calendar.end(due), name))
        if rule and rule.refund:
            due = calendar.last_day(stated_at, rule.refund)
            found.append(Deadline(DeadlineKind.REFUND, stated_at, calendar.end(due), rule.name))
        if assessment.goods_back and kind in _MIND:
            law = rule.send_back if rule else None
            period = law or Period(self._terms.send_back_days, Unit.DAYS)
            due = calendar.rolled(calendar.last_day(stated_at, period))
            name = rule.name if rule and law else SHOP
            found.append(Deadline(DeadlineKind.SEND_BACK, stated_at, calendar.end(due), name))
        return tuple(found)

    def after_goods(
        self, assessment: Assessment, wish: Wish, stated_at: datetime, goods_at: datetime
    ) -> tuple[Deadline, ...]:
        """What must be done once the goods, or proof that they were sent, are there: by the shop's own
        promise, and not later than the law says unless that day had passed before."""
        own, zone = self._terms, Calendar(self._terms.zone, self._terms.works_on)
        if wish == Wish.REPAIR:
            due = zone.end(zone.last_day(goods_at, Period(own.repair_days, Unit.DAYS)))
            return (Deadline(DeadlineKind.REPAIR, goods_at, due, SHOP),)
        if wish not in (Wish.REFUND, Wish.CREDIT, Wish.REDUCTION):
            return ()
        promise = zone.end(zone.last_day(goods_at, Period(own.refund_working_days, Unit.WORKING_DAYS)))
        promised = Deadline(DeadlineKind.REFUND, goods_at, promise, SHOP)
        legal = [one for one in self.deadlines(assessment, stated_at) if one.kind == DeadlineKind.REFUND]
        if legal and goods_at <= legal[0].due_at < promise:
            return (legal[0],)
        return (promised,)

    def calendar(self, country: str) -> Calendar:
        """The days of a country; one without a table has the shop's time zone."""
        known = None if country == self._terms.country else self._laws.zone(country)
        holiday_in = self._terms.holiday_in
        return Calendar(known or self._terms.zone, lambda day: weekday(day) and not holiday_in(country, day))

    # --- kinds of cases ---------------------------------------------------------------------------

    def _mind(self, ask: _Ask) -> Assessment:
        """A customer changes their mind: by law, else by the shop's own terms, else a person looks."""
        law = self._law(ask, CaseKind.EXCHANGE if ask.kind == CaseKind.EXCHANGE else CaseKind.WITHDRAWAL)
        period = Period(self._terms.return_days, Unit.DAYS)
        own = self._window(ask, period, Start.LAST_PARCEL)
        kind = CaseKind.EXCHANGE if ask.kind == CaseKind.EXCHANGE else CaseKind.RETURN
        by_shop = self._own(replace(ask, kind=kind), own, self._timely(own) + self._excepted(ask, None))
        if law is None:
            return by_shop
        window = self._window(ask, law.window, law.starts)
        legal = self._legal(
            ask, law, window, self._timely(window) + self._excepted(ask, law), way_back=law.way_back
        )
        legal = replace(
            legal,
            kind=CaseKind.EXCHANGE if ask.kind == CaseKind.EXCHANGE else CaseKind.WITHDRAWAL,
            shop_until=own.until,
        )
        if Doubt.UNCHECKED_RULE in legal.doubts and not by_shop.doubts:
            return by_shop
        if window.open:
            return legal
        # Both are over: what was asked for stays what it is called.
        return by_shop if own.open else replace(by_shop, kind=ask.kind)

    def _fault(self, ask: _Ask, repaired: bool) -> Assessment:
        law = self._law(ask, CaseKind.DEFECT)
        own = self._window(ask, Period(self._terms.warranty_months, Unit.MONTHS), Start.PARCEL)
        by_shop = self._own(replace(ask, kind=CaseKind.WARRANTY), own, self._timely(own))
        if law is None:
            return replace(by_shop, doubts=(*by_shop.doubts, Doubt.NO_TABLE))
        window = self._window(ask, _prolonged(law, ask.order, repaired), law.starts)
        if not window.open:
            return by_shop if own.open else replace(by_shop, kind=ask.kind)
        doubts = self._timely(window) + self._burden(ask, law)
        legal = self._legal(ask, law, window, doubts)
        back = self._mind(replace(ask, kind=CaseKind.WITHDRAWAL))
        # Inside the time to change one's mind both rights are there, and the customer chooses.
        both = (*legal.wishes, Wish.REFUND) if not back.doubts else legal.wishes
        return replace(legal, kind=CaseKind.DEFECT, wishes=tuple(dict.fromkeys(both)))

    def _at_delivery(self, ask: _Ask) -> Assessment:
        law = self._law(ask, ask.kind)
        if law is None:
            return self._own(ask, None, (*self._came(ask), Doubt.NO_TABLE))
        window = self._window(ask, law.window, law.starts)
        return self._legal(ask, law, window, self._timely(window) + self._burden(ask, law))

    def _not_delivered(self, ask: _Ask) -> Assessment:
        law = self._law(ask, ask.kind)
        late = law.overdue if law and law.overdue else _LATE_AFTER
        doubts: list[Doubt] = []
        if not windows.missing(ask.order, ask.lines) and (
            ask.order.shipments or ask.order.state in windows.ARRIVED
        ):
            doubts.append(Doubt.SAID_DELIVERED)
        elif not self._overdue(ask, late):
            doubts.append(Doubt.NOT_OVERDUE)
        if law is None:
            return self._own(ask, None, (*doubts, Doubt.NO_TABLE))
        return self._legal(ask, law, None, tuple(doubts))

    # --- what they are made of --------------------------------------------------------------------

    def _law(self, ask: _Ask, kind: CaseKind) -> Rule | None:
        return self._laws.right(ask.country, kind)

    def _own(self, ask: _Ask, window: _Window | None, doubts: tuple[Doubt, ...]) -> Assessment:
        """By the shop's own terms."""
        until = window.until if window else None
        pays = ask.kind not in (CaseKind.WITHDRAWAL, CaseKind.RETURN) or not self._terms.return_cost
        return Assessment(
            ask.kind,
            _REMEDIES[ask.kind],
            until,
            doubts,
            pays,
            True,
            ask.country,
            SHOP,
            False,
            last_day=window.last_day if window else None,
            shop_until=until if ask.kind in _MIND else None,
            delivery_back=DeliveryBack.NOTHING if ask.kind in _MIND else DeliveryBack.ALL,
        )

    def _legal(
        self,
        ask: _Ask,
        law: Rule,
        window: _Window | None,
        doubts: tuple[Doubt, ...],
        way_back: Payer = Payer.SHOP,
    ) -> Assessment:
        unchecked = () if law.checked else (Doubt.UNCHECKED_RULE,)
        known = law.checked is not None and not (law.minimum and law.jurisdiction != ask.country)
        return Assessment(
            ask.kind,
            law.remedies,
            window.until if window else None,
            (*doubts, *unchecked),
            way_back == Payer.SHOP or ask.kind == CaseKind.EXCHANGE or not self._terms.return_cost,
            True,
            ask.country,
            law.name,
            known,
            last_day=window.last_day if window else None,
            delivery_back=law.delivery_back,
        )

    def _window(self, ask: _Ask, period: Period | None, start: Start) -> _Window:
        if start == Start.ORDER:
            receipt = Receipt(Arrival.KNOWN, ask.order.placed_at)
        elif start == Start.PARCEL:
            receipt = windows.of_lines(ask.order, ask.lines)
        else:
            receipt = windows.of_order(ask.order)
        if period is None:
            return _Window(receipt, None, None, True, True)
        # It can't have come before it was ordered.
        sure = ask.at <= self._end(ask, ask.order.placed_at, period)
        if receipt.at is None:
            return _Window(receipt, None, None, True, sure)
        day = ask.calendar.rolled(ask.calendar.last_day(receipt.at, period))
        until = ask.calendar.end(day)
        return _Window(receipt, day, until, ask.at <= until, True)

    def _end(self, ask: _Ask, at: datetime, period: Period) -> datetime:
        return ask.calendar.end(ask.calendar.rolled(ask.calendar.last_day(at, period)))

    def _timely(self, window: _Window) -> tuple[Doubt, ...]:
        if not window.open:
            return (Doubt.WINDOW_OVER,)
        if window.receipt.arrival == Arrival.UNDATED and not window.sure:
            return (Doubt.UNKNOWN_DELIVERY,)
        return ()

    def _came(self, ask: _Ask) -> tuple[Doubt, ...]:
        """Whether these goods may be on their way still."""
        open_ = windows.of_lines(ask.order, ask.lines).arrival == Arrival.OPEN
        return (Doubt.NOT_DELIVERED_YET,) if open_ else ()

    def _burden(self, ask: _Ask, law: Rule) -> tuple[Doubt, ...]:
        """Whether it is the customer who would have to show that the fault was there from the first."""
        if law.presumed is None:
            return ()
        window = self._window(ask, law.presumed, law.starts)
        if not window.open:
            return (Doubt.BURDEN,)
        return self._timely(window)

    def _excepted(self, ask: _Ask, law: Rule | None) -> tuple[Doubt, ...]:
        found = []
        for line in _named(ask):
            why = line.no_return or (NoReturn.OTHER if line.returnable is False else None)
            if why is None:
                continue
            if law is None:
                found.append(Doubt.SEAL if why == NoReturn.SEALED else Doubt.EXCEPTED)
            elif why in law.excepted_unsealed:
                found.append(Doubt.SEAL)
            elif why in law.excepted:
                found.append(Doubt.EXCEPTED)
        return tuple(dict.fromkeys(found))

    def _overdue(self, ask: _Ask, late: Period) -> bool:
        parcels = windows.missing(ask.order, ask.lines)
        if any(parcel.state == ShipmentState.LOST for parcel in parcels):
            return True
        expected = windows.expected_on(ask.order, ask.lines)
        today = ask.calendar.day(ask.at)
        return today > (expected or ask.calendar.last_day(ask.order.placed_at, late))

    def _of_goods(self, ask: _Ask, before: Mapping[int, int]) -> tuple[Doubt, ...]:
        """What makes a person look at the goods themselves, whatever the right."""
        found = []
        if not ask.lines and ask.kind not in (CaseKind.COMPLAINT, CaseKind.NOT_DELIVERED):
            found.append(Doubt.NOTHING_NAMED)
        if ask.order.state == OrderState.CANCELLED and ask.kind != CaseKind.COMPLAINT:
            found.append(Doubt.CANCELLED)
        if ask.kind in _MIND | _FAULTS | _AT_DELIVERY:
            found += self._came(ask)
        bought = {line.position: line.quantity for line in ask.order.lines}
        for position, count in ask.lines.items():
            if count > bought.get(position, 0):
                found.append(Doubt.MORE_THAN_BOUGHT)
            elif count > bought[position] - before.get(position, 0):
                found.append(Doubt.REPEATED)
        if ask.kind != CaseKind.COMPLAINT and not self._approvable(ask):
            found.append(Doubt.VALUE)
        return tuple(found)

    def _approvable(self, ask: _Ask) -> bool:
        limit = self._terms.approve_up_to
        return limit is not None and ask.order.currency == self._terms.currency and _value(ask) <= limit

    def _goods_back(self, ask: _Ask) -> bool:
        if ask.kind in _NO_GOODS:
            return False
        limit = self._terms.keep_below
        same = ask.order.currency == self._terms.currency
        return not (limit is not None and same and ask.lines and _value(ask) < limit)


def _named(ask: _Ask) -> list[Line]:
    return [line for line in ask.order.lines if line.position in ask.lines]


def _value(ask: _Ask) -> Decimal:
    """What the pieces cost; all of the order's where none are named."""
    named = ask.lines or {line.position: line.quantity for line in ask.order.lines}
    return sum((cost_of(ask.order, position, count) for position, count in named.items()), Decimal(0))


def _prolonged(law: Rule, order: Order, repaired: bool) -> Period | None:
    """The guarantee's length, with what a repair adds to it."""
    since = law.repair_since
    if not (repaired and law.window and law.repair_adds and since and order.placed_at.date() >= since):
        return law.window
    return Period(_months(law.window) + _months(law.repair_adds), Unit.MONTHS)


def _months(period: Period) -> int:
    return period.amount * (12 if period.unit == Unit.YEARS else 1)
