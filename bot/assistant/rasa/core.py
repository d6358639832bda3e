"""The Rasa core as an `Assistant`: one message in; replies, state and events out."""

import json
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from rasa.core.actions.action import (
    Action,
    ActionExecutionRejection,
    ActionExtractSlots,
    action_for_name_or_text,
)
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from actions import intents, session
from actions.guides import guide_state
from actions.guides.guide_state import GuideState
from actions.intents import Form, Intent, Kind
from actions.order_change import asked_change
from bot.assistant.case_words import CaseWords
from bot.assistant.catalogue.asking import kept
from bot.assistant.catalogue.catalogue import Catalogue
from bot.assistant.consent import Consent
from bot.assistant.decision import Ranking
from bot.assistant.guide_finder import GuideFinder
from bot.assistant.interpreter import Context, Heard, Interpreter
from bot.assistant.nlu.components import ASKED, GIVEN, FollowUpClassifier, LinearIntentClassifier
from bot.assistant.protocol import Choice, Letter, Reply, TurnInput, TurnResult, Understanding
from bot.assistant.rasa import agenda, inprocess
from bot.assistant.rasa import model as models
from bot.assistant.rasa.generator import LocalizedGenerator
from bot.assistant.reading import read
from store.cases.after_sales import AfterSales
from store.conversations.memory import Memory
from store.core.database import Connection
from store.vocabulary import Reason

MAX_WISHES = 5  # that are met in one turn
MAX_TOLD = 2000  # characters of what was said before the order was known
MAX_ACTIONS = 10  # of one turn; a rule set that wants more goes round in circles
KEPT_RANKING = 5
PRODUCT_TURNS = 3  # about something else, after which a product is no longer what the talk is about

GUIDED = (Intent.GUIDE_ANSWER, Intent.PRODUCT_HELP)  # what looks at the guide itself

T = TypeVar("T")


class _Wire:
    """Stands where Rasa expects an output channel: replies are read from the events instead."""

    def name(self) -> str:
        return "aftercare"


