"""The settings of the page's comments."""

from collections.abc import Mapping
from dataclasses import dataclass

from channels.contract import ChannelError
from channels.meta import config as meta
from channels.meta.config import PageConfig

MODES = ("off", "on", "answer")


@dataclass(frozen=True, slots=True)
class FacebookConfig:
    """`assistant`: questions of the FAQ are answered in public without a person."""

    page: PageConfig
    assistant: bool = False


def configure(environment: Mapping[str, str]) -> FacebookConfig | None:
    """The channel's settings; None where comments are not taken. Raises `ChannelError`."""
    mode = environment.get("FACEBOOK_COMMENTS") or "off"
    if mode not in MODES:
        raise ChannelError("Facebook: FACEBOOK_COMMENTS must be off, on or answer")
    if mode == "off":
        return None
    page = meta.configure(environment)
    if page is None:
        raise ChannelError("Facebook: FACEBOOK_COMMENTS needs the settings of Messenger, whose page it is")
    return FacebookConfig(page, mode == "answer")
