"""Tells the shop's owner that a provider refuses us for a reason that nobody else can mend: at the open
desks, and by mail to admins, once a day while it stands."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from babel.dates import format_datetime

from bot.desk.accounts.invitations import LOCAL
from bot.runtime import log
from bot.shop.desk_texts import DeskTexts
from store.accounts import agents
from store.accounts.agents import Agent
from store.core import channel_faults, events, mails
from store.core.channel_faults import ChannelFault
from store.core.database import Connection
from store.core.events import ChannelFaultsChanged
from store.core.timers import Job
from store.vocabulary import Role

LOOK_AGAIN = timedelta(minutes=5)

_log = log.get("faults")


class FaultAlerts:
    """The job stands as long as the fault does."""

    kind = channel_faults.KIND

    def __init__(
        self, texts: DeskTexts, timezone: tzinfo, public_url: str | None, clock: Callable[[], datetime]
    ) -> None:
        self._texts = texts
        self._timezone = timezone
        self._desk = f"{public_url or LOCAL}/desk"
        self._clock = clock

    def run(self, connection: Connection, job: Job) -> datetime | None:
        """Tells those who weren't told today; when to look again, until it is over."""
        at = self._clock()
        one = channel_faults.read(job.payload)
        if channel_faults.is_over(connection, job, at):
            _log.info("refused_no_longer", channel=one.channel, fault=one.fault)
            events.publish(connection, ChannelFaultsChanged())
            return None
        for agent in agents.listed(connection):
            if agent.role != Role.ADMIN or agent.disabled or agent.invited:
                continue
            key = f"fault:{job.key[:60]}:{at:%Y%m%d}:{agent.id}"
            subject, body = self._texts.letter("fault", agent.language, self._facts(one, agent))
            if mails.add(connection, key, agent.email, subject, body, at=at):
                _log.warning("fault_told", channel=one.channel, fault=one.fault, agent=agent.id)
        return at + LOOK_AGAIN

    def _facts(self, one: ChannelFault, agent: Agent) -> dict[str, str]:
        since = one.since.astimezone(self._timezone)
        channel = self._texts.word(f"channel_{one.channel}", agent.language) or one.channel
        return {
            "name": agent.name,
            "channel": f"{channel} {one.account}".strip(),
            "fault": self._texts.word(f"fault_{one.fault}", agent.language) or one.fault,
            "said": one.reason,
            "since": format_datetime(since, "medium", locale=agent.language),
            "link": self._desk,
        }
