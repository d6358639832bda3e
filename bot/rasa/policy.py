"""The dialogue policy: Rasa's rules, without the work that our flows never need."""

# No `from __future__ import annotations` here: Rasa reads the annotations of graph components.
from typing import Optional, Tuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class FlowPolicy(RulePolicy):  # type: ignore[misc]
    """`RulePolicy` for rules on intents only.

    Rasa's own looks for rules on the customer's literal text first, at the full price of a
    prediction; we write none, since a text is never a command.
    """

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> Tuple[Optional[str], Optional[str], bool]:
        if use_text_for_last_user_input:
            return None, None, False
        found: Tuple[Optional[str], Optional[str], bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found
