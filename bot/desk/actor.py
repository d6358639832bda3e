"""Who does something at the desk, and how it is written down."""

from typing import Any, Protocol

from store.accounts.agents import Agent
from store.conversations.conversations import Conversation
from store.core.database import Connection


class Actor(Protocol):
    """Who does it, and for which request; `bot.desk.accounts.sessions.SignedIn` is one."""

    @property
    def agent(self) -> Agent: ...

    @property
    def request_id(self) -> str: ...

    def record(
        self, connection: Connection, action: str, target: str = "", details: dict[str, Any] | None = None
    ) -> None:
        """Notes in the audit log what is done."""


def by(who: Actor) -> str:
    """The agent in the records of owners."""
    return f"agent:{who.agent.id}"


def target(conversation: Conversation) -> str:
    """The conversation in the audit log."""
    return f"conversation:{conversation.id}"
