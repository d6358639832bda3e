"""Tells agents of customers whom nobody takes up: once each, at the open desks and by mail."""

from collections.abc import Callable
from datetime import datetime, timedelta

from babel import Locale
from babel.dates import format_datetime

from bot.desk.accounts.invitations import LOCAL
from bot.desk.routing import PRESENT, can_take
from bot.runtime import log
from bot.runtime.work.sweep import Sweep
from bot.shop.calendar.hours import OpeningHours
from bot.shop.desk_texts import DeskTexts
from store.accounts import agents
from store.accounts.agents import Agent
from store.core import events, mails
from store.core.database import Connection, Database
from store.core.events import RequestOverdue
from store.desk import assignments, unclaimed
from store.desk.unclaimed import Unclaimed
from store.vocabulary import Role

AT_ONCE = 50

_log = log.get("alerts")


class Alerts(Sweep):
    """Looks every few seconds for requests that have waited for `after` in opening hours. `public_url`: where
    agents reach the desk."""

    kind = "alerts"
    look_every = 20.0

    def __init__(
        self,
        database: Database,
        hours: OpeningHours,
        after: timedelta,
        texts: DeskTexts,
        public_url: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(database, clock)
        self._hours = hours
        self._after = after
        self._texts = texts
        self._desk = f"{public_url or LOCAL}/desk"

    async def find(self) -> int:
        """Tells of all that have waited long enough; how many those were."""
        count = 0
        for one in await self._database.fetch(self._overdue):
            if await self._do(self.alert, one):
                count += 1
                _log.info("unclaimed", conversation=one.conversation_id)
        return count

    def alert(self, connection: Connection, one: Unclaimed) -> bool:
        """Tells of a request in one transaction; False if it is told already, or taken up."""
        at = self._clock()
        if not unclaimed.say(connection, one.handoff_id, at):
            return False
        present = sorted(found.agent.id for found in assignments.candidates(connection, at - PRESENT))
        if present:
            since = one.created_at.isoformat()
            events.publish(connection, RequestOverdue(one.conversation_id, since, tuple(present)))
        for agent in agents.listed(connection):
            concerned = agent.role == Role.ADMIN or can_take(agent, one.language, one.skill)
            if concerned and not agent.disabled and not agent.invited:
                subject, body = self._texts.letter("unclaimed", agent.language, self._facts(one, agent))
                mails.add(
                    connection, f"unclaimed:{one.handoff_id}:{agent.id}", agent.email, subject, body, at=at
                )
        return True

    def _overdue(self, connection: Connection) -> list[Unclaimed]:
        now = self._clock()
        waiting = unclaimed.unclaimed(connection, now - self._after, AT_ONCE)
        return [
            one for one in waiting if (due := self._hours.after(one.created_at, self._after)) and due <= now
        ]

    def _facts(self, one: Unclaimed, agent: Agent) -> dict[str, str]:
        locale = Locale(agent.language)
        since = one.created_at.astimezone(self._hours.timezone)
        return {
            "name": agent.name,
            "since": format_datetime(since, "medium", locale=locale),
            "reason": self._texts.word(f"reason_{one.reason}", agent.language) or one.reason,
            "channel": self._texts.word(f"channel_{one.channel}", agent.language) or one.channel,
            "spoken": locale.languages.get(one.language, one.language),
            "order": one.order or "–",
            "link": f"{self._desk}#/c/{one.conversation_id}",
        }
