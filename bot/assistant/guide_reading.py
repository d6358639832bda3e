"""What a message says of guides: the ones whose problem it tells, and how a step of the open one went."""

from dataclasses import dataclass
from typing import Any, Final

from actions.guide_book import Verdict
from actions.guides.guide_state import GuideState
from actions.intents import Intent

MAX_ANSWER: Final = 20  # words of an answer that tells how it went
MAX_YES: Final = 4  # of one that says no more than yes or no
MAX_TRYING: Final = 8


@dataclass(frozen=True, slots=True)
class GuideTalk:
    """`found`: guides whose problem is told; `near`: those for the product that is named, or was just now,
    where none fits. `open`: the guide that the talk is about. `verdict`: what words say of its step.
    `wants_else`: it speaks of a warranty, of money or the like."""

    found: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    open: GuideState | None = None
    verdict: Verdict | None = None
    wants_else: bool = False

    def answer(self, intent: str, words: int) -> Verdict | None:
        """How the open guide's step went, if the message says so; `words`: how many it has."""
        if self.open is None:
            return None
        fresh = self.open.turns == 0
        if self.verdict in (Verdict.HELPED, Verdict.FAILED, Verdict.NEXT):
            return self.verdict if words <= MAX_ANSWER else None
        if self.verdict in (Verdict.YES, Verdict.NO):
            return self.verdict if fresh and words <= MAX_YES else None
        if self.found == (self.open.name,):  # the problem, told again
            return Verdict.FAILED if fresh else None
        taken = self.verdict is Verdict.TRYING or intent in (Intent.AFFIRM, Intent.ACKNOWLEDGE)
        return Verdict.TRYING if taken and fresh and words <= MAX_TRYING else None

    def entities(self, intent: str, sounds_like: str, words: int) -> list[dict[str, Any]]:
        """The same for the actions."""
        if intent == Intent.GUIDE_ANSWER:
            return [{"entity": "verdict", "value": self.answer(sounds_like, words)}]
        found = [{"entity": "guide", "value": name} for name in self.found]
        return found or [{"entity": "near_guide", "value": name} for name in self.near]
