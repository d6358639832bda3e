"""Comments on the page: parsing, the webhook that they share with Messenger, and what is asked of the Graph
API, against a fake page."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.simulator.fake_facebook import FakeFacebook
from bot.simulator.fake_messenger import PAGE
from channels import registry
from channels.contract import (
    Attachment,
    AttachmentKind,
    ChannelError,
    Edit,
    FetchError,
    Inbound,
    Outbound,
    SendError,
)
from channels.facebook import setup
from channels.facebook.channel import FacebookChannel
from channels.facebook.parse import parse
from channels.splitting import Part
from tests.channels.messenger.test_messenger import OURS, PATH, mutated, sign
from tests.fakes.gateway import FakeGateway
from tests.serving import port, serving, url

FIXTURES = Path(__file__).parent / "fixtures"
SAID = datetime.fromtimestamp(1762850000, UTC)
TOLD = datetime.fromtimestamp(1762850010, UTC)
ANNA, FIRST = "24680001", "5550001_7001"
PEOPLE = {"channel": "facebook", "account": PAGE, "address": f"{FIRST}:{ANNA}"}
TEXT: dict[str, Any] = {
    "type": Inbound, **PEOPLE, "external_id": FIRST, "text": "Lempa atėjo sudužusi!", "attachments": (),
    "at": SAID, "proof": None, "command": None, "press": None,
}  # fmt: skip
EDITED = {"type": Edit, **PEOPLE, "message_id": FIRST}


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


EXPECTED: dict[str, list[dict[str, Any]]] = {
    "comment_add": [TEXT],
    "comment_reply": [{**TEXT, "external_id": "5550001_7002", "text": "Nobody answers me"}],
    "comment_reply_of_another": [
        {**TEXT, "external_id": "5550001_7003", "text": "Same here", "address": f"{FIRST}:24680002"}
    ],
    "comment_photo": [
        {
            **TEXT,
            "text": "",
            "attachments": (
                Attachment(AttachmentKind.IMAGE, "https://scontent.xx.fbcdn.net/v/broken.jpg?oh=a"),
            ),
        }
    ],
    "comment_video": [
        {
            **TEXT,
            "text": "look",
            "attachments": (Attachment(AttachmentKind.VIDEO, "https://video.xx.fbcdn.net/v/clip.mp4"),),
        }
    ],
    "comment_sticker": [{**TEXT, "text": "📎"}],
    "comment_script_photo": [TEXT],
    "comment_on_photo": [TEXT],
    "comment_without_parent": [TEXT],
    "comment_numeric_ids": [{**TEXT, "external_id": "7001", "address": f"7001:{ANNA}"}],
    "comment_edited": [
        {**TEXT, "text": "It came late, sorry", "at": TOLD},
        {**EDITED, "text": "It came late, sorry", "at": TOLD},
    ],
    "comment_removed": [{**EDITED, "text": "🗑", "at": TOLD + timedelta(seconds=1)}],
    "comment_hidden": [],
    "comment_unhidden": [],
    "comment_new_verb": [],
    "comment_of_the_page": [],
    "comment_without_author": [],
    "comment_without_id": [],
    "comment_odd_id": [],
    "comment_odd_author": [],
    "comment_odd_parent": [TEXT],
    "comment_control_characters": [{**TEXT, "text": "abc[0m"}],
    "post_by_page": [],
    "reaction": [],
    "another_field": [],
    "another_page": [],
    "instagram": [],
    "batch": [
        TEXT,
        {**TEXT, "external_id": "5550001_7004", "address": f"5550001_7004:{ANNA}", "text": "two"},
        {**TEXT, "text": "three", "at": TOLD},
        {**EDITED, "text": "three"},
    ],
    "messages_and_comments": [TEXT],
    "malformed": [],
}


def test_every_fixture_has_an_expectation() -> None:
    assert {path.stem for path in FIXTURES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_webhook_is_parsed(name: str) -> None:
    events = parse(fixture(name), PAGE)
    assert len(events) == len(EXPECTED[name])
    for event, expected in zip(events, EXPECTED[name], strict=True):
        assert type(event) is expected["type"]
        named = {field: value for field, value in expected.items() if field != "type"}
        assert {field: getattr(event, field) for field in named} == named


def test_a_time_ahead_is_now() -> None:
    (event,) = parse(fixture("comment_add").replace(b"1762850000", b"4000000000"), PAGE)
    assert isinstance(event, Inbound) and event.at <= datetime.now(UTC)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_meta_sends_parsing_does_not_fail(data: st.DataObject) -> None:
    body = json.loads(fixture(data.draw(st.sampled_from(sorted(EXPECTED)))))
    for event in parse(json.dumps(mutated(data, body)).encode(), PAGE):
        if isinstance(event, Inbound):
            thread, _, author = event.address.partition(":")
            assert thread.replace("_", "").isdigit() and author.isalnum() and author != PAGE
            assert event.text or event.attachments


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"object":"page"}']
)
def test_what_is_no_event_brings_none(body: bytes) -> None:
    assert parse(body, PAGE) == []


def test_a_long_comment_is_cut() -> None:
    body = json.loads(fixture("comment_add"))
    body["entry"][0]["changes"][0]["value"]["message"] = "x" * 50_000
    (event,) = parse(json.dumps(body).encode(), PAGE)
    assert isinstance(event, Inbound) and len(event.text) == 4000


# --- settings --------------------------------------------------------------------------------------


def test_comments_are_off_until_the_owner_wants_them() -> None:
    assert setup.load(OURS, None) is None
    assert [one.name for one in registry.load(OURS, None)] == ["messenger"]


@pytest.mark.parametrize(("mode", "assistant"), [("on", False), ("answer", True)])
def test_the_assistant_answers_only_if_the_owner_says_so(mode: str, assistant: bool) -> None:
    channel = setup.load({**OURS, "FACEBOOK_COMMENTS": mode}, None)
    assert channel and channel.capabilities.assistant is assistant


@pytest.mark.parametrize("environment", [{"FACEBOOK_COMMENTS": "yes", **OURS}, {"FACEBOOK_COMMENTS": "on"}])
def test_wrong_settings_are_named(environment: dict[str, str]) -> None:
    with pytest.raises(ChannelError, match="FACEBOOK_COMMENTS"):
        setup.load(environment, None)


# --- the shell -------------------------------------------------------------------------------------


@pytest.fixture
async def shell() -> AsyncIterator[tuple[httpx.AsyncClient, FakeGateway]]:
    gateway = FakeGateway()
    channels = registry.load({**OURS, "FACEBOOK_COMMENTS": "on"}, "https://chat.shop.example")
    routes = [made for one in channels if (made := one.blueprint(gateway))]
    async with serving(*routes, REQUEST_MAX_SIZE=2_000_000) as client:
        yield client, gateway


async def deliver(client: httpx.AsyncClient, body: bytes, signature: str | None = None) -> int:
    signed = sign(body) if signature is None else signature
    answer = await client.post(PATH, content=body, headers={"X-Hub-Signature-256": signed})
    return answer.status_code


async def test_comments_come_with_messengers_webhook(shell: tuple[httpx.AsyncClient, FakeGateway]) -> None:
    client, gateway = shell
    for name, expected in EXPECTED.items():
        gateway.events.clear()
        assert await deliver(client, fixture(name)) == 200
        private = 1 if name == "messages_and_comments" else 0
        assert len(gateway.events) == len(expected) + private, name
    assert await deliver(client, b" " * 1_000_001) == 413


async def test_what_is_forged_or_changed_is_refused(shell: tuple[httpx.AsyncClient, FakeGateway]) -> None:
    client, gateway = shell
    body = fixture("comment_add")
    digest = hmac.new(b"another app's secret", body, hashlib.sha256).hexdigest()
    assert await deliver(client, body, f"sha256={digest}") == 403
    assert await deliver(client, body, "") == 403
    assert await deliver(client, body.replace(b"7001", b"7002"), sign(body)) == 403
    assert gateway.events == []


async def test_when_the_store_fails_meta_comes_again(shell: tuple[httpx.AsyncClient, FakeGateway]) -> None:
    client, gateway = shell
    gateway.failures = 1
    assert await deliver(client, fixture("comment_add")) == 500


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_signed_request_breaks_it(
    shell: tuple[httpx.AsyncClient, FakeGateway], data: st.DataObject
) -> None:
    client, gateway = shell
    gateway.events.clear()
    body = json.loads(fixture(data.draw(st.sampled_from(sorted(EXPECTED)))))
    assert await deliver(client, json.dumps(mutated(data, body)).encode()) == 200


async def test_without_the_setting_comments_bring_nothing() -> None:
    gateway = FakeGateway()
    (channel,) = registry.load(OURS, None)
    routes = channel.blueprint(gateway)
    assert routes
    async with serving(routes) as client:
        assert await deliver(client, fixture("comment_add")) == 200
    assert gateway.events == []


# --- out -------------------------------------------------------------------------------------------


class Line:
    """The channel before a fake page on which Anna has commented."""

    def __init__(self, fake: FakeFacebook, channel: FacebookChannel) -> None:
        self.fake, self.channel = fake, channel
        self.comment = fake.add(ANNA, "It came broken")

    async def send(self, text: str = "We are sorry!", comment: str | None = None) -> str | None:
        address = f"{comment or self.comment.id}:{ANNA}"
        return await self.channel.send(Outbound(1, 1, PAGE, address, "agent", text), Part(text))

    async def refused(self, work: Any) -> SendError:
        with pytest.raises(SendError) as caught:
            await work
        return caught.value


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    fake, theirs = FakeFacebook(), port()
    fake.echoes, fake.receipts = False, ()
    channel = setup.load(fake.environment(url(theirs), "http://127.0.0.1:9"), None)
    assert isinstance(channel, FacebookChannel)
    await channel.start(FakeGateway())
    async with serving(fake.blueprint(), listening=theirs):
        yield Line(fake, channel)
        await channel.stop()
        await fake.close()


async def test_an_answer_stands_below_the_comment(line: Line) -> None:
    told = await line.send()
    (taken,) = line.fake.taken
    assert taken == {"comment": line.comment.id, "message": "We are sorry!", "id": told}
    assert line.fake.comments[str(told)].parent == line.comment.id


async def test_a_comment_is_hidden_and_shown_again(line: Line) -> None:
    await line.channel.hide(line.comment.id, hidden=True)
    assert line.fake.comments[line.comment.id].hidden
    await line.channel.hide(line.comment.id, hidden=False)
    assert not line.fake.comments[line.comment.id].hidden


async def test_a_private_reply_goes_out_once(line: Line) -> None:
    invited = await line.channel.invite(line.comment.id, "Hello Anna")
    assert (invited.channel, invited.address) == ("messenger", line.fake.messenger_id(ANNA))
    (taken,) = line.fake.taken
    assert taken["recipient"] == {"comment_id": line.comment.id} and "messaging_type" not in taken
    assert taken["message"] == {"text": "Hello Anna", "metadata": "aftercare"}
    again = await line.refused(line.channel.invite(line.comment.id, "Hello?"))
    assert again.permanent and "its one private reply" in again.reason
    assert len(line.fake.taken) == 1


async def test_why_a_private_reply_is_refused_is_told(line: Line) -> None:
    line.comment.at -= 8 * 24 * 3600
    assert "older than 7 days" in (await line.refused(line.channel.invite(line.comment.id, "x"))).reason
    gone = await line.refused(line.channel.invite("5550001_1", "x"))
    assert gone.permanent and "gone" in gone.reason
    for code, words in ((10902, "takes no private"), (10903, "takes no private"), (100, "Graph error 100")):
        line.fake.errors.append((400, code, None))
        assert words in (await line.refused(line.channel.invite(line.comment.id, "x"))).reason


async def test_a_comment_that_is_gone_is_given_up(line: Line) -> None:
    error = await line.refused(line.send(comment="5550001_1"))
    assert error.permanent and not (error.account or error.unreachable)
    assert (await line.refused(line.channel.hide("5550001_1", hidden=True))).permanent


async def test_refusals_mean_what_they_mean_for_messages(line: Line) -> None:
    line.fake.trouble.statuses.append((429, 17))
    busy = await line.refused(line.send())
    assert busy.account and busy.retry_after == 17
    line.fake.errors.append((403, 200, None))
    assert (await line.refused(line.send())).fault == "permission"
    line.fake.errors.append((401, 190, None))
    assert (await line.refused(line.send())).fault == "credentials"
    line.fake.errors.append((500, 1, None))
    assert (await line.refused(line.send())).unknown
    line.fake.trouble.down = True
    down = await line.refused(line.send())
    assert not (down.permanent or down.unknown)
    line.fake.trouble.down = False
    assert await line.send()


async def test_before_the_start_nothing_is_asked() -> None:
    channel = setup.load({**OURS, "FACEBOOK_COMMENTS": "on"}, None)
    assert isinstance(channel, FacebookChannel)
    with pytest.raises(SendError):
        await channel.hide(FIRST, hidden=True)
    with pytest.raises(FetchError):
        await channel.fetch(Attachment(AttachmentKind.IMAGE, "https://scontent.xx.fbcdn.net/x"), 10)


# --- the doctor ------------------------------------------------------------------------------------


async def test_the_doctor_says_whether_comments_come(line: Line) -> None:
    environment = {
        **line.fake.environment(line.channel.config.page.graph_url, "http://127.0.0.1:9"),
    }
    assert [one.level for one in await setup.check(environment, None)] == ["ok"]
    line.fake.fields.remove("feed")
    (found,) = await setup.check(environment, None)
    assert found.level == "warning" and "feed" in found.text
    (off,) = await setup.check({}, None)
    (wrong,) = await setup.check({"FACEBOOK_COMMENTS": "on"}, None)
    (away,) = await setup.check({**environment, "MESSENGER_GRAPH_URL": "http://127.0.0.1:9"}, None)
    (denied,) = await setup.check({**environment, "MESSENGER_PAGE_TOKEN": "another"}, None)
    assert (off.level, wrong.level, away.level, denied.level) == ("off", "error", "error", "warning")
