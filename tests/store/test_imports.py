import json
from pathlib import Path
from typing import Any

import pytest

from store.core.database import Database
from store.orders import imports, orders

HEADER = "number,state,placed_at,currency,total,customer_name,email,sku,item,quantity,unit_price"
ROW = "{number},paid,2026-05-03T10:15:00Z,EUR,59.90,Rūta,ruta@example.com,A-1,Mug,2,29.95"


def order(number: object, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "state": "paid",
        "placed_at": "2026-05-03T10:15:00Z",
        "currency": "EUR",
        "total": 59.9,
        "customer": {"name": "Rūta", "email": f"r{number}@example.com"},
        "lines": [{"sku": "A-1", "name": "Mug", "quantity": 2, "unit_price": 29.95}],
        **changes,
    }


def jsonl(path: Path, *lines: object) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", "utf-8")
    return path


def csv_file(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def errors(path: Path) -> list[tuple[int, str, str]]:
    return [(e.line, e.field, e.message) for row in imports.read_rows(path) for e in row.errors]


def only(path: Path) -> Any:
    (row,) = imports.read_rows(path)
    assert row.record, row.errors
    return row.record


# --- importing -----------------------------------------------------------------------------------


def test_good_orders_are_stored_and_bad_ones_told(database: Database, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "o.jsonl", order(1), "{broken", order(2, state="lost", total=-1), order(3))
    report = imports.import_orders(database, path)
    assert (report.created, report.updated, report.failed) == (2, 0, 2)
    assert [(error.line, error.field) for error in report.errors] == [(2, ""), (3, "state"), (3, "total")]
    assert report.errors[0].message.startswith("not JSON: ")
    again = imports.import_orders(database, path)
    assert (again.created, again.updated, again.failed) == (0, 2, 2)


def test_all_or_nothing_stores_nothing_if_one_fails(database: Database, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "o.jsonl", order(1), order(2, state="lost"))
    report = imports.import_orders(database, path, all_or_nothing=True)
    assert (report.created, report.failed) == (0, 1)
    with database.read() as conn:
        assert orders.find(conn, "1") is None
    jsonl(path, order(1), order(2))
    assert imports.import_orders(database, path, all_or_nothing=True).created == 2


def test_all_or_nothing_undoes_what_only_the_database_refuses(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    invoice = {"number": "I-1", "url": "https://shop.example/1", "issued_at": "2026-05-03T10:15:00Z"}
    path = jsonl(
        tmp_path / "o.jsonl", order(1, invoices=[invoice]), order(2), order(3, invoices=[invoice]), order(4)
    )
    report = imports.import_orders(database, path, all_or_nothing=True)
    assert (report.created, report.failed) == (0, 1)
    assert [(error.line, error.field) for error in report.errors] == [(3, "invoices")]
    with database.read() as conn:
        assert orders.find(conn, "1") is None
    report = imports.import_orders(database, path)
    assert (report.created, report.failed) == (3, 1)


def test_batches_and_progress_reach_the_end(database: Database, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "o.jsonl", *(order(number) for number in range(1, 602)))
    for strict in (False, True):
        shares: list[float] = []
        report = imports.import_orders(database, path, all_or_nothing=strict, progress=shares.append)
        assert report.created + report.updated == 601
        assert shares == sorted(shares) and shares[-1] == pytest.approx(1)


def test_told_errors_are_bounded_and_all_are_counted(database: Database, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "o.jsonl", *["{}"] * 400)
    report = imports.import_orders(database, path)
    assert report.failed == 400
    assert len(report.errors) == imports.MAX_ERRORS


def test_phones_are_of_the_given_country(database: Database, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "o.jsonl", order(1, customer={"name": "A", "phone": "8 600 00123"}))
    assert imports.import_orders(database, path).failed == 1
    assert imports.import_orders(database, path, phone_region="LT").created == 1


# --- JSON Lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (1, "", "the file holds no orders")),
        (b"\n \n", (1, "", "the file holds no orders")),
        (b"\xef\xbb\xbf", (1, "", "the file holds no orders")),
        (b"\xff\xfe{\x00}\x00", (1, "", "the file is UTF-16: save it as UTF-8")),
        (b"\n\xe8\n", (2, "", "the line is not UTF-8: save the file as UTF-8")),
        (b'{"number": "\\ud800"}', (1, "", "not JSON: ")),
        (b"[" * 100_000, (1, "", "not JSON: ")),
        (b"[]", (1, "", "write an object with number")),
        (b"null", (1, "", "write an object with number")),
        (b'{"number": "' + b"9" * 1_100_000 + b'"}\n', (1, "", "the line is longer than 1000000 bytes")),
    ],
)
def test_a_bad_jsonl_file_gets_a_clear_error(
    tmp_path: Path, content: bytes, expected: tuple[int, str, str]
) -> None:
    path = tmp_path / "o.jsonl"
    path.write_bytes(content)
    (line, field, message), *more = errors(path)
    assert not more
    assert (line, field) == expected[:2] and message.startswith(expected[2])


def test_reading_goes_on_after_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\xe8\n" + b"x" * 2_500_000 + b"\n" + json.dumps(order(1)).encode())
    rows = list(imports.read_rows(path))
    assert [(row.line, row.record is None) for row in rows] == [(1, True), (2, True), (3, False)]
    assert rows[-1].read == path.stat().st_size


