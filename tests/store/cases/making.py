"""Cases to try things with."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from store.cases.opening import Draft, DraftLine, Opened, open_case
from store.cases.timeline import By
from store.orders import orders
from store.orders.orders import Order
from store.orders.records import OrderRecord
from store.vocabulary import Actor, CaseKind, Wish

AT = datetime(2026, 11, 2, 10, tzinfo=UTC)
CONTACT = "ruta@example.com"


def order(connection: Connection, number: str = "10234", **more: Any) -> Order:
    """An order of two lines that was delivered, as it is stored."""
    record: dict[str, Any] = {
        "number": number,
        "state": "delivered",
        "placed_at": AT - timedelta(days=9),
        "currency": "EUR",
        "total": "64.80",
        "delivery_paid": "4.90",
        "country": "LT",
        "customer": {"name": "Rūta Žukė", "email": CONTACT, "language": "lt"},
        "lines": [
            {"sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": "12.30", "paid": "24.60"},
            {"sku": "LAMP", "name": "Oak lamp", "quantity": 1, "unit_price": "35.30", "paid": "35.30"},
        ],
        "shipments": [{"carrier": "Omniva", "state": "delivered", "delivered_at": AT - timedelta(days=5)}],
        "payments": [{"state": "done", "method": "card", "amount": "64.80", "at": AT - timedelta(days=9)}],
    }
    orders.upsert(connection, OrderRecord.model_validate(record | more))
    found = orders.find(connection, number)
    assert found
    return found


def by(actor: Actor = Actor.CUSTOMER, key: str = "m-1", minutes: int = 0, who: str = "") -> By:
    return By(actor, key, AT + timedelta(minutes=minutes), who)


def draft(of: Order, kind: CaseKind = CaseKind.WITHDRAWAL, **more: Any) -> Draft:
    """About the mugs of an order, both of them."""
    line = DraftLine(of.number, 0, "MUG", "Mug", 2, Decimal("24.60"))
    values: dict[str, Any] = {
        "kind": kind,
        "wish": Wish.REFUND,
        "order_id": of.id,
        "order_number": of.number,
        "contact": CONTACT,
        "language": "lt",
        "channel": "web",
        "stated_at": AT,
        "currency": "EUR",
        "lines": [line],
    }
    return Draft(**(values | more))


def opened(connection: Connection, key: str = "m-1", **more: Any) -> Opened:
    found = orders.find(connection, "10234") or order(connection)
    return open_case(connection, draft(found, **more), by(key=key))
