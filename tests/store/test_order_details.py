"""What orders say of each line and parcel, which of two versions is kept, and that nothing gets lost."""

import json
import re
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import func, select

from store.core.database import Database
from store.intake.record_fields import problems
from store.orders import imports, order_reader, orders
from store.orders.order_example import EXAMPLE
from store.orders.records import OrderRecord
from store.tables import customers
from store.vocabulary import NoReturn, OrderState, PaymentState, ShipmentState
from tests.paths import ROOT
from tests.store.test_imports import csv_file, jsonl
from tests.store.test_orders import put, record

PARCEL: dict[str, Any] = {"carrier": "DPD", "state": "waiting"}


def line(**changes: Any) -> dict[str, Any]:
    return {"sku": "A-1", "name": "Mug", "quantity": 2, "unit_price": "29.95", **changes}


def read(**changes: Any) -> order_reader.Reading:
    raw = {**json.loads(json.dumps(EXAMPLE)), "total": "59.90", "delivery_paid": None, "shipments": []}
    return order_reader.read({**raw, "lines": [line()], **json.loads(json.dumps(changes))}, "LT")


def told(found: tuple[Any, ...]) -> dict[str, str]:
    return {one.field: one.message for one in found}


# --- records -------------------------------------------------------------------------------------


def test_the_page_shows_the_example_and_it_is_taken_as_it_stands(database: Database) -> None:
    page = (ROOT / "docs/orders.md").read_text("utf-8")
    shown = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert shown and json.loads(shown[1]) == EXAMPLE
    reading = order_reader.read(EXAMPLE, None)
    assert reading.record and not reading.left_out
    with database.write() as conn:
        assert orders.upsert(conn, reading.record) == "created"
        order = orders.find(conn, "10234")
    assert order and orders.to_record(order) == reading.record
    assert (order.country, order.version, order.delivery_paid) == ("LT", 7, Decimal("4.90"))
    mugs, cream = order.lines
    assert (mugs.position, mugs.paid, mugs.options, mugs.returnable) == (
        *(0, Decimal("54.90"), {"colour": "blue"}, True),
    )
    assert (cream.position, cream.no_return, cream.options) == (1, NoReturn.SEALED, None)
    arrived, waiting = order.shipments
    assert arrived.received_at == datetime(2026, 5, 6, 11, 20, tzinfo=UTC) and arrived.contents == {0: 2}
    assert (waiting.fetch_until, waiting.contents, waiting.received_at) == (date(2026, 5, 12), {1: 1}, None)


@pytest.mark.parametrize(
    ("changes", "total", "taken"),
    [
        ({"lines": [line(paid="59.90")]}, "59.90", True),
        ({"lines": [line(paid="59.91")]}, "59.90", True),  # rounded by itself
        ({"lines": [line(paid="59.92")]}, "59.90", False),
        ({"lines": [line(paid="59.90")], "delivery_paid": "4.90"}, "59.90", False),
        ({"lines": [line(paid="55.00")], "delivery_paid": "4.90"}, "59.90", True),
        ({"lines": [line(paid="50.00")], "delivery_paid": "4.90"}, "59.90", True),  # fees besides
        ({"lines": [line(paid="20.01")] * 3}, "60.00", True),
        ({"lines": [line(paid="20.02")] * 3}, "60.00", False),
        ({"lines": [line(), line(paid="70")]}, "59.90", False),
        ({"lines": [line(paid="59.90")], "state": "cancelled"}, "0", True),
        ({"lines": [line(paid="59.90")], "state": "partly_returned"}, "20", True),
        # A discount may be more than the price says: that one may be of a sale.
        ({"lines": [line(paid="0", discount="80")]}, "0", True),
    ],
)
def test_parts_are_no_more_than_the_whole(changes: dict[str, Any], total: str, taken: bool) -> None:
    reading = read(**changes, total=total)
    assert (reading.record is not None) is taken
    if not taken:
        (message,) = told(reading.problems).values()
        assert list(told(reading.problems)) == ["total"]
        assert message.startswith("write ") and "delivery_paid" in message and "paid of all lines" in message


def test_what_a_system_works_out_is_rounded_to_cents(database: Database) -> None:
    with database.write() as conn:
        order = put(conn, lines=[line(paid="59.8950", discount=0.005, tax="10.395041322314")])
    assert order.lines[0].paid == Decimal("59.90")
    assert (order.lines[0].discount, order.lines[0].tax) == (Decimal("0.01"), Decimal("10.40"))


