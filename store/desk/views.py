"""Conversations as the desk shows them, by their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select

from store.conversations.conversations import phone_of
from store.desk import read_marks
from store.handoffs.packets import Packet
from store.tables import (
    UNRESOLVED,
    conversations,
    customers,
    handoffs,
    messages,
    orders,
)
from store.tables import agents as agents_table
from store.vocabulary import Author, Owner, ProofBy, Reason


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation in a list. Times are UTC. `name`, `contact`: what is known of the customer."""

    id: int
    channel: str
    owner: Owner
    agent_id: int | None
    agent_name: str | None
    held_by: str | None  # who has it without an account here, and until when
    held_until: datetime | None
    name: str | None
    contact: str | None
    proven_by: ProofBy | None
    language: str
    preview: str
    preview_author: Author | None
    updated_at: datetime
    heard_at: datetime | None
    unread: int
    priority: int
    reason: Reason | None
    skill: str
    answer_due_at: datetime | None
    answered_at: datetime | None
    resolve_due_at: datetime | None
    waiting_since: datetime | None
    viewers: tuple[tuple[int, str], ...]
    disposition: str | None


def summaries(
    connection: Connection, ids: Sequence[int], agent_id: int, viewed_since: datetime
) -> list[Summary]:
    """Conversations by their ids, in that order, as an agent sees them."""
    if not ids:
        return []
    rows = {
        row.id: row
        for row in connection.execute(
            select(
                conversations.c.id,
                conversations.c.channel,
                conversations.c.address,
                conversations.c.owner,
                conversations.c.agent_id,
                conversations.c.held_by,
                conversations.c.held_until,
                agents_table.c.name.label("agent_name"),
                conversations.c.proven_contact,
                conversations.c.proven_by,
                conversations.c.language,
                conversations.c.updated_at,
                conversations.c.heard_at,
                conversations.c.disposition,
                messages.c.text,
                messages.c.author,
            )
            .outerjoin(agents_table, agents_table.c.id == conversations.c.agent_id)
            .outerjoin(
                messages,
                and_(
                    messages.c.conversation_id == conversations.c.id,
                    messages.c.seq == conversations.c.last_seq,
                ),
            )
            .where(conversations.c.id.in_(ids))
        )
    }
    requests = _requests(connection, ids)
    names = _names(connection, [row.proven_contact for row in rows.values() if row.proven_contact])
    unread = read_marks.unread(connection, agent_id, ids)
    viewers = read_marks.viewers(connection, ids, viewed_since, agent_id)
    return [
        _summary(rows[one], requests.get(one), names, unread.get(one, 0), tuple(viewers.get(one, ())))
        for one in ids
        if one in rows
    ]


def _summary(
    row: Any, request: Any, names: Mapping[str, str], unread: int, viewers: tuple[tuple[int, str], ...]
) -> Summary:
    waiting = request.created_at if request and row.owner in (Owner.QUEUE, Owner.BOT) else None
    if row.owner == Owner.HUMAN and row.author == Author.CUSTOMER:
        waiting = row.heard_at
    known = names.get(row.proven_contact) if row.proven_contact else None
    packet = Packet.from_json(request.packet) if request else None
    return Summary(
        id=row.id,
        channel=row.channel,
        owner=row.owner,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        held_by=row.held_by,
        held_until=row.held_until,
        name=known or (packet.customer if packet else None),
        # A web visitor's address is a random name.
        contact=row.proven_contact or phone_of(row.address),
        proven_by=row.proven_by,
        language=row.language,
        preview=" ".join((row.text or "").split())[:160],
        preview_author=row.author,
        updated_at=row.updated_at,
        heard_at=row.heard_at,
        unread=unread,
        priority=request.priority if request else 0,
        reason=request.reason if request else None,
        skill=request.skill if request else "",
        answer_due_at=request.answer_due_at if request else None,
        answered_at=request.answered_at if request else None,
        resolve_due_at=request.resolve_due_at if request else None,
        waiting_since=waiting,
        viewers=viewers,
        disposition=row.disposition,
    )


def _requests(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    rows = connection.execute(
        select(
            handoffs.c.conversation_id,
            handoffs.c.reason,
            handoffs.c.packet,
            handoffs.c.skill,
            handoffs.c.priority,
            handoffs.c.answer_due_at,
            handoffs.c.answered_at,
            handoffs.c.resolve_due_at,
            handoffs.c.created_at,
        )
        .where(handoffs.c.conversation_id.in_(ids), UNRESOLVED)
        .order_by(handoffs.c.id)
    )
    return {row.conversation_id: row for row in rows}


def _names(connection: Connection, contacts: Sequence[str]) -> dict[str, str]:
    """Customers' names by the contacts that they gave with orders; the first order counts: a later one may
    be somebody else's who typed the same contact."""
    if not contacts:
        return {}
    found: dict[str, str] = {}
    name = func.coalesce(orders.c.customer_name, customers.c.name)
    for column in (orders.c.email, orders.c.phone):
        first = select(func.min(orders.c.id)).where(column.in_(contacts)).group_by(column).scalar_subquery()
        rows = connection.execute(
            select(column, name)
            .join(customers, customers.c.id == orders.c.customer_id)
            .where(orders.c.id.in_(first))
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def known(connection: Connection, conversation_id: int) -> bool:
    """Whether there is such a conversation."""
    found: bool = connection.execute(
        select(exists().where(conversations.c.id == conversation_id))
    ).scalar_one()
    return found
