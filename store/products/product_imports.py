"""Products from files: JSON Lines (a product a line) and CSV (a product a row). See docs/products.md."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from store.core.database import Database
from store.intake import batches
from store.intake.batches import Reader, Report
from store.intake.record_files import Row
from store.products import product_record, products
from store.products.product_csv import read_csv
from store.products.product_record import ProductRecord

BATCH: Final = 500  # products a transaction


def import_products(
    database: Database,
    path: Path,
    *,
    encoding: str | None = None,
    all_or_nothing: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> Report:
    """Stores a file's products, 500 a transaction; or all in one, and then only if none fails.

    `encoding`: of a file that is neither UTF-8 nor UTF-16. `progress` gets the share done.
    """
    return batches.take(
        database,
        path,
        lambda: read_rows(path, encoding),
        _store,
        batch_size=BATCH,
        all_or_nothing=all_or_nothing,
        progress=progress,
    )


def _store(connection: Connection, batch: list[Row[ProductRecord]], report: Report) -> None:
    outcomes = products.upsert_many(connection, [row.record for row in batch if row.record])
    report.created += outcomes.count("created")
    report.updated += outcomes.count("updated")


def read_rows(path: Path, encoding: str | None = None) -> Iterator[Row[ProductRecord]]:
    """The products of a `.csv` or `.jsonl` file, in its order."""
    readers: dict[str, Reader[ProductRecord]] = {
        ".csv": read_csv,
        ".jsonl": partial(batches.read_jsonl, check=product_record.read),
    }
    return batches.read(path, encoding, readers, lambda record: record.sku, "product", "sku")
