"""SMS over Twilio: webhooks in, REST out. docs/channels/sms.md says how it is set up."""

from typing import Any, Literal

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text
from twilio.request_validator import RequestValidator

from bot.runtime.http.refusals import BadRequest, Forbidden, TooLarge
from channels.contract import (
    Attachment,
    Gateway,
    Outbound,
)
from channels.sms import parse
from channels.sms.api import Twilio
from channels.sms.config import SmsConfig
from channels.splitting import Capabilities, Pace, Part

MAX_BODY = 64 * 1024  # bytes of a webhook
XML = "text/xml; charset=utf-8"


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
        self._twilio: Twilio | None = None

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
        self._twilio = Twilio(self.config)

    async def stop(self) -> None:
        if self._twilio:
            await self._twilio.close()

    async def send(self, message: Outbound, part: Part) -> str | None:
        assert self._twilio, "started"
        return await self._twilio.send(message.account or self.config.sender, message.address, part.text)

    async def signal(self, address: str, what: Literal["seen", "typing"]) -> None:
        """A text message has neither."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        assert self._twilio, "started"
        return await self._twilio.fetch(attachment.reference, limit)
