"""Orders from files: JSON Lines (an order a line) and CSV (an item a line). See docs/orders.md."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from store.core.database import Database
from store.intake import batches
from store.intake.batches import Checked, Report
from store.intake.record_files import Row, RowError
from store.orders import order_reader, upserts
from store.orders.order_csv import read_csv
from store.orders.records import OrderRecord

BATCH: Final = 500  # orders a transaction


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
    return batches.take(
        database,
        path,
        lambda: read_rows(path, phone_region, encoding),
        _store,
        batch_size=BATCH,
        all_or_nothing=all_or_nothing,
        progress=progress,
    )


def _store(connection: Connection, batch: list[Row[OrderRecord]], report: Report) -> None:
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
            report.older += outcomes.count("older")
            for row, outcome in zip(good.values(), outcomes, strict=True):
                if row.left_out and outcome != "older":
                    report.mend(row.left_out)
            return


def read_rows(
    path: Path, phone_region: str | None = None, encoding: str | None = None
) -> Iterator[Row[OrderRecord]]:
    """The orders of a `.csv` or `.jsonl` file, in its order; in CSV, an order is where its last row is."""

    def check(raw: Any) -> Checked[OrderRecord]:
        reading = order_reader.read(raw, phone_region)
        return reading.record, reading.problems, reading.left_out

    readers = {
        ".csv": partial(read_csv, phone_region=phone_region),
        ".jsonl": partial(batches.read_jsonl, check=check),
    }
    return batches.read(path, encoding, readers, lambda record: record.number, "order", "number")
