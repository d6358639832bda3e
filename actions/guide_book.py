"""What actions need of the shop's guides: their texts, and what answers to a step say."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What a customer answers to a step. `YES`, `NO` mean it only right after the question."""

    HELPED = "helped"
    FAILED = "failed"
    NEXT = "next"
    YES = "yes"
    NO = "no"
    TRYING = "trying"  # takes note of it, and says nothing of how it went
    REGISTER = "register"  # by a button: a case shall be begun


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide in one language, as plain text. `about`: what stands before its steps. `skus`: the article
    numbers of the products that it is for, where one that ends in * stands for all that begin so."""

    name: str
    skus: tuple[str, ...]
    title: str
    problems: tuple[str, ...]
    steps: tuple[str, ...]
    about: str = ""
    pictures: tuple[str, ...] = ()

    def fits(self, sku: str) -> bool:
        return any(sku.startswith(one[:-1]) if one.endswith("*") else sku == one for one in self.skus)


class GuideBook(Protocol):
    def find(self, text: str, languages: Collection[str], skus: Collection[str]) -> tuple[str, ...]:
        """The names of the guides for any of some products whose problem a message tells."""
        ...

    def of(self, skus: Collection[str]) -> tuple[str, ...]:
        """The names of all guides for some products."""
        ...

    def get(self, name: str, language: str) -> Guide | None:
        """A guide in a language, or else in the nearest that it is written in."""
        ...

    def verdict(self, text: str, language: str) -> Verdict | None:
        """What a message says of how a step went, by its words."""
        ...

    def wants_else(self, text: str, language: str) -> bool:
        """Whether a message speaks of a warranty, of money or the like: no help is asked for then."""
        ...

    def tried(self, language: str) -> str:
        """What stands before that which was tried in vain."""
        ...
