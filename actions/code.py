"""A short code that shows that a customer reads the phone they write from: an SMS's sender can be forged.

It is asked for anew for every change, whatever was proven before and how, and is good for that change only.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import sent_code, session
from actions.intents import Form
from actions.sent_code import SentCode
from store.conversations import proofs

# What a case is about: a yes, and a code, for one are none for another.
CASE_SLOTS = ("case_task", "case_problem", "case_goods", "case_instead", "case_wish", "case_way")
_ASKED: dict[str, str] = {Form.ADDRESS: "utter_ask_code_address", Form.CASE: "utter_ask_code_case"}


class AskCode(Action):
    """Sends the code, the same one again as long as it is good."""

    def name(self) -> str:
        return "action_ask_code"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        form = (tracker.active_loop or {}).get("name") or ""
        wanted, at = change(form, tracker), datetime.now(UTC)
        sent = _expected(tracker, wanted, at)
        events: list[EventType] = []
        if sent is None:
            sent = SentCode.new(wanted, at)
            events = [SlotSet("code_sent", str(sent))]
        response = _ASKED.get(form, "utter_ask_code")
        dispatcher.utter_message(response=response, code=sent.code, order=tracker.get_slot("order"))
        return events


def change(form: str, tracker: Tracker) -> str:
    """What a form is about to do, and to which order: a code that was asked for one thing does no other."""
    what = tracker.get_slot("new_address") or "" if form == Form.ADDRESS else ""
    if form == Form.CASE:
        what = " ".join(f"{name}={tracker.get_slot(name)}" for name in CASE_SLOTS)
    return f"{form}:{tracker.get_slot('order')}:{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def is_needed(tracker: Tracker) -> bool:
    """Whether a change must wait for a code."""
    with session.transaction() as connection:
        standing = proofs.identity(connection, session.conversation_id(connection, tracker))
    return not standing.change


def is_given(form: str, tracker: Tracker) -> bool:
    """Whether a form's change may be made: no code is needed, or this very message held the one for it."""
    return not is_needed(tracker) or tracker.get_slot("code") == _mark(form, tracker)


def given(tracker: Tracker) -> str | None:
    """The code in the customer's message, if one was asked for and the message is one."""
    if tracker.get_slot("requested_slot") != "code":
        return None
    return sent_code.typed(tracker.latest_message.get("text") or "")


def tried(form: str, code: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
    """The slots after a try: a right code is used up, a wrong one counts."""
    at = datetime.now(UTC)
    sent = _expected(tracker, change(form, tracker), at)
    with session.transaction() as connection:
        conversation = session.conversation_id(connection, tracker)
        waits = proofs.identity(connection, conversation, at).waits
        if sent and not waits and hmac.compare_digest(code, sent.code):
            return {"code": _mark(form, tracker), "code_sent": None}
        sent_code.count_wrong(connection, conversation, at, dispatcher)
    dispatcher.utter_message(response="utter_wrong_code")
    return {"code": None, "code_sent": str(sent.missed()) if sent else None}


def _mark(form: str, tracker: Tracker) -> str:
    """What slot `code` holds after the right one: good in this message's turn only."""
    return f"{change(form, tracker)} {session.message_id(tracker)}"


def _expected(tracker: Tracker, wanted: str, at: datetime) -> SentCode | None:
    """The code that was sent for a change, while it is good."""
    sent = SentCode.of(tracker, at)
    return sent if sent and sent.purpose == wanted else None
