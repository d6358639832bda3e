"""Commands about products: `import-products`."""

from pathlib import Path

import click

from bot.cli import record_import
from bot.settings import Settings
from store.products import product_imports


@click.command("import-products")
@record_import.file_argument
@click.option("--all-or-nothing", is_flag=True, help="Store nothing if any product fails.")
@record_import.encoding_option
def import_products(file: Path, all_or_nothing: bool, encoding: str | None) -> None:
    """Stores the products of FILE, a .jsonl or .csv file: what customers are told of them.

    Products already stored under the same article numbers are replaced, others stay. What is wrong is printed
    as "file:line: field: message", and the command then exits with 1.
    """
    record_import.run(
        Settings.load(),
        file,
        lambda database, progress: product_imports.import_products(
            database, file, encoding=encoding, all_or_nothing=all_or_nothing, progress=progress
        ),
        all_or_nothing,
    )
