"""The acknowledgement of a withdrawal: its content with date, time and the case's number, the same on the
screen and in the mail."""

import hashlib
from collections.abc import Mapping

from bot.shop.page_texts import PageTexts, Speech
from bot.withdrawal.statement import Statement
from store.cases import acts, timeline
from store.cases.cases import Case
from store.cases.timeline import By
from store.core import mails
from store.core.database import Connection
from store.orders.orders import Order
from store.vocabulary import Actor

ACT = "acknowledgement"  # in the timeline


def content(speech: Speech, statement: Statement, number: str) -> Mapping[str, str]:
    """What was stated, each part under its name. `number`: of the case, "" while there is none."""
    at = statement.stated_at
    told = {
        speech("case_number"): number,
        speech("received"): f"{speech.day(at)}, {speech.time(at)}",
        speech("your_name"): statement.name,
        speech("order_number"): statement.number,
        speech("goods"): statement.goods or speech("whole_order"),
        speech("contact"): statement.contact,
        speech("reason"): statement.reason,
    }
    return {name: text for name, text in told.items() if text}


class Acknowledgement:
    def __init__(self, texts: PageTexts) -> None:
        self._texts = texts

    def letter(self, statement: Statement, case: Case) -> tuple[str, str]:
        """The mail's subject and body."""
        speech = self._texts.speech(statement.language)
        lines = "\n".join(
            f"{name}: {_indented(text)}" for name, text in content(speech, statement, case.number).items()
        )
        parts = [
            *speech("mail_opening").split("\n"),
            speech("withdrawal_statement"),
            lines,
            *speech("mail_closing").split("\n"),
        ]
        return speech("mail_subject", case=case.number), "\n\n".join(parts) + "\n"

    def send(self, connection: Connection, statement: Statement, case: Case, order: Order | None) -> None:
        """Queues the mail, and writes into the case's timeline what it says: once for a statement. Whoever
        gave a phone gets it at the e-mail of their order, if there is one; the page can be printed."""
        key = f"acknowledgement/{statement.id}"
        if timeline.known(connection, case.id, key):
            return
        subject, body = self.letter(statement, case)
        recipient = statement.contact if "@" in statement.contact else (order.email or "" if order else "")
        if recipient:
            mails.add(connection, f"withdrawal/{statement.id}", recipient, subject, body)
        told = {
            "recipient": recipient,
            "subject": subject,
            "body": body,
            "sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        acts.note(connection, case.id, By(Actor.ASSISTANT, key, statement.stated_at), ACT, "", told)


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