class RasaAssistant:
    """A trained model, its rules and forms, and our actions, in this process.

    Rasa's objects are not made for several threads: a lock lets one turn in at a time.
    """

    def __init__(
        self,
        model: Path,
        generator: LocalizedGenerator,
        consent: Consent,
        catalogue: Catalogue,
        languages: Sequence[str],
        after_sales: AfterSales,
        case_words: CaseWords,
        guides: GuideFinder,
    ) -> None:
        inprocess.install()
        self._generator = generator
        self._languages = languages
        self._interpreter = Interpreter(
            self._classify,
            self._rank,
            self._follow_up,
            consent,
            languages,
            generator.titled,
            generator.title,
            catalogue,
            case_words,
            guides,
        )
        self._catalogue = catalogue
        self._after_sales = after_sales
        self._case_words = case_words
        self._guides = guides
        self._lock = Lock()
        self.metadata, self._runner = models.load(model)
        self._domain = self.metadata.domain
        self._actions = inprocess.InProcessActions("actions", self._domain)
        self._extract_slots = ActionExtractSlots(self._actions)
        self._known_actions: dict[str, Action] = {}
        # The NLU part of the graph, without the node that reads "/intent{…}" as a command.
        self._nlu = [
            self._runner.component(name)
            for name in self.metadata.predict_schema.nodes
            if name.startswith("run_")
            and hasattr(self._runner.component(name), "process")
            and "RegexMessageHandler" not in name
        ]
        (self._intents,) = (one for one in self._nlu if isinstance(one, LinearIntentClassifier))
        # Asked only where the talk gives what it says a meaning.
        (self._follow_ups,) = (one for one in self._nlu if isinstance(one, FollowUpClassifier))
        self._nlu.remove(self._follow_ups)

    # --- understanding ---

    def understand(self, text: str) -> Understanding:
        whole = self._classify(text)
        parts = read(text, whole.ranking, whole.entities, self._rank)
        main = max(parts, key=lambda part: (part.intent == whole.intent, part.confidence))
        return replace(whole, intent=main.intent, confidence=main.confidence, ranking=tuple(main.ranking))

    def _rank(self, text: str, topic: str = "") -> Ranking:
        return self._intents.rank(text, topic) if text.strip() else [(Intent.OUT_OF_SCOPE, 1.0)]

    def _follow_up(self, text: str) -> Ranking:
        return self._follow_ups.rank(text) if text.strip() else ()

    def _classify(self, text: str, asked: str = "", given: str = "") -> Understanding:
        message = Message({"text": text.lstrip().lstrip("/"), ASKED: asked, GIVEN: given})
        messages = [message]
        for component in self._nlu:
            messages = component.process(messages)
        ranking = [(one["name"], one["confidence"]) for one in message.get("intent_ranking", [])]
        if not ranking:
            ranking = [(Intent.OUT_OF_SCOPE, 1.0)]
        intent, confidence = ranking[0]
        languages = tuple(message.get("languages", ()))
        return Understanding(
            text,
            languages[0][0] if languages else self._languages[0],
            languages,
            intent,
            confidence,
            tuple(ranking),
            tuple(message.get("entities", [])),
            bool(message.get("unknown")),
        )

    def say(
        self, response: str, language: str, facts: Mapping[str, Any] | None = None, seed: str = ""
    ) -> Reply:
        return _reply(self._generator.compose(response, language, facts, seed=seed))

    # --- a turn ---

    def respond(self, connection: Connection, turn: TurnInput) -> TurnResult:
        with self._lock:
            token, origin = session.turn.set(connection), session.network.set(turn.network)
            examples = session.number_examples.set(self._generator.number_examples)
            service, reader = (
                session.after_sales.set(self._after_sales),
                session.case_reader.set(self._case_words),
            )
            guides = session.guide_book.set(self._guides)
            link = session.label_link.set(turn.label_link)
            try:
                self._catalogue.refresh(connection)
                return _finish(self._respond(turn))
            finally:
                session.label_link.reset(link)
                session.guide_book.reset(guides)
                session.case_reader.reset(reader)
                session.after_sales.reset(service)
                session.number_examples.reset(examples)
                session.turn.reset(token)
                session.network.reset(origin)

    async def _respond(self, turn: TurnInput) -> TurnResult:
        tracker = self._tracker(turn)
        known = len(tracker.events)
        wire = _Wire()
        wants = self._interpreter.interpret(turn, self._context(tracker))
        told = [heard for heard in wants if await self._take(turn, heard, tracker, wire)]
        later = agenda.of(tracker)
        while later and tracker.active_loop_name is None and len(told) < MAX_WISHES:
            wish, later = later[0], later[1:]
            tracker.update(SlotSet(agenda.SLOT, agenda.kept(later)), self._domain)
            if wish.message != turn.message_id:
                self._announce(wish, turn, tracker)
            heard = Heard(wish.intent, 1.0, wish.entities, [(wish.intent, 1.0)], told[0].language)
            told.append(heard)
            await self._take(turn, heard, tracker, wire)
            later = agenda.of(tracker)
        events = list(tracker.events)[known:]
        said = [event for event in events if isinstance(event, BotUttered)]
        asides: list[dict[str, Any]] = [event.data["custom"] for event in said if event.data.get("custom")]
        handoffs = [Reason(one["handoff"]) for one in asides if "handoff" in one]
        replies = _once([_reply({"text": event.text, **event.data}) for event in said if event.text])
        main = max(told, key=_weight)
        return TurnResult(
            replies=replies,
            memory=_memory(tracker, _offer(replies)),
            events=tuple(event.as_dict() for event in events),
            language=main.language,
            intent=main.intent,
            confidence=main.confidence,
            handoff=handoffs[0] if handoffs else None,
            refused=tuple(one["refused"] for one in asides if "refused" in one),
            letters=tuple(Letter(**one["letter"]) for one in asides if "letter" in one),
        )

    async def _take(self, turn: TurnInput, heard: Heard, tracker: DialogueStateTracker, wire: _Wire) -> bool:
        """Does one of the things that a message wants; False if it has to wait for what is open."""
        first = not any(isinstance(event, UserUttered) for event in tracker.events)
        waits = bool(not first and tracker.active_loop_name and intents.of(heard.intent).form)
        kept = [agenda.later(heard, turn.message_id)] if waits else []
        if kept := kept + agenda.others(heard, turn.message_id, tracker):
            tracker.update(SlotSet(agenda.SLOT, agenda.kept(agenda.added(tracker, kept))), self._domain)
        if waits:
            return False
        before = tracker.get_slot("order")
        tracker.update(self._heard(turn, heard, tracker), self._domain)
        task = intents.of(heard.intent).task
        if task:
            tracker.update(SlotSet("facet", heard.notes.get("facet")), self._domain)
        if tracker.active_loop_name != Form.CASE and not turn.payload:
            # What is said with the wish, and until the order is known, is read then.
            goes_on = tracker.active_loop_name == Form.ORDER and tracker.get_slot("task") in intents.CASES
            before = tracker.get_slot("case_said") if goes_on else None
            if (task in intents.CASES or goes_on) and turn.text not in (before or ""):
                told = "\n".join(filter(None, (before, turn.text)))[:MAX_TOLD]
                tracker.update(SlotSet("case_said", told), self._domain)
        slots = await self._extract_slots.run(wire, self._generator, tracker, self._domain)
        tracker.update_with_events(slots, self._domain)
        if not turn.waiting or intents.answered_meanwhile(heard.intent, heard.confidence):
            await self._act(tracker, wire)
        kind, order = intents.of(heard.intent).kind, tracker.get_slot("order")
        if before and order and order != before:
            tracker.update(SlotSet("order_before", before), self._domain)
        general = kind in (Kind.QUESTION, Kind.REQUEST) and heard.intent != Intent.ASK_PRODUCT
        topic = heard.intent if general else None
        if kind not in (Kind.CHAT, Kind.UNCLEAR) and topic != tracker.get_slot("topic"):
            tracker.update(SlotSet("topic", topic), self._domain)
        return True

    def _announce(self, wish: agenda.Wish, turn: TurnInput, tracker: DialogueStateTracker) -> None:
        """Says which of the things that were wanted comes now."""
        try:
            facts = {"wish": self._generator.title(wish.intent, turn.language)}
        except KeyError:
            return
        said = self._generator.compose("utter_next_wish", turn.language, facts)
        tracker.update(BotUttered(said["text"], {}, {"utter_action": "utter_next_wish"}), self._domain)

    def _context(self, tracker: DialogueStateTracker) -> Context:
        return Context(
            form=tracker.active_loop_name,
            asked=tracker.get_slot("requested_slot"),
            change=asked_change(tracker.active_loop_name, tracker.get_slot),
            order=tracker.get_slot("order"),
            chosen=tracker.get_slot("chosen_language"),
            given=tracker.get_slot("order_number"),
            topic=tracker.get_slot("topic"),
            product=(tracker.get_slot("product") or {}).get("sku"),
            guide=GuideState.of(tracker.get_slot("guide")),
            goods=partial(_goods, tracker),
        )

    def _tracker(self, turn: TurnInput) -> DialogueStateTracker:
        """The conversation as far as rules and forms look at it: slots, the open form, and a moment of
        listening. The whole history stays in the archive; so a turn costs the same for ever."""
        events: list[Event] = [SlotSet(name, value) for name, value in turn.memory.slots.items()]
        if turn.memory.form:
            events.append(ActiveLoop(turn.memory.form))
        events.append(ActionExecuted(ACTION_LISTEN_NAME))
        return DialogueStateTracker.from_events(
            str(turn.conversation_id), events, self._domain.slots, domain=self._domain
        )

    def _heard(self, turn: TurnInput, heard: Heard, tracker: DialogueStateTracker) -> UserUttered:
        asked = tracker.get_slot("requested_slot")
        intent = {"name": heard.intent, "confidence": heard.confidence}
        metadata = {**heard.notes, "language": heard.language, "message_id": turn.message_id, "asked": asked}
        if intent["name"] != Intent.NLU_FALLBACK and tracker.get_slot("unsure"):
            tracker.update(SlotSet("unsure", 0), self._domain)
        if held := tracker.get_slot("product"):
            tracker.update(SlotSet("product", kept(held, heard.intent, PRODUCT_TURNS)), self._domain)
        if (guide := tracker.get_slot("guide")) and heard.intent not in GUIDED:
            tracker.update(SlotSet("guide", guide_state.kept(guide, heard.intent)), self._domain)
        parse_data = {
            "text": turn.text,
            "intent": intent,
            "entities": heard.entities,
            "intent_ranking": [
                {"name": name, "confidence": confidence} for name, confidence in heard.ranking[:KEPT_RANKING]
            ],
            "message_id": turn.message_id,
            "metadata": metadata,
        }
        return UserUttered(
            turn.text,
            intent,
            heard.entities,
            parse_data,
            timestamp=turn.at.timestamp(),
            input_channel=turn.channel,
            message_id=turn.message_id,
            metadata=metadata,
        )

    async def _act(self, tracker: DialogueStateTracker, wire: _Wire) -> None:
        """Runs the actions that the policy chooses, until it chooses to listen."""
        for _ in range(MAX_ACTIONS):
            prediction = self._predict(tracker)
            name = self._domain.action_names_or_texts[prediction.max_confidence_index]
            # No rule applies to what the last action left behind: nothing more to do.
            lost = prediction.max_confidence < 1.0 and tracker.latest_action_name != ACTION_LISTEN_NAME
            if name == ACTION_LISTEN_NAME or lost:
                break
            action = self._action(name)
            before = tracker
            if prediction.events:
                before = tracker.copy()
                before.update_with_events(prediction.events, self._domain)
            try:
                events = await action.run(wire, self._generator, before, self._domain)
            except ActionExecutionRejection:
                tracker.update(
                    ActionExecutionRejected(name, prediction.policy_name, prediction.max_confidence)
                )
                continue
            tracker.update_with_events(prediction.events, self._domain)
            tracker.update(action.event_for_successful_execution(prediction))
            tracker.update_with_events(events, self._domain)
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))

    def _predict(self, tracker: DialogueStateTracker) -> PolicyPrediction:
        followup = tracker.followup_action
        if followup:
            tracker.clear_followup_action()
            return PolicyPrediction.for_action_name(self._domain, followup, "followup")
        target = self.metadata.core_target
        return self._runner.run({"__tracker__": tracker}, [target])[target]

    def _action(self, name: str) -> Action:
        if name not in self._known_actions:
            self._known_actions[name] = action_for_name_or_text(name, self._domain, self._actions)
        return self._known_actions[name]


