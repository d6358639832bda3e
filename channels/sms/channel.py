"""SMS over Twilio: webhooks in, REST out. docs/channels/sms.md says how it is set up."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import httpx
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.runtime.refusals import BadRequest, Forbidden, TooLarge
from channels.contract import (
    Attachment,
    Channel,
    ChannelError,
    Finding,
    Gateway,
    Outbound,
    SendError,
)
from channels.download import FETCH_SECONDS, download, host
from channels.sms import parse
from channels.sms.segments import plain
from channels.splitting import Capabilities, Pace, Part

API = "https://api.twilio.com"
MAX_BODY = 64 * 1024  # bytes of a webhook
SEND_SECONDS = 15.0
GONE = frozenset({401, 403, 404, 410})  # answers after which a file doesn't come back
XML = "text/xml; charset=utf-8"
# Where Twilio keeps media, beside its API: https://www.twilio.com/docs/messaging/guides/accepting-media
MEDIA_HOSTS = re.compile(r"(?:[\w-]+\.)*(?:twilio|twiliocdn)\.com|s3[\w.-]*\.amazonaws\.com")

# The library tells each request's address, and with it the customer's number.
_quiet = logging.getLogger("aftercare.channels.sms.quiet")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


@dataclass(frozen=True, slots=True)
class SmsConfig:
    """`sender` is the number that messages come from where a conversation names no other. `by_twilio`:
    Twilio answers STOP, START and HELP itself, as it does on all numbers unless that was switched off."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    public_url: str
    messaging_service: str | None = None
    api_url: str = API
    by_twilio: bool = True


