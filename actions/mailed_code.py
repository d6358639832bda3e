"""The way past a wait that others' guessing has caused: a code, mailed to the contact that was given.

Only who reads that mail gets it, and nothing in the conversation tells that it was sent.
"""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.sent_code import SentCode, count_wrong, typed
from store.conversations import proofs, throttle
from store.core import mails
from store.core.database import Connection
from store.orders import orders
from store.vocabulary import ProofBy, ThrottleScope

EVERY = timedelta(minutes=10)  # at most one mail to a contact
_PURPOSE = "open:"


def send(
    connection: Connection,
    tracker: Tracker,
    number: str,
    contact: str,
    at: datetime,
    dispatcher: CollectingDispatcher,
) -> dict[str, Any]:
    """Mails a code for an order that `contact` opens, if that is an e-mail; the slots that change."""
    sent = SentCode.new(f"{_PURPOSE}{number} {contact}", at)
    before = SentCode.of(tracker, at)
    hashed = throttle.key(ThrottleScope.CONTACT, contact)
    key = f"code:{hashed}:{at.timestamp() // EVERY.total_seconds():.0f}"
    good = before is not None and before.purpose == sent.purpose
    if "@" not in contact or good or mails.known(connection, key):
        return {}
    facts = {"order": number, "code": sent.code}
    letter = {"key": key, "recipient": contact, "response": "utter_mailed_code", "facts": facts}
    dispatcher.utter_message(json_message={"letter": letter})
    return {"code_sent": str(sent)}


def tried(
    connection: Connection, conversation: int, tracker: Tracker, dispatcher: CollectingDispatcher
) -> tuple[str | None, dict[str, Any]]:
    """The number of the order that the code in the customer's message opens, if it is the mailed one; and the
    slots that change. A wrong one counts, and may still be an order's number."""
    at = datetime.now(UTC)
    sent = SentCode.of(tracker, at)
    code = typed(tracker.latest_message.get("text") or "")
    if sent is None or code is None or not sent.purpose.startswith(_PURPOSE):
        return None, {}
    number, _, contact = sent.purpose.removeprefix(_PURPOSE).partition(" ")
    if hmac.compare_digest(code, sent.code) and orders.opens(connection, number, contact):
        proofs.succeed(connection, conversation, contact, ProofBy.CODE, at)
        return number, {"code_sent": None}
    count_wrong(connection, conversation, at, dispatcher)
    return None, {"code_sent": str(sent.missed())}
