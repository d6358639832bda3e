"""What a page's webhooks tell of comments: a pure function that takes whatever body comes and never fails.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page/ names the fields of `feed`. A
conversation is one person's part of a thread: its address is the thread's first comment and the author.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels import content
from channels.contract import Attachment, AttachmentKind, Edit, Event, Inbound, now
from channels.meta.values import id_of, moment
from channels.provider_values import items, mapping, text_of

CHANNEL = "facebook"
MAX_URL = 4000
# Both stand in addresses of the API.
_COMMENT = re.compile(r"[0-9]{1,40}(?:_[0-9]{1,40}){0,2}")
_PERSON = re.compile(r"[0-9A-Za-z]{1,40}")
_WEB = re.compile(r"https?://[^\s]+")
_MEDIA = (("photo", AttachmentKind.IMAGE), ("video", AttachmentKind.VIDEO))


def parse(body: bytes, page_id: str) -> list[Event]:
    """The comments in a webhook's body for a page, but the page's own."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(request, Mapping) or request.get("object") != "page":
        return []
    found: list[Event] = []
    for entry in items(request, "entry"):
        if id_of(entry, "id") != page_id:
            continue
        told_at = _past(entry.get("time"))
        for change in items(entry, "changes"):
            if change.get("field") == "feed":
                found += _comment(mapping(change, "value"), page_id, told_at)
    return found


def thread_of(address: str) -> str:
    """The thread's first comment out of a conversation's address."""
    return address.partition(":")[0]


def _comment(value: Mapping[str, Any], page_id: str, told_at: datetime) -> list[Event]:
    comment, author = id_of(value, "comment_id"), id_of(mapping(value, "from"), "id")
    if value.get("item") != "comment" or author == page_id:
        return []
    # Without an author it could be the page's own answer, which would be answered for ever.
    if not _COMMENT.fullmatch(comment) or not _PERSON.fullmatch(author):
        return []
    address = f"{_thread(value, comment)}:{author}"
    match value.get("verb"):
        case "add":
            return list(_said(value, page_id, comment, address, _past(value.get("created_time"))))
        case "edited":
            # One that is not known yet (its first notice is late, or was before our time) is new with these
            # words; for one that is known the first event changes nothing.
            said = _said(value, page_id, comment, address, told_at)
            return [*said, *(Edit(CHANNEL, page_id, address, comment, one.text, told_at) for one in said)]
        case "remove":
            # What is gone stays gone, also beside an edit of the same second.
            gone_at = told_at + timedelta(seconds=1)
            return [Edit(CHANNEL, page_id, address, comment, content.REMOVED, gone_at)]
    return []


def _said(
    value: Mapping[str, Any], page_id: str, comment: str, address: str, at: datetime
) -> tuple[Inbound, ...]:
    said = Inbound(
        channel=CHANNEL,
        account=page_id,
        external_id=comment,
        address=address,
        text=text_of(value, "message"),
        attachments=tuple(_media(value)),
        at=at,
    )
    # A sticker, or a picture that isn't told: somebody did say something.
    return content.answerable(said, something=True)


def _thread(value: Mapping[str, Any], comment: str) -> str:
    """The first comment of the thread: the one that is answered, if this one isn't on the post itself."""
    parent, post = id_of(value, "parent_id"), id_of(value, "post_id")
    on_post = not parent or parent == post or post.endswith(f"_{parent}")
    return comment if on_post or not _COMMENT.fullmatch(parent) else parent


def _media(value: Mapping[str, Any]) -> list[Attachment]:
    found = []
    for name, kind in _MEDIA:
        url = text_of(value, name, MAX_URL + 1)
        if _WEB.fullmatch(url) and len(url) <= MAX_URL:
            found.append(Attachment(kind, url))
    return found


def _past(value: object) -> datetime:
    """When something happened, by Meta's clock, which tells seconds here; never later than now."""
    at, present = moment(value), now()
    return min(at, present) if at else present
