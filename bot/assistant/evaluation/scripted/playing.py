"""A script played to its end, each turn judged by itself: a wrong one ends nothing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.assistant.evaluation import outcomes
from bot.assistant.evaluation.scripted import judging
from bot.assistant.evaluation.scripted.judging import Happened
from bot.assistant.evaluation.scripted.recognition import Recogniser
from bot.assistant.evaluation.scripted.scripts import Script, Step, filled
from store.orders.demo_cases import Standing


class Scene(Protocol):
    """A conversation with the assistant, in a shop of its own. `facts` are what placeholders stand for."""

    @property
    def facts(self) -> Mapping[str, str]: ...

    def say(self, text: str) -> Mapping[str, Any]:
        """One turn, as `aftercare chat --json` shows it."""

    def order(self) -> str | None:
        """The number of the proven order that the talk is about."""

    def standings(self) -> Mapping[str, Standing]:
        """The shop's orders that `facts` name, by number."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said, what came of it, and what of that is not as expected."""

    script: Script
    number: int  # from 1
    step: Step
    said: str
    answered_in: str  # a language
    intent: str | None
    owner: str
    replies: tuple[str, ...]
    names: tuple[str, ...]  # of the texts that the replies are made of
    unknown: tuple[str, ...]  # parts of the replies that are none of the shop's texts
    outcomes: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.wrong

    def as_json(self) -> dict[str, Any]:
        return {
            "language": self.script.language,
            "kind": self.script.kind,
            "title": self.script.title,
            "turn": self.number,
            "said": self.said,
            "expected": self.step.model_dump(by_alias=True, exclude_unset=True, exclude={"say"}),
            "replies": list(self.replies),
            "texts": list(self.names),
            "unknown": list(self.unknown),
            "outcomes": list(self.outcomes),
            "answered_in": self.answered_in,
            "intent": self.intent,
            "owner": self.owner,
            "ok": self.ok,
            "wrong": list(self.wrong),
        }


def play(script: Script, scene: Scene, recogniser: Recogniser, faq: Collection[str]) -> Iterator[Turn]:
    """Takes the script's turns one after another; `faq`: the ids of the shop's questions."""
    due = dict(scene.standings())  # orders as they stand if all goes as expected
    before = scene.standings()
    for number, step in enumerate(script.steps, 1):
        said = filled(step.say, scene.facts)
        done = scene.say(said)
        after = scene.standings()
        replies = tuple(reply["text"] for reply in done["replies"])
        read = [recogniser.recognise(reply, done["language"]) for reply in replies]
        names = tuple(name for one in read for name in one.names)
        happened = Happened(
            replies,
            tuple(outcomes.of(name, faq) for name in names),
            done["owner"],
            scene.order(),
            before,
            after,
        )
        faults = judging.wrong(step, happened, scene.facts, due)
        yield Turn(
            script=script,
            number=number,
            step=step,
            said=said,
            answered_in=done["language"],
            intent=done["intent"],
            owner=done["owner"],
            replies=replies,
            names=names,
            unknown=tuple(part for one in read for part in one.unknown),
            outcomes=tuple(sorted(happened.outcomes)),
            wrong=tuple(faults),
        )
        if step.changed and (changed := filled(step.changed.order, scene.facts)) in after:
            due[changed] = after[changed]
        before = after
