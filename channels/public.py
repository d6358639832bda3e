"""What channels are beside `channels.contract` where everybody reads what is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from channels.contract import Channel, Event

# What a webhook's signed body brings; never fails.
Reader = Callable[[bytes], Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Invited:
    """A private message went out in answer to a public one: on which channel, to whom, under what id."""

    channel: str
    address: str
    message_id: str | None


@runtime_checkable
class Carrier(Protocol):
    """A channel whose webhook brings what is for others too."""

    readers: tuple[Reader, ...]


@runtime_checkable
class PublicChannel(Channel, Protocol):
    """A channel on which everybody reads along. Its events come with the webhook of `carrier`, another one.

    `comment` is the id of a message of the customer's, its `Inbound.external_id`."""

    carrier: str

    def read(self, body: bytes) -> Sequence[Event]:
        """What a signed webhook's body brings for this channel."""

    async def invite(self, comment: str, text: str) -> Invited:
        """Answers a comment's author in private. Raises `SendError`."""

    async def hide(self, comment: str, *, hidden: bool) -> None:
        """Hides a comment from all but its author and their friends, or shows it again. Raises
        `SendError`."""
