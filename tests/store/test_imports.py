import json
from pathlib import Path
from typing import Any

import pytest

from store.core.database import Database
from store.intake.batches import MAX_ERRORS
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
    assert len(report.errors) == MAX_ERRORS


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
        (b"\xff\xfe{\x00}", (1, "", "the file is not UTF-16: save it as UTF-8")),
        (b'{"a": NaN}', (1, "", "not JSON: NaN")),
        (b'{"a": 1e999}', (1, "", "not JSON: 1e999")),
        (b'{"a": 1, "a": 2}', (1, "", "not JSON: the field 'a' stands twice")),
        (b"\n\xe8\n", (2, "", "the line is not UTF-8: save the file as UTF-8")),
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
    assert errors(path) == [(2, "number", "order 17 stands on line 1 already: keep one")]


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
    assert first.record and first.record.address == 'Line 1;\n"Line 2", LT'
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
        ([HEADER, ROW.format(number="\0\u200b")], 2, "missing: write the order's number"),
        ([HEADER, ROW.format(number="1.02E+05")], 2, "line 2: the number 1.02E+05 was rounded"),
    ],
)
def test_a_bad_csv_file_gets_a_clear_error(tmp_path: Path, lines: list[str], line: int, message: str) -> None:
    found = errors(csv_file(tmp_path / "o.csv", *lines))
    assert len(found) == 1
    assert found[0][0] == line and found[0][2].startswith(message)


@pytest.mark.parametrize("encoding", ["cp1257", "cp1251"])
def test_a_csv_file_in_another_encoding_is_refused_or_named(tmp_path: Path, encoding: str) -> None:
    name = {"cp1257": "Rūta", "cp1251": "Айгүл".replace("ү", "у")}[encoding]
    rows = [ROW.format(number=1).replace("Rūta", "Ruta"), ROW.format(number=2).replace("Rūta", name)]
    path = csv_file(tmp_path / "o.csv", HEADER, *rows, encoding=encoding)
    words = (
        "the line is not UTF-8: save the file as UTF-8, or name its encoding; nothing of the file was taken"
    )
    assert errors(path) == [(3, "", words)]
    first, second = imports.read_rows(path, encoding=encoding)
    assert first.record and second.record and second.record.customer.name == name


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_spreadsheets_unicode_text_is_read(tmp_path: Path, encoding: str) -> None:
    lines = [one.replace(",", "\t") for one in (HEADER, ROW.format(number="№ 17"))]
    assert only(csv_file(tmp_path / "o.csv", *lines, encoding=encoding)).customer.name == "Rūta"


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_spreadsheets_first_line_names_the_delimiter(tmp_path: Path, first: str) -> None:
    row = ROW.format(number="17").replace(",", ";").replace("59.90", "59,90").replace("29.95", "29,95")
    record = only(csv_file(tmp_path / "o.csv", first, HEADER.replace(",", ";"), row))
    assert (record.number, str(record.total), str(record.lines[0].unit_price)) == ("17", "59.90", "29.95")


def test_a_number_may_come_as_a_spreadsheet_has_it(tmp_path: Path) -> None:
    row = ROW.format(number="1001.0").replace(",2,29.95", ",2.0,29.95")
    record = only(csv_file(tmp_path / "o.csv", HEADER + ",phone", row + ",37060000123.0"))
    assert (record.number, record.lines[0].quantity, record.customer.phone) == ("1001", 2, None)
    assert only(jsonl(tmp_path / "o.jsonl", order(1001.0))).number == "1001"


def test_a_broken_csv_file_is_not_taken_in_halves(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "o.csv", HEADER, *(ROW.format(number=n) for n in (1, 2)), '3,"a"b')
    ((line, field, message),) = errors(path)
    assert (line, field) == (4, "") and message.endswith("nothing of the file was taken")


def test_rows_of_one_order_that_lie_apart_make_one_order(database: Database, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "o.csv",
        HEADER,
        ROW.format(number="1"),
        ROW.format(number="2"),
        ",,,,,,,B-2,Cup,1,5",
        "#1,,,,,,,A-2,Pan,1,9",
        ROW.format(number="3"),
        "2,,,,,,,B-3,Jug,1,7",
        ROW.format(number="2").replace("paid", "shipped").replace("A-1", "B-4"),
    )
    rows = list(imports.read_rows(path))
    found = {row.line: row.record and [one.sku for one in row.record.lines] for row in rows}
    assert found == {2: ["A-1", "A-2"], 6: ["A-1"], 3: None}
    assert [(error.line, error.field) for row in rows for error in row.errors] == [(8, "state")]
    report = imports.import_orders(database, path)
    assert (report.created, report.failed) == (2, 1)
    with database.read() as conn:
        assert orders.find(conn, "2") is None
        one = orders.find(conn, "1")
    assert one and [line.sku for line in one.lines] == ["A-1", "A-2"]