@pytest.mark.parametrize(
    ("written", "country"),
    [("LT", "LT"), ("lv", "LV"), ("UK", "GB"), ("EL", "GR"), ("LTU", None), ("XX", None), ("EU", None)],
)
def test_a_country_is_one_that_there_is(written: str, country: str | None) -> None:
    reading = read(country=written)
    assert reading.record and reading.record.country == country
    assert list(told(reading.left_out)) == ([] if country else ["country"])


SPARE: list[tuple[dict[str, Any], list[str]]] = [
    ({"delivery_standard": "-1"}, ["delivery_standard"]),
    ({"lines": [line(discount="-5", tax="?")]}, ["lines.0.discount", "lines.0.tax"]),
    ({"lines": [line(options=["M"])]}, ["lines.0.options"]),
    ({"lines": [line(options={"size": ""})]}, ["lines.0.options.size"]),
    ({"lines": [line(options={"size": "M", "": "x"})]}, ["lines.0.options."]),
    ({"lines": [line(options={str(n): "x" for n in range(21)})]}, ["lines.0.options"]),
    ({"lines": [line(options={"text": "x" * 201})]}, ["lines.0.options.text"]),
    ({"lines": [line(returnable="maybe")]}, ["lines.0.returnable"]),
    ({"lines": [line(returnable=1)]}, ["lines.0.returnable"]),
    ({"lines": [line(no_return="because")]}, ["lines.0.no_return"]),
    ({"lines": [line(returnable=True, no_return="hygiene")]}, ["lines.0.no_return"]),
    (
        {"shipments": [{**PARCEL, "delivered_at": "soon", "fetch_until": "later"}]},
        ["shipments.0.delivered_at", "shipments.0.fetch_until"],
    ),
    ({"shipments": [{**PARCEL, "contents": "all"}]}, ["shipments.0.contents"]),
    (
        {"shipments": [{**PARCEL, "contents": [{"line": 1, "quantity": 0}]}]},
        ["shipments.0.contents.0.quantity"],
    ),
    ({"shipments": [{**PARCEL, "contents": [{"line": 2, "quantity": 1}]}]}, ["shipments.0.contents"]),
    (
        {"shipments": [PARCEL, *[{**PARCEL, "contents": [{"line": 9, "quantity": 1}]}] * 6]},
        [f"shipments.{number}.contents" for number in range(1, 7)],
    ),
]


@pytest.mark.parametrize(("changes", "left_out"), SPARE)
def test_a_detail_that_is_not_needed_is_left_out_and_told(
    changes: dict[str, Any], left_out: list[str]
) -> None:
    reading = read(**changes)
    assert reading.record, reading.problems
    assert sorted(told(reading.left_out)) == sorted(left_out)
    assert all(one.startswith("left out: write ") for one in told(reading.left_out).values())
    assert len(reading.record.shipments) == len(changes.get("shipments", []))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lines": [line(paid="-1")]}, "lines.0.paid"),
        ({"lines": [line(paid="NaN")]}, "lines.0.paid"),
        ({"lines": [line(paid="1e30")]}, "lines.0.paid"),
        ({"lines": [line(paid=True)]}, "lines.0.paid"),
        ({"delivery_paid": "free"}, "delivery_paid"),
        ({"version": -1}, "version"),
        ({"version": 2**31}, "version"),
        ({"version": True}, "version"),
        ({"version": "new"}, "version"),
        ({"changed_at": "2026-05-04"}, "changed_at"),
        ({"changed_at": "2026-05-04T08:00:00"}, "changed_at"),
        ({"lines": [line(weight=1)]}, "lines.0.weight"),
    ],
)
def test_what_money_and_order_of_changes_hang_on_must_be_right(changes: dict[str, Any], field: str) -> None:
    assert list(told(read(**changes).problems)) == [field]


def test_what_several_fields_say_against_each_other_names_one_of_them() -> None:
    with pytest.raises(ValidationError) as refused:
        record(
            lines=[line(returnable=True, no_return="digital")],
            shipments=[{**PARCEL, "contents": [{"line": 3, "quantity": 1}]}],
        )
    assert list(told(tuple(problems(refused.value, OrderRecord)))) == ["lines.0.no_return"]


def test_a_line_named_twice_in_a_parcel_is_there_with_both(database: Database) -> None:
    inside = [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 2}]
    with database.write() as conn:
        order = put(conn, shipments=[{**PARCEL, "contents": inside}])
    assert order.shipments[0].contents == {0: 3}


