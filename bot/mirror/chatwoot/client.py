"""Chatwoot's application API, as far as mirrored conversations need it; satisfies
`bot.mirror.external.ExternalDesk`.

The inbox is one of the channel "API". Each customer is a contact with an identifier of ours, and has one
conversation there, which is opened again for each new request.
"""

import asyncio
from datetime import datetime
from typing import Any

import httpx

from bot.mirror.chatwoot import payloads
from bot.mirror.chatwoot.account import ChatwootConfig
from bot.mirror.external import ExternalError, Opened, Post, Thread
from bot.runtime.http.bounded_client import bounded
from store.vocabulary import Fault, MirrorStatus

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
CALL_SECONDS = 40.0  # for one whole call, however slowly it drips
PAGES = 20  # of a hundred messages each
PAGE = 100
REFUSED_WAIT = 60.0  # seconds until a token is tried again that wasn't taken
LONGEST_WAIT = 900.0  # seconds that we let Chatwoot ask us to wait


class Chatwoot:
    """One account's inbox."""

    name = "chatwoot"

    def __init__(self, config: ChatwootConfig) -> None:
        self._config = config
        self._http: httpx.AsyncClient | None = None

    async def start(self) -> None:
        self._http = bounded(
            base_url=f"{self._config.url}/api/v1/accounts/{self._config.account_id}",
            headers={"api_access_token": self._config.token, "Accept": "application/json"},
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
        )

    async def stop(self) -> None:
        if self._http:
            await self._http.aclose()

    async def open(self, identifier: str, customer: str, since: datetime) -> Opened:
        contact_id = await self._contact(identifier)
        if contact_id is None:
            body = {"name": customer[:200], "identifier": identifier}
            made = await self._call("POST", "/contacts", json=body)
            contact = _at(made, "payload", "contact", "id")
            contact_id = payloads.number(contact)
        if contact_id is None:
            raise ExternalError("Chatwoot made no contact")
        conversation_id = await self._conversation(contact_id, identifier)
        if conversation_id:
            return Opened(conversation_id, str(contact_id), await self._last_before(conversation_id, since))
        made = await self._call(
            "POST",
            "/conversations",
            json={
                "inbox_id": self._config.inbox_id,
                "contact_id": contact_id,
                "source_id": identifier,
                "status": MirrorStatus.OPEN,
                "custom_attributes": {payloads.MARK: identifier},
            },
        )
        found = payloads.number(_at(made, "id"))
        if found is None:
            raise ExternalError("Chatwoot made no conversation")
        return Opened(str(found), str(contact_id))

    async def _contact(self, identifier: str) -> int | None:
        found = await self._call("GET", "/contacts/search", params={"q": identifier})
        for one in _list(_at(found, "payload")):
            if isinstance(one, dict) and one.get("identifier") == identifier:
                return payloads.number(one.get("id"))
        return None

    async def _conversation(self, contact_id: int, identifier: str) -> str | None:
        """The newest of a contact's conversations in our inbox that is ours."""
        found = await self._call("GET", f"/contacts/{contact_id}/conversations")
        ours = [
            payloads.number(one.get("id"))
            for one in _list(_at(found, "payload"))
            if isinstance(one, dict) and payloads.is_of(one, self._config.inbox_id, identifier)
        ]
        return str(max(known)) if (known := [one for one in ours if one]) else None

    async def _last_before(self, conversation_id: str, since: datetime) -> int:
        """The id of the last message that is old news."""
        remarks = [payloads.remark(one) for one in await self._messages(conversation_id, None)]
        return max((one.id for one in remarks if one and one.at < since), default=0)

    async def read(self, external_id: str, identifier: str, after: int) -> Thread:
        # The status first: of what is said before an end, nothing may be missing when the end is seen.
        conversation = await self._call("GET", f"/conversations/{external_id}")
        if not payloads.is_of(conversation, self._config.inbox_id, identifier):
            raise ExternalError("Chatwoot has another conversation under this number", gone=True)
        remarks = []
        for _ in range(PAGES):
            page = await self._messages(external_id, after)
            found = [one for one in map(payloads.remark, page) if one and one.id > after]
            remarks += found
            if len(page) < PAGE or not found:
                break
            after = max(one.id for one in found)
        return Thread(payloads.status(conversation), tuple(remarks))

    async def _messages(self, conversation_id: str, after: int | None) -> list[Any]:
        params = {} if after is None else {"after": after}
        found = await self._call("GET", f"/conversations/{conversation_id}/messages", params=params)
        return _list(_at(found, "payload"))

    async def post(self, external_id: str, post: Post) -> None:
        fields = {
            "content": post.text,
            # A note is outgoing too: that it is private keeps it from the customer.
            "message_type": "outgoing" if post.private else "incoming",
            "private": post.private,
            "source_id": post.key,
        }
        path = f"/conversations/{external_id}/messages"
        if not post.files:
            await self._call("POST", path, json=fields)
            return
        files = [("attachments[]", (one.name, one.content, one.media_type)) for one in post.files]
        data = {**fields, "private": "true" if post.private else "false"}
        await self._call("POST", path, data=data, files=files)

    async def set_status(self, external_id: str, status: MirrorStatus) -> None:
        await self._call("POST", f"/conversations/{external_id}/toggle_status", json={"status": status})

    async def report(self, external_id: str, remark_id: int, reason: str | None) -> None:
        body = {"status": "failed", "external_error": reason[:200]} if reason else {"status": "sent"}
        await self._call("PATCH", f"/conversations/{external_id}/messages/{remark_id}", json=body)

    async def inbox(self) -> dict[str, Any]:
        """Our inbox as Chatwoot shows it, for `aftercare doctor`."""
        found = await self._call("GET", f"/inboxes/{self._config.inbox_id}")
        return found if isinstance(found, dict) else {}

    async def _call(self, method: str, path: str, **request: Any) -> Any:
        """The JSON that a call is answered with. Raises `ExternalError`."""
        if self._http is None:
            raise RuntimeError("the client is not started")
        try:
            async with asyncio.timeout(CALL_SECONDS):
                response = await self._http.request(method, path, **request)
        except (httpx.HTTPError, TimeoutError) as error:
            raise ExternalError(f"Chatwoot can't be reached: {type(error).__name__}") from error
        if not response.is_success:
            raise _refusal(response)
        try:
            return response.json() if response.content.strip() else {}
        except ValueError as error:
            raise ExternalError("Chatwoot answers something that is not JSON") from error


def _refusal(response: httpx.Response) -> ExternalError:
    """Why a call failed. What Chatwoot says of it stays out: it may repeat what a customer wrote."""
    code = response.status_code
    if code in (401, 403):
        return ExternalError(
            f"Chatwoot refuses the token or the inbox ({code})",
            retry_after=REFUSED_WAIT,
            fault=Fault.CREDENTIALS,
        )
    if code == 404:
        return ExternalError("Chatwoot doesn't know it (404)", gone=True)
    if code == 429 or code >= 500 or "Too many messages" in response.text[:2000]:
        return ExternalError(f"Chatwoot is busy ({code})", retry_after=_wait(response))
    return ExternalError(f"Chatwoot refuses it ({code})", refused=400 <= code < 500)


def _wait(response: httpx.Response) -> float | None:
    given = response.headers.get("retry-after", "")
    return min(LONGEST_WAIT, float(given)) if given.isdecimal() and given.isascii() else None


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
