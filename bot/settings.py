"""Settings of one process, read once from the environment; docs/settings.md lists them."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from bot import product
from bot.mirror.chatwoot.account import ChatwootConfig
from bot.runtime.backup import secret_file
from bot.runtime.mail.smtp import Smtp
from bot.shopside.hook_config import HookConfig


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what to write."""


@dataclass(frozen=True, slots=True)
class Settings:
    home: Path  # the shop's folder: shop.yml, data/ with what its owner changed, models/, var/
    database_url: str = field(repr=False)
    listen_url: str | None = field(repr=False)  # a PostgreSQL without a pooler before it, to hear others
    database_wait: int  # seconds that a start waits for the database
    sqlite_synchronous: str
    secret: bytes = field(repr=False)  # signs visitors' tokens
    api_keys: tuple[str, ...] = field(repr=False)
    metrics_token: str | None = field(repr=False)
    rate_limits: bool
    proxies: int  # how many reverse proxies stand before the server
    public_url: str | None  # where customers and providers reach the server, without a slash at the end
    identity_secret: bytes | None = field(repr=False)  # with which the shop's site vouches for customers
    files: Path  # where attachments are kept
    spool: Path  # where deliveries are kept while the database is away
    smtp: Smtp | None  # the mail server; without one, mail is written to files
    mail_from: str | None  # the sender of mail: Linden & Co <help@linden.example>
    mail: Path  # where those files are kept
    assignment: bool  # waiting conversations are given to agents; else agents take them
    chatwoot: ChatwootConfig | None  # the desk that the shop has already
    case_webhook: HookConfig | None  # where the shop's own system is told of cases
    demo: bool  # serve the demonstration shop, and fill an empty database with its orders

    @property
    def base_path(self) -> str:
        """The path of `public_url`, "" or such as "/support": what proxies reach the server below."""
        return urlsplit(self.public_url or "").path

    @property
    def proxies_forgotten(self) -> bool:
        """Whether a proxy must stand before the server that `proxies` doesn't count: we speak no TLS."""
        return not self.proxies and (self.public_url or "").startswith("https://")

    @property
    def phone_region(self) -> str:
        """The country whose phone numbers need no country code."""
        from bot.shop import facts

        return facts.load(self.home / "shop.yml").orders.phone_region

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Raises `SettingsError`."""
        env = os.environ if environment is None else environment
        home = _home(env)
        url = env.get("DATABASE_URL") or f"sqlite:///{home / 'var' / 'aftercare.db'}"
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise SettingsError(
                "DATABASE_URL: write sqlite:///path/to/file.db or postgresql+psycopg://user@host/database"
            )
        listen_url = env.get("DATABASE_LISTEN_URL") or None
        if listen_url and not (
            listen_url.startswith("postgresql+psycopg://") and url.startswith("postgresql+psycopg://")
        ):
            raise SettingsError(
                "DATABASE_LISTEN_URL: write postgresql+psycopg://user@host/database, the same one as in"
                " DATABASE_URL but without the pooler"
            )
        return cls(
            home=home,
            database_url=url,
            listen_url=listen_url,
            database_wait=_number(env, "AFTERCARE_DATABASE_WAIT", 60, 3600),
            sqlite_synchronous=_choice(env, "SQLITE_SYNCHRONOUS", ("NORMAL", "FULL")),
            secret=_secret(env, home),
            api_keys=tuple(key for key in env.get("AFTERCARE_API_KEYS", "").split(",") if key.strip()),
            metrics_token=env.get("AFTERCARE_METRICS_TOKEN") or None,
            rate_limits=_choice(env, "AFTERCARE_RATE_LIMITS", ("on", "off")) == "on",
            proxies=_number(env, "AFTERCARE_PROXIES", 0, 5),
            public_url=_public_url(env),
            identity_secret=_identity_secret(env),
            files=Path(env.get("AFTERCARE_FILES") or home / "var" / "files"),
            spool=Path(env.get("AFTERCARE_SPOOL") or home / "var" / "spool"),
            smtp=_smtp(env),
            mail_from=_mail_from(env),
            mail=Path(env.get("AFTERCARE_MAIL") or home / "var" / "mail"),
            assignment=_choice(env, "AFTERCARE_ASSIGNMENT", ("auto", "manual")) == "auto",
            chatwoot=_chatwoot(env),
            case_webhook=_case_webhook(env),
            demo=_choice(env, "AFTERCARE_DEMO", ("on", "off")) == "on",
        )


def _home(env: Mapping[str, str]) -> Path:
    """AFTERCARE_HOME, else the present folder if it is a shop's, else the checkout with the demonstration."""
    given = env.get("AFTERCARE_HOME")
    here = Path.cwd() if (Path.cwd() / "shop.yml").is_file() else product.checkout()
    home = Path(given).resolve() if given else here
    if home is None:
        raise SettingsError(
            "AFTERCARE_HOME: not set, and this folder holds no shop.yml; name the shop's folder, "
            "or make one: aftercare init my-shop"
        )
    if not (home / "shop.yml").is_file():
        raise SettingsError(
            f"AFTERCARE_HOME: {home} holds no shop.yml; name the shop's folder, "
            "or make one: aftercare init my-shop"
        )
    return home


