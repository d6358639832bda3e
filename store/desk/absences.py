"""Conversations whose person isn't there (any more), and what their customers still wait for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from store.tables import agents, conversations, messages, ownership_changes
from store.vocabulary import Author, Owner, Presence

AT_ONCE = 50
_TALK = (Author.CUSTOMER, Author.AGENT)


@dataclass(frozen=True, slots=True)
class Limits:
    """`now`. Who wasn't seen since `gone` has left; who is away, and was written to before `away`, too."""

    now: datetime
    gone: datetime
    away: datetime


def left(connection: Connection, limits: Limits, only: int | None = None) -> list[int]:
    """Conversations that nobody has any more although they are a person's: the time of somebody elsewhere is
    over, the agent is disabled, or the customer waits for one who has left. Of `only` this one, if given."""
    statement = (
        select(conversations.c.id)
        .outerjoin(agents, agents.c.id == conversations.c.agent_id)
        .where(conversations.c.owner == Owner.HUMAN, _nobody(limits))
        .order_by(conversations.c.id)
        .limit(AT_ONCE)
    )
    if only is not None:
        statement = statement.where(conversations.c.id == only)
    return list(connection.execute(statement).scalars())


def _nobody(limits: Limits) -> ColumnElement[bool]:
    elsewhere = conversations.c.agent_id.is_(None)
    over = or_(conversations.c.held_until.is_(None), conversations.c.held_until <= limits.now)
    gone = or_(agents.c.state == Presence.OFFLINE, agents.c.seen_at.is_(None), agents.c.seen_at < limits.gone)
    away = and_(agents.c.state == Presence.AWAY, _written(limits.away))
    # Who was given it a moment ago may be on the way to the desk.
    given = exists().where(
        ownership_changes.c.conversation_id == conversations.c.id, ownership_changes.c.at >= limits.gone
    )
    waits = _last_said() == Author.CUSTOMER
    return or_(
        and_(elsewhere, over),
        agents.c.disabled,
        and_(waits, or_(and_(gone, ~given), away)),
    )


def _last_said() -> ColumnElement[Author]:
    """Who of customer and people wrote last."""
    return (
        select(messages.c.author)
        .where(messages.c.conversation_id == conversations.c.id, messages.c.author.in_(_TALK))
        .order_by(messages.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def _written(before: datetime) -> ColumnElement[bool]:
    """Whether the customer wrote before a time, and no person has answered since."""
    later = messages.alias()
    answered = exists().where(
        later.c.conversation_id == messages.c.conversation_id,
        later.c.seq > messages.c.seq,
        later.c.author == Author.AGENT,
    )
    return exists().where(
        messages.c.conversation_id == conversations.c.id,
        messages.c.author == Author.CUSTOMER,
        messages.c.created_at < before,
        ~answered,
    )
