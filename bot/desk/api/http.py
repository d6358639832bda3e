"""What all routes of the desk have in common: errors, headers, and the reading of bodies."""

import json
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import PayloadTooLarge
from sanic.response import json as json_response

from bot.desk.errors import DeskError

MAX_BODY = 64 * 1024  # bytes

# Answers of the desk stay out of caches, and nobody shows its pages in a frame of theirs.
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}


def blueprint(name: str) -> Blueprint:
    """A blueprint below /desk that renders `DeskError` and gives every answer the desk's headers; a page
    that needs another Content-Security-Policy sets its own."""
    routes = Blueprint(name, url_prefix="/desk", strict_slashes=True)

    async def refuse(_request: Request, error: DeskError) -> HTTPResponse:
        return json_response(error.body(), error.status, headers=error.headers())

    async def refuse_size(request: Request, _error: PayloadTooLarge) -> HTTPResponse:
        return await refuse(request, DeskError(413, "too_large", "The request is too large."))

    async def protect(_request: Request, response: HTTPResponse) -> None:
        for header, value in HEADERS.items():
            response.headers.setdefault(header, value)

    routes.exception(DeskError)(refuse)
    routes.exception(PayloadTooLarge)(refuse_size)
    routes.middleware(protect, "response")
    return routes


def empty() -> HTTPResponse:
    """204: done, and nothing to say."""
    return HTTPResponse(status=204)


def body(request: Request, *known: str) -> dict[str, Any]:
    """The JSON object in a request's body, which has none but the `known` fields. Raises `DeskError`."""
    if len(request.body) > MAX_BODY:
        raise DeskError(413, "too_large", f"A request has at most {MAX_BODY} bytes.")
    # A form on another site can't send this type unasked.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise DeskError(415, "bad_request", "Send JSON, with Content-Type: application/json.")
    try:
        fields = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise DeskError(400, "bad_request", "The body must be a JSON object in UTF-8.") from None
    if not isinstance(fields, dict):
        raise DeskError(400, "bad_request", "The body must be a JSON object.")
    unknown = sorted(set(fields) - set(known))
    if unknown:
        name = "".join(c if c.isprintable() else "?" for c in unknown[0][:40])
        raise DeskError(400, "bad_request", f"Unknown field {name!r}: send {', '.join(known) or 'none'}.")
    return fields
