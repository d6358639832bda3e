"""Begins a case after the customer's yes, and the form that leads to it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import code, person, session
from actions.cases.case_form import FORGET, SLOTS, now, wanted
from actions.facts import case_facts, order_facts
from actions.intents import Form, Task
from actions.order_change import DECIDED
from bot.runtime.label_links import has_label
from store.cases import cases, opening, timeline
from store.cases.after_sales import Teller
from store.cases.cases import Case
from store.cases.machine import OPEN
from store.cases.timeline import By
from store.conversations import conversations, proofs
from store.core.database import Connection
from store.orders.orders import Order
from store.vocabulary import Actor, CaseKind, CaseState, OrderState, Reason

# A person takes over the talk; all other cases wait for one among the desk's.
_BAD: Final = frozenset(
    {
        CaseKind.DAMAGE,
        CaseKind.WRONG_ITEM,
        CaseKind.MISSING_ITEM,
        CaseKind.NOT_DELIVERED,
    }
)
# Nothing of it has left the shop.
_NOT_SENT: Final = frozenset({OrderState.PLACED, OrderState.UNPAID, OrderState.PAID, OrderState.PROCESSING})


def begin(
    task: Task,
    order: Order,
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    told: Sequence[order_facts.Phrase],
    tried: Mapping[str, Any] | None = None,
) -> list[EventType]:
    """Asks for what is missing. What can still be cancelled needn't come back; "how is my return?" asks for
    what was `told` of it. `tried`: what a guide couldn't put right, {"words", "skus"}: nobody tells it
    twice."""
    language = session.language(tracker)
    if told and session.case_reader.get().read(tracker.get_slot("case_said") or "", language).status:
        dispatcher.utter_message(response="utter_order_answer", parts=list(told))
        return []
    if order.state in _NOT_SENT and task in (Task.RETURN, Task.EXCHANGE):
        dispatcher.utter_message(response="utter_case_no_order", **order_facts.about(order))
        return []
    return [
        *(SlotSet(name, None) for name in (*SLOTS, "case_reason")),
        *_tried(task, order, tried),
        *DECIDED[:2],
        SlotSet("case_task", task),
        SlotSet("requested_slot", None),
        FollowupAction(Form.CASE),
    ]


def tried_goods(tried: Mapping[str, Any], order: Order) -> dict[str, int]:
    """One piece of the first line of an order that a guide was about, by its place; {} if none is."""
    for line in order.lines:
        for sku in tried.get("skus") or ():
            if line.sku and (line.sku == sku or (sku.endswith("*") and line.sku.startswith(sku[:-1]))):
                return {str(line.position): 1}
    return {}


def _tried(task: Task, order: Order, tried: Mapping[str, Any] | None) -> list[EventType]:
    """Fills in what is known of a case after a guide, where it is about goods of this order."""
    forgotten: list[EventType] = [SlotSet("case_tried", None)]
    goods = tried_goods(tried, order) if tried and task is Task.WARRANTY else {}
    if not tried or not goods:
        return forgotten
    return [*forgotten, SlotSet("case_goods", goods), SlotSet("case_words", tried["words"])]


class OpenCase(Action):
    """Registers what the customer said yes to, tells what comes next and until when, and calls a person
    where one decides."""

    def name(self) -> str:
        return "action_open_case"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        if tracker.get_slot("confirmed") != "yes" or not code.is_given(Form.CASE, tracker):
            dispatcher.utter_message(response="utter_case_left")
            return [*FORGET, *DECIDED]
        with session.transaction() as connection:
            conversation = session.conversation_id(connection, tracker)
            standing = proofs.identity(connection, conversation)
            order = session.proven_order(connection, tracker)
            asked = wanted(tracker, order) if order else None
            if order is None or asked is None or standing.contact is None:
                dispatcher.utter_message(response="utter_no_orders")
                return [*FORGET, *DECIDED]
            service = session.after_sales.get()
            at = now()
            by = By(Actor.CUSTOMER, session.message_id(tracker) or f"{conversation}:{at.isoformat()}", at)
            language = session.language(tracker)
            channel = conversations.get(connection, conversation).channel
            opened = service.open(
                connection, order, asked, Teller(standing.contact, language, channel, conversation), by, at
            )
            zone = service.terms.zone
            if not opened.new:
                known = {"phrase": "case_known", "case": opened.case.number}
                parts = [known, *case_facts.status(opened.case, zone, service.last_day)]
                dispatcher.utter_message(response="utter_case_known", parts=parts)
                return [*FORGET, *DECIDED]
            mailed = _confirm(opened.case, order, asked.instead, dispatcher)
        dispatcher.utter_message(
            response="utter_case_opened",
            parts=[
                case_facts.received(opened.case, zone, mailed, asked.instead),
                case_facts.following(opened.case, service.last_day),
                *_label(opened.case),
            ],
        )
        if opened.case.kind in _BAD:
            dispatcher.utter_message(json_message=person.call(Reason.DAMAGED))
        return [*FORGET, *DECIDED]


def _confirm(case: Case, order: Order, instead: str, dispatcher: CollectingDispatcher) -> bool:
    """Mails what was registered: proof that the customer keeps. False where no address was given."""
    if not order.email:
        return False
    service = session.after_sales.get()
    facts = case_facts.mail(case, service.terms.zone, service.last_day, instead)
    letter = {
        "key": f"case:{case.number}",
        "recipient": order.email,
        "response": "utter_mail_case",
        "facts": facts,
    }
    dispatcher.utter_message(json_message={"letter": letter})
    return True


def told_of(connection: Connection, order: Order, contact: str | None) -> list[order_facts.Phrase]:
    """How the cases of an order stand, the open ones first; nothing without a proven contact."""
    if not contact:
        return []
    service = session.after_sales.get()
    known = cases.of_order(connection, order.number, contact)
    known.sort(key=lambda one: one.state not in OPEN)
    return [
        line
        for one in known[:3]
        for line in (
            *case_facts.status(one, service.terms.zone, service.last_day, **_asked(connection, one)),
            *_label(one),
        )
    ]


def _label(case: Case) -> list[order_facts.Phrase]:
    """Where its label can be printed, if it has one."""
    link = session.label_link.get()
    if link is None or not has_label(case):
        return []
    return [{"phrase": "case_label_link", "link": link(case)}]


def with_cases(
    parts: Sequence[order_facts.Phrase], told: Sequence[order_facts.Phrase]
) -> list[order_facts.Phrase]:
    """What is said of an order, and how its cases stand; there they know better whether money comes back."""
    return [one for one in parts if not told or one["phrase"] != "refund_none"] + list(told)


def _asked(connection: Connection, case: Case) -> dict[str, Any]:
    """What a person wrote: what is missing, or why not."""
    wanted_act = {CaseState.NEEDS_INFORMATION: "ask", CaseState.DECLINED: "decline"}.get(case.state)
    if wanted_act is None:
        return {}
    last = [one.why for one in timeline.of_case(connection, case.id) if one.act == wanted_act]
    return {"question" if wanted_act == "ask" else "why": last[-1] if last else ""}


class CasePhoto(Action):
    """Adds a picture that came without words to the open case that it belongs to; else asks what it shows."""

    def name(self) -> str:
        return "action_attachment"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            conversation = session.conversation_id(connection, tracker)
            known = [one for one in cases.of_conversation(connection, conversation) if one.state in OPEN]
            if not known:
                dispatcher.utter_message(response="utter_attachment")
                return []
            at = now()
            files = opening.recent_files(connection, conversation, known[0].created_at)
            by = By(Actor.CUSTOMER, session.message_id(tracker), at)
            opening.attach(connection, known[0].id, files, by)
        dispatcher.utter_message(response="utter_case_photo", case=known[0].number)
        return []
