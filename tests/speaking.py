"""What tests speak to customers with."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bot.assistant.protocol import Assistant
from bot.compose import Program
from bot.conversation.outgoing import Outgoing
from bot.runtime.spool import Spool
from channels.registry import OWN, Channels
from channels.splitting import Capabilities

P = TypeVar("P")


def part(program: Program, kind: type[P]) -> P:
    """The program's part of a kind."""
    return next(one for one in program.parts if isinstance(one, kind))


def channels_of(able: Mapping[str, Capabilities] | None = None) -> Channels:
    """The web chat, and channels of which nothing is known but what they can do."""
    return Channels(own={**OWN, **(able or {})})


def outgoing_of(
    assistant: Assistant,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    able: Mapping[str, Capabilities] | None = None,
) -> Outgoing:
    """Says what `assistant` says, on channels that can do so much."""
    return Outgoing(assistant, channels_of(able), clock)


# For gateways whose database is there: no folder can be made in it.
NO_SPOOL = Spool(Path(os.devnull))
