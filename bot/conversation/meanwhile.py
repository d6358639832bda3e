"""What the assistant does while a person is awaited: it answers what it safely can, keeps the rest for that
person, and says again when one comes if it is asked, or from time to time. It changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from actions import intents
from actions.intents import Intent, Task
from bot.assistant.protocol import Assistant, Reply, TurnInput, TurnResult
from bot.handoff.triggers import Triggers
from store.conversations import transcript
from store.conversations.inbox import Waiting
from store.conversations.memory import Memory
from store.core.database import Connection
from store.vocabulary import Author

# What the customer has given and wished for: kept until they go on with the assistant.
_GIVEN = (
    "order",
    "chosen_language",
    "order_number",
    "contact",
    "tried",
    "task",
    "topic",
    "code_sent",
)
# Details that follow one another need no word each: one to each third of them, or after a while.
EACH = 3
AFTER = timedelta(minutes=2)
_RECENT = 12  # messages looked at
_WORDINGS = 8  # seeds tried for other words than those said last


@dataclass(frozen=True, slots=True)
class Answer:
    """What a message leads to; `keep`: it tells the person who comes something."""

    result: TurnResult
    keep: bool


def unchanging(turn: TurnInput) -> TurnInput:
    """The turn as one that answers no question of ours and changes nothing."""
    slots = _without_changes(given(turn.memory))
    return replace(turn, waiting=True, memory=replace(turn.memory, slots=slots, form=None, offer=None))


def given(memory: Memory) -> dict[str, Any]:
    """The slots that outlive the wait."""
    return {name: memory.slots[name] for name in _GIVEN if name in memory.slots}


class Meanwhile:
    """Answers customers who wait for a person. `triggers` know how people ask for somebody."""

    def __init__(self, assistant: Assistant, triggers: Triggers, clock: Callable[[], datetime]) -> None:
        self._assistant = assistant
        self._triggers = triggers
        self._clock = clock

    def take(
        self, connection: Connection, turn: TurnInput, waiting: Waiting, alarm: str | None = None
    ) -> Answer:
        """The result's replies are all that is said, its memory what is remembered. `alarm`: the response
        that takes the place of any other answer."""
        before = turn.memory
        typed = "" if turn.payload else turn.text
        if typed and self._triggers.asks_for_somebody(typed, turn.language):
            result = TurnResult((), before, (), turn.language, Intent.HUMAN_AGENT, 1.0)
        else:
            result = self._assistant.respond(connection, unchanging(turn))
        meaning = intents.of(result.intent)
        calls_out = meaning.calls_out and result.confidence >= intents.MEANWHILE_ABOVE
        said = self._answers(result, before)
        told, noted = before.told, before.noted and not said
        # Of several things that a message wants, its result is the weightiest.
        answered = bool(said) and intents.answered_meanwhile(result.intent, result.confidence)
        if alarm:
            said, told, noted = (self._assistant.say(alarm, result.language),), True, False
        elif not answered and (calls_out or _wants(result, turn) or self._is_time(connection, turn, waiting)):
            response = "utter_noted" if told else "utter_already_handed_off"
            response = "utter_waiting" if calls_out else response
            noted = not calls_out
            said, told = (*said, self._worded(connection, response, result.language, turn, waiting)), True
        slots = {"task": before.slots.get("task")} | given(result.memory)
        memory = replace(
            before,
            slots={name: value for name, value in slots.items() if value is not None},
            form=None,
            offer=None,
            wish=result.intent if meaning.wish else before.wish,
            told=told,
            noted=noted,
            begun=True,
        )
        keep = bool(alarm) or not calls_out and not meaning.courtesy
        return Answer(replace(result, replies=said, memory=memory), keep)

    def _answers(self, result: TurnResult, before: Memory) -> tuple[Reply, ...]:
        """What the core says, without its questions and without what can't be pressed now."""
        replies = result.replies
        if result.memory.form and not _is_choice(replies):
            replies = replies[:-1]  # the form's question
        if (
            result.intent == Intent.INFORM
            and not result.refused
            and not _without_changes(before.slots).get("task")
        ):
            return ()  # the details are for the person: nobody asked what is known of the order
        if not replies:
            return ()
        offered = self._assistant.say("utter_waiting", result.language).buttons
        back = tuple(one for one in offered if one.intent == Intent.BACK_TO_BOT)
        safe = [
            replace(
                one, buttons=tuple(choice for choice in one.buttons if intents.of(choice.intent).meanwhile)
            )
            for one in replies
        ]
        return (*safe[:-1], replace(safe[-1], buttons=(*safe[-1].buttons, *back)))

    def _is_time(self, connection: Connection, turn: TurnInput, waiting: Waiting) -> bool:
        """Whether a detail is acknowledged: the first, each third one, and what comes after a while."""
        if not turn.memory.noted:
            return True
        recent = self._recent(connection, turn, waiting)
        said = [one for one in recent if one.author != Author.CUSTOMER]
        if not said or self._clock() - said[-1].at >= AFTER:
            return True
        answered = max(one.reply_to or one.seq for one in said)
        since = [one for one in recent if one.author == Author.CUSTOMER and answered < one.seq <= waiting.seq]
        return len(since) >= EACH

    def _worded(
        self, connection: Connection, response: str, language: str, turn: TurnInput, waiting: Waiting
    ) -> Reply:
        """A response in the words that were said longest ago."""
        recent = [one.text for one in self._recent(connection, turn, waiting)]
        seeds = (f"{turn.message_id}{number}" for number in range(_WORDINGS))
        wordings = [self._assistant.say(response, language, seed=seed) for seed in seeds]
        latest = {text: place for place, text in enumerate(recent)}
        return min(wordings, key=lambda one: latest.get(one.text, -1))

    @staticmethod
    def _recent(connection: Connection, turn: TurnInput, waiting: Waiting) -> list[transcript.Entry]:
        first = max(0, waiting.conversation.last_seq - _RECENT)
        return transcript.after(connection, turn.conversation_id, min(first, waiting.seq - EACH))


def _without_changes(slots: Any) -> dict[str, Any]:
    """Slots without a wish that would change the order: a person sees to that."""
    task = slots.get("task")
    changes = task is not None and intents.of(intents.of_task(Task(task))).needs_yes
    return {name: value for name, value in slots.items() if name != "task" or not changes}


def _is_choice(replies: tuple[Reply, ...]) -> bool:
    """Whether the last reply asks which of the customer's own orders is meant."""
    return bool(replies) and any("order_number" in one.entities for one in replies[-1].buttons)


def _wants(result: TurnResult, turn: TurnInput) -> bool:
    """Whether a message wants something: it is never left without a word."""
    unclear = result.intent in (Intent.NLU_FALLBACK, Intent.HEDGE)
    return unclear or intents.of(result.intent).wish or "?" in turn.text