def _once(replies: Sequence[Reply]) -> tuple[Reply, ...]:
    """What two wishes of one message are both answered with is said once, the last time."""
    return tuple(reply for at, reply in enumerate(replies) if reply not in replies[at + 1 :])


def _weight(heard: Heard) -> tuple[bool, bool, bool, float]:
    """Which of several things a message is filed under: what calls a person, else what is done for the
    customer, else a question."""
    meaning = intents.of(heard.intent)
    calls = meaning.kind is Kind.PERSON or meaning.calls is not None
    return calls, meaning.kind is Kind.TASK, meaning.wish, heard.confidence


def _goods(tracker: DialogueStateTracker) -> tuple[str, ...]:
    """The article numbers in the proven order that the talk is about."""
    with session.transaction() as connection:
        order = session.proven_order(connection, tracker)
    return tuple(line.sku for line in order.lines if line.sku) if order else ()


def _memory(tracker: DialogueStateTracker, offer: str | None) -> Memory:
    slots = {
        name: slot.value
        for name, slot in tracker.slots.items()
        if slot.value is not None and slot.value != slot.initial_value
    }
    return Memory(slots, tracker.active_loop_name, offer)


def _offer(replies: Sequence[Reply]) -> str | None:
    """A person, if a reply asks whether one is wanted."""
    for reply in replies:
        if reply.buttons and reply.buttons[0].intent == Intent.HUMAN_AGENT and reply.text.endswith("?"):
            return Intent.HUMAN_AGENT
    return None


def _reply(message: dict[str, Any]) -> Reply:
    buttons = []
    for button in message.get("buttons") or []:
        payload = json.loads(button["payload"])
        buttons.append(Choice(button["title"], payload["intent"], payload["entities"]))
    return Reply(message["text"], tuple(buttons))


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that never waits: Rasa's actions are coroutines in form only."""
    try:
        work.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    work.close()
    raise RuntimeError("an action waited for something; actions must not")
