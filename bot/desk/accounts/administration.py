"""What admins do with the agents' accounts, at the desk or on the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.desk.accounts.invitations import Invitations
from bot.runtime.http.refusals import Conflict, NoSuch
from store.accounts import agent_sessions, agents, audit
from store.accounts.agents import Agent
from store.core.database import Connection
from store.vocabulary import Presence, Role


class Actor(Protocol):
    """Who does it; `bot.desk.accounts.sessions.SignedIn` is one."""

    def record(
        self, connection: Connection, action: str, target: str = "", details: dict[str, Any] | None = None
    ) -> None:
        """Notes it in the audit log."""
        ...


class CommandLine:
    """Who has a shell on the server may do everything."""

    def record(
        self, connection: Connection, action: str, target: str = "", details: dict[str, Any] | None = None
    ) -> None:
        audit.record(connection, None, action, target, details, who="command line")


Release = Callable[[Connection, Agent, datetime], None]


def _nothing(_connection: Connection, _agent: Agent, _at: datetime) -> None:
    """Nobody has conversations."""


@dataclass(frozen=True, slots=True)
class Administration:
    """Functions of one transaction each; all raise `Refusal`. `release` puts an agent's conversations
    back into the queue when the account is disabled."""

    links: Invitations
    release: Release = _nothing

    def add(
        self,
        connection: Connection,
        by: Actor,
        at: datetime,
        email: str,
        name: str,
        role: Role,
        values: dict[str, Any],
    ) -> tuple[Agent, str]:
        """A new agent and the link of the invitation, which is mailed too. `values`: further columns."""
        try:
            agent = agents.add(connection, email, name, role, **values)
        except agents.EmailTaken:
            raise Conflict("Another agent has this e-mail.", code="taken") from None
        by.record(connection, "agent_added", f"agent:{agent.id}", {"email": email, "role": role})
        return agent, self.links.invite(connection, agent, at)

    def invite(self, connection: Connection, by: Actor, at: datetime, agent_id: int) -> str:
        """A new link to set a password, which is mailed too; earlier ones lead nowhere any more."""
        agent = agents.get(connection, agent_id)
        if agent is None:
            raise NoSuch("agent")
        if agent.disabled:
            raise Conflict("The account is disabled. Enable it first.", code="wrong_state")
        by.record(connection, "agent_invited", f"agent:{agent_id}")
        return self.links.invite(connection, agent, at)

    def change(
        self, connection: Connection, by: Actor, at: datetime, agent_id: int, values: dict[str, Any]
    ) -> Agent:
        """Changes role, languages, skills, capacity, disabled or name; `totp` False takes the second factor
        away. There is always an admin who can sign in."""
        admins = agents.lock_admins(connection)
        agent = agents.get(connection, agent_id)
        if agent is None:
            raise NoSuch("agent")
        leaves = values.get("role", Role.ADMIN) != Role.ADMIN or values.get("disabled", False)
        if leaves and admins == {agent_id}:
            raise Conflict("This is the last admin. Make somebody else an admin first.", code="wrong_state")
        columns = dict(values)
        if "totp" in columns:
            del columns["totp"]
            columns["totp_secret"] = None
        if columns.get("disabled"):
            columns["state"] = Presence.OFFLINE
            agent_sessions.end_all(connection, agent_id)
            agents.withdraw_invitations(connection, agent_id)
            if not agent.disabled:
                self.release(connection, agent, at)
        by.record(connection, "agent_changed", f"agent:{agent_id}", values)
        return agents.change(connection, agent_id, **columns) if columns else agent
