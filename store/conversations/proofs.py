"""Proof of who a conversation's customer is, and until when it holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update

from store.conversations import throttle
from store.conversations.conversations import phone_of
from store.core.dialects import insert_new
from store.tables import conversations, now, throttles, used_tokens
from store.vocabulary import Owner, ProofBy, ThrottleScope

# Where a phone is vouched for and no order's number is known, older orders may be those of whoever had the
# number before: providers give a number away after some months.
PHONE_KEPT: Final = timedelta(days=180)
# Nobody can have guessed these: what somebody else tries in the customer's name doesn't void them.
VOUCHED: Final = frozenset({ProofBy.SENDER, ProofBy.CODE, ProofBy.PROVIDER, ProofBy.SHOP})


@dataclass(frozen=True, slots=True)
class Identity:
    """What a conversation may see: the orders that `contact`, an e-mail or phone (E.164) that its
    customer has proven, was given with. `by`: how it was proven. `waits`: after wrong tries no further one
    counts for a while. `change`: false where every change needs a code of its own, since whoever writes may
    have forged the sender, whatever was proven before. `since`: no orders placed before it are seen."""

    contact: str | None
    waits: bool
    change: bool = True
    by: ProofBy | None = None
    since: datetime | None = None

    @property
    def locked(self) -> bool:
        """Whether it sees nothing for now: whoever guesses may have stolen what they proved, too."""
        return self.waits and self.by not in VOUCHED


_STANDING = (
    select(
        conversations.c.proven_contact,
        conversations.c.proven_by,
        conversations.c.address,
        throttles.c.waits_until,
    )
    .outerjoin(
        throttles,
        and_(throttles.c.scope == ThrottleScope.CONVERSATION, throttles.c.key == bindparam("counted")),
    )
    .where(conversations.c.id == bindparam("of"))
)
_EXPIRE = (
    update(conversations)
    .where(
        conversations.c.channel == bindparam("on"),
        conversations.c.account == bindparam("of"),
        conversations.c.address == bindparam("to"),
        conversations.c.proven_contact.is_not(None),
        # While people have it, they see who writes, and take their time to answer.
        conversations.c.owner.in_([Owner.BOT, Owner.CLOSED]),
        *(
            or_(column.is_(None), column < bindparam("since", type_=column.type))
            for column in (conversations.c.heard_at, conversations.c.proven_at)
        ),
    )
    .values(proven_contact=None, proven_by=None, proven_at=None)
)


def identity(connection: Connection, conversation_id: int, at: datetime | None = None) -> Identity:
    """Where a conversation stands, now or at a moment. One that doesn't exist has proven nothing."""
    counted = throttle.key(ThrottleScope.CONVERSATION, str(conversation_id))
    row = connection.execute(_STANDING, {"of": conversation_id, "counted": counted}).one_or_none()
    if row is None:
        return Identity(None, False)
    waits = throttle.waits(row.waits_until, at or now())
    # The channel whose senders can be forged is the one whose addresses are phones.
    change = row.proven_by != ProofBy.SENDER and phone_of(row.address) is None
    vouched = row.proven_by in (ProofBy.SENDER, ProofBy.PROVIDER)
    since = (at or now()) - PHONE_KEPT if vouched else None
    return Identity(row.proven_contact, waits, change, row.proven_by, since)


def succeed(
    connection: Connection,
    conversation_id: int,
    contact: str,
    by: ProofBy = ProofBy.ORDER,
    at: datetime | None = None,
) -> None:
    """Remembers the proven contact. Wrong tries before it still count: otherwise somebody with one
    order of their own could go on guessing for ever."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(proven_contact=contact, proven_by=by, proven_at=at or now())
    )


def vouch(
    connection: Connection, conversation_id: int, contact: str, by: ProofBy, at: datetime | None = None
) -> None:
    """Remembers a contact that a channel knows to be the customer's. An SMS's sender never
    takes the place of something better."""
    statement = (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(proven_contact=contact, proven_by=by, proven_at=at or now())
    )
    if by == ProofBy.SENDER:
        statement = statement.where(conversations.c.proven_contact.is_(None))
    connection.execute(statement)


def expire(connection: Connection, channel: str, account: str, address: str, since: datetime) -> None:
    """Ends the proof of a conversation whose customer wrote last, and proved it, before `since`: whoever
    writes next may be somebody else."""
    connection.execute(_EXPIRE, {"on": channel, "of": account, "to": address, "since": since})


def end(connection: Connection, conversation_id: int) -> None:
    """Forgets the proven contact, as nobody knows who writes next. Wrong tries still count."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(proven_contact=None, proven_by=None, proven_at=None)
    )


def use_token(connection: Connection, token_id: str, expires_at: datetime, at: datetime) -> bool:
    """Notes that a token which vouches for somebody was used; False if it was used before."""
    connection.execute(delete(used_tokens).where(used_tokens.c.expires_at < at))
    return insert_new(connection, used_tokens, {"id": token_id, "expires_at": expires_at}) is not None
