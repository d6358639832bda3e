"""The outbox: every message to a customer, from the turn that made it to the provider that took it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, insert, or_, select, update

from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.core import events
from store.core.dialects import insert_new
from store.core.events import DeliveryChanged, MessageQueued
from store.core.job_queue import JobQueue, is_free
from store.tables import OPEN, conversations, messages, outbox, sends, suppressions
from store.vocabulary import Author, OutboxState, Owner

LEASE = timedelta(minutes=2)  # a claim older than this belongs to a process that died
# A claimed message stays `queued`: it is `sending` only while a part of it may be with its provider.
QUEUE = JobQueue(outbox, waiting=OutboxState.QUEUED, indexed=OPEN)


@dataclass(frozen=True, slots=True)
class Due:
    """A message to hand to its provider now."""

    id: int
    conversation_id: int
    seq: int
    channel: str
    account: str
    address: str
    author: Author
    text: str
    buttons: list[dict[str, str]]
    attempts: int
    parts_sent: int
    request_id: str
    heard_at: datetime | None  # when the customer wrote last


_ADD = insert(outbox)
_QUEUED = outbox.c.state == OutboxState.QUEUED
_SENDING = OPEN & (outbox.c.state == OutboxState.SENDING)
_SAME_MESSAGE = (messages.c.conversation_id == outbox.c.conversation_id) & (messages.c.seq == outbox.c.seq)
_UNWANTED = exists().where(
    suppressions.c.channel == outbox.c.channel, suppressions.c.address == outbox.c.address
)


def _due(row: Sequence[Any]) -> Due:
    return Due(*row)


def add(
    connection: Connection,
    conversation: Conversation,
    *entries: Entry,
    sent: bool,
    at: datetime,
    request_id: str = "",
) -> None:
    """Queues messages; `sent` where the customer's side fetches them from the transcript itself."""
    if not entries:
        return
    connection.execute(
        _ADD,
        [
            {
                "conversation_id": conversation.id,
                "seq": entry.seq,
                "channel": conversation.channel,
                "account": conversation.account,
                "address": conversation.address,
                "state": OutboxState.SENT if sent else OutboxState.QUEUED,
                "request_id": request_id,
                "due_at": at,
                "created_at": at,
                "sent_at": at if sent else None,
            }
            for entry in entries
        ],
    )
    if not sent:
        events.publish(connection, MessageQueued(conversation.id))


def claim(connection: Connection, at: datetime, limit: int, until: datetime | None = None) -> list[Due]:
    """Takes due messages for sending, `until` the lease ends, at most one a conversation, so that each keeps
    its order.

    A bot's message to a conversation that a person owns by now is withdrawn instead: the bot never
    talks over a human. What goes to an address that nothing may be sent to ends as failed; but `system`
    messages, which confirm just that to the customer, go out.
    """
    _withdraw(connection, at)
    _suppress(connection, at)
    earliest = select(func.min(outbox.c.id)).where(OPEN).group_by(outbox.c.conversation_id)
    wanted = (
        select(
            outbox.c.id,
            outbox.c.conversation_id,
            outbox.c.seq,
            outbox.c.channel,
            outbox.c.account,
            outbox.c.address,
            messages.c.author,
            messages.c.text,
            messages.c.buttons,
            outbox.c.attempts,
            outbox.c.parts_sent,
            outbox.c.request_id,
            conversations.c.heard_at,
        )
        .join(messages, _SAME_MESSAGE)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(
            outbox.c.id.in_(earliest),
            # Once more, since a person may have come, or the customer gone, after the two statements above.
            or_(messages.c.author != Author.BOT, conversations.c.owner != Owner.HUMAN),
            or_(messages.c.author == Author.SYSTEM, ~_UNWANTED),
        )
    )
    return QUEUE.claim(connection, wanted, _due, at, until or at + LEASE, limit)


def depart(connection: Connection, message: Due, until: datetime, at: datetime) -> bool:
    """Marks a message claimed `until` a moment as being sent, right before its next part leaves; from here on
    its provider may have it. False if it must not leave: it is withdrawn or failed by now, or another process
    has it."""
    claimed = outbox.c.id == message.id
    if _withdraw(connection, at, claimed) or _suppress(connection, at, claimed):
        return False
    leaving = update(outbox).where(claimed, OPEN, outbox.c.leased_until == until)
    return connection.execute(leaving.values(state=OutboxState.SENDING)).rowcount == 1


