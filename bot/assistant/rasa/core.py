"""The Rasa core as an `Assistant`: one message in; replies, state and events out."""

import json
from collections.abc import Coroutine, Mapping, Sequence
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

from actions import session
from actions.intents import Intent
from actions.order_change import asked_change
from bot.assistant.consent import Consent
from bot.assistant.interpreter import Context, Interpreter
from bot.assistant.nlu.components import ASKED, GIVEN
from bot.assistant.protocol import Choice, Letter, Reply, TurnInput, TurnResult, Understanding
from bot.assistant.rasa import inprocess
from bot.assistant.rasa import model as models
from bot.assistant.rasa.generator import LocalizedGenerator
from store.conversations.memory import Memory
from store.core.database import Connection
from store.vocabulary import Reason

MAX_ACTIONS = 10  # of one turn; a rule set that wants more goes round in circles
KEPT_RANKING = 5

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
        self, model: Path, generator: LocalizedGenerator, consent: Consent, languages: Sequence[str]
    ) -> None:
        inprocess.install()
        self._generator = generator
        self._languages = languages
        self._interpreter = Interpreter(self.understand, consent, languages, generator.titled)
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

    # --- understanding ---

    def understand(self, text: str, asked: str = "", given: str = "") -> Understanding:
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
        )

    def say(self, response: str, language: str, facts: Mapping[str, Any] | None = None) -> Reply:
        return _reply(self._generator.compose(response, language, facts))

    # --- a turn ---

    def respond(self, connection: Connection, turn: TurnInput) -> TurnResult:
        with self._lock:
            token, origin = session.turn.set(connection), session.network.set(turn.network)
            examples = session.number_examples.set(self._generator.number_examples)
            try:
                return _finish(self._respond(turn))
            finally:
                session.number_examples.reset(examples)
                session.turn.reset(token)
                session.network.reset(origin)

    async def _respond(self, turn: TurnInput) -> TurnResult:
        tracker = self._tracker(turn)
        known = len(tracker.events)
        heard = self._heard(turn, tracker)
        tracker.update(heard, self._domain)
        wire = _Wire()
        slots = await self._extract_slots.run(wire, self._generator, tracker, self._domain)
        tracker.update_with_events(slots, self._domain)
        await self._act(tracker, wire)
        events = list(tracker.events)[known:]
        said = [event for event in events if isinstance(event, BotUttered)]
        asides: list[dict[str, Any]] = [event.data["custom"] for event in said if event.data.get("custom")]
        handoffs = [Reason(one["handoff"]) for one in asides if "handoff" in one]
        replies = tuple(_reply({"text": event.text, **event.data}) for event in said if event.text)
        return TurnResult(
            replies=replies,
            memory=_memory(tracker, _offer(replies)),
            events=tuple(event.as_dict() for event in events),
            language=heard.metadata["language"],
            intent=heard.intent["name"],
            confidence=heard.intent["confidence"],
            handoff=handoffs[0] if handoffs else None,
            refused=tuple(one["refused"] for one in asides if "refused" in one),
            letters=tuple(Letter(**one["letter"]) for one in asides if "letter" in one),
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

    def _heard(self, turn: TurnInput, tracker: DialogueStateTracker) -> UserUttered:
        asked = tracker.get_slot("requested_slot")
        context = Context(
            form=tracker.active_loop_name,
            asked=asked,
            change=asked_change(tracker.active_loop_name, tracker.get_slot),
            order=tracker.get_slot("order"),
            chosen=tracker.get_slot("chosen_language"),
            given=tracker.get_slot("order_number"),
        )
        heard = self._interpreter.interpret(turn, context)
        intent = {"name": heard.intent, "confidence": heard.confidence}
        metadata = {**heard.notes, "language": heard.language, "message_id": turn.message_id, "asked": asked}
        if intent["name"] != Intent.NLU_FALLBACK and tracker.get_slot("unsure"):
            tracker.update(SlotSet("unsure", 0), self._domain)
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
