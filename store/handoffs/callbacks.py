"""Customers who want to be called."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from store.tables import callbacks
from store.vocabulary import CallbackState

MAX_WAITING = 200


@dataclass(frozen=True, slots=True)
class Callback:
    """`phone`: E.164. `wish`: when and why, in the customer's words."""

    id: int
    conversation_id: int
    phone: str
    wish: str
    state: CallbackState
    created_at: datetime


def waiting(connection: Connection) -> list[Callback]:
    """Who waits to be called, the longest first."""
    return _found(connection)


def _found(connection: Connection, *conditions: ColumnElement[bool]) -> list[Callback]:
    rows = connection.execute(
        select(
            callbacks.c.id,
            callbacks.c.conversation_id,
            callbacks.c.phone,
            callbacks.c.wish,
            callbacks.c.state,
            callbacks.c.created_at,
        )
        .where(callbacks.c.state == CallbackState.OPEN, *conditions)
        .order_by(callbacks.c.id)
        .limit(MAX_WAITING)
    )
    return [Callback(*row) for row in rows]


def conversation_of(connection: Connection, callback_id: int) -> int | None:
    """In which conversation it was asked for; None if there is no such wish."""
    found: int | None = connection.execute(
        select(callbacks.c.conversation_id).where(callbacks.c.id == callback_id)
    ).scalar()
    return found


def unanswered(connection: Connection, created_before: datetime) -> list[Callback]:
    """Who has waited to be called since before a time, and of whom nobody was told."""
    return [
        one
        for one in _found(connection, callbacks.c.alerted_at.is_(None))
        if one.created_at <= created_before
    ]


def say(connection: Connection, callback_id: int, at: datetime) -> bool:
    """Notes that agents are told that a customer waits to be called. False if they were told, or the customer
    was called meanwhile."""
    noted = connection.execute(
        update(callbacks)
        .where(
            callbacks.c.id == callback_id,
            callbacks.c.state == CallbackState.OPEN,
            callbacks.c.alerted_at.is_(None),
        )
        .values(alerted_at=at)
    )
    return noted.rowcount == 1


def request(connection: Connection, conversation_id: int, phone: str, wish: str, at: datetime) -> None:
    """Notes that a customer wants to be called. A conversation has one open wish: a later one, or the same
    one again, takes its place."""
    changed = connection.execute(
        update(callbacks)
        .where(callbacks.c.conversation_id == conversation_id, callbacks.c.state == CallbackState.OPEN)
        .values(phone=phone, wish=wish)
    )
    if not changed.rowcount:
        connection.execute(
            insert(callbacks).values(conversation_id=conversation_id, phone=phone, wish=wish, created_at=at)
        )


def finish(connection: Connection, callback_id: int, agent_id: int, at: datetime) -> bool:
    """The customer was called; False if there is no such wish. Again changes nothing."""
    known = connection.execute(select(callbacks.c.id).where(callbacks.c.id == callback_id)).first()
    connection.execute(
        update(callbacks)
        .where(callbacks.c.id == callback_id, callbacks.c.state == CallbackState.OPEN)
        .values(state=CallbackState.DONE, agent_id=agent_id, done_at=at)
    )
    return known is not None
