"""Which right a customer has, what they may ask for, and until when.

The customer is favoured wherever something isn't known: a parcel without a day of delivery starts no clock.
Nothing here refuses. What can't be approved without a person carries a `Doubt`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from store.cases.law import doubts, windows
from store.cases.law.assessments import AT_DELIVERY, CHANGED_MIND, FAULTS, Ask, Window
from store.cases.law.assessments import Assessment as Assessment
from store.cases.law.clocks import Clocks
from store.cases.law.rules import SHOP, DeliveryBack, Payer, Period, Rule, Start, Unit
from store.cases.law.terms import Doubt as Doubt
from store.cases.law.terms import Terms as Terms
from store.orders.orders import Order
from store.vocabulary import CaseKind, Wish

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
# When goods are late that nobody promised a day for, and no law says.
_LATE_AFTER: Final = Period(30, Unit.DAYS)
# With these it isn't sure that there is the right at all, so nobody is told that there is.
_UNSURE: Final = frozenset(
    {Doubt.EXCEPTED, Doubt.SEAL, Doubt.BURDEN, Doubt.UNCHECKED_RULE, Doubt.WINDOW_OVER}
)


class Rights(Clocks):
    """What the laws and one shop's terms give."""

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
        ask = Ask(order, lines, kind, at, country, self.calendar(country))
        if kind in CHANGED_MIND:
            found = self._changed_mind(ask)
        elif kind in FAULTS:
            found = self._fault(ask, repaired)
        elif kind in AT_DELIVERY:
            found = self._at_delivery(ask)
        elif kind == CaseKind.NOT_DELIVERED:
            found = self._not_delivered(ask)
        else:
            found = self._own(ask, None, (Doubt.NEEDS_ANSWER,))
        all_doubts = (*found.doubts, *doubts.of_goods(ask, before or {}, self._terms))
        return replace(found, goods_back=self._goods_back(ask), doubts=tuple(dict.fromkeys(all_doubts)))

    # --- kinds of cases ---------------------------------------------------------------------------

    def _changed_mind(self, ask: Ask) -> Assessment:
        """By law, else by the shop's own terms, else a person looks."""
        legal_kind = CaseKind.EXCHANGE if ask.kind == CaseKind.EXCHANGE else CaseKind.WITHDRAWAL
        own_kind = CaseKind.EXCHANGE if ask.kind == CaseKind.EXCHANGE else CaseKind.RETURN
        law = self._laws.right(ask.country, legal_kind)
        own = Window.of(ask, Period(self._terms.return_days, Unit.DAYS), Start.LAST_PARCEL)
        excepted = doubts.of_exceptions(ask, None)
        by_shop = self._own(replace(ask, kind=own_kind), own, own.doubts + excepted)
        if law is None:
            return by_shop if own.open else _over(ask, by_shop)
        window = Window.of(ask, law.window, law.starts)
        legal = self._legal(
            replace(ask, kind=legal_kind), law, window, window.doubts + doubts.of_exceptions(ask, law)
        )
        if not window.open or (Doubt.UNCHECKED_RULE in legal.doubts and not by_shop.doubts):
            return by_shop if own.open else _over(ask, by_shop, window)
        return replace(legal, shop_until=own.until)

    def _fault(self, ask: Ask, repaired: bool) -> Assessment:
        law = self._laws.right(ask.country, CaseKind.DEFECT)
        own = Window.of(ask, Period(self._terms.warranty_months, Unit.MONTHS), Start.PARCEL)
        by_shop = self._own(replace(ask, kind=CaseKind.WARRANTY), own, own.doubts)
        if law is None:
            return replace(by_shop, doubts=(*by_shop.doubts, Doubt.NO_TABLE))
        window = Window.of(ask, _prolonged(law, ask.order, repaired), law.starts)
        if not window.open:
            return by_shop if own.open else _over(ask, by_shop, window)
        found = window.doubts or doubts.of_burden(ask, law)
        legal = self._legal(replace(ask, kind=CaseKind.DEFECT), law, window, found)
        back = self._changed_mind(replace(ask, kind=CaseKind.WITHDRAWAL))
        # Inside the time to change one's mind both rights are there, and the customer chooses.
        both = legal.wishes if back.doubts else (*legal.wishes, Wish.REFUND)
        return replace(legal, wishes=tuple(dict.fromkeys(both)))

    def _at_delivery(self, ask: Ask) -> Assessment:
        law = self._laws.right(ask.country, ask.kind)
        if law is None:
            return self._own(ask, None, (Doubt.NO_TABLE,))
        window = Window.of(ask, law.window, law.starts)
        return self._legal(ask, law, window, window.doubts or doubts.of_burden(ask, law))

    def _not_delivered(self, ask: Ask) -> Assessment:
        law = self._laws.right(ask.country, ask.kind)
        late = law.overdue if law and law.overdue else _LATE_AFTER
        today, otherwise = ask.calendar.day(ask.at), ask.calendar.last_day(ask.order.placed_at, late)
        found: tuple[Doubt, ...] = ()
        if windows.came(ask.order, ask.lines):
            found = (Doubt.SAID_DELIVERED,)
        elif not windows.is_late(ask.order, ask.lines, today, otherwise):
            found = (Doubt.NOT_OVERDUE,)
        if law is None:
            return self._own(ask, None, (*found, Doubt.NO_TABLE))
        return self._legal(ask, law, None, found)

    # --- what they are made of --------------------------------------------------------------------

    def _own(self, ask: Ask, window: Window | None, found: tuple[Doubt, ...]) -> Assessment:
        """By the shop's own terms."""
        until = window.until if window else None
        return Assessment(
            kind=ask.kind,
            wishes=_REMEDIES[ask.kind],
            until=until,
            doubts=found,
            shop_pays=self._pays(ask, Payer.CUSTOMER),
            goods_back=True,
            jurisdiction=ask.country,
            rule=SHOP,
            stated_as_law=False,
            last_day=window.last_day if window else None,
            shop_until=until if ask.kind in CHANGED_MIND else None,
            delivery_back=DeliveryBack.NOTHING if ask.kind in CHANGED_MIND else DeliveryBack.ALL,
        )

    def _legal(self, ask: Ask, law: Rule, window: Window | None, found: tuple[Doubt, ...]) -> Assessment:
        found = found if law.checked else (*found, Doubt.UNCHECKED_RULE)
        elsewhere = law.minimum and law.jurisdiction != ask.country
        # Who changed their mind may have something else instead, if they would rather.
        more = _REMEDIES[ask.kind] if ask.kind in CHANGED_MIND else ()
        first = (Wish.EXCHANGE,) if ask.kind == CaseKind.EXCHANGE else ()
        return Assessment(
            kind=ask.kind,
            wishes=tuple(dict.fromkeys((*first, *law.remedies, *more))),
            until=window.until if window else None,
            doubts=found,
            shop_pays=self._pays(ask, law.way_back),
            goods_back=True,
            jurisdiction=ask.country,
            rule=law.name,
            stated_as_law=not (elsewhere or _UNSURE & {*found}),
            last_day=window.last_day if window else None,
            delivery_back=law.delivery_back,
        )

    def _pays(self, ask: Ask, way_back: Payer) -> bool:
        """Whether the shop pays the way back: not for who changed their mind, if its terms say so and the law
        lets it. An exchange costs nothing."""
        changed_mind = ask.kind in (CaseKind.WITHDRAWAL, CaseKind.RETURN)
        return not changed_mind or way_back == Payer.SHOP or not self._terms.return_cost

    def _goods_back(self, ask: Ask) -> bool:
        if ask.kind in _NO_GOODS:
            return False
        limit = self._terms.keep_below
        if limit is None or not ask.lines or ask.order.currency != self._terms.currency:
            return True
        return doubts.value_of(ask) >= limit


def _over(ask: Ask, found: Assessment, legal: Window | None = None) -> Assessment:
    """Both the law's window and the shop's are over: it stays what the customer calls it, and ended with the
    later of them."""
    found = replace(found, kind=ask.kind)
    if legal and legal.until and found.until and legal.until > found.until:
        return replace(found, until=legal.until, last_day=legal.last_day)
    return found


def _prolonged(law: Rule, order: Order, repaired: bool) -> Period | None:
    """The guarantee's length, with what a repair adds to it."""
    since = law.repair_since
    if not (repaired and law.window and law.repair_adds and since and order.placed_at.date() >= since):
        return law.window
    return Period(_months(law.window) + _months(law.repair_adds), Unit.MONTHS)


def _months(period: Period) -> int:
    return period.amount * (12 if period.unit == Unit.YEARS else 1)
