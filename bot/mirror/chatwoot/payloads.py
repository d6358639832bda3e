"""What Chatwoot's API and webhooks say, as our desk's contract: pure functions that take anything."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bot.mirror.external import Remark
from store.core.cleaning import clean, clean_line
from store.vocabulary import MirrorStatus

OUTGOING = (1, "outgoing")
MARK = "aftercare"  # the custom attribute by which we know our conversations: contacts may be merged
MAX_AGE = 300  # seconds that a signature is good for
MAX_NAME = 60  # characters of an agent's name
MAX_LINKS = 15
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook is about. `answer`: something was written to a customer, by whomever."""

    conversation_id: str
    answer: bool


def hint(payload: Any, account_id: int, inbox_id: int) -> Hint | None:
    """What a webhook's payload says of a conversation in our inbox; None if it is of no interest."""
    if not isinstance(payload, dict):
        return None
    kind = payload.get("event")
    answer = kind == "message_created"
    if answer:
        # What the customer wrote, and notes, came from us or don't concern us. Neither do later changes.
        if payload.get("message_type") not in OUTGOING or payload.get("private") is True:
            return None
        conversation = payload.get("conversation")
        inbox = _object(payload.get("inbox")).get("id")
    elif kind in ("conversation_status_changed", "conversation_updated"):
        conversation, inbox = payload, None
    else:
        return None
    conversation = _object(conversation)
    account = _object(payload.get("account")).get("id", account_id)
    inbox = conversation.get("inbox_id") if inbox is None else inbox
    found = number(conversation.get("id"))
    if found is None or number(account) != account_id or number(inbox) != inbox_id:
        return None
    return Hint(str(found), answer)


def remark(message: Any) -> Remark | None:
    """A message of a conversation's list; None if it isn't one."""
    if not isinstance(message, dict) or (found := number(message.get("id"))) is None:
        return None
    key, sender = message.get("source_id"), _object(message.get("sender"))
    attributes = _object(message.get("content_attributes"))
    by_person = (
        message.get("message_type") in OUTGOING
        and message.get("private") is not True
        and not (isinstance(key, str) and key)
        # Assistants and rules of Chatwoot's own would talk over people, or over our bot.
        and sender.get("type") == "user"
        and not attributes.get("automation_rule_id")
        and not attributes.get("deleted")
    )
    return Remark(
        found,
        key if isinstance(key, str) and key else None,
        _name(sender) if by_person else None,
        _text(message) if by_person else "",
        _instant(message.get("created_at")),
        message.get("status") == "failed",
    )


def is_of(conversation: Any, inbox_id: int, identifier: str) -> bool:
    """Whether a conversation of our inbox is a customer's: at another Chatwoot its number is another's."""
    found = _object(conversation)
    mark = _object(found.get("custom_attributes")).get(MARK)
    if not isinstance(mark, str):
        mark = _object(_object(found.get("meta")).get("sender")).get("identifier")
    return number(found.get("inbox_id")) == inbox_id and mark in (None, identifier)


def status(conversation: Any) -> MirrorStatus:
    """A conversation's status; one that is put off is open: people will come back to it."""
    value = _object(conversation).get("status")
    return MirrorStatus(value) if value in tuple(MirrorStatus) else MirrorStatus.OPEN


def is_signed(
    secret: str, headers: Mapping[str, str], body: bytes, now: float, most: float = MAX_AGE
) -> bool:
    """Whether Chatwoot signed a webhook with `secret`, not longer ago than `most` seconds: the signature is
    the HMAC-SHA256 of "<timestamp>.<body>"."""
    timestamp = headers.get("x-chatwoot-timestamp", "")
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII) or abs(now - int(timestamp)) > most:
        return False
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = headers.get("x-chatwoot-signature", "")
    return hmac.compare_digest(f"sha256={signed}".encode(), given.encode("utf-8", "replace"))


def number(value: Any) -> int | None:
    """An id, if it is one."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,19}", value, re.ASCII):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_ID:
        return value
    return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _name(sender: dict[str, Any]) -> str:
    for value in (sender.get("available_name"), sender.get("name")):
        if isinstance(value, str) and (name := clean_line(value, MAX_NAME)):
            return name
    return "Chatwoot"


def _text(message: dict[str, Any]) -> str:
    """What a message says, with links to its files."""
    content = message.get("content")
    lines = [clean(content)] if isinstance(content, str) else []
    files = message.get("attachments")
    for one in files[:MAX_LINKS] if isinstance(files, list) else []:
        link = _object(one).get("data_url")
        if isinstance(link, str) and _is_link(link):
            lines.append(link)
    return "\n".join(line for line in lines if line)


def _is_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.netloc)
        and len(link) <= 2000
        and link.isascii()
        and " " not in link
        and link.isprintable()
    )


def _instant(value: Any) -> datetime:
    """A moment in seconds since 1970; anything else counts as long ago."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 4e9:
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromtimestamp(0, UTC)
