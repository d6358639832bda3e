"""Where a talk about a guide stands: the value of slot `guide`, and what was tried so far in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from actions import intents
from actions.guide_book import GuideBook
from actions.intents import Intent, Kind

MAX_TURNS: Final = 6  # about something else, after which a guide is no longer what the talk is about
MAX_SAID: Final = 300  # characters of the message that it began with
MAX_TRIED: Final = 90  # of a step that was tried
MAX_TOLD: Final = 1900  # of all that was tried


@dataclass(frozen=True, slots=True)
class GuideState:
    """`step`: the one that was shown last, from 0. `failed`: how often something didn't help. `tried`: steps
    as [guide, step]; `done`: guides that were gone through in vain. `said`: the message that it began with.
    `offers`: the last reply asked whether a case shall be begun; `offered`: one has asked that before.
    `turns`: how many messages ago the last reply about it was."""

    name: str
    step: int = 0
    failed: int = 0
    tried: tuple[tuple[str, int], ...] = ()
    done: tuple[str, ...] = ()
    said: str = ""
    offers: bool = False
    offered: bool = False
    turns: int = 0

    @classmethod
    def of(cls, slot: Any) -> "GuideState | None":
        if not isinstance(slot, Mapping):
            return None
        tried = tuple((str(name), int(step)) for name, step in slot.get("tried") or ())
        return cls(**{**slot, "tried": tried, "done": tuple(slot.get("done") or ())})

    def slot(self) -> dict[str, Any]:
        """Plain JSON, as slots are kept."""
        tried = [[name, step] for name, step in self.tried]
        return {**asdict(self), "tried": tried, "done": [*self.done]}

    def after(self) -> "GuideState":
        """The same with the step that was shown among what was tried."""
        shown = (self.name, self.step)
        return self if shown in self.tried else replace(self, tried=(*self.tried, shown))

    def begun(self, name: str) -> "GuideState":
        """Another guide, after this one."""
        return replace(self, name=name, step=0, offers=False)

    def told(self, book: GuideBook, language: str) -> str:
        """What the customer said and has tried, for a person who mustn't ask for it again."""
        lines = [self.said] if self.said else []
        before = ""
        for name, step in self.tried:
            guide = book.get(name, language)
            if guide is None or step >= len(guide.steps):
                continue  # the owner has changed it meanwhile
            if name != before:
                lines.append(f"{guide.title}. {book.tried(language)}")
            before = name
            words = " ".join(guide.steps[step].split())
            lines.append(f"{step + 1}. {words[:MAX_TRIED]}{'…' if len(words) > MAX_TRIED else ''}")
        return "\n".join(lines)[:MAX_TOLD]


def kept(slot: Any, intent: str) -> dict[str, Any] | None:
    """What remains of the slot `guide` after a message: what is done for an order ends the talk about it,
    other words do after some turns."""
    state = GuideState.of(slot)
    if state is None:
        return None
    kind = intents.of(intent).kind
    ends = kind is Kind.TASK and intent != Intent.ORDER_QUESTION
    turns = state.turns + 1
    return None if ends or turns > MAX_TURNS else replace(state, turns=turns).slot()
