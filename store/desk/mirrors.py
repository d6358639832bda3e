"""Conversations that another desk has too: how far each side knows the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, case, exists, func, or_, select, update

from store.core.dialects import insert_new
from store.core.job_queue import is_free
from store.tables import (
    OPEN_THERE,
    UNRESOLVED,
    conversations,
    handoffs,
    messages,
    mirrors,
    outbox,
    ownership_changes,
)
from store.vocabulary import Author, MirrorStatus, OutboxState, Owner


@dataclass(frozen=True, slots=True)
class Mirror:
    """`external_id`, `contact_id`: of the conversation and the customer there. `seq`, `handoff_id`: the last
    message and the last request of ours that are there. `read_id`: all messages there up to this one are
    here. `status`: of the conversation there, as it was dealt with. `told_at`: what wasn't delivered up to
    then has been reported there. `attempts`: in vain, in a row."""

    id: int
    conversation_id: int
    external_id: str | None
    contact_id: str | None
    seq: int
    handoff_id: int
    read_id: int
    status: MirrorStatus | None
    told_at: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message that came from the other desk: `state` of the outbox, with a reason."""

    external_id: str
    state: OutboxState
    reason: str | None
    at: datetime


_COLUMNS = (
    mirrors.c.id,
    mirrors.c.conversation_id,
    mirrors.c.external_id,
    mirrors.c.contact_id,
    mirrors.c.seq,
    mirrors.c.handoff_id,
    mirrors.c.read_id,
    mirrors.c.status,
    mirrors.c.told_at,
    mirrors.c.attempts,
)
LONGEST_PAUSE = timedelta(hours=12)  # between two looks at a quiet conversation

_WITH_PEOPLE = conversations.c.owner.in_((Owner.QUEUE, Owner.HUMAN))
_REQUESTED = exists().where(handoffs.c.conversation_id == conversations.c.id, UNRESOLVED)


def _mirror(row: Sequence[Any]) -> Mirror:
    return Mirror(*row)


def missing(connection: Connection, desk: str, limit: int) -> list[int]:
    """The conversations in which a person is asked for and that the desk hasn't got."""
    known = exists().where(mirrors.c.conversation_id == handoffs.c.conversation_id, mirrors.c.desk == desk)
    wanted = select(handoffs.c.conversation_id).distinct().where(UNRESOLVED, ~known).limit(limit)
    return list(connection.execute(wanted).scalars())


def begin(connection: Connection, desk: str, conversation_ids: Sequence[int], at: datetime) -> None:
    """Notes that the desk is to have these conversations."""
    for one in conversation_ids:
        insert_new(connection, mirrors, {"conversation_id": one, "desk": desk, "due_at": at})


def due(connection: Connection, desk: str, at: datetime, limit: int) -> list[int]:
    """The ids of mirrors that nobody is at, and whose time has come or whose conversation has news: messages
    while people have it or are asked for, or an end that the desk doesn't know of."""
    free = and_(mirrors.c.desk == desk, is_free(mirrors, at))
    # What went wrong, or waits for something, has its time.
    fresh = and_(free, mirrors.c.reason.is_(None))
    behind = and_(fresh, conversations.c.last_seq > mirrors.c.seq)
    joined = select(mirrors.c.id).join(conversations, conversations.c.id == mirrors.c.conversation_id)
    # Each of these begins at an index of the few open ones; together they'd look at all there ever were.
    found: list[int] = []
    for statement in (
        select(mirrors.c.id).where(free, mirrors.c.due_at <= at).order_by(mirrors.c.due_at),
        # The clock was set back: no pause is so long.
        select(mirrors.c.id).where(free, mirrors.c.due_at > at + LONGEST_PAUSE),
        joined.where(behind, _WITH_PEOPLE),
        joined.join(handoffs, handoffs.c.conversation_id == mirrors.c.conversation_id).where(
            behind, UNRESOLVED
        ),
        joined.where(fresh, OPEN_THERE, ~_WITH_PEOPLE, ~_REQUESTED),
    ):
        if len(found) < limit:
            found += _ids(connection, statement.limit(limit))
    return list(dict.fromkeys(found))[:limit]


def _ids(connection: Connection, statement: Select[Any]) -> list[int]:
    return list(connection.execute(statement).scalars())


