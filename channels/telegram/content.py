"""What a Telegram message holds: text, attachments and perhaps a proof. Pure, and safe with any JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import phonenumbers

from channels.contract import Attachment, AttachmentKind, Proof, ProofBy
from channels.payloads import integer, mapping, place, text_of

# Field: kind. An animation comes as a document too, so it stands before that.
_FILES = {
    "animation": AttachmentKind.VIDEO,
    "document": AttachmentKind.FILE,
    "voice": AttachmentKind.VOICE,
    "audio": AttachmentKind.AUDIO,
    "video": AttachmentKind.VIDEO,
    "video_note": AttachmentKind.VIDEO,
}


# What customers send beside words; of what isn't read here nothing but that it came is known.
_SENT = (
    *_FILES,
    *("contact", "location", "venue", "sticker", "dice", "photo", "poll", "story", "game", "paid_media"),
    *("checklist", "invoice", "giveaway"),
)


@dataclass(frozen=True, slots=True)
class Content:
    """`something`: the customer sent something beside words, whether it can be shown or not."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    proof: Proof | None = None
    something: bool = False


def read_content(message: Mapping[str, Any], sender_id: int | None) -> Content:
    """What the customer `sender_id` says with a message."""
    return replace(_read(message, sender_id), something=any(kind in message for kind in _SENT))


def _read(message: Mapping[str, Any], sender_id: int | None) -> Content:
    if text := text_of(message, "text"):
        return Content(text)
    caption = text_of(message, "caption")
    if contact := mapping(message, "contact"):
        return _contact(message, contact, sender_id)
    if location := _place(message):
        return Content(caption, (location,))
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


def _file(file: Mapping[str, Any], kind: AttachmentKind) -> tuple[Attachment, ...]:
    reference = text_of(file, "file_id", 1000)
    if not reference:
        return ()
    name = text_of(file, "file_name", 200) or text_of(file, "title", 200)
    media_type, size = text_of(file, "mime_type", 100), integer(file, "file_size")
    return (Attachment(kind, reference, name, media_type, size),)


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
    found = place(location.get("latitude"), location.get("longitude"))
    if found is None:
        return None
    name = ", ".join(filter(None, (text_of(venue, "title", 100), text_of(venue, "address", 100))))
    return Attachment(AttachmentKind.LOCATION, found, name)


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
