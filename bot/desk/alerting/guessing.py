"""Tells the shop of somebody who tries orders and contacts in turn: its admins by mail, once a wave."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.runtime import log
from bot.runtime.work.sweep import Sweep
from bot.shop.desk_texts import DeskTexts
from store.accounts import agents
from store.conversations import throttle
from store.core import mails
from store.core.database import Connection, Database
from store.vocabulary import Role
from store.vocabulary import ThrottleScope as Scope

QUIET = timedelta(days=1)  # what begins within it belongs to the same wave

_log = log.get("guessing")


class GuessingAlerts(Sweep):
    """Looks every minute for contacts, numbers and networks that wait after wrong proofs."""

    kind = "guessing"
    look_every = 60.0

    def __init__(self, database: Database, texts: DeskTexts, clock: Callable[[], datetime]) -> None:
        super().__init__(database, clock)
        self._texts = texts

    async def find(self) -> int:
        return int(bool(await self._do(self.alert)))

    def alert(self, connection: Connection) -> bool:
        """Tells of a wave in one transaction; False if there is none, or it is told already."""
        at = self._clock()
        throttle.forget(connection, at)
        counts = throttle.tell(connection, at, QUIET)
        if not counts:
            return False
        _log.warning("proofs_guessed", **{scope.value: count for scope, count in counts.items()})
        for agent in agents.listed(connection):
            if agent.role == Role.ADMIN and not agent.disabled and not agent.invited:
                facts = {"name": agent.name, **_facts(counts)}
                subject, body = self._texts.letter("guessing", agent.language, facts)
                key = f"guessing:{at.isoformat()}:{agent.id}"
                mails.add(connection, key, agent.email, subject, body, at=at)
        return True


def _facts(counts: Mapping[Scope, int]) -> dict[str, str]:
    return {
        "contacts": str(counts.get(Scope.CONTACT, 0) + counts.get(Scope.CONTACT_FROM, 0)),
        "numbers": str(counts.get(Scope.NUMBER, 0) + counts.get(Scope.NUMBER_FROM, 0)),
        "networks": str(counts.get(Scope.NETWORK, 0)),
    }
