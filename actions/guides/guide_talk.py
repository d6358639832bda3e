"""Help with a product: the guide for what is wrong, shown step by step, until something helped or a case is
wished for."""

from dataclasses import replace
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import session
from actions.cases import case_opening
from actions.guide_book import Guide, Verdict
from actions.guides.guide_state import MAX_SAID, GuideState
from actions.intents import Form, Intent, Task

SLOT: Final = "guide"
MAX_CHOICES: Final = 5
FAILURES: Final = 2  # after which a case is offered
PERSON: Final[dict[str, Any]] = {"intent": Intent.HUMAN_AGENT}


class ProductHelp(Action):
    """Shows the first step of the guide that fits; asks which of several; else says where the manuals are."""

    def name(self) -> str:
        return "action_product_help"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        given = tracker.latest_message.get("entities") or []
        fitting = _guides([one["value"] for one in given if one["entity"] == "guide"], tracker)
        near = _guides([one["value"] for one in given if one["entity"] == "near_guide"], tracker)
        if len(fitting) == 1:
            said = " ".join((tracker.latest_message.get("text") or "").split())[:MAX_SAID]
            before = GuideState.of(tracker.get_slot(SLOT))
            if before and fitting[0].name not in before.done and before.offers:
                return _shown(before.begun(fitting[0].name), dispatcher, tracker)
            # A button's words aren't the customer's.
            pressed = any(one["entity"] == "pressed" for one in given)
            return _shown(GuideState(fitting[0].name, said="" if pressed else said), dispatcher, tracker)
        if fitting:
            choices = [*(_choice(one) for one in fitting[:MAX_CHOICES]), PERSON]
            dispatcher.utter_message(response="utter_guide_choose", choices=choices)
        elif near:
            choices = [
                *(_choice(one) for one in near[:MAX_CHOICES]),
                PERSON,
                {"intent": Intent.WARRANTY_CLAIM},
            ]
            dispatcher.utter_message(response="utter_product_help", choices=choices)
        else:
            dispatcher.utter_message(response="utter_product_help")
        return []


class GuideAnswer(Action):
    """Goes on from a step by what the customer says of it. After two things that didn't help, or when nothing
    is left to try, a case is offered; only the case form's own question begins one."""

    def name(self) -> str:
        return "action_guide_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        given = {one["entity"]: one["value"] for one in tracker.latest_message.get("entities") or []}
        state = _state(given, tracker)
        guide = session.guide_book.get().get(state.name, session.language(tracker)) if state else None
        if state is None or guide is None:
            # Of an old button, or the owner has taken the guide away.
            dispatcher.utter_message(response="utter_product_help")
            return [SlotSet(SLOT, None)]
        verdict = Verdict(given.get("verdict") or Verdict.TRYING)
        if state.offers:
            match verdict:
                case Verdict.YES | Verdict.REGISTER:
                    return _register(state.after(), guide, dispatcher, tracker)
                case Verdict.NO:
                    dispatcher.utter_message(response="utter_case_left")
                    return [SlotSet(SLOT, None)]
        match verdict:
            case Verdict.HELPED | Verdict.YES:
                dispatcher.utter_message(response="utter_guide_helped")
                return [SlotSet(SLOT, None)]
            case Verdict.REGISTER:
                return _register(state, guide, dispatcher, tracker)
            case Verdict.TRYING:
                dispatcher.utter_message(response="utter_guide_waits", choices=_choices(state, guide))
                return [SlotSet(SLOT, replace(state, turns=0).slot())]
        return _next(state, guide, verdict, dispatcher, tracker)


def _next(
    state: GuideState, guide: Guide, verdict: Verdict, dispatcher: CollectingDispatcher, tracker: Tracker
) -> list[EventType]:
    """What comes after a step, or a whole guide, that didn't help."""
    last = state.step + 1 >= len(guide.steps)
    # What was counted when the case was offered isn't counted again.
    counts = not state.offers and (verdict is not Verdict.NEXT or last)
    state = replace(state.after(), failed=state.failed + counts)
    if not last:
        if state.failed >= FAILURES and not state.offered:
            return _offer(state, guide, dispatcher)
        return _shown(replace(state, step=state.step + 1, offers=False), dispatcher, tracker)
    done = tuple(dict.fromkeys((*state.done, guide.name)))
    state = replace(state, done=done)
    others = [name for name in session.guide_book.get().of(guide.skus) if name not in done]
    if state.failed < FAILURES and others:
        choices = [_choice(one) for one in _guides(others, tracker)[:MAX_CHOICES]]
        dispatcher.utter_message(
            response="utter_guide_another", choices=[*choices, _answer(state, Verdict.REGISTER), PERSON]
        )
        return [SlotSet(SLOT, replace(state, offers=True, turns=0).slot())]
    return _offer(state, guide, dispatcher)


