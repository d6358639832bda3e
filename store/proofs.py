"""Proof of who a conversation's customer is, and the count of wrong tries."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from store.tables import conversations

MAX_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """What a conversation may see: the orders that `contact`, an e-mail or phone (E.164) that its
    customer has proven, was given with; nothing at all when `locked` after too many wrong tries."""

    contact: str | None
    locked: bool


_STANDING = select(conversations.c.proven_contact, conversations.c.failed_proofs).where(
    conversations.c.id == bindparam("of")
)


def standing(connection: Connection, conversation_id: int) -> Standing:
    """Where a conversation stands. One that doesn't exist has proven nothing."""
    row = connection.execute(_STANDING, {"of": conversation_id}).one_or_none()
    return Standing(row.proven_contact, row.failed_proofs >= MAX_FAILURES) if row else Standing(None, False)


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
