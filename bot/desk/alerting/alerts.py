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
from store.handoffs import callbacks
from store.handoffs.callbacks import Callback
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
        for call in await self._database.fetch(self._uncalled):
            if await self._do(self.remind_of, call):
                count += 1
                _log.info("uncalled", conversation=call.conversation_id)
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
                # Of one that was put back and is left lying again, they are told again.
                key = f"unclaimed:{one.handoff_id}:{one.created_at:%Y-%m-%dT%H:%M:%S}:{agent.id}"
                mails.add(connection, key, agent.email, subject, body, at=at)
        return True

    def remind_of(self, connection: Connection, call: Callback) -> bool:
        """Tells of a customer whom nobody calls, in one transaction; False if it is told already."""
        at = self._clock()
        if not callbacks.say(connection, call.id, at):
            return False
        for agent in agents.listed(connection):
            if not agent.disabled and not agent.invited:
                facts = {"name": agent.name, "since": self._since(call.created_at, agent), "link": self._desk}
                subject, body = self._texts.letter("callback", agent.language, facts)
                mails.add(connection, f"callback:{call.id}:{agent.id}", agent.email, subject, body, at=at)
        return True

    def _uncalled(self, connection: Connection) -> list[Callback]:
        now = self._clock()
        waiting = callbacks.unanswered(connection, now - self._after)
        return [one for one in waiting if self._is_late(one.created_at, now)][:AT_ONCE]

    def _is_late(self, since: datetime, now: datetime) -> bool:
        due = self._hours.after(since, self._after)
        return due is not None and due <= now

    def _since(self, at: datetime, agent: Agent) -> str:
        return format_datetime(at.astimezone(self._hours.timezone), "medium", locale=Locale(agent.language))

    def _overdue(self, connection: Connection) -> list[Unclaimed]:
        now = self._clock()
        waiting = unclaimed.unclaimed(connection, now - self._after, AT_ONCE)
        return [one for one in waiting if self._is_late(one.created_at, now)]

    def _facts(self, one: Unclaimed, agent: Agent) -> dict[str, str]:
        locale = Locale(agent.language)
        return {
            "name": agent.name,
            "since": self._since(one.created_at, agent),
            "reason": self._texts.word(f"reason_{one.reason}", agent.language) or one.reason,
            "channel": self._texts.word(f"channel_{one.channel}", agent.language) or one.channel,
            "spoken": locale.languages.get(one.language, one.language),
            "order": one.order or "–",
            "link": f"{self._desk}#/c/{one.conversation_id}",
        }
