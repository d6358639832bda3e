"""Agents who are signed in, for tests of the desk."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.desk.guard import COOKIE, LIFETIME, hashed
from store import agent_sessions, agents
from store.agents import Agent
from store.database import Database


@dataclass(frozen=True, slots=True)
class Member:
    """An agent with an open session; `headers` are those of a request of the agent's browser."""

    agent: Agent
    token: str
    csrf: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.token}", "X-CSRF-Token": self.csrf}


def member(database: Database, name: str = "Anna", role: str = "agent", **values: Any) -> Member:
    """Adds an agent, by default with a password that nothing fits, and signs the agent in."""
    token, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), datetime.now(UTC)
    values = {"email": f"{name.lower()}@linden.example", "password": "!", **values}
    with database.write() as connection:
        agent = agents.add(connection, name=name, role=role, **values)
        agent_sessions.start(connection, hashed(token), agent.id, csrf, now, now + LIFETIME)
    return Member(agent, token, csrf)