def _offer(state: GuideState, guide: Guide, dispatcher: CollectingDispatcher) -> list[EventType]:
    state = replace(state, offers=True, offered=True, turns=0)
    dispatcher.utter_message(response="utter_guide_failed", choices=_choices(state, guide))
    return [SlotSet(SLOT, state.slot())]


def _shown(state: GuideState, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Shows the step of a state."""
    guide = session.guide_book.get().get(state.name, session.language(tracker))
    if guide is None or state.step >= len(guide.steps):
        dispatcher.utter_message(response="utter_product_help")
        return [SlotSet(SLOT, None)]
    parts: list[dict[str, Any]] = []
    if state.step == 0:
        parts.append({"phrase": "guide_title", "title": guide.title})
        parts += [{"phrase": "guide_text", "text": text} for text in (guide.about, *guide.pictures) if text]
    count = len(guide.steps)
    parts.append(
        {"phrase": "guide_step", "number": state.step + 1, "count": count, "text": guide.steps[state.step]}
    )
    parts.append({"phrase": "guide_question"})
    dispatcher.utter_message(response="utter_guide_step", parts=parts, choices=_choices(state, guide))
    return [SlotSet(SLOT, replace(state, turns=0).slot())]


def _choices(state: GuideState, guide: Guide) -> list[dict[str, Any]]:
    """The buttons of the last question."""
    left = state.step + 1 < len(guide.steps)
    if state.offers:
        onward = [_answer(state, Verdict.NEXT)] if left else []
        return [_answer(state, Verdict.REGISTER), *onward, PERSON]
    onward = [_answer(state, Verdict.NEXT if left else Verdict.FAILED)]
    return [_answer(state, Verdict.HELPED), *onward, PERSON]


def _answer(state: GuideState, verdict: Verdict) -> dict[str, Any]:
    """A button that knows its step, however late it is pressed."""
    entities = {"verdict": verdict, "guide": state.name, "step": state.step}
    return {"intent": Intent.GUIDE_ANSWER, "entities": entities, "title_key": f"guide_{verdict}"}


def _choice(guide: Guide) -> dict[str, Any]:
    entities = {"guide": guide.name, "pressed": "yes"}
    return {"intent": Intent.PRODUCT_HELP, "entities": entities, "title": guide.title}


def _state(given: dict[str, Any], tracker: Tracker) -> GuideState | None:
    """What an answer is to: the step of its button, else the one that was shown last."""
    state = GuideState.of(tracker.get_slot(SLOT))
    name, step = given.get("guide"), given.get("step")
    if name is None or not isinstance(step, int) or isinstance(step, bool) or step < 0:
        return state
    if state is None or state.name != name:
        return GuideState(str(name), step)
    return replace(state, step=step)


def _guides(names: list[Any], tracker: Tracker) -> list[Guide]:
    """Those of a button or a message that there still are."""
    found = (
        session.guide_book.get().get(str(name), session.language(tracker)) for name in dict.fromkeys(names)
    )
    return [one for one in found if one]


def _register(
    state: GuideState, guide: Guide, dispatcher: CollectingDispatcher, tracker: Tracker
) -> list[EventType]:
    """Goes on to the questions of a warranty case, which are asked of an order with the product in it."""
    words = state.told(session.guide_book.get(), session.language(tracker))
    events: list[EventType] = [
        SlotSet(SLOT, None),
        SlotSet("task", Task.WARRANTY),
        SlotSet("facet", None),
        SlotSet("case_said", None),
    ]
    with session.transaction() as connection:
        order = session.proven_order(connection, tracker)
    tried = {"words": words, "skus": [*guide.skus]}
    if order and case_opening.tried_goods(tried, order):
        return [*events, *case_opening.begin(Task.WARRANTY, order, dispatcher, tracker, (), tried)]
    # Another of their orders, or one that isn't proven yet.
    events += [SlotSet("order", None)] if order else []
    return [
        *events,
        SlotSet("case_tried", tried),
        SlotSet("requested_slot", None),
        FollowupAction(Form.ORDER),
    ]