@pytest.mark.parametrize(
    ("state", "received"),
    [("delivered", True), ("returning", True), ("returned", True), ("waiting", False), ("lost", False)],
)
def test_when_a_parcel_was_received(database: Database, state: str, received: bool) -> None:
    at = "2026-05-06T11:20:00Z"
    event = {"at": "2026-05-06T11:00:00Z", "state": "delivered"}
    with database.write() as conn:
        order = put(
            conn,
            shipments=[
                {**PARCEL, "state": state, "delivered_at": at, "events": [event]},
                {**PARCEL, "state": state, "events": [event]},
                {**PARCEL, "state": state},
            ],
        )
    hours = [one.received_at and (one.received_at.hour, one.received_at.minute) for one in order.shipments]
    assert hours == ([(11, 20), (11, 0), None] if received else [None] * 3)


# --- nothing gets lost ---------------------------------------------------------------------------

MONEY = st.decimals(0, 10_000, places=2)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


def maybe(values: Any) -> Any:
    return st.none() | values


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    lines = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "sku": maybe(WORDS),
                    "name": WORDS,
                    "quantity": st.integers(1, 9),
                    "unit_price": MONEY,
                    "paid": maybe(MONEY),
                    "discount": maybe(MONEY),
                    "tax": maybe(MONEY),
                    "options": maybe(st.dictionaries(WORDS, WORDS, max_size=4)),
                    "returnable": maybe(st.just(False)),
                    "no_return": maybe(st.sampled_from(NoReturn)),
                }
            ),
            min_size=1,
            max_size=4,
        )
    )
    inside = st.dictionaries(st.integers(1, len(lines)), st.integers(1, 9), max_size=4)
    parcel = st.fixed_dictionaries(
        {
            "carrier": WORDS,
            "state": st.sampled_from(ShipmentState),
            "tracking_number": maybe(WORDS),
            "shipped_at": maybe(TIMES),
            "delivered_at": maybe(TIMES),
            "expected_on": maybe(DAYS),
            "fetch_until": maybe(DAYS),
            "contents": maybe(
                inside.map(lambda one: [{"line": k, "quantity": v} for k, v in sorted(one.items())])
            ),
            "events": st.lists(
                st.fixed_dictionaries({"at": TIMES, "state": st.sampled_from(ShipmentState), "place": WORDS}),
                max_size=3,
            ).map(lambda events: sorted(events, key=lambda one: one["at"])),
        }
    )
    payment = st.fixed_dictionaries(
        {"state": st.sampled_from(PaymentState), "method": WORDS, "amount": MONEY, "at": TIMES}
    )
    return {
        "number": "17",
        "state": draw(st.sampled_from(OrderState)),
        "placed_at": draw(TIMES),
        "currency": "EUR",
        "total": draw(MONEY) + 100_000,
        "country": draw(maybe(st.sampled_from(["LT", "LV", "KZ"]))),
        "delivery_paid": draw(maybe(MONEY)),
        "delivery_standard": draw(maybe(MONEY)),
        "version": draw(maybe(st.integers(0, 2**31 - 1))),
        "changed_at": draw(maybe(TIMES)),
        "customer": {"name": draw(WORDS), "email": "a@example.com", "language": "lt"},
        "lines": lines,
        "shipments": draw(st.lists(parcel, max_size=3)),
        "payments": [
            *({"kind": "payment", **one} for one in draw(st.lists(payment, max_size=2))),
            *({"kind": "refund", **one} for one in draw(st.lists(payment, max_size=2))),
        ],
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=records())
def test_what_is_stored_is_what_was_sent(database: Database, raw: dict[str, Any]) -> None:
    sent = OrderRecord.model_validate(raw)
    with database.engine.connect() as conn, conn.begin() as transaction:
        orders.upsert(conn, sent)
        order = orders.find(conn, "17")
        assert order and orders.to_record(order) == sent
        assert orders.upsert(conn, OrderRecord.model_validate_json(sent.model_dump_json())) == "updated"
        assert orders.find(conn, "17") == order
        transaction.rollback()


# --- what comes too late -------------------------------------------------------------------------

EARLY, LATE = "2026-05-04T08:00:00Z", "2026-05-05T08:00:00Z"


