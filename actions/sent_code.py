"""A short code that was sent to a customer, as the dialogue remembers it in slot `code_sent`."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import person, session
from store.conversations import throttle
from store.core.database import Connection
from store.vocabulary import Reason

LIFETIME = timedelta(minutes=10)
DIGITS = 6
MAX_WRONG = 3  # tries, after which a code is good for nothing


@dataclass(frozen=True, slots=True)
class SentCode:
    """Good until a moment, for one thing: `purpose` names what it was asked for."""

    code: str
    until: float  # seconds since 1970
    wrong: int
    purpose: str

    @classmethod
    def new(cls, purpose: str, at: datetime) -> "SentCode":
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        return cls(code, (at + LIFETIME).timestamp(), 0, purpose)

    @classmethod
    def of(cls, tracker: Tracker, at: datetime) -> "SentCode | None":
        """The last one, if it is still good."""
        kept = (tracker.get_slot("code_sent") or "").split(" ", 3)
        if len(kept) < 4:
            return None
        code, until, wrong, purpose = kept
        sent = cls(code, float(until), int(wrong), purpose)
        return sent if at.timestamp() < sent.until and sent.wrong < MAX_WRONG else None

    def missed(self) -> "SentCode":
        """The same after a wrong try."""
        return replace(self, wrong=self.wrong + 1)

    def __str__(self) -> str:
        return f"{self.code} {self.until:.0f} {self.wrong} {self.purpose}"


def typed(text: str) -> str | None:
    """The code that a message is, if it is one."""
    digits = re.sub(r"[\s.,-]", "", text)
    return digits if re.fullmatch(rf"\d{{{DIGITS}}}", digits, re.ASCII) else None


def count_wrong(
    connection: Connection, conversation: int, at: datetime, dispatcher: CollectingDispatcher
) -> None:
    """A wrong code counts like any wrong proof; the one after which the conversation waits calls a person."""
    dispatcher.utter_message(json_message=person.refused("code"))
    if throttle.attempt(connection, conversation, session.sender(conversation), at).fail():
        dispatcher.utter_message(json_message=person.call(Reason.PROOFS))
