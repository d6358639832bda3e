"""Cuts a message into what a channel can carry: the one place where rich replies become plain ones."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

# A phone or an account is one person's. Whether for longer nobody knows: numbers change hands.
PROOF_IDLE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message; the token is worthless outside its conversation."""

    token: str
    title: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an account may send: `burst` at once, then `rate` a second."""

    burst: float
    rate: float


class Window(StrEnum):
    """Whether a channel takes messages to a customer: all of them, only a person's, or none."""

    OPEN = "open"
    LATE = "late"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry. `text` is the size of a part, in the units that `measure` counts.

    `buttons` is how many one part may have; 0: choices are written as numbered options. After `window`
    since the customer's last message nothing may be sent, but what a person writes until `human_window`.
    `fetched`: the customer's side fetches messages itself, so that a committed one is a sent one.
    `segmented`: billed by segments of a text. `assistant`: whether it may answer there by itself, where
    everybody reads along. After `proof_idle` without a word of the customer's, they prove
    again who they are.
    """

    text: int
    measure: Callable[[str], int] = len
    buttons: int = 0
    title: int = 80  # characters of a button's title
    account_pace: Pace = field(default_factory=lambda: Pace(30, 30))
    address_pace: Pace = field(default_factory=lambda: Pace(3, 1))
    window: timedelta | None = None
    human_window: timedelta | None = None
    fetched: bool = False
    segmented: bool = False
    assistant: bool = True
    proof_idle: timedelta = PROOF_IDLE

    def window_at(self, heard_at: datetime | None, at: datetime) -> tuple[Window, datetime | None]:
        """How the window stands at a moment to a customer who wrote last at `heard_at`, and until when, if
        that ends."""
        if self.window is None or heard_at is None:
            return Window.OPEN, None
        if at <= heard_at + self.window:
            return Window.OPEN, heard_at + self.window
        if self.human_window and at <= heard_at + self.human_window:
            return Window.LATE, heard_at + self.human_window
        return Window.CLOSED, None


@dataclass(frozen=True, slots=True)
class Part:
    """What goes out in one request."""

    text: str
    buttons: tuple[Button, ...] = ()


# Where a text may be cut, best first: paragraphs, lines, sentences, words.
_BREAKS = (r"\n\s*\n", r"\n", r"(?<=[.!?…])\s+", r"\s+")


def cut(text: str, buttons: tuple[Button, ...], capabilities: Capabilities) -> list[Part]:
    """The parts of a message, in order; the choices stand under the last one. A text of nothing but
    space has none."""
    size = capabilities.buttons
    if buttons and not size:
        options = (f"{number}. {button.title}" for number, button in enumerate(buttons, 1))
        text = "\n".join([text.rstrip(), *options])
    parts = [Part(piece) for piece in split(text, capabilities.text, capabilities.measure)]
    if parts and buttons and size:
        shown = [Button(one.token, shorten(one.title, capabilities.title)) for one in buttons]
        # More choices than one part may carry stand under parts of their own: none is lost.
        groups = [tuple(shown[start : start + size]) for start in range(0, len(shown), size)]
        parts[-1:] = [Part(parts[-1].text, groups[0]), *(Part("…", group) for group in groups[1:])]
    return parts


def split(text: str, size: int, measure: Callable[[str], int] = len) -> list[str]:
    """Cuts a text into pieces of at most `size` units, at the most natural place in the second half of
    each; in the middle of a word only if it must."""
    pieces = []
    text = text.strip()
    while measure(text) > size:
        end = _fitting(text, size, measure)
        place = _break(text, end)
        pieces.append(text[:place].rstrip())
        text = text[place:].lstrip()
    return [*pieces, text] if text else pieces


def shorten(text: str, size: int) -> str:
    """At most `size` characters, the last an ellipsis if something is missing."""
    return text if len(text) <= size else text[: size - 1].rstrip() + "…"


def utf16_units(text: str) -> int:
    """The length as Telegram and Messenger count it: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _fitting(text: str, size: int, measure: Callable[[str], int]) -> int:
    """How many characters of `text` fit into `size` units; at least one."""
    low, high = 1, min(len(text), size)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= size:
            low = middle
        else:
            high = middle - 1
    return low


def _break(text: str, end: int) -> int:
    for pattern in _BREAKS:
        places = [found.end() for found in re.finditer(pattern, text[: end + 1]) if found.start() <= end]
        places = [place for place in places if end // 2 <= place]
        if places:
            return min(places[-1], end + 1)
    return end
