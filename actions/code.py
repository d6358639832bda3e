"""A short code that shows that a customer reads the phone they write from: an SMS's sender can be forged."""

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import person, session
from store.conversations import proofs
from store.vocabulary import ProofBy, Reason

LIFETIME = timedelta(minutes=10)
DIGITS = 6


class AskCode(Action):
    """Sends the code, the same one again as long as it is good."""

    def name(self) -> str:
        return "action_ask_code"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        now = datetime.now(UTC)
        code = _expected(tracker, now)
        events: list[EventType] = []
        if code is None:
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            events = [SlotSet("code_sent", f"{code} {(now + LIFETIME).timestamp():.0f}")]
        dispatcher.utter_message(response="utter_ask_code", code=code)
        return events


def is_needed(tracker: Tracker) -> bool:
    """Whether a change must wait for a code."""
    with session.transaction() as connection:
        standing = proofs.identity(connection, session.conversation_id(connection, tracker))
    return not standing.change and not standing.locked


def given(tracker: Tracker) -> str | None:
    """The code in the customer's message, if one was asked for and the message is one."""
    if tracker.get_slot("requested_slot") != "code":
        return None
    text = tracker.latest_message.get("text") or ""
    digits = re.sub(r"[\s.,-]", "", text)
    return digits if re.fullmatch(rf"\d{{{DIGITS}}}", digits, re.ASCII) else None


def tried(code: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
    """The slots after a try: a right code proves the phone for changes too, a wrong one counts."""
    with session.transaction() as connection:
        conversation = session.conversation_id(connection, tracker)
        standing = proofs.identity(connection, conversation)
        expected = _expected(tracker, datetime.now(UTC))
        if expected and standing.contact and hmac.compare_digest(code, expected):
            proofs.succeed(connection, conversation, standing.contact, ProofBy.CODE)
            return {"code": code, "code_sent": None}
        if proofs.fail(connection, conversation):
            dispatcher.utter_message(json_message=person.call(Reason.PROOFS))
    dispatcher.utter_message(response="utter_wrong_code")
    return {"code": None}


def _expected(tracker: Tracker, at: datetime) -> str | None:
    """The code that was sent, while it is good."""
    code, _, until = (tracker.get_slot("code_sent") or "").partition(" ")
    return code if until and at.timestamp() < float(until) else None
