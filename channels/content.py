"""What of a message there is to answer, by the same rules on every channel.

- Words, a button, a command, or something sent beside them make a message.
- What was sent but can't be shown (a kind that nobody knows yet, a post that isn't public) is a paper clip:
  it isn't passed over in silence.
- With nothing in it at all (blank, or only signs that nobody sees) it is none: who sent it said nothing.
- Words are cut at `MAX_TEXT`, but for the web chat, which refuses more and says so.
"""

import re
from dataclasses import replace

from channels.contract import Command, CommandName, Inbound

CLIP = "📎"  # what stands in a transcript for a message that has nothing to read
REMOVED = "🗑"  # and for one that is gone where it was written

_ORDER = re.compile(r"order[-_]([A-Za-z0-9_-]{1,40})")
_OPTION = re.compile(r"\s*(\d{1,2})\s*[.)]?\s*", re.ASCII)


def answerable(message: Inbound, *, something: bool = False) -> tuple[Inbound, ...]:
    """The message, if there is something to answer. `something`: the customer did send something, whatever
    could be read of it."""
    if message.text or message.attachments or message.press or message.command:
        return (message,)
    return (replace(message, text=CLIP),) if something else ()


def order_of(link: str) -> Command | None:
    """The order that a deep link into the chat names, such as order-10234."""
    found = _ORDER.fullmatch(link)
    return Command(CommandName.ORDER, found[1]) if found else None


def option(text: str) -> int | None:
    """The number of an option that a text names and nothing else, where options are numbered."""
    found = _OPTION.fullmatch(text)
    return int(found[1]) if found else None
