"""What a customer wants besides what is under way: kept until that is done, and then taken up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rasa.shared.core.trackers import DialogueStateTracker

from actions import intents
from actions.intents import Form, Intent, Task
from bot.assistant.interpreter import Heard

SLOT = "wishes"
MAX_WISHES = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish, with the details that were given with it, and the message that it was in."""

    intent: str
    message: str
    entities: list[dict[str, Any]] = field(default_factory=list)


def of(tracker: DialogueStateTracker) -> list[Wish]:
    """What waits, in its order."""
    return [Wish(**one) for one in tracker.get_slot(SLOT) or ()]


def later(heard: Heard, message: str) -> Wish:
    """A wish that has to wait for what is open."""
    return Wish(heard.intent, message, heard.entities)


def others(heard: Heard, message: str, tracker: DialogueStateTracker) -> list[Wish]:
    """The same for the other orders that it names."""
    intent = heard.intent
    if intent == Intent.INFORM:
        intent = intents.of_task(Task(tracker.get_slot("task") or Task.TRACK))
    if intents.of(intent).form is not Form.ORDER:
        return []
    return [Wish(intent, message, [{"entity": "order_number", "value": one}]) for one in heard.more]


def added(tracker: DialogueStateTracker, wishes: Sequence[Wish]) -> list[Wish]:
    """What waits together with some more, each wish once."""
    together = of(tracker)
    for one in wishes:
        if not any((one.intent, one.entities) == (other.intent, other.entities) for other in together):
            together.append(one)
    return together[:MAX_WISHES]


def kept(wishes: Sequence[Wish]) -> list[dict[str, Any]] | None:
    """Wishes as the slot has them."""
    return [asdict(one) for one in wishes] or None
