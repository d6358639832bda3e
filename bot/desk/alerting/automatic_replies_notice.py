"""Tells the shop's admins, once a day at most, that another program answers customers in the shop's name: the
assistant and it talk at the same time."""

from collections.abc import Callable
from datetime import datetime

from bot.conversation.receiving import automatic_replies
from bot.desk.accounts.invitations import LOCAL
from bot.runtime import log
from bot.shop.desk_texts import DeskTexts
from store.accounts import agents
from store.core import mails
from store.core.database import Connection
from store.core.timers import Job
from store.vocabulary import Role

_log = log.get("automatic_replies")


class AutomaticRepliesNotice:
    """The job's key is the channel and the account."""

    kind = automatic_replies.KIND

    def __init__(self, texts: DeskTexts, public_url: str | None, clock: Callable[[], datetime]) -> None:
        self._texts = texts
        self._desk = f"{public_url or LOCAL}/desk"
        self._clock = clock

    def run(self, connection: Connection, job: Job) -> datetime | None:
        """Mails the admins, those who weren't told today."""
        at = self._clock()
        channel = job.key.partition(":")[0]
        _log.warning("automatic_reply", channel=channel)
        for agent in agents.listed(connection):
            if agent.role != Role.ADMIN or agent.disabled or agent.invited:
                continue
            name = self._texts.word(f"channel_{channel}", agent.language) or channel
            facts = {"name": agent.name, "channel": name, "link": self._desk}
            subject, body = self._texts.letter("automatic_reply", agent.language, facts)
            key = f"automatic_reply:{at:%Y-%m-%d}:{agent.id}:{job.key}"[:120]
            mails.add(connection, key, agent.email, subject, body, at=at)
        return None
