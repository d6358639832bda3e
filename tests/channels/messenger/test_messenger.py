"""Messenger: parsing, signatures, sending and attachments, against a fake Messenger."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.simulator.fake_messenger import APP, PAGE, FakeMessenger
from bot.simulator.messenger_checks import GraphError
from bot.simulator.messenger_webhook import dump
from channels.contract import (
    Attachment,
    AttachmentKind,
    ChannelError,
    Command,
    CommandName,
    Edit,
    Event,
    FetchError,
    HumanEcho,
    Inbound,
    Outbound,
    ReadUpTo,
    Receipt,
    SendError,
)
from channels.messenger import parse as messenger_parse
from channels.messenger import setup
from channels.messenger.channel import MessengerChannel
from channels.meta import graph as api
from channels.meta.config import configure
from channels.meta.errors import refusal
from channels.splitting import Button, Part, cut
from tests.fakes.gateway import FakeGateway
from tests.serving import port, serving, url

FIXTURES = Path(__file__).parent / "fixtures"
SECRET = "fake-app-secret"
ANNA = "6000000000000001"
MID = "m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM_QPpz5jdCK48PnKAjSdjfipqxqMvK8ma6AC8fplwlqLP_5cgXIbu7I3rBN0P"
OURS = {
    "MESSENGER_PAGE_ID": PAGE,
    "MESSENGER_PAGE_TOKEN": "fake-page-token",
    "MESSENGER_APP_SECRET": SECRET,
    "MESSENGER_VERIFY_TOKEN": "fake-verify-token",
}
PATH = "/channels/messenger"
SENT = datetime.fromtimestamp(1762850000, UTC)  # of the events in the fixtures


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def sign(body: bytes, secret: str = SECRET) -> str:
    """As Meta's documentation says it; written out here, so that it isn't compared with itself."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def parse(body: bytes, app_id: str | None = APP) -> list[Event]:
    return messenger_parse.parse(body, PAGE, app_id)


# --- parsing ---------------------------------------------------------------------------------------

CDN = "https://scontent.xx.fbcdn.net/v/t1.15752-9/"
PEOPLE = {"channel": "messenger", "account": PAGE, "address": ANNA}
TEXT: dict[str, Any] = {"type": Inbound, **PEOPLE, "external_id": MID, "press": None, "command": None}
CLIP = {**TEXT, "text": "📎", "attachments": ()}
TOKEN = "k3mT0ken_of-ours4567xyz"


def picture(name: str) -> Attachment:
    return Attachment(AttachmentKind.IMAGE, CDN + name)


def pressed(**more: Any) -> dict[str, Any]:
    return {"type": Inbound, **PEOPLE, "press": None, "command": None, **more}


