"""Who waits for a person, and who could come."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from store.accounts import agents
from store.accounts.agents import Agent
from store.tables import UNRESOLVED, conversations, handoffs
from store.tables import agents as agents_table
from store.vocabulary import Owner, Presence

MAX_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation of the queue: its language, and the skill that it takes, "" if none."""

    conversation_id: int
    language: str
    skill: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who is there, with the number of conversations in hand."""

    agent: Agent
    load: int


def waiting(connection: Connection, limit: int) -> list[Waiting]:
    """The queue, the most urgent first."""
    rows = connection.execute(
        select(conversations.c.id, conversations.c.language, handoffs.c.skill)
        .select_from(conversations)
        .join(handoffs, and_(handoffs.c.conversation_id == conversations.c.id, UNRESOLVED))
        .where(conversations.c.owner == Owner.QUEUE)
        .order_by(
            handoffs.c.priority.desc(),
            handoffs.c.answer_due_at.asc().nulls_last(),
            handoffs.c.created_at,
            conversations.c.id,
        )
        .limit(limit)
    )
    return [Waiting(*row) for row in rows]


def candidates(connection: Connection, seen_after: datetime) -> list[Candidate]:
    """The agents who are online and gave a sign of life lately."""
    load = (
        select(conversations.c.agent_id, func.count().label("count"))
        .where(conversations.c.agent_id.is_not(None))
        .group_by(conversations.c.agent_id)
        .subquery()
    )
    rows = connection.execute(
        select(func.coalesce(load.c.count, 0), *agents.COLUMNS)
        .outerjoin_from(agents_table, load, load.c.agent_id == agents_table.c.id)
        .where(
            agents_table.c.state == Presence.ONLINE,
            ~agents_table.c.disabled,
            agents_table.c.seen_at > seen_after,
        )
        .order_by(agents_table.c.id)
        .limit(MAX_CANDIDATES)
    )
    return [Candidate(agents.from_row(row[1:]), row[0]) for row in rows]
