"""Which language the talk is in: a customer's wish for another one, and messages in one that isn't spoken."""

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict


class ChangeLanguage(Action):
    """Says so in the language wished for; else asks which one, or says that it isn't spoken. Whether it is,
    the message's language tells: it is answered in the wished one if the shop has it."""

    def name(self) -> str:
        return "action_change_language"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        metadata = tracker.latest_message.get("metadata") or {}
        wished = metadata.get("wished")
        if not wished:
            dispatcher.utter_message(response="utter_choose_language")
            return []
        if wished != metadata.get("language"):
            dispatcher.utter_message(response="utter_language_not_spoken", language=wished)
            return []
        dispatcher.utter_message(response="utter_language_changed")
        return [SlotSet("chosen_language", wished)]


class ForeignLanguage(Action):
    """Excuses itself, in the conversation's language and in the message's own, and offers those it has."""

    def name(self) -> str:
        return "action_foreign_language"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        language = (tracker.latest_message.get("metadata") or {}).get("foreign") or ""
        dispatcher.utter_message(response="utter_language_not_spoken", language=language)
        return []
