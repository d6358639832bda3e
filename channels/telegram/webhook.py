"""The webhook: how updates come where Telegram reaches us, and whether it is set up rightly."""

import hmac
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from telegram import WebhookInfo
from telegram.error import TelegramError

from bot.runtime.http.refusals import BadRequest, Forbidden, Refusal, TooLarge, Unavailable
from channels.contract import ChannelError, Finding
from channels.telegram.api import TelegramApi
from channels.telegram.config import ALLOWED_UPDATES, API_URL, PORTS, WEBHOOK_PATH, TelegramConfig
from channels.telegram.errors import explain
from channels.telegram.updates import Updates

MAX_BODY = 512 * 1024  # bytes of an update; the longest text makes some 30 kB
RECENT = timedelta(hours=1)
MANY_WAITING = 100
SET_IT = "run: aftercare telegram set-webhook"

_log = logging.getLogger("aftercare.channels.telegram")


def blueprint(updates: Updates, config: TelegramConfig) -> Blueprint:
    """`POST /channels/telegram`."""
    routes = Blueprint("telegram", strict_slashes=True)
    secret = config.secret.encode()

    @routes.post(WEBHOOK_PATH)
    async def webhook(request: Request) -> HTTPResponse:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), secret):
            _log.warning(
                "telegram: a delivery without the right secret was refused; if it is Telegram's, %s", SET_IT
            )
            raise Forbidden("The secret token is wrong or missing.")
        if len(request.body) > MAX_BODY:
            raise TooLarge(f"A request has at most {MAX_BODY} bytes.")
        update = _update(request.body)
        if update is None:
            raise BadRequest("Send an update as JSON.")
        try:
            await updates.take([update])
        except Refusal:
            raise
        except Exception as error:
            # Its name only: a database's error repeats the customer's words. Telegram tries again.
            _log.error("telegram: an update could not be stored: %s", type(error).__name__)
            raise Unavailable("The update could not be stored. Send it again.") from None
        # No body: Telegram would carry out a JSON answer as a call of a method.
        return empty(200)

    return routes


def _update(body: bytes) -> dict[str, Any] | None:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return update if isinstance(update, dict) and isinstance(update.get("update_id"), int) else None


async def keep(api: TelegramApi) -> None:
    """At the start: sets the webhook if there is none, and renews ours if it lacks kinds of updates. One that
    leads elsewhere is left alone, with a warning: another installation may live on it. Raises
    `TelegramError`."""
    info = await api.webhook_info()
    if not info.url or (info.url == api.config.webhook_url and not _complete(info)):
        await api.set_webhook()
        _log.warning("telegram: the webhook is set to %s", api.config.webhook_url)
    elif info.url != api.config.webhook_url:
        _log.warning("telegram: the webhook leads to %s; to have it here, %s", _host(info.url), SET_IT)


def findings(info: WebhookInfo, config: TelegramConfig) -> list[Finding]:
    """What there is to say of a webhook."""
    if config.webhook_url is None:
        if info.url:
            return [
                Finding(
                    "warning",
                    f"a webhook leads to {_host(info.url)}; `aftercare run` will poll and delete it",
                )
            ]
        return [Finding("ok", "updates are polled: PUBLIC_BASE_URL is no https address")]
    if not info.url:
        return [Finding("warning", f"no webhook is set; start `aftercare run`, or {SET_IT}")]
    if info.url != config.webhook_url:
        return [Finding("error", f"the webhook leads to {_host(info.url)}; {SET_IT}")]
    found = [Finding("ok", f"the webhook is {info.url}")]
    if not _complete(info):
        found.append(Finding("warning", f"not all kinds of updates are delivered; {SET_IT}"))
    if config.api_url == API_URL and (urlsplit(info.url).port or 443) not in PORTS:
        found.append(
            Finding("error", f"PUBLIC_BASE_URL: Telegram delivers to ports {', '.join(map(str, PORTS))}")
        )
    if info.last_error_date and datetime.now(UTC) - info.last_error_date < RECENT:
        hint = f"; {SET_IT}" if "403" in (info.last_error_message or "") else ""
        found.append(Finding("warning", f"the last delivery failed: {info.last_error_message}{hint}"))
    if info.pending_update_count >= MANY_WAITING:
        found.append(Finding("warning", f"{info.pending_update_count} updates wait at Telegram"))
    return found


async def set_up(config: TelegramConfig) -> str:
    """Sets the webhook; where it leads. Raises `ChannelError`."""
    if config.webhook_url is None:
        raise ChannelError(
            "PUBLIC_BASE_URL: a webhook needs the https address at which Telegram reaches this server; "
            "without one `aftercare run` polls"
        )
    async with TelegramApi(config) as api:
        try:
            await api.set_webhook()
        except TelegramError as error:
            raise ChannelError(explain(error)) from None
    return config.webhook_url


async def take_down(config: TelegramConfig) -> None:
    """Deletes the webhook; what waits at Telegram stays there. Raises `ChannelError`."""
    async with TelegramApi(config) as api:
        try:
            await api.delete_webhook()
        except TelegramError as error:
            raise ChannelError(explain(error)) from None


async def check(config: TelegramConfig) -> list[Finding]:
    """Whether the token is right, and the webhook."""
    async with TelegramApi(config) as api:
        try:
            me = await api.bot.get_me()
            info = await api.webhook_info()
        except TelegramError as error:
            return [Finding("error", explain(error))]
    return [Finding("ok", f"the bot is @{me.username}"), *findings(info, config)]


async def look(config: TelegramConfig) -> tuple[WebhookInfo, list[Finding]]:
    """The webhook as Telegram has it, and what there is to say of it. Raises `ChannelError`."""
    async with TelegramApi(config) as api:
        try:
            info = await api.webhook_info()
        except TelegramError as error:
            raise ChannelError(explain(error)) from None
    return info, findings(info, config)


def _complete(info: WebhookInfo) -> bool:
    return set(ALLOWED_UPDATES) <= set(info.allowed_updates or ALLOWED_UPDATES)


def _host(url: str) -> str:
    # No more of it: others put secrets into the path.
    return urlsplit(url).hostname or "somewhere else"
