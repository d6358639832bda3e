"""The demonstration shop: the same customers and orders every time, dated back from a given day."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from store.orders import demo_orders
from store.orders.demo_orders import DOMAINS, SAMPLE_EMAIL, SAMPLE_STATES
from store.orders.upserts import upsert_many
from store.products import demo_products, products
from store.tables import customers, orders
from store.tables import products as products_table


def is_empty(connection: Connection) -> bool:
    """Whether there are no orders."""
    return connection.execute(select(orders.c.id).limit(1)).first() is None


def fill(connection: Connection, today: date) -> None:
    """Writes 240 customers and some 1200 orders, none later than the beginning of `today` in UTC.
    Made for an empty store: orders with the same numbers are replaced."""
    known = set(connection.execute(select(products_table.c.sku)).scalars())
    products.upsert_many(connection, [one for one in demo_products.make() if one.sku not in known])
    upsert_many(connection, demo_orders.make(today))


def sample(connection: Connection) -> dict[str, Any]:
    """{"email", "phone", "name", "orders": {state: number}, "other_customer_order": number}: an
    English-speaking demonstration customer with an order in each of five states, and somebody else's.

    Raises LookupError where the store holds no demonstration shop or its sample orders are used up.
    """
    customer = connection.execute(select(customers).where(customers.c.email == SAMPLE_EMAIL)).one_or_none()
    if customer is None:
        raise LookupError("this store holds no demonstration shop")
    own = connection.execute(
        select(orders.c.state, func.max(orders.c.number))
        .where(orders.c.customer_id == customer.id)
        .group_by(orders.c.state)
    )
    numbers = {row[0]: row[1] for row in own}
    if used_up := [state for state in SAMPLE_STATES if state not in numbers]:
        raise LookupError(f"the sample customer has no order left that is {' or '.join(used_up)}")
    others = select(func.min(orders.c.number)).where(orders.c.customer_id != customer.id, _made_up())
    return {
        "email": customer.email,
        "phone": customer.phone,
        "name": customer.name,
        "orders": {state: numbers[state] for state in SAMPLE_STATES},
        "other_customer_order": connection.execute(others).scalar_one(),
    }


def tryouts(connection: Connection, limit: int = 6) -> list[dict[str, str]]:
    """Demonstration orders in different states, as {"number", "email", "name", "state"}, the sample
    customer's first; never a real customer's."""
    by_state = func.row_number().over(
        partition_by=orders.c.state,
        order_by=((orders.c.email == SAMPLE_EMAIL).desc(), orders.c.number.desc()),
    )
    ranked = (
        select(
            orders.c.number,
            orders.c.email,
            customers.c.name,
            orders.c.state,
            by_state.label("rank"),
        )
        .join(customers, customers.c.id == orders.c.customer_id)
        .where(_made_up())
        .subquery()
    )
    rows = connection.execute(
        select(ranked)
        .where(ranked.c.rank == 1)
        .order_by((ranked.c.email == SAMPLE_EMAIL).desc(), ranked.c.number.desc())
        .limit(limit)
    )
    return [{"number": r.number, "email": r.email, "name": r.name, "state": r.state} for r in rows]


def _made_up() -> ColumnElement[bool]:
    return or_(*(orders.c.email.like(f"%@{domain}") for domain in DOMAINS))
