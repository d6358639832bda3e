"""The settings of the Telegram channel, and what follows from them."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from channels.contract import ChannelError

API_URL = "https://api.telegram.org"
WEBHOOK_PATH = "/channels/telegram"
# All other kinds of updates are not even sent to us.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
PORTS = (443, 80, 88, 8443)  # to which Telegram delivers

_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """`webhook_url` is where Telegram delivers; None: the updates are polled."""

    token: str = field(repr=False)
    secret: str = field(repr=False)  # comes with each delivery
    api_url: str
    webhook_url: str | None

    @property
    def account(self) -> str:
        """The bot's id: the number before the token's colon."""
        return self.token.partition(":")[0]

    @classmethod
    def load(cls, environment: Mapping[str, str], public_url: str | None) -> "TelegramConfig | None":
        """None without a token. Raises `ChannelError`."""
        token = (environment.get("TELEGRAM_TOKEN") or "").strip()
        secret = (environment.get("TELEGRAM_WEBHOOK_SECRET") or "").strip()
        api_url = (environment.get("TELEGRAM_API_URL") or "").strip().rstrip("/")
        if not token:
            for name, value in (("TELEGRAM_WEBHOOK_SECRET", secret), ("TELEGRAM_API_URL", api_url)):
                if value:
                    raise ChannelError(
                        f"TELEGRAM_TOKEN: missing, while {name} is set; take it from @BotFather"
                    )
            return None
        if not _TOKEN.fullmatch(token):
            raise ChannelError(
                "TELEGRAM_TOKEN: not a bot's token; copy it from @BotFather: a number, a colon, letters"
            )
        if secret and not _SECRET.fullmatch(secret):
            raise ChannelError(
                "TELEGRAM_WEBHOOK_SECRET: write 16 to 256 characters of A-Z, a-z, 0-9, _ and -"
            )
        own_server = bool(api_url) and api_url != API_URL
        if own_server:
            _check_api_url(api_url)
        # Telegram delivers to https only; a Bot API server of one's own takes http as well.
        pushed = public_url is not None and (own_server or public_url.startswith("https://"))
        return cls(
            token,
            secret or _derived(token),
            api_url or API_URL,
            f"{public_url}{WEBHOOK_PATH}" if pushed else None,
        )


def _derived(token: str) -> str:
    """Who has the token owns the bot anyway, so a secret made from it gives nothing away and saves one
    setting; every process of an installation makes the same one."""
    return hmac.digest(token.encode(), b"aftercare telegram webhook", "sha256").hex()


def _check_api_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ChannelError("TELEGRAM_API_URL: write the address of a Bot API server, http://127.0.0.1:8081")
