"""Cancelling an order and sending it elsewhere, each after the customer's yes."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import code, intents, session
from actions.facts import order_facts
from actions.intents import Form, Intent, Kind
from actions.order_form import again
from store.conversations import proofs
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import Order

MIN_ADDRESS, MAX_ADDRESS = 8, 300  # characters
CLEAR_WISH = 0.9  # a message that wants something as surely as this is no address
# A form that starts reads the message's entities again, and a postcode looks like an order number: left
# there, they would be looked up with the next question.
FORGET_DETAILS: list[EventType] = [SlotSet("order_number", None), SlotSet("contact", None)]
DECIDED: list[EventType] = [SlotSet("confirmed", None), SlotSet("code", None), SlotSet("task", None)]
CONFIRMS = "confirms"  # what a button's yes is to, as `asked_change` names it


def asked_change(form: str | None, slot: Callable[[str], Any]) -> str | None:
    """The change that a form asks a yes for, by name: the yes to one is none to another. None while it asks
    for something else. `slot`: a tracker's `get_slot`."""
    if form not in (Form.CANCEL, Form.ADDRESS, Form.CASE) or slot("requested_slot") != "confirmed":
        return None
    return _named(Form(form), slot)


def _named(form: Form, slot: Callable[[str], Any]) -> str:
    what = slot("new_address") if form is Form.ADDRESS else None
    if form is Form.CASE:
        what = " ".join(f"{name}={slot(name)}" for name in code.CASE_SLOTS if slot(name))
    return f"{form} {slot('order')} {what or ''}".strip()


def _yes_or_no(form: Form, tracker: Tracker) -> list[dict[str, Any]]:
    yes = {"intent": Intent.AFFIRM, "entities": {CONFIRMS: _named(form, tracker.get_slot)}}
    return [yes, {"intent": Intent.DENY}]


