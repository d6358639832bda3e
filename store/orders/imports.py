"""Orders from files: JSON Lines (an order a line) and CSV (an item a line). See docs/orders.md.

Files are read as streams: a file of any size costs the memory of one batch, of its order numbers, and of the
orders whose rows lie apart.
Whatever is wrong with a file becomes `RowError`s; nothing here raises for its content.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection

from store.core import strict_json
from store.core.database import Database
from store.core.strict_json import NotJson
from store.orders import order_reader, upserts
from store.orders.order_csv import read_csv
from store.orders.order_files import Lines, NotEncoded, Row, RowError, failure, opened
from store.orders.records import Problem

BATCH: Final = 500  # orders a transaction
MAX_ERRORS: Final = 1000  # told about one file; all are counted


@dataclass(slots=True)
class Report:
    """What became of a file: orders created, updated and failed, and the first 1000 errors; `incomplete`
    orders were taken without some detail, and the first 1000 of these are `left_out`."""

    created: int = 0
    updated: int = 0
    failed: int = 0
    incomplete: int = 0
    errors: list[RowError] = field(default_factory=list)
    left_out: list[RowError] = field(default_factory=list)

    def fail(self, errors: tuple[RowError, ...]) -> None:
        """Counts one failed order."""
        self.failed += 1
        self.errors += errors[: max(0, MAX_ERRORS - len(self.errors))]

    def mend(self, left_out: tuple[RowError, ...]) -> None:
        """Counts one order that was taken without some detail."""
        self.incomplete += 1
        self.left_out += left_out[: max(0, MAX_ERRORS - len(self.left_out))]


def import_orders(
    database: Database,
    path: Path,
    *,
    phone_region: str | None = None,
    encoding: str | None = None,
    all_or_nothing: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> Report:
    """Stores a file's orders, 500 a transaction; or all in one, and then only if none fails.

    `phone_region`: the country of phone numbers written without one. `encoding`: of a file that is neither
    UTF-8 nor UTF-16. `progress` gets the share done.
    """
    size = max(1, path.stat().st_size) if path.is_file() else 1
    report = Report()
    rows = read_rows(path, phone_region, encoding)
    if not all_or_nothing:
        while batch := list(islice(rows, BATCH)):
            with database.write() as connection:
                _store(connection, batch, report)
            progress(min(1, batch[-1].read / size))
        return report
    # The first reading finds the errors without keeping the database from others.
    while batch := list(islice(rows, BATCH)):
        _fail(batch, report)
        progress(min(0.5, batch[-1].read / size / 2))
    if report.failed:
        return report
    rows = read_rows(path, phone_region, encoding)
    try:
        with database.write() as connection:
            while batch := list(islice(rows, BATCH)):
                _store(connection, batch, report)
                if report.failed:
                    raise _Undo
                progress(min(1, 0.5 + batch[-1].read / size / 2))
    except _Undo:
        report.created = report.updated = report.incomplete = 0
    return report


class _Undo(Exception):
    """Rolls a transaction back."""


def _fail(batch: list[Row], report: Report) -> None:
    for row in batch:
        if row.record is None:
            report.fail(row.errors)


def _store(connection: Connection, batch: list[Row], report: Report) -> None:
    _fail(batch, report)
    good = {row.record.number: row for row in batch if row.record}
    while good:
        try:
            outcomes = upserts.upsert_many(connection, [row.record for row in good.values() if row.record])
        except upserts.InvoiceTaken as error:
            line = good.pop(error.number).line
            report.fail((RowError(line, "invoices", f"{error}: write the number of this order's own"),))
        else:
            report.created += outcomes.count("created")
            report.updated += outcomes.count("updated")
            for row in good.values():
                if row.left_out:
                    report.mend(row.left_out)
            return


# --- reading -------------------------------------------------------------------------------------


def read_rows(path: Path, phone_region: str | None = None, encoding: str | None = None) -> Iterator[Row]:
    """The orders of a `.csv` or `.jsonl` file, in its order; in CSV, an order is where its last row is."""
    readers = {".csv": read_csv, ".jsonl": _read_jsonl}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        yield failure(1, 0, "not a file of orders: its name must end in .csv or .jsonl")
        return
    seen: dict[str, int] = {}
    row = None
    try:
        with opened(path, encoding) as file:
            for row in reader(file, phone_region):
                number = row.record.number if row.record else None
                if number is None:
                    yield row
                elif number in seen:
                    text = f"order {number} stands on line {seen[number]} already: keep one"
                    yield failure(row.line, row.read, text, "number")
                else:
                    seen[number] = row.line
                    yield row
    except NotEncoded as error:
        yield failure(1, 0, str(error))
        return
    except OSError as error:
        yield failure(1, 0, f"can't read the file: {error.strerror}")
        return
    if row is None:
        yield failure(1, 0, "the file holds no orders")


def _read_jsonl(file: IO[bytes], phone_region: str | None) -> Iterator[Row]:
    lines = Lines(file)
    for text, wrong in lines:
        if wrong:
            yield failure(lines.number, lines.read, wrong)
        elif text.strip():
            yield _validated(text, lines, phone_region)


def _validated(text: str, lines: Lines, phone_region: str | None) -> Row:
    try:
        reading = order_reader.read(strict_json.parse(text), phone_region)
    except NotJson as error:
        return failure(lines.number, lines.read, f"not JSON: {error}")

    def told(found: tuple[Problem, ...]) -> tuple[RowError, ...]:
        return tuple(RowError(lines.number, one.field, one.message) for one in found)

    return Row(lines.number, lines.read, reading.record, told(reading.problems), told(reading.left_out))
