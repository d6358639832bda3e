"""The channels whose messages are pushed to a provider: one line each."""

import importlib
from collections.abc import Mapping
from typing import cast

from channels.contract import Channel, Setup

# Name: the module that satisfies `channels.contract.Setup`. It is imported when it is needed: a shop without
# Telegram need not load its library.
CHANNELS: dict[str, str] = {
    "messenger": "channels.messenger.channel",
    "sms": "channels.sms.channel",
    "telegram": "channels.telegram.setup",
}


def setup(name: str) -> Setup:
    """A channel's module."""
    return cast(Setup, importlib.import_module(CHANNELS[name]))


def load(environment: Mapping[str, str], public_url: str | None) -> list[Channel]:
    """The channels that the environment configures. Raises `channels.contract.ChannelError`."""
    loaded = (setup(name).load(environment, public_url) for name in CHANNELS)
    return [channel for channel in loaded if channel is not None]
