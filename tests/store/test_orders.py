import threading
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Connection, event, func, select

from store.core.database import Database
from store.intake.record_fields import problems
from store.orders import orders
from store.orders.records import OrderRecord, context
from store.tables import customers, order_changes
from store.vocabulary import OrderState

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def raw(number: str = "10234", **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "state": "processing",
        "placed_at": "2026-05-03T10:15:00+03:00",
        "expected_on": "2026-05-08",
        "currency": "eur",
        "total": "59.90",
        "address": "Gedimino pr. 1, Vilnius",
        "customer": {"name": "Rūta Žukaitė", "email": " Ruta@Example.com", "phone": "8 600 00123"},
        "lines": [{"sku": "A-1", "name": "Mug", "quantity": 2, "unit_price": 29.95}],
        **changes,
    }


def record(number: str = "10234", **changes: Any) -> OrderRecord:
    return OrderRecord.model_validate(raw(number, **changes), context=context("LT"))


def payment(state: str = "done", kind: str = "payment", amount: str = "59.90") -> dict[str, Any]:
    at = "2026-05-03T07:16:00Z"
    return {"kind": kind, "state": state, "method": "card", "amount": amount, "at": at}


def put(conn: Connection, number: str = "10234", **changes: Any) -> orders.Order:
    orders.upsert(conn, record(number, **changes))
    order = orders.find(conn, number)
    assert order
    return order


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("10234", "10234"),
        ("#10234", "10234"),
        ("ORD-10234", "10234"),
        ("no. 10234", "10234"),
        ("nr. 10234", "10234"),
        ("№10234", "10234"),
        ("N° 10234", "10234"),
        ("ord 10234 ", "10234"),
        ("Order No: #ORD-10234!", "10234"),
        ("Užsakymas nr. 10234", "10234"),
        ("тапсырыс № 10234", "10234"),
        ("１０２３４", "10234"),
        ("10 234", "10234"),
        ("web-2026/17", "WEB-2026/17"),
        ("so–17", "SO-17"),
        ("nor17", "NOR17"),
        ("order", ""),
        ("", ""),
        ("#" * 4000, ""),
    ],
)
def test_a_number_is_stored_and_looked_up_in_one_form(written: str, stored: str) -> None:
    assert orders.normalise_number(written) == stored
    assert orders.normalise_number(stored) == stored


# --- reading -------------------------------------------------------------------------------------


def test_an_order_comes_back_whole(database: Database) -> None:
    parcel = {
        "carrier": "DPD",
        "state": "in_transit",
        "tracking_number": "T1",
        "tracking_url": "https://dpd.example/T1",
        "events": [
            {"at": "2026-05-04T08:00:00Z", "state": "in_transit", "place": "Kaunas"},
            {"at": "2026-05-03T18:00:00Z", "state": "packed"},
        ],
    }
    invoice = {"number": "I-1", "url": "https://shop.example/i/1", "issued_at": "2026-05-03T07:16:00Z"}
    with database.write() as conn:
        order = put(
            conn,
            shipments=[parcel, {"carrier": "Omniva", "state": "packed"}],
            payments=[payment(), payment("pending", "refund", "5")],
            invoices=[invoice],
        )
    assert order.customer_name == "Rūta Žukaitė"
    assert (order.email, order.phone) == ("ruta@example.com", "+37060000123")
    assert order.placed_at == datetime(2026, 5, 3, 7, 15, tzinfo=UTC)
    assert order.expected_on == date(2026, 5, 8)
    assert (order.total, order.currency) == (Decimal("59.90"), "EUR")
    assert order.lines == (orders.Line("A-1", "Mug", 2, Decimal("29.95")),)
    assert [shipment.carrier for shipment in order.shipments] == ["DPD", "Omniva"]
    assert [event.state for event in order.shipments[0].events] == ["packed", "in_transit"]
    assert order.shipments[1].events == () and order.shipments[1].tracking_url is None
    assert [paid.amount for paid in order.payments] == [Decimal("59.90")]
    assert [(paid.state, paid.amount) for paid in order.refunds] == [("pending", Decimal("5.00"))]
    assert order.invoices[0].number == "I-1"


def test_a_stored_order_can_be_sent_back_as_a_record(database: Database) -> None:
    with database.write() as conn:
        order = put(conn, payments=[payment()], shipments=[{"carrier": "DPD", "state": "packed"}])
        sent = orders.to_record(order)
        assert orders.upsert(conn, sent) == "updated"
        again = orders.find(conn, "10234")
    assert again == order


