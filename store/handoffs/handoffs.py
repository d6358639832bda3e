"""Requests for a person, with what that person needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, null, select, update

from store.handoffs.packets import Packet
from store.tables import UNRESOLVED, handoffs
from store.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Handoff:
    reason: Reason
    summary: str
    packet: Packet | None
    open: bool
    created_at: datetime


def record(
    connection: Connection,
    conversation_id: int,
    reason: Reason,
    summary: str,
    packet: Packet,
    at: datetime,
    *,
    skill: str = "",
    priority: int = 0,
    answer_due_at: datetime | None = None,
    resolve_due_at: datetime | None = None,
) -> None:
    """Adds a request; an earlier open one of the conversation is closed: there is one to answer. What was
    due by the earlier one stays due then: asking again promises nothing later, and is no less urgent.
    `skill` is the topic that an agent must know, "" for none; `priority` 0 normal, 1 high, 2 urgent."""
    earlier = connection.execute(
        select(
            handoffs.c.answered_at,
            handoffs.c.answer_due_at,
            handoffs.c.resolve_due_at,
            handoffs.c.reminded,
            handoffs.c.priority,
        )
        .where(handoffs.c.conversation_id == conversation_id, UNRESOLVED)
        .order_by(handoffs.c.id.desc())
        .limit(1)
    ).one_or_none()
    if earlier:
        closed: dict[str, Any] = {"open": False, "resolve_due_at": null()}
        resolve_due_at = _sooner(earlier.resolve_due_at, resolve_due_at)
        priority = max(earlier.priority, priority)
        if earlier.answered_at is None:
            closed["answer_due_at"] = null()
            answer_due_at = _sooner(earlier.answer_due_at, answer_due_at)
        _change(connection, conversation_id, **closed)
    connection.execute(
        insert(handoffs).values(
            conversation_id=conversation_id,
            reason=reason,
            summary=summary,
            packet=packet.as_json(),
            skill=skill,
            priority=priority,
            answer_due_at=answer_due_at,
            resolve_due_at=resolve_due_at,
            reminded=earlier.reminded if earlier else 0,
            created_at=at,
        )
    )


def describe(
    connection: Connection,
    conversation_id: int,
    summary: str,
    packet: Packet,
    *,
    skill: str,
    priority: int,
    answer_due_at: datetime | None,
    resolve_due_at: datetime | None,
) -> None:
    """Says more of the open request; what was due already stays due."""
    open_one = connection.execute(
        select(handoffs.c.answer_due_at, handoffs.c.resolve_due_at)
        .where(handoffs.c.conversation_id == conversation_id, UNRESOLVED)
        .order_by(handoffs.c.id.desc())
        .limit(1)
    ).one_or_none()
    if open_one:
        _change(
            connection,
            conversation_id,
            summary=summary,
            packet=packet.as_json(),
            skill=skill,
            priority=priority,
            answer_due_at=_sooner(open_one.answer_due_at, answer_due_at),
            resolve_due_at=_sooner(open_one.resolve_due_at, resolve_due_at),
        )


def note(connection: Connection, conversation_id: int, packet: Packet) -> None:
    """Says more of the open request, whose clock and place stay."""
    _change(connection, conversation_id, packet=packet.as_json())


def sharpen(
    connection: Connection,
    conversation_id: int,
    reason: Reason,
    summary: str,
    packet: Packet,
    *,
    skill: str,
    priority: int,
) -> None:
    """Gives the open request another reason and priority; its clock stays. If nobody takes it up, that is
    said again."""
    _change(
        connection,
        conversation_id,
        reason=reason,
        summary=summary,
        packet=packet.as_json(),
        skill=skill,
        priority=priority,
        alerted_at=null(),
    )


def unclaimed(connection: Connection, reason: str) -> int:
    """How many open requests of a reason nobody has taken up."""
    count: int = connection.execute(
        select(func.count())
        .select_from(handoffs)
        .where(UNRESOLVED, handoffs.c.reason == reason, handoffs.c.claimed_at.is_(None))
    ).scalar_one()
    return count


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at), default=None)


def of_conversation(connection: Connection, conversation_id: int) -> list[Handoff]:
    """A conversation's requests, oldest first."""
    rows = connection.execute(
        select(
            handoffs.c.reason, handoffs.c.summary, handoffs.c.packet, handoffs.c.open, handoffs.c.created_at
        )
        .where(handoffs.c.conversation_id == conversation_id)
        .order_by(handoffs.c.id)
    )
    return [
        Handoff(row.reason, row.summary, Packet.from_json(row.packet), row.open, row.created_at)
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Request:
    """A conversation's request with its clock: until when an answer and an end are due, and when they came.
    `agent_id`: who took it up."""

    id: int
    reason: Reason
    summary: str
    packet: Packet | None
    open: bool
    skill: str
    priority: int
    answer_due_at: datetime | None
    resolve_due_at: datetime | None
    claimed_at: datetime | None
    answered_at: datetime | None
    agent_id: int | None
    created_at: datetime
    reminded: int = 0  # how often the customer was told to wait longer


_REQUEST = (
    handoffs.c.id,
    handoffs.c.reason,
    handoffs.c.summary,
    handoffs.c.packet,
    handoffs.c.open,
    handoffs.c.skill,
    handoffs.c.priority,
    handoffs.c.answer_due_at,
    handoffs.c.resolve_due_at,
    handoffs.c.claimed_at,
    handoffs.c.answered_at,
    handoffs.c.agent_id,
    handoffs.c.created_at,
    handoffs.c.reminded,
)


def _request(row: Sequence[Any]) -> Request:
    id, reason, summary, packet, *clock = row
    return Request(id, reason, summary, Packet.from_json(packet), *clock)


def latest(connection: Connection, conversation_id: int) -> Request | None:
    """A conversation's last request, open or not."""
    row = connection.execute(
        select(*_REQUEST)
        .where(handoffs.c.conversation_id == conversation_id)
        .order_by(handoffs.c.id.desc())
        .limit(1)
    ).one_or_none()
    return _request(row) if row else None


def is_open(connection: Connection, conversation_id: int) -> bool:
    """Whether somebody still has to end a request of the conversation."""
    return (
        connection.execute(
            select(handoffs.c.id).where(handoffs.c.conversation_id == conversation_id, UNRESOLVED).limit(1)
        ).first()
        is not None
    )


def take_up(connection: Connection, conversation_id: int, agent_id: int | None, at: datetime) -> None:
    """An agent has taken up the open request; None: somebody at another desk."""
    _change(
        connection, conversation_id, agent_id=agent_id, claimed_at=func.coalesce(handoffs.c.claimed_at, at)
    )


def put_back(connection: Connection, conversation_id: int) -> None:
    """Nobody has the open request any more; if nobody takes it up again, that is said again."""
    _change(connection, conversation_id, agent_id=None, claimed_at=None, alerted_at=null())


def answered(connection: Connection, conversation_id: int, at: datetime) -> None:
    """A person has answered; only the first time counts."""
    _change(connection, conversation_id, answered_at=func.coalesce(handoffs.c.answered_at, at))


def reminded(connection: Connection, conversation_id: int) -> None:
    """The customer was told that it takes longer."""
    _change(connection, conversation_id, reminded=handoffs.c.reminded + 1)


def resolve(connection: Connection, conversation_id: int, at: datetime) -> None:
    """Ends the open request."""
    _change(connection, conversation_id, open=False, resolved_at=at)


def _change(connection: Connection, conversation_id: int, **values: Any) -> None:
    connection.execute(
        update(handoffs).where(handoffs.c.conversation_id == conversation_id, UNRESOLVED).values(**values)
    )
