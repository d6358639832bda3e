"""What happened, as everybody hears of it once it is committed: typed, and small enough for a `NOTIFY` (8000
bytes). No customer's words and no contact but the address that the database itself goes by."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection


@dataclass(frozen=True)
class DomainEvent:
    """Something that happened, in the past tense."""


@dataclass(frozen=True)
class ConversationEvent(DomainEvent):
    """Something that happened to one conversation."""

    conversation_id: int


@dataclass(frozen=True)
class MessagesAdded(ConversationEvent):
    """Messages stand behind the number `after` now. `owner` and `agent_id` tell whom it concerns; channel,
    account and address, which open page shows them."""

    channel: str
    account: str
    address: str
    after: int
    owner: str
    agent_id: int | None


@dataclass(frozen=True)
class MessageReceived(MessagesAdded):
    """The customer wrote."""


@dataclass(frozen=True)
class MessagesSent(MessagesAdded):
    """The customer was written to, by whomever."""


@dataclass(frozen=True)
class MessageQueued(ConversationEvent):
    """A message waits to be handed to its provider."""


@dataclass(frozen=True)
class AttachmentReceived(ConversationEvent):
    """A file waits to be fetched from its provider."""


@dataclass(frozen=True)
class AttachmentSettled(ConversationEvent):
    """A file is kept, refused, or will not come."""


@dataclass(frozen=True)
class MessageEdited(ConversationEvent):
    """The customer changed a message."""


@dataclass(frozen=True)
class DeliveryChanged(ConversationEvent):
    """Messages, or the customer's reachability, stand otherwise now."""


@dataclass(frozen=True)
class OwnerChanged(ConversationEvent):
    """Somebody else has the conversation."""


@dataclass(frozen=True)
class SurveyAnswered(ConversationEvent):
    """The customer said how it was."""


@dataclass(frozen=True)
class NoteAdded(ConversationEvent):
    """An agent wrote a note."""


@dataclass(frozen=True)
class AgentsMentioned(ConversationEvent):
    """A note names agents (`to`, ids); `by` is its author's name."""

    by: str
    to: tuple[int, ...]


@dataclass(frozen=True)
class ConversationRead(ConversationEvent):
    """An agent has read it, on one of their pages."""

    agent_id: int


@dataclass(frozen=True)
class ViewersChanged(ConversationEvent):
    """Another agent has it open."""


@dataclass(frozen=True)
class AgentTyping(ConversationEvent):
    """The agent who has the conversation writes an answer."""

    channel: str
    account: str
    address: str
    agent_id: int
    name: str


@dataclass(frozen=True)
class VisitEnded(DomainEvent):
    """A customer's stay in the web chat is over: nothing more is shown to whoever holds its token."""

    channel: str
    account: str
    address: str
    visit_id: str


@dataclass(frozen=True)
class RequestOverdue(ConversationEvent):
    """Nobody takes the customer up, who has waited since a moment (ISO 8601); for the agents `to`."""

    since: str
    to: tuple[int, ...]


@dataclass(frozen=True)
class AgentsChanged(DomainEvent):
    """Accounts, or who is there."""


@dataclass(frozen=True)
class ChannelFaultsChanged(DomainEvent):
    """A provider refuses us for a reason that the owner must mend, or no longer."""


@dataclass(frozen=True)
class CaseChanged(DomainEvent):
    """An after-sales case began, or stands otherwise now."""

    case_id: int


@dataclass(frozen=True)
class CaseDue(DomainEvent):
    """So much of the time (`part`, in per cent) in which something of a case has to be done is over.
    `deadline`: what; `number`: the case's."""

    case_id: int
    number: str
    deadline: str
    part: int


@dataclass(frozen=True)
class MailQueued(DomainEvent):
    """A mail waits to be sent."""


@dataclass(frozen=True)
class JobScheduled(DomainEvent):
    """Something is to be done at a time."""


def publish(connection: Connection, event: DomainEvent) -> None:
    """Tells it as soon as the transaction of `Database.write` commits; never, if it is rolled back."""
    connection.get_execution_options()["events"].append(event)


def encode(event: DomainEvent) -> str:
    return json.dumps({"event": type(event).__name__, **dataclasses.asdict(event)})


def decode(text: str) -> DomainEvent | None:
    """The event in `text`; None for one that this version doesn't know (another process may be newer)."""
    fields: dict[str, Any] = json.loads(text)
    kind = _KINDS.get(fields.pop("event", ""))
    if kind is None or fields.keys() != {field.name for field in dataclasses.fields(kind)}:
        return None
    return kind(**{name: tuple(one) if isinstance(one, list) else one for name, one in fields.items()})


# Not with slots: those are made by a second class of the same name, and the first one stays a subclass too.
def _kinds(of: type[DomainEvent]) -> dict[str, type[DomainEvent]]:
    found = {of.__name__: of}
    for kind in of.__subclasses__():
        found |= _kinds(kind)
    return found


_KINDS = _kinds(DomainEvent)
