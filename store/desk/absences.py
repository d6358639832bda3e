"""Conversations whose person isn't there (any more), and what their customers still wait for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, or_, select

from store.tables import Instant, agents, conversations, messages, ownership_changes
from store.vocabulary import Author, Owner, Presence

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """`now`. Who wasn't seen since `gone` has left; who is away, and was written to before `away`, too."""

    now: datetime
    gone: datetime
    away: datetime


_CUSTOMERS_LAST = (
    select(messages.c.author)
    .where(
        messages.c.conversation_id == conversations.c.id,
        messages.c.author.in_((Author.CUSTOMER, Author.AGENT)),
    )
    .order_by(messages.c.seq.desc())
    .limit(1)
    .scalar_subquery()
) == Author.CUSTOMER  # of what customer and people said
_later = messages.alias()
_WRITTEN_BEFORE_AWAY = exists().where(
    messages.c.conversation_id == conversations.c.id,
    messages.c.author == Author.CUSTOMER,
    messages.c.created_at < bindparam("away", type_=Instant()),
    ~exists().where(
        _later.c.conversation_id == messages.c.conversation_id,
        _later.c.seq > messages.c.seq,
        _later.c.author == Author.AGENT,
    ),
)
_GONE = or_(
    agents.c.state == Presence.OFFLINE,
    agents.c.seen_at.is_(None),
    agents.c.seen_at < bindparam("gone", type_=Instant()),
)
# Who was given it a moment ago may be on the way to the desk.
_JUST_GIVEN = exists().where(
    ownership_changes.c.conversation_id == conversations.c.id,
    ownership_changes.c.at >= bindparam("gone", type_=Instant()),
)
_TIME_IS_OVER = and_(
    conversations.c.agent_id.is_(None),
    or_(
        conversations.c.held_until.is_(None),
        conversations.c.held_until <= bindparam("now", type_=Instant()),
    ),
)
_LEFT = (
    select(conversations.c.id)
    .outerjoin(agents, agents.c.id == conversations.c.agent_id)
    .where(
        conversations.c.owner == Owner.HUMAN,
        or_(
            _TIME_IS_OVER,
            agents.c.disabled,
            and_(
                _CUSTOMERS_LAST,
                or_(and_(_GONE, ~_JUST_GIVEN), and_(agents.c.state == Presence.AWAY, _WRITTEN_BEFORE_AWAY)),
            ),
        ),
    )
    .order_by(conversations.c.id)
    .limit(AT_ONCE)
)
_LEFT_ONLY = _LEFT.where(conversations.c.id == bindparam("only"))


def left(connection: Connection, limits: Limits, only: int | None = None) -> list[int]:
    """Conversations that nobody has any more although they are a person's: the time of somebody elsewhere is
    over, the agent is disabled, or the customer waits for one who has left. Of `only` this one, if given."""
    values = {"now": limits.now, "gone": limits.gone, "away": limits.away}
    if only is None:
        return list(connection.execute(_LEFT, values).scalars())
    return list(connection.execute(_LEFT_ONLY, {**values, "only": only}).scalars())
