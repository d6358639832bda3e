"""What Telegram's updates are read as: one file for each kind, and any JSON at all."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.content import CLIP
from channels.contract import (
    AccountRefused,
    Attachment,
    AttachmentKind,
    Command,
    CommandName,
    Edit,
    Event,
    Inbound,
    Proof,
    ProofBy,
    Reachability,
    ReadUpTo,
    Receipt,
)
from channels.telegram.parse import Chosen, Parsed, parse

FOLDER = Path(__file__).parent / "fixtures"
ACCOUNT = "7000000001"
AT = datetime(2025, 11, 22, 9, 30, tzinfo=UTC)
NO = "tokNo00000000000000001"
LARGE = Attachment(AttachmentKind.IMAGE, "AgAClarge", size=96000)

FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def said(text: str = "", *attachments: Attachment, **more: Any) -> dict[str, Any]:
    return {"text": text, "attachments": attachments, **more}


# What each file's customer said; all else of the message is the same in all of them.
MESSAGES: dict[str, dict[str, Any]] = {
    "text": said("Kur mano užsakymas 10234? 📦"),
    "text_reply": said("this one"),
    "text_forwarded": said("Your order was sent"),
    "text_entities": said("see https://shop.example/10234"),
    "command_start": said("/start", command=Command(CommandName.BEGIN)),
    "command_start_order": said("/start order-10234", command=Command(CommandName.ORDER, "10234")),
    "command_start_unknown": said("/start spring_sale", command=Command(CommandName.BEGIN)),
    "command_start_named": said("/start order-LC-20417", command=Command(CommandName.ORDER, "LC-20417")),
    "command_help": said("/help", command=Command(CommandName.HELP)),
    "command_language": said("/language lt"),
    "command_other": said("/track 10234"),
    "poll": said(CLIP),
    "story": said(CLIP),
    "photo": said("", LARGE),
    "photo_caption": said("It came broken", LARGE),
    "album_first": said("Both are broken", LARGE),
    "album_second": said("", LARGE, message_id="5001:42"),
    "document": said("", Attachment(AttachmentKind.FILE, "BQACdoc", "invoice.pdf", "application/pdf", 51234)),
    "document_image": said(
        "look", Attachment(AttachmentKind.IMAGE, "BQACpng", "damage.png", "image/png", 812345)
    ),
    "voice": said("", Attachment(AttachmentKind.VOICE, "AwACvoice", "", "audio/ogg", 15000)),
    "audio": said("", Attachment(AttachmentKind.AUDIO, "CQACaudio", "Squeak", "audio/mpeg", 3500000)),
    "video": said(
        "it does not close", Attachment(AttachmentKind.VIDEO, "BAACvideo", "door.mp4", "video/mp4", 2400000)
    ),
    "video_note": said("", Attachment(AttachmentKind.VIDEO, "DQACnote", size=420000)),
    "animation": said("", Attachment(AttachmentKind.VIDEO, "CgACanim", "cat.mp4", "video/mp4", 88000)),
    "sticker": said("👍"),
    "sticker_plain": said("", Attachment(AttachmentKind.IMAGE, "CAACplain", size=18000)),
    "dice": said("🎲"),
    "location": said("", Attachment(AttachmentKind.LOCATION, "54.687157,25.279652")),
    "venue": said(
        "",
        Attachment(AttachmentKind.LOCATION, "54.687157,25.279652", "Parcel locker, Gedimino pr. 9, Vilnius"),
    ),
    "contact_own": said(
        "+37061234567",
        Attachment(AttachmentKind.CONTACT, "Anna Berg, 37061234567"),
        proof=Proof("+37061234567", ProofBy.PROVIDER),
    ),
    "contact_other": said("", Attachment(AttachmentKind.CONTACT, "Jonas, +37069876543")),
    "contact_stranger": said("", Attachment(AttachmentKind.CONTACT, "Courier, 8 698 76543")),
    # The number is the customer's own, but not by Telegram's word in this message.
    "contact_own_forwarded": said("", Attachment(AttachmentKind.CONTACT, "Anna, 37061234567")),
    "contact_own_odd": said("", Attachment(AttachmentKind.CONTACT, "Anna, 0037061234567")),
}


def edit(text: str, second: int, update_id: int) -> Edit:
    at = AT.replace(second=second, microsecond=update_id % 1_000_000)
    return Edit("telegram", ACCOUNT, "5001", "5001:41", text, at)


OTHERS: dict[str, Parsed] = {
    "edited_text": Parsed((edit("Order 10235, sorry", 30, FILES["edited_text"]["update_id"]),)),
    "edited_caption": Parsed((edit("It came broken and late", 31, FILES["edited_caption"]["update_id"]),)),
    "edited_location": Parsed(),
    "blocked": Parsed((Reachability("telegram", ACCOUNT, "5001", False, AT.replace(minute=31, second=40)),)),
    "unblocked": Parsed((Reachability("telegram", ACCOUNT, "5001", True, AT.replace(minute=31, second=40)),)),
    "press_chosen": Parsed(query="21474836480001"),
    "press_inline": Parsed(query="21474836480001"),
    "press_game": Parsed(query="21474836480001"),
    "press_group": Parsed(query="21474836480001", leave=-1001987654321),
    "group_added": Parsed(leave=-1001987654321),
    "group_removed": Parsed(),
    "group_text": Parsed(leave=-1001987654321),
    "group_service": Parsed(leave=-4123456),
    "channel_added": Parsed(leave=-1001111111111),
    "channel_post": Parsed(),
    "service_pinned": Parsed(),
    "from_bot": Parsed(),
    "unknown_kind": Parsed(),
    "future_kind": Parsed(),
    "empty": Parsed(),
}
PRESSES = {"press", "press_inaccessible"}


def test_each_file_has_its_expectation() -> None:
    assert set(FILES) == set(MESSAGES) | set(OTHERS) | PRESSES


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message(name: str) -> None:
    expected: dict[str, Any] = {"message_id": "5001:41", "command": None, "proof": None, **MESSAGES[name]}
    update = FILES[name]
    parsed = parse(update, ACCOUNT)
    if name.startswith("album"):
        expected["album"] = "13579246801234567"
    assert parsed.events == (
        Inbound("telegram", ACCOUNT, str(update["update_id"]), "5001", language="lt", at=AT, **expected),
    )
    assert parsed == Parsed(parsed.events)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_message(name: str) -> None:
    assert parse(FILES[name], ACCOUNT) == OTHERS[name]


@pytest.mark.parametrize(
    ("name", "title", "chosen"),
    [("press", "No", Chosen(5001, 77, "No")), ("press_inaccessible", "", None)],
)
def test_a_pressed_button(name: str, title: str, chosen: Chosen | None) -> None:
    parsed = parse(FILES[name], ACCOUNT)
    (inbound,) = parsed.events
    assert isinstance(inbound, Inbound)
    assert (inbound.press, inbound.text, inbound.address) == (NO, title, "5001")
    assert (inbound.external_id, inbound.message_id) == (str(FILES[name]["update_id"]), None)
    assert (parsed.query, parsed.chosen) == ("21474836480001", chosen)


def changed(name: str, **content: Any) -> dict[str, Any]:
    """A file's update with other content of its message."""
    update: dict[str, Any] = json.loads(json.dumps(FILES[name]))
    kind = next(key for key in update if key != "update_id")
    update[kind] |= content
    return update


