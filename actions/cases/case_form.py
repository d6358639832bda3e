"""A customer's goods come back, or aren't as they should be: what is asked until a case can be begun.

The order is proven by then. Whatever was said on the way counts: "the lamp came broken, I want my money back"
is asked nothing but for a yes.
"""

from datetime import UTC, datetime
from typing import Any, Final

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import code, intents, session
from actions.case_reader import CaseReader, Goods, Said
from actions.intents import Form, Intent, Kind, Task
from actions.order_change import CLEAR_WISH
from store.cases.after_sales import Wanted
from store.core.database import Connection
from store.orders.orders import Order
from store.products import products
from store.vocabulary import CaseKind, ReturnWay, Wish

MAX_WORDS: Final = 2000  # characters of a customer's own that are kept
TELLS: Final = 4  # words from which on a message describes what is wrong
OTHER_WISH: Final = 0.8  # as clear must it be, while one is being told
_BOTH: Final = 2  # lines of an order, of which "both" are all
PHOTO: Final = "📷"  # in place of words

SLOTS: Final = ("case_problem", "case_goods", "case_words", "case_instead", "case_wish", "case_way")
FORGET: Final[list[EventType]] = [
    SlotSet(name, None) for name in (*SLOTS, "case_reason", "case_task", "case_said", "case_tried")
]
_KINDS: Final = {
    Task.RETURN: CaseKind.RETURN,
    Task.EXCHANGE: CaseKind.EXCHANGE,
    Task.WARRANTY: CaseKind.DEFECT,
}
# Whose words a person needs.
_DESCRIBED: Final = frozenset({CaseKind.DAMAGE, CaseKind.WRONG_ITEM, CaseKind.MISSING_ITEM, CaseKind.DEFECT})
_WAYS: Final = frozenset({CaseKind.RETURN, CaseKind.EXCHANGE})


