"""Products from CSV: a product a row. See docs/products.md."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import IO, Any, Final

from store.intake import csv_rows
from store.intake.csv_rows import EXTRA, Broken
from store.intake.record_fields import Problem
from store.intake.record_files import Lines, Row, RowError, failure
from store.products import product_record
from store.products.product_record import ANY, ProductRecord

NEEDED: Final = ("sku", "name", "price", "currency")
PLAIN: Final = (*NEEDED, "stock", "page_url", "manual_url")
# Columns that are there for each language too: `care_lt`.
SPOKEN: Final = ("description", "care")
CHOICES: Final = {"sizes": "size", "colours": "colour"}
COLUMNS: Final = (
    *PLAIN,
    *SPOKEN,
    *CHOICES,
    "names_xx",
    "description_xx",
    "care_xx",
    "sizes_xx",
    "colours_xx",
)

_OF_LANGUAGE: Final = re.compile(r"(description|care|names|sizes|colours)_([a-z]{2,3})")
_WHOLE: Final = re.compile(r"(\d+)\.0+")  # of a spreadsheet


def read_csv(file: IO[bytes]) -> Iterator[Row[ProductRecord]]:
    """The products of a CSV file. A first look goes through all of it: a file that is broken somewhere is
    taken not at all, so that nobody has half of it."""
    lines = Lines(file)
    try:
        for _ in csv_rows.read(lines, "sku", _check):
            pass
    except Broken as error:
        yield failure(lines.number or 1, lines.read, f"{error}; nothing of the file was taken")
        return
    file.seek(0)
    lines = Lines(file)
    for line, cells in csv_rows.read(lines, "sku", _check):
        yield _row(line, lines.read, cells)


def _check(names: list[str]) -> None:
    csv_rows.need(names, NEEDED)
    known = {*PLAIN, *SPOKEN, *CHOICES}
    csv_rows.refuse(
        [name for name in names if name not in known and not _OF_LANGUAGE.fullmatch(name)], COLUMNS
    )


def _row(line: int, read: int, cells: dict[str, str]) -> Row[ProductRecord]:
    if EXTRA in cells:
        return failure(line, read, "more cells than columns: quote a cell that holds the delimiter")
    raw: dict[str, Any] = {name: cells[name] for name in PLAIN if cells.get(name)}
    if "price" in raw:
        raw["price"] = csv_rows.amount(raw["price"])
    if "stock" in raw:
        raw["stock"] = _WHOLE.sub(r"\1", raw["stock"])
    by_language = _by_language(cells)
    for name in SPOKEN:
        if by_language.get(name):
            raw[name] = by_language[name]
    if names := by_language.get("names"):
        raw["names"] = {language: _several(text) for language, text in names.items()}
    errors: list[RowError] = []
    options: list[dict[str, Any]] = []
    for column, kind in CHOICES.items():
        if texts := by_language.get(column):
            values = {language: _several(text) for language, text in texts.items()}
            if len({len(several) for several in values.values()}) > 1:
                errors.append(RowError(line, column, "write as many values in each language, in one order"))
                continue
            options.append({"name": kind, "values": _beside(values)})
    if options:
        raw["options"] = options
    record, problems, _ = product_record.read(raw)
    errors += [RowError(line, _column(problem, options), problem.message) for problem in problems]
    return Row(line, read, None if errors else record, tuple(errors))


def _by_language(cells: dict[str, str]) -> dict[str, dict[str, str]]:
    """The cells of a thing by language: {"care": {"any": "…", "lt": "…"}}."""
    found: dict[str, dict[str, str]] = {}
    for column, text in cells.items():
        if not text:
            continue
        match = _OF_LANGUAGE.fullmatch(column)
        if match:
            found.setdefault(match[1], {})[match[2]] = text
        elif column in SPOKEN or column in CHOICES:
            found.setdefault(column, {})[ANY] = text
    return found


def _several(text: str) -> list[str]:
    """What stands in one cell, with | between."""
    return [one for part in text.split("|") if (one := part.strip())]


def _beside(values: dict[str, list[str]]) -> list[dict[str, str]]:
    """The values of an option, each in all languages."""
    return [dict(zip(values, of_one, strict=True)) for of_one in zip_longest(*values.values())]


def _column(problem: Problem, options: list[dict[str, Any]]) -> str:
    """The column that a problem is about."""
    match problem.path:
        case ("options", int(index), *_) if index < len(options):
            return next(name for name, kind in CHOICES.items() if kind == options[index]["name"])
        case (str(name), str(language), *_) if name in (*SPOKEN, "names") and language != ANY:
            return f"{name}_{language}"
        case (name, *_):
            return str(name)
    return ""
