"""A fake Telegram: the Bot API under its real paths, and customers with phones."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, html, raw
from sanic.response import json as json_response

from bot.simulator import telegram_updates as updates
from bot.simulator.provider import Bubble, Thread, Trouble
from bot.simulator.telegram_delivery import Delivery
from bot.simulator.telegram_methods import Methods, Refusal
from bot.simulator.telegram_updates import Json

TOKEN = "7000000001:simulated-telegram-token-000000001"


class TelegramProvider:
    """Satisfies `bot.simulator.provider.Provider`; addresses are customers' numbers, such as "5001"."""

    name = "telegram"

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.trouble = Trouble()
        self.delivery = Delivery()
        self.silence = 30.0  # seconds for which a dropped answer keeps its request open
        self.languages: dict[str, str] = {}
        self.calls: Counter[str] = Counter()  # of the API's methods, by name
        self.methods = Methods(self)
        self._threads: dict[str, Thread] = {}
        self._update_ids = itertools.count(880_000_001)
        self._message_ids = itertools.count(1)

    @property
    def me(self) -> Json:
        bot_id = int(self.token.partition(":")[0])
        return {"id": bot_id, "is_bot": True, "first_name": "Shop", "username": "simulated_shop_bot"}

    def environment(self, own_url: str, public_url: str) -> Mapping[str, str]:
        return {"TELEGRAM_TOKEN": self.token, "TELEGRAM_API_URL": own_url}

    def blueprint(self) -> Blueprint:
        routes = Blueprint("simulated-telegram")
        routes.add_route(self._call, "/<bot:bot[0-9][^/]*>/<method:str>", methods=["GET", "POST"])
        routes.add_route(self._file, "/file/<bot:bot[0-9][^/]*>/<path:path>", methods=["GET"], name="file")
        return routes

    def thread(self, address: str) -> Thread:
        return self._threads.setdefault(address, Thread(address))

    def knows(self, address: str) -> bool:
        """Whether a customer ever wrote: bots can't begin."""
        return address in self._threads

    def next_message_id(self) -> int:
        return next(self._message_ids)

    async def close(self) -> None:
        await self.delivery.close()

    # --- what a customer does ---

    async def say(self, address: str, text: str) -> int:
        return await self.write(address, text=text)

    async def write(self, address: str, **content: Any) -> int:
        """Any message, by the fields of its content."""
        number = self.next_message_id()
        shown = str(content.get("text") or content.get("caption") or "")
        kind = next((name for name in content if name not in ("text", "caption", "media_group_id")), None)
        self.thread(address).show(Bubble(str(number), "customer", shown, attachment=kind))
        made = updates.message(address, self._language(address), number, **content)
        return await self.update(address, message=made)

    async def edit(self, address: str, message_id: str, text: str) -> int:
        """The customer changes what they wrote."""
        self.thread(address).show(Bubble(message_id, "customer", text))
        made = updates.message(address, self._language(address), int(message_id), text=text)
        return await self.update(address, edited_message={**made, "edit_date": updates.seconds()})

    async def press(self, address: str, value: str) -> int:
        return await self.update(address, callback_query=self.query(address, value))

    def query(self, address: str, value: str) -> Json:
        """The callback query of a press."""
        bubbles = self.thread(address).bubbles
        bubble = next(one for one in reversed(bubbles) if value in (data for data, _ in one.buttons))
        return {
            "id": self.methods.new_query(),
            "from": updates.person(address, self._language(address)),
            "chat_instance": address,
            "data": value,
            "message": self.methods.sent[bubble.id],
        }

    async def attach(self, address: str, name: str, media_type: str, content: bytes, text: str = "") -> int:
        words = {"caption": text} if text else {}
        return await self.write(address, **self.file(name, media_type, content), **words)

    def file(self, name: str, media_type: str, content: bytes) -> Json:
        """Uploads a file; what a message that holds it has for content."""
        file_id = self.methods.keep_file(content)
        return updates.file(media_type, file_id, name, len(content))

    async def share_contact(self, address: str, phone: str) -> int:
        """The customer presses "share my contact"."""
        contact = {"phone_number": phone, "first_name": "Anna", "user_id": int(address)}
        return await self.write(address, contact=contact)

    async def block(self, address: str, *, blocked: bool = True) -> int:
        """The customer blocks the bot, or lets it in again."""
        (self.methods.blocked.add if blocked else self.methods.blocked.discard)(address)
        status = "kicked" if blocked else "member"
        made = updates.member(address, self._language(address), self.me, status)
        return await self.update(address, my_chat_member=made)

    async def update(self, address: str, **kind: Any) -> int:
        """Delivers an update of any kind."""
        return await self.delivery.hand_over(address, {"update_id": next(self._update_ids), **kind})

    def _language(self, address: str) -> str:
        return self.languages.get(address, "en")

    # --- the API ---

    async def _call(self, request: Request, bot: str, method: str) -> HTTPResponse:
        if self.trouble.down:
            return html("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)
        fields = {name: values[0] for name, values in (request.form or {}).items()}
        fields |= {name: values[0] for name, values in request.args.items()}
        if request.content_type.startswith("application/json"):
            fields |= request.json
        try:
            if bot != f"bot{self.token}":
                raise Refusal(401, "Unauthorized")
            name = method.lower()
            self.calls[name] += 1
            if name == "sendmessage" and self.trouble.statuses:
                status, wait = self.trouble.statuses.pop(0)
                raise Refusal(status, _PHRASES.get(status, "Internal Server Error"), wait)
            result = await self.methods.call(name, fields)
        except Refusal as refusal:
            return json_response(refusal.body(), refusal.code)
        if name == "sendmessage" and self.trouble.drops:
            self.trouble.drops -= 1
            await asyncio.sleep(self.silence)
            return html("", 504)
        return json_response({"ok": True, "result": result})

    async def _file(self, _request: Request, bot: str, path: str) -> HTTPResponse:
        content = self.methods.files.get(path.rpartition("/")[2])
        if bot != f"bot{self.token}" or content is None or self.trouble.down:
            return json_response({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
        return raw(content, content_type="application/octet-stream")


_PHRASES = {
    400: "Bad Request: simulated",
    403: "Forbidden: bot was blocked by the user",
    429: "Too Many Requests: retry later",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}