class ValidateCaseForm(FormValidationAction):
    """Reads every message for all that is missing, not only for what was asked."""

    def name(self) -> str:
        return f"validate_{Form.CASE}"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: DomainDict,
    ) -> list[str]:
        needed = needs(tracker)
        if tracker.get_slot("confirmed") == "yes" and code.is_needed(tracker):
            return [*needed, "confirmed", "code"]
        return [*needed, "confirmed"]

    async def _extract_validation_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        changes = self._read(dispatcher, tracker)
        tracker.slots.update(changes)
        events: list[EventType] = [SlotSet(name, value) for name, value in changes.items()]
        next_slot = await self.next_requested_slot(dispatcher, tracker, domain)
        if next_slot:
            events.append(next_slot)
        return events

    def _read(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
        """The slots that the message fills."""
        if typed := code.given(tracker):
            return code.tried(Form.CASE, typed, dispatcher, tracker)
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        answered = tracker.get_slot("requested_slot") == "confirmed" and intent in (
            Intent.AFFIRM,
            Intent.DENY,
        )
        if answered and tracker.get_slot("confirmed") == "yes":
            return {"confirmed": "yes"}
        with session.transaction() as connection:
            order = session.proven_order(connection, tracker)
            if order is None:
                return {}
            pressed = {
                one["entity"]: one["value"]
                for one in tracker.latest_message.get("entities") or []
                if one["entity"] in SLOTS
            }
            found = _pressed(pressed, order) if pressed else self._typed(connection, tracker, order)
        if answered:
            # "No, the locker": no to that, and what instead.
            found = {name: value for name, value in found.items() if value != tracker.get_slot(name)}
            if not found:
                return {"confirmed": "no"} if tracker.get_slot("confirmed") else {}
        if found and tracker.get_slot("requested_slot") == "confirmed":
            found["confirmed"] = None  # it is another question now
        return found

    def _typed(self, connection: Connection, tracker: Tracker, order: Order) -> dict[str, Any]:
        asked = tracker.get_slot("requested_slot")
        begins = asked not in (*SLOTS, "confirmed")
        text = (tracker.get_slot("case_said") if begins else tracker.latest_message.get("text")) or ""
        language = session.language(tracker)
        reader = session.case_reader.get()
        said = reader.read(text, language)
        goods = reader.goods(text, lines(connection, order), language)
        found = _told(tracker, said, goods, order)
        if not begins and asked not in (*found, "case_words", "case_instead"):
            found |= _other_wish(tracker)
        # What answers the question is an answer, whatever else it sounds like.
        denied = (tracker.latest_message.get("intent") or {}).get("name") == Intent.DENY
        instead = found and (asked in found or "case_task" in found or (denied and asked == "confirmed"))
        if not begins and not instead and _leads_away(tracker):
            return {}
        words = " ".join(text.split())[:MAX_WORDS]
        photo = (tracker.latest_message.get("intent") or {}).get("name") == Intent.SEND_ATTACHMENT
        if begins:
            if said.problem and len(words.split()) >= TELLS and not tracker.get_slot("case_words"):
                found["case_words"] = words
            if len(order.lines) == 1 and not tracker.get_slot("case_goods"):
                found.setdefault("case_goods", all_of(order))
        elif asked == "case_words" and (words or photo):
            found["case_words"] = words or PHOTO
        elif asked == "case_instead" and words:
            found["case_instead"] = words
        elif asked == "case_goods" and not found and words and not photo:
            # It is asked again, with the names of what there is.
            found = {"case_goods": None}
        elif asked == "confirmed" and not found:
            found = _other_number(tracker, reader, text, language, order)
        return found


def _other_wish(tracker: Tracker) -> dict[str, Any]:
    """ "I don't want to return it, it's a matter of the warranty": the goods stay the same."""
    intent = tracker.latest_message.get("intent") or {}
    task = intents.of(intent.get("name") or "").task
    now = tracker.get_slot("case_task")
    if task not in intents.CASES or task == now or intent.get("confidence", 0) < OTHER_WISH:
        return {}
    return {"case_task": task, "case_problem": None, "case_wish": None}


def _other_number(
    tracker: Tracker, reader: CaseReader, text: str, language: str, order: Order
) -> dict[str, Any]:
    """ "Make it two", of the one line that it is about."""
    chosen = tracker.get_slot("case_goods") or {}
    if len(chosen) != 1:
        return {}
    ((position, quantity),) = chosen.items()
    number = reader.count(text, all_of(order)[position], language)
    return {"case_goods": {position: number}} if number and number != quantity else {}


def needs(tracker: Tracker) -> list[str]:
    """What must be known before the customer is asked for a yes."""
    kind = kind_of(tracker)
    if kind is None:
        return ["case_problem"]
    needed = [] if kind is CaseKind.NOT_DELIVERED else ["case_goods"]
    if kind is CaseKind.EXCHANGE:
        needed.append("case_instead")
    if kind in _DESCRIBED:
        needed += ["case_words", "case_wish"]
    if kind in _WAYS and len(session.after_sales.get().terms.ways) > 1:
        needed.append("case_way")
    return needed


def kind_of(tracker: Tracker) -> CaseKind | None:
    """What kind of case is being told; None as long as it isn't clear what is wrong."""
    problem = tracker.get_slot("case_problem")
    if problem:
        return CaseKind(problem)
    return _KINDS.get(Task(task)) if (task := tracker.get_slot("case_task")) else None


def wanted(tracker: Tracker, order: Order) -> Wanted | None:
    """What the customer asks for, as far as it was told."""
    kind = kind_of(tracker)
    if kind is None:
        return None
    chosen = tracker.get_slot("case_goods") or {}
    wish, way = tracker.get_slot("case_wish"), tracker.get_slot("case_way")
    return Wanted(
        kind,
        {int(position): quantity for position, quantity in chosen.items()},
        Wish(wish) if wish else None,
        ReturnWay(way) if way else None,
        reason=tracker.get_slot("case_reason") or "",
        words=tracker.get_slot("case_words") or tracker.get_slot("case_said") or "",
        instead=tracker.get_slot("case_instead") or "",
    )


def lines(connection: Connection, order: Order) -> list[Goods]:
    """The order's goods with all that customers call them."""
    called = products.names_of(connection, [line.sku for line in order.lines if line.sku])
    return [Goods(line.position, line.quantity, line.name, called.get(line.sku, {})) for line in order.lines]


def now() -> datetime:
    return datetime.now(UTC)


def all_of(order: Order) -> dict[str, int]:
    return {str(line.position): line.quantity for line in order.lines}


def _pressed(given: dict[str, Any], order: Order) -> dict[str, Any]:
    """What a button stands for."""
    goods = given.get("case_goods")
    if goods is None:
        return given
    if goods == "all":
        return given | {"case_goods": all_of(order)}
    chosen = {position: quantity for position, quantity in all_of(order).items() if position == goods}
    return given | {"case_goods": chosen or None}


def _told(tracker: Tracker, said: Said, goods: dict[int, int], order: Order) -> dict[str, Any]:
    """What a message's words say, whatever was asked. What was told before is changed only by what was
    asked for now, or at the end, where everything can be put right."""
    asked = tracker.get_slot("requested_slot")
    found: dict[str, Any] = {}

    def take(slot: str, value: Any) -> None:
        if value and (asked in (slot, "confirmed") or not tracker.get_slot(slot)):
            found[slot] = value

    if goods:
        take("case_goods", {str(position): quantity for position, quantity in goods.items()})
    elif said.all and (asked in ("case_goods", "confirmed") or len(order.lines) <= _BOTH):
        take("case_goods", all_of(order))
    if tracker.get_slot("case_task") in (Task.PROBLEM, Task.WARRANTY):
        take("case_problem", said.problem)
        # "Swap it": of what is broken, for the same.
        take("case_wish", Wish.REPLACEMENT if said.wish is Wish.EXCHANGE else said.wish)
    take("case_reason", said.reason)
    now, possible = tracker.get_slot("case_way"), session.after_sales.get().terms.ways
    ways = [one for one in said.ways if one in possible]
    if asked == "case_way" and not ways and said.asked_way in possible:
        ways = [said.asked_way]
    take("case_way", next((one for one in ways if one != now), ways[0] if ways else None))
    return found


def _leads_away(tracker: Tracker) -> bool:
    """Whether a message wants something else than to answer."""
    intent = tracker.latest_message.get("intent") or {}
    meaning = intents.of(intent.get("name") or "")
    surely = intent.get("confidence", 0) >= CLEAR_WISH
    # "Just give me my money back" is how it shall be put right.
    if meaning.task in intents.CASES or intent.get("name") == Intent.REFUND_STATUS:
        return False
    if meaning.kind in (Kind.TASK, Kind.QUESTION, Kind.REQUEST):
        return bool(surely)
    return meaning.kind in (Kind.PERSON, Kind.LANGUAGE, Kind.CHAT) or intent.get("name") == Intent.DENY
