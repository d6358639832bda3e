"""The channels of the program, and what each of them can do."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from channels.contract import Channel, Setup
from channels.public import Carrier, PublicChannel
from channels.splitting import Capabilities
from channels.web.capabilities import CAPABILITIES as WEB

# The channels that push to a provider. Each has a package whose module `setup` satisfies
# `channels.contract.Setup`; it is imported when it is needed.
PUSHING = ("facebook", "messenger", "sms", "telegram")
# Of these, those on which everybody reads what is written, also while they aren't set up.
PUBLIC = frozenset({"facebook"})
# The channels that need no provider.
OWN: Mapping[str, Capabilities] = {"web": WEB}


def setup(name: str) -> Setup:
    """A pushing channel's module."""
    return cast(Setup, importlib.import_module(f"channels.{name}.setup"))


def load(environment: Mapping[str, str], public_url: str | None) -> list[Channel]:
    """The pushing channels that the environment configures. Raises `channels.contract.ChannelError`."""
    loaded = (setup(name).load(environment, public_url) for name in PUSHING)
    found = [channel for channel in loaded if channel is not None]
    share(found)
    return found


def share(channels: Sequence[Channel]) -> None:
    """Has the channels that get webhooks hand them to those that have none of their own."""
    carriers = {channel.name: channel for channel in channels}
    for channel in channels:
        if isinstance(channel, PublicChannel):
            carrier = carriers.get(channel.carrier)
            if isinstance(carrier, Carrier):
                carrier.readers = (*carrier.readers, channel.read)


class Channels:
    """What each channel can do: the `pushing` ones that are set up, and our own."""

    def __init__(
        self, pushing: Sequence[Channel] = (), own: Mapping[str, Capabilities] | None = None
    ) -> None:
        self._pushing = {channel.name: channel for channel in pushing}
        self._own = OWN if own is None else own

    def __iter__(self) -> Iterator[Channel]:
        """The pushing ones."""
        return iter(self._pushing.values())

    def pushing(self, name: str) -> Channel | None:
        """A channel that pushes and is set up."""
        return self._pushing.get(name)

    def public(self, name: str) -> PublicChannel | None:
        """A channel on which everybody reads along, if it is set up."""
        channel = self._pushing.get(name)
        return channel if isinstance(channel, PublicChannel) else None

    def capabilities(self, name: str) -> Capabilities | None:
        """What a channel can carry; None for one that isn't set up (any more)."""
        channel = self._pushing.get(name)
        return channel.capabilities if channel else self._own.get(name)

    def fetched(self, name: str) -> bool:
        """Whether customers' pages fetch messages themselves, so that a committed one is a sent one."""
        able = self.capabilities(name)
        return able is not None and able.fetched


def is_public(name: str) -> bool:
    """Whether everybody reads what is written on a channel, set up or not."""
    return name in PUBLIC
