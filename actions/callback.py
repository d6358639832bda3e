"""A customer wants to be called: on which number, and when it suits."""

from datetime import UTC, datetime
from typing import Any

import phonenumbers
from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import intents, session
from actions.intents import Intent, Kind
from actions.order_change import CLEAR_WISH, FORGET_DETAILS
from actions.order_form import again
from store.conversations import conversations, proofs
from store.core.database import Connection
from store.handoffs import callbacks

MAX_WISH = 200  # characters
SOME_DIGITS = 4  # as many are meant as a phone number
FORGET: list[EventType] = [SlotSet("callback_phone", None), SlotSet("callback_wish", None)]


class ValidateCallbackForm(FormValidationAction):
    """Takes the first phone number that the customer names, then any words as the time that suits."""

    def name(self) -> str:
        return "validate_callback_form"

    async def _extract_validation_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        changes = _given(tracker)
        tracker.slots.update(changes)
        events: list[EventType] = [SlotSet(name, value) for name, value in changes.items()]
        next_slot = await self.next_requested_slot(dispatcher, tracker, domain)
        if next_slot:
            events.append(next_slot)
        return events


def _given(tracker: Tracker) -> dict[str, Any]:
    """The slots that the message fills. One that is set counts as an answer, so that a malformed number
    is asked for again instead of being taken for another subject."""
    message = tracker.latest_message
    text = " ".join((message.get("text") or "").split())
    asked = tracker.get_slot("requested_slot")
    if not tracker.get_slot("callback_phone"):
        for entity in message.get("entities") or []:
            if entity["entity"] == "phone":
                return {"callback_phone": entity["value"]}
        tried = asked == "callback_phone" and sum(one.isdigit() for one in text) >= SOME_DIGITS
        return {"callback_phone": None} if tried else {}
    intent = message.get("intent") or {}
    clear = intent.get("confidence", 0) >= CLEAR_WISH
    if asked != "callback_wish" or not text or (clear and (_leads_away(intent["name"]) or "?" in text)):
        return {}
    return {"callback_wish": text[:MAX_WISH]}


def _leads_away(intent: str) -> bool:
    """Whether a message is no answer to the question when it suits: a refusal, or about who answers how."""
    return intent == Intent.DENY or intents.of(intent).kind in (Kind.PERSON, Kind.LANGUAGE)


class AskPhone(Action):
    """Asks for the number; offers the one that is known as a button."""

    def name(self) -> str:
        return "action_ask_callback_form_callback_phone"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            phone = _known_phone(connection, session.conversation_id(connection, tracker))
        choices = (
            [{"intent": Intent.INFORM, "entities": {"phone": phone}, "title": shown(phone)}] if phone else []
        )
        response = again("utter_ask_callback_phone", "callback_phone", tracker)
        dispatcher.utter_message(response=response, choices=choices)
        return FORGET_DETAILS


class AskWish(Action):
    """Asks when it suits."""

    def name(self) -> str:
        return "action_ask_callback_form_callback_wish"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        phone = shown(tracker.get_slot("callback_phone"))
        choices = [{"intent": Intent.INFORM, "title_key": "any_time"}]
        dispatcher.utter_message(response="utter_ask_callback_wish", number=phone, choices=choices)
        return FORGET_DETAILS


class RequestCallback(Action):
    """Keeps the wish for the agents."""

    def name(self) -> str:
        return "action_request_callback"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        phone, wish = tracker.get_slot("callback_phone"), tracker.get_slot("callback_wish")
        if phone and wish:
            with session.transaction() as connection:
                conversation = session.conversation_id(connection, tracker)
                callbacks.request(connection, conversation, phone, wish, datetime.now(UTC))
            dispatcher.utter_message(response="utter_callback_noted", number=shown(phone), wish=wish)
        return [*FORGET, *FORGET_DETAILS]


def _known_phone(connection: Connection, conversation_id: int) -> str | None:
    """The proven phone, or the one that an SMS came from."""
    contact = proofs.identity(connection, conversation_id).contact or ""
    return conversations.phone_of(contact) or conversations.get(connection, conversation_id).phone


def shown(phone: str) -> str:
    """A number (E.164) as people write it; one of no country that is known stays as it is."""
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    try:
        return phonenumbers.format_number(phonenumbers.parse(phone), form)
    except phonenumbers.NumberParseException:
        return phone
