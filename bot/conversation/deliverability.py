"""Whether a message can reach a customer now: the channel's window, and the customer's own will."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.desk.errors import DeskError
from channels.splitting import Capabilities
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.desk import views
from store.vocabulary import Suppression


class Deliverable(StrEnum):
    """`late`: only a person may still write. `closed`: the channel's window. `stopped`: by the customer."""

    OPEN = "open"
    LATE = "late"
    CLOSED = "closed"
    STOPPED = "stopped"
    UNREACHABLE = "unreachable"


_REFUSED = {
    Deliverable.CLOSED: (
        "window_closed",
        "The channel takes no more answers until the customer writes again.",
    ),
    Deliverable.STOPPED: ("stopped", "The customer wants no messages."),
    Deliverable.UNREACHABLE: ("unreachable", "Nothing reaches this customer any more."),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """`until`: when an open or late one ends, if it does."""

    state: Deliverable
    until: datetime | None = None


def of(connection: Connection, conversation: Conversation, able: Capabilities | None, at: datetime) -> Reach:
    """How a conversation's customer can be reached; `able`: what the channel can carry, None for a page
    that fetches."""
    heard_at, refused = views.reach(connection, conversation)
    if refused:
        return Reach(Deliverable.STOPPED if refused == Suppression.STOPPED else Deliverable.UNREACHABLE)
    if able is None or able.window is None or heard_at is None:
        return Reach(Deliverable.OPEN)
    if at <= heard_at + able.window:
        return Reach(Deliverable.OPEN, heard_at + able.window)
    if able.human_window and at <= heard_at + able.human_window:
        return Reach(Deliverable.LATE, heard_at + able.human_window)
    return Reach(Deliverable.CLOSED)


def need(connection: Connection, conversation: Conversation, able: Capabilities | None, at: datetime) -> None:
    """Raises `DeskError` unless a person's message can be sent."""
    found = of(connection, conversation, able, at)
    if found.state in _REFUSED:
        code, what = _REFUSED[found.state]
        raise DeskError(409, code, what)
