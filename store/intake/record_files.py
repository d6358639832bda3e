"""What the readers of files share: lines, and the rows made of them."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final, Generic, TypeVar

MAX_LINE: Final = 1_000_000  # bytes

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong on a line (counted from 1), and in which field of it; '' for the line as a whole."""

    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Row(Generic[R]):
    """One record of a file, and what was left out of it; or, without `record`, what is wrong with it. `read`
    bytes of the file so far."""

    line: int
    read: int
    record: R | None
    errors: tuple[RowError, ...] = ()
    left_out: tuple[RowError, ...] = ()


def failure(line: int, read: int, message: str, name: str = "") -> Row[Any]:
    """A row that is wrong as a whole or in one field."""
    return Row(line, read, None, (RowError(line, name, message),))


@contextmanager
def opened(path: Path, encoding: str | None) -> Iterator[IO[bytes]]:
    """A file in UTF-8: as it is, or turned into that from UTF-16, by whose marks it is known, or from the
    `encoding` that its owner names. Raises `OSError`, and `NotEncoded` for what isn't in it."""
    with path.open("rb") as file:
        encoding = encoding or _utf_16(file)
        if encoding is None:
            yield file
            return
        with TemporaryFile() as turned:
            try:
                decoder = codecs.getincrementaldecoder(encoding)()
                while chunk := file.read(MAX_LINE):
                    turned.write(decoder.decode(chunk).encode("utf-8", "replace"))
                turned.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
            except UnicodeError:
                raise NotEncoded(f"the file is not {encoding.upper()}: save it as UTF-8") from None
            turned.seek(0)
            yield turned


class NotEncoded(ValueError):
    """A file isn't in the encoding that it seems or is said to be in; the text says what to do."""


def _utf_16(file: IO[bytes]) -> str | None:
    """Which UTF-16 a file is in: by its mark, or by the zeros beside the first letter."""
    start = file.read(2)
    file.seek(0)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if len(start) == 2 and start[0] != start[1] and 0 in start:
        return "utf-16-le" if start[1] == 0 else "utf-16-be"
    return None


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
                yield "", "the line is not UTF-8: save the file as UTF-8, or name its encoding"

    def _skip(self) -> None:
        while rest := self._file.readline(MAX_LINE):
            self.read += len(rest)
            if rest.endswith(b"\n"):
                return
