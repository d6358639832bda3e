"""What a message says of goods: what is wrong, why they come back, what is wanted, which and how many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from store.vocabulary import CaseKind, ReturnWay, Wish


@dataclass(frozen=True, slots=True)
class Said:
    """As far as its words tell it. `all`: everything in the order.
    `status`: how a case stands is asked. `returns`: something shall go back, in so many words. `asked_way`:
    in words that mean it only where the way back was asked for: "the shop"."""

    problem: CaseKind | None = None
    reason: str = ""
    wish: Wish | None = None
    ways: tuple[ReturnWay, ...] = ()
    all: bool = False
    status: bool = False
    returns: bool = False
    asked_way: ReturnWay | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """A line of an order: its place, how many pieces, and all that it is called, by language."""

    position: int
    quantity: int
    name: str
    names: Mapping[str, Sequence[str]]


class CaseReader(Protocol):
    def read(self, text: str, language: str) -> Said: ...

    def goods(self, text: str, lines: Sequence[Goods], language: str) -> dict[int, int]:
        """How many pieces of which lines a message names, by their places."""
        ...

    def count(self, text: str, most: int, language: str) -> int | None:
        """A number of pieces from 1 to `most` in a message."""
        ...
