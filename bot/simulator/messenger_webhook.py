"""Meta's half of a webhook: bodies written and signed as Meta does it, and delivered again if they fail."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

import httpx

TRIES = 3  # of a delivery


class Webhook:
    """A page's webhook as it is entered in the app's dashboard."""

    def __init__(self, secret: str, verify_token: str) -> None:
        self.url = ""
        self.secret = secret
        self.verify_token = verify_token
        self._client = httpx.AsyncClient(timeout=15)

    async def deliver(self, page: str, events: Sequence[dict[str, Any]], *, standby: bool = False) -> int:
        """Posts a batch of events, again if it fails; the last status. `standby`: another app has the
        conversation."""
        name = "standby" if standby else "messaging"
        entries = [{"id": page, "time": now(), name: [one]} for one in events]
        body = dump({"object": "page", "entry": entries})
        for _ in range(TRIES):
            status = await self.post(body, sign(body, self.secret))
            if status == 200:
                break
        return status

    async def post(self, body: bytes, signature: str) -> int:
        """Posts a body under a signature; the status."""
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        try:
            answer = await self._client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError:
            return 599
        return answer.status_code

    async def subscribe(self) -> bool:
        """Asks the server whether it wants the page's events, as when the webhook is entered."""
        challenge = str(secrets.randbelow(10**9))
        question = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self.verify_token,
        }
        answer = await self._client.get(self.url, params=question)
        return answer.status_code == 200 and answer.text == challenge

    async def close(self) -> None:
        """Closes the HTTP client."""
        await self._client.aclose()


def dump(body: dict[str, Any]) -> bytes:
    """JSON as Meta writes and signs it: everything but ASCII escaped, and slashes too."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def sign(body: bytes, secret: str) -> str:
    """The header X-Hub-Signature-256 of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def now() -> int:
    """The time in milliseconds."""
    return int(time.time() * 1000)
