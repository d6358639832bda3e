"""What a customer who asks for something has, and what they asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from store.cases.law import windows
from store.cases.law.deadlines import Calendar
from store.cases.law.rules import DeliveryBack, Period, Start
from store.cases.law.terms import Doubt
from store.cases.law.windows import Arrival, Receipt
from store.orders.orders import Order
from store.vocabulary import CaseKind, Wish

CHANGED_MIND: Final = frozenset({CaseKind.WITHDRAWAL, CaseKind.RETURN, CaseKind.EXCHANGE})
FAULTS: Final = frozenset({CaseKind.DEFECT, CaseKind.WARRANTY})
AT_DELIVERY: Final = frozenset({CaseKind.DAMAGE, CaseKind.WRONG_ITEM, CaseKind.MISSING_ITEM})


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a customer who asks has.

    `kind`: the right that it runs under. `wishes`: what may be offered, the law's first choice first.
    `until`: the last instant (UTC) at which it can be stated, `last_day` the day of it where the customer
    lives; None: the clock hasn't started, or there is none. `doubts`: why a person has to decide; empty: it
    may be approved at once. `shop_pays`: for the way back. `goods_back`: whether the goods have to come back;
    a repair needs them in any case. `jurisdiction`: a country, ISO 3166. `rule`: its name in
    `data/rights.yml`, or "shop". `stated_as_law`: whether it may be told as the law. `shop_until`: until when
    the shop would take it back of its own accord. `delivery_back`: what of the delivery's price goes back
    with the whole order.
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
class Ask:
    """What is asked at `at` for pieces of lines, by their position, in a customer's country."""

    order: Order
    lines: Mapping[int, int]
    kind: CaseKind
    at: datetime
    country: str
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Window:
    """`open`: whether something can still be stated in it. `sure`: that is so even if the goods came on the
    first day that they could have come."""

    receipt: Receipt
    last_day: date | None
    until: datetime | None
    open: bool
    sure: bool

    @classmethod
    def of(cls, ask: Ask, period: Period | None, start: Start) -> "Window":
        """`period`: None has no end."""
        if start == Start.ORDER:
            receipt = Receipt(Arrival.KNOWN, ask.order.placed_at)
        elif start == Start.PARCEL:
            receipt = windows.of_lines(ask.order, ask.lines)
        else:
            receipt = windows.of_order(ask.order)
        if period is None:
            return cls(receipt, None, None, open=True, sure=True)
        if receipt.at is None:
            # It can't have come before it was ordered.
            first = ask.calendar.rolled(ask.calendar.last_day(ask.order.placed_at, period))
            return cls(receipt, None, None, open=True, sure=ask.at <= ask.calendar.end(first))
        day = ask.calendar.rolled(ask.calendar.last_day(receipt.at, period))
        until = ask.calendar.end(day)
        return cls(receipt, day, until, open=ask.at <= until, sure=True)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        if not self.open:
            return (Doubt.WINDOW_OVER,)
        if self.receipt.arrival == Arrival.UNDATED and not self.sure:
            return (Doubt.UNKNOWN_DELIVERY,)
        return ()