def claim(connection: Connection, ids: Sequence[int], at: datetime, until: datetime) -> list[Mirror]:
    """Takes mirrors; nobody else gets them before `until`."""
    if not ids:
        return []
    rows = connection.execute(
        select(*_COLUMNS).where(mirrors.c.id.in_(ids), is_free(mirrors, at)).with_for_update(skip_locked=True)
    ).all()
    connection.execute(
        update(mirrors)
        .where(mirrors.c.id.in_([row.id for row in rows]))
        .values(leased_until=until, due_at=until)
    )
    return [_mirror(row) for row in rows]


def release(
    connection: Connection,
    mirror_id: int,
    until: datetime,
    due_at: datetime | None,
    *,
    attempts: int = 0,
    reason: str | None = None,
) -> None:
    """Gives back a mirror that was taken `until` a moment; it is due again at `due_at`, or at once if it was
    woken meanwhile."""
    connection.execute(
        update(mirrors)
        .where(mirrors.c.id == mirror_id, mirrors.c.leased_until == until)
        .values(
            leased_until=None,
            due_at=case((mirrors.c.due_at == until, due_at), else_=mirrors.c.due_at),
            attempts=attempts,
            reason=reason and reason[:200],
        )
    )


def give_back(connection: Connection, until: datetime, due_at: datetime) -> None:
    """Gives back all that was taken `until` a moment, as whoever took it never heard of it."""
    connection.execute(
        update(mirrors).where(mirrors.c.leased_until == until).values(leased_until=None, due_at=due_at)
    )


def wake(connection: Connection, desk: str, external_id: str, at: datetime) -> bool:
    """Something has happened in a conversation there; whether it is one of ours."""
    woken = connection.execute(
        update(mirrors).where(mirrors.c.desk == desk, mirrors.c.external_id == external_id).values(due_at=at)
    )
    return woken.rowcount > 0


def note(connection: Connection, mirror: Mirror, /, **values: Any) -> Mirror:
    """Notes how far things are, by the names of `Mirror`'s fields."""
    connection.execute(update(mirrors).where(mirrors.c.id == mirror.id).values(**values))
    return replace(mirror, **values)


def is_wanted(connection: Connection, conversation_id: int) -> bool:
    """Whether people have a conversation, or are asked for."""
    wanted = select(conversations.c.id).where(
        conversations.c.id == conversation_id, or_(_WITH_PEOPLE, _REQUESTED)
    )
    return connection.execute(wanted).first() is not None


def has_unsent(connection: Connection, mirror: Mirror) -> bool:
    """Whether the customer has written what isn't there yet."""
    unsent = select(messages.c.id).where(
        messages.c.conversation_id == mirror.conversation_id,
        messages.c.seq > mirror.seq,
        messages.c.author == Author.CUSTOMER,
    )
    return connection.execute(unsent.limit(1)).first() is not None


def quiet_since(connection: Connection, conversation_id: int) -> datetime:
    """When something was last said, or somebody else got the conversation."""
    said = select(func.max(messages.c.created_at)).where(messages.c.conversation_id == conversation_id)
    changed = select(func.max(ownership_changes.c.at)).where(
        ownership_changes.c.conversation_id == conversation_id
    )
    begun = select(conversations.c.created_at).where(conversations.c.id == conversation_id)
    found: list[datetime | None] = [connection.execute(one).scalar() for one in (said, changed, begun)]
    return max(one for one in found if one)


def deliveries(
    connection: Connection, mirror: Mirror, prefix: str, states: Sequence[OutboxState], after: datetime | None
) -> list[Delivery]:
    """What became of the messages whose id begins with `prefix`: those in one of the `states` since a
    moment, in that order."""
    statement = (
        select(messages.c.external_id, outbox.c.state, outbox.c.reason, outbox.c.sent_at)
        .join(
            messages,
            and_(messages.c.conversation_id == outbox.c.conversation_id, messages.c.seq == outbox.c.seq),
        )
        .where(
            outbox.c.conversation_id == mirror.conversation_id,
            messages.c.external_id.startswith(prefix, autoescape=True),
            outbox.c.state.in_(states),
        )
        .order_by(outbox.c.sent_at)
    )
    if after:
        statement = statement.where(outbox.c.sent_at > after)
    return [Delivery(*row) for row in connection.execute(statement)]
