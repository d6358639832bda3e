"""What the customer wanted with the order, once it is proven."""

from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import session
from actions.cases import case_opening
from actions.facts import order_facts
from actions.intents import CASES, Facet, Form, Intent, Task
from store.conversations import proofs
from store.orders.orders import Order
from store.vocabulary import OrderState

_ASKED = {Task.REFUND: Facet.REFUND, Task.INVOICE: Facet.INVOICE}


class OrderTask(Action):
    """Answers about the order in slot `order`, or starts the form that changes it."""

    def name(self) -> str:
        return "action_order_task"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            conversation = session.conversation_id(connection, tracker)
            standing = proofs.identity(connection, conversation)
            order = session.proven_order(connection, tracker)
            own = session.own_orders(connection, standing, limit=2)
            told = case_opening.told_of(connection, order, standing.contact) if order else []
        if standing.locked:
            dispatcher.utter_message(response="utter_locked")
            return []
        if order is None:
            dispatcher.utter_message(response="utter_no_orders")
            return [SlotSet("order", None)]
        task = Task(tracker.get_slot("task") or Task.TRACK)
        if task == Task.CANCEL:
            return self._cancel(order, dispatcher)
        if task == Task.ADDRESS:
            return self._address(order, dispatcher)
        if task in CASES:
            tried = tracker.get_slot("case_tried")
            return case_opening.begin(task, order, dispatcher, tracker, told, tried)
        asked = Facet(tracker.get_slot("facet") or Facet.WHERE) if task == Task.TRACK else _ASKED[task]
        parts = case_opening.with_cases(order_facts.facet(asked, order, datetime.now(UTC).date()), told)
        steps = _next_steps(task, order, several=len(own) > 1)
        dispatcher.utter_message(response="utter_order_answer", parts=parts, choices=steps)
        return [SlotSet("facet", None)]

    def _cancel(self, order: Order, dispatcher: CollectingDispatcher) -> list[EventType]:
        if order_facts.can_cancel(order):
            return [SlotSet("confirmed", None), SlotSet("code", None), FollowupAction(Form.CANCEL)]
        dispatcher.utter_message(**order_facts.about(order), **order_facts.cancel_refusal(order.state))
        return []

    def _address(self, order: Order, dispatcher: CollectingDispatcher) -> list[EventType]:
        if order_facts.can_change_address(order):
            return [
                SlotSet("confirmed", None),
                SlotSet("code", None),
                SlotSet("new_address", None),
                FollowupAction(Form.ADDRESS),
            ]
        refusal = order_facts.refusal(order.state)
        if order.state in order_facts.ON_THE_WAY:
            refusal["instead"] = {"phrase": "instead_carrier"}
        dispatcher.utter_message(
            response="utter_cannot_change_address", **order_facts.about(order), **refusal
        )
        return []


def _next_steps(task: Task, order: Order, several: bool) -> list[dict[str, Any]]:
    """Buttons for what customers mostly want next."""
    steps: list[dict[str, Any]] = []
    if task != Task.TRACK:
        steps.append({"intent": Intent.TRACK_ORDER})
    if order.state in {OrderState.CANCELLED, *order_facts.RETURNED} and task != Task.REFUND:
        steps.append({"intent": Intent.REFUND_STATUS})
    if order.state == OrderState.DELIVERED and task == Task.TRACK:
        steps.append({"intent": Intent.GET_INVOICE})
    if order_facts.can_cancel(order) and task == Task.TRACK:
        steps.append({"intent": Intent.CANCEL_ORDER})
    if several:
        steps.append(
            {"intent": Intent.TRACK_ORDER, "entities": {"another_order": "yes"}, "title_key": "another_order"}
        )
    return [*steps, {"intent": Intent.HUMAN_AGENT}]
