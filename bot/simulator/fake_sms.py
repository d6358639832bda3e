"""A fake Twilio: the part of its API that text messages need, and phones that write and receive them."""

import asyncio
import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw
from sanic.response import json as json_response
from twilio.request_validator import RequestValidator

from bot.simulator.provider import Bubble, Thread, Trouble

SHOP = "+15005550006"
MAX_BODY = 1600
RECEIPTS = ("sent", "delivered")


class FakeTwilio:
    """Satisfies `bot.simulator.provider.Provider`. `receipts` are told of each message it takes, in order."""

    name = "sms"

    def __init__(self, account_sid: str = "AC" + "0" * 32, auth_token: str = "fake-auth-token") -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.trouble = Trouble()
        self.overrides = "#rc=3&rp=all"  # how often it delivers what failed, as the number is set up
        self.receipts: tuple[str, ...] = RECEIPTS
        self.stopped: set[str] = set()  # numbers that Twilio itself lets nothing through to
        self.taken: list[dict[str, str]] = []  # every message that was accepted
        self.media: dict[str, tuple[str, bytes]] = {}
        self._validator = RequestValidator(auth_token)
        self._threads: dict[str, Thread] = {}
        self._own_url = self._public_url = ""
        self._client = httpx.AsyncClient(timeout=15)
        self._tasks: set[asyncio.Task[None]] = set()

    def environment(self, own_url: str, public_url: str) -> Mapping[str, str]:
        self._own_url, self._public_url = own_url, public_url
        return {
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_FROM": SHOP,
            "TWILIO_API_URL": own_url,
        }

    def thread(self, address: str) -> Thread:
        return self._threads.setdefault(address, Thread(address))

    # --- the provider's API ---

    def blueprint(self) -> Blueprint:
        routes = Blueprint("fake-twilio")
        account = f"/2010-04-01/Accounts/{self.account_sid}"

        @routes.post(f"{account}/Messages.json")
        async def create_message(request: Request) -> HTTPResponse:
            return await self._create(request)

        @routes.get(f"{account}.json")
        async def show_account(request: Request) -> HTTPResponse:
            if not self._authorised(request):
                return _error(401, 20003, "Authenticate")
            return json_response({"sid": self.account_sid, "status": "active"})

        @routes.get(f"{account}/IncomingPhoneNumbers.json")
        async def list_numbers(request: Request) -> HTTPResponse:
            if not self._authorised(request):
                return _error(401, 20003, "Authenticate")
            number = {"phone_number": SHOP, "sms_url": f"{self._public_url}/channels/sms{self.overrides}"}
            asked = request.args.get("PhoneNumber", SHOP)
            return json_response({"incoming_phone_numbers": [number] if asked == SHOP else []})

        @routes.get(f"{account}/Messages/<message:str>/Media/<media:str>")
        async def show_media(request: Request, message: str, media: str) -> HTTPResponse:
            if not self._authorised(request):
                return _error(401, 20003, "Authenticate")
            if media not in self.media:
                return _error(404, 20404, "not found")
            media_type, content = self.media[media]
            return raw(content, content_type=media_type)

        return routes

    async def _create(self, request: Request) -> HTTPResponse:
        if self.trouble.down:
            return _error(503, 20503, "Service unavailable")
        if self.trouble.statuses:
            status, _ = self.trouble.statuses.pop(0)
            return _error(status, 20429 if status == 429 else 20500, "as ordered")
        if not self._authorised(request):
            return _error(401, 20003, "Authenticate")
        form: Any = request.form or {}
        to, sender, body = form.get("To"), form.get("From"), form.get("Body")
        if not body or not sender:
            return _error(400, 21602, "Message body is required")
        if not str(to).startswith("+"):
            return _error(400, 21211, "Invalid 'To' Phone Number")
        if len(body) > MAX_BODY:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if to in self.stopped:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        sid = "SM" + secrets.token_hex(16)
        self.taken.append({"sid": sid, "to": to, "from": sender, "body": body})
        self.thread(to).show(Bubble(sid, "shop", body, state="queued"))
        callback = form.get("StatusCallback")
        if callback:
            self._later(self._report(callback, sid, to, sender))
        if self.trouble.drops:
            # Taken, but the answer never comes.
            self.trouble.drops -= 1
            await asyncio.sleep(3600)
        return json_response({"sid": sid, "status": "queued", "to": to, "from": sender, "body": body}, 201)

    async def _report(self, callback: str, sid: str, to: str, sender: str) -> None:
        for state in self.receipts:
            fields = {"MessageSid": sid, "MessageStatus": state, "To": to, "From": sender}
            await self._post(callback, {"AccountSid": self.account_sid, "SmsSid": sid, **fields})
            thread = self.thread(to)
            bubble = next(one for one in thread.bubbles if one.id == sid)
            thread.show(replace(bubble, state=state))

    def _authorised(self, request: Request) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return bool(request.headers.get("authorization") == f"Basic {expected}")

    # --- the customer ---

    async def say(self, address: str, text: str, *, sid: str | None = None, **more: str) -> int:
        sid = sid or "SM" + secrets.token_hex(16)
        self.thread(address).show(Bubble(sid, "customer", text, attachment=more.get("MediaContentType0")))
        # Twilio's own handling: https://help.twilio.com/articles/223134027
        word = text.strip().upper()
        if word in {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"}:
            self.stopped.add(address)
        elif word in {"START", "UNSTOP", "YES"}:
            self.stopped.discard(address)
        return await self.deliver(self.form(address, text, sid, **more))

    def form(self, address: str, text: str, sid: str, **more: str) -> dict[str, str]:
        """The fields of a webhook about a message."""
        return {
            "ToCountry": "LT",
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.account_sid,
            "From": address,
            "To": SHOP,
            "Body": text,
            "NumSegments": "1",
            "NumMedia": "0",
            "ApiVersion": "2010-04-01",
            **more,
        }

    async def press(self, address: str, value: str) -> int:
        return await self.say(address, value)

    async def attach(self, address: str, name: str, media_type: str, content: bytes, text: str = "") -> int:
        sid, media = "MM" + secrets.token_hex(16), "ME" + secrets.token_hex(16)
        self.media[media] = (media_type, content)
        account = f"{self._own_url}/2010-04-01/Accounts/{self.account_sid}"
        more = {
            "NumMedia": "1",
            "MediaUrl0": f"{account}/Messages/{sid}/Media/{media}",
            "MediaContentType0": media_type,
        }
        return await self.say(address, text, sid=sid, **more)

    async def deliver(self, form: dict[str, str]) -> int:
        """Posts a webhook, once more if it fails, as Twilio does; the last status."""
        url = f"{self._public_url}/channels/sms"
        for _ in range(2):
            status = await self._post(url, form)
            if status < 500:
                break
        return status

    async def _post(self, url: str, form: dict[str, str]) -> int:
        signature = self._validator.compute_signature(url, form)
        try:
            answer = await self._client.post(url, data=form, headers={"X-Twilio-Signature": signature})
        except httpx.HTTPError:
            return 599
        return answer.status_code

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()


def _error(status: int, code: int, message: str) -> HTTPResponse:
    """An error as Twilio's API tells it."""
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more_info, "status": status}
    return json_response(body, status, dumps=json.dumps)
