"""What a browser posts, parsed: a pure function from a request's body to an `Inbound`."""

import json
import re
import unicodedata
from typing import Any

from channels.contract import MAX_TEXT, Inbound
from channels.web.errors import BadRequest, TooLarge

# A text of MAX_TEXT characters fits even if each one is written as two \uXXXX escapes.
MAX_BODY = 64 * 1024
MAX_SEQ = 2**31 - 1

_FIELDS = {"client_msg_id", "text", "press", "language"}
_CLIENT_MSG_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PRESS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}")


def parse(visitor: str, account: str, body: bytes, language: str | None) -> Inbound:
    """The message in `body`. `language` is used when the body names none. Raises `BadRequest`."""
    fields = body_object(body)
    unknown = sorted(set(fields) - _FIELDS)
    if unknown:
        raise BadRequest(
            f"Unknown field {unknown[0][:40]!r}: send client_msg_id, language, and text or press."
        )
    client_msg_id = fields.get("client_msg_id")
    if not isinstance(client_msg_id, str) or not _CLIENT_MSG_ID.fullmatch(client_msg_id):
        raise BadRequest("client_msg_id must be 8 to 64 characters of A-Z, a-z, 0-9, _ and -.")
    if ("text" in fields) == ("press" in fields):
        raise BadRequest("Send either text or press, and not both.")
    press = fields.get("press")
    if "press" in fields and not (isinstance(press, str) and _PRESS.fullmatch(press)):
        raise BadRequest("press must be the token of a button.")
    if "language" in fields and not isinstance(fields["language"], str):
        raise BadRequest('language must be a tag such as "en".')
    return Inbound(
        channel="web",
        account=account,
        external_id=f"{visitor}:{client_msg_id}",
        address=visitor,
        text=_text(fields["text"]) if "text" in fields else "",
        press=press,
        language=primary_language(fields.get("language")) or language,
    )


def primary_language(tags: str | None) -> str | None:
    """The first language of an `Accept-Language` header or a tag: "pt" for "pt-BR,pt;q=0.9"."""
    match = _LANGUAGE.match((tags or "").strip())
    rest = (tags or "").strip()[match.end() :] if match else ""
    return match.group().lower() if match and (not rest or rest[0] in "-_,; ") else None


def parse_seq(value: str | None) -> int:
    """A place in the transcript out of a query or header; none is 0. Raises `BadRequest`."""
    if not value:
        return 0
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= MAX_SEQ):
        raise BadRequest("after must be a seq: a whole number from 0.")
    return int(value)


def body_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body. Raises `BadRequest`."""
    if len(body) > MAX_BODY:
        raise TooLarge(f"A request has at most {MAX_BODY} bytes.")
    try:
        fields = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body must be a JSON object in UTF-8.") from error
    if not isinstance(fields, dict):
        raise BadRequest("The body must be a JSON object.")
    return fields


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadRequest("text must be a string.")
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    # Control characters and lone surrogates: a database refuses some of them, and none is text.
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    # Zero-width characters alone are as blank as spaces to who reads them.
    if all(unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cc", "Cf") for c in text):
        raise BadRequest("text must not be blank.")
    if len(text) > MAX_TEXT:
        raise TooLarge(f"text has at most {MAX_TEXT} characters.")
    return text