def _choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of a setting's choices; the first is the default."""
    value = env.get(name) or choices[0]
    if value not in choices:
        raise SettingsError(f"{name}: write one of {', '.join(choices)}")
    return value


def _public_url(env: Mapping[str, str]) -> str | None:
    url = (env.get("PUBLIC_BASE_URL") or "").rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("PUBLIC_BASE_URL: write the address of this server, https://chat.shop.example")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", parts.path):
        raise SettingsError(
            "PUBLIC_BASE_URL: its path may have letters, digits and . _ ~ - only, https://shop.example/support"
        )
    return url


def _smtp(env: Mapping[str, str]) -> Smtp | None:
    url = env.get("SMTP_URL")
    try:
        return Smtp.parse(url) if url else None
    except ValueError as error:
        raise SettingsError(f"SMTP_URL: {error}; write smtp://user:password@mail.shop.example:587") from None


def _chatwoot(env: Mapping[str, str]) -> ChatwootConfig | None:
    try:
        return ChatwootConfig.load(env)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _case_webhook(env: Mapping[str, str]) -> HookConfig | None:
    try:
        return HookConfig.load(env)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _mail_from(env: Mapping[str, str]) -> str | None:
    sender = env.get("MAIL_FROM")
    if not sender:
        return None
    message = EmailMessage()
    try:
        message["From"] = sender
        fits = len(message["From"].addresses) == 1 and message["From"].addresses[0].domain
    except (ValueError, IndexError, MessageError):
        fits = False
    if not fits or message["From"].defects:
        raise SettingsError("MAIL_FROM: write the sender of mails, such as Linden & Co <help@linden.example>")
    return sender


def _identity_secret(env: Mapping[str, str]) -> bytes | None:
    given = env.get("AFTERCARE_IDENTITY_SECRET")
    if given and len(given) < 32:
        raise SettingsError("AFTERCARE_IDENTITY_SECRET: too short; write at least 32 random characters")
    return given.encode() if given else None


def _number(env: Mapping[str, str], name: str, default: int, most: int) -> int:
    value = env.get(name) or str(default)
    if not value.isdecimal() or int(value) > most:
        raise SettingsError(f"{name}: write a number from 0 to {most}")
    return int(value)


def _secret(env: Mapping[str, str], home: Path) -> bytes:
    """AFTERCARE_SECRET; without it, one made at the first start and kept in var/secret, readable by
    this user only: several hosts must share one, a single host need not care."""
    given = env.get("AFTERCARE_SECRET")
    if given:
        if len(given) < 32:
            raise SettingsError("AFTERCARE_SECRET: too short; write at least 32 random characters")
        return given.encode()
    path = secret_file.path(home)
    try:
        secret_file.keep(path, secrets.token_urlsafe(48).encode())
        kept = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror}; run as the user who owns {path.parent}, or set AFTERCARE_SECRET"
        ) from None
    if len(kept) < 32:
        raise SettingsError(
            f"{path} is damaged: restore it from a backup. Without one delete it; then visitors start new "
            "conversations, and agents set up their second factors anew"
        )
    return kept
