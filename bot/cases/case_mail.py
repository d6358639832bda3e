"""The letter that tells a customer that a case is registered, where it didn't begin in a talk."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from actions.facts import case_facts
from bot.assistant.protocol import Assistant
from store.cases.cases import Case
from store.core import mails
from store.core.database import Connection

RESPONSE = "utter_mail_case"


@dataclass(frozen=True, slots=True)
class CaseMail:
    """The same words as in the talk. `zone`: the shop's, of the days in it."""

    assistant: Assistant
    zone: ZoneInfo

    def send(self, connection: Connection, case: Case, recipient: str) -> None:
        """Queues it, once for a case."""
        key = f"case:{case.number}"
        if mails.known(connection, key):
            return
        facts = case_facts.mail(case, self.zone)
        subject = self.assistant.say(f"{RESPONSE}_subject", case.language, facts).text
        body = self.assistant.say(RESPONSE, case.language, facts).text
        mails.add(connection, key, recipient, subject, f"{body}\n")
