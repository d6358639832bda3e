"""Messenger: a page's webhook in, Graph API out. docs/channels/messenger.md says how it is set up."""

import contextlib
import hashlib
import hmac
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text

from bot.runtime.http.ratelimit import RateLimit
from bot.runtime.http.refusals import Forbidden, TooLarge
from bot.runtime.work.loop import TaskPool
from channels.contract import (
    Attachment,
    Event,
    FetchError,
    Gateway,
    Inbound,
    Outbound,
    SendError,
)
from channels.messenger import parse
from channels.messenger.render import MAX_TEXT, QUICK_REPLIES, render
from channels.meta.config import PageConfig
from channels.meta.graph import Graph
from channels.public import Reader
from channels.splitting import Capabilities, Pace, Part, utf16_units

PATH = "/channels/messenger"
MAX_BODY = 1_000_000  # bytes of a webhook: a batch of up to 1000 events
WINDOW, HUMAN_WINDOW = timedelta(hours=24), timedelta(days=7)
SEEING = 20  # “seen” marks on their way at the same time; more are left out
SIGNALS = {"seen": "mark_seen", "typing": "typing_on"}
_log = logging.getLogger("aftercare.channels.messenger")


class MessengerChannel:
    """Satisfies `channels.contract.Channel`."""

    name = "messenger"

    def __init__(self, config: PageConfig) -> None:
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
        # Who else reads what Meta delivers: all that happens on a page comes to this one address.
        self.readers: tuple[Reader, ...] = ()
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
            config = self.config
            messages = parse.parse(request.body, config.page_id, config.app_id, config.automations)
            others = [event for read in self.readers for event in read(request.body)]
            if messages or others:
                await gateway.take([*messages, *others])
                self._see(messages)
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