class ValidateCancelForm(FormValidationAction):
    form = Form.CANCEL

    def name(self) -> str:
        return f"validate_{self.form}"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: DomainDict,
    ) -> list[str]:
        """Who writes by SMS sends back a code, once they said yes."""
        if tracker.get_slot("confirmed") == "yes" and code.is_needed(tracker):
            return [*domain_slots, "code"]
        return domain_slots

    def extract_code(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        found = code.given(tracker)
        return {"code": found} if found else {}

    def validate_code(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        return code.tried(self.form, value, dispatcher, tracker)

    def validate_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        return {"confirmed": value}


class ValidateAddressForm(ValidateCancelForm):
    form = Form.ADDRESS

    def extract_new_address(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """The message as an address, if it can be one: the answer that was asked for, or another address
        in place of the one to be confirmed."""
        intent = tracker.latest_message.get("intent") or {}
        wish = intent.get("confidence", 0) >= CLEAR_WISH and _leads_away(intent.get("name") or "")
        answer = (
            intent.get("name") in (Intent.AFFIRM, Intent.DENY)
            and tracker.get_slot("requested_slot") == "confirmed"
        )
        text = (tracker.latest_message.get("text") or "").strip()
        own_number = tracker.get_slot("order") or ""
        if wish or answer or own_number in text.split() or not is_address(text):
            return {}
        return {"new_address": text}

    def validate_new_address(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        return {"new_address": value}


def _leads_away(intent: str) -> bool:
    """Whether a message wants something else than to give an address."""
    stays = (
        intent in (Intent.CHANGE_ADDRESS, Intent.INFORM, Intent.HEDGE)
        or intents.of(intent).kind is Kind.UNCLEAR
    )
    return not stays


def is_address(text: str) -> bool:
    """Whether a text can be a postal address: a house number or postcode, words, no question."""
    has_digit = any(character.isdigit() for character in text)
    letters = sum(character.isalpha() for character in text)
    return (
        has_digit
        and letters >= 4
        and MIN_ADDRESS <= len(text) <= MAX_ADDRESS
        and "?" not in text
        and "@" not in text
    )


class _OrderAction(Action, ABC):
    """Works on the proven order; says so when there is none."""

    @abstractmethod
    def name(self) -> str: ...

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            order = session.proven_order(connection, tracker)
            standing = proofs.identity(connection, session.conversation_id(connection, tracker))
            if standing.locked:
                dispatcher.utter_message(response="utter_locked")
                return []
            if order is None and standing.contact is None and (number := tracker.get_slot("order")):
                # The proof has ended meanwhile: the contact is asked for again, and then what is wanted.
                return [
                    SlotSet("order_number", number),
                    SlotSet("order", None),
                    *DECIDED[:2],
                    FollowupAction(Form.ORDER),
                ]
            if order is None:
                dispatcher.utter_message(response="utter_no_orders")
                return []
            return self.work(connection, order, dispatcher, tracker)

    @abstractmethod
    def work(
        self, connection: Connection, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]: ...


def _question(response: str, tracker: Tracker) -> str:
    """The response that asks for a yes; a shorter one after what was neither yes nor no."""
    hedged = (tracker.latest_message.get("intent") or {}).get("name") == Intent.HEDGE
    return f"{response}_again" if hedged else response


class AskCancel(_OrderAction):
    def name(self) -> str:
        return "action_ask_cancel_form_confirmed"

    def work(
        self, connection: Connection, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        dispatcher.utter_message(
            response=_question("utter_ask_cancel_form_confirmed", tracker),
            **order_facts.about(order),
            money_back=order_facts.money_back(order),
            choices=_yes_or_no(Form.CANCEL, tracker),
        )
        return FORGET_DETAILS


class CancelOrder(_OrderAction):
    def name(self) -> str:
        return "action_cancel_order"

    def work(
        self, connection: Connection, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        if tracker.get_slot("confirmed") != "yes" or not code.is_given(Form.CANCEL, tracker):
            dispatcher.utter_message(response="utter_not_cancelled", order=order.number)
        else:
            back = order_facts.money_back(order)
            key = f"cancel:{session.message_id(tracker)}"
            try:
                orders.cancel(connection, order.id, key, datetime.now(UTC))
                dispatcher.utter_message(response="utter_cancelled", order=order.number, money_back=back)
            except orders.NotAllowed as error:
                dispatcher.utter_message(order=order.number, **order_facts.cancel_refusal(error.state))
        return DECIDED


class AskNewAddress(_OrderAction):
    def name(self) -> str:
        return "action_ask_address_form_new_address"

    def work(
        self, connection: Connection, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        response = again("utter_ask_address_form_new_address", "new_address", tracker)
        dispatcher.utter_message(response=response, **order_facts.about(order))
        return FORGET_DETAILS


class AskAddressConfirmed(_OrderAction):
    def name(self) -> str:
        return "action_ask_address_form_confirmed"

    def work(
        self, connection: Connection, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        dispatcher.utter_message(
            response=_question("utter_ask_address_form_confirmed", tracker),
            order=order.number,
            new_address=tracker.get_slot("new_address"),
            choices=_yes_or_no(Form.ADDRESS, tracker),
        )
        return FORGET_DETAILS


class ChangeAddress(_OrderAction):
    def name(self) -> str:
        return "action_change_address"

    def work(
        self, connection: Connection, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        address = tracker.get_slot("new_address")
        confirmed = tracker.get_slot("confirmed") == "yes" and code.is_given(Form.ADDRESS, tracker)
        if not confirmed or not address:
            dispatcher.utter_message(response="utter_address_kept", order=order.number)
        else:
            key = f"address:{session.message_id(tracker)}"
            try:
                orders.change_address(connection, order.id, address, key, datetime.now(UTC))
                dispatcher.utter_message(
                    response="utter_address_changed", order=order.number, new_address=address
                )
            except orders.NotAllowed as error:
                dispatcher.utter_message(
                    response="utter_cannot_change_address",
                    order=order.number,
                    **order_facts.refusal(error.state),
                )
        return [SlotSet("new_address", None), *DECIDED]