def test_reading_an_order_costs_the_same_number_of_statements_whatever_it_holds(database: Database) -> None:
    happened = [{"at": "2026-05-03T18:00:00Z", "state": "packed"}] * 20
    with database.write() as conn:
        put(conn, "1")
        put(conn, "2", shipments=[{"carrier": "DPD", "state": "packed", "events": happened}] * 20)
        statements: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        orders.find(conn, "1")
        few = len(statements)
        orders.find(conn, "2")
    assert few == 5 and len(statements) == 2 * few


def test_an_order_is_shown_only_with_its_contact(database: Database) -> None:
    with database.write() as conn:
        put(conn)
        assert orders.find_with_contact(conn, "#10234", "RUTA@example.com ")
        assert orders.find_with_contact(conn, "10234", "+37060000123")
        for contact in ("", "@", "other@example.com", "+37060000124", "%", "%@%", "None"):
            assert orders.find_with_contact(conn, "10234", contact) is None
            assert orders.find_with_contact(conn, "99999", contact) is None


def test_a_missing_contact_never_matches_a_missing_one(database: Database) -> None:
    with database.write() as conn:
        put(conn, "1", customer={"name": "A", "email": "a@example.com"})
        put(conn, "2", customer={"name": "B", "phone": "+37060000555"})
        for number in ("1", "2"):
            assert orders.find_with_contact(conn, number, "") is None


def test_a_later_order_cannot_add_a_phone_that_opens_earlier_ones(database: Database) -> None:
    with database.write() as conn:
        put(conn, "1", customer={"name": "A", "email": "a@example.com"})
        put(conn, "2", customer={"name": "X", "email": "a@example.com", "phone": "+37060000666"})
        assert orders.find_with_contact(conn, "2", "+37060000666")
        assert orders.find_with_contact(conn, "1", "+37060000666") is None


def test_people_who_share_a_phone_stay_apart(database: Database) -> None:
    with database.write() as conn:
        first = put(conn, "1", customer={"name": "A", "email": "a@example.com", "phone": "+37060000777"})
        second = put(conn, "2", customer={"name": "B", "email": "b@example.com", "phone": "+37060000777"})
        third = put(conn, "3", customer={"name": "C", "phone": "+37060000777"})
        fourth = put(conn, "4", customer={"name": "C", "phone": "+37060000777"})
    assert len({first.customer_id, second.customer_id, third.customer_id}) == 3
    assert third.customer_id == fourth.customer_id


def test_a_customers_orders_come_newest_first_and_bounded(database: Database) -> None:
    with database.write() as conn:
        for day in range(1, 5):
            order = put(conn, str(day), placed_at=f"2026-05-0{day}T00:00:00Z")
        put(conn, "9", customer={"name": "Other", "email": "other@example.com"})
        found = orders.of_contact(conn, order.email or "", limit=3)
    assert [summary.number for summary in found] == ["4", "3", "2"]


def test_somebody_elses_email_does_not_open_his_orders(database: Database) -> None:
    with database.write() as conn:
        put(conn, "1", customer={"name": "A", "email": "a@example.com", "phone": "+37060000555"})
        put(conn, "2", customer={"name": "Thief", "email": "a@example.com", "phone": "+37060000666"})
        assert orders.find_with_contact(conn, "2", "+37060000666")
        assert [one.number for one in orders.of_contact(conn, "+37060000666")] == ["2"]
        assert orders.find_with_contact(conn, "1", "+37060000666") is None


# --- changing ------------------------------------------------------------------------------------


def test_the_state_decides_what_may_still_be_changed(database: Database) -> None:
    with database.write() as conn:
        for state in OrderState:
            order = put(conn, state, state=state)
            if state in orders.READDRESSABLE:
                changed = orders.change_address(conn, order.id, " Abai 2 ", f"address-{state}", AT)
                assert changed.address == "Abai 2"
            else:
                with pytest.raises(orders.NotAllowed) as refused:
                    orders.change_address(conn, order.id, "Abai 2", f"address-{state}", AT)
                assert refused.value.state == state
            if state in orders.CANCELLABLE:
                assert orders.cancel(conn, order.id, f"cancel-{state}", AT).state == "cancelled"
            else:
                with pytest.raises(orders.NotAllowed) as refused:
                    orders.cancel(conn, order.id, f"cancel-{state}", AT)
                assert refused.value.state == state


def test_cancelling_again_with_the_same_key_changes_nothing(database: Database) -> None:
    with database.write() as conn:
        order = put(conn, payments=[payment("failed"), payment()])
        first = orders.cancel(conn, order.id, "message-1", AT)
        assert [(paid.state, paid.amount, paid.method) for paid in first.refunds] == [
            ("pending", Decimal("59.90"), "card")
        ]
        assert orders.cancel(conn, order.id, "message-1", AT) == first
        with pytest.raises(orders.NotAllowed):
            orders.cancel(conn, order.id, "message-2", AT)
        assert conn.execute(select(func.count()).select_from(order_changes)).scalar() == 1


