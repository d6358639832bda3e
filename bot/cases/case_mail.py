"""The letter that tells a customer that a case is registered, where they didn't tell it to the
assistant."""

from dataclasses import dataclass

from actions.facts import case_facts
from bot.assistant.protocol import Assistant
from store.cases.after_sales import AfterSales
from store.cases.cases import Case
from store.core import mails
from store.core.database import Connection

RESPONSE = "utter_mail_case"


@dataclass(frozen=True, slots=True)
class CaseMail:
    """The same words as in the talk."""

    assistant: Assistant
    after_sales: AfterSales

    def send(self, connection: Connection, case: Case, recipient: str) -> None:
        """Queues it, once for a case."""
        key = f"case:{case.number}"
        if mails.known(connection, key):
            return
        facts = case_facts.mail(case, self.after_sales.terms.zone, self.after_sales.last_day)
        subject = self.assistant.say(f"{RESPONSE}_subject", case.language, facts).text
        body = self.assistant.say(RESPONSE, case.language, facts).text
        mails.add(connection, key, recipient, subject, f"{body}\n")
