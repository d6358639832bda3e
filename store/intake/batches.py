"""Records out of a file into the database: read as a stream, stored by the batch, told line by line.

A file of any size costs the memory of one batch, and of what its records are called. Whatever is wrong with a
file becomes `RowError`s; nothing here raises for its content.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from sqlalchemy import Connection

from store.core import strict_json
from store.core.database import Database
from store.core.strict_json import NotJson
from store.intake.record_fields import Problem
from store.intake.record_files import Lines, NotEncoded, Row, RowError, failure, opened

MAX_ERRORS: Final = 1000  # told about one file; all are counted

R = TypeVar("R")
Reader = Callable[[IO[bytes]], Iterator[Row[R]]]
# A value's record, if it is one; what is wrong with it, and what was left out.
Checked = tuple[R | None, tuple[Problem, ...], tuple[Problem, ...]]


@dataclass(slots=True)
class Report:
    """What became of a file: records created, updated and failed, and the first 1000 errors; `older` ones,
    than what is stored, weren't taken; `incomplete` ones were taken without some detail, and the first 1000
    of these are `left_out`."""

    created: int = 0
    updated: int = 0
    older: int = 0
    failed: int = 0
    incomplete: int = 0
    errors: list[RowError] = field(default_factory=list)
    left_out: list[RowError] = field(default_factory=list)

    def fail(self, errors: tuple[RowError, ...]) -> None:
        """Counts one failed record."""
        self.failed += 1
        self.errors += errors[: max(0, MAX_ERRORS - len(self.errors))]

    def mend(self, left_out: tuple[RowError, ...]) -> None:
        """Counts one record that was taken without some detail."""
        self.incomplete += 1
        self.left_out += left_out[: max(0, MAX_ERRORS - len(self.left_out))]


def take(
    database: Database,
    path: Path,
    rows: Callable[[], Iterator[Row[R]]],
    store: Callable[[Connection, list[Row[R]], Report], None],
    *,
    batch_size: int,
    all_or_nothing: bool,
    progress: Callable[[float], None],
) -> Report:
    """Stores the good ones of the `rows` of a file, so many a transaction; or all in one, and then only if
    none fails. `progress` gets the share done."""
    size = max(1, path.stat().st_size) if path.is_file() else 1
    report = Report()
    coming = rows()
    if not all_or_nothing:
        while batch := list(islice(coming, batch_size)):
            _fail(batch, report)
            with database.write() as connection:
                store(connection, batch, report)
            progress(min(1, batch[-1].read / size))
        return report
    # The first reading finds the errors without keeping the database from others.
    while batch := list(islice(coming, batch_size)):
        _fail(batch, report)
        progress(min(0.5, batch[-1].read / size / 2))
    if report.failed:
        return report
    coming = rows()
    try:
        with database.write() as connection:
            while batch := list(islice(coming, batch_size)):
                _fail(batch, report)
                store(connection, batch, report)
                if report.failed:
                    raise _Undo
                progress(min(1, 0.5 + batch[-1].read / size / 2))
    except _Undo:
        report.created = report.updated = report.older = report.incomplete = 0
    return report


class _Undo(Exception):
    """Rolls a transaction back."""


def _fail(batch: list[Row[R]], report: Report) -> None:
    for row in batch:
        if row.record is None:
            report.fail(row.errors)


# --- reading -------------------------------------------------------------------------------------


def read(
    path: Path,
    encoding: str | None,
    readers: Mapping[str, Reader[R]],
    key: Callable[[R], str],
    one: str,
    name: str,
) -> Iterator[Row[R]]:
    """The records of a file, in its order, by the reader for the ending of its name. A second one with the
    same `key` is an error in field `name`. `one` is what they are called: "order"."""
    reader = readers.get(path.suffix.lower())
    if reader is None:
        yield failure(1, 0, f"not a file of {one}s: its name must end in {' or '.join(readers)}")
        return
    seen: dict[str, int] = {}
    row = None
    try:
        with opened(path, encoding) as file:
            for row in reader(file):
                called = key(row.record) if row.record is not None else None
                if called is None:
                    yield row
                elif called in seen:
                    text = f"{one} {called} stands on line {seen[called]} already: keep one"
                    yield failure(row.line, row.read, text, name)
                else:
                    seen[called] = row.line
                    yield row
    except NotEncoded as error:
        yield failure(1, 0, str(error))
        return
    except OSError as error:
        yield failure(1, 0, f"can't read the file: {error.strerror}")
        return
    if row is None:
        yield failure(1, 0, f"the file holds no {one}s")


def read_jsonl(file: IO[bytes], check: Callable[[Any], Checked[R]]) -> Iterator[Row[R]]:
    """A record a line."""
    lines = Lines(file)
    for text, wrong in lines:
        if wrong:
            yield failure(lines.number, lines.read, wrong)
        elif text.strip():
            yield _validated(text, lines, check)


def _validated(text: str, lines: Lines, check: Callable[[Any], Checked[R]]) -> Row[R]:
    try:
        record, problems, left_out = check(strict_json.parse(text))
    except NotJson as error:
        return failure(lines.number, lines.read, f"not JSON: {error}")

    def told(found: tuple[Problem, ...]) -> tuple[RowError, ...]:
        return tuple(RowError(lines.number, one.field, one.message) for one in found)

    return Row(lines.number, lines.read, record, told(problems), told(left_out))
