"""Who is signed in at the desk. A session's id is the SHA-256 of the token in the browser's cookie."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from store.accounts.agents import COLUMNS, Agent, from_row
from store.tables import agent_sessions, agents


@dataclass(frozen=True, slots=True)
class Session:
    """`csrf`: what requests that change something must repeat. `used_at`: a minute or so late."""

    id: str
    agent: Agent
    csrf: str
    used_at: datetime
    expires_at: datetime


def start(
    connection: Connection, session_id: str, agent_id: int, csrf: str, at: datetime, expires_at: datetime
) -> None:
    """Signs an agent in; sessions that have expired, of anybody, are thrown away."""
    connection.execute(delete(agent_sessions).where(agent_sessions.c.expires_at <= at))
    connection.execute(
        insert(agent_sessions).values(
            id=session_id, agent_id=agent_id, csrf=csrf, created_at=at, used_at=at, expires_at=expires_at
        )
    )


def find(connection: Connection, session_id: str, at: datetime, used_after: datetime) -> Session | None:
    """A session that hasn't expired and was used after a time, of an agent who isn't disabled."""
    row = connection.execute(
        select(agent_sessions.c.csrf, agent_sessions.c.used_at, agent_sessions.c.expires_at, *COLUMNS)
        .join(agents, agents.c.id == agent_sessions.c.agent_id)
        .where(
            agent_sessions.c.id == session_id,
            agent_sessions.c.expires_at > at,
            agent_sessions.c.used_at > used_after,
            ~agents.c.disabled,
        )
    ).one_or_none()
    return Session(session_id, from_row(row[3:]), *row[:3]) if row else None


def touch(connection: Connection, session_id: str, at: datetime) -> None:
    """A session is in use."""
    connection.execute(update(agent_sessions).where(agent_sessions.c.id == session_id).values(used_at=at))


def renew(connection: Connection, session_id: str, new_id: str) -> bool:
    """Gives a session another id: its old cookie is worth nothing. Whether it was there."""
    return bool(
        connection.execute(
            update(agent_sessions).where(agent_sessions.c.id == session_id).values(id=new_id)
        ).rowcount
    )


def end(connection: Connection, session_id: str) -> None:
    """Signs out."""
    connection.execute(delete(agent_sessions).where(agent_sessions.c.id == session_id))


def end_all(connection: Connection, agent_id: int, *, but: str = "") -> int:
    """Signs an agent out everywhere but in one session; how many sessions that were."""
    return connection.execute(
        delete(agent_sessions).where(agent_sessions.c.agent_id == agent_id, agent_sessions.c.id != but)
    ).rowcount


def count(connection: Connection, agent_id: int, at: datetime, used_after: datetime) -> int:
    """How many of an agent's sessions are in use."""
    return connection.execute(
        select(func.count())
        .select_from(agent_sessions)
        .where(
            agent_sessions.c.agent_id == agent_id,
            agent_sessions.c.expires_at > at,
            agent_sessions.c.used_at > used_after,
        )
    ).scalar_one()
