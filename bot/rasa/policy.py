"""The dialogue policy: Rasa's rules, without the work that our flows never need."""

from collections import defaultdict
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker

# What a rule's last state asks for: the action before, the customer's intent; None where it asks nothing.
Last = tuple[str | None, str | None]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class FlowPolicy(RulePolicy):
    """`RulePolicy` for rules on intents only, found by index.

    Rasa's own looks for rules on the customer's literal text first, at the full price of a prediction
    (we write none: a text is never a command), and compares every rule with every state.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._indexes: dict[int, tuple[int, dict[Last, list[str]]]] = {}

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


def _last(state: State) -> Last:
    action = state.get("prev_action", {}).get("action_name")
    intent = state.get("user", {}).get("intent")
    return action, intent
