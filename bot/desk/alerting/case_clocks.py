"""Tells agents how the clocks of cases stand: at half, four fifths and the end of the time, once each; at the
open desks always, and by mail once it hurries."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final

from babel.dates import format_datetime

from bot.desk import rights
from bot.desk.accounts.invitations import LOCAL
from bot.runtime import log
from bot.runtime.work.sweep import Sweep
from bot.shop.desk_texts import DeskTexts
from store.accounts import agents
from store.accounts.agents import Agent
from store.core import events, mails
from store.core.database import Connection, Database
from store.core.events import CaseDue
from store.desk.cases import running_clocks
from store.desk.cases.running_clocks import Clock
from store.vocabulary import Role

AT_ONCE = 50
_MAILED: Final = {80: "case_due", 100: "case_late"}  # part of the time, in per cent, and the mail

_log = log.get("case_clocks")


class CaseClocks(Sweep):
    """Looks now and then for clocks that have come to a part of their time. Mail goes to who looks after the
    case, else to those who decide on cases; once it is too late, to admins too. Of what the customer has to
    do nobody gets mail. `public_url`: where agents reach the desk."""

    kind = "case_clocks"
    look_every = 30.0

    def __init__(
        self,
        database: Database,
        texts: DeskTexts,
        timezone: tzinfo,
        public_url: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(database, clock)
        self._texts = texts
        self._timezone = timezone
        self._desk = f"{public_url or LOCAL}/desk"

    async def find(self) -> int:
        """Tells of all that have come to a part; how many those were."""
        count = 0
        for one in await self._database.fetch(running_clocks.to_tell, self._clock(), AT_ONCE):
            if await self._do(self.tell, one):
                count += 1
                _log.info("case_due", case=one.number, deadline=one.kind)
        return count

    def tell(self, connection: Connection, one: Clock) -> bool:
        """Tells of a clock in one transaction; False if it is told already, or stopped."""
        at = self._clock()
        part = one.part(at)
        if not part or not running_clocks.say(connection, one.id, part):
            return False
        events.publish(connection, CaseDue(one.case_id, one.number, one.kind, part))
        letter = _MAILED.get(part)
        if letter and one.ours:
            for agent in _concerned(agents.listed(connection), one.agent_id, part):
                subject, body = self._texts.letter(letter, agent.language, self._facts(one, agent))
                mails.add(connection, f"{letter}:{one.id}:{agent.id}", agent.email, subject, body, at=at)
        return True

    def _facts(self, one: Clock, agent: Agent) -> dict[str, str]:
        due = format_datetime(one.due_at.astimezone(self._timezone), "medium", locale=agent.language)
        return {
            "name": agent.name,
            "case": one.number,
            "what": self._texts.word(f"deadline_{one.kind}", agent.language) or one.kind,
            "due": due,
            "link": f"{self._desk}#/cases/{one.case_id}",
        }


def _concerned(team: list[Agent], holder: int | None, part: int) -> list[Agent]:
    there = [one for one in team if not one.disabled and not one.invited]
    own = [one for one in there if one.id == holder]
    admins = [one for one in there if one.role == Role.ADMIN]
    deciding = [one for one in there if rights.MONEY_SKILL in one.skills]
    told = own or [*deciding, *admins]
    return list(
        {one.id: one for one in (*told, *(admins if part == running_clocks.PARTS[0] else ()))}.values()
    )
