"""What the readers of order files share: lines, and the rows made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from store.orders.records import OrderRecord

MAX_LINE: Final = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong on a line (counted from 1), and in which field of it; '' for the line as a whole."""

    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One order of a file or, without `record`, what is wrong with it; `read` bytes of the file so far."""

    line: int
    read: int
    record: OrderRecord | None
    errors: tuple[RowError, ...] = ()


def failure(line: int, read: int, message: str, name: str = "") -> Row:
    """A row that is wrong as a whole or in one field."""
    return Row(line, read, None, (RowError(line, name, message),))


class Lines:
    """A file's lines without its byte order mark; `number` of the last one, `read` bytes so far.

    A line that is too long or no UTF-8 comes as the text of what is wrong with it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.number = self.read = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(line, ''), or ('', what is wrong with it)."""
        while line := self._file.readline(MAX_LINE):
            self.number += 1
            self.read += len(line)
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                self._skip()
                yield "", f"the line is longer than {MAX_LINE} bytes"
                continue
            try:
                yield line.decode("utf-8-sig" if self.number == 1 else "utf-8"), ""
            except UnicodeDecodeError:
                yield "", "the line is not UTF-8: save the file as UTF-8"

    def _skip(self) -> None:
        while rest := self._file.readline(MAX_LINE):
            self.read += len(rest)
            if rest.endswith(b"\n"):
                return
