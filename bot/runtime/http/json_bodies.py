"""JSON in the bodies of requests: bounded, in UTF-8, and unambiguous."""

from typing import Any

from bot.runtime.http.refusals import BadRequest, TooLarge
from store.core import strict_json
from store.core.strict_json import NotJson


def parse(body: bytes, limit: int, *, code: str = "bad_request") -> Any:
    """The value in a body of at most `limit` bytes, in which no object has a field twice. Raises `TooLarge`,
    and `BadRequest` with this `code` for what is no JSON."""
    if len(body) > limit:
        raise TooLarge(f"A request has at most {limit} bytes.")
    try:
        return strict_json.parse(body)
    except NotJson as error:
        raise BadRequest(f"The body must be a JSON object: {error}.", code=code) from None


def parse_object(body: bytes, limit: int) -> dict[str, Any]:
    """`parse` of an object. Raises `BadRequest`."""
    value = parse(body, limit)
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value
