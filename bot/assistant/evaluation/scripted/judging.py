"""Whether a turn went as its step expects: judged by what the customer is told, and by the store."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.assistant.evaluation import outcomes
from bot.assistant.evaluation.scripted.scripts import Change, Step, filled
from store.orders.demo_cases import Standing
from store.vocabulary import OrderState


@dataclass(frozen=True, slots=True)
class Happened:
    """What a turn did. `told`: of each text that the replies are made of, its outcomes. `order`: the number
    of the proven order that the talk is about. `standings`: orders before and after the turn, by number."""

    replies: tuple[str, ...]
    told: tuple[frozenset[str], ...]
    owner: str
    order: str | None
    before: Mapping[str, Standing]
    after: Mapping[str, Standing]

    @property
    def outcomes(self) -> frozenset[str]:
        return frozenset().union(*self.told)


def wrong(step: Step, happened: Happened, facts: Mapping[str, str], due: Mapping[str, Standing]) -> list[str]:
    """What isn't as expected, each fault as "kind: particulars"; none if all is well. `due`: the orders as
    they stand if all went as expected so far."""
    faults = [*_outcomes(step, happened)]
    if step.order:
        faults += _about(filled(step.order, facts), happened)
    faults += _changes(step, happened, facts, due)
    if step.does and not happened.replies:
        faults.append("silent: no reply")
    if len(set(happened.replies)) < len(happened.replies):
        faults.append("repeated: the same reply twice")
    if step.owner and happened.owner != step.owner:
        faults.append(f"owner: {happened.owner}, not {step.owner}")
    return faults


def _outcomes(step: Step, happened: Happened) -> Iterator[str]:
    for one, wish in zip(step.does, step.wanted, strict=True):
        if not wish & happened.outcomes:
            yield f"missing: {one}"
    expected = frozenset[str]().union(*step.wanted)
    # What comes with something expected in one text is no fault by itself.
    aside = frozenset[str]().union(*(told for told in happened.told if not told & expected))
    for name in sorted(step.forbidden & happened.outcomes | aside & {*outcomes.UNWANTED}):
        yield f"unwanted: {name}"


def _changes(
    step: Step, happened: Happened, facts: Mapping[str, str], due: Mapping[str, Standing]
) -> Iterator[str]:
    changing = filled(step.changed.order, facts) if step.changed else None
    if (
        step.changed
        and changing
        and not _is_changed(happened.after.get(changing), step.changed, due.get(changing))
    ):
        yield f"not changed: order {changing} to {step.changed.to}"
    changed = {
        number
        for number, now in happened.after.items()
        if now != happened.before[number] and number != changing and not _may_change(step)
    }
    if step.unchanged:
        kept = filled(step.unchanged, facts)
        if kept not in due or happened.after[kept] != due[kept]:
            changed.add(kept)
    yield from (f"changed: order {number}" for number in sorted(changed))


def _is_changed(now: Standing | None, change: Change, then: Standing | None) -> bool:
    if now is None or then is None:
        return False
    return now.state == OrderState.CANCELLED if change.to == "cancelled" else now.address != then.address


def _may_change(step: Step) -> bool:
    return any(wish & {"cancelled", "address_changed"} for wish in step.wanted)


def _about(wanted: str, happened: Happened) -> Iterator[str]:
    """The answer names the order; one that names none is about the order that the talk is about."""
    named = _numbers(happened.replies) & happened.after.keys()
    for number in wanted.split():
        if number not in named and (named or happened.order != number):
            yield f"not about: order {number}"


def _numbers(texts: Sequence[str]) -> set[str]:
    return set(re.findall(r"\w+", " ".join(texts)))