def test_only_what_was_paid_and_not_given_back_is_refunded(database: Database) -> None:
    cases: list[tuple[list[tuple[str, str, str]], list[Decimal]]] = [
        ([], []),
        ([("failed", "payment", "59.90")], []),
        ([("pending", "payment", "59.90")], []),
        ([("done", "payment", "59.90"), ("done", "refund", "9.90")], [Decimal("50.00")]),
        ([("done", "payment", "59.90"), ("failed", "refund", "9.90")], [Decimal("59.90")]),
        ([("done", "payment", "59.90"), ("pending", "refund", "59.90")], []),
    ]
    with database.write() as conn:
        for case, (paid, due) in enumerate(cases):
            order = put(conn, str(case), payments=[payment(*each) for each in paid])
            cancelled = orders.cancel(conn, order.id, f"key-{case}", AT)
            assert [refund.amount for refund in cancelled.refunds[len(order.refunds) :]] == due


def test_a_repeated_change_of_address_does_not_undo_a_later_one(database: Database) -> None:
    with database.write() as conn:
        order = put(conn)
        orders.change_address(conn, order.id, "First 1", "k1", AT)
        orders.change_address(conn, order.id, "Second 2", "k2", AT)
        assert orders.change_address(conn, order.id, "First 1", "k1", AT).address == "Second 2"
        details = conn.execute(select(order_changes.c.details).order_by(order_changes.c.id)).scalars().all()
    assert details == [
        {"from": "Gedimino pr. 1, Vilnius", "to": "First 1"},
        {"from": "First 1", "to": "Second 2"},
    ]


def test_a_key_is_for_one_change_of_one_order(database: Database) -> None:
    with database.write() as conn:
        first, second = put(conn, "1"), put(conn, "2")
        orders.change_address(conn, first.id, "Here 1", "key", AT)
        with pytest.raises(ValueError, match="another change"):
            orders.cancel(conn, first.id, "key", AT)
        with pytest.raises(ValueError, match="another change"):
            orders.change_address(conn, second.id, "Here 1", "key", AT)


def test_an_address_must_say_something_and_end(database: Database) -> None:
    with database.write() as conn:
        order = put(conn)
        for address in ("", "  ", "\0", "x" * 1001):
            with pytest.raises(ValueError, match="1 to 1000 characters"):
                orders.change_address(conn, order.id, address, "key", AT)


def test_an_unknown_order_cannot_be_changed(database: Database) -> None:
    with database.write() as conn, pytest.raises(orders.UnknownOrder):
        orders.cancel(conn, 404, "key", AT)


