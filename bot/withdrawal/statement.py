"""What somebody states who withdraws from a contract (Directive 2011/83/EU, article 11a)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from store.core.cleaning import fold
from store.core.identifiers import normalise_number
from store.orders.orders import Line, Order

MAX_NAME: Final = 200  # characters, as are all of these
MAX_NUMBER: Final = 40
MAX_WORDS: Final = 1000

_COUNTED = re.compile(r"(\d{1,3})\s*(?:[x×]|vnt\.?|gab\.?|pcs\.?|buah|дана)?\s+(.+)", re.IGNORECASE)
_COUNTED_AFTER = re.compile(r"(.+?)\s*(?:[x×]\s*(\d{1,3})|(\d{1,3})\s*(?:vnt\.?|gab\.?|pcs\.?|buah|дана))")


@dataclass(frozen=True, slots=True)
class Statement:
    """`id`: by which the same, confirmed twice, is one. `number`: of the order, as it was written. `contact`:
    an e-mail or a phone (E.164). `goods`: which, in the customer's words; "": all of them. `network`: what
    stands for where it came from."""

    id: str
    name: str
    number: str
    contact: str
    goods: str
    reason: str
    language: str
    network: str
    stated_at: datetime

    @property
    def order_number(self) -> str:
        """As orders have it; what can't be a number stays as it was written."""
        return (normalise_number(self.number) or self.number)[:MAX_NUMBER]

    def payload(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {**asdict(self), "stated_at": self.stated_at.isoformat()}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> "Statement":
        return cls(**{**payload, "stated_at": datetime.fromisoformat(payload["stated_at"])})


def meant(order: Order, goods: str, taken: Mapping[int, int]) -> dict[int, int]:
    """The pieces of an order's lines, by position, that a statement is about: all that aren't in other cases
    (`taken`) where it names none. Nothing, if it isn't plain which goods are meant: then a person asks."""
    left = {line.position: max(line.quantity - taken.get(line.position, 0), 0) for line in order.lines}
    if not goods.strip():
        chosen = {position: count for position, count in left.items() if count}
        return chosen or {line.position: line.quantity for line in order.lines}
    found: dict[int, int] = {}
    for part in re.split(r"[\n,;]+", goods):
        if not part.strip():
            continue
        line, count = _line(order, _plain(part))
        if line is None or line.position in found:
            return {}
        found[line.position] = min(count or line.quantity, line.quantity)
    return found


def _line(order: Order, said: str) -> tuple[Line | None, int]:
    """The one line that a text names, and how many pieces (0: it doesn't say)."""
    ways = [(said, 0)]
    if match := _COUNTED.fullmatch(said):
        ways.append((match[2], int(match[1])))
    if match := _COUNTED_AFTER.fullmatch(said):
        ways.append((match[1], int(match[2] or match[3])))
    for text, count in ways:
        named = [line for line in order.lines if text in (_plain(line.name), _plain(line.sku))]
        if len(named) == 1:
            return named[0], count
    return None, 0


def _plain(text: str) -> str:
    return " ".join(fold(text).casefold().split()).strip(" .")
