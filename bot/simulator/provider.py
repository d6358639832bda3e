"""What every fake provider is: an API that the channel's sending half calls, and a customer to be played."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sanic import Blueprint


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as the customer sees it, by `author` customer or shop; `state` is what the shop was told."""

    id: str
    author: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()  # (what pressing it sends, title)
    attachment: str | None = None
    state: str = ""


@dataclass
class Thread:
    """One customer's phone: what is on its screen. `changed` is set at each change."""

    address: str
    bubbles: list[Bubble] = field(default_factory=list)
    typing: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, bubble: Bubble) -> None:
        """Adds a bubble, or replaces the one with its id."""
        for place, known in enumerate(self.bubbles):
            if known.id == bubble.id:
                self.bubbles[place] = bubble
                break
        else:
            self.bubbles.append(bubble)
        self.typing = False
        self.changed.set()


@dataclass
class Trouble:
    """What goes wrong at the provider next, each time one: answers of `statuses` (429 with seconds to wait,
    500, 403), `drops` (takes the message, then answers nothing); `down` refuses until it is set back."""

    statuses: list[tuple[int, float | None]] = field(default_factory=list)
    drops: int = 0
    down: bool = False


class Provider(Protocol):
    """A fake provider. It delivers to the server under test as the real one does: signed, and again if it
    is not answered with success."""

    name: str
    trouble: Trouble

    def environment(self, own_url: str, public_url: str) -> Mapping[str, str]:
        """The settings with which the server uses this provider: `own_url` is where the provider listens,
        `public_url` the server's."""

    def blueprint(self) -> Blueprint:
        """The provider's API under its real paths."""

    def thread(self, address: str) -> Thread:
        """The phone of the customer at an address; a new one if need be."""

    async def say(self, address: str, text: str) -> int:
        """The customer types; the status that the server's webhook answered."""

    async def press(self, address: str, value: str) -> int:
        """The customer presses a button: the first of a pair in `Bubble.buttons`."""

    async def attach(self, address: str, name: str, media_type: str, content: bytes, text: str = "") -> int:
        """The customer sends a file, perhaps with words."""

    async def close(self) -> None:
        """Closes its HTTP client."""
