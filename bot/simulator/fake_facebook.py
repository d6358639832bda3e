"""A fake Facebook page: Messenger, comments below a post of the page, and what of the Graph API answers and
hides them."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.messenger_checks import DAY, GraphError
from bot.simulator.messenger_webhook import TRIES, dump, sign
from bot.simulator.provider import Bubble

POST = "5550001"
MAX_COMMENT = 8000
PRIVATE_SECONDS = 7 * DAY


@dataclass
class Said:
    """A comment; `parent`: that whose answer it is."""

    id: str
    author: str
    text: str
    parent: str | None
    at: float
    hidden: bool = False
    answered: bool = False  # in private


class FakeFacebook(FakeMessenger):
    """Satisfies `bot.simulator.provider.Provider`: who types there comments the page's post, and goes on in
    the same thread. `comments` are all there are, by id."""

    name = "facebook"

    def __init__(self) -> None:
        super().__init__()
        self.fields.append("feed")
        self.post = f"{self.page}_{POST}"
        self.comments: dict[str, Said] = {}
        self._number = int(time.time() * 1000)

    def environment(self, own_url: str, public_url: str) -> Mapping[str, str]:
        return {**super().environment(own_url, public_url), "FACEBOOK_COMMENTS": "on"}

    # --- the provider's API ---

    def blueprint(self) -> Blueprint:
        routes = super().blueprint()

        @routes.post("/<version:str>/<comment:str>/comments")
        async def answer(request: Request, version: str, comment: str) -> HTTPResponse:
            try:
                return self._answer(request, version, comment)
            except GraphError as error:
                return error.response()

        @routes.post("/<version:str>/<comment:str>")
        async def change(request: Request, version: str, comment: str) -> HTTPResponse:
            try:
                self._asked(request, version)
                one = self._known(comment)
                one.hidden = request.json["is_hidden"] is True
            except GraphError as error:
                return error.response()
            return json_response({"success": True})

        return routes

    def _asked(self, request: Request, version: str) -> None:
        if self.trouble.down:
            raise GraphError(503, 2, "Service temporarily unavailable")
        self._authorise(request, version)
        if self.trouble.statuses:
            status, seconds = self.trouble.statuses.pop(0)
            raise GraphError(status, 613 if status == 429 else 1, "as ordered", seconds=seconds)
        if self.errors:
            status, code, subcode = self.errors.pop(0)
            raise GraphError(status, code, "as ordered", subcode)

    def _known(self, comment: str) -> Said:
        if comment not in self.comments:
            raise GraphError(400, 100, "Object does not exist or cannot be loaded", 33)
        return self.comments[comment]

    def _answer(self, request: Request, version: str, comment: str) -> HTTPResponse:
        self._asked(request, version)
        one, text = self._known(comment), request.json.get("message")
        if not isinstance(text, str) or not text.strip() or len(text.encode("utf-16-le")) // 2 > MAX_COMMENT:
            raise GraphError(400, 100, "Invalid parameter")
        ours = self.add(self.page, text, parent=one.id)
        self.taken.append({"comment": comment, "message": text, "id": ours.id})
        self.thread(one.author).show(Bubble(ours.id, "shop", text, state="sent"))
        if self.echoes:
            self._later(self.tell("add", ours))
        return json_response({"id": ours.id})

    async def _take(self, body: dict[str, Any]) -> HTTPResponse:
        comment = body.get("recipient", {}).get("comment_id")
        if comment is None:
            return await super()._take(body)
        if self.errors:
            status, code, subcode = self.errors.pop(0)
            raise GraphError(status, code, "as ordered", subcode)
        one = self.comments.get(comment)
        if one is None:
            raise GraphError(400, 100, "Invalid comment_id parameter", 2018292)
        if one.author == self.page:
            raise GraphError(400, 10902, "This is not a Replyable activity")
        if one.answered:
            raise GraphError(400, 10900, "Activity already replied to")
        if time.time() - one.at > PRIVATE_SECONDS:
            raise GraphError(400, 10901, "Activity is too old to reply")
        one.answered = True
        mid, person = "m_" + secrets.token_urlsafe(60), self.messenger_id(one.author)
        self.taken.append({**body, "mid": mid})
        self.thread(person).show(Bubble(mid, "shop", body["message"]["text"], state="sent"))
        self._later(self._report(person, mid, body["message"]))
        return json_response({"recipient_id": person, "message_id": mid})

    def messenger_id(self, author: str) -> str:
        """Who a comment's author is in Messenger: nothing says that it is the same number."""
        return f"7{author}"

    # --- people ---

    def add(self, author: str, text: str, *, parent: str | None = None) -> Said:
        """Writes a comment, or an answer to one, and tells nobody."""
        self._number += 1
        one = Said(f"{POST}_{self._number}", author, text, parent, time.time())
        self.comments[one.id] = one
        return one

    async def say(self, address: str, text: str, **more: Any) -> int:
        """Comments; the second and later ones stand in the first one's thread."""
        first = next((one.id for one in self.comments.values() if one.author == address), None)
        one = self.add(address, text, parent=first)
        self.thread(address).show(Bubble(one.id, "customer", text))
        return await self.tell("add", one, **more)

    async def write(self, person: str, text: str) -> int:
        """Writes in Messenger."""
        return await super().say(person, text)

    async def attach(self, address: str, name: str, media_type: str, content: bytes, text: str = "") -> int:
        key = secrets.token_hex(8)
        self.media[key] = (media_type, content)
        return await self.say(address, text, photo=f"{self._own_url}/media/{key}")

    # --- delivery ---

    def change(self, verb: str, one: Said, **more: Any) -> dict[str, Any]:
        """What the webhook tells of a comment."""
        value = {
            "from": {"id": one.author, "name": "Somebody"},
            "post_id": self.post,
            "comment_id": one.id,
            "parent_id": one.parent or self.post,
            "created_time": int(one.at),
            "item": "comment",
            "verb": verb,
            **more,
        }
        if verb != "remove" and one.text:
            value["message"] = one.text
        return {"field": "feed", "value": value}

    async def tell(self, verb: str, one: Said, *, at: int | None = None, **more: Any) -> int:
        """Delivers what happened to a comment; the last status. `at`: seconds, by Meta's clock."""
        entry = {"id": self.page, "time": at or int(time.time()), "changes": [self.change(verb, one, **more)]}
        body = dump({"object": "page", "entry": [entry]})
        for _ in range(TRIES):
            status = await self.webhook.post(body, sign(body, self.secret))
            if status == 200:
                break
        return status
