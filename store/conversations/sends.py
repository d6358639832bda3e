"""What providers report of the parts they took."""

from datetime import datetime

from sqlalchemy import Connection, case, select, update

from store.tables import conversations, outbox, sends
from store.vocabulary import SendState

# A report that comes late never takes back what is known already.
RANKS = {SendState.SENT: 0, SendState.DELIVERED: 1, SendState.READ: 2, SendState.FAILED: 3}
_RANK = case(RANKS, value=sends.c.state, else_=0)


def report(
    connection: Connection,
    channel: str,
    account: str,
    provider_id: str,
    state: SendState,
    reason: str | None = None,
) -> tuple[int, str] | None:
    """Applies a report by rank; conversation and address of the message, or None if it is not one of ours
    or said nothing new. What was delivered can't fail any more."""
    allowed = [known for known, rank in RANKS.items() if rank < RANKS[state]]
    if state == SendState.FAILED:
        allowed = [SendState.SENT]
    found = connection.execute(
        update(sends)
        .where(
            sends.c.channel == channel,
            sends.c.account == account,
            sends.c.provider_id == provider_id,
            sends.c.state.in_(allowed),
        )
        .values(state=state, reason=reason)
        .returning(sends.c.outbox_id)
    ).scalar()
    if found is None:
        return None
    row = connection.execute(
        select(outbox.c.conversation_id, outbox.c.address).where(outbox.c.id == found)
    ).one()
    return row.conversation_id, row.address


def report_until(
    connection: Connection, channel: str, account: str, address: str, state: SendState, until: datetime
) -> None:
    """The same of all parts that a customer was sent until a moment."""
    theirs = select(outbox.c.id).where(
        outbox.c.conversation_id
        == select(conversations.c.id)
        .where(
            conversations.c.channel == channel,
            conversations.c.account == account,
            conversations.c.address == address,
        )
        .scalar_subquery()
    )
    connection.execute(
        update(sends)
        .where(
            sends.c.outbox_id.in_(theirs),
            sends.c.at <= until,
            RANKS[state] > _RANK,
            sends.c.state != SendState.FAILED,
        )
        .values(state=state)
    )


def is_ours(connection: Connection, channel: str, account: str, provider_id: str) -> bool:
    """Whether a message that the provider names was sent by us."""
    return (
        connection.execute(
            select(sends.c.id).where(
                sends.c.channel == channel, sends.c.account == account, sends.c.provider_id == provider_id
            )
        ).first()
        is not None
    )


def states(
    connection: Connection, conversation_id: int, first: int = 1, last: int = 2**31 - 1
) -> dict[int, tuple[SendState, str | None]]:
    """The worst state of each message's parts and its reason, by the message's number from `first` to
    `last`."""
    rows = connection.execute(
        select(outbox.c.seq, sends.c.state, sends.c.reason)
        .join(outbox, outbox.c.id == sends.c.outbox_id)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.seq.between(first, last))
        .order_by(outbox.c.seq, sends.c.part)
    )
    worst: dict[int, tuple[SendState, str | None]] = {}
    for seq, state, reason in rows:
        known = worst.get(seq)
        if (
            known is None
            or state == SendState.FAILED
            or (known[0] != SendState.FAILED and RANKS[state] < RANKS[known[0]])
        ):
            worst[seq] = (state, reason)
    return worst
