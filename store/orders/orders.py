"""Orders: look them up, prove whose they are, change them; `upsert` replaces them.

Functions take a `Connection` inside the caller's transaction. Reading one order costs at most five
statements, whatever it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, func, insert, select, true, update

from store.core.cleaning import clean
from store.core.identifiers import normalise_email as normalise_email
from store.core.identifiers import normalise_number as normalise_number
from store.core.identifiers import normalise_phone as normalise_phone
from store.orders.records import OrderRecord
from store.orders.upserts import InvoiceTaken as InvoiceTaken
from store.orders.upserts import upsert as upsert
from store.orders.upserts import upsert_many as upsert_many
from store.tables import (
    customers,
    invoices,
    order_changes,
    order_lines,
    orders,
    payments,
    shipments,
    tracking_events,
)
from store.vocabulary import NoReturn, OrderChange, OrderState, PaymentKind, PaymentState, ShipmentState

# The states in which a customer may still cancel an order, or have it sent elsewhere.
CANCELLABLE: Final = frozenset({OrderState.PLACED, OrderState.UNPAID, OrderState.PAID, OrderState.PROCESSING})
READDRESSABLE: Final = CANCELLABLE

# The states of a parcel that a customer may have had in their hands.
RECEIVED: Final = frozenset({ShipmentState.DELIVERED, ShipmentState.RETURNING, ShipmentState.RETURNED})


@dataclass(frozen=True, slots=True)
class Line:
    """`position`: its place in the order, from 0. `paid`: for all pieces, less discounts, tax included.
    `returnable`: whether one may change one's mind; None where nobody says."""

    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    position: int = 0
    paid: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    options: Mapping[str, str] | None = None
    returnable: bool | None = None
    no_return: NoReturn | None = None


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    at: datetime
    state: ShipmentState
    place: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel; its events oldest first. `contents`: how many of which line, by its position; None where
    nobody says."""

    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    state: ShipmentState
    shipped_at: datetime | None
    expected_on: date | None
    events: tuple[TrackingEvent, ...]
    delivered_at: datetime | None = None
    fetch_until: date | None = None
    contents: Mapping[int, int] | None = None

    @property
    def received_at(self) -> datetime | None:
        """When the customer got it, as far as anybody says; also if it is on its way back since."""
        if self.state not in RECEIVED:
            return None
        told = (one.at for one in self.events if one.state == ShipmentState.DELIVERED)
        return self.delivered_at or max(told, default=None)


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment or a refund."""

    state: PaymentState
    method: str
    amount: Decimal
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Invoice:
    number: str
    url: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order in a list."""

    id: int
    number: str
    state: OrderState
    currency: str
    total: Decimal
    placed_at: datetime
    expected_on: date | None


@dataclass(frozen=True, slots=True)
class Order:
    """A whole order. `email` and `phone` are those given with the order, not the customer's."""

    id: int
    number: str
    customer_id: int
    customer_name: str
    language: str
    email: str | None
    phone: str | None
    state: OrderState
    currency: str
    total: Decimal
    address: str
    placed_at: datetime
    expected_on: date | None
    lines: tuple[Line, ...]
    shipments: tuple[Shipment, ...]
    payments: tuple[Payment, ...]
    refunds: tuple[Payment, ...]
    invoices: tuple[Invoice, ...]
    country: str | None = None
    delivery_paid: Decimal | None = None
    delivery_standard: Decimal | None = None
    version: int | None = None
    changed_at: datetime | None = None


class UnknownOrder(LookupError):
    """No order has this id."""


class NotAllowed(Exception):
    """The order's `state` forbids the change."""

    def __init__(self, state: OrderState) -> None:
        super().__init__(f"not allowed for an order that is {state}")
        self.state = state


# --- reading -------------------------------------------------------------------------------------

_HEAD = select(
    orders.c.id,
    orders.c.number,
    orders.c.customer_id,
    # As the order names its buyer; what earlier versions stored may have it with the customer only.
    func.coalesce(orders.c.customer_name, customers.c.name).label("customer_name"),
    func.coalesce(orders.c.language, customers.c.language).label("language"),
    orders.c.email,
    orders.c.phone,
    orders.c.state,
    orders.c.currency,
    orders.c.total,
    orders.c.address,
    orders.c.placed_at,
    orders.c.expected_on,
    orders.c.country,
    orders.c.delivery_paid,
    orders.c.delivery_standard,
    orders.c.version,
    orders.c.changed_at,
).join(customers, customers.c.id == orders.c.customer_id)


_OF_LINE: Final = tuple(one.name for one in fields(Line))


def find(connection: Connection, number: str) -> Order | None:
    """The order with this number, however it is written."""
    head = connection.execute(_HEAD.where(orders.c.number == normalise_number(number))).one_or_none()
    return _load(connection, head) if head else None


