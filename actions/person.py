"""When the assistant doesn't understand, and when a person takes over."""

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.intents import Intent
from store.vocabulary import Reason


class Clarify(Action):
    """Asks back with the two best guesses and a person as buttons; the second time in a row offers a
    person. Inside a form nothing is said: the form asks its question again, in other words."""

    def name(self) -> str:
        return "action_clarify"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        times = int(tracker.get_slot("unsure") or 0) + 1
        guesses = (tracker.latest_message.get("metadata") or {}).get("guesses") or []
        if times >= 2:
            dispatcher.utter_message(response="utter_offer_person")
        elif not (tracker.active_loop or {}).get("name"):
            choices = [{"intent": intent} for intent in [*guesses, Intent.HUMAN_AGENT]]
            dispatcher.utter_message(response="utter_clarify", choices=choices)
        return [SlotSet("unsure", times)]


def call(reason: Reason) -> dict[str, str]:
    """The `custom` part of a message by which the conversation learns that a person must come."""
    return {"handoff": reason}


def refused(reason: str) -> dict[str, str]:
    """The `custom` part of a message by which the conversation learns that a proof was tried in vain, and
    why."""
    return {"refused": reason}


class Handoff(Action):
    """Asks for a person."""

    def name(self) -> str:
        return "action_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        dispatcher.utter_message(response="utter_handoff", json_message=call(Reason.ASKED))
        return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("unsure", 0)]
