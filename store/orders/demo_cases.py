"""Orders of the demonstration shop by what is particular about them: what stands in the place of `{shipped}`,
`{email}` … in scripted conversations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from store.orders import demo
from store.tables import customers, invoices, order_lines, orders, payments, shipments
from store.vocabulary import OrderState

STATES = ("placed", "paid", "out_for_delivery", "returned", "partly_returned")

# What a parcel may meet on its way.
FATES = ("waiting", "failed_attempt", "lost", "exception")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a customer can change of an order."""

    state: OrderState
    address: str


def placeholders(connection: Connection, today: date) -> dict[str, str]:
    """{shipped}, {email} … of the sample customer, whose orders are plain; and orders of other customers
    in the states and cases that they have none of, each with the e-mail that opens it. `today`: as the shop
    was filled. Raises `LookupError` as `demo.sample` does."""
    sample = demo.sample(connection)
    facts = {
        **sample["orders"],
        **{name: sample[name] for name in ("email", "phone", "name")},
        "other_order": sample["other_customer_order"],
    }
    local = sample["phone"].removeprefix("+1")
    facts["phone_spaced"] = f"+1 {local[:3]} {local[3:6]} {local[6:]}"
    facts["phone_dashed"] = f"+1 ({local[:3]}) {local[3:6]}-{local[6:]}"
    facts["phone_shown"] = f"+1 {local[:3]}-{local[3:6]}-{local[6:]}"
    facts["phone_00"] = f"001{local}"
    own = orders.c.number, orders.c.email
    for state in STATES:
        _add(connection, facts, state, select(*own).where(orders.c.state == state))
    parcels = select(func.count()).where(shipments.c.order_id == orders.c.id).scalar_subquery()
    on_the_way = select(*own).where(orders.c.state == "shipped")
    untracked = exists().where(shipments.c.order_id == orders.c.id, shipments.c.tracking_number.is_(None))
    pending = exists().where(
        payments.c.order_id == orders.c.id, payments.c.kind == "refund", payments.c.state == "pending"
    )
    for fate in FATES:
        met = exists().where(shipments.c.order_id == orders.c.id, shipments.c.state == fate)
        _add(connection, facts, f"parcel_{fate}", on_the_way.where(met))
    invoiced = exists().where(invoices.c.order_id == orders.c.id)
    late = orders.c.expected_on < today
    _add(connection, facts, "two_parcels", on_the_way.where(parcels == 2))
    _add(connection, facts, "untracked", on_the_way.where(untracked))
    _add(connection, facts, "overdue", on_the_way.where(late))
    _add(connection, facts, "refund_pending", select(*own).where(pending))
    _add(connection, facts, "no_invoice", select(*own).where(orders.c.state == "paid", ~invoiced))
    lithuanian = (
        select(orders.c.number, orders.c.phone)
        .join(customers, customers.c.id == orders.c.customer_id)
        .where(orders.c.phone.like("+370%"), customers.c.language == "lt")
    )
    row = connection.execute(lithuanian.order_by(orders.c.number).limit(1)).one()
    _goods(connection, facts, today)
    # As people in the shop's own country write it: no country code, an 8 or a 0 before the number.
    facts |= {"lt_order": row.number, "lt_phone": row.phone, "lt_local": "8" + row.phone[4:]}
    return facts


def _add(connection: Connection, facts: dict[str, str], name: str, query: Select[Any]) -> None:
    row = connection.execute(
        query.where(orders.c.email.is_not(None)).order_by(orders.c.number).limit(1)
    ).one()
    facts |= {name: row.number, f"{name}_email": row.email}


def _goods(connection: Connection, facts: dict[str, str], today: date) -> None:
    """Delivered orders by what is particular about their goods: {pair}, two lines that can come back, with
    {first_item} and {second_item}; {several}, a line of several pieces, with {several_item}; {sealed}, goods
    excepted from the right to change one's mind; {old}, for which every time to change it is over."""
    line = order_lines.alias("line")
    of_order = order_lines.c.order_id == orders.c.id
    count = select(func.count()).where(of_order).scalar_subquery()
    pieces = select(func.sum(order_lines.c.quantity)).where(of_order).scalar_subquery()
    excepted = exists().where(line.c.order_id == orders.c.id, line.c.returnable.is_(False))
    delivered = select(orders.c.number, orders.c.email).where(
        orders.c.state == OrderState.DELIVERED,
        orders.c.currency == "EUR",
        orders.c.country.in_(("LT", "LV")),
    )
    noon = datetime.combine(today, time(12), UTC)
    recent = delivered.where(orders.c.placed_at >= noon - timedelta(days=26), orders.c.total <= 300)
    _add(connection, facts, "pair", recent.where(count == 2, pieces == 2, ~excepted))
    _add(connection, facts, "several", recent.where(count == 1, pieces > 1, ~excepted))
    _add(connection, facts, "sealed", recent.where(excepted))
    _add(connection, facts, "old", delivered.where(orders.c.placed_at < noon - timedelta(days=90)))
    for name, places in (("pair", ("first_item", "second_item")), ("several", ("several_item",))):
        named = (
            select(order_lines.c.name)
            .join(orders, orders.c.id == order_lines.c.order_id)
            .where(orders.c.number == facts[name])
            .order_by(order_lines.c.position)
        )
        facts |= dict(zip(places, connection.execute(named).scalars(), strict=True))


def standings(connection: Connection, numbers: Iterable[str]) -> dict[str, Standing]:
    """Those of the orders that there are, by number."""
    kept = select(orders.c.number, orders.c.state, orders.c.address).where(orders.c.number.in_([*numbers]))
    return {row.number: Standing(row.state, row.address) for row in connection.execute(kept)}
