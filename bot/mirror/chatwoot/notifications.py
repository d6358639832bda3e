"""`POST /desk/chatwoot/<secret>`: Chatwoot says that something has happened.

It is only a hint of which conversation to look at: what happened is asked of Chatwoot itself. A forged or
repeated one costs a look, and one that is lost is made good by the next look.
"""

import hmac
import time
from collections.abc import Awaitable, Callable

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from bot.mirror.chatwoot import payloads
from bot.mirror.chatwoot.account import ChatwootConfig
from bot.runtime import log
from bot.runtime.http import json_bodies
from bot.runtime.http.refusals import NotFound, Unauthorized

MAX_BODY = 512 * 1024  # bytes

_log = log.get("chatwoot")


def blueprint(config: ChatwootConfig, woken: Callable[[str], Awaitable[bool]]) -> Blueprint:
    """The route. `woken` notes that a conversation is to be looked at, and says whether it is known."""
    routes = Blueprint("chatwoot")

    @routes.post("/desk/chatwoot/<secret:str>")
    async def hear(request: Request, secret: str) -> HTTPResponse:
        if not hmac.compare_digest(secret.encode("utf-8", "replace"), config.webhook_secret.encode()):
            raise NotFound("There is nothing at this address.")
        signing = config.signing_secret
        if signing and not payloads.is_signed(signing, request.headers, request.body, time.time()):
            _log.warning("webhook_not_signed")
            raise Unauthorized("The signature is missing, wrong or too old.")
        payload = json_bodies.parse_object(request.body, MAX_BODY)
        hint = payloads.hint(payload, config.account_id, config.inbox_id)
        if hint is None:
            return json_response({"status": "ignored"})
        if await woken(hint.conversation_id):
            return json_response({"status": "noted"})
        if hint.answer:
            # Chatwoot shows the agent that this message didn't go out: there is no customer behind it.
            raise NotFound("This conversation did not begin here.")
        return json_response({"status": "ignored"})

    return routes
