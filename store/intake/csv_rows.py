"""The rows of a CSV file by the columns that its first line names, as spreadsheets write it."""

import csv
import re
from collections.abc import Callable, Collection, Iterator
from itertools import zip_longest
from typing import Final

from store.core.cleaning import clean, clean_name
from store.intake.record_files import Lines

DELIMITERS: Final = ",;\t|"
EXTRA: Final = ""  # stands for the cells of a row that are under no column

# How spreadsheets write an amount where the comma is the point.
_COMMA: Final = re.compile(r"-?\d+,\d{1,2}")
_EXCELS: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_ROUNDED: Final = re.compile(r"\d+[.,]?\d*E\+?\d+", re.IGNORECASE)

Row = tuple[int, dict[str, str]]


class Broken(Exception):
    """A CSV file can't be read; the text says why."""


def read(lines: Lines, key: str, check: Callable[[list[str]], None]) -> Iterator[Row]:
    """(line on which a row begins, its cells by column) of each row that isn't empty. `check` raises `Broken`
    for columns that can't be taken. `key` is the column of what tells records apart: its cells must not have
    been rounded. Raises `Broken`."""

    def texts() -> Iterator[str]:
        for text, wrong in lines:
            if wrong:
                raise Broken(wrong)
            yield text

    source = texts()
    try:
        header = next(source, None)
        if header is None:
            return
        if excels := _EXCELS.fullmatch(header.strip("\r\n ")):
            delimiter, header = excels[1], next(source, "")
        else:
            delimiter = max(DELIMITERS, key=header.count)
        names = _names(next(csv.reader([header], delimiter=delimiter), []))
        check(names)
        if len(set(names)) < len(names):
            raise Broken("a column is there twice")
        begins = lines.number + 1
        for row in csv.reader(source, delimiter=delimiter, strict=True):
            cells = dict(zip_longest(names, map(clean, row[: len(names)]), fillvalue=""))
            if extra := "".join(row[len(names) :]).strip():
                cells[EXTRA] = extra
            if any(cells.values()):
                if _ROUNDED.fullmatch(cells[key]):
                    raise Broken(
                        f"line {begins}: the {key} {cells[key][:40]} was rounded by a spreadsheet: "
                        "give its column the format text there, and save the file again"
                    )
                yield begins, cells
            begins = lines.number + 1
    except csv.Error as error:
        raise Broken(f"not CSV: {error}") from None


def need(names: Collection[str], needed: Collection[str]) -> None:
    """Raises `Broken` where columns are missing."""
    if missing := [name for name in needed if name not in names]:
        raise Broken(
            f"missing columns: {', '.join(missing)}: the first line must name the columns, with commas, "
            "semicolons or tabs between them"
        )


def refuse(unknown: Collection[str], known: Collection[str]) -> None:
    """Raises `Broken` where there are columns that nobody knows."""
    if unknown:
        shown = [name[:64] for name in unknown][:10]
        raise Broken(f"unknown columns: {', '.join(shown)}: known are {', '.join(known)}")


def amount(text: str) -> str:
    """A cell with an amount, with a point in it."""
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def _names(row: list[str]) -> list[str]:
    names = [clean_name(name).lower() for name in row]
    while names and not names[-1]:
        names.pop()
    return names
