"""Where the shop's own system is told of cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

URL, SECRET, INTERNAL = (
    "AFTERCARE_CASE_WEBHOOK_URL",
    "AFTERCARE_CASE_WEBHOOK_SECRET",
    "AFTERCARE_CASE_WEBHOOK_INTERNAL",
)
LEAST_SECRET: Final = 32  # characters
LONGEST_URL: Final = 500


@dataclass(frozen=True, slots=True)
class HookConfig:
    """`internal`: the address may be one of an own network, and without TLS."""

    url: str = field(repr=False)  # may hold a token
    secret: bytes = field(repr=False)
    internal: bool = False

    @classmethod
    def load(cls, env: Mapping[str, str]) -> "HookConfig | None":
        """None if there is no address. Raises ValueError, which names the setting and says what to write."""
        url, secret = env.get(URL, "").strip(), env.get(SECRET, "")
        internal = env.get(INTERNAL) or "off"
        if internal not in ("off", "on"):
            raise ValueError(f"{INTERNAL}: write one of off, on")
        if not url:
            return None
        try:
            parts = urlsplit(url)
            fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            fits = False
        if not fits or parts.username or parts.fragment or len(url) > LONGEST_URL or not url.isascii():
            raise ValueError(f"{URL}: write the address that takes them, https://shop.example/aftercare")
        if parts.scheme == "http" and internal == "off":
            raise ValueError(f"{URL}: write an https address; http is for an own network, with {INTERNAL}=on")
        if len(secret) < LEAST_SECRET:
            raise ValueError(f"{SECRET}: write at least {LEAST_SECRET} random characters")
        return cls(url, secret.encode(), internal == "on")
