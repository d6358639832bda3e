"""What requests about conversations ask for, checked; functions raise `DeskError` naming the field."""

import re
from typing import Any

from sanic import Request

from bot.desk.answers import MAX_TEXT
from bot.desk.api import fields, http
from bot.desk.errors import bad_request, not_found
from store.desk.lists import Filter, View

MAX_ID = 2**53 - 1

_CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,20}")


def number(text: str, what: str = "conversation") -> int:
    """A row's id from the address. Raises `DeskError`: what can't be one is not found."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and 0 < int(text) <= MAX_ID):
        raise not_found(what)
    return int(text)


def words_in(given: dict[str, Any], required: bool = True, most: int = MAX_TEXT) -> str:
    """The field `text`, without space around it; "" if it may be left out and is."""
    value = given.get("text")
    if value is None and not required:
        return ""
    plain = value.replace("\0", "").strip() if isinstance(value, str) else ""
    try:
        plain.encode()
    except UnicodeEncodeError:  # half of a character
        plain = ""
    if (not plain and (required or value)) or len(plain) > most or not isinstance(value, str):
        raise bad_request("text", f"write 1 to {most} characters.")
    return plain


def empty(request: Request) -> None:
    """A body without fields, or none."""
    if request.body:
        http.body(request)


def client_id(given: dict[str, Any]) -> str:
    """The name that a client gives its request."""
    value = given.get("client_msg_id")
    if not isinstance(value, str) or not _CLIENT_ID.fullmatch(value):
        raise bad_request("client_msg_id", "write 1 to 80 letters, digits or any of . _ : -")
    return value


def seq(request: Request, field: str) -> int | None:
    """A message's number in the address."""
    value = request.args.get(field)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise bad_request(field, "write a message's number.")
    return int(value)


def wanted(request: Request, agent_id: int) -> tuple[Filter, str | None]:
    """What a list shall show, and after what."""
    given = {name: request.args.get(name) for name in ("channel", "language", "agent", "q", "after")}
    view = fields.choice({"view": request.args.get("view", View.QUEUE)}, "view", tuple(View))
    for name in ("channel", "language"):
        if given[name] and not _WORD.fullmatch(str(given[name])):
            raise bad_request(name, "write one word.")
    text = (given["q"] or "").replace("\0", "").strip()
    if len(text) > 100:
        raise bad_request("q", "write at most 100 characters.")
    of = fields.query_number(given["agent"] or None, "agent", None, MAX_ID)
    shown = Filter(view, agent_id, given["channel"] or None, given["language"] or None, of, text or None)
    return shown, given["after"] or None
