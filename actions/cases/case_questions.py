"""The questions of the case form, each with buttons where there is something to choose from."""

from abc import ABC, abstractmethod
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import session
from actions.cases.case_form import FORGET, SLOTS, all_of, now, wanted
from actions.facts import case_facts
from actions.intents import Form, Intent
from actions.order_change import CONFIRMS, FORGET_DETAILS, asked_change
from actions.order_form import again
from store.cases.after_sales import Offer
from store.cases.law.terms import Doubt
from store.core.database import Connection
from store.orders.orders import Order
from store.vocabulary import CaseKind, Wish

MAX_CHOICES: Final = 8
_PROBLEMS: Final = (
    CaseKind.DAMAGE,
    CaseKind.WRONG_ITEM,
    CaseKind.MISSING_ITEM,
    CaseKind.NOT_DELIVERED,
    CaseKind.DEFECT,
)


def _choice(slot: str, value: str, **title: str) -> dict[str, Any]:
    return {"intent": Intent.INFORM, "entities": {slot: value}, **title}


class CaseQuestion(Action, ABC):
    """Asks about the proven order; where its proof has ended meanwhile, that is asked for again."""

    slot: str

    def name(self) -> str:
        return f"action_ask_{Form.CASE}_{self.slot}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        with session.transaction() as connection:
            order = session.proven_order(connection, tracker)
            if order is None:
                return [SlotSet("order_number", tracker.get_slot("order")), FollowupAction(Form.ORDER)]
            response = again(f"utter_{self.name().removeprefix('action_')}", self.slot, tracker)
            if self.slot not in _ASKED_AGAIN:
                response = response.removesuffix("_again")
            dispatcher.utter_message(response=response, **self.facts(connection, order, tracker))
        return FORGET_DETAILS

    @abstractmethod
    def facts(self, connection: Connection, order: Order, tracker: Tracker) -> dict[str, Any]: ...


# The questions that stand otherwise the second time.
_ASKED_AGAIN: Final = frozenset({"case_goods", "case_words"})


class AskCaseProblem(CaseQuestion):
    slot = "case_problem"

    def facts(self, connection: Connection, order: Order, tracker: Tracker) -> dict[str, Any]:
        return {"choices": [_choice(self.slot, one, title_key=f"problem_{one}") for one in _PROBLEMS]}


class AskCaseGoods(CaseQuestion):
    slot = "case_goods"

    def facts(self, connection: Connection, order: Order, tracker: Tracker) -> dict[str, Any]:
        everything = all_of(order)
        choices = [
            _choice(self.slot, str(line.position), title=line.name) for line in order.lines[:MAX_CHOICES]
        ]
        if len(everything) > 1:
            choices.append(_choice(self.slot, "all", title_key="everything"))
        named = case_facts.goods(order, {int(one): count for one, count in everything.items()})
        return {"order": order.number, "goods": named, "choices": choices}


class AskCaseWords(CaseQuestion):
    slot = "case_words"

    def facts(self, connection: Connection, order: Order, tracker: Tracker) -> dict[str, Any]:
        return {}


class AskCaseInstead(CaseQuestion):
    slot = "case_instead"

    def facts(self, connection: Connection, order: Order, tracker: Tracker) -> dict[str, Any]:
        return {"goods": _named(order, tracker)}


class AskCaseWish(CaseQuestion):
    slot = "case_wish"

    def facts(self, connection: Connection, order: Order, tracker: Tracker) -> dict[str, Any]:
        offer = offered(connection, order, tracker)
        wishes = offer.assessment.wishes if offer else (Wish.REFUND,)
        return {"choices": [_choice(self.slot, one, title_key=f"wish_{one}") for one in wishes]}


class AskCaseWay(CaseQuestion):
    slot = "case_way"

    def facts(self, connection: Connection, order: Order, tracker: Tracker) -> dict[str, Any]:
        ways = session.after_sales.get().terms.ways
        return {"choices": [_choice(self.slot, one, title_key=f"way_{one}") for one in ways]}


class AskCaseConfirmed(Action):
    """Says what would be registered, what goes back and how, and asks for a yes to just that."""

    def name(self) -> str:
        return f"action_ask_{Form.CASE}_confirmed"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        # What has just been changed is told whole, however hesitant the message was.
        hesitates = (tracker.latest_message.get("intent") or {}).get("name") == Intent.HEDGE
        hedged = hesitates and not _changed(tracker)
        with session.transaction() as connection:
            order = session.proven_order(connection, tracker)
            offer = offered(connection, order, tracker) if order else None
            if order is None or offer is None:
                return [SlotSet("order_number", tracker.get_slot("order")), FollowupAction(Form.ORDER)]
            service = session.after_sales.get()
            kind = offer.assessment.kind
            if Doubt.NOT_OVERDUE in offer.assessment.doubts and order.expected_on:
                on = order.expected_on.isoformat()
                dispatcher.utter_message(response="utter_case_on_its_way", order=order.number, on=on)
                return [ActiveLoop(None), SlotSet("requested_slot", None), *FORGET]
            instead = tracker.get_slot("case_instead") or ""
            summary = case_facts.summary(kind, order.number, _named(order, tracker), instead)
            parts = [
                summary,
                *(
                    case_facts.sum_of(offer.refund)
                    if kind in _WISHED
                    else [{"phrase": f"case_wish_{offer.wish}"}]
                ),
                *case_facts.sending(offer, way(tracker), service.terms.address),
                *case_facts.doubt(offer, service.last_day),
                {"phrase": "case_question"},
            ]
        change = asked_change(Form.CASE, {**tracker.slots, "requested_slot": "confirmed"}.get)
        yes = {"intent": Intent.AFFIRM, "entities": {CONFIRMS: change}}
        response = f"utter_ask_{Form.CASE}_confirmed"
        told = {"summary": summary} if hedged else {"parts": parts}
        dispatcher.utter_message(
            response=f"{response}_again" if hedged else response,
            **told,
            choices=[yes, {"intent": Intent.DENY}],
        )
        return FORGET_DETAILS


# What is wished for follows from the kind of case.
_WISHED: Final = frozenset({CaseKind.WITHDRAWAL, CaseKind.RETURN, CaseKind.EXCHANGE})


def offered(connection: Connection, order: Order, tracker: Tracker) -> Offer | None:
    """What the customer may have of what they have told."""
    asked = wanted(tracker, order)
    return session.after_sales.get().offer(connection, order, asked, now()) if asked else None


def way(tracker: Tracker) -> Any:
    """How the goods come back: as chosen, or the only way that there is."""
    ways = session.after_sales.get().terms.ways
    return tracker.get_slot("case_way") or (ways[0] if ways else None)


def _changed(tracker: Tracker) -> bool:
    """Whether this message changed what the case is about."""
    events = tracker.events
    last = max((at for at, one in enumerate(events) if one.get("event") == "user"), default=-1)
    return any(one.get("event") == "slot" and one.get("name") in SLOTS for one in events[last + 1 :])


def _named(order: Order, tracker: Tracker) -> str:
    chosen = tracker.get_slot("case_goods") or {}
    return case_facts.goods(order, {int(one): count for one, count in chosen.items()})
