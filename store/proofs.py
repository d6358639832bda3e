"""Proof of who a conversation's customer is, and the count of wrong tries."""

from sqlalchemy import Connection, select, update

from store.tables import conversations

MAX_FAILURES = 5


def proven_contact(connection: Connection, conversation_id: int) -> str | None:
    """The e-mail or phone (E.164) that the customer has proven, if any. It opens the orders it was
    given with, and no others."""
    query = select(conversations.c.proven_contact).where(conversations.c.id == conversation_id)
    return connection.execute(query).scalar_one_or_none()


def is_locked(connection: Connection, conversation_id: int) -> bool:
    """Whether too many tries were wrong: no order is looked up any more."""
    query = select(conversations.c.failed_proofs).where(conversations.c.id == conversation_id)
    return (connection.execute(query).scalar_one_or_none() or 0) >= MAX_FAILURES


def succeed(connection: Connection, conversation_id: int, contact: str) -> None:
    """Remembers the proven contact. Wrong tries before it still count: otherwise somebody with one
    order of his own could go on guessing for ever."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(proven_contact=contact)
    )


def fail(connection: Connection, conversation_id: int) -> None:
    """Counts a wrong try."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(failed_proofs=conversations.c.failed_proofs + 1)
    )
