"""Custom actions run here and now, through `rasa_sdk`'s executor, instead of over HTTP."""

from typing import Any

import rasa.core.actions.action
import rasa.core.actions.forms
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.utils.common import all_subclasses
from rasa_sdk import ActionExecutionRejection as SdkRejection
from rasa_sdk.executor import ActionExecutor


class InProcessActions:
    """All custom actions of a package; stands where Rasa expects an action server's address."""

    def __init__(self, package: str, domain: Domain) -> None:
        self._executor = ActionExecutor()
        self._executor.register_package(package)
        self._domain: dict[str, Any] = domain.as_dict()
        # Rasa searches all its classes for every single event.
        self._event_classes = {kind.type_name: kind for kind in all_subclasses(Event)}

    async def call(
        self, name: str, tracker: DialogueStateTracker
    ) -> tuple[list[dict[str, Any]], list[Event]]:
        """Runs one action: its responses and events. Raises `ActionExecutionRejection`."""
        call = {
            "next_action": name,
            "sender_id": tracker.sender_id,
            "tracker": tracker.current_state(EventVerbosity.ALL),
            "domain": self._domain,
        }
        try:
            result = await self._executor.run(call)
        except SdkRejection as rejection:
            raise ActionExecutionRejection(name, str(rejection)) from rejection
        if result is None:
            raise LookupError(f"no custom action {name}")
        events = [self._event_classes[event["event"]]._from_parameters(event) for event in result.events]
        return result.responses, events


class InProcessAction(RemoteAction):
    """`RemoteAction` without the HTTP request and without its check of the answer's JSON schema, which
    alone is half of a turn's time."""

    action_endpoint: InProcessActions

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        responses, events = await self.action_endpoint.call(self.name(), tracker)
        messages = await self._utter_responses(responses, output_channel, nlg, tracker)
        return [*messages, *events]


def _copy_slot(slot: Slot) -> Slot:
    copied = object.__new__(type(slot))
    copied.__dict__.update(slot.__dict__)
    return copied


def install() -> None:
    """Makes Rasa's forms and action look-up create `InProcessAction`s (they name the class directly),
    and slots copy themselves: each of a turn's several trackers copies all slots, and the copy module's
    general way was a sixth of the turn."""
    rasa.core.actions.action.RemoteAction = InProcessAction
    rasa.core.actions.forms.RemoteAction = InProcessAction
    Slot.__copy__ = _copy_slot