def stayed(
    connection: Connection, message: Due, until: datetime, due_at: datetime, reason: str | None
) -> None:
    """Has a message tried again of which no further part has left, or the provider took none; also if
    somebody who couldn't know has called it unknown since. Without a `reason` that was no attempt."""
    in_doubt = (
        (outbox.c.state == OutboxState.UNKNOWN)
        & outbox.c.leased_until.is_(None)
        & (outbox.c.attempts == message.attempts + 1)
    )
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id, or_(outbox.c.leased_until == until, in_doubt))
        .values(
            state=OutboxState.QUEUED,
            leased_until=None,
            sent_at=None,
            due_at=due_at,
            attempts=message.attempts + (reason is not None),
            reason=reason and reason[:200],
        )
    )


def withdraw(connection: Connection, conversation_id: int, at: datetime) -> int:
    """Withdraws the bot's messages to a conversation that a person owns by now; how many there were."""
    return _withdraw(connection, at, _QUEUED & (outbox.c.conversation_id == conversation_id))


def _withdraw(connection: Connection, at: datetime, which: ColumnElement[bool] = _QUEUED) -> int:
    talked_over = (
        select(outbox.c.id)
        .join(messages, _SAME_MESSAGE)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(OPEN, which, messages.c.author == Author.BOT, conversations.c.owner == Owner.HUMAN)
    )
    return connection.execute(
        update(outbox)
        # Again on the row itself: another process may have claimed it since the look above.
        .where(outbox.c.id.in_(talked_over), OPEN, which)
        .values(state=OutboxState.WITHDRAWN, reason="a person took over", sent_at=at, leased_until=None)
    ).rowcount


def _suppress(connection: Connection, at: datetime, which: ColumnElement[bool] = _QUEUED) -> int:
    unwanted = (
        select(outbox.c.id)
        .join(messages, _SAME_MESSAGE)
        .where(OPEN, which, messages.c.author != Author.SYSTEM, _UNWANTED)
    )
    return connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(unwanted), OPEN, which)
        .values(
            state=OutboxState.FAILED,
            reason="nothing may be sent to this customer",
            sent_at=at,
            leased_until=None,
        )
    ).rowcount


def settle(
    connection: Connection, outbox_id: int, state: OutboxState, at: datetime, *, reason: str | None = None
) -> None:
    """Ends a message as `sent`, `failed` or `unknown`, whoever has its lease: what the provider said is
    true. One that is over already stays as it is."""
    conversation_id = connection.execute(
        update(outbox)
        .where(outbox.c.id == outbox_id, or_(OPEN, outbox.c.state == OutboxState.UNKNOWN))
        .values(state=state, reason=reason and reason[:200], sent_at=at, leased_until=None)
        .returning(outbox.c.conversation_id)
    ).scalar_one_or_none()
    if conversation_id is not None:
        events.publish(connection, DeliveryChanged(conversation_id))


def part_sent(
    connection: Connection, message: Due, part: int, provider_id: str | None, at: datetime, *, last: bool
) -> None:
    """Notes that the provider took a part; with the `last` one the message is sent, else its next part may
    leave. Doing it again changes nothing."""
    values: dict[str, Any] = {
        "outbox_id": message.id,
        "part": part,
        "channel": message.channel,
        "account": message.account,
        "provider_id": provider_id,
        "at": at,
    }
    insert_new(connection, sends, values)
    values = {"parts_sent": part + 1, "state": OutboxState.QUEUED}
    if last:
        values |= {"state": OutboxState.SENT, "sent_at": at, "reason": None, "leased_until": None}
    connection.execute(update(outbox).where(outbox.c.id == message.id).values(values))
    if last:
        events.publish(connection, DeliveryChanged(message.conversation_id))


def abandon(connection: Connection, at: datetime) -> int:
    """Marks messages `unknown` whose sender died in the middle: the provider may have taken them, so
    they are not sent again. The number of them. Those of which no part was leaving are due again by
    themselves."""
    return connection.execute(
        update(outbox)
        .where(_SENDING, outbox.c.leased_until.is_not(None), is_free(outbox, at))
        .values(
            state=OutboxState.UNKNOWN,
            reason="the sender stopped in the middle",
            sent_at=at,
            leased_until=None,
        )
    ).rowcount


def backlog(connection: Connection) -> tuple[int, datetime | None]:
    """How many messages wait to be sent, and since when the oldest one does."""
    row: Any = connection.execute(select(func.count(), func.min(outbox.c.created_at)).where(OPEN)).one()
    return int(row[0]), row[1]


def states(connection: Connection, conversation_id: int, seqs: Sequence[int]) -> dict[int, str]:
    """The delivery states of a conversation's messages, by their numbers."""
    rows = connection.execute(
        select(outbox.c.seq, outbox.c.state).where(
            outbox.c.conversation_id == conversation_id, outbox.c.seq.in_(seqs)
        )
    )
    return {row.seq: row.state for row in rows}
