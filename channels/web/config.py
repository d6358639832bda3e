"""What the web chat is set to."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels.web.events import HEARTBEAT

MIN_SECRET = 32  # bytes; what HS256 needs


@dataclass(frozen=True, slots=True)
class WebLimits:
    """How much may be asked for: a burst, then a rate a second. Tight for a visitor, generous for a network:
    hundreds of customers may stand behind one address (a campus, a mobile carrier, a proxy that isn't
    configured): there a limit only keeps one address from taking all of the server."""

    visitor_burst: float = 20  # messages
    visitor_rate: float = 1
    visitor_streams: int = 12  # open at the same time: tabs
    read_burst: float = 60  # of a visitor's requests for messages and streams
    read_rate: float = 2
    session_burst: float = 1000  # these and the next by network; a session costs a signature, no row
    session_rate: float = 10
    message_burst: float = 1000
    message_rate: float = 50
    streams: int = 1500  # open at the same time
    keys: int = 50_000  # visitors and addresses that are remembered


@dataclass(frozen=True, slots=True)
class WebConfig:
    """`secret` signs visitor tokens. `frame_ancestors` are the shop's origins that may show the chat.
    `public` is sent to every browser: name, colour (#rrggbb), languages, default_language, and texts by
    language. Raises `ValueError` naming the setting that is wrong."""

    secret: bytes
    web_root: Path
    public: dict[str, Any]
    account: str = "default"
    frame_ancestors: tuple[str, ...] = ("'self'",)
    limits: WebLimits = field(default_factory=WebLimits)
    identity_secret: bytes | None = None  # of the tokens with which the shop's site vouches for a customer
    heartbeat: float = HEARTBEAT  # seconds between signs of life on a silent event stream

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_SECRET:
            raise ValueError(f"secret: at least {MIN_SECRET} bytes")
        if self.identity_secret is not None and len(self.identity_secret) < MIN_SECRET:
            raise ValueError(f"identity_secret: at least {MIN_SECRET} bytes")
        for source in self.frame_ancestors:
            if not re.fullmatch(r"'self'|'none'|https?://[A-Za-z0-9.*:\[\]-]+", source):
                raise ValueError(f"frame_ancestors: {source!r} is not an origin such as https://shop.example")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(self.public.get("colour"))):
            raise ValueError("public.colour: six hexadecimal digits after #")
        texts = self.public.get("texts", {})
        for language in (self.public.get("default_language"), *self.public.get("languages", ())):
            if language not in texts:
                raise ValueError(f"public.texts: nothing for the language {language!r}")
