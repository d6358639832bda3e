"""JSON in the bodies of requests: bounded, in UTF-8, and unambiguous."""

import json
import re
from typing import Any

from bot.runtime.http.refusals import BadRequest, TooLarge


def parse(body: bytes, limit: int, *, code: str = "bad_request") -> Any:
    """The value in a body of at most `limit` bytes, in which no object has a field twice. Raises `TooLarge`,
    and `BadRequest` with this `code` for what is no JSON."""
    if len(body) > limit:
        raise TooLarge(f"A request has at most {limit} bytes.")
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        what = f"{error.msg}, line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError:
        what = "it is not in UTF-8"
    except _Ambiguous as error:
        what = str(error)
    except ValueError:
        what = "a number has too many digits"
    except RecursionError:
        what = "it is nested too deep"
    raise BadRequest(f"The body must be a JSON object: {what}.", code=code)


def parse_object(body: bytes, limit: int) -> dict[str, Any]:
    """`parse` of an object. Raises `BadRequest`."""
    value = parse(body, limit)
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def shown(field: str) -> str:
    """A field's name as it may be shown: it is the sender's text and may be anything."""
    return re.sub(r"[^\w.-]", "?", field)[:40]


class _Ambiguous(ValueError):
    """What Python's parser takes though it isn't clear, or no JSON."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Ambiguous(f"the field {shown(name)!r} stands twice")
        found[name] = value
    return found


def _no_number(text: str) -> Any:
    raise _Ambiguous(f"{text} is no number of JSON")
