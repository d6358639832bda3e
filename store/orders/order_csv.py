"""Orders from CSV: an item a row. See docs/orders.md."""

from collections.abc import Iterator
from typing import IO, Any, Final

from store.core.identifiers import normalise_number
from store.intake import csv_rows
from store.intake.csv_rows import EXTRA, Broken
from store.intake.record_fields import MAX_PROBLEMS, Problem
from store.intake.record_files import Lines, Row, RowError, failure
from store.orders import csv_cells, order_reader
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
    "country": ("country",),
    "delivery_paid": ("delivery_paid",),
    "delivery_standard": ("delivery_standard",),
    "version": ("version",),
    "changed_at": ("changed_at",),
    "customer_name": ("customer", "name"),
    "email": ("customer", "email"),
    "phone": ("customer", "phone"),
    "language": ("customer", "language"),
}
# Each group of columns is one thing an order has many of.
GROUP_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "lines": {
        "sku": "sku",
        "item": "name",
        "quantity": "quantity",
        "unit_price": "unit_price",
        "paid": "paid",
        "discount": "discount",
        "tax": "tax",
        "options": "options",
        "returnable": "returnable",
        "no_return": "no_return",
        "parcel": "parcel",
    },
    "shipments": {
        "carrier": "carrier",
        "tracking_number": "tracking_number",
        "tracking_url": "tracking_url",
        "shipment_state": "state",
        "shipped_at": "shipped_at",
        "shipment_expected_on": "expected_on",
        "delivered_at": "delivered_at",
        "fetch_until": "fetch_until",
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
    *("sku", "item", "quantity", "unit_price"),
)
MAX_PARTS: Final = 500  # of one kind: what the longest list of an `OrderRecord` holds

MAX_APART: Final = 10_000  # orders whose rows lie apart from each other; they are kept until their last row

_MONEY: Final = (
    *("total", "unit_price", "payment_amount", "paid", "discount", "tax"),
    *("delivery_paid", "delivery_standard"),
)


def read_csv(file: IO[bytes], phone_region: str | None) -> Iterator[Row[OrderRecord]]:
    """The orders of a CSV file. A first look goes through all of it: a file that is broken somewhere is taken
    not at all, so that nobody has half of it; and orders whose rows lie apart are known, and put together."""
    lines = Lines(file)
    try:
        ends = _ends(lines)
    except Broken as error:
        yield failure(lines.number or 1, lines.read, f"{error}; nothing of the file was taken")
        return
    file.seek(0)
    lines = Lines(file)
    apart: dict[str, _CsvOrder] = {}
    order: _CsvOrder | None = None
    for line, cells in csv_rows.read(lines, "number", _check):
        number = normalise_number(cells["number"])
        if order is None or (number and number != order.key):
            if order and order.key not in ends:
                yield order.row(lines.read, phone_region)
            order = apart.get(number) or _CsvOrder(line, cells, number)
            if number in ends:
                apart[number] = order
        order.add(line, cells)
        if ends.get(order.key, 0) == line:
            yield apart.pop(order.key).row(lines.read, phone_region)
    if order and order.key not in ends:
        yield order.row(lines.read, phone_region)


def _ends(lines: Lines) -> dict[str, int]:
    """Of the orders whose rows lie apart, the line on which the last row begins. Raises `Broken`."""
    last: dict[str, int] = {}
    apart: set[str] = set()
    current = None
    for line, cells in csv_rows.read(lines, "number", _check):
        number = normalise_number(cells["number"]) or current or ""
        if number != current and number in last:
            apart.add(number)
            if len(apart) > MAX_APART:
                raise Broken(
                    f"more than {MAX_APART} orders have rows apart from each other: sort it by number"
                )
        last[number] = line
        current = number
    return {number: last[number] for number in apart}


def _check(names: list[str]) -> None:
    csv_rows.need(names, NEEDED_COLUMNS)
    if "email" not in names and "phone" not in names:
        raise Broken("missing columns: email or phone")
    csv_rows.refuse([name for name in names if name not in COLUMNS], COLUMNS)


class _CsvOrder:
    """The rows of one order, put together."""

    def __init__(self, line: int, cells: dict[str, str], key: str) -> None:
        self.key = key  # its number as it is stored
        self._line = line
        self._order = {name: cells.get(name, "") for name in ORDER_COLUMNS}
        self._errors: list[RowError] = []
        self._groups: dict[str, list[tuple[int, dict[str, Any]]]] = {name: [] for name in GROUP_COLUMNS}

    def add(self, line: int, cells: dict[str, str]) -> None:
        """Takes a row. The order's own cells may be left empty after the first one."""
        if EXTRA in cells:
            self._fail(line, "", "more cells than columns: quote a cell that holds the delimiter")
        for name, value in self._order.items():
            if name != "number" and cells.get(name) and cells[name] != value:
                self._fail(
                    line, name, f"not as on the order's first line, {self._line}: write the same or nothing"
                )
        for group, columns in GROUP_COLUMNS.items():
            part = {
                key: _value(column, cells[column]) for column, key in columns.items() if cells.get(column)
            }
            parts = self._groups[group]
            # Two rows may be two equal items, but parcels, payments and invoices only repeat.
            repeats = group != "lines" and part in [known for _, known in parts]
            # One too many is enough for an error; a file of one endless order isn't kept in memory.
            if part and not repeats and len(parts) <= MAX_PARTS:
                parts.append((line, part))

    def _fail(self, line: int, name: str, message: str) -> None:
        if len(self._errors) < MAX_PROBLEMS:
            self._errors.append(RowError(line, name, message))

    def row(self, read: int, phone_region: str | None) -> Row[OrderRecord]:
        """The order, checked."""
        raw: dict[str, Any] = {"customer": {}}
        for name, path in ORDER_COLUMNS.items():
            if value := self._order[name]:
                (raw["customer"] if len(path) == 2 else raw)[path[-1]] = _value(name, value)
        raw.update({group: [dict(part) for _, part in parts] for group, parts in self._groups.items()})
        cells = [part.pop("parcel", "") for part in raw["lines"]]
        contents, unknown = csv_cells.contents(cells, raw["lines"], raw["shipments"])
        for index, inside in contents.items():
            raw["shipments"][index]["contents"] = inside
        reading = order_reader.read(raw, phone_region)
        self._errors += [self._error(problem) for problem in reading.problems]
        left_out = tuple(self._error(problem) for problem in (*unknown, *reading.left_out)[:MAX_PROBLEMS])
        return Row(self._line, read, None if self._errors else reading.record, tuple(self._errors), left_out)

    def _error(self, problem: Problem) -> RowError:
        """A problem under the name of its column, on the line it stands on."""
        match problem.path:
            case (str(group), int(index), str(key), *_) if group in GROUP_COLUMNS:
                columns = {key: column for column, key in GROUP_COLUMNS[group].items()}
                columns["contents"] = "parcel"
                return RowError(self._groups[group][index][0], columns.get(key, key), problem.message)
            case (str(group), int(index)) if group in GROUP_COLUMNS:
                return RowError(self._groups[group][index][0], group, problem.message)
            case path:
                columns = {".".join(target): column for column, target in ORDER_COLUMNS.items()}
                name = ".".join(map(str, path))
                return RowError(self._line, columns.get(name, name), problem.message)


def _value(column: str, text: str) -> Any:
    """A cell as a record has it; what can't be read stays as it is, and is told with the rest."""
    match column:
        case "options":
            return csv_cells.options(text)
        case "returnable":
            return csv_cells.truth(text)
        case _:
            return csv_rows.amount(text) if column in _MONEY else text