def find_with_contact(
    connection: Connection, number: str, contact: str, since: datetime | None = None
) -> Order | None:
    """The order with this number, if `contact`, an e-mail or phone, was given with it; not if it was placed
    before `since`.

    None says nothing about whether the number exists. The buyer's account doesn't count: anybody can
    order with somebody else's e-mail.
    """
    own = normalise_contact(contact)
    wanted = orders.c.number == normalise_number(number)
    head = connection.execute(_HEAD.where(wanted, _given_with(own), _placed(since))).one_or_none()
    return _load(connection, head) if head else None


def opens(connection: Connection, number: str, contact: str, since: datetime | None = None) -> str | None:
    """The stored number of the order, if `contact` was given with it: `find_with_contact` in short."""
    wanted = orders.c.number == normalise_number(number)
    found: str | None = connection.execute(
        select(orders.c.number).where(wanted, _given_with(normalise_contact(contact)), _placed(since))
    ).scalar_one_or_none()
    return found


def first_free(connection: Connection, numbers: Sequence[str]) -> str | None:
    """The first of some numbers that no order has."""
    spelled = {normalise_number(one): one for one in reversed(numbers)}
    taken = set(
        connection.execute(select(orders.c.number).where(orders.c.number.in_(sorted(spelled)))).scalars()
    )
    return next((one for one in numbers if normalise_number(one) not in taken), None)


def of_contact(
    connection: Connection, contact: str, limit: int = 10, since: datetime | None = None
) -> list[OrderSummary]:
    """The orders that `contact`, an e-mail or phone, was given with, newest first; none placed before
    `since`."""
    found = connection.execute(
        select(
            orders.c.id,
            orders.c.number,
            orders.c.state,
            orders.c.currency,
            orders.c.total,
            orders.c.placed_at,
            orders.c.expected_on,
        )
        .where(_given_with(normalise_contact(contact)), _placed(since))
        .order_by(orders.c.placed_at.desc(), orders.c.id.desc())
        .limit(limit)
    )
    return [OrderSummary(*row) for row in found]


def normalise_contact(contact: str) -> str:
    """An e-mail or phone as it is stored; a phone must be E.164 already."""
    return normalise_email(contact) if "@" in contact else contact


def _given_with(contact: str) -> ColumnElement[bool]:
    return orders.c.email == contact if "@" in contact else orders.c.phone == contact


def _placed(since: datetime | None) -> ColumnElement[bool]:
    return true() if since is None else orders.c.placed_at >= since


def _load(connection: Connection, head: Row[*tuple[Any, ...]]) -> Order:
    def of_order(table: Table, *names: str) -> Sequence[Any]:
        columns = [table.c[name] for name in names]
        order_by = table.c.position if "position" in table.c else table.c.id
        return connection.execute(
            select(*columns).where(table.c.order_id == head.id).order_by(order_by)
        ).all()

    paid = of_order(payments, "kind", "state", "method", "amount", "currency", "at")
    return Order(
        **head._asdict(),
        lines=tuple(Line(*row) for row in of_order(order_lines, *_OF_LINE)),
        shipments=_shipments(connection, head.id),
        payments=tuple(Payment(*row[1:]) for row in paid if row.kind == PaymentKind.PAYMENT),
        refunds=tuple(Payment(*row[1:]) for row in paid if row.kind == PaymentKind.REFUND),
        invoices=tuple(Invoice(*row) for row in of_order(invoices, "number", "url", "issued_at")),
    )


def _shipments(connection: Connection, order_id: int) -> tuple[Shipment, ...]:
    rows = connection.execute(
        select(
            shipments, *(tracking_events.c[name].label(f"event_{name}") for name in ("at", "state", "place"))
        )
        .outerjoin(tracking_events)
        .where(shipments.c.order_id == order_id)
        .order_by(shipments.c.position, tracking_events.c.at, tracking_events.c.id)
    )
    parcels = []
    for _, same in groupby(rows, key=lambda row: row.position):
        events = list(same)
        parcels.append(
            Shipment(
                carrier=events[0].carrier,
                tracking_number=events[0].tracking_number,
                tracking_url=events[0].tracking_url,
                state=events[0].state,
                shipped_at=events[0].shipped_at,
                expected_on=events[0].expected_on,
                events=tuple(
                    TrackingEvent(row.event_at, row.event_state, row.event_place)
                    for row in events
                    if row.event_at is not None
                ),
                delivered_at=events[0].delivered_at,
                fetch_until=events[0].fetch_until,
                contents=(
                    {int(line): quantity for line, quantity in events[0].contents.items()}
                    if events[0].contents is not None
                    else None
                ),
            )
        )
    return tuple(parcels)


