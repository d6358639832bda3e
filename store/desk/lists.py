"""Lists of conversations as the desk shows them. Every query has a bound and an index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from store.desk import read_marks, search
from store.desk.views import Summary, summaries
from store.tables import UNRESOLVED, conversations, handoffs
from store.vocabulary import Owner

PAGE = 50  # conversations
MAX_QUEUE = 1000  # that a list of the queue looks at


class View(StrEnum):
    QUEUE = "queue"
    MINE = "mine"
    ALL = "all"
    BOT = "bot"
    CLOSED = "closed"


# Who has the conversations of a view; those of the queue are the ones that wait.
_OWNERS: Mapping[View, tuple[Owner, ...]] = {
    View.MINE: (Owner.HUMAN,),
    View.ALL: (Owner.QUEUE, Owner.HUMAN),
    View.BOT: (Owner.BOT,),
    View.CLOSED: (Owner.CLOSED,),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows. `agent_id`: who asks; `of`: conversations of this agent only; `text`: what is
    searched for, in names, contacts, order numbers and words."""

    view: View
    agent_id: int
    channel: str | None = None
    language: str | None = None
    of: int | None = None
    text: str | None = None


def listed(
    connection: Connection, wanted: Filter, viewed_since: datetime, after: str | None = None
) -> tuple[list[Summary], str | None]:
    """A page of conversations and where the next one begins. The queue: the most urgent first; others: the
    latest first. Raises ValueError for an `after` that is none of ours."""
    ids, cursor = (_queue if wanted.view == View.QUEUE else _latest)(connection, wanted, after)
    return summaries(connection, ids, wanted.agent_id, viewed_since), cursor


def _queue(connection: Connection, wanted: Filter, after: str | None) -> tuple[list[int], str | None]:
    rows = connection.execute(
        select(conversations.c.id)
        .join(handoffs, and_(handoffs.c.conversation_id == conversations.c.id, UNRESOLVED))
        .where(_waits(), *_conditions(connection, wanted))
        .order_by(
            handoffs.c.priority.desc(),
            handoffs.c.answer_due_at.asc().nulls_last(),
            handoffs.c.created_at,
            conversations.c.id,
        )
        .limit(MAX_QUEUE)
    )
    ids = list(dict.fromkeys(rows.scalars()))
    start = int(after) if after and after.isdecimal() and len(after) <= 4 else 0
    if after and not start:
        raise ValueError("not a cursor of the queue")
    page = ids[start : start + PAGE]
    return page, str(start + PAGE) if len(ids) > start + PAGE else None


def _waits() -> ColumnElement[bool]:
    """Somebody should come: a customer who goes on with the bot meanwhile is still waiting."""
    return conversations.c.owner.in_([Owner.QUEUE, Owner.BOT])


def _latest(connection: Connection, wanted: Filter, after: str | None) -> tuple[list[int], str | None]:
    statement = select(conversations.c.id, conversations.c.updated_at).where(*_conditions(connection, wanted))
    # A search that names no view looks everywhere.
    if not (wanted.text and wanted.view == View.ALL):
        statement = statement.where(conversations.c.owner.in_(_OWNERS[wanted.view]))
    if wanted.view == View.MINE:
        statement = statement.where(conversations.c.agent_id == wanted.agent_id)
    if after:
        at, last_id = _place(after)
        statement = statement.where(
            or_(
                conversations.c.updated_at < at,
                and_(conversations.c.updated_at == at, conversations.c.id < last_id),
            )
        )
    rows = connection.execute(
        statement.order_by(conversations.c.updated_at.desc(), conversations.c.id.desc()).limit(PAGE + 1)
    ).all()
    page = rows[:PAGE]
    more = len(rows) > PAGE
    cursor = f"{page[-1].updated_at.isoformat()}~{page[-1].id}" if more else None
    return [row.id for row in page], cursor


def _place(cursor: str) -> tuple[datetime, int]:
    """What a cursor says; it comes back from outside. Raises ValueError."""
    moment, _, last = cursor.partition("~")
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None or not (last.isascii() and last.isdigit() and len(last) <= 18):
        raise ValueError("not a cursor")
    try:
        # At the ends of time another zone's moment is none of ours.
        return at.astimezone(UTC), int(last)
    except OverflowError:
        raise ValueError("not a cursor") from None


def _conditions(connection: Connection, wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.channel:
        conditions.append(conversations.c.channel == wanted.channel)
    if wanted.language:
        conditions.append(conversations.c.language == wanted.language)
    if wanted.of is not None:
        conditions.append(conversations.c.agent_id == wanted.of)
    if wanted.text:
        conditions.append(conversations.c.id.in_(search.found(connection, wanted.text)))
    return conditions


def counts(connection: Connection, agent_id: int) -> dict[str, int]:
    """How many conversations wait, how many the agent has and people or the queue have at all, and in how
    many of these the customer has written since the agent looked."""
    waiting = (
        select(func.count(conversations.c.id.distinct()))
        .join(handoffs, and_(handoffs.c.conversation_id == conversations.c.id, UNRESOLVED))
        .where(_waits())
    )
    mine = select(func.count()).where(conversations.c.agent_id == agent_id)
    everyone = select(func.count()).where(conversations.c.owner.in_(_OWNERS[View.ALL]))
    return {
        View.QUEUE: connection.execute(waiting).scalar_one(),
        View.MINE: connection.execute(mine).scalar_one(),
        View.ALL: connection.execute(everyone).scalar_one(),
        "unread": read_marks.unread_of(connection, agent_id),
    }