EXPECTED: dict[str, list[dict[str, Any]]] = {
    "message_text": [{**TEXT, "text": "Kur mano užsakymas? 🙂", "choice": None, "attachments": ()}],
    "message_quick_reply": [{**TEXT, "text": "Where is my order?", "press": TOKEN}],
    "message_foreign_quick_reply": [{**TEXT, "text": "Yes"}],
    "message_reply_to": [{**TEXT, "text": "this one"}],
    "message_option": [{**TEXT, "text": "2.", "choice": 2}],
    "message_image": [{**TEXT, "text": "", "attachments": (picture("1_n.jpg?oh=a&oe=5F"),)}],
    "message_images_and_text": [
        {**TEXT, "text": "broken", "attachments": (picture("1_n.jpg"), picture("2_n.jpg"))}
    ],
    "message_audio": [
        {
            **TEXT,
            "attachments": (
                Attachment(AttachmentKind.AUDIO, "https://cdn.fbsbx.com/v/t59.3654-21/audioclip.mp4"),
            ),
        }
    ],
    "message_video": [
        {**TEXT, "attachments": (Attachment(AttachmentKind.VIDEO, "https://video.xx.fbcdn.net/v/clip.mp4"),)}
    ],
    "message_file": [
        {
            **TEXT,
            "attachments": (
                Attachment(
                    AttachmentKind.FILE, "https://cdn.fbsbx.com/v/t59.2708-21/invoice.pdf?dl=1", "invoice.pdf"
                ),
            ),
        }
    ],
    "message_sticker_thumb": [{**TEXT, "text": "👍", "attachments": ()}],
    "message_sticker_thumb_new": [{**TEXT, "text": "👍", "attachments": ()}],
    "message_sticker": [{**TEXT, "text": "", "attachments": (picture("cat.png"),)}],
    "message_sticker_twice": [{**TEXT, "text": "", "attachments": (picture("cat.png"),)}],
    "message_reel": [
        {
            **TEXT,
            "attachments": (
                Attachment(AttachmentKind.LINK, "https://www.facebook.com/reel/1234567890", "Unboxing"),
            ),
        }
    ],
    "message_post": [
        {
            **TEXT,
            "attachments": (Attachment(AttachmentKind.LINK, "https://www.facebook.com/shop/posts/12345"),),
        }
    ],
    "message_fallback_link": [
        {
            **TEXT,
            "text": "https://shop.example/lamp",
            "attachments": (Attachment(AttachmentKind.LINK, "https://shop.example/lamp", "Desk lamp"),),
        }
    ],
    "message_fallback_empty": [CLIP],
    "message_script_link": [{**TEXT, "text": "look", "attachments": ()}],
    "message_location": [
        {
            **TEXT,
            "text": "",
            "attachments": (Attachment(AttachmentKind.LOCATION, "54.6872,25.2797", "Anna's location"),),
        }
    ],
    "message_appointment_booking": [CLIP],
    "message_unsupported": [CLIP],
    "message_blank": [],
    "message_control_characters": [{**TEXT, "text": "ab c[0m\nd"}],
    "message_numeric_ids": [{**TEXT, "text": "hello"}],
    "message_without_mid": [],
    "postback_get_started": [pressed(text="Get Started", command=Command(CommandName.BEGIN))],
    "postback_get_started_order": [pressed(text="Get Started", command=Command(CommandName.ORDER, "10234"))],
    "postback_button": [pressed(text="Talk to a person", press=TOKEN)],
    "postback_ice_breaker": [pressed(text="Do you ship abroad?")],
    "referral_order": [pressed(text="order-10234", command=Command(CommandName.ORDER, "10234"))],
    "referral_advertisement": [],
    "message_edit": [{"type": Edit, **PEOPLE, "message_id": MID, "text": "order 10234, sorry", "at": SENT}],
    "delivery": [
        {"type": Receipt, "account": PAGE, "provider_id": MID, "state": "delivered"},
        {"type": Receipt, "provider_id": "m_second", "state": "delivered"},
        {"type": ReadUpTo, **PEOPLE, "state": "delivered"},
    ],
    "delivery_without_mids": [{"type": ReadUpTo, **PEOPLE, "state": "delivered"}],
    "read": [{"type": ReadUpTo, **PEOPLE, "state": "read", "until": SENT + timedelta(seconds=1.79)}],
    "reaction": [],
    "optin": [],
    "pass_thread_control": [],
    "take_thread_control": [],
    "account_linking": [],
    "new_kind_of_event": [],
    "echo_own": [],
    "echo_own_marked": [],
    "echo_page_inbox": [{"type": HumanEcho, **PEOPLE, "external_id": MID, "text": "Hi Anna, Rita here."}],
    "echo_page_inbox_image": [{"type": HumanEcho, **PEOPLE, "text": "📎"}],
    "echo_without_app": [{"type": HumanEcho, **PEOPLE, "text": "Hi Anna."}],
    "standby_echo": [{"type": HumanEcho, **PEOPLE, "external_id": MID, "text": "Hi Anna, Rita here."}],
    "standby_message": [],
    "standby_read": [{"type": ReadUpTo, **PEOPLE, "state": "read"}],
    "batch": [
        {"type": Inbound, "external_id": "m_1", "text": "one"},
        {"type": Inbound, "external_id": "m_2", "text": "two"},
        {"type": Inbound, "external_id": "m_4", "address": "6000000000000002"},
        {"type": HumanEcho, "external_id": "m_3"},
    ],
    "another_page": [],
    "instagram": [],
    "page_changes": [],
    "without_entries": [],
    "checkbox_plugin": [],
}