# --- details that an order can do without --------------------------------------------------------


SPARE: list[tuple[dict[str, Any], list[str]]] = [
    ({"customer": {"name": "A", "email": "a@b.lt", "phone": ""}}, ["customer.phone"]),
    ({"customer": {"name": "A", "email": "a@b.lt", "phone": "n/a"}}, ["customer.phone"]),
    ({"customer": {"name": "A", "email": "none", "phone": "+37060000123"}}, ["customer.email"]),
    (
        {"customer": {"name": "A" * 300, "email": "a@b.lt", "language": "?"}},
        ["customer.name", "customer.language"],
    ),
    (
        {"lines": [{"sku": "", "name": "N" * 300, "quantity": 1, "unit_price": 1}]},
        ["lines.0.sku", "lines.0.name"],
    ),
    (
        {
            "shipments": [
                {"carrier": "DPD", "state": "packed", "tracking_number": "", "tracking_url": "dpd.lt/1"},
                {"carrier": "", "state": "packed"},
                {
                    "carrier": "DPD",
                    "state": "packed",
                    "events": [
                        {"at": "soon", "state": "packed"},
                        {"at": "2026-05-05T08:00:00Z", "state": "packed"},
                    ],
                },
            ]
        },
        [
            "shipments.0.tracking_number",
            "shipments.0.tracking_url",
            "shipments.1.carrier",
            "shipments.2.events.0.at",
        ],
    ),
    (
        {"invoices": [{"number": "I-1", "url": "I-1.pdf", "issued_at": "2026-05-03T10:15:00Z"}]},
        ["invoices.0.url"],
    ),
    ({"shipments": None, "invoices": {}, "expected_on": "soon"}, ["expected_on", "shipments", "invoices"]),
    ({"shipments": [{"carrier": "DPD", "state": "packed"}] * 51}, ["shipments"]),
]


@pytest.mark.parametrize(("changes", "left_out"), SPARE)
def test_a_detail_that_is_not_needed_is_left_out_and_told(
    database: Database, tmp_path: Path, changes: dict[str, Any], left_out: list[str]
) -> None:
    path = jsonl(tmp_path / "o.jsonl", order(1, **changes), order(2))
    report = imports.import_orders(database, path)
    assert (report.created, report.failed, report.incomplete) == (2, 0, 1), report.errors
    assert sorted(one.field for one in report.left_out) == sorted(left_out)
    assert all(
        one.line == 1 and ("left out: " in one.message or "cut to" in one.message) for one in report.left_out
    )
    with database.read() as conn:
        kept = orders.find(conn, "1")
        assert kept and orders.to_record(kept).number == "1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"customer": {"name": "A", "email": "none", "phone": "n/a"}}, "customer.phone"),
        ({"customer": {"name": "", "email": "a@b.lt"}}, "customer.name"),
        ({"total": "free", "customer": {"name": "A", "email": "a@b.lt", "phone": "n/a"}}, "total"),
        (
            {"payments": [{"state": "done", "method": "card", "amount": "?", "at": "2026-05-03T10:15:00Z"}]},
            "payments.0.amount",
        ),
        ({"lines": [{"sku": "A", "name": "", "quantity": 1, "unit_price": 1}]}, "lines.0.name"),
        ({"shipmnts": []}, "shipmnts"),
    ],
)
def test_nothing_that_is_needed_is_left_out(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    found = errors(jsonl(tmp_path / "o.jsonl", order(1, **changes)))
    assert field in [name for _, name, _ in found]


def test_an_endless_order_is_not_kept_in_memory(tmp_path: Path) -> None:
    rows = [ROW.format(number=1)] + [",,,,,,,A-2,Pan,1,9"] * 2000
    found = errors(csv_file(tmp_path / "o.csv", HEADER, *rows))
    assert [(line, field) for line, field, _ in found] == [(2, "lines")]
