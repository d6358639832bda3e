"""Links by which somebody becomes an agent or sets a new password."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.desk.accounts import tokens
from bot.shop.desk_texts import DeskTexts
from store.accounts import agents
from store.accounts.agents import Agent
from store.core import mails
from store.core.database import Connection

INVITATION = timedelta(days=7)
RESET = timedelta(hours=1)
RESET_AGAIN = 600  # seconds: in each such stretch an agent can ask for one mail

# Where a desk without a public address is found: on its own host.
LOCAL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Invitations:
    """`public_url`: where agents reach the desk; it never comes from a request, which anybody can forge."""

    texts: DeskTexts
    public_url: str | None

    def invite(self, connection: Connection, agent: Agent, at: datetime) -> str:
        """A link for an agent, mailed too; earlier ones lead nowhere any more. For who has a password it
        is one to set a new one."""
        agents.withdraw_invitations(connection, agent.id)
        kind = "invitation" if agent.invited else "reset"
        token = tokens.new()
        return self._send(connection, agent, kind, token, f"{kind}:{tokens.hashed(token)}", at)[0]

    def reset(self, connection: Connection, agent: Agent, at: datetime) -> bool:
        """Mails a link to set a new password; whether it did: not again and again, whoever asks."""
        key = f"reset:{agent.id}:{int(at.timestamp()) // RESET_AGAIN}"
        return self._send(connection, agent, "reset", tokens.new(), key, at)[1]

    def _send(
        self, connection: Connection, agent: Agent, kind: str, token: str, key: str, at: datetime
    ) -> tuple[str, bool]:
        # Behind a #, so that it stands in no server's log and no Referer.
        link = f"{self.public_url or LOCAL}/desk#{kind}={token}"
        values = {"name": agent.name, "email": agent.email, "link": link}
        subject, body = self.texts.letter(kind, agent.language, values)
        queued = mails.add(connection, key, agent.email, subject, body, at=at)
        if queued:
            lifetime = INVITATION if kind == "invitation" else RESET
            agents.invite(connection, tokens.hashed(token), agent.id, at, at + lifetime)
        return link, queued
