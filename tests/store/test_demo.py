import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from time import process_time

import phonenumbers
import pytest
from sqlalchemy import Connection, func, select

from store.core import schema
from store.core.database import Database
from store.orders import demo, demo_cases, demo_orders, orders
from store.orders.demo_cases import Standing
from store.orders.records import OrderRecord
from store.tables import customers, order_lines, payments, products, shipments, tracking_events
from store.tables import orders as orders_table
from store.vocabulary import OrderState, ShipmentState

TODAY = date(2026, 5, 4)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The demonstration shop; what is in it doesn't depend on the database engine."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('demo')}/demo.db")
    schema.upgrade(database)
    with database.write() as conn:
        began = process_time()
        demo.fill(conn, TODAY)
        assert process_time() - began < 2
    yield database
    database.close()


@pytest.fixture
def shop(filled: Database) -> Iterator[Connection]:
    """A transaction in the demonstration shop that is undone in the end."""
    with filled.engine.connect() as conn, conn.begin() as transaction:
        yield conn
        transaction.rollback()


def test_it_fills_an_empty_store_the_same_way_every_time(database: Database) -> None:
    lines = select(order_lines.c.sku, order_lines.c.quantity).order_by(order_lines.c.id)
    with database.write() as conn:
        assert demo.is_empty(conn) and demo.tryouts(conn) == []
        with pytest.raises(LookupError, match="no demonstration shop"):
            demo.sample(conn)
        demo.fill(conn, TODAY)
        assert not demo.is_empty(conn)
        first = (demo.sample(conn), demo.tryouts(conn), conn.execute(lines).all())
        demo.fill(conn, date(2027, 1, 1))
        assert (demo.sample(conn), demo.tryouts(conn), conn.execute(lines).all()) == first


def test_its_orders_are_many_and_of_every_kind(shop: Connection) -> None:
    rows = shop.execute(select(orders_table)).all()
    assert {row.state for row in rows} == set(OrderState)
    assert {row.currency for row in rows} == {"EUR", "USD", "IDR", "KZT"}
    assert sum(row.currency == "EUR" for row in rows) > len(rows) / 2
    assert len(rows) >= 1100
    assert sorted(int(row.number) for row in rows) == list(range(10001, 10001 + len(rows)))
    paid = {tuple(row) for row in shop.execute(select(payments.c.kind, payments.c.state))}
    assert paid >= {("payment", "failed"), ("payment", "done"), ("refund", "pending"), ("refund", "done")}
    parcels = shop.execute(select(shipments)).all()
    assert any(parcel.position == 1 for parcel in parcels)
    assert any(parcel.tracking_number is None for parcel in parcels)
    assert any(parcel.state == "in_transit" and parcel.expected_on < TODAY for parcel in parcels)
    assert shop.execute(select(func.count()).select_from(products)).scalar_one() >= 20


def test_nothing_in_it_is_later_than_the_day_it_is_made_for(shop: Connection) -> None:
    for column in (orders_table.c.placed_at, tracking_events.c.at, payments.c.at):
        latest = shop.execute(select(func.max(column))).scalar_one()
        assert latest <= datetime(2026, 5, 4, tzinfo=UTC)


def test_its_customers_are_made_up_and_of_five_languages(shop: Connection) -> None:
    people = shop.execute(select(customers)).all()
    assert len(people) >= 220
    assert {person.language for person in people} == {"en", "lt", "lv", "id", "kk"}
    assert any(person.email is None for person in people) and any(p.phone is None for p in people)
    assert len({person.name.split()[-1] for person in people}) < len(people)
    for person in people:
        if person.email:
            assert person.email.rpartition("@")[2] in ("example.com", "example.org", "example.net")
        if person.phone:
            assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone))


def test_the_sample_customer_can_prove_every_order(shop: Connection) -> None:
    sample = demo.sample(shop)
    assert set(sample) == {"email", "phone", "name", "orders", "other_customer_order"}
    assert list(sample["orders"]) == ["processing", "shipped", "delivered", "unpaid", "cancelled"]
    for state, number in sample["orders"].items():
        for contact in (sample["email"], sample["phone"]):
            order = orders.find_with_contact(shop, number, contact)
            assert order and order.state == state
            assert order.customer_name == sample["name"] and order.language == "en"
            if state == "shipped":
                (parcel,) = order.shipments
                assert parcel.carrier and parcel.tracking_url and parcel.tracking_number
    other = sample["other_customer_order"]
    assert orders.find(shop, other)
    assert orders.find_with_contact(shop, other, sample["email"]) is None
    assert orders.find_with_contact(shop, other, sample["phone"]) is None


def test_the_sample_survives_one_cancellation_and_tells_when_used_up(shop: Connection) -> None:
    for turn in range(2):
        order = orders.find(shop, demo.sample(shop)["orders"]["processing"])
        assert order
        orders.cancel(shop, order.id, f"key-{turn}", datetime(2026, 5, 4, tzinfo=UTC))
    with pytest.raises(LookupError, match="processing"):
        demo.sample(shop)


def test_orders_to_try_are_in_different_states_and_made_up(shop: Connection) -> None:
    shown = demo.tryouts(shop)
    assert len(shown) == 6 and len({item["state"] for item in shown}) == 6
    for item in shown:
        assert set(item) == {"number", "email", "name", "state"}
        assert orders.find_with_contact(shop, item["number"], item["email"])
    shop.execute(orders_table.update().values(email="real.person@shop.lt"))
    assert demo.tryouts(shop) == []


