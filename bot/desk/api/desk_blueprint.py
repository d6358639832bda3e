"""What all routes of the desk have in common: headers, and how what a request says is read."""

from collections.abc import Mapping
from typing import Any

from sanic import Blueprint, HTTPResponse, Request

from bot.desk.api.field_types import MAX_ID
from bot.runtime.http import json_bodies, request_models
from bot.runtime.http.refusals import NoSuch, UnsupportedMediaType
from bot.runtime.http.request_models import Model, RequestModel

MAX_BODY = 64 * 1024  # bytes

# Answers of the desk stay out of caches, and nobody shows its pages in a frame of theirs.
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}


class _Nothing(RequestModel):
    """A body without fields."""


def blueprint(name: str) -> Blueprint:
    """A blueprint below /desk that gives every answer the desk's headers; a page that needs another
    Content-Security-Policy sets its own."""
    routes = Blueprint(name, url_prefix="/desk", strict_slashes=True)

    async def protect(_request: Request, response: HTTPResponse) -> None:
        for header, value in HEADERS.items():
            response.headers.setdefault(header, value)

    routes.middleware(protect, "response")
    return routes


def no_content() -> HTTPResponse:
    """204: done, and nothing to say."""
    return HTTPResponse(status=204)


def body(request: Request, model: type[Model], context: Mapping[str, Any] | None = None) -> Model:
    """What the JSON object in a request's body says. Raises `Refusal`."""
    # A form on another site can't send this type unasked.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
    return request_models.read(model, json_bodies.parse_object(request.body, MAX_BODY), context)


def no_body(request: Request) -> None:
    """A body without fields, or none. Raises `Refusal`."""
    if request.body:
        body(request, _Nothing)


def query(request: Request, model: type[Model]) -> Model:
    """What stands behind the ? of a request's address. Raises `BadRequest`."""
    return request_models.read_query(model, request.args)


def row_id(text: str, what: str = "conversation") -> int:
    """A row's id out of the address. Raises `NotFound`: what can't be one is not there."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and 0 < int(text) <= MAX_ID):
        raise NoSuch(what)
    return int(text)
