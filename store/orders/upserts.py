"""Orders as the shop exports them take the place of what was stored under their numbers, unless that is
newer: messages of a shop's system overtake each other."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from store.orders.records import CustomerRecord, OrderRecord
from store.tables import (
    customers,
    invoices,
    now,
    order_lines,
    orders,
    payments,
    shipments,
    tracking_events,
)

Outcome = Literal["created", "updated", "older"]
_HEAD = OrderRecord.model_fields.keys() - {
    "number",
    "customer",
    "lines",
    "shipments",
    "payments",
    "invoices",
}
_STANDING = select(orders.c.number, orders.c.id, orders.c.version, orders.c.changed_at)


class InvoiceTaken(ValueError):
    """Order `number` can't have invoice `invoice`: another order has it."""

    def __init__(self, number: str, invoice: str) -> None:
        super().__init__(f"invoice {invoice} belongs to another order")
        self.number = number
        self.invoice = invoice


def upsert(connection: Connection, record: OrderRecord) -> Outcome:
    """Stores a whole order under its number, in place of what was there; "older": that is newer, and nothing
    was taken. Raises `InvoiceTaken`."""
    return upsert_many(connection, [record])[0]


def upsert_many(connection: Connection, records: Sequence[OrderRecord]) -> list[Outcome]:
    """As `upsert`, for orders with different numbers, in a fixed number of statements.

    Raises `InvoiceTaken` before anything is written.
    """
    if len({record.number for record in records}) < len(records):
        raise ValueError("two records have the same number")
    # In one order everywhere, so that two writers wait for each other instead of locking up.
    ordered = sorted(records, key=lambda record: record.number)
    # Looked at before anything is written, and again under the lock for what was written meanwhile.
    stored = connection.execute(_STANDING.where(orders.c.number.in_([one.number for one in ordered])))
    older = _older(ordered, stored)
    ordered = [record for record in ordered if record.number not in older]
    outcomes = _store(connection, ordered) if ordered else {}
    return [outcomes.get(record.number, "older") for record in records]


def _older(records: Sequence[OrderRecord], stored: Iterable[Row[*tuple[Any, ...]]]) -> set[str]:
    """The numbers of the records that say of themselves that they are older than what is stored. Versions
    count; where one of the two has none, the times do; one that says nothing is taken."""
    standing = {row.number: row for row in stored}
    found = set()
    for record in records:
        row = standing.get(record.number)
        if row is None:
            continue
        if record.version is not None and row.version is not None:
            older = record.version < row.version
        elif record.changed_at is not None and row.changed_at is not None:
            older = record.changed_at < row.changed_at
        else:
            continue
        if older:
            found.add(record.number)
    return found


def _store(connection: Connection, ordered: Sequence[OrderRecord]) -> dict[str, Outcome]:
    """The outcome by number."""
    _check_invoices(connection, ordered)
    customer_ids = _upsert_customers(connection, [record.customer for record in ordered])
    heads = [
        {
            "number": record.number,
            "customer_id": customer_ids[_contact(record.customer)],
            "email": record.customer.email,
            "phone": record.customer.phone,
            "customer_name": record.customer.name,
            "language": record.customer.language,
            "updated_at": now(),
            **record.model_dump(include=_HEAD),
        }
        for record in ordered
    ]
    new = _insert(connection, orders).on_conflict_do_nothing(index_elements=["number"])
    created = set(connection.execute(new.returning(orders.c.number), heads).scalars())
    numbers = [record.number for record in ordered]
    stored = _STANDING.where(orders.c.number.in_(numbers)).order_by(orders.c.number)
    locked = connection.execute(stored.with_for_update()).all()
    ids: dict[str, int] = {row.number: row.id for row in locked}
    older = _older(ordered, locked)
    known = [{**head, "known": head["number"]} for head in heads if head["number"] not in created | older]
    if known:
        connection.execute(update(orders).where(orders.c.number == bindparam("known")), known)
        for table in (order_lines, shipments, payments, invoices):
            connection.execute(
                delete(table).where(table.c.order_id.in_([ids[head["known"]] for head in known]))
            )
    taken = [record for record in ordered if record.number not in older]
    _insert_parts(connection, taken, ids)
    return {one.number: "created" if one.number in created else "updated" for one in taken}


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _check_invoices(connection: Connection, records: Sequence[OrderRecord]) -> None:
    owners: dict[str, str] = {}
    wanted = [invoice.number for record in records for invoice in record.invoices]
    if wanted:
        stored = (
            select(invoices.c.number, orders.c.number)
            .join(orders, orders.c.id == invoices.c.order_id)
            .where(invoices.c.number.in_(wanted))
        )
        owners = {row[0]: row[1] for row in connection.execute(stored)}
    for record in records:
        for invoice in record.invoices:
            if owners.setdefault(invoice.number, record.number) != record.number:
                raise InvoiceTaken(record.number, invoice.number)