@pytest.mark.parametrize(
    ("stored", "sent", "outcome"),
    [
        ({"version": 2}, {"version": 1}, "older"),
        ({"version": 2}, {"version": 0}, "older"),
        ({"version": 2}, {"version": 2}, "updated"),
        ({"version": 2}, {"version": 3}, "updated"),
        ({"version": 2}, {}, "updated"),
        ({}, {"version": 1}, "updated"),
        ({"changed_at": LATE}, {"changed_at": EARLY}, "older"),
        ({"changed_at": LATE}, {"changed_at": LATE}, "updated"),
        ({"changed_at": EARLY}, {"changed_at": LATE}, "updated"),
        ({"changed_at": LATE}, {}, "updated"),
        # Clocks are set back; counts aren't.
        ({"version": 1, "changed_at": LATE}, {"version": 2, "changed_at": EARLY}, "updated"),
        ({"version": 2, "changed_at": EARLY}, {"version": 1, "changed_at": LATE}, "older"),
        ({"version": 2, "changed_at": LATE}, {"changed_at": EARLY}, "older"),
        ({"changed_at": "2026-05-05T08:00:00+03:00"}, {"changed_at": "2026-05-05T06:00:00Z"}, "updated"),
    ],
)
def test_an_older_order_does_not_overwrite_a_newer_one(
    database: Database, stored: dict[str, Any], sent: dict[str, Any], outcome: str
) -> None:
    with database.write() as conn:
        before = put(conn, state="shipped", **stored)
        late = record(state="paid", customer={"name": "B", "email": "b@example.com"}, **sent)
        assert orders.upsert(conn, late) == outcome
        after = orders.find(conn, "10234")
        assert after and (after == before) is (outcome == "older")
        strangers = select(func.count()).where(customers.c.email == "b@example.com")
        assert conn.execute(strangers).scalar_one() == (0 if outcome == "older" else 1)


def test_an_older_one_among_others_keeps_nobody_from_being_stored(database: Database) -> None:
    invoice = {"number": "I-1", "url": "https://shop.example/1", "issued_at": EARLY}
    with database.write() as conn:
        put(conn, "2", version=5)
        put(conn, "3", invoices=[invoice])
        # An older one's invoice, which another order has by now, is no concern.
        sent = [record("4"), record("2", version=4, invoices=[invoice]), record("3"), record("1")]
        assert orders.upsert_many(conn, sent) == ["created", "older", "updated", "created"]


