"""Which order the customer means, and proof that it is theirs."""

from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import intents, mailed_code, person, session
from actions.facts import order_facts
from actions.intents import Intent, Task
from store.conversations import proofs, throttle
from store.conversations.proofs import Identity
from store.core.database import Connection
from store.orders import orders
from store.vocabulary import Reason

MAX_CHOICES = 5


class ValidateOrderForm(FormValidationAction):
    """Asks for number and contact until an order is proven; slot `order` then holds its number.

    A proven customer isn't asked for the contact again, unless the proof has ended. Number and contact leave
    the slots as soon as they were tried, right or wrong. What was wrong, what doesn't exist and what has to
    wait after others' wrong tries is looked up, counted and answered alike.
    """

    def name(self) -> str:
        return "validate_order_form"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: DomainDict,
    ) -> list[str]:
        with session.transaction() as connection:
            standing = proofs.identity(connection, session.conversation_id(connection, tracker))
        if standing.locked:
            return []
        if tracker.get_slot("order_number"):
            return ["order_number", "contact"]
        if tracker.get_slot("order") and standing.contact:
            return []
        return ["order_number"] if standing.contact else ["order_number", "contact"]

    async def _extract_validation_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            changes = self._tried(connection, tracker, dispatcher)
        intent = tracker.latest_message.get("intent", {}).get("name") or ""
        if not changes and (intent == Intent.AFFIRM or intents.of(intent).task):
            # No answer to the form's question, and no interruption either: Rasa takes a form that sets
            # nothing for an interrupted one, and would then look for another action.
            changes = {"task": tracker.get_slot("task")}
        tracker.slots.update(changes)
        events: list[EventType] = [SlotSet(name, value) for name, value in changes.items()]
        next_slot = await self.next_requested_slot(dispatcher, tracker, domain)
        if next_slot:
            events.append(next_slot)
        return events

    def _tried(
        self, connection: Connection, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> dict[str, Any]:
        """The slots that change when what the customer gave is tried."""
        conversation = session.conversation_id(connection, tracker)
        standing = proofs.identity(connection, conversation)
        if standing.locked:
            return {"order": None, "order_number": None, "contact": None}
        by_code, changes = mailed_code.tried(connection, conversation, tracker, dispatcher)
        if by_code:
            return changes | _opened(by_code)
        return changes | self._details(connection, conversation, standing, tracker, dispatcher)

    def _details(
        self,
        connection: Connection,
        conversation: int,
        standing: Identity,
        tracker: Tracker,
        dispatcher: CollectingDispatcher,
    ) -> dict[str, Any]:
        """The slots that change when number and contact are looked at."""
        number, contact = tracker.get_slot("order_number"), tracker.get_slot("contact")
        if number and not contact and "order_number" in _given(tracker):
            # What didn't fit the number before may fit this one.
            tried = tracker.get_slot("tried") or {}
            contact = tried.get("contact") if tried.get("number") != orders.normalise_number(number) else None
        ended = None if standing.contact else tracker.get_slot("order")
        if ended and not number:
            # The order stays the one that the talk is about, and its contact is asked for again.
            number = ended
        if not number:
            if tracker.get_slot("another_order"):
                before = tracker.get_slot("order_before")
                if (
                    before
                    and standing.contact
                    and orders.opens(connection, before, standing.contact, standing.since)
                ):
                    return _opened(before)  # "the other one": of the two that the talk was about
                return self._only_order(connection, standing) | {"another_order": None}
            return {}
        number = orders.normalise_number(number)
        if standing.contact and orders.opens(connection, number, standing.contact, standing.since):
            return _opened(number)
        if not contact:
            # A slot that is set counts as an answer, so it is set only when it changes.
            if number == tracker.get_slot("order_number") and not ended:
                return {}
            return {"order_number": number, "order": None} if ended else {"order_number": number}
        contact = orders.normalise_contact(contact)
        at = datetime.now(UTC)
        sender = session.sender(conversation)
        attempt = throttle.attempt(connection, conversation, sender, at, contact, number)
        right = orders.opens(connection, number, contact)
        if right and not attempt.waiting:
            proofs.succeed(connection, conversation, contact, at=at)
            return _opened(number)
        # The order before isn't the one that was asked for. One of the two may be right: the other one, given
        # again, is tried with it.
        left: dict[str, Any] = {
            "order": None,
            "order_number": number,
            "contact": None,
            "tried": {"number": number, "contact": contact},
        }
        if right:
            left |= mailed_code.send(connection, tracker, number, contact, at, dispatcher)
        dispatcher.utter_message(json_message=person.refused("waiting" if attempt.waiting else "wrong"))
        if attempt.fail():
            dispatcher.utter_message(json_message=person.call(Reason.PROOFS))
        return left

    @staticmethod
    def _only_order(connection: Connection, standing: Identity) -> dict[str, Any]:
        """The slot `order` for somebody who wants another one: empty, unless there is but one."""
        own = session.own_orders(connection, standing, limit=2)
        return {"order": own[0].number if len(own) == 1 else None}


class AskOrderNumber(Action):
    """Asks for the number; offers a proven customer their orders; offers a person the second time."""

    def name(self) -> str:
        return "action_ask_order_form_order_number"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            standing = proofs.identity(connection, session.conversation_id(connection, tracker))
            own = session.own_orders(connection, standing, MAX_CHOICES)
            example = orders.first_free(connection, session.number_examples.get())
        if own:
            intent = intents.of_task(Task(tracker.get_slot("task") or Task.TRACK))
            choices = [order_facts.order_choice(order, intent) for order in own]
            dispatcher.utter_message(response="utter_choose_order", choices=choices)
        elif odd := _given(tracker).get("odd_number"):
            dispatcher.utter_message(response="utter_wrong_number", number=odd, number_example=example)
        else:
            response = again("utter_ask_order_number", "order_number", tracker)
            dispatcher.utter_message(response=response, number_example=example)
        return []


class AskContact(Action):
    """Asks for the e-mail or phone of the order."""

    def name(self) -> str:
        return "action_ask_order_form_contact"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        given = _given(tracker)
        if tracker.get_slot("tried") and given.keys() & {"order_number", "email", "phone"}:
            dispatcher.utter_message(response="utter_order_not_found")
        else:
            dispatcher.utter_message(
                response=again("utter_ask_contact", "contact", tracker),
                order_number=tracker.get_slot("order_number"),
            )
        return []


def _opened(number: str) -> dict[str, Any]:
    done = dict.fromkeys(("order_number", "contact", "another_order", "tried"))
    return {"order": number, **done}


def _given(tracker: Tracker) -> dict[str, str]:
    """The details in the customer's last message, by what they are."""
    return {one["entity"]: one["value"] for one in tracker.latest_message.get("entities") or ()}


class LeaveForm(Action):
    """Lets go of what was asked for, so that the next wish starts afresh; the proven order stays."""

    def name(self) -> str:
        return "action_leave_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        dispatcher.utter_message(response="utter_left")
        return [
            SlotSet(name, None)
            for name in (
                "task",
                "order_number",
                "contact",
                "tried",
                "another_order",
                "new_address",
                "callback_phone",
                "wishes",
                "case_tried",
            )
        ]


def again(response: str, slot: str, tracker: Tracker) -> str:
    """The response that asks for `slot`; another wording if the message before was asked for it too."""
    asked = (tracker.latest_message.get("metadata") or {}).get("asked")
    return f"{response}_again" if asked == slot else response
