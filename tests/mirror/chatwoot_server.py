"""A Chatwoot for tests: the part of its API that mirrored conversations need, with people who work there.

It behaves as Chatwoot 4.13 does where that matters: what a customer writes opens a resolved conversation
again; a message's `source_id` comes back in lists; lists come by `after`, a hundred at a time, else the last
twenty; webhooks are signed, sent once and never again, and a message whose webhook failed is shown as failed.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

ACCOUNT, INBOX = 7, 3
TOKEN = "fake-api-token"
WEBHOOK_SECRET = "unguessable-part-of-the-address"
SIGNING_SECRET = "fake-signing-secret"
NUMBERS = {"incoming": 0, "outgoing": 1, "activity": 2, "template": 3}


@dataclass
class Trouble:
    """What goes wrong next. `statuses` are answered instead, each once; `drops`: so many writes are taken
    but not answered in time; `lose`: webhooks don't arrive; `down`: nothing is answered but 503;
    `no_files`: messages with files are refused."""

    statuses: list[int] = field(default_factory=list)
    drops: int = 0
    lose: bool = False
    down: bool = False
    no_files: bool = False


class FakeChatwoot:
    def __init__(self, *, signing: bool = True) -> None:
        self.trouble = Trouble()
        self.contacts: dict[int, dict[str, Any]] = {}
        self.conversations: dict[int, dict[str, Any]] = {}
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self.uploads: list[bytes] = []
        self.calls: Counter[str] = Counter()
        self.answers: list[int] = []  # of our webhook
        self.inbox: dict[str, Any] = {"id": INBOX, "channel_type": "Channel::Api"}
        self._signing = SIGNING_SECRET if signing else None
        self._next = 100
        self._webhook = ""
        self._client = httpx.AsyncClient(timeout=5)

    def environment(self, own_url: str, public_url: str) -> dict[str, str]:
        self._webhook = self.inbox["webhook_url"] = f"{public_url}/desk/chatwoot/{WEBHOOK_SECRET}"
        signing = {"CHATWOOT_SIGNING_SECRET": self._signing} if self._signing else {}
        return {
            "CHATWOOT_URL": own_url,
            "CHATWOOT_ACCOUNT_ID": str(ACCOUNT),
            "CHATWOOT_INBOX_ID": str(INBOX),
            "CHATWOOT_TOKEN": TOKEN,
            "CHATWOOT_WEBHOOK_SECRET": WEBHOOK_SECRET,
            **signing,
        }

    async def close(self) -> None:
        await self._client.aclose()

    # --- what people there see and do ---

    def seen(self, conversation_id: int | None = None) -> list[str]:
        """What stands in a conversation, or in the only one: "> " before the customer's words, "# " before
        notes, "< " before people's answers."""
        sign = {0: "> ", 1: "< ", 2: "* ", 3: "~ "}
        return [
            ("# " if one["private"] else sign[one["message_type"]]) + one["content"]
            for one in self.messages[conversation_id or self.only]
        ]

    @property
    def only(self) -> int:
        [found] = self.conversations
        return found

    def status(self) -> str:
        return str(self.conversations[self.only]["status"])

    async def say(
        self,
        text: str,
        name: str = "Rita",
        *,
        private: bool = False,
        to: int | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """A person answers there."""
        sender = {"id": 1, "name": name, "available_name": name, "type": "user"}
        message = self._add(to or self.only, "outgoing", text, private=private, sender=sender, **more)
        await self._tell_message(message)
        return message

    async def turn(self, status: str, conversation_id: int | None = None) -> None:
        """A person opens, ends or leaves a conversation to the bot."""
        await self._turn(conversation_id or self.only, status)

    # --- its webhooks ---

    def sign(self, body: bytes, at: float | None = None, secret: str = SIGNING_SECRET) -> dict[str, str]:
        stamp = str(int(time.time() if at is None else at))
        signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={signed}"}

    def message_payload(self, message: dict[str, Any]) -> dict[str, Any]:
        names = {number: name for name, number in NUMBERS.items()}
        return {
            **message,
            "event": "message_created",
            "message_type": names[message["message_type"]],
            "account": {"id": ACCOUNT, "name": "Linden"},
            "inbox": {"id": INBOX, "name": "Aftercare"},
            "conversation": self.conversations[message["conversation_id"]],
        }

    async def call(self, payload: Any, headers: Mapping[str, str] | None = None) -> int:
        """Sends a webhook once; the answer's status, 0 for none."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        signed = self.sign(body) if self._signing else {}
        try:
            response = await self._client.post(
                self._webhook,
                content=body,
                headers={"Content-Type": "application/json", **signed, **(headers or {})},
            )
        except httpx.HTTPError:
            return 0
        self.answers.append(response.status_code)
        return response.status_code

    async def _tell_message(self, message: dict[str, Any]) -> None:
        if not self.trouble.lose and 200 <= await self.call(self.message_payload(message)) < 300:
            return
        message["status"] = "failed"
        message["content_attributes"] = {"external_error": "it didn't answer"}

    async def _turn(self, conversation_id: int, status: str) -> None:
        conversation = self.conversations[conversation_id]
        before, conversation["status"] = conversation["status"], status
        if before == status:
            return
        self._add(conversation_id, "activity", f"Conversation was {status}")
        if not self.trouble.lose:
            changed = [{"status": {"previous_value": before, "current_value": status}}]
            event = {"event": "conversation_status_changed", "changed_attributes": changed}
            await self.call({**conversation, **event})

    # --- its API ---

    def _id(self) -> int:
        self._next += 1
        return self._next

    def _add(self, conversation_id: int, kind: str, text: str, **more: Any) -> dict[str, Any]:
        message = {
            "id": self._id(),
            "content": text,
            "inbox_id": INBOX,
            "conversation_id": conversation_id,
            "message_type": NUMBERS[kind],
            "content_type": "text",
            "status": "sent",
            "content_attributes": {},
            "created_at": int(time.time()),
            "private": False,
            "source_id": None,
            **more,
        }
        self.messages[conversation_id].append(message)
        return message

    def blueprint(self) -> Blueprint:
        routes = Blueprint("fake-chatwoot", url_prefix=f"/api/v1/accounts/{ACCOUNT}")

        @routes.on_request
        async def guard(request: Request) -> HTTPResponse | None:
            self.calls[f"{request.method} {request.path.rpartition('/')[2]}"] += 1
            if self.trouble.down:
                return json_response({"error": "down"}, 503)
            if request.headers.get("api_access_token") != TOKEN:
                return json_response({"errors": ["Invalid Access Token"]}, 401)
            if self.trouble.statuses:
                return json_response({"error": "trouble"}, self.trouble.statuses.pop(0))
            return None

        @routes.get("/inboxes/<inbox_id:int>")
        async def show_inbox(_request: Request, inbox_id: int) -> HTTPResponse:
            return json_response(self.inbox) if inbox_id == INBOX else _missing()

        @routes.get("/contacts/search")
        async def search(request: Request) -> HTTPResponse:
            wanted = request.args.get("q", "")
            found = [one for one in self.contacts.values() if wanted in (one["identifier"], one["name"])]
            return json_response({"meta": {"count": len(found)}, "payload": found})

        @routes.post("/contacts")
        async def add_contact(request: Request) -> HTTPResponse:
            values = request.json
            if any(one["identifier"] == values["identifier"] for one in self.contacts.values()):
                return json_response({"message": "Identifier has already been taken"}, 422)
            one = {"id": self._id(), "name": values["name"], "identifier": values["identifier"]}
            self.contacts[one["id"]] = one
            return await self._answer({"payload": {"contact": one, "contact_inbox": {}}})

        @routes.get("/contacts/<contact_id:int>/conversations")
        async def of_contact(_request: Request, contact_id: int) -> HTTPResponse:
            if contact_id not in self.contacts:
                return _missing()
            theirs = [one for one in self.conversations.values() if one["contact_id"] == contact_id]
            return json_response({"payload": theirs})

        @routes.post("/conversations")
        async def add_conversation(request: Request) -> HTTPResponse:
            values = request.json
            assert values["inbox_id"] == INBOX and values["contact_id"] in self.contacts
            one = {
                "id": self._id(),
                "inbox_id": INBOX,
                "contact_id": values["contact_id"],
                "status": values.get("status", "open"),
                "source_id": values["source_id"],
                "custom_attributes": values.get("custom_attributes", {}),
                "meta": {"sender": self.contacts[values["contact_id"]]},
            }
            self.conversations[one["id"]], self.messages[one["id"]] = one, []
            return await self._answer({**one, "account_id": ACCOUNT})

        @routes.get("/conversations/<conversation_id:int>")
        async def show(_request: Request, conversation_id: int) -> HTTPResponse:
            found = self.conversations.get(conversation_id)
            return json_response(found) if found else _missing()

        @routes.get("/conversations/<conversation_id:int>/messages")
        async def list_messages(request: Request, conversation_id: int) -> HTTPResponse:
            if conversation_id not in self.conversations:
                return _missing()
            found, after = self.messages[conversation_id], request.args.get("after")
            page = found[-20:] if after is None else [one for one in found if one["id"] > int(after)][:100]
            return json_response({"meta": {}, "payload": page})

        @routes.post("/conversations/<conversation_id:int>/messages")
        async def add_message(request: Request, conversation_id: int) -> HTTPResponse:
            return await self._post(request, conversation_id)

        @routes.patch("/conversations/<conversation_id:int>/messages/<message_id:int>")
        async def change(request: Request, conversation_id: int, message_id: int) -> HTTPResponse:
            for one in self.messages.get(conversation_id, []):
                if one["id"] == message_id:
                    one["status"] = request.json["status"]
                    one["content_attributes"] = {"external_error": request.json.get("external_error")}
                    return json_response(one)
            return _missing()

        @routes.post("/conversations/<conversation_id:int>/toggle_status")
        async def toggle(request: Request, conversation_id: int) -> HTTPResponse:
            if conversation_id not in self.conversations:
                return _missing()
            await self._turn(conversation_id, request.json["status"])
            return await self._answer({"payload": {"success": True}})

        return routes

    async def _post(self, request: Request, conversation_id: int) -> HTTPResponse:
        if conversation_id not in self.conversations:
            return _missing()
        form = request.form
        values: dict[str, Any] = {name: form.get(name) for name in form} if form else request.json
        if request.files and self.trouble.no_files:
            return json_response({"error": "this type of file is not allowed"}, 422)
        attached = []
        for one in request.files.getlist("attachments[]") or [] if request.files else []:
            self.uploads.append(one.body)
            attached.append({"data_url": f"https://chatwoot.example/{one.name}", "file_type": one.type})
        kind = values["message_type"]
        private = values.get("private") in (True, "true")
        message = self._add(
            conversation_id,
            kind,
            values["content"],
            private=private,
            source_id=values.get("source_id"),
            sender={"id": 9, "name": "API", "type": "user" if kind == "outgoing" else "contact"},
            attachments=attached,
        )
        if kind == "incoming" and self.conversations[conversation_id]["status"] == "resolved":
            await self._turn(conversation_id, "open")
        if not self.trouble.lose:
            await self.call(self.message_payload(message))
        return await self._answer(message)

    async def _answer(self, body: dict[str, Any]) -> HTTPResponse:
        if self.trouble.drops:
            self.trouble.drops -= 1
            await asyncio.sleep(1.5)  # the other side doesn't wait so long
        return json_response(body)


def _missing() -> HTTPResponse:
    return json_response({"error": "Resource could not be found"}, 404)
