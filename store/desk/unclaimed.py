"""Requests for a person that nobody takes up, and that this was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from store.handoffs.packets import Packet
from store.tables import UNRESOLVED, Instant, conversations, handoffs, ownership_changes
from store.vocabulary import Owner, Reason


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A request that waits; `order`: the number of the customer's own order, if the talk was about one.
    `created_at`: since when, of one that was put back into the queue since then."""

    handoff_id: int
    conversation_id: int
    channel: str
    language: str
    reason: Reason
    skill: str
    order: str | None
    created_at: datetime


_PUT_BACK = (
    select(func.max(ownership_changes.c.at))
    .where(
        ownership_changes.c.conversation_id == handoffs.c.conversation_id,
        ownership_changes.c.from_owner == Owner.HUMAN,
        ownership_changes.c.to_owner == Owner.QUEUE,
        ownership_changes.c.at > handoffs.c.created_at,
    )
    .scalar_subquery()
)
_SINCE = func.coalesce(_PUT_BACK, handoffs.c.created_at, type_=Instant()).label("since")
_NOT_SAID = and_(UNRESOLVED, handoffs.c.claimed_at.is_(None), handoffs.c.alerted_at.is_(None))


def unclaimed(connection: Connection, created_before: datetime, limit: int) -> list[Unclaimed]:
    """Requests that nobody has taken up and of which nobody was told, the oldest first."""
    rows = connection.execute(
        select(
            handoffs.c.id,
            handoffs.c.conversation_id,
            conversations.c.channel,
            conversations.c.language,
            handoffs.c.reason,
            handoffs.c.skill,
            handoffs.c.packet,
            _SINCE,
        )
        .join(conversations, conversations.c.id == handoffs.c.conversation_id)
        .where(
            _NOT_SAID,
            created_before >= _SINCE,
            # Who goes on with the bot meanwhile still waits.
            conversations.c.owner.in_([Owner.QUEUE, Owner.BOT]),
        )
        .order_by(handoffs.c.created_at, handoffs.c.id)
        .limit(limit)
    )
    return [
        Unclaimed(
            row.id,
            row.conversation_id,
            row.channel,
            row.language,
            row.reason,
            row.skill,
            _order(row.packet),
            row.since,
        )
        for row in rows
    ]


def _order(kept: Mapping[str, Any]) -> str | None:
    packet = Packet.from_json(kept)
    return packet.order.number if packet and packet.order else None


def say(connection: Connection, handoff_id: int, at: datetime) -> bool:
    """Notes that agents are told of a request. False if they were told already, or somebody has taken it up
    meanwhile: of several processes one is told True."""
    noted = connection.execute(
        update(handoffs).where(handoffs.c.id == handoff_id, _NOT_SAID).values(alerted_at=at)
    )
    return noted.rowcount == 1
