"""Orders from CSV: an item a row, the rows of one order one after the other. See docs/orders.md."""

import csv
from collections.abc import Iterator
from itertools import zip_longest
from typing import IO, Any, Final

from pydantic import ValidationError

from store.orders import records
from store.orders.order_files import Lines, Row, RowError, failure
from store.orders.records import OrderRecord

# CSV columns and where their values go in an `OrderRecord`.
ORDER_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "number": ("number",),
    "state": ("state",),
    "placed_at": ("placed_at",),
    "expected_on": ("expected_on",),
    "currency": ("currency",),
    "total": ("total",),
    "address": ("address",),
    "customer_name": ("customer", "name"),
    "email": ("customer", "email"),
    "phone": ("customer", "phone"),
    "language": ("customer", "language"),
}
# Each group of columns is one thing an order has many of.
GROUP_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "lines": {"sku": "sku", "item": "name", "quantity": "quantity", "unit_price": "unit_price"},
    "shipments": {
        "carrier": "carrier",
        "tracking_number": "tracking_number",
        "tracking_url": "tracking_url",
        "shipment_state": "state",
        "shipped_at": "shipped_at",
        "shipment_expected_on": "expected_on",
    },
    "payments": {
        "payment_kind": "kind",
        "payment_state": "state",
        "payment_method": "method",
        "payment_amount": "amount",
        "paid_at": "at",
    },
    "invoices": {"invoice_number": "number", "invoice_url": "url", "invoice_issued_at": "issued_at"},
}
COLUMNS: Final = (*ORDER_COLUMNS, *(column for group in GROUP_COLUMNS.values() for column in group))
NEEDED_COLUMNS: Final = (
    *("number", "state", "placed_at", "currency", "total", "customer_name"),
    *GROUP_COLUMNS["lines"],
)
EXTRA: Final = ""  # stands for the cells of a row that are under no column
MAX_PARTS: Final = 500  # of one kind: what the longest list of an `OrderRecord` holds


class _Broken(Exception):
    """A CSV file can't be read any further."""


def read_csv(file: IO[bytes], phone_region: str | None) -> Iterator[Row]:
    """The orders of a CSV file; a file that breaks off ends in what is wrong with it."""
    lines = Lines(file)
    order: _CsvOrder | None = None
    try:
        for line, cells in _csv_rows(lines):
            if order and order.takes(cells):
                order.add(line, cells)
                continue
            if order:
                yield order.row(lines.read, phone_region)
            order = _CsvOrder(line, cells)
    except _Broken as error:
        # The order that was being read may lack rows, so it isn't taken either.
        last = f" from order {order.number} on" if order else ""
        yield failure(lines.number or 1, lines.read, f"{error}; nothing was taken{last}")
        return
    if order:
        yield order.row(lines.read, phone_region)


def _csv_rows(lines: Lines) -> Iterator[tuple[int, dict[str, str]]]:
    """(line on which a row begins, its cells by column)."""

    def texts() -> Iterator[str]:
        for text, wrong in lines:
            if wrong:
                raise _Broken(wrong)
            yield text

    source = texts()
    try:
        header = next(source, None)
        if header is None:
            return
        delimiter = ";" if header.count(";") > header.count(",") else ","
        names = _header(next(csv.reader([header], delimiter=delimiter), []))
        begins = lines.number + 1
        for row in csv.reader(source, delimiter=delimiter, strict=True):
            cells = dict(zip_longest(names, (cell.strip() for cell in row[: len(names)]), fillvalue=""))
            if extra := "".join(row[len(names) :]).strip():
                cells[EXTRA] = extra
            if any(cells.values()):
                yield begins, cells
            begins = lines.number + 1
    except csv.Error as error:
        raise _Broken(f"not CSV: {error}") from None


def _header(row: list[str]) -> list[str]:
    names = [name.strip().lower() for name in row]
    while names and not names[-1]:
        names.pop()
    if missing := [name for name in NEEDED_COLUMNS if name not in names]:
        raise _Broken(f"missing columns: {', '.join(missing)}: the first line must name the columns")
    if "email" not in names and "phone" not in names:
        raise _Broken("missing columns: email or phone")
    if unknown := [name[:64] for name in names if name not in COLUMNS]:
        raise _Broken(f"unknown columns: {', '.join(unknown[:10])}: known are {', '.join(COLUMNS)}")
    if len(set(names)) < len(names):
        raise _Broken("a column is there twice")
    return names


class _CsvOrder:
    """The rows of one order, put together."""

    def __init__(self, line: int, cells: dict[str, str]) -> None:
        self._line = line
        self._order = {name: cells.get(name, "") for name in ORDER_COLUMNS}
        self._errors: list[RowError] = []
        self._groups: dict[str, list[tuple[int, dict[str, str]]]] = {name: [] for name in GROUP_COLUMNS}
        self.add(line, cells)

    @property
    def number(self) -> str:
        """The order's number as the file writes it."""
        return self._order["number"][:40]

    def takes(self, cells: dict[str, str]) -> bool:
        """Whether a row is of this order: it has its number or none."""
        return cells.get("number", "") in ("", self._order["number"])

    def add(self, line: int, cells: dict[str, str]) -> None:
        """Takes a row. The order's own cells may be left empty after the first one."""
        if EXTRA in cells:
            self._fail(line, "", "more cells than columns: quote a cell that holds the delimiter")
        for name, value in self._order.items():
            if cells.get(name) and cells[name] != value:
                self._fail(
                    line, name, f"not as on the order's first line, {self._line}: write the same or nothing"
                )
        for group, columns in GROUP_COLUMNS.items():
            part = {key: cells[column] for column, key in columns.items() if cells.get(column)}
            parts = self._groups[group]
            # Two rows may be two equal items, but parcels, payments and invoices only repeat.
            repeats = group != "lines" and part in [known for _, known in parts]
            # One too many is enough for an error; a file of one endless order isn't kept in memory.
            if part and not repeats and len(parts) <= MAX_PARTS:
                parts.append((line, part))

    def _fail(self, line: int, name: str, message: str) -> None:
        if len(self._errors) < records.MAX_PROBLEMS:
            self._errors.append(RowError(line, name, message))

    def row(self, read: int, phone_region: str | None) -> Row:
        """The order, checked."""
        raw: dict[str, Any] = {"customer": {}}
        for name, path in ORDER_COLUMNS.items():
            if value := self._order[name]:
                (raw["customer"] if len(path) == 2 else raw)[path[-1]] = value
        raw.update({group: [part for _, part in parts] for group, parts in self._groups.items()})
        record = None
        try:
            record = OrderRecord.model_validate(raw, context=records.context(phone_region))
        except ValidationError as error:
            self._errors += [self._error(problem) for problem in records.problems(error)]
        return Row(self._line, read, None if self._errors else record, tuple(self._errors))

    def _error(self, problem: records.Problem) -> RowError:
        """A problem under the name of its column, on the line it stands on."""
        match problem.path:
            case (str(group), int(index), str(key)) if group in GROUP_COLUMNS:
                columns = {key: column for column, key in GROUP_COLUMNS[group].items()}
                return RowError(self._groups[group][index][0], columns.get(key, key), problem.message)
            case path:
                columns = {".".join(target): column for column, target in ORDER_COLUMNS.items()}
                name = ".".join(map(str, path))
                return RowError(self._line, columns.get(name, name), problem.message)
