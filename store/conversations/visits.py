"""Stays of the web chat's customers, and which of them may still speak in a conversation.

A visitor nobody vouches for needs no row until their stay ends. One whom the shop's site vouches for has a
conversation of their own, in whichever browser, and a visit in each; it ends when they sign out, when they
write nothing for a while, or after a day's work.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update

from store.core.dialects import insert_new
from store.tables import visits, web_customers

IDLE = timedelta(hours=1)  # without a message
LIFETIME = timedelta(hours=12)  # since the shop's site last vouched


@dataclass(frozen=True, slots=True)
class Begun:
    """A vouched customer's visit; `resumed`: they are here already, in this browser or another one."""

    id: str
    address: str
    expires_at: datetime
    resumed: bool


def begin(
    connection: Connection, customer: str, contact: str, at: datetime, before: str | None = None
) -> Begun:
    """A visit of the customer whom the shop knows as `customer`. `before`: the visit that their browser had;
    it goes on if it is theirs and not over."""
    connection.execute(delete(visits).where(visits.c.expires_at < at))
    address = _address(connection, customer, contact, at)
    resumed = is_there(connection, address, at)
    expires_at = at + LIFETIME
    if before is not None:
        renewed = (
            update(visits)
            .where(visits.c.id == before, visits.c.address == address, *_lasting(at))
            .values(used_at=at, expires_at=expires_at)
        )
        if connection.execute(renewed).rowcount:
            return Begun(before, address, expires_at, resumed)
    new = secrets.token_urlsafe(16)
    connection.execute(visits.insert().values(id=new, address=address, used_at=at, expires_at=expires_at))
    return Begun(new, address, expires_at, resumed)


def until(connection: Connection, visit_id: str, at: datetime) -> datetime | None:
    """Until when a vouched visit lasts if nothing is written any more; None if it is over."""
    row = connection.execute(
        select(visits.c.used_at, visits.c.expires_at).where(visits.c.id == visit_id, *_lasting(at))
    ).one_or_none()
    return min(row.used_at + IDLE, row.expires_at) if row else None


def use(connection: Connection, visit_id: str, at: datetime) -> str | None:
    """A message comes: the visit lasts longer. The e-mail that the shop vouches for; None if it is over."""
    row = connection.execute(
        update(visits)
        .where(visits.c.id == visit_id, *_lasting(at))
        .values(used_at=at)
        .returning(visits.c.address)
    ).one_or_none()
    if row is None:
        return None
    contact: str | None = connection.execute(
        select(web_customers.c.contact).where(web_customers.c.address == row.address)
    ).scalar_one_or_none()
    return contact


def has_ended(connection: Connection, visit_id: str) -> bool:
    """Whether a visit was ended, also one that nobody vouched for."""
    ended = select(visits.c.id).where(visits.c.id == visit_id, visits.c.ended_at.is_not(None))
    return connection.execute(ended).first() is not None


def is_there(connection: Connection, address: str, at: datetime) -> bool:
    """Whether a vouched customer has a visit that isn't over, in any browser."""
    there = select(visits.c.id).where(visits.c.address == address, *_lasting(at)).limit(1)
    return connection.execute(there).first() is not None


def end(connection: Connection, visit_id: str, address: str, expires_at: datetime, at: datetime) -> bool:
    """Ends a visit; its tokens count no more, of which the last expires then. Whether it wasn't over yet."""
    row = {"id": visit_id, "address": address, "used_at": at, "expires_at": expires_at, "ended_at": at}
    if insert_new(connection, visits, row) is not None:
        return True
    ended = update(visits).where(visits.c.id == visit_id, visits.c.ended_at.is_(None)).values(ended_at=at)
    return bool(connection.execute(ended).rowcount)


def leave(connection: Connection, address: str, at: datetime) -> list[str]:
    """Nobody comes back to a vouched customer's conversation: they begin another one next time. The ids of
    their visits, which are over."""
    connection.execute(delete(web_customers).where(web_customers.c.address == address))
    ended = (
        update(visits)
        .where(visits.c.address == address, visits.c.ended_at.is_(None))
        .values(ended_at=at)
        .returning(visits.c.id)
    )
    return list(connection.execute(ended).scalars())


def _address(connection: Connection, customer: str, contact: str, at: datetime) -> str:
    """Where a customer's conversation is. What the shop says of their e-mail now goes for all their
    visits."""
    new = {"id": customer, "address": secrets.token_urlsafe(16), "contact": contact, "vouched_at": at}
    insert_new(connection, web_customers, new)
    vouched = (
        update(web_customers)
        .where(web_customers.c.id == customer)
        .values(contact=contact, vouched_at=at)
        .returning(web_customers.c.address)
    )
    return str(connection.execute(vouched).scalar_one())


def _lasting(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return visits.c.ended_at.is_(None), visits.c.used_at > at - IDLE, visits.c.expires_at > at
