"""A question on the order that the talk is about: "what date?", "who brings it?"."""

from datetime import UTC, datetime

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import session
from actions.cases import case_opening
from actions.facts import order_facts
from actions.intents import Facet, Form, Intent, Task
from store.conversations import proofs

ASKED = "facet"  # where a message's metadata says what is asked


class OrderQuestion(Action):
    """Answers it, and leaves open what is: a change that waits for its yes goes on waiting."""

    def name(self) -> str:
        return "action_order_question"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            order = session.proven_order(connection, tracker)
            standing = proofs.identity(connection, session.conversation_id(connection, tracker))
            told = case_opening.told_of(connection, order, standing.contact) if order else []
        if order is None:
            # The proof has ended meanwhile: it is asked for again, and then all is told.
            return [SlotSet("task", Task.TRACK), FollowupAction(Form.ORDER)]
        asked = Facet((tracker.latest_message.get("metadata") or {}).get(ASKED) or Facet.WHERE)
        choices = [{"intent": Intent.HUMAN_AGENT}] if asked == Facet.DELAY else []
        parts = order_facts.facet(asked, order, datetime.now(UTC).date())
        if asked in (Facet.WHERE, Facet.REFUND, Facet.WHEN):
            parts = case_opening.with_cases(parts, told)
        open_form = (tracker.active_loop or {}).get("name")
        dispatcher.utter_message(
            response="utter_order_answer", parts=parts, choices=[] if open_form else choices
        )
        return []
