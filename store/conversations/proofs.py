"""Proof of who a conversation's customer is, and the count of wrong tries."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from store.core.dialects import insert_new
from store.tables import conversations, used_tokens
from store.vocabulary import ProofBy

MAX_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """What a conversation may see: the orders that `contact`, an e-mail or phone (E.164) that its
    customer has proven, was given with; nothing at all when `locked` after too many wrong tries. Where the
    contact is known from nothing but an SMS's sender, who can be forged, it may look but `change` nothing.
    `by`: how it was proven."""

    contact: str | None
    locked: bool
    change: bool = True
    by: ProofBy | None = None


_STANDING = select(
    conversations.c.proven_contact, conversations.c.failed_proofs, conversations.c.proven_by
).where(conversations.c.id == bindparam("of"))


def identity(connection: Connection, conversation_id: int) -> Identity:
    """Where a conversation stands. One that doesn't exist has proven nothing."""
    row = connection.execute(_STANDING, {"of": conversation_id}).one_or_none()
    if row is None:
        return Identity(None, False)
    locked = row.failed_proofs >= MAX_FAILURES
    return Identity(row.proven_contact, locked, row.proven_by != ProofBy.SENDER, row.proven_by)


def succeed(connection: Connection, conversation_id: int, contact: str, by: ProofBy = ProofBy.ORDER) -> None:
    """Remembers the proven contact. Wrong tries before it still count: otherwise somebody with one
    order of their own could go on guessing for ever."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(proven_contact=contact, proven_by=by)
    )


def vouch(connection: Connection, conversation_id: int, contact: str, by: ProofBy) -> None:
    """Remembers a contact that a channel knows to be the customer's. An SMS's sender never
    takes the place of something better."""
    statement = (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(proven_contact=contact, proven_by=by)
    )
    if by == ProofBy.SENDER:
        statement = statement.where(conversations.c.proven_contact.is_(None))
    connection.execute(statement)


def end(connection: Connection, conversation_id: int) -> None:
    """Forgets the proven contact, as nobody knows who writes next. Wrong tries still count."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(proven_contact=None, proven_by=None)
    )


def fail(connection: Connection, conversation_id: int) -> bool:
    """Counts a wrong try; whether it is the one that locks."""
    count = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(failed_proofs=conversations.c.failed_proofs + 1)
        .returning(conversations.c.failed_proofs)
    ).scalar()
    return bool(count == MAX_FAILURES)


def use_token(connection: Connection, token_id: str, expires_at: datetime, at: datetime) -> bool:
    """Notes that a token which vouches for somebody was used; False if it was used before."""
    connection.execute(delete(used_tokens).where(used_tokens.c.expires_at < at))
    return insert_new(connection, used_tokens, {"id": token_id, "expires_at": expires_at}) is not None