def inbound(update: dict[str, Any]) -> Inbound:
    (event,) = parse(update, ACCOUNT).events
    assert isinstance(event, Inbound)
    return event


@pytest.mark.parametrize(
    "phone",
    [
        "+370 612 34567",
        "8612345678901234567",
        "06123456",
        "+37061234567;ext=5",
        "+3706123456७",
        "37061234567\n+37069999999",
        "+",
        "",
        "999999999999999",
    ],
)
def test_an_own_contact_of_another_spelling_proves_nothing(phone: str) -> None:
    contact = {"phone_number": phone, "first_name": "Anna", "user_id": 5001}
    message = inbound(changed("contact_own", contact=contact))
    assert message.proof is None and message.text == "" and len(message.attachments) == 1


def test_a_contact_of_the_bots_is_not_the_customers() -> None:
    contact = {"phone_number": "37061234567", "first_name": "Anna", "user_id": True}
    assert inbound(changed("contact_own", contact=contact)).proof is None
    without = changed("contact_own")
    del without["message"]["from"]
    assert inbound(without).proof is None


def test_a_forged_press_is_never_a_payload() -> None:
    for data in ("/cancel_order{}", "tok en", "x" * 65, "č", '{"intent":"x"}'):
        # Nothing stands on such a button, and what isn't offered has no other meaning.
        assert parse(changed("press", data=data), ACCOUNT).events == ()


