"""The dialogue policy: Rasa's rules, without the work that our flows never need."""

from collections import OrderedDict, defaultdict
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

REMEMBERED = 4096  # predictions

# What a rule's last state asks for: the action before, the customer's intent; None where it asks nothing.
Last = tuple[str | None, str | None]
Signature = tuple[Any, ...]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class FlowPolicy(RulePolicy):
    """`RulePolicy` for rules on intents only, found by index and remembered.

    Rasa's own looks for rules on the customer's literal text first, at the full price of a prediction
    (we write none: a text is never a command), and compares every rule with every state. Its prediction
    depends on nothing but what `_signature` holds, and conversations are much alike.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._remembered: OrderedDict[Signature, PolicyPrediction] = OrderedDict()
        self._indexes: dict[int, tuple[int, dict[Last, list[str]]]] = {}

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        signature = _signature(tracker)
        known = self._remembered.get(signature)
        if known is None:
            known = super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
            self._remembered[signature] = known
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return known

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input:
            return None, None, False
        found: tuple[str | None, str | None, bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        if not states:
            return set(lookup)
        action, intent = _last(states[-1])
        index = self._index(lookup)
        wanted = {(action, intent), (action, None), (None, intent), (None, None)}
        candidates = [key for last in wanted for key in index.get(last, ())]
        possible: set[str] = super()._get_possible_keys(dict.fromkeys(candidates, ""), states)
        return possible

    def _index(self, lookup: dict[str, str]) -> dict[Last, list[str]]:
        # A policy has few look-ups, and each only grows while it is trained.
        size, index = self._indexes.get(id(lookup), (-1, {}))
        if size != len(lookup):
            grouped: dict[Last, list[str]] = defaultdict(list)
            for key in lookup:
                grouped[_last(self._rule_key_to_state(key)[-1])].append(key)
            size, index = self._indexes[id(lookup)] = (len(lookup), dict(grouped))
        return index


def _signature(tracker: DialogueStateTracker) -> Signature:
    """Everything about a tracker that a rule, or the handling of open forms, looks at."""
    steps: list[Any] = [(name, slot.value) for name, slot in tracker.slots.items() if _matters(slot)]
    for event in tracker.events:
        if isinstance(event, UserUttered):
            steps.append(("user", event.intent_name, tuple(sorted(e["entity"] for e in event.entities))))
        elif isinstance(event, ActionExecuted):
            steps.append(("action", event.action_name))
        elif isinstance(event, ActiveLoop):
            steps.append(("loop", event.name))
        elif isinstance(event, LoopInterrupted):
            steps.append(("interrupted", event.is_interrupted))
        elif isinstance(event, ActionExecutionRejected):
            steps.append(("rejected", event.action_name))
        elif isinstance(event, SlotSet) and _matters(tracker.slots.get(event.key)):
            steps.append(("slot", event.key, event.value))
    return tuple(steps)


def _matters(slot: Slot | None) -> bool:
    return slot is not None and (slot.name == REQUESTED_SLOT or slot.influence_conversation)


def _last(state: State) -> Last:
    action = state.get("prev_action", {}).get("action_name")
    intent = state.get("user", {}).get("intent")
    return action, intent
