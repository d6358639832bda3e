"""What the conversation needs from a dialogue core, and nothing of how it does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from store.cases.cases import Case
from store.conversations.memory import Memory
from store.conversations.payload import Payload
from store.core.database import Connection
from store.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a reply and what pressing it means."""

    title: str
    intent: str
    entities: dict[str, str] = field(default_factory=dict)

    @property
    def payload(self) -> Payload:
        """What is kept beside the button's token."""
        return Payload(self.intent, self.entities)


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    buttons: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnInput:
    """One message of a customer: `text` as typed, or the `payload` of a pressed button."""

    conversation_id: int
    message_id: str  # names the message for ever; a repeated turn has the same
    text: str
    payload: Payload | None
    language: str
    channel: str
    memory: Memory
    at: datetime
    network: str = ""  # what stands for the network or sender that it came from
    label_link: Callable[[Case], str] | None = None  # where the label of a case can be printed
    waiting: bool = False  # a person is awaited: only what tells something and changes nothing is answered


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent: what it is about, to whom, the response that it says, and what fills that in."""

    key: str
    recipient: str
    response: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TurnResult:
    replies: tuple[Reply, ...]
    memory: Memory  # the core's own part
    events: tuple[dict[str, Any], ...]  # the core's own, for the archive
    language: str
    intent: str
    confidence: float
    handoff: Reason | None = None  # why a person is asked for, if one is
    refused: tuple[str, ...] = ()  # proofs that were tried in vain: "wrong", "waiting", "code"
    letters: tuple[Letter, ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text means, without a conversation around it."""

    text: str
    language: str  # the likeliest
    languages: tuple[tuple[str, float], ...]  # ranked; empty where there is but one
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    entities: tuple[dict[str, Any], ...]
    unknown: bool = False  # none of its words has letters in an order that words have


class Assistant(Protocol):
    def respond(self, connection: Connection, turn: TurnInput) -> TurnResult:
        """Takes one turn. What it changes in the store goes through `connection`, so that it is
        committed with the turn or not at all."""

    def understand(self, text: str) -> Understanding:
        """Classifies a text."""

    def say(
        self, response: str, language: str, facts: Mapping[str, Any] | None = None, seed: str = ""
    ) -> Reply:
        """A fixed response, for moments in which the core itself takes no turn; `facts` fill in what isn't
        the shop's. The same `seed` gives the same of several wordings."""
