"""What a Telegram message holds: text, attachments and perhaps a proof. Pure, and safe with any JSON."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers

from channels.contract import Attachment, AttachmentKind, Proof, ProofBy

MAX_CLEANED = 8000  # characters that are looked at; more than any field of Telegram's has
MAX_SIZE = 2**31 - 1  # bytes; Telegram's files may be larger, the store's numbers not

# Field: kind. An animation comes as a document too, so it stands before that.
_FILES = {
    "animation": AttachmentKind.VIDEO,
    "document": AttachmentKind.FILE,
    "voice": AttachmentKind.VOICE,
    "audio": AttachmentKind.AUDIO,
    "video": AttachmentKind.VIDEO,
    "video_note": AttachmentKind.VIDEO,
}


@dataclass(frozen=True, slots=True)
class Content:
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    proof: Proof | None = None


def read_content(message: Mapping[str, Any], sender_id: int | None) -> Content:
    """What the customer `sender_id` says with a message; nothing, if it is a kind we can't read."""
    if text := text_of(message, "text"):
        return Content(text)
    caption = text_of(message, "caption")
    if contact := mapping(message, "contact"):
        return _contact(message, contact, sender_id)
    if place := _place(message):
        return Content(caption, (place,))
    if sticker := mapping(message, "sticker"):
        emoji = text_of(sticker, "emoji", 16)
        return Content(emoji) if emoji else Content("", _file(sticker, AttachmentKind.IMAGE))
    if dice := mapping(message, "dice"):
        return Content(text_of(dice, "emoji", 16))
    if photo := _largest(message.get("photo")):
        return Content(caption, _file(photo, AttachmentKind.IMAGE))
    for name, kind in _FILES.items():
        if file := mapping(message, name):
            pictured = name == "document" and text_of(file, "mime_type", 100).startswith("image/")
            return Content(caption, _file(file, AttachmentKind.IMAGE if pictured else kind))
    return Content(caption)


# --- pieces --------------------------------------------------------------------------------------


def mapping(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under a name; an empty one if there is none."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def integer(holder: Mapping[str, Any], name: str) -> int | None:
    """The 64-bit number under a name."""
    value = holder.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        return None
    return value


def text_of(holder: Mapping[str, Any], name: str, size: int = MAX_CLEANED) -> str:
    """The text under a name, cleaned; empty if there is none."""
    return clean(holder.get(name), size)


def clean(value: object, size: int = MAX_CLEANED) -> str:
    """A text without what no database takes or nobody sees: control characters, lone surrogates, and
    nothing but zero-width signs."""
    if not isinstance(value, str):
        return ""
    text = value[:size].replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    blank = all(unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cc", "Cf") for c in text)
    return "" if blank else text


def _file(file: Mapping[str, Any], kind: AttachmentKind) -> tuple[Attachment, ...]:
    reference = text_of(file, "file_id", 1000)
    if not reference:
        return ()
    size = integer(file, "file_size")
    name = text_of(file, "file_name", 200) or text_of(file, "title", 200)
    return (
        Attachment(
            kind,
            reference,
            name.replace("\n", " "),
            text_of(file, "mime_type", 100),
            min(size, MAX_SIZE) if size is not None and size >= 0 else None,
        ),
    )


def _largest(photo: object) -> Mapping[str, Any]:
    """Of the sizes of a photo, the one with the most pixels."""
    sizes = [one for one in photo if isinstance(one, dict)] if isinstance(photo, list) else []
    return max(
        sizes, key=lambda one: (integer(one, "width") or 0) * (integer(one, "height") or 0), default={}
    )


def _place(message: Mapping[str, Any]) -> Attachment | None:
    """A location, or a venue, which has a name and an address too."""
    venue = mapping(message, "venue")
    location = mapping(venue, "location") or mapping(message, "location")
    latitude, longitude = (location.get(name) for name in ("latitude", "longitude"))
    if not (_is_degree(latitude) and _is_degree(longitude)):
        return None
    name = ", ".join(filter(None, (text_of(venue, "title", 100), text_of(venue, "address", 100))))
    return Attachment(AttachmentKind.LOCATION, f"{latitude},{longitude}", name)


def _is_degree(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= 180
    )


def _contact(message: Mapping[str, Any], contact: Mapping[str, Any], sender_id: int | None) -> Content:
    """A contact. If it is the sender's own, as Telegram says, their phone is proven, and it answers the
    question for it."""
    phone = text_of(contact, "phone_number", 40)
    names = (text_of(contact, "first_name", 100), text_of(contact, "last_name", 100))
    reference = ", ".join(filter(None, (" ".join(filter(None, names)), phone)))
    if not reference:
        return Content()
    attachments = (Attachment(AttachmentKind.CONTACT, reference),)
    own = sender_id is not None and integer(contact, "user_id") == sender_id
    forwarded = "forward_origin" in message or "via_bot" in message
    proven = _e164(phone) if own and not forwarded else None
    if proven is None:
        return Content("", attachments)
    return Content(proven, attachments, Proof(proven, ProofBy.PROVIDER))


def _e164(phone: str) -> str | None:
    """The phone, if it is spelled as Telegram spells users' own: digits, perhaps after a plus. `user_id` is
    Telegram's word, the spelling of the phone the sender's: Telegram compares it after a clean-up of its own,
    so what we would have to clean up too proves nothing."""
    if not re.fullmatch(r"\+?[1-9][0-9]{6,14}", phone):
        return None
    spelled = f"+{phone.removeprefix('+')}"
    try:
        number = phonenumbers.parse(spelled, None)
    except phonenumbers.NumberParseException:
        return None
    e164: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if phonenumbers.is_possible_number(number) and e164 == spelled else None