def configure(environment: Mapping[str, str], public_url: str | None) -> SmsConfig | None:
    """The channel's settings; None without any. Raises `ChannelError`."""
    if not any(environment.get(name) for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")):
        return None
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"):
        if not environment.get(name):
            raise ChannelError(f"SMS: {name} is not set; docs/channels/sms.md says where to find it")
    if not re.fullmatch(r"\+[1-9]\d{6,14}|\d{3,8}", environment["TWILIO_FROM"]):
        raise ChannelError("SMS: TWILIO_FROM must be a number such as +37061234567")
    if public_url is None:
        raise ChannelError("SMS: PUBLIC_BASE_URL is not set; Twilio signs the address that it calls")
    choice = environment.get("TWILIO_OPT_OUT") or "twilio"
    if choice not in ("twilio", "own"):
        raise ChannelError("SMS: TWILIO_OPT_OUT must be twilio or own")
    return SmsConfig(
        environment["TWILIO_ACCOUNT_SID"],
        environment["TWILIO_AUTH_TOKEN"],
        environment["TWILIO_FROM"],
        public_url,
        environment.get("TWILIO_MESSAGING_SERVICE_SID") or None,
        (environment.get("TWILIO_API_URL") or API).rstrip("/"),
        choice == "twilio",
    )


def load(environment: Mapping[str, str], public_url: str | None) -> Channel | None:
    """Satisfies `channels.contract.Setup`."""
    config = configure(environment, public_url)
    return SmsChannel(config) if config else None


class SmsChannel:
    """Satisfies `channels.contract.Channel`."""

    name = "sms"
    # Long answers are cut: a text message is read on a lock screen. One a second is what a long code may
    # send; Twilio queues what comes faster.
    capabilities = Capabilities(text=640, account_pace=Pace(20, 10), address_pace=Pace(5, 1), segmented=True)

    def __init__(self, config: SmsConfig) -> None:
        self.config = config
        self.account = config.sender
        self._validator = RequestValidator(config.auth_token)
        self._http: AsyncTwilioHttpClient | None = None
        self._client: Client | None = None

    # --- in ---

    def blueprint(self, gateway: Gateway) -> Blueprint:
        routes = Blueprint("sms")

        @routes.post("/channels/sms")
        async def receive(request: Request) -> HTTPResponse:
            form = self._verified(request)
            try:
                events = parse.message(form, by_twilio=self.config.by_twilio)
            except parse.Malformed as error:
                raise BadRequest(f"missing or wrong: {error}") from None
            await gateway.take(events)
            # The answer follows over the API, when there is one.
            return text("<Response/>", content_type=XML)

        @routes.post("/channels/sms/status")
        async def status(request: Request) -> HTTPResponse:
            form = self._verified(request)
            try:
                events = parse.receipt(form)
            except parse.Malformed as error:
                raise BadRequest(f"missing or wrong: {error}") from None
            await gateway.take(events)
            return text("", 204)

        return routes

    def _verified(self, request: Request) -> dict[str, str]:
        """The request's fields, if Twilio signed them. Raises `Refusal`.

        https://www.twilio.com/docs/usage/security#validating-requests: the signature covers the public
        address with its query and every field, blank ones too.
        """
        if len(request.body) > MAX_BODY:
            raise TooLarge(f"A request has at most {MAX_BODY} bytes.")
        fields: Any = request.get_form(keep_blank_values=True) or {}
        signature = request.headers.get("x-twilio-signature", "")
        url = self.config.public_url + request.raw_url.decode("ascii", "replace")
        try:
            genuine = bool(signature) and self._validator.validate(url, fields, signature)
        except (TypeError, ValueError, UnicodeError):
            genuine = False
        form = {name: values[0] for name, values in fields.items() if values}
        if not genuine or form.get("AccountSid") != self.config.account_sid:
            raise Forbidden("The signature does not fit.")
        return form

    # --- out ---

    async def start(self, gateway: Gateway) -> None:
        self._http = AsyncTwilioHttpClient(logger=_quiet)
        self._client = Client(self.config.account_sid, self.config.auth_token, http_client=self._http)
        self._client.api.base_url = self.config.api_url

    async def stop(self) -> None:
        if self._http:
            await self._http.close()

    async def send(self, message: Outbound, part: Part) -> str | None:
        assert self._client, "started"
        fields: dict[str, Any] = {
            "to": message.address,
            "from_": message.account or self.config.sender,
            "body": plain(part.text),
            "status_callback": f"{self.config.public_url}/channels/sms/status",
        }
        if self.config.messaging_service:
            fields["messaging_service_sid"] = self.config.messaging_service
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sent = await self._client.messages.create_async(**fields)
        except TwilioRestException as error:
            raise _refusal(error) from None
        except aiohttp.ClientConnectorError:
            raise SendError("Twilio can't be reached") from None
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            # There is no key by which Twilio would know a second try again.
            raise SendError(f"no answer from Twilio ({type(error).__name__})", unknown=True) from None
        return str(sent.sid)

    async def signal(self, address: str, what: Literal["seen", "typing"]) -> None:
        """A text message has neither."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
            return await download(
                client,
                attachment.reference,
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


async def check(environment: Mapping[str, str], public_url: str | None) -> list[Finding]:
    """Satisfies `channels.contract.Setup`."""
    try:
        config = configure(environment, public_url)
    except ChannelError as error:
        return [Finding("error", str(error))]
    if config is None:
        return [Finding("off", "SMS: not set up (TWILIO_ACCOUNT_SID and others are not set)")]
    found = []
    if not config.public_url.startswith("https://"):
        found.append(
            Finding("warning", "SMS: PUBLIC_BASE_URL is not https; Twilio should not send texts in the clear")
        )
    account = f"{config.api_url}/2010-04-01/Accounts/{config.account_sid}"
    try:
        async with httpx.AsyncClient(timeout=10, auth=(config.account_sid, config.auth_token)) as client:
            answer = await client.get(f"{account}.json")
            numbers = await client.get(
                f"{account}/IncomingPhoneNumbers.json", params={"PhoneNumber": config.sender}
            )
    except httpx.HTTPError as error:
        return [*found, Finding("error", f"SMS: Twilio can't be reached ({type(error).__name__})")]
    if answer.status_code in (401, 403, 404):
        wrong = "SMS: Twilio knows no such account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        return [*found, Finding("error", wrong)]
    if answer.status_code != 200 or answer.json().get("status") != "active":
        return [*found, Finding("error", "SMS: the Twilio account is not active")]
    listed = numbers.json().get("incoming_phone_numbers", []) if numbers.status_code == 200 else []
    wanted = f"{config.public_url}/channels/sms"
    if not listed:
        found.append(Finding("warning", "SMS: TWILIO_FROM is not among the account's numbers"))
    elif listed[0].get("sms_url") != wanted and not config.messaging_service:
        found.append(Finding("warning", f"SMS: at Twilio, set the number's “A message comes in” to {wanted}"))
    return [*found, Finding("ok", "SMS: the account answers")]


def _refusal(error: TwilioRestException) -> SendError:
    """What becomes of a message that Twilio refused: https://www.twilio.com/docs/api/errors"""
    code = str(error.code or "")
    reason = f"Twilio error {code or error.status}"
    if error.status == 429 or code == "20429":
        return SendError(reason, account=True, retry_after=2.0)
    if error.status in (401, 403) and code in ("20003", "20005", "30002", "") or code == "30002":
        return SendError(reason, account=True)
    if error.status == 503:
        return SendError(reason)
    if error.status >= 500:
        return SendError(reason, unknown=True)
    return SendError(reason, permanent=True, unreachable=code in parse.UNREACHABLE)
