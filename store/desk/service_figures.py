"""How the desk does: waiting customers, how fast they were answered, what they said of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from store.handoffs import surveys
from store.tables import UNRESOLVED, agents, conversations, handoffs, ownership_changes
from store.vocabulary import Owner

MAX_ROWS = 20_000  # of requests; the latest count


def since(
    connection: Connection,
    start: datetime,
    now: datetime,
    worked: Callable[[datetime, datetime], float],
    comments_of: int | None = None,
) -> dict[str, Any]:
    """The figures of the requests from `start` on, and of this moment. Shares are from 0 to 1, or None where
    there is nothing to share. Answers and ends are measured in seconds of opening time, which `worked` counts
    between two instants; the longest wait by the clock on the wall. `comments_of`: comments on this
    agent's work only."""
    waiting, oldest = connection.execute(
        select(func.count(conversations.c.id.distinct()), func.min(handoffs.c.created_at))
        .select_from(conversations)
        .join(handoffs, and_(handoffs.c.conversation_id == conversations.c.id, UNRESOLVED))
        .where(conversations.c.owner == Owner.QUEUE)
    ).one()
    rows = connection.execute(
        select(
            handoffs.c.created_at,
            handoffs.c.answered_at,
            handoffs.c.answer_due_at,
            handoffs.c.resolved_at,
            handoffs.c.resolve_due_at,
        )
        .where(handoffs.c.created_at >= start)
        .order_by(handoffs.c.id.desc())
        .limit(MAX_ROWS)
    ).all()
    answers = [worked(row.created_at, row.answered_at) for row in rows if row.answered_at]
    ends = [worked(row.created_at, row.resolved_at) for row in rows if row.resolved_at]
    return {
        "waiting": waiting,
        "longest_wait_seconds": round((now - oldest).total_seconds()) if oldest else None,
        "handoffs": len(rows),
        "answered_in_target": _in_time([(row.answered_at, row.answer_due_at) for row in rows], now),
        "resolved_in_target": _in_time([(row.resolved_at, row.resolve_due_at) for row in rows], now),
        "overdue": _overdue(connection, now),
        "first_answer_seconds": _spread(answers),
        "resolution_seconds": _spread(ends),
        "satisfaction": surveys.results(connection, start, comments_of),
        "agents": _agents(connection, start),
    }


def _overdue(connection: Connection, now: datetime) -> int:
    """How many open requests wait for their answer or their end longer than was promised."""
    late = or_(
        and_(handoffs.c.answered_at.is_(None), handoffs.c.answer_due_at < now),
        handoffs.c.resolve_due_at < now,
    )
    return connection.execute(select(func.count()).select_from(handoffs).where(UNRESOLVED, late)).scalar_one()


def _in_time(moments: list[tuple[datetime | None, datetime | None]], now: datetime) -> float | None:
    # What is neither done nor due yet is no success and no failure.
    judged = [(done or now) <= due for done, due in moments if due and (done or due <= now)]
    return round(sum(judged) / len(judged), 3) if judged else None


def _spread(seconds: list[float]) -> dict[str, int | None]:
    seconds.sort()
    return {"median": _quantile(seconds, 0.5), "p90": _quantile(seconds, 0.9)}


def _quantile(values: list[float], share: float) -> int | None:
    return round(values[min(len(values) - 1, int(len(values) * share))]) if values else None


def _agents(connection: Connection, start: datetime) -> list[dict[str, Any]]:
    held = (
        select(conversations.c.agent_id, func.count().label("count"))
        .where(conversations.c.agent_id.is_not(None))
        .group_by(conversations.c.agent_id)
    )
    ended = (
        select(ownership_changes.c.by, func.count().label("count"))
        .where(
            ownership_changes.c.at >= start,
            ownership_changes.c.to_owner == Owner.CLOSED,
            ownership_changes.c.by.startswith("agent:"),
        )
        .group_by(ownership_changes.c.by)
    )
    has = {row[0]: row[1] for row in connection.execute(held)}
    closed = {row[0]: row[1] for row in connection.execute(ended)}
    scores = surveys.by_agent(connection, start)
    team = connection.execute(
        select(agents.c.id, agents.c.name).where(~agents.c.disabled).order_by(agents.c.name)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "open": has.get(row.id, 0),
            "closed": closed.get(f"agent:{row.id}", 0),
            "satisfaction": scores[row.id][0] if row.id in scores else None,
            "ratings": scores[row.id][1] if row.id in scores else 0,
        }
        for row in team
    ]
