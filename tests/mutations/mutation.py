"""One fault that somebody might make, as a replacement of text."""

from dataclasses import dataclass
from pathlib import Path


class Rotten(Exception):
    """The text that a mutation replaces does not stand in its file exactly once."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """`old` becomes `new` in `file`; each of `tests` is a pytest node, and one of them must fail then.
    `postgresql`: only there does the fault show."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    postgresql: bool = False

    def mutated(self, root: Path) -> str:
        """The whole file with the fault. Raises `Rotten`."""
        text = (root / self.file).read_text("utf-8")
        found = text.count(self.old)
        if found != 1:
            raise Rotten(
                f"{self.name}: its text stands {found} times in {self.file}, not once: bring it up to date"
            )
        return text.replace(self.old, self.new)
