"""Orders from files: JSON Lines (an order a line) and CSV (an item a line). See docs/orders.md.

Files are read as streams: a file of any size costs the memory of one batch and of its order numbers.
Whatever is wrong with a file becomes `RowError`s; nothing here raises for its content.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Final

from pydantic import ValidationError
from sqlalchemy import Connection

from store.core.database import Database
from store.orders import records, upserts
from store.orders.order_csv import read_csv
from store.orders.order_files import Lines, Row, RowError, failure
from store.orders.records import OrderRecord

BATCH: Final = 500  # orders a transaction
MAX_ERRORS: Final = 1000  # told about one file; all are counted


@dataclass(slots=True)
class Report:
    """What became of a file: orders created, updated and failed, and the first 1000 errors."""

    created: int = 0
    updated: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)

    def fail(self, errors: tuple[RowError, ...]) -> None:
        """Counts one failed order."""
        self.failed += 1
        self.errors += errors[: max(0, MAX_ERRORS - len(self.errors))]


def import_orders(
    database: Database,
    path: Path,
    *,
    phone_region: str | None = None,
    all_or_nothing: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> Report:
    """Stores a file's orders, 500 a transaction; or all in one, and then only if none fails.

    `phone_region`: the country of phone numbers written without one. `progress` gets the share done.
    """
    size = max(1, path.stat().st_size) if path.is_file() else 1
    report = Report()
    rows = read_rows(path, phone_region)
    if not all_or_nothing:
        while batch := list(islice(rows, BATCH)):
            with database.write() as connection:
                _store(connection, batch, report)
            progress(batch[-1].read / size)
        return report
    # The first reading finds the errors without keeping the database from others.
    while batch := list(islice(rows, BATCH)):
        _fail(batch, report)
        progress(batch[-1].read / size / 2)
    if report.failed:
        return report
    rows = read_rows(path, phone_region)
    try:
        with database.write() as connection:
            while batch := list(islice(rows, BATCH)):
                _store(connection, batch, report)
                if report.failed:
                    raise _Undo
                progress(0.5 + batch[-1].read / size / 2)
    except _Undo:
        report.created = report.updated = 0
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
            return


# --- reading -------------------------------------------------------------------------------------


def read_rows(path: Path, phone_region: str | None = None) -> Iterator[Row]:
    """The orders of a `.csv` or `.jsonl` file, in its order."""
    readers = {".csv": read_csv, ".jsonl": _read_jsonl}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        yield failure(1, 0, "not a file of orders: its name must end in .csv or .jsonl")
        return
    seen: dict[str, int] = {}
    row = None
    try:
        with path.open("rb") as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                yield failure(1, 0, "the file is UTF-16: save it as UTF-8")
                return
            file.seek(0)
            for row in reader(file, phone_region):
                number = row.record.number if row.record else None
                if number is None:
                    yield row
                elif number in seen:
                    text = f"order {number} begins on line {seen[number]} already: keep one, in one piece"
                    yield failure(row.line, row.read, text, "number")
                else:
                    seen[number] = row.line
                    yield row
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
        record = OrderRecord.model_validate_json(text, context=records.context(phone_region))
    except ValidationError as error:
        found = tuple(RowError(lines.number, p.field, p.message) for p in records.problems(error))
        return Row(lines.number, lines.read, None, found)
    return Row(lines.number, lines.read, record)
