"""What is in a Messenger message: its words and its attachments, out of whatever JSON comes."""

import re
from collections.abc import Mapping
from typing import Any

from channels.contract import Attachment, AttachmentKind
from channels.meta.values import id_of
from channels.provider_values import items, mapping, place, text_of

MAX_ATTACHMENTS = 20
_MAX_URL = 4000
_FETCHED = {
    "image": AttachmentKind.IMAGE,
    "audio": AttachmentKind.AUDIO,
    "video": AttachmentKind.VIDEO,
    "file": AttachmentKind.FILE,
}
# The thumb beside the composer, in three sizes: https://github.com/restfb/restfb/issues/666
_THUMBS = frozenset({"369239263222822", "369239343222814", "369239383222810"})
_WEB = re.compile(r"https?://[^\s]+")


def read_content(message: Mapping[str, Any]) -> tuple[str, tuple[Attachment, ...], bool]:
    """A message's text and attachments, and whether something was sent, shown or not."""
    text = text_of(message, "text")
    found: dict[str, Attachment] = {}
    something = message.get("is_unsupported") is True
    for part in items(message, "attachments"):
        something = True
        if id_of(mapping(part, "payload"), "sticker_id") in _THUMBS:
            text = text or "👍"
        elif one := _attachment(part):
            # A sticker may come twice, as a sticker and as an image.
            found.setdefault(one.reference, one)
    if id_of(message, "sticker_id") in _THUMBS:
        text, found = text or "👍", {}
    return text, tuple(found.values())[:MAX_ATTACHMENTS], something


def _attachment(part: Mapping[str, Any]) -> Attachment | None:
    kind, payload = part.get("type"), mapping(part, "payload")
    name = text_of(part, "title", 200) or text_of(payload, "title", 200)
    if kind == "location":
        at = mapping(payload, "coordinates")
        found = place(at.get("lat"), at.get("long"))
        return Attachment(AttachmentKind.LOCATION, found, name) if found else None
    url = text_of(payload, "url", _MAX_URL + 1) or text_of(part, "url", _MAX_URL + 1)
    if not _WEB.fullmatch(url) or len(url) > _MAX_URL:
        return None
    if kind == "sticker":
        return Attachment(AttachmentKind.IMAGE, url)
    # Reels, posts, shared pages and whatever comes next are something to open.
    fetched = _FETCHED.get(kind, AttachmentKind.LINK) if isinstance(kind, str) else AttachmentKind.LINK
    return Attachment(fetched, url, name)