def _contact(record: CustomerRecord) -> tuple[str | None, str | None]:
    # An order with an e-mail belongs to that e-mail's customer and to nobody who shares its phone.
    return (record.email, None) if record.email else (None, record.phone)


def _upsert_customers(
    connection: Connection, records: Iterable[CustomerRecord]
) -> dict[tuple[str | None, str | None], int]:
    """The ids of the customers by `_contact`. A known one stays as they are: anybody can type a stranger's
    e-mail into an order, and would rename them, or have one's own phone open their orders."""
    wanted = {_contact(record): record for record in records}
    by_email = sorted((r for r in wanted.values() if r.email), key=lambda r: str(r.email))
    by_phone = {str(r.phone): r for r in wanted.values() if not r.email}
    ids: dict[tuple[str | None, str | None], int] = {}
    if by_email:
        statement = _insert(connection, customers)
        # Sets what is there already, so that known customers' ids are returned too.
        same = {"email": statement.excluded.email}
        statement = statement.on_conflict_do_update(index_elements=["email"], set_=same)
        rows = [_customer_row(r) for r in by_email]
        found = connection.execute(statement.returning(customers.c.email, customers.c.id), rows)
        ids.update({(email, None): id_ for email, id_ in found})
    if by_phone:
        owners = (
            select(customers.c.phone, func.min(customers.c.id))
            .where(customers.c.phone.in_(by_phone), customers.c.email.is_(None))
            .group_by(customers.c.phone)
        )
        ids.update({(None, phone): id_ for phone, id_ in connection.execute(owners)})
        if rows := [_customer_row(r) for phone, r in by_phone.items() if (None, phone) not in ids]:
            found = connection.execute(insert(customers).returning(customers.c.phone, customers.c.id), rows)
            ids.update({(None, phone): id_ for phone, id_ in found})
    return ids


def _customer_row(record: CustomerRecord) -> dict[str, Any]:
    return {**record.model_dump(), "language": record.language or "en"}


def _quantities(contents: Iterable[dict[str, int]]) -> dict[int, int]:
    """How many of which line, by its position; what is named twice is both."""
    found: Counter[int] = Counter()
    for one in contents:
        found[one["line"] - 1] += one["quantity"]
    return dict(found)


def _insert_parts(connection: Connection, records: Sequence[OrderRecord], ids: dict[str, int]) -> None:
    rows: dict[Table, list[dict[str, Any]]] = {order_lines: [], shipments: [], payments: [], invoices: []}
    for record in records:
        order_id = ids[record.number]
        for table, parts in (
            (order_lines, record.lines),
            (shipments, record.shipments),
            (payments, record.payments),
        ):
            for position, part in enumerate(parts):
                rows[table].append(
                    {"order_id": order_id, "position": position, **part.model_dump(exclude={"events"})}
                )
                if table is order_lines:
                    rows[table][-1]["sku"] = rows[table][-1]["sku"] or ""
                if table is shipments and (contents := rows[table][-1]["contents"]) is not None:
                    rows[table][-1]["contents"] = _quantities(contents)
                if table is payments:
                    rows[table][-1]["currency"] = record.currency
        rows[invoices] += [{"order_id": order_id, **part.model_dump()} for part in record.invoices]
    parcels = rows.pop(shipments)
    for table, values in rows.items():
        if values:
            connection.execute(insert(table), values)
    if not parcels:
        return
    new = insert(shipments).returning(shipments.c.order_id, shipments.c.position, shipments.c.id)
    parcel_ids = {(row.order_id, row.position): row.id for row in connection.execute(new, parcels)}
    happened = [
        {"shipment_id": parcel_ids[ids[record.number], position], **event.model_dump()}
        for record in records
        for position, parcel in enumerate(record.shipments)
        for event in parcel.events
    ]
    if happened:
        connection.execute(insert(tracking_events), happened)