def test_of_many_writers_the_newest_wins_however_they_race(database: Database) -> None:
    outcomes: list[str] = []

    def write(versions: list[int]) -> None:
        for version in versions:
            with database.write() as conn:
                made = record(version=version, lines=[line(name=f"Mug {version}")])
                outcomes.append(orders.upsert(conn, made))

    threads = [threading.Thread(target=write, args=([n, 40 - n, n + 20],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as conn:
        order = orders.find(conn, "10234")
    assert order and order.version == 40 and [one.name for one in order.lines] == ["Mug 40"]
    assert len(outcomes) == 24 and outcomes.count("created") == 1


def test_older_orders_of_a_file_are_counted_and_no_error(database: Database, tmp_path: Path) -> None:
    new = {**EXAMPLE, "number": "1", "invoices": []}
    old = {**new, "version": 6, "country": "?"}
    for name, orders_, expected in (
        ("new", [new], (1, 0, 0, 0, 0)),
        ("old", [old, {**new, "number": "2"}], (1, 0, 1, 0, 0)),
    ):
        report = imports.import_orders(database, jsonl(tmp_path / f"{name}.jsonl", *orders_))
        found = (report.created, report.updated, report.older, report.failed, report.incomplete)
        assert found == expected, report
    path = jsonl(tmp_path / "all.jsonl", old, {**new, "number": "3", "total": "?"})
    report = imports.import_orders(database, path, all_or_nothing=True)
    assert (report.older, report.failed) == (0, 1)


# --- CSV -----------------------------------------------------------------------------------------

HEADER = (
    "number;state;placed_at;currency;total;customer_name;email;country;delivery_paid;delivery_standard;"
    "version;changed_at;sku;item;quantity;unit_price;paid;discount;tax;options;returnable;no_return;parcel;"
    "carrier;tracking_number;shipment_state;delivered_at;fetch_until"
)
FIRST = (
    "17;shipped;2026-05-04T10:15:00Z;EUR;100,00;Rūta;ruta@example.com;LT;4,90;4,90;"
    "7.0;2026-05-05T18:40:00Z;A-1;Mug;3;29,95;85,2;4,65;{tax};{options};{returnable};;{parcel};"
    "DPD;T=1;delivered;2026-05-06T11:20:00Z;"
)
SECOND = ";" * 12 + "A-2;Cream;1;9,90;9,90;;;;no;hygiene;{parcel};Omniva;;waiting;;2026-05-12"


def table(path: Path, first: dict[str, str] | None = None, parcel: str = "2") -> Path:
    cells = {"tax": "14,79", "options": '"size=M; colour=blue"', "returnable": "TRUE", "parcel": "T=1"}
    return csv_file(path, HEADER, FIRST.format(**{**cells, **(first or {})}), SECOND.format(parcel=parcel))


def test_a_spreadsheet_says_all_of_it(tmp_path: Path) -> None:
    (row,) = imports.read_rows(table(tmp_path / "o.csv"))
    assert row.record and not row.left_out, row
    one = row.record
    assert (one.country, one.version, one.delivery_paid, one.changed_at) == (
        *("LT", 7, Decimal("4.90"), datetime(2026, 5, 5, 18, 40, tzinfo=UTC)),
    )
    mug, cream = one.lines
    assert (mug.paid, mug.discount, mug.tax) == (Decimal("85.20"), Decimal("4.65"), Decimal("14.79"))
    assert (mug.options, mug.returnable, mug.no_return) == ({"size": "M", "colour": "blue"}, True, None)
    assert (cream.options, cream.returnable, cream.no_return) == (None, False, "hygiene")
    arrived, waiting = one.shipments
    assert arrived.delivered_at == datetime(2026, 5, 6, 11, 20, tzinfo=UTC)
    assert waiting.fetch_until == date(2026, 5, 12)
    inside = [[(c.line, c.quantity) for c in parcel.contents or ()] for parcel in one.shipments]
    assert inside == [[(1, 3)], [(2, 1)]]


@pytest.mark.parametrize(
    ("cell", "second", "inside"),
    [
        ("", "", [None, None]),
        ("1", "", [{1: 3}, None]),
        ("2.0", "T=1", [{2: 1}, {1: 3}]),
        ('"T=1=2; 2=1"', "2", [{1: 2}, {1: 1, 2: 1}]),
        ('" T=1 = 2 ;\n2 = 1;"', "", [{1: 2}, {1: 1}]),
    ],
)
def test_which_parcel_an_item_is_in(
    tmp_path: Path, cell: str, second: str, inside: list[dict[int, int] | None]
) -> None:
    (row,) = imports.read_rows(table(tmp_path / "o.csv", {"parcel": cell}, second))
    assert row.record, row.errors
    found = [
        parcel.contents and {one.line: one.quantity for one in parcel.contents}
        for parcel in row.record.shipments
    ]
    assert found == inside


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"parcel": "3"}, "parcel"),
        ({"parcel": "0"}, "parcel"),
        ({"parcel": "T2"}, "parcel"),
        ({"parcel": "T=1=x"}, "parcel"),
        ({"parcel": "2=0"}, "parcel"),
        ({"parcel": "²"}, "parcel"),
        ({"parcel": "9" * 5000}, "parcel"),
        ({"options": "blue"}, "options"),
        ({"options": "=blue"}, "options"),
        ({"options": '"size=M; size=L"'}, "options"),
        ({"options": "size="}, "options"),
        ({"options": "size=" + "x" * 300}, "options"),
        ({"returnable": "perhaps"}, "returnable"),
        ({"tax": "-1"}, "tax"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told(tmp_path: Path, cells: dict[str, str], column: str) -> None:
    (row,) = imports.read_rows(table(tmp_path / "o.csv", cells, ""))
    assert row.record, row.errors
    assert [(one.line, one.field) for one in row.left_out] == [(2, column)]
    assert row.left_out[0].message.startswith("left out: write ")
    if column == "parcel":
        assert [one.contents for one in row.record.shipments] == [None, None]


def test_cells_of_money_must_be_right(tmp_path: Path) -> None:
    path = table(tmp_path / "o.csv")
    path.write_text(path.read_text("utf-8").replace(";85,2;", ";95,2;"), "utf-8")
    (row,) = imports.read_rows(path)
    assert [(one.line, one.field) for one in row.errors] == [(2, "total")]
    path.write_text(path.read_text("utf-8").replace(";95,2;", ";a lot;"), "utf-8")
    (row,) = imports.read_rows(path)
    assert [(one.line, one.field) for one in row.errors] == [(2, "paid")]