def test_every_fixture_has_an_expectation() -> None:
    assert {path.stem for path in FIXTURES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_webhook_is_parsed(name: str) -> None:
    events = parse(fixture(name))
    assert len(events) == len(EXPECTED[name])
    for event, expected in zip(events, EXPECTED[name], strict=True):
        assert type(event) is expected["type"]
        named = {field: value for field, value in expected.items() if field != "type"}
        assert {field: getattr(event, field) for field in named} == named


def test_without_our_apps_id_our_own_messages_are_known_by_their_mark() -> None:
    assert parse(fixture("echo_own_marked"), None) == []
    assert len(parse(fixture("echo_own"), None)) == 1


def test_an_app_that_answers_by_itself_is_known_by_its_number() -> None:
    (person,) = messenger_parse.parse(fixture("echo_page_inbox"), PAGE, None, ["1234"])
    (program,) = messenger_parse.parse(fixture("echo_page_inbox"), PAGE, None, ["263902037430900"])
    assert isinstance(person, HumanEcho) and isinstance(program, HumanEcho)
    assert (person.automatic, program.automatic) == (False, True)


def test_what_was_said_has_metas_time() -> None:
    """Webhooks may come late and together: how long somebody took to answer is told by when it was said."""
    said = datetime.fromtimestamp(1762850000, UTC)
    for name in ("echo_page_inbox", "message_text", "postback_get_started"):
        (event,) = parse(fixture(name))
        assert isinstance(event, HumanEcho | Inbound) and event.at == said
    ahead = fixture("message_text").replace(b"1762850000000", b"4000000000000")
    (event,) = parse(ahead)
    assert isinstance(event, Inbound) and event.at <= datetime.now(UTC), "never in the future"


def test_presses_of_one_button_are_told_apart_and_repeats_known() -> None:
    body = json.loads(fixture("postback_get_started"))
    later = json.loads(fixture("postback_get_started"))
    later["entry"][0]["messaging"][0]["timestamp"] += 1
    first, again, second = (parse(json.dumps(one).encode())[0] for one in (body, body, later))
    assert isinstance(first, Inbound) and isinstance(again, Inbound) and isinstance(second, Inbound)
    assert first.external_id == again.external_id != second.external_id
    assert max(len(one.external_id) for one in (first, second)) <= 128


def test_an_id_that_is_too_long_for_the_store_is_hashed_alike_everywhere() -> None:
    mid = "m_" + "x" * 300
    (message,) = parse(fixture("message_text").replace(MID.encode(), mid.encode()))
    (edit,) = parse(fixture("message_edit").replace(MID.encode(), mid.encode()))
    assert isinstance(message, Inbound) and isinstance(edit, Edit)
    assert len(message.external_id) == 64
    assert edit.message_id == message.external_id


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def mutated(data: st.DataObject, value: Any) -> Any:
    """A copy in which some value is another one."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 9)):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: mutated(data, value[name])}
    if isinstance(value, list) and value and data.draw(st.integers(0, 9)):
        return [mutated(data, value[0]), *value[1:]]
    return data.draw(JSON)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_meta_sends_parsing_does_not_fail(data: st.DataObject) -> None:
    body = json.loads(fixture(data.draw(st.sampled_from(sorted(EXPECTED)))))
    for event in parse(json.dumps(mutated(data, body)).encode()):
        if isinstance(event, Inbound):
            assert len(event.external_id) <= 128 and 0 < len(event.address) <= 64
            assert "\x00" not in event.text
            event.text.encode()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"9" * 10_000, b'{"object":"page"}']
)
def test_what_is_no_event_brings_none(body: bytes) -> None:
    assert parse(body) == []


# --- the shell -------------------------------------------------------------------------------------


class Shell:
    def __init__(self, client: httpx.AsyncClient, gateway: FakeGateway) -> None:
        self.client, self.gateway = client, gateway

    async def post(self, body: bytes, signature: str | None = None) -> httpx.Response:
        signed = sign(body) if signature is None else signature
        headers = [(b"X-Hub-Signature-256", signed.encode()), (b"Content-Type", b"application/json")]
        return await self.client.post(PATH, content=body, headers=headers)


@pytest.fixture
async def shell() -> AsyncIterator[Shell]:
    gateway = FakeGateway()
    channel = setup.load({**OURS, "MESSENGER_APP_ID": APP}, "https://chat.shop.example")
    assert channel
    routes = channel.blueprint(gateway)
    assert routes
    async with serving(routes, REQUEST_MAX_SIZE=2_000_000) as client:
        yield Shell(client, gateway)


async def test_each_signed_webhook_is_stored_and_acknowledged(shell: Shell) -> None:
    for name, expected in EXPECTED.items():
        shell.gateway.events.clear()
        answer = await shell.post(fixture(name))
        assert (answer.status_code, answer.text) == (200, "EVENT_RECEIVED"), name
        assert len(shell.gateway.events) == len(expected), name


@pytest.mark.parametrize("signature", ["", "sha256=", "sha1=" + "a" * 40, "sha256=é", "x" * 5000, "SHA256=x"])
async def test_without_metas_signature_nothing_is_taken(shell: Shell, signature: str) -> None:
    assert (await shell.post(fixture("message_text"), signature)).status_code == 403
    assert shell.gateway.events == []


async def test_a_missing_signature_another_secret_or_a_changed_body_is_refused(shell: Shell) -> None:
    body = fixture("message_text")
    assert (await shell.client.post(PATH, content=body)).status_code == 403
    assert (await shell.post(body, sign(body, "another app's secret"))).status_code == 403
    assert (await shell.post(body.replace(b"Kur", b"Kas"), sign(body))).status_code == 403
    # The same JSON, written in another way.
    assert (await shell.post(dump(json.loads(body)), sign(body))).status_code == 403
    digest = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    old = {"X-Hub-Signature": f"sha1={digest}"}
    assert (await shell.client.post(PATH, content=body, headers=old)).status_code == 403
    assert shell.gateway.events == []


async def test_a_large_body_is_refused(shell: Shell) -> None:
    assert (await shell.post(b" " * 1_000_001)).status_code == 413


async def test_when_the_store_fails_meta_is_told_to_come_again(shell: Shell) -> None:
    shell.gateway.failures = 1
    assert (await shell.post(fixture("message_text"))).status_code == 500


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 200),
        ({"hub.verify_token": "wrong"}, 403),
        ({"hub.verify_token": "é\x00"}, 403),
        ({"hub.verify_token": ""}, 403),
        ({"hub.mode": "unsubscribe"}, 403),
    ],
)
async def test_the_webhook_is_verified_with_the_token(
    shell: Shell, changed: dict[str, str], status: int
) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": "fake-verify-token",
        "hub.challenge": "1158201444",
        **changed,
    }
    answer = await shell.client.get(PATH, params=asked)
    assert answer.status_code == status
    assert (answer.text == "1158201444") == (status == 200)
    kind = "text/plain" if status == 200 else "application/json"
    assert answer.headers["content-type"].startswith(kind)
    assert (await shell.client.get(PATH)).status_code == 403
    assert (await shell.client.get(f"{PATH}?hub.verify_token=%ff&hub.mode=subscribe")).status_code == 403


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_request_breaks_it_and_no_unsigned_one_gets_in(shell: Shell, data: st.DataObject) -> None:
    """Mutated events under their right signature; anything under a wrong one."""
    shell.gateway.events.clear()
    body = fixture(data.draw(st.sampled_from(sorted(EXPECTED))))
    if data.draw(st.booleans()):
        body = json.dumps(mutated(data, json.loads(body))).encode()
        assert (await shell.post(body)).status_code == 200
        return
    body = data.draw(st.one_of(st.just(body), st.binary(max_size=200)))
    # What a client can put into a header at all: no control characters, no space around it.
    words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=80).map(str.strip)
    signature = data.draw(st.one_of(words, st.from_regex(r"sha256=[0-9a-f]{64}", fullmatch=True)))
    assert (await shell.post(body, signature)).status_code in (400, 403)
    assert shell.gateway.events == []


# --- sending ---------------------------------------------------------------------------------------


def flags(error: SendError) -> set[str]:
    return {
        name for name in ("permanent", "unreachable", "account", "unknown") if getattr(error, name) is True
    }


class Line:
    """The channel with a fake Messenger behind it, to which Anna has written."""

    def __init__(self, fake: FakeMessenger, channel: MessengerChannel, own: str) -> None:
        self.fake, self.channel, self.own = fake, channel, own

    async def send(
        self, text: str = "hello", to: str = ANNA, *, titles: Sequence[str] = (), late: bool = False
    ) -> str | None:
        buttons = tuple(Button(f"token{number}", title) for number, title in enumerate(titles))
        message = Outbound(1, 1, PAGE, to, "bot", text, buttons, late)
        for part in cut(text, buttons, self.channel.capabilities):
            last = await self.channel.send(message, part)
        return last

    async def refused(self, **more: Any) -> SendError:
        with pytest.raises(SendError) as caught:
            await self.send(**more)
        return caught.value


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    fake, theirs = FakeMessenger(), port()
    fake.echoes, fake.receipts = False, ()
    environment = fake.environment(url(theirs), "http://127.0.0.1:9")
    channel = setup.load({**environment, "MESSENGER_HUMAN_AGENT": "on"}, None)
    assert isinstance(channel, MessengerChannel)
    await channel.start(FakeGateway())
    fake.message(ANNA, "hello", "m_0")
    async with serving(fake.blueprint(), listening=theirs):
        yield Line(fake, channel, url(theirs))
        await channel.stop()
        await fake.close()


async def test_a_message_goes_out_as_an_answer_with_our_mark(line: Line) -> None:
    mid = await line.send("It’s on its way 🙂")
    (taken,) = line.fake.taken
    assert taken["mid"] == mid
    assert (taken["recipient"], taken["messaging_type"]) == ({"id": ANNA}, "RESPONSE")
    assert taken["message"] == {"text": "It’s on its way 🙂", "metadata": "aftercare"}
    assert "tag" not in taken


async def test_a_long_text_is_cut_by_messengers_count(line: Line) -> None:
    await line.send("🙂" * 1500)
    assert [len(taken["message"]["text"]) for taken in line.fake.taken] == [1000, 500]


async def test_choices_are_quick_replies(line: Line) -> None:
    await line.send("What can I do?", titles=["Where is my order?", "Talk to a person"])
    assert line.fake.taken[0]["message"]["quick_replies"] == [
        {"content_type": "text", "title": "Where is my order?", "payload": "token0"},
        {"content_type": "text", "title": "Talk to a person", "payload": "token1"},
    ]


async def test_titles_too_long_for_a_button_stand_in_the_text(line: Line) -> None:
    await line.send("What next?", titles=["Change the delivery address", "Yes"])
    message = line.fake.taken[0]["message"]
    assert message["text"] == "What next?\n1. Change the delivery address\n2. Yes"
    assert [one["title"] for one in message["quick_replies"]] == ["1. Change the deliv…", "2. Yes"]
    await line.send("What next?", titles=["Go on with the assistant"])
    message = line.fake.taken[1]["message"]
    assert message["text"] == "What next?"
    assert message["quick_replies"][0]["title"] == "Go on with the assi…"
    # No room for them.
    await line.send("x" * 1990, titles=["Change the delivery address", "Yes"])
    assert line.fake.taken[2]["message"]["text"] == "x" * 1990


async def test_more_choices_than_one_message_carries_come_in_two(line: Line) -> None:
    await line.send("Which?", titles=[f"Order {number}" for number in range(15)])
    assert [len(one["message"]["quick_replies"]) for one in line.fake.taken] == [13, 2]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((400, 10, 2018278), {"permanent"}),
        ((400, 10, 2018065), {"permanent"}),
        ((400, 551, 1545041), {"permanent", "unreachable"}),
        ((400, 200, 1545041), {"permanent", "unreachable"}),
        ((400, 551, None), {"permanent", "unreachable"}),
        ((400, 100, 2018001), {"permanent", "unreachable"}),
        ((400, 100, 1893061), {"permanent"}),
        ((400, 100, None), {"permanent"}),
        ((401, 190, 460), {"account"}),
        ((400, 190, None), {"account"}),
        ((400, 613, None), {"account"}),
        ((403, 4, None), {"account"}),
        ((400, 80006, None), {"account"}),
        ((500, 1200, None), set()),
        ((500, 2, None), set()),
        ((403, 10, None), {"account"}),
        ((403, 200, None), {"account"}),
        ((403, 230, None), {"account"}),
        ((403, 10, 1234567), {"permanent"}),
        ((500, 1, 1357046), {"unknown"}),
        ((400, 999999, None), {"permanent"}),
    ],
)
def test_an_error_means_what_its_code_says(answer: tuple[int, int, int | None], expected: set[str]) -> None:
    status, code, subcode = answer
    error = refusal(status, GraphError(status, code, "as ordered", subcode).body)
    assert flags(error) == expected
    assert str(code) in error.reason


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((401, 190, 460), "credentials"),
        ((403, 200, None), "permission"),
        ((400, 368, None), "account"),
        ((400, 551, None), None),
        ((400, 10, 2018278), None),
        ((403, 10, 1234567), None),
        ((400, 613, None), None),
    ],
)
def test_what_the_owner_must_mend_is_told_apart(
    answer: tuple[int, int, int | None], fault: str | None
) -> None:
    status, code, subcode = answer
    assert refusal(status, GraphError(status, code, "as ordered", subcode).body).fault == fault


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, {"account"}), (503, set()), (500, {"unknown"}), (504, {"unknown"}), (400, {"permanent"})],
)
def test_a_status_without_an_error_of_the_api_is_understood(status: int, expected: set[str]) -> None:
    bodies: tuple[Any, ...] = (
        {}, None, [], {"error": "x"}, {"error": {"code": "190"}}, {"error": {"code": True}},
    )  # fmt: skip
    for body in bodies:
        assert flags(refusal(status, body)) == expected


async def test_a_refused_message_is_not_sent_and_the_next_one_is(line: Line) -> None:
    line.fake.errors += [(400, 10, 2018278), (500, 1200, None), (500, 1, 1357046)]
    assert [flags(await line.refused()) for _ in range(3)] == [{"permanent"}, set(), {"unknown"}]
    assert line.fake.taken == []
    await line.send()
    assert len(line.fake.taken) == 1


async def test_a_rate_limit_says_how_long_to_wait(line: Line) -> None:
    line.fake.trouble.statuses += [(429, 17), (429, None)]
    assert (await line.refused()).retry_after == 17
    assert (await line.refused()).retry_after == 5
    line.fake.errors.append((400, 4, None))
    assert (await line.refused()).retry_after == 60


async def test_who_blocked_us_or_is_not_known_can_not_be_reached(line: Line) -> None:
    line.fake.blocked.add(ANNA)
    assert (await line.refused()).unreachable
    assert (await line.refused(to="6999999999999999")).unreachable


async def test_after_a_day_only_a_persons_answer_goes_out(line: Line) -> None:
    line.fake.let_pass(ANNA, 25)
    closed = await line.refused()
    assert closed.permanent and not closed.unreachable and "window" in closed.reason
    # Meta has to allow it first, and that is no reason to stop all else.
    forbidden = await line.refused(late=True)
    assert forbidden.permanent and not forbidden.account
    line.fake.human_agent = True
    await line.send("Rita here", late=True)
    (taken,) = line.fake.taken
    assert (taken["messaging_type"], taken["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    line.fake.let_pass(ANNA, 24 * 7)
    assert (await line.refused(late=True)).permanent


@pytest.mark.parametrize("name", ["token", "secret"])
async def test_wrong_credentials_stop_the_account_not_the_message(line: Line, name: str) -> None:
    setattr(line.fake, name, "changed")
    error = await line.refused()
    assert flags(error) == {"account"}
    assert name in error.reason
    assert not any(value in error.reason for value in OURS.values())


async def test_a_timeout_after_the_message_was_taken_leaves_it_in_doubt(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SEND_SECONDS", 0.3)
    line.fake.trouble.drops = 1
    assert (await line.refused()).unknown
    assert len(line.fake.taken) == 1


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    held = port()
    address = url(held)
    held.close()
    channel = setup.load({**OURS, "MESSENGER_GRAPH_URL": address}, None)
    assert isinstance(channel, MessengerChannel)
    await channel.start(FakeGateway())
    with pytest.raises(SendError) as caught:
        await channel.send(Outbound(1, 1, PAGE, ANNA, "bot", "x"), Part("x"))
    await channel.signal(ANNA, "typing")
    await channel.stop()
    assert (caught.value.unknown, caught.value.permanent) == (False, False)


async def test_a_customer_is_shown_that_he_is_read_and_answered(line: Line) -> None:
    await line.channel.signal(ANNA, "seen")
    await line.channel.signal(ANNA, "typing")
    assert line.fake.seen == [ANNA]
    assert line.fake.thread(ANNA).typing
    line.fake.token = "changed"
    await line.channel.signal(ANNA, "typing")  # best effort


# --- attachments -----------------------------------------------------------------------------------


async def test_a_photo_is_fetched_within_its_limit(line: Line) -> None:
    line.fake.media["1"] = ("image/png", b"picture")
    reference = f"{line.own}/media/1"
    assert await line.channel.fetch(Attachment(AttachmentKind.IMAGE, reference), 100) == b"picture"
    with pytest.raises(FetchError, match="too large"):
        await line.channel.fetch(Attachment(AttachmentKind.IMAGE, reference), 3)
    with pytest.raises(FetchError) as caught:
        await line.channel.fetch(Attachment(AttachmentKind.IMAGE, reference + "x"), 100)
    assert caught.value.permanent


@pytest.fixture
async def graph() -> AsyncIterator[api.Graph]:
    config = configure(OURS)
    assert config
    graph = api.Graph(config)
    yield graph
    await graph.close()


@pytest.mark.parametrize(
    "reference",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://scontent.xx.fbcdn.net/x",
        "https://fbcdn.net.evil.example/x",
        "https://evilfbcdn.net/x",
        "https://evil.example/?fbcdn.net",
        "https://evil.example\\.fbcdn.net/x",
        "https://x.fbcdn.net@evil.example/",
        "https://evil.example#.fbcdn.net",
        "file:///etc/passwd",
        "",
        "https://[",
    ],
)
async def test_nothing_is_fetched_from_elsewhere(graph: api.Graph, reference: str) -> None:
    with pytest.raises(FetchError) as caught:
        await graph.fetch(reference, 100)
    assert (caught.value.permanent, str(caught.value)) == (True, "not at Meta")


@pytest.mark.parametrize(
    "host", ["scontent.xx.fbcdn.net", "cdn.fbsbx.com", "lookaside.fbsbx.com", "www.facebook.com"]
)
async def test_metas_hosts_are_asked_and_redirections_leave_them_never(
    graph: api.Graph, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        monkeypatch.setattr(graph, "_media", client)
        with pytest.raises(FetchError) as caught:
            await graph.fetch(f"https://{host}/v/1.jpg", 100)
    assert caught.value.permanent
    assert [(one.url.host, "authorization" in one.headers) for one in asked] == [(host, False)]


# --- settings --------------------------------------------------------------------------------------


def test_without_settings_there_is_no_channel() -> None:
    assert setup.load({}, "https://shop.example") is None


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_missing_setting_is_named_and_no_value_told(name: str) -> None:
    with pytest.raises(ChannelError) as caught:
        setup.load({**OURS, name: ""}, "https://shop.example")
    assert name in str(caught.value)
    assert not any(value in str(caught.value) for value in OURS.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MESSENGER_PAGE_ID", "lumen.candles"),
        ("MESSENGER_PAGE_TOKEN", "two words"),
        ("MESSENGER_PAGE_TOKEN", "token\n"),
        ("MESSENGER_APP_ID", "app"),
        ("MESSENGER_GRAPH_URL", "graph.facebook.com"),
        ("MESSENGER_GRAPH_VERSION", "25"),
        ("MESSENGER_HUMAN_AGENT", "yes"),
        ("MESSENGER_AUTOMATION_APP_IDS", "my app"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ChannelError, match=name):
        setup.load({**OURS, name: value}, "https://shop.example")


def test_people_may_answer_for_a_week_only_where_meta_allowed_it() -> None:
    off, on = (setup.load({**OURS, "MESSENGER_HUMAN_AGENT": value}, None) for value in ("off", "on"))
    assert off and on
    assert (off.capabilities.window, off.capabilities.human_window) == (timedelta(hours=24), None)
    assert on.capabilities.human_window == timedelta(days=7)


async def test_the_check_tells_what_is_wrong_and_no_secret(line: Line) -> None:
    environment = dict(line.fake.environment(line.own, "https://shop.example"))

    async def found(public_url: str | None = "https://shop.example", **changed: str) -> list[tuple[str, str]]:
        findings = await setup.check({**environment, **changed}, public_url)
        assert not any(value in one.text for one in findings for value in ("fake-page-token", SECRET))
        return [(one.level, one.text) for one in findings]

    assert [level for level, _ in await found()] == ["ok"]
    assert [level for level, _ in await found("http://shop.example")] == ["warning", "ok"]
    ((level, text),) = await found(MESSENGER_PAGE_TOKEN="another")
    assert level == "error" and "MESSENGER_PAGE_TOKEN" in text
    ((level, text),) = await found(MESSENGER_APP_SECRET="another")
    assert level == "error" and "MESSENGER_APP_SECRET" in text
    ((level, text),) = await found(MESSENGER_PAGE_ID="12345")
    assert level == "error" and "MESSENGER_PAGE_ID" in text
    line.fake.fields = ["messages", "messaging_postbacks"]
    (level, text), _ = await found()
    assert level == "warning" and "message_echoes" in text and "messages" not in text
    ((level, text),) = await found(MESSENGER_GRAPH_URL="http://127.0.0.1:9")
    assert level == "error" and "reached" in text
    assert [one.level for one in await setup.check({}, None)] == ["off"]
    assert [one.level for one in await setup.check({"MESSENGER_PAGE_ID": PAGE}, None)] == ["error"]


async def test_the_fake_is_what_it_pretends_to_be(line: Line) -> None:
    """Its checks are of use only if they refuse."""
    graph = line.channel._graph
    assert graph
    good: dict[str, Any] = {"recipient": {"id": ANNA}, "messaging_type": "RESPONSE", "message": {"text": "x"}}
    await graph.post(good)
    reply = {"content_type": "text", "title": "t", "payload": "p"}
    for wrong in (
        {"messaging_type": "PROMOTION"},
        {"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"},
        {"message": {"text": "🙂" * 1001}},
        {"message": {"text": " "}},
        {"message": {"text": "x", "quick_replies": [reply] * 14}},
        {"message": {"text": "x", "quick_replies": [{**reply, "title": "x" * 21}]}},
        {"message": {"text": "x", "quick_replies": [{**reply, "payload": "x" * 1001}]}},
        {"sender_action": "mark_seen"},
        {"recipient": {"id": "6999999999999999"}},
    ):
        with pytest.raises(SendError):
            await graph.post({**good, **wrong})
    stranger = api.Graph(replace(line.channel.config, page_id="999"))
    with pytest.raises(SendError):
        await stranger.post(good)
    await stranger.close()
    assert len(line.fake.taken) == 1