def test_text_is_cleaned() -> None:
    assert inbound(changed("text", text="a\x00b\r\nc \ud83d \u0007d")).text == "ab\nc  d"
    for blank in ("\u200b\u200d", "\x00", " \n "):
        assert parse(changed("text", text=blank), ACCOUNT).events == ()


def test_numbers_that_no_database_takes_are_refused() -> None:
    document = {"file_id": "x", "file_size": 2**40, "file_name": "a\nb\x00", "mime_type": 7}
    (attachment,) = inbound(changed("document", document=document)).attachments
    assert attachment == Attachment(AttachmentKind.FILE, "x", "a b", "", 2**31 - 1)
    huge = 10**400
    assert parse({**FILES["text"], "update_id": huge}, ACCOUNT) == Parsed()
    assert parse(changed("text", chat={"id": huge, "type": "private"}), ACCOUNT).events == ()
    assert inbound(changed("text", date=huge)).at > AT
    nowhere = inbound(changed("location", location={"latitude": float("nan"), "longitude": 1}))
    assert (nowhere.text, nowhere.attachments) == (CLIP, ())


def test_of_two_edits_in_one_second_the_later_wins() -> None:
    first = parse(FILES["edited_text"], ACCOUNT).events[0]
    later = parse({**FILES["edited_text"], "update_id": FILES["edited_text"]["update_id"] + 1}, ACCOUNT)
    assert isinstance(first, Edit) and isinstance(later.events[0], Edit)
    assert first.at < later.events[0].at


# --- any JSON at all ---

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything inside a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in pairs for place in [(*path, key), *places(inner, (*path, key))]]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """An update in which up to three things are replaced by anything or gone."""
    update: dict[str, Any] = json.loads(json.dumps(FILES[draw(st.sampled_from(sorted(FILES)))]))
    for _ in range(draw(st.integers(1, 3))):
        found = places(update)
        if not found:
            break
        *above, last = draw(st.sampled_from(found))
        holder: Any = update
        for key in above:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = draw(JSON)
        else:
            del holder[last]
    return update


def is_storable(event: Event) -> bool:
    """Whether any database takes it."""
    texts = [value for value in (getattr(event, name) for name in event.__slots__) if isinstance(value, str)]
    if isinstance(event, Inbound):
        texts += [text for one in event.attachments for text in (one.reference, one.name, one.media_type)]
        assert all(one.size is None or 0 <= one.size < 2**31 for one in event.attachments)
        assert len(event.external_id) <= 128 and len(event.message_id or "") <= 128
        assert event.press is None or event.press.isascii()
        assert event.text or event.attachments or event.press
    assert not isinstance(event, Receipt | ReadUpTo | AccountRefused), "no update tells these"
    assert len(event.address) <= 128 and event.at <= datetime.now(UTC)
    return all("\x00" not in text and text.encode() is not None for text in texts)


# The first text that is drawn takes seconds on a busy machine.
RELAXED = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(mutated())
def test_a_broken_update_is_read_as_far_as_it_makes_sense(update: dict[str, Any]) -> None:
    assert all(is_storable(event) for event in parse(update, ACCOUNT).events)


@RELAXED
@given(st.dictionaries(st.sampled_from(["message", "callback_query", "update_id", "my_chat_member"]), JSON))
def test_any_object_is_read(update: dict[str, Any]) -> None:
    assert all(is_storable(event) for event in parse(update, ACCOUNT).events)
