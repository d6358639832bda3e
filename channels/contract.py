"""What a channel gets from the rest of the program and what it gives: the only thing of ours that a
channel module may import.

Inbound: a channel verifies and parses a provider's request into `Inbound` messages and hands them to
`Gateway.accept`, which stores them before it returns. Outbound: the sender hands a channel one
`Outbound` at a time; the channel returns when the provider has taken it, or raises `SendError`.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

MAX_TEXT = 4000  # characters of one inbound message; longer ones are refused by pull channels, cut by others


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a customer. (channel, account, external_id) names it for ever."""

    channel: str
    account: str
    external_id: str
    address: str  # where an answer goes: visitor id, chat id, phone number
    text: str = ""
    press: str | None = None  # token of a pressed button, instead of text
    language: str | None = None  # a hint: the browser's or the provider's
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an `Inbound`: its place in the conversation; `duplicate` if it was known already."""

    conversation_id: int
    seq: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message; the token is worthless outside its conversation."""

    token: str
    title: str


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to a customer."""

    conversation_id: int
    seq: int
    account: str
    address: str
    author: str  # bot agent system
    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something an open page is told at once: kind `message` (with its seq) or `typing`."""

    kind: str
    seq: int | None
    data: dict[str, Any]


class SendError(Exception):
    """A provider did not take a message.

    `permanent`: trying again is useless. `retry_after`: seconds the provider asks for. `unknown`: it
    may have been taken (a timeout after the request was sent), so it is never sent again.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        unknown: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.unknown = unknown
        self.retry_after = retry_after


class Gateway(Protocol):
    """The rest of the program, as a channel's HTTP shell sees it."""

    async def accept(self, inbound: Inbound) -> Accepted:
        """Stores a message durably; a known one is a no-op. Raises `UnknownButton` for a press that
        the conversation never offered."""

    async def replay(self, channel: str, account: str, address: str, after: int) -> Sequence[dict[str, Any]]:
        """The transcript's messages with seq > `after`, oldest first, at most 200."""

    def listen(self, channel: str, account: str, address: str) -> AsyncIterator[LiveEvent]:
        """Live events of one conversation, until the iterator is closed."""


class UnknownButton(Exception):
    """A pressed button's token is not one of the conversation's."""


class Channel(Protocol):
    """The sending half of a channel."""

    name: str

    async def send(self, message: Outbound) -> str | None:
        """Hands a message to the provider and returns its id there, if any. Raises `SendError`."""
