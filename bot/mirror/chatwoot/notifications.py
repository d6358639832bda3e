"""`POST /desk/chatwoot/<secret>`: Chatwoot says that something has happened.

It is only a hint of which conversation to look at: what happened is asked of Chatwoot itself. A forged or
repeated one costs a look, and one that is lost is made good by the next look.
"""

import hmac
import json
import time
from collections.abc import Awaitable, Callable

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import PayloadTooLarge
from sanic.response import json as json_response

from bot.mirror.chatwoot import payloads
from bot.mirror.chatwoot.account import ChatwootConfig
from bot.runtime import log

MAX_BODY = 512 * 1024  # bytes

_log = log.get("chatwoot")


def blueprint(config: ChatwootConfig, woken: Callable[[str], Awaitable[bool]]) -> Blueprint:
    """The route. `woken` notes that a conversation is to be looked at, and says whether it is known."""
    routes = Blueprint("chatwoot")

    async def refuse_size(_request: Request, _error: PayloadTooLarge) -> HTTPResponse:
        return json_response({"error": "too large"}, 413)

    routes.exception(PayloadTooLarge)(refuse_size)

    @routes.post("/desk/chatwoot/<secret:str>")
    async def hear(request: Request, secret: str) -> HTTPResponse:
        if not hmac.compare_digest(secret.encode("utf-8", "replace"), config.webhook_secret.encode()):
            return json_response({"error": "there is nothing here"}, 404)
        if len(request.body) > MAX_BODY:
            return json_response({"error": "too large"}, 413)
        signing = config.signing_secret
        if signing and not payloads.is_signed(signing, request.headers, request.body, time.time()):
            _log.warning("webhook_not_signed")
            return json_response({"error": "the signature is missing, wrong or too old"}, 401)
        try:
            payload = json.loads(request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            return json_response({"error": "the body must be a JSON object"}, 400)
        if not isinstance(payload, dict):
            return json_response({"error": "the body must be a JSON object"}, 400)
        hint = payloads.hint(payload, config.account_id, config.inbox_id)
        if hint is None:
            return json_response({"status": "ignored"})
        if await woken(hint.conversation_id):
            return json_response({"status": "noted"})
        if hint.answer:
            # Chatwoot shows the agent that this message didn't go out: there is no customer behind it.
            return json_response({"error": "this conversation did not begin here"}, 404)
        return json_response({"status": "ignored"})

    return routes
