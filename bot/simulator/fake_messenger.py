"""A fake Messenger: the part of the Graph API that a page's messages need, and people who write to it."""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw
from sanic.response import json as json_response

from bot.simulator.messenger_checks import GraphError, check_action, check_message
from bot.simulator.messenger_webhook import Webhook, now
from bot.simulator.provider import Bubble, Thread, Trouble

PAGE, APP, PAGE_INBOX = "100200300400500", "700800900", "263902037430900"
RECEIPTS = ("delivery", "read")
HOUR = 3600.0
# What the page subscribed the app to.
FIELDS = (
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "message_echoes",
    "message_edits",
    "message_deliveries",
    "message_reads",
)


class FakeMessenger:
    """Satisfies `bot.simulator.provider.Provider`. Of each message it takes, it sends the echo (`echoes`)
    and then the `receipts`, in order. `errors` are what the next messages are answered with: status, code,
    subcode."""

    name = "messenger"

    def __init__(self, page: str = PAGE, app: str = APP, secret: str = "fake-app-secret") -> None:
        self.page, self.app, self.secret = page, app, secret
        self.token, self.verify_token = "fake-page-token", "fake-verify-token"
        self.trouble = Trouble()
        self.errors: list[tuple[int, int, int | None]] = []
        self.echoes = True
        self.receipts: tuple[str, ...] = RECEIPTS
        self.human_agent = False  # whether Meta allowed the app to use the tag
        self.fields = list(FIELDS)
        self.blocked: set[str] = set()
        self.taken: list[dict[str, Any]] = []  # every message that was accepted, as it was posted
        self.seen: list[str] = []  # whom a mark_seen was shown to
        self.media: dict[str, tuple[str, bytes]] = {}
        self._heard: dict[str, float] = {}  # when each person wrote last
        self._threads: dict[str, Thread] = {}
        self._own_url = ""
        self.webhook = Webhook(secret, self.verify_token)
        self._tasks: set[asyncio.Task[None]] = set()

    def environment(self, own_url: str, public_url: str) -> Mapping[str, str]:
        self._own_url, self.webhook.url = own_url, f"{public_url}/channels/messenger"
        return {
            "MESSENGER_PAGE_ID": self.page,
            "MESSENGER_PAGE_TOKEN": self.token,
            "MESSENGER_APP_SECRET": self.secret,
            "MESSENGER_VERIFY_TOKEN": self.verify_token,
            "MESSENGER_APP_ID": self.app,
            "MESSENGER_GRAPH_URL": own_url,
        }

    def thread(self, address: str) -> Thread:
        return self._threads.setdefault(address, Thread(address))

    # --- the provider's API ---

    def blueprint(self) -> Blueprint:
        routes = Blueprint("fake-messenger")

        @routes.post("/<version:str>/<page:str>/messages")
        async def create_message(request: Request, version: str, page: str) -> HTTPResponse:
            try:
                return await self._create(request, version, page)
            except GraphError as error:
                return error.response()

        @routes.get("/<version:str>/me")
        async def show_me(request: Request, version: str) -> HTTPResponse:
            try:
                self._authorise(request, version)
            except GraphError as error:
                return error.response()
            return json_response({"id": self.page})

        @routes.get("/<version:str>/<page:str>/subscribed_apps")
        async def list_apps(request: Request, version: str, page: str) -> HTTPResponse:
            try:
                self._authorise(request, version, page)
            except GraphError as error:
                return error.response()
            app = {"id": self.app, "name": "fake", "subscribed_fields": self.fields}
            return json_response({"data": [app]})

        @routes.get("/media/<name:str>")
        async def show_media(request: Request, name: str) -> HTTPResponse:
            if name not in self.media:
                return raw(b"URL signature expired", 403)
            media_type, content = self.media[name]
            return raw(content, content_type=media_type)

        return routes

    def _authorise(self, request: Request, version: str, page: str | None = None) -> None:
        if request.token != self.token:
            raise GraphError(400, 190, "Error validating access token")
        proof = hmac.new(self.secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()
        if request.args.get("appsecret_proof") != proof:
            raise GraphError(400, 100, "Invalid appsecret_proof provided in the API argument")
        if not re.fullmatch(r"v\d+\.\d", version):
            raise GraphError(400, 2500, "Unknown path components")
        if page not in (None, self.page):
            raise GraphError(400, 100, "Unsupported post request", 33)

    async def _create(self, request: Request, version: str, page: str) -> HTTPResponse:
        if self.trouble.down:
            raise GraphError(503, 2, "Service temporarily unavailable")
        self._authorise(request, version, page)
        return await self._take(request.json)

    async def _take(self, body: dict[str, Any]) -> HTTPResponse:
        """Takes a message. Raises `GraphError`."""
        person = str(body.get("recipient", {}).get("id"))
        if person not in self._heard:
            raise GraphError(400, 100, "No matching user found", 2018001)
        if "sender_action" in body:
            action = check_action(body)
            if action == "mark_seen":
                self.seen.append(person)
            else:
                self.thread(person).typing = action == "typing_on"
            return json_response({"recipient_id": person})
        if self.trouble.statuses:
            status, seconds = self.trouble.statuses.pop(0)
            raise GraphError(status, 613 if status == 429 else 1, "as ordered", seconds=seconds)
        if self.errors:
            status, code, subcode = self.errors.pop(0)
            raise GraphError(status, code, "as ordered", subcode)
        if person in self.blocked:
            raise GraphError(400, 551, "This person isn't available right now.", 1545041)
        check_message(body, time.time() - self._heard[person], human_agent=self.human_agent)
        mid = "m_" + secrets.token_urlsafe(60)
        self.taken.append({**body, "mid": mid})
        message = body["message"]
        buttons = tuple((one["payload"], one["title"]) for one in message.get("quick_replies", ()))
        self.thread(person).show(Bubble(mid, "shop", message["text"], buttons, state="sent"))
        self._later(self._report(person, mid, message))
        if self.trouble.drops:
            # Taken, but the answer never comes.
            self.trouble.drops -= 1
            await asyncio.sleep(3600)
        return json_response({"recipient_id": person, "message_id": mid})

    async def _report(self, person: str, mid: str, message: dict[str, Any]) -> None:
        if self.echoes:
            own = {"is_echo": True, "app_id": int(self.app), "mid": mid, "text": message["text"]}
            await self.deliver([self._from_page(person, {**own, "metadata": message.get("metadata", "")})])
        for kind in self.receipts:
            mids = {"mids": [mid]} if kind == "delivery" else {}
            await self.deliver([self.item(person, **{kind: {**mids, "watermark": now()}})])
            thread = self.thread(person)
            bubble = next(one for one in thread.bubbles if one.id == mid)
            thread.show(replace(bubble, state=kind))

    # --- the customer ---

    async def say(self, address: str, text: str, *, mid: str | None = None, **more: Any) -> int:
        """Types; `more` are further fields of the message, as quick_reply or reply_to."""
        mid = mid or "m_" + secrets.token_urlsafe(60)
        self.thread(address).show(Bubble(mid, "customer", text))
        return await self.deliver([self.message(address, text, mid, **more)])

    async def press(self, address: str, value: str) -> int:
        """Presses a quick reply: its title appears as the person's own message."""
        offered = dict(pair for bubble in self.thread(address).bubbles for pair in bubble.buttons)
        return await self.say(address, offered[value], quick_reply={"payload": value})

    async def begin(self, address: str, ref: str | None = None) -> int:
        """Presses Get Started; `ref` is of the m.me link by which the person came."""
        postback: dict[str, Any] = {"mid": "m_" + secrets.token_urlsafe(60), "title": "Get Started"}
        postback["payload"] = "GET_STARTED"
        if ref:
            postback["referral"] = {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}
        return await self.deliver([self.item(address, postback=postback)])

    async def attach(self, address: str, name: str, media_type: str, content: bytes, text: str = "") -> int:
        key = secrets.token_hex(8)
        self.media[key] = (media_type, content)
        kind = media_type.partition("/")[0]
        kind = kind if kind in ("image", "audio", "video") else "file"
        part = {"type": kind, "payload": {"url": f"{self._own_url}/media/{key}"}}
        mid = "m_" + secrets.token_urlsafe(60)
        self.thread(address).show(Bubble(mid, "customer", text, attachment=media_type))
        # Words and a picture are two messages there, but one is allowed.
        more = {"text": text} if text else {}
        return await self.deliver([self.item(address, message={"mid": mid, "attachments": [part], **more})])

    async def edit(self, address: str, mid: str, text: str, count: int = 1) -> int:
        """Changes a message of their own."""
        return await self.deliver(
            [self.item(address, message_edit={"mid": mid, "text": text, "num_edit": count})]
        )

    async def say_as_page(self, address: str, text: str) -> int:
        """A person of the shop answers in the page's own inbox."""
        mid = "m_" + secrets.token_urlsafe(60)
        self.thread(address).show(Bubble(mid, "page", text))
        echo = {"is_echo": True, "app_id": int(PAGE_INBOX), "mid": mid, "text": text}
        return await self.deliver([self._from_page(address, echo)])

    def let_pass(self, address: str, hours: float) -> None:
        """Time passes since a person wrote last."""
        self._heard[address] -= hours * HOUR

    # --- delivery ---

    def message(self, address: str, text: str, mid: str, **more: Any) -> dict[str, Any]:
        """The event about a message."""
        return self.item(address, message={"mid": mid, "text": text, **more})

    def item(self, address: str, **event: Any) -> dict[str, Any]:
        """An event by a person."""
        if {"message", "postback", "referral"} & event.keys():
            self._heard[address] = time.time()
        return {"sender": {"id": address}, "recipient": {"id": self.page}, "timestamp": now(), **event}

    def _from_page(self, address: str, message: dict[str, Any]) -> dict[str, Any]:
        people = {"sender": {"id": self.page}, "recipient": {"id": address}}
        return {**people, "timestamp": now(), "message": message}

    async def deliver(self, events: Sequence[dict[str, Any]], *, standby: bool = False) -> int:
        """Delivers a batch of events, as their own or as another app's conversation's; the last status."""
        return await self.webhook.deliver(self.page, events, standby=standby)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.webhook.close()
