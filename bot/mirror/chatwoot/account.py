"""The settings with which Chatwoot is reached."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

NEEDED = (
    "CHATWOOT_URL",
    "CHATWOOT_ACCOUNT_ID",
    "CHATWOOT_INBOX_ID",
    "CHATWOOT_TOKEN",
    "CHATWOOT_WEBHOOK_SECRET",
)
_SECRET = re.compile(r"[A-Za-z0-9_-]{24,128}")
_NUMBER = re.compile(r"[1-9]\d{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChatwootConfig:
    """`url`: without a slash at the end. `token`: of a person there. `webhook_secret`: a part of the address
    of our webhook. `signing_secret`: with which Chatwoot signs what it sends there, from 4.13 on."""

    url: str
    account_id: int
    inbox_id: int
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    signing_secret: str | None = field(repr=False, default=None)

    @property
    def webhook_path(self) -> str:
        return f"/desk/chatwoot/{self.webhook_secret}"

    @classmethod
    def load(cls, env: Mapping[str, str]) -> "ChatwootConfig | None":
        """None if nothing is set. Raises ValueError, which names the setting and says what to write."""
        given = {name: env.get(name, "").strip() for name in (*NEEDED, "CHATWOOT_SIGNING_SECRET")}
        if not any(given.values()):
            return None
        missing = [name for name in NEEDED if not given[name]]
        if missing:
            raise ValueError(f"{', '.join(missing)}: missing; Chatwoot needs all of {', '.join(NEEDED)}")
        url = given["CHATWOOT_URL"].rstrip("/")
        try:
            parts = urlsplit(url)
            fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            fits = False
        if not fits or parts.username or parts.query or parts.fragment:
            raise ValueError("CHATWOOT_URL: write the address of Chatwoot, https://desk.shop.example")
        for name in ("CHATWOOT_ACCOUNT_ID", "CHATWOOT_INBOX_ID"):
            if not _NUMBER.fullmatch(given[name]):
                raise ValueError(f"{name}: write the number that stands in Chatwoot's addresses")
        for name in ("CHATWOOT_TOKEN", "CHATWOOT_SIGNING_SECRET"):
            if not given[name].isascii() or any(not c.isprintable() or c == " " for c in given[name]):
                raise ValueError(f"{name}: copy it from Chatwoot as it is, without spaces")
        if not _SECRET.fullmatch(given["CHATWOOT_WEBHOOK_SECRET"]):
            raise ValueError("CHATWOOT_WEBHOOK_SECRET: write 24 to 128 random letters, digits, - or _")
        return cls(
            url,
            int(given["CHATWOOT_ACCOUNT_ID"]),
            int(given["CHATWOOT_INBOX_ID"]),
            given["CHATWOOT_TOKEN"],
            given["CHATWOOT_WEBHOOK_SECRET"],
            given["CHATWOOT_SIGNING_SECRET"] or None,
        )
