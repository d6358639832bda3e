"""Twilio's API as this channel uses it."""

import asyncio
import logging
import re
from typing import Any

import httpx
from twilio.base.exceptions import TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.runtime.http.client import bounded
from channels.contract import SendError
from channels.download import FETCH_SECONDS, MAX_MEDIA, download, host
from channels.sms.config import SmsConfig
from channels.sms.errors import refusal
from channels.sms.segments import plain
from channels.unsent import CONNECT_SECONDS, UNSENT

SEND_SECONDS = 15.0
GONE = frozenset({401, 403, 404, 410})  # answers after which a file doesn't come back
# Where Twilio keeps media, beside its API: https://www.twilio.com/docs/messaging/guides/accepting-media
MEDIA_HOSTS = re.compile(r"(?:[\w-]+\.)*(?:twilio|twiliocdn)\.com|s3[\w.-]*\.amazonaws\.com")

# The library tells each request's address, and with it the customer's number.
_quiet = logging.getLogger("aftercare.channels.sms.quiet")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class _Http(AsyncHttpClient):  # type: ignore[misc]
    """What the library calls Twilio by."""

    def __init__(self) -> None:
        super().__init__(_quiet, True)
        self._client = bounded(
            timeout=httpx.Timeout(SEND_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        )

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """An answer, whatever its status. Raises `httpx.HTTPError`."""
        given: dict[str, Any] = {"params": params, "data": data, "headers": headers, "auth": auth}
        answer = await self._client.request(method, uri, **{name: one for name, one in given.items() if one})
        return Response(answer.status_code, answer.text, answer.headers)

    async def close(self) -> None:
        await self._client.aclose()


class Twilio:
    """One account. Made on the running loop; connects to nobody yet."""

    def __init__(self, config: SmsConfig) -> None:
        self.config = config
        self._http = _Http()
        self._client = Client(config.account_sid, config.auth_token, http_client=self._http)
        self._client.api.base_url = config.api_url

    async def close(self) -> None:
        await self._http.close()

    async def send(self, sender: str, address: str, text: str) -> str:
        """Sends a text message; its id at Twilio. Raises `SendError`."""
        fields: dict[str, Any] = {
            "to": address,
            "from_": sender,
            "body": plain(text),
            "status_callback": f"{self.config.public_url}/channels/sms/status",
        }
        if self.config.messaging_service:
            fields["messaging_service_sid"] = self.config.messaging_service
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sent = await self._client.messages.create_async(**fields)
        except TwilioRestException as error:
            raise refusal(error) from None
        except UNSENT:
            raise SendError("Twilio can't be reached") from None
        except (TimeoutError, httpx.HTTPError, ValueError) as error:
            # There is no key by which Twilio would know a second try again.
            raise SendError(f"no answer from Twilio ({type(error).__name__})", unknown=True) from None
        return str(sent.sid)

    async def fetch(self, url: str, limit: int) -> bytes:
        """The bytes behind an address of Twilio's. Raises `FetchError`."""
        async with bounded(MAX_MEDIA, timeout=FETCH_SECONDS) as client:
            return await download(
                client,
                url,
                limit,
                provider="Twilio",
                is_media=self._is_media,
                gone=GONE,
                auth=self._auth,
            )

    def _is_media(self, url: str) -> bool:
        return self._is_api(url) or MEDIA_HOSTS.fullmatch(host(url) or "") is not None

    def _is_api(self, url: str) -> bool:
        return url.startswith(self.config.api_url + "/")

    def _auth(self, url: str) -> tuple[str, str] | None:
        """The account's name and token go to Twilio's own host only."""
        own = self._is_api(url) or host(url) == "api.twilio.com"
        return (self.config.account_sid, self.config.auth_token) if own else None
