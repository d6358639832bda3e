"""What a customer chooses on the returns page, step by step, and what it is held against: the order and the
cases as the store has them. Nothing about prices comes from the page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from store.cases import cases, opening
from store.cases.after_sales import AfterSales, Offer, Wanted
from store.cases.cases import Case
from store.cases.machine import OPEN
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import Line, Order
from store.vocabulary import CaseKind, ReturnWay, Wish

MAX_WORDS: Final = 2000  # characters, as are these
MAX_INSTEAD: Final = 200
MAX_SERIAL: Final = 80
# What it may be about, in the order of the page.
ABOUT: Final = (
    CaseKind.WITHDRAWAL,
    CaseKind.EXCHANGE,
    CaseKind.DAMAGE,
    CaseKind.WRONG_ITEM,
    CaseKind.MISSING_ITEM,
    CaseKind.NOT_DELIVERED,
    CaseKind.DEFECT,
    CaseKind.COMPLAINT,
)
WITHOUT_GOODS: Final = frozenset({CaseKind.NOT_DELIVERED, CaseKind.COMPLAINT})
CHANGED_MIND: Final = frozenset({CaseKind.WITHDRAWAL, CaseKind.EXCHANGE})
REASONS: Final = ("size", "look", "quality", "late", "mind", "other")


@dataclass(frozen=True, slots=True)
class Choice:
    """Signed, so of the types that it says. `id`: by which the same, confirmed twice, is one. `lines`: pieces
    by position. `shown`: what the summary said."""

    number: str
    contact: str
    id: str
    kind: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    wish: str = ""
    way: str = ""
    reason: str = ""
    words: str = ""
    instead: str = ""
    serial_number: str = ""
    shown: str = ""

    def values(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Choice":
        """Raises TypeError for fields of another version."""
        return cls(**values)

    @property
    def key(self) -> str:
        return f"page/{self.id}"

    def wanted(self) -> Wanted:
        """Raises ValueError before a kind is chosen."""
        return Wanted(
            CaseKind(self.kind),
            {int(position): count for position, count in self.lines.items()},
            Wish(self.wish) if self.wish else None,
            ReturnWay(self.way) if self.way else None,
            self.reason,
            self.words,
            self.instead if self.wish in ("", Wish.EXCHANGE) else "",
            self.serial_number,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """The order, how many pieces of which line aren't in a case, and the customer's cases."""

    order: Order
    left: Mapping[int, int]
    cases: tuple[Case, ...]

    def is_free(self, choice: Choice) -> bool:
        """Whether no case has the goods."""
        return all(count <= self.left.get(int(position), 0) for position, count in choice.lines.items())

    def same(self, choice: Choice) -> Case | None:
        """The customer's open case about the same goods."""
        wanted = {(self.order.number, int(position)) for position in choice.lines}
        for case in self.cases:
            if case.state in OPEN and {(one.order_number, one.position) for one in case.lines} == wanted:
                return case
        return None

    def line(self, position: int) -> Line | None:
        return next((one for one in self.order.lines if one.position == position), None)


def standing(connection: Connection, number: str, contact: str) -> Standing | None:
    """None if the contact isn't the order's any more."""
    order = orders.find_with_contact(connection, number, contact)
    if order is None:
        return None
    taken = opening.taken(connection, order.number)
    left = {line.position: max(line.quantity - taken.get(line.position, 0), 0) for line in order.lines}
    own = {one.id: one for one in cases.of_contact(connection, contact)}
    return Standing(order, left, tuple(own.values()))


def offered(
    connection: Connection, after_sales: AfterSales, choice: Choice, at: datetime
) -> tuple[Standing, Offer] | None:
    found = standing(connection, choice.number, choice.contact)
    if found is None:
        return None
    return found, after_sales.offer(connection, found.order, choice.wanted(), at)


def wishes(offer: Offer) -> tuple[Wish, ...]:
    """What can be wished for. Credit is the customer's own choice, wherever money is possible."""
    given = offer.assessment.wishes
    return (*given, Wish.CREDIT) if Wish.REFUND in given else given


def ways(after_sales: AfterSales, offer: Offer) -> tuple[ReturnWay, ...]:
    """How the goods can come back; none, if they needn't."""
    return after_sales.terms.ways if offer.assessment.goods_back else ()


def shown(offer: Offer) -> str:
    """What of an offer a customer agrees to: if it is another one when they confirm, they are asked anew."""
    assessment, refund = offer.assessment, offer.refund
    parts = [assessment.kind, offer.wish, assessment.goods_back, assessment.shop_pays, offer.approved]
    parts += [refund.total, refund.currency] if refund else []
    return " ".join(map(str, parts))
