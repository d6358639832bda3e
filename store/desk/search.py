"""Finds conversations by their customers, orders and words, within bounds."""

from sqlalchemy import Connection, func, or_, select

from store.core.identifiers import normalise_number
from store.tables import conversations, customers, messages, orders

MAX_FOUND = 500  # conversations for each kind of match
SEARCHED = 200_000  # of the last messages


def found(connection: Connection, text: str) -> list[int]:
    """Conversations whose customer, order or words a text stands in; the latest of each kind."""
    contacts: set[str] = set()
    number = normalise_number(text)
    name = func.coalesce(orders.c.customer_name, customers.c.name)
    by_name = or_(*(name.like(one, escape="\\") for one in _patterns(text)))
    for condition in [orders.c.number == number] * bool(number) + [by_name]:
        rows = connection.execute(
            select(orders.c.email, orders.c.phone)
            .join(customers, customers.c.id == orders.c.customer_id)
            .where(condition)
            .order_by(orders.c.id.desc())
            .limit(MAX_FOUND)
        )
        contacts |= {one for row in rows for one in row if one}
    like = _escaped(text.lower()) + "%"
    of_customer = or_(
        conversations.c.proven_contact.in_(sorted(contacts)),
        conversations.c.proven_contact.like(like, escape="\\"),
        conversations.c.address.like(_escaped(text) + "%", escape="\\"),
    )
    ids = list(
        connection.execute(
            select(conversations.c.id).where(of_customer).order_by(conversations.c.id.desc()).limit(MAX_FOUND)
        ).scalars()
    )
    newest = select(func.coalesce(func.max(messages.c.id), 0) - SEARCHED).scalar_subquery()
    ids += connection.execute(
        select(messages.c.conversation_id)
        .where(
            messages.c.id > newest,
            or_(*(messages.c.text.like(one, escape="\\") for one in _patterns(text))),
        )
        .order_by(messages.c.id.desc())
        .limit(MAX_FOUND)
    ).scalars()
    return list(dict.fromkeys(ids))


def _patterns(text: str) -> list[str]:
    # SQLite's LIKE knows the case of ASCII letters only, PostgreSQL's of none.
    written = dict.fromkeys([text, text.lower(), text.upper(), text.capitalize(), text.title()])
    return [f"%{_escaped(one)}%" for one in written]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
