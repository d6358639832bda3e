"""How the desk does: waiting customers, how fast they were answered, what they said of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from store.tables import UNRESOLVED, agents, conversations, handoffs, ownership_changes, surveys

MAX_ROWS = 20_000  # of requests; the latest count
MAX_COMMENTS = 20


def since(connection: Connection, start: datetime, now: datetime) -> dict[str, Any]:
    """The figures of the requests from `start` on, and of this moment. Shares are from 0 to 1, or None where
    there is nothing to share."""
    waiting, oldest = connection.execute(
        select(func.count(conversations.c.id.distinct()), func.min(handoffs.c.created_at))
        .select_from(conversations)
        .join(handoffs, and_(handoffs.c.conversation_id == conversations.c.id, UNRESOLVED))
        .where(conversations.c.owner == "queue")
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
    waits = sorted((row.answered_at - row.created_at).total_seconds() for row in rows if row.answered_at)
    return {
        "waiting": waiting,
        "longest_wait_seconds": round((now - oldest).total_seconds()) if oldest else None,
        "handoffs": len(rows),
        "answered_in_target": _in_time([(row.answered_at, row.answer_due_at) for row in rows], now),
        "resolved_in_target": _in_time([(row.resolved_at, row.resolve_due_at) for row in rows], now),
        "first_answer_seconds": {"median": _quantile(waits, 0.5), "p90": _quantile(waits, 0.9)},
        "satisfaction": _satisfaction(connection, start),
        "agents": _agents(connection, start),
    }


def _in_time(moments: list[tuple[datetime | None, datetime | None]], now: datetime) -> float | None:
    # What is neither done nor due yet is no success and no failure.
    judged = [(done or now) <= due for done, due in moments if due and (done or due <= now)]
    return round(sum(judged) / len(judged), 3) if judged else None


def _quantile(values: list[float], share: float) -> int | None:
    return round(values[min(len(values) - 1, int(len(values) * share))]) if values else None


def _satisfaction(connection: Connection, start: datetime) -> dict[str, Any]:
    scored = and_(surveys.c.asked_at >= start, surveys.c.score.is_not(None))
    average, count = connection.execute(select(func.avg(surveys.c.score), func.count()).where(scored)).one()
    comments = connection.execute(
        select(surveys.c.score, surveys.c.comment, surveys.c.conversation_id)
        .where(scored, surveys.c.comment.is_not(None))
        .order_by(surveys.c.id.desc())
        .limit(MAX_COMMENTS)
    )
    return {
        "average": round(float(average), 2) if count else None,
        "count": count,
        "comments": [
            {"score": row.score, "comment": row.comment, "conversation": row.conversation_id}
            for row in comments
        ],
    }


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
            ownership_changes.c.to_owner == "closed",
            ownership_changes.c.by.startswith("agent:"),
        )
        .group_by(ownership_changes.c.by)
    )
    liked = (
        select(surveys.c.agent_id, func.avg(surveys.c.score).label("score"))
        .where(surveys.c.asked_at >= start, surveys.c.score.is_not(None))
        .group_by(surveys.c.agent_id)
    )
    has = {row[0]: row[1] for row in connection.execute(held)}
    closed = {row[0]: row[1] for row in connection.execute(ended)}
    scores = {row[0]: row[1] for row in connection.execute(liked)}
    team = connection.execute(
        select(agents.c.id, agents.c.name).where(~agents.c.disabled).order_by(agents.c.name)
    )
    return [
        {
            "name": row.name,
            "open": has.get(row.id, 0),
            "closed": closed.get(f"agent:{row.id}", 0),
            "satisfaction": round(float(scores[row.id]), 2) if row.id in scores else None,
        }
        for row in team
    ]