def to_record(order: Order) -> OrderRecord:
    """The order as the shop would export it."""
    parts = asdict(order)
    names = OrderRecord.model_fields.keys() - {"customer", "payments"}
    return OrderRecord.model_validate(
        {
            **{name: parts[name] for name in names},
            "lines": [
                {
                    key: value or None if key == "sku" else value
                    for key, value in line.items()
                    if key != "position"
                }
                for line in parts["lines"]
            ],
            "shipments": [
                {**parcel, "contents": _contents(parcel["contents"])} for parcel in parts["shipments"]
            ],
            "customer": {
                "name": order.customer_name,
                "email": order.email,
                "phone": order.phone,
                "language": order.language,
            },
            "payments": [
                {"kind": kind, **{key: value for key, value in asdict(payment).items() if key != "currency"}}
                for kind, payments_ in (
                    (PaymentKind.PAYMENT, order.payments),
                    (PaymentKind.REFUND, order.refunds),
                )
                for payment in payments_
            ],
        }
    )


def _contents(quantities: Mapping[int, int] | None) -> list[dict[str, int]] | None:
    if quantities is None:
        return None
    return [{"line": position + 1, "quantity": quantity} for position, quantity in sorted(quantities.items())]


# --- changing ------------------------------------------------------------------------------------


def cancel(connection: Connection, order_id: int, key: str, at: datetime) -> Order:
    """Cancels an order; what was paid becomes a pending refund.

    Done once for a `key`: again with the same one changes nothing. Raises `UnknownOrder`, `NotAllowed`.
    """
    state = _lock(connection, order_id, key, OrderChange.CANCELLED)
    if state is not None:
        if state not in CANCELLABLE:
            raise NotAllowed(state)
        _refund(connection, order_id, at)
        cancelled = {"state": OrderState.CANCELLED}
        _change(connection, order_id, key, OrderChange.CANCELLED, {"from": state}, at, cancelled)
    return _load(connection, connection.execute(_HEAD.where(orders.c.id == order_id)).one())


def change_address(connection: Connection, order_id: int, address: str, key: str, at: datetime) -> Order:
    """Has an order sent to `address` (not empty, at most 1000 characters).

    Done once for a `key`: again with the same one changes nothing. Raises `UnknownOrder`, `NotAllowed`.
    """
    address = clean(address)
    if not 0 < len(address) <= 1000:
        raise ValueError("an address has 1 to 1000 characters")
    state = _lock(connection, order_id, key, OrderChange.ADDRESS_CHANGED)
    if state is not None:
        if state not in READDRESSABLE:
            raise NotAllowed(state)
        old = connection.execute(select(orders.c.address).where(orders.c.id == order_id)).scalar_one()
        details = {"from": old, "to": address}
        _change(connection, order_id, key, OrderChange.ADDRESS_CHANGED, details, at, {"address": address})
    return _load(connection, connection.execute(_HEAD.where(orders.c.id == order_id)).one())


def _lock(connection: Connection, order_id: int, key: str, kind: OrderChange) -> OrderState | None:
    """The state of the order, whose row is ours until the transaction ends; None if `key` was used
    for this very change before."""
    state: OrderState | None = connection.execute(
        select(orders.c.state).where(orders.c.id == order_id).with_for_update()
    ).scalar()
    if state is None:
        raise UnknownOrder(order_id)
    known = connection.execute(
        select(order_changes.c.order_id, order_changes.c.kind).where(order_changes.c.key == key)
    ).one_or_none()
    if known is None:
        return state
    if tuple(known) != (order_id, kind):
        raise ValueError("this key was used for another change")
    return None


def _change(
    connection: Connection,
    order_id: int,
    key: str,
    kind: OrderChange,
    details: dict[str, Any],
    at: datetime,
    values: dict[str, Any],
) -> None:
    connection.execute(
        insert(order_changes).values(order_id=order_id, key=key, kind=kind, details=details, at=at)
    )
    connection.execute(update(orders).where(orders.c.id == order_id).values(updated_at=at, **values))


def _refund(connection: Connection, order_id: int, at: datetime) -> None:
    rows = connection.execute(
        select(payments).where(payments.c.order_id == order_id).order_by(payments.c.position)
    ).all()
    received = [row for row in rows if row.kind == PaymentKind.PAYMENT and row.state == PaymentState.DONE]
    given_back = [row for row in rows if row.kind == PaymentKind.REFUND and row.state != PaymentState.FAILED]
    due = sum((row.amount for row in received), Decimal(0)) - sum(row.amount for row in given_back)
    if due > 0:
        connection.execute(
            insert(payments).values(
                order_id=order_id,
                position=rows[-1].position + 1,
                kind=PaymentKind.REFUND,
                state=PaymentState.PENDING,
                method=received[-1].method,
                amount=due,
                currency=received[-1].currency,
                at=at,
            )
        )