def test_two_cancellations_at_once_refund_once(database: Database) -> None:
    with database.write() as conn:
        order = put(conn, payments=[payment()])
    results: list[orders.Order] = []
    both = threading.Barrier(2)

    def look(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith("SELECT orders.state"):
            with suppress(threading.BrokenBarrierError):
                both.wait(0.5)  # in vain, where the second one must wait for the first

    event.listen(database.engine, "after_cursor_execute", look)

    def cancel() -> None:
        with database.write() as conn:
            results.append(orders.cancel(conn, order.id, "message-1", AT))

    threads = [threading.Thread(target=cancel) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and len(set(results)) == 1
    assert len(results[0].refunds) == 1


# --- replacing -----------------------------------------------------------------------------------


def test_an_upsert_replaces_the_whole_order_and_keeps_its_id(database: Database) -> None:
    with database.write() as conn:
        first = put(conn, payments=[payment()], shipments=[{"carrier": "DPD", "state": "packed"}])
        assert orders.upsert(conn, record("ord 10234", state="paid", total=7)) == "updated"
        second = orders.find(conn, "10234")
        assert second and second.id == first.id
        assert (second.state, second.total) == ("paid", Decimal("7.00"))
        assert not second.payments and not second.shipments
        assert orders.upsert(conn, record("ord 10234", state="paid", total=7)) == "updated"
        assert orders.find(conn, "10234") == second


def test_an_orders_buyer_keeps_the_name_that_it_came_with(database: Database) -> None:
    with database.write() as conn:
        put(conn, "1", customer={"name": "Old", "email": "a@example.com", "language": "lt"})
        order = put(conn, "2", customer={"name": "New", "email": "A@example.com", "language": "en"})
        assert (order.customer_name, order.language) == ("New", "en")
        first = orders.find(conn, "1")
        assert first and (first.customer_name, first.language) == ("Old", "lt")
        third = put(conn, "3", customer={"name": "New", "email": "a@example.com"})
        assert third.language == "lt", "what is known of the e-mail, where the order says nothing"
        assert conn.execute(select(func.count()).select_from(customers)).scalar() == 1


def test_an_invoice_of_another_order_is_refused_before_anything_is_written(database: Database) -> None:
    invoice = {"number": "I-1", "url": "https://shop.example/i/1", "issued_at": "2026-05-03T07:16:00Z"}
    with database.write() as conn:
        put(conn, "1", invoices=[invoice])
        with pytest.raises(orders.InvoiceTaken) as refused:
            orders.upsert_many(conn, [record("3"), record("2", invoices=[invoice])])
        assert (refused.value.number, refused.value.invoice) == ("2", "I-1")
        assert orders.find(conn, "2") is None and orders.find(conn, "3") is None
        fresh = {**invoice, "number": "I-9"}
        with pytest.raises(orders.InvoiceTaken):
            orders.upsert_many(conn, [record("4", invoices=[fresh]), record("5", invoices=[fresh])])
        assert orders.upsert(conn, record("1", invoices=[invoice])) == "updated"


def test_two_writers_of_one_new_order_both_succeed(database: Database) -> None:
    outcomes: list[str] = []

    def write() -> None:
        with database.write() as conn:
            outcomes.extend(orders.upsert_many(conn, [record(str(number)) for number in range(20)]))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created"] * 20 + ["updated"] * 40


# --- records -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "advice"),
    [
        ({"number": "#"}, "number", "write the order's number"),
        ({"number": "\0"}, "number", "write the order's number"),
        ({"number": 17.5}, "number", "write the order's number"),
        ({"number": "9" * 41}, "number", "write the order's number"),
        ({"number": True}, "number", "write the order's number"),
        ({"state": "lost"}, "state", "write one of placed, unpaid"),
        ({"currency": "EURO"}, "currency", "ISO 4217"),
        ({"total": "-1"}, "total", "such as 59.90"),
        ({"total": "1.999"}, "total", "two decimals"),
        ({"total": "NaN"}, "total", "such as 59.90"),
        ({"total": 1e300}, "total", "such as 59.90"),
        ({"total": "10000000000"}, "total", "such as 59.90"),
        ({"placed_at": "2026-05-03T10:15:00"}, "placed_at", "with its zone"),
        ({"placed_at": "20260503"}, "placed_at", "with its zone"),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at", "from 2000"),
        ({"expected_on": "31.05.2026"}, "expected_on", "such as 2026-05-08"),
        ({"address": float("nan")}, "address", "write the delivery address"),
        ({"total": [0, [5, 9], -1]}, "total", "such as 59.90"),
        ({"total": (0, (5, 9), -1)}, "total", "such as 59.90"),
        ({"total": True}, "total", "such as 59.90"),
        ({"total": float("nan")}, "total", "such as 59.90"),
        ({"placed_at": 1_780_000_000}, "placed_at", "with its zone"),
        ({"address": "x" * 1001}, "address", "at most 1000"),
        ({"lines": []}, "lines", "1 to 500 items"),
        ({"lines": {}}, "lines", "1 to 500 items"),
        ({"lines": [7]}, "lines.0", "an object with sku"),
        ({"customer": {"name": "A"}}, "customer", "one of the two is needed"),
        (
            {"customer": {"name": "\x1b\u200b", "email": "a@b.lt"}},
            "customer.name",
            "write the customer's name",
        ),
        ({"customer": {"name": "A", "email": "a b@c.lt"}}, "customer.email", "jonas@example.com"),
        ({"customer": {"name": "A", "phone": "123"}}, "customer.phone", "international form"),
        ({"customer": {"name": "A", "phone": "9" * 5000}}, "customer.phone", "international form"),
        ({"colour": "red"}, "colour", "unknown field"),
        ({"col\x1bour": "red"}, "col?our", "unknown field"),
        (
            {"shipments": [{"carrier": "DPD", "state": "packed", "tracking_url": "javascript:alert(1)"}]},
            "shipments.0.tracking_url",
            "begins with https://",
        ),
        ({"payments": [{"state": "done"}]}, "payments.0.method", "missing: write the way of paying"),
    ],
)
def test_a_refused_field_says_what_to_write(changes: dict[str, Any], field: str, advice: str) -> None:
    with pytest.raises(ValidationError) as refused:
        record(**{"number": "1", **changes})
    found = {problem.field: problem.message for problem in problems(refused.value, OrderRecord)}
    assert advice in found[field]


def test_a_hopeless_record_has_a_bounded_list_of_problems() -> None:
    with pytest.raises(ValidationError) as refused:
        record(lines=[{}] * 500)
    assert len(problems(refused.value, OrderRecord)) == 50


def test_a_phone_without_country_needs_a_region() -> None:
    with pytest.raises(ValidationError):
        OrderRecord.model_validate(raw(), context=context(None))
    assert record().customer.phone == "+37060000123"
