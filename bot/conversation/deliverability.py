"""Whether a message can reach a customer now: the channel's window, and the customer's own will."""

from dataclasses import dataclass
from datetime import datetime

from channels.registry import Channels
from channels.splitting import Window
from store.conversations import suppressions
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.vocabulary import Suppression

_WHY = {
    Window.CLOSED: ("window_closed", "The channel takes no more answers until the customer writes again."),
    Suppression.STOPPED: ("stopped", "The customer wants no messages."),
    Suppression.UNREACHABLE: ("unreachable", "Nothing reaches this customer any more."),
}


class Undeliverable(Exception):
    """Nothing can be sent to a customer now; `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reach:
    """`state`: the channel's window, or why the customer gets nothing at all. `until`: when an open or late
    one ends, if it does."""

    state: Window | Suppression
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything goes out."""
        return self.state is Window.OPEN

    def require(self) -> None:
        """Raises `Undeliverable` unless a person's message can be sent."""
        if self.state in _WHY:
            raise Undeliverable(*_WHY[self.state])


def reach(connection: Connection, conversation: Conversation, channels: Channels, at: datetime) -> Reach:
    """How a conversation's customer can be reached at a moment."""
    heard_at, refused = suppressions.standing(connection, conversation)
    if refused:
        stopped = refused == Suppression.STOPPED
        return Reach(Suppression.STOPPED if stopped else Suppression.UNREACHABLE)
    able = channels.capabilities(conversation.channel)
    return Reach(*able.window_at(heard_at, at)) if able else Reach(Window.OPEN)