def test_a_number_twice_in_a_file_is_an_error(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "o.jsonl", order("17"), order("#17"))
    assert errors(path) == [(2, "number", "order 17 begins on line 1 already: keep one, in one piece")]


def test_other_files_are_refused(tmp_path: Path) -> None:
    (path := tmp_path / "o.xlsx").write_bytes(b"PK")
    assert "must end in .csv or .jsonl" in errors(path)[0][2]
    assert "can't read the file" in errors(tmp_path / "missing.csv")[0][2]
    (folder := tmp_path / "folder.csv").mkdir()
    assert "can't read the file" in errors(folder)[0][2]


# --- CSV -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_rows_of_one_order_make_one_order(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [
        HEADER,
        ROW.format(number="#17"),
        "#17,,,,,,,A-2,Pan,1,9",
        ",,,,,,,A-2,Pan,1,9",
        "",
        ROW.format(number=18),
    ]
    path = csv_file(tmp_path / "o.csv", *(line.replace(",", delimiter) for line in lines), encoding=encoding)
    first, second = imports.read_rows(path)
    assert first.record and second.record
    assert (first.line, second.line) == (2, 6)
    assert first.record.number == "17"
    assert [(line.sku, line.quantity) for line in first.record.lines] == [("A-1", 2), ("A-2", 1), ("A-2", 1)]
    assert first.record.customer.name == "Rūta"


def test_parcels_payments_and_invoices_are_told_apart_by_their_cells(tmp_path: Path) -> None:
    header = (
        HEADER + ",carrier,tracking_number,shipment_state,payment_state,payment_method,payment_amount,paid_at"
    )
    paid = "done,card,59.90,2026-05-03T10:16:00Z"
    path = csv_file(
        tmp_path / "o.csv",
        header,
        f"{ROW.format(number=17)},DPD,T1,in_transit,{paid}",
        f",,,,,,,A-2,Pan,1,9,DPD,T1,in_transit,{paid}",
        ",,,,,,,,,,,DPD,T2,packed,,,,",
    )
    record = only(path)
    assert [shipment.tracking_number for shipment in record.shipments] == ["T1", "T2"]
    assert len(record.lines) == 2 and len(record.payments) == 1


def test_an_error_names_the_column_and_its_line(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "o.csv",
        HEADER,
        ROW.format(number=17).replace("ruta@example.com", "ruta"),
        "17,shipped,,,,,,A-2,Pan,none,9",
        ROW.format(number=18),
    )
    found = errors(path)
    assert [(line, field) for line, field, _ in found] == [(3, "state"), (2, "email"), (3, "quantity")]
    assert "first line, 2" in found[0][2]


def test_a_cell_may_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "o.csv",
        HEADER + ",address",
        ROW.format(number=17) + ',"Line 1;\r\n""Line 2"", LT"',
        ROW.format(number=18).replace("59.90", "x"),
    )
    first, second = imports.read_rows(path)
    assert first.record and first.record.address == 'Line 1;\r\n"Line 2", LT'
    assert [(error.line, error.field) for error in second.errors] == [(4, "total")]


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["number,state"], 1, "missing columns: placed_at, currency"),
        ([HEADER.replace(",email", "")], 1, "missing columns: email or phone"),
        ([HEADER + ",colour"], 1, "unknown columns: colour"),
        ([HEADER + ",sku"], 1, "a column is there twice"),
        ([HEADER], 1, "the file holds no orders"),
        ([HEADER, ROW.format(number=1) + ",more"], 2, "more cells than columns"),
        ([HEADER, '"' + "x" * 200_000], 2, "not CSV: field larger"),
        ([HEADER, "1," + '"never closed'], 2, "not CSV: unexpected end"),
        ([HEADER, '1,"a"b,'], 2, "not CSV: "),
        (["x" * 200_000], 1, "not CSV: field larger"),
        ([HEADER, "x" * 1_100_000], 2, "the line is longer"),
        ([HEADER, ROW.format(number="1\0" + "2")], 2, "write the order's number"),
    ],
)
def test_a_bad_csv_file_gets_a_clear_error(tmp_path: Path, lines: list[str], line: int, message: str) -> None:
    found = errors(csv_file(tmp_path / "o.csv", *lines))
    assert len(found) == 1
    assert found[0][0] == line and found[0][2].startswith(message)


def test_a_csv_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "o.csv", HEADER, ROW.format(number=1), encoding="cp1257")
    assert errors(path) == [(2, "", "the line is not UTF-8: save the file as UTF-8; nothing was taken")]


def test_a_broken_csv_file_keeps_what_was_whole_before(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "o.csv", HEADER, *(ROW.format(number=n) for n in (1, 2)), '3,"a"b')
    first, broken = imports.read_rows(path)
    assert first.record and first.record.number == "1"
    assert broken.errors[0].message.endswith("nothing was taken from order 2 on")


def test_an_endless_order_is_not_kept_in_memory(tmp_path: Path) -> None:
    rows = [ROW.format(number=1)] + [",,,,,,,A-2,Pan,1,9"] * 2000
    found = errors(csv_file(tmp_path / "o.csv", HEADER, *rows))
    assert [(line, field) for line, field, _ in found] == [(2, "lines")]