def test_placeholders_name_orders_as_they_are(database: Database) -> None:
    with database.write() as conn:
        demo.fill(conn, TODAY)
        facts = demo_cases.placeholders(conn, TODAY)
        for name in ("processing", "shipped", "delivered", "cancelled", "unpaid", *demo_cases.STATES):
            number = facts[name]
            email = facts.get(f"{name}_email", facts["email"])
            found = orders.find_with_contact(conn, number, email)
            assert found is not None and found.state == name
        late = orders.find(conn, facts["overdue"])
        assert late and late.expected_on and late.expected_on < TODAY and late.state == OrderState.SHIPPED
        assert orders.find_with_contact(conn, facts["other_order"], facts["email"]) is None
        before = demo_cases.standings(conn, facts.values())
        one = orders.find(conn, facts["processing"])
        assert one is not None
        assert before[one.number] == Standing(OrderState.PROCESSING, one.address)
        orders.change_address(conn, one.id, "Elm St 7", "key", datetime.now(UTC))
        after = demo_cases.standings(conn, [*facts.values(), "99999"])
        assert after == {**before, one.number: Standing(OrderState.PROCESSING, "Elm St 7")}


# --- what its orders say besides -----------------------------------------------------------------


def made() -> list[OrderRecord]:
    return demo_orders.make(TODAY)


def test_its_orders_are_those_that_scripted_conversations_are_about() -> None:
    """Their numbers, customers, states, sums, lines and payments: details are added, none is drawn anew."""
    kept = (
        *("number", "state", "placed_at", "expected_on", "currency", "total", "address"),
        *("customer", "payments", "invoices"),
    )
    plain = [
        {
            **{name: one[name] for name in kept},
            "lines": [
                {name: line[name] for name in ("sku", "name", "quantity", "unit_price")}
                for line in one["lines"]
            ],
        }
        for one in (order.model_dump(mode="json") for order in made())
    ]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    assert digest == "2ddc94b2fbb2f115123d85c755e3508b772781f85cfa5cce23e8ba5ca9c6e08a"


def test_what_is_paid_for_its_lines_and_their_delivery_is_the_total() -> None:
    found = made()
    for one in found:
        paid = [line.paid for line in one.lines if line.paid is not None]
        assert one.delivery_paid is not None and one.delivery_standard is not None
        assert len(paid) == len(one.lines) and sum(paid, one.delivery_paid) == one.total, one.number
        for line in one.lines:
            assert line.paid is not None and line.discount is not None and line.tax is not None
            assert line.paid + line.discount == line.quantity * line.unit_price
            assert 0 <= line.tax < line.paid
        if one.currency == "EUR":
            assert one.delivery_standard == Decimal("4.90") <= one.delivery_paid
    assert any(line.discount for one in found for line in one.lines)
    assert {one.country for one in found} == {"US", "IE", "MT", "LT", "LV", "ID", "KZ"}


def test_its_products_have_options_and_some_cannot_come_back() -> None:
    lines = [line for one in made() for line in one.lines]
    boots = [line.options for line in lines if line.sku == "SHO-202"]
    assert all(one and set(one) == {"size", "colour"} and one["size"].isdecimal() for one in boots)
    assert all(line.options is None for line in lines if line.sku == "BOO-601")
    assert {line.no_return for line in lines} == {None, "hygiene", "sealed"}
    assert all(line.returnable is (line.no_return is None) for line in lines)


def test_its_parcels_are_of_every_state_and_say_what_is_in_them() -> None:
    found = made()
    parcels = [parcel for one in found for parcel in one.shipments]
    assert {parcel.state for parcel in parcels} == set(ShipmentState)
    for state in ("waiting", "failed_attempt", "lost", "exception"):
        assert sum(parcel.state == state for parcel in parcels) == 3
    for parcel in parcels:
        arrived = [event.at for event in parcel.events if event.state == "delivered"]
        assert (parcel.delivered_at is not None) == bool(arrived)
        if parcel.state == "waiting":
            assert parcel.fetch_until and parcel.fetch_until >= TODAY
            assert parcel.events[-1].state == "waiting" and parcel.carrier in parcel.events[-1].place
    for one in found:
        told = [parcel.contents for parcel in one.shipments]
        if told and None not in told:
            pieces = Counter[int]()
            for inside in told:
                pieces.update({content.line: content.quantity for content in inside or ()})
            assert pieces == {at: line.quantity for at, line in enumerate(one.lines, 1)}, one.number
    assert any(len(one.shipments) == 2 and all(parcel.contents for parcel in one.shipments) for one in found)


def test_orders_that_are_shown_and_talked_about_stay_plain(shop: Connection) -> None:
    usual = {"packed", "in_transit", "out_for_delivery", "delivered", "returning", "returned"}
    facts = demo_cases.placeholders(shop, TODAY)
    fates = {facts.pop(f"parcel_{fate}"): fate for fate in demo_cases.FATES}
    for number, fate in fates.items():
        met = orders.find(shop, number)
        assert met and [parcel.state for parcel in met.shipments] == [fate]
    for number in {*facts.values(), *(one["number"] for one in demo.tryouts(shop))}:
        if order := orders.find(shop, number):
            assert {parcel.state for parcel in order.shipments} <= usual, number
