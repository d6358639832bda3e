"""The Graph API, as a page uses it."""

import asyncio
import re
from typing import Any

import httpx

from bot.runtime.http.bounded_client import bounded
from channels.contract import SendError
from channels.download import FETCH_SECONDS, MAX_MEDIA, download, host
from channels.meta.config import PageConfig
from channels.meta.errors import refusal
from channels.meta.values import id_of
from channels.unsent import CONNECT_SECONDS, UNSENT

SEND_SECONDS = 15.0
# What we write on our messages, to know them when they come back.
MARK = "aftercare"
# 403 is how an address ends whose time is over.
_GONE = frozenset({400, 401, 403, 404, 410})
# Where Meta keeps what people send.
_MEDIA_HOSTS = re.compile(r"(?:[\w-]+\.)*(?:fbcdn\.net|fbsbx\.com|facebook\.com)")


class Graph:
    """A page's access to the API; belongs to the loop on which it is made."""

    def __init__(self, config: PageConfig) -> None:
        self._page_id = config.page_id
        self._own = f"{config.graph_url}/"
        self._api = bounded(
            base_url=f"{config.graph_url}/{config.version}",
            # In the header, not in the address: addresses end up in logs.
            headers={"Authorization": f"Bearer {config.page_token}"},
            params={"appsecret_proof": config.proof},
            timeout=httpx.Timeout(SEND_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
        )
        self._media = bounded(MAX_MEDIA, timeout=FETCH_SECONDS)

    async def close(self) -> None:
        """Closes the connections."""
        await self._api.aclose()
        await self._media.aclose()

    async def post(self, message: dict[str, Any]) -> str | None:
        """Posts a message or a sender action; its id, if it has one. Raises `SendError`."""
        late = message.get("messaging_type") == "MESSAGE_TAG"
        return id_of(await self.call(f"{self._page_id}/messages", message, late=late), "message_id") or None

    async def call(self, path: str, body: dict[str, Any], *, late: bool = False) -> dict[str, Any]:
        """Posts something; the answer. `late`: as `refusal` has it. Raises `SendError`."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                answer = await self._api.post(path, json=body)
        except UNSENT:
            raise SendError("Messenger can't be reached") from None
        except (TimeoutError, httpx.HTTPError) as error:
            # There is no key by which Messenger would know a second try again.
            raise SendError(f"no answer from Messenger ({type(error).__name__})", unknown=True) from None
        told = _json(answer)
        if answer.status_code != 200:
            wait = answer.headers.get("retry-after", "")
            raise refusal(answer.status_code, told, retry_after=wait, late=late)
        return told

    async def get(self, path: str, **parameters: str) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer. Raises `httpx.HTTPError`."""
        answer = await self._api.get(path, params=parameters)
        return answer.status_code, _json(answer)

    async def fetch(self, url: str, limit: int) -> bytes:
        """A file that a customer sent, of at most `limit` bytes. Raises `FetchError`."""
        # No token: the address itself is the secret.
        return await download(self._media, url, limit, provider="Meta", is_media=self._is_media, gone=_GONE)

    def _is_media(self, url: str) -> bool:
        return url.startswith(self._own) or _MEDIA_HOSTS.fullmatch(host(url) or "") is not None


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
