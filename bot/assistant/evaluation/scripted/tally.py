"""How many turns went as expected: by language, by kind of conversation, by what was expected."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.assistant.evaluation.scripted.playing import Turn


@dataclass(frozen=True, slots=True)
class Share:
    right: int
    all: int

    @property
    def share(self) -> float | None:
        return self.right / self.all if self.all else None


@dataclass(frozen=True, slots=True)
class Tally:
    """The turns of whole conversations, in their order."""

    turns: tuple[Turn, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(turn.script.language for turn in self.turns))

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted({turn.script.kind for turn in self.turns}))

    def of(self, language: str | None = None, kind: str | None = None) -> "Tally":
        """The part in a language, of a kind."""
        return Tally(
            tuple(
                turn
                for turn in self.turns
                if language in (None, turn.script.language) and kind in (None, turn.script.kind)
            )
        )

    def as_expected(self) -> Share:
        return _share(turn.ok for turn in self.turns)

    def conversations(self) -> Share:
        """Those of which all turns went as expected."""
        whole: dict[tuple[str, str], bool] = {}
        for turn in self.turns:
            key = turn.script.language, turn.script.title
            whole[key] = whole.get(key, True) and turn.ok
        return _share(whole.values())

    def in_language(self) -> Share:
        """Turns answered in the language of the conversation, of those that were answered."""
        return _share(turn.answered_in == turn.script.language for turn in self.turns if turn.replies)

    def known(self) -> Share:
        """Answered turns of which all that was said is a text of the shop's."""
        return _share(not turn.unknown for turn in self.turns if turn.replies)

    @property
    def failures(self) -> tuple[Turn, ...]:
        return tuple(turn for turn in self.turns if not turn.ok)

    def wanted(self) -> list[tuple[str, Share]]:
        """Each outcome, or choice of outcomes, that was expected and how often it happened; the most missed
        first."""
        asked: Counter[str] = Counter()
        met: Counter[str] = Counter()
        for turn in self.turns:
            for name, wish in zip(turn.step.does, turn.step.wanted, strict=True):
                asked[name] += 1
                met[name] += bool(wish & {*turn.outcomes})
        shares = [(name, Share(met[name], count)) for name, count in asked.items()]
        return sorted(shares, key=lambda one: (one[1].right - one[1].all, one[0]))

    def faults(self) -> list[tuple[str, int]]:
        """What was wrong, and in how many turns; the most frequent first. Unwanted outcomes are told apart,
        all else by its kind."""
        counts = Counter(fault for turn in self.turns for fault in {_kind(one) for one in turn.wrong})
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _kind(fault: str) -> str:
    kind = fault.partition(": ")[0]
    return fault if kind == "unwanted" else kind


def _share(right: Iterable[bool]) -> Share:
    found = list(right)
    return Share(sum(found), len(found))
