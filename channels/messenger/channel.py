"""Messenger: a page's webhook in, Graph API out. docs/channels/messenger.md says how it is set up."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import httpx
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from bot.runtime.loop import TaskPool
from bot.runtime.ratelimit import RateLimit
from bot.runtime.refusals import Forbidden, TooLarge
from channels.contract import (
    Attachment,
    Channel,
    ChannelError,
    Event,
    FetchError,
    Finding,
    Gateway,
    Inbound,
    Outbound,
    SendError,
)
from channels.messenger import parse
from channels.messenger.api import Graph
from channels.messenger.config import MessengerConfig, configure
from channels.messenger.content import items, mapping
from channels.messenger.parse import MARK
from channels.splitting import Button, Capabilities, Pace, Part, shorten, utf16_units

PATH = "/channels/messenger"
MAX_BODY = 1_000_000  # bytes of a webhook: a batch of up to 1000 events
MAX_TEXT, MAX_TITLE, QUICK_REPLIES = 2000, 20, 13
WINDOW, HUMAN_WINDOW = timedelta(hours=24), timedelta(days=7)
SEEING = 20  # “seen” marks on their way at the same time; more are left out
SIGNALS = {"seen": "mark_seen", "typing": "typing_on"}
# What the page must subscribe the app to; without echoes nobody knows that a person answered elsewhere.
FIELDS = (
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "message_echoes",
    "message_edits",
    "message_deliveries",
    "message_reads",
)

_log = logging.getLogger("aftercare.channels.messenger")


def load(environment: Mapping[str, str], public_url: str | None) -> Channel | None:
    """Satisfies `channels.contract.Setup`."""
    config = configure(environment)
    return MessengerChannel(config) if config else None


class MessengerChannel:
    """Satisfies `channels.contract.Channel`."""

    name = "messenger"

    def __init__(self, config: MessengerConfig) -> None:
        self.config = config
        self.account = config.page_id
        # Meta allows 300 messages a second for a page; how many for one conversation it doesn't tell.
        self.capabilities = Capabilities(
            text=MAX_TEXT,
            measure=utf16_units,
            buttons=QUICK_REPLIES,
            account_pace=Pace(100, 100),
            address_pace=Pace(5, 2),
            window=WINDOW,
            human_window=HUMAN_WINDOW if config.human_agent else None,
        )
        self._graph: Graph | None = None
        self._marks = RateLimit(1, 0.3, keys=5000)
        self._seeing = TaskPool(_log, "messenger_mark_failed", most=SEEING)

    # --- in ---

    def blueprint(self, gateway: Gateway) -> Blueprint:
        routes = Blueprint("messenger")

        @routes.get(PATH)
        async def verify(request: Request) -> HTTPResponse:
            given = str(request.args.get("hub.verify_token", "")).encode("utf-8", "replace")
            challenge = str(request.args.get("hub.challenge", ""))
            known = hmac.compare_digest(given, self.config.verify_token)
            if request.args.get("hub.mode") != "subscribe" or not known:
                raise Forbidden("The verify token does not fit.")
            return text(challenge)

        @routes.post(PATH)
        async def receive(request: Request) -> HTTPResponse:
            if len(request.body) > MAX_BODY:
                raise TooLarge(f"A request has at most {MAX_BODY} bytes.")
            if not self._is_signed(request):
                _log.warning("a request without Meta's signature was refused")
                raise Forbidden("The signature does not fit.")
            events = parse.parse(request.body, self.config.page_id, self.config.app_id)
            if events:
                await gateway.take(events)
                self._see(events)
            return text("EVENT_RECEIVED")

        return routes

    def _is_signed(self, request: Request) -> bool:
        """Over the body as it came: Meta signs it with its characters escaped, and no other way of writing
        the same JSON has the same signature."""
        expected = hmac.new(self.config.app_secret, request.body, hashlib.sha256).hexdigest()
        given = request.headers.get("x-hub-signature-256", "")
        return hmac.compare_digest(given.encode("utf-8", "replace"), f"sha256={expected}".encode())

    def _see(self, events: Sequence[Event]) -> None:
        """Shows customers, in the background, that their messages are here."""
        for address in dict.fromkeys(one.address for one in events if isinstance(one, Inbound)):
            # Meta counts these calls too, and who writes five lines in a row needs one mark.
            if self._seeing.room and not self._marks.take(address):
                self._seeing.begin(self.signal(address, "seen"))

    # --- out ---

    async def start(self, gateway: Gateway) -> None:
        self._graph = Graph(self.config)

    async def stop(self) -> None:
        await self._seeing.stop()
        if self._graph:
            await self._graph.close()

    async def send(self, message: Outbound, part: Part) -> str | None:
        assert self._graph, "started"
        body: dict[str, Any] = {"recipient": {"id": message.address}, "messaging_type": "RESPONSE"}
        if message.late:
            body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        return await self._graph.post({**body, "message": render(part)})

    async def signal(self, address: str, what: Literal["seen", "typing"]) -> None:
        if self._graph:
            with contextlib.suppress(SendError):
                await self._graph.post({"recipient": {"id": address}, "sender_action": SIGNALS[what]})

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        if not self._graph:
            raise FetchError("the channel is not started")
        return await self._graph.fetch(attachment.reference, limit)


def render(part: Part) -> dict[str, Any]:
    """A part as the Send API takes it. Choices are quick replies; where a title is too long for one, the
    choices stand in the text in full, and the titles begin with their numbers."""
    message: dict[str, Any] = {"text": part.text, "metadata": MARK}
    buttons = part.buttons
    if any(len(one.title) > MAX_TITLE for one in buttons) and len(buttons) > 1:
        numbered = [Button(one.token, f"{number}. {one.title}") for number, one in enumerate(part.buttons, 1)]
        whole = "\n".join([part.text, *(one.title for one in numbered)])
        if utf16_units(whole) <= MAX_TEXT:
            message["text"], buttons = whole, tuple(numbered)
    if buttons:
        message["quick_replies"] = [
            {"content_type": "text", "title": shorten(one.title, MAX_TITLE), "payload": one.token}
            for one in buttons
        ]
    return message


async def check(environment: Mapping[str, str], public_url: str | None) -> list[Finding]:
    """Satisfies `channels.contract.Setup`."""
    try:
        config = configure(environment)
    except ChannelError as error:
        return [Finding("error", str(error))]
    if config is None:
        return [Finding("off", "Messenger: not set up (MESSENGER_PAGE_ID and others are not set)")]
    found = []
    if not (public_url or "").startswith("https://"):
        wrong = "Messenger: PUBLIC_BASE_URL is not an https address, and Meta delivers to no other"
        found.append(Finding("warning", wrong))
    graph = Graph(config)
    try:
        async with asyncio.timeout(10):
            status, page = await graph.get("me", fields="id")
            if status == 200:
                told, apps = await graph.get(f"{config.page_id}/subscribed_apps")
    except (TimeoutError, httpx.HTTPError) as error:
        return [*found, Finding("error", f"Messenger: Meta can't be reached ({type(error).__name__})")]
    finally:
        await graph.close()
    if status != 200:
        return [*found, Finding("error", f"Messenger: {_wrong(page)}")]
    if page.get("id") != config.page_id:
        wrong = "Messenger: MESSENGER_PAGE_TOKEN is not of the page that MESSENGER_PAGE_ID names"
        return [*found, Finding("error", wrong)]
    return [*found, *_subscriptions(told, apps, config), Finding("ok", "Messenger: the page answers")]


def _wrong(body: Mapping[str, Any]) -> str:
    error = mapping(body, "error")
    if "appsecret_proof" in str(error.get("message")):
        return "Meta refuses the proof: check MESSENGER_APP_SECRET"
    if error.get("code") == 190:
        return "Meta refuses the token: make a new MESSENGER_PAGE_TOKEN"
    return f"Meta answered with error {error.get('code')}"


def _subscriptions(status: int, body: Mapping[str, Any], config: MessengerConfig) -> list[Finding]:
    if status != 200:
        text = "Messenger: subscriptions can't be looked up; the token lacks pages_manage_metadata"
        return [Finding("warning", text)]
    fields: set[str] = set()
    for app in items(body, "data"):
        if config.app_id in (None, app.get("id")) and isinstance(app.get("subscribed_fields"), list):
            fields |= {str(one) for one in app["subscribed_fields"]}
    missing = [name for name in FIELDS if name not in fields]
    if not missing:
        return []
    return [Finding("warning", f"Messenger: the page is not subscribed to {', '.join(missing)}")]
