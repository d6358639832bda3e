"""The web chat over HTTP, with the rest of the program in memory."""

import asyncio
import hmac
import json
import logging
import re
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sanic import Sanic

from bot.runtime.http.ratelimit import RateLimit, Slots
from bot.runtime.http.refusals import BadRequest, Unauthorized
from bot.web.demo_shop import demo_blueprint
from bot.web.error_answers import ErrorAnswers
from channels.contract import MAX_TEXT, Accepted, Inbound, LiveEvent, Visit
from channels.web import visitor as web_visitor
from channels.web.channel import blueprint
from channels.web.config import WebConfig, WebLimits
from channels.web.events import events
from channels.web.parse import MAX_BODY, parse, parse_seq, primary_language
from tests.fakes.gateway import FakeGateway, Place
from tests.paths import ROOT

WEB = ROOT / "web"
SECRET = b"0123456789abcdef0123456789abcdef"
CONFIG = WebConfig(
    secret=SECRET,
    web_root=WEB,
    public={
        "name": "Linden & Co",
        "colour": "#2f5d50",
        "languages": ["en"],
        "default_language": "en",
        "texts": {"en": {"greeting": "Hello", "launcher_open": "Open </script> chat"}},
    },
    frame_ancestors=("'self'", "https://shop.example"),
    heartbeat=0.1,
)


V = ("web", "default", "v")
VISIT = Visit("v", "v", datetime.max.replace(tzinfo=UTC))


@dataclass
class Site:
    """A running application, its gateway, and a client for it."""

    gateway: FakeGateway
    client: httpx.AsyncClient
    server: Any

    async def visitor(self) -> dict[str, str]:
        answer = await self.client.post("/chat/v1/sessions")
        assert answer.status_code == 201
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    def say(self, visitor: dict[str, str], text: str, **more: Any) -> None:
        """The assistant says something to a visitor."""
        self.gateway.say(place_of(visitor), "bot", text, **more)

    async def send(self, visitor: dict[str, str], **body: Any) -> httpx.Response:
        body.setdefault("client_msg_id", uuid4().hex)
        return await self.client.post("/chat/v1/messages", json=body, headers=visitor)


def place_of(visitor: dict[str, str]) -> Place:
    return ("web", "default", web_visitor.verify(SECRET, visitor["Authorization"]).address)


async def start(config: WebConfig) -> Site:
    gateway = FakeGateway()
    app = Sanic(f"web-{uuid4().hex}", configure_logging=False, error_handler=ErrorAnswers())
    app.config.ACCESS_LOG = False
    app.config.TOUCHUP = False  # it rewrites Sanic's classes and can do so once in a process only
    app.config.update({"RESPONSE_TIMEOUT": 0.5})
    app.config.REQUEST_MAX_SIZE = 4 * MAX_BODY
    app.blueprint(blueprint(gateway, config))

    async def orders() -> list[dict[str, Any]]:
        return [{"number": "LC-1", "email": "a@example.com", "name": "A", "state": "shipped"}]

    app.blueprint(demo_blueprint(WEB, orders))
    listening = socket.create_server(("127.0.0.1", 0))
    server: Any = await app.create_server(sock=listening, return_asyncio_server=True)
    await server.startup()
    await server.before_start()
    await server.start_serving()
    port = listening.getsockname()[1]
    return Site(gateway, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5), server)


async def stop(site: Site) -> None:
    await site.client.aclose()
    await site.server.before_stop()
    site.server.close()
    for _ in range(50):
        if not site.server.connections:
            break
        await asyncio.sleep(0.02)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    started = await start(CONFIG)
    yield started
    await stop(started)


@pytest.fixture
async def limited(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    started = await start(replace(CONFIG, limits=WebLimits(**request.param)))
    yield started
    await stop(started)


def error_code(answer: httpx.Response, field: str | None = None) -> str:
    """The code of a refusal that names this field, or none."""
    body = answer.json()
    assert set(body) == {"error"} and body["error"]["message"]
    assert set(body["error"]) == {"code", "message", *(["field"] if field else [])}
    assert body["error"].get("field") == field
    return str(body["error"]["code"])


async def read(lines: AsyncIterator[str], count: int) -> list[tuple[str, dict[str, Any]]]:
    """The next `count` events of a stream, heartbeats left out."""
    found: list[tuple[str, dict[str, Any]]] = []
    kind = ""
    async with asyncio.timeout(3):
        async for line in lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((kind, json.loads(line.removeprefix("data: "))))
                if len(found) == count:
                    return found
    return found


# --- messages ------------------------------------------------------------------------------------


async def test_a_message_is_stored_under_the_visitor_and_the_clients_id(site: Site) -> None:
    visitor = await site.visitor()
    answer = await site.send(visitor, client_msg_id="message-1", text="  Where is it?\r\n ", language="lt-LT")
    assert answer.status_code == 202 and answer.json() == {"seq": 1, "duplicate": False}
    assert answer.headers["cache-control"] == "no-store"
    (inbound,) = site.gateway.accepted
    assert inbound.external_id == f"{inbound.address}:message-1" and len(inbound.external_id) <= 128
    assert (inbound.channel, inbound.account, inbound.text) == ("web", "default", "Where is it?")
    assert (inbound.press, inbound.language) == (None, "lt")


async def test_a_message_tells_its_network_to_nobody_who_reads_it(site: Site) -> None:
    for _ in range(2):
        await site.send(await site.visitor(), text="hello")
    first, second = (one.network for one in site.gateway.accepted)
    assert first == second == hmac.new(SECRET, b"127.0.0.1", "sha256").hexdigest()


async def test_the_same_message_again_counts_once(site: Site) -> None:
    visitor = await site.visitor()
    answers = [await site.send(visitor, client_msg_id="message-1", text="hello") for _ in range(2)]
    assert [answer.json() for answer in answers] == [
        {"seq": 1, "duplicate": False},
        {"seq": 1, "duplicate": True},
    ]


async def test_a_message_that_can_not_be_stored_is_not_acknowledged(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_inbound: Inbound, _visit: Visit) -> Accepted:
        raise RuntimeError("as written in the test")

    visitor = await site.visitor()
    with monkeypatch.context() as patch:
        patch.setattr(site.gateway, "accept", refuse)
        assert (await site.send(visitor, client_msg_id="message-1", text="hello")).status_code == 500
    answer = await site.send(visitor, client_msg_id="message-1", text="hello")
    assert (answer.status_code, answer.json()["duplicate"]) == (202, False)


async def test_two_visitors_with_the_same_message_id_do_not_meet(site: Site) -> None:
    for _ in range(2):
        answer = await site.send(await site.visitor(), client_msg_id="message-1", text="hello")
        assert answer.json()["duplicate"] is False


async def test_a_button_of_the_conversation_may_be_pressed_and_no_other(site: Site) -> None:
    visitor = await site.visitor()
    site.say(visitor, "which?", buttons=[{"token": "tok1", "title": "Red"}])
    assert (await site.send(visitor, press="tok1")).status_code == 202
    answer = await site.send(visitor, press="tok2")
    assert (answer.status_code, error_code(answer)) == (409, "unknown_button")


async def test_the_browsers_language_is_the_hint_without_another(site: Site) -> None:
    visitor = {**await site.visitor(), "Accept-Language": "lv-LV,lv;q=0.9,en;q=0.8"}
    await site.send(visitor, text="labdien")
    assert site.gateway.accepted[0].language == "lv"


async def test_messages_after_a_place(site: Site) -> None:
    visitor = await site.visitor()
    for number in range(3):
        site.say(visitor, str(number))
    answer = await site.client.get("/chat/v1/messages", params={"after": 1}, headers=visitor)
    assert [message["seq"] for message in answer.json()["messages"]] == [2, 3]
    everything = await site.client.get("/chat/v1/messages", headers=visitor)
    assert len(everything.json()["messages"]) == 3


async def test_a_place_must_be_a_number(site: Site) -> None:
    visitor = await site.visitor()
    for after in ("-1", "x", "1.5", "99999999999", "١"):
        answer = await site.client.get("/chat/v1/messages", params={"after": after}, headers=visitor)
        assert (answer.status_code, error_code(answer, "after")) == (400, "bad_request")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"client_msg_id":"message-1","text":' + b"9" * 5000 + b"}",
        b'{"text":"no id"}',
        b'{"client_msg_id":"short","text":"a"}',
        b'{"client_msg_id":"with space","text":"a"}',
        b'{"client_msg_id":12345678,"text":"a"}',
        b'{"client_msg_id":"message-1\\n","text":"a"}',
        b'{"client_msg_id":"message-1"}',
        b'{"client_msg_id":"message-1","text":"a","press":"b"}',
        b'{"client_msg_id":"message-1","text":null}',
        b'{"client_msg_id":"message-1","text":{"a":1}}',
        b'{"client_msg_id":"message-1","text":" \\n\\t "}',
        b'{"client_msg_id":"message-1","text":"\\u0000\\u0007\\ud800\\u200b"}',
        b'{"client_msg_id":"message-1","press":""}',
        b'{"client_msg_id":"message-1","press":"/intent{}"}',
        b'{"client_msg_id":"message-1","press":7}',
        b'{"client_msg_id":"message-1","text":"a","language":["en"]}',
        b'{"client_msg_id":"message-1","text":"a","sender":"someone"}',
    ],
)
def test_a_malformed_message_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parse("v", "default", body, "en")
    assert refused.value.status == 400 and refused.value.message.endswith(".")


async def test_a_refused_message_is_not_stored(site: Site) -> None:
    visitor = await site.visitor()
    unknown = b'{"client_msg_id":"message-1","text":"a","sender":"someone"}'
    for body, field in ((b"{", None), (unknown, "sender")):
        answer = await site.client.post("/chat/v1/messages", content=body, headers=visitor)
        assert (answer.status_code, error_code(answer, field)) == (400, "bad_request")
    assert not site.gateway.accepted


async def test_an_oversized_message_is_refused(site: Site) -> None:
    visitor = await site.visitor()
    longest = await site.send(visitor, text="ž" * MAX_TEXT)
    assert longest.status_code == 202
    for size, field in ((MAX_TEXT + 1, "text"), (MAX_BODY, None), (5 * MAX_BODY, None)):
        answer = await site.send(visitor, text="a" * size)
        assert (answer.status_code, error_code(answer, field)) == (413, "too_large")


def test_control_characters_are_removed_and_the_rest_is_kept() -> None:
    body = json.dumps({"client_msg_id": "12345678", "text": "\x00a\u0085\tb\r\nc\x1b[31m 👩‍👩‍👧 \udc00"})
    assert parse("v", "default", body.encode(), None).text == "a\tb\nc[31m 👩‍👩‍👧"


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse("v", "default", body, None)


@given(st.text(max_size=MAX_TEXT))
def test_any_text_is_cleaned_or_refused(text: str) -> None:
    body = json.dumps({"client_msg_id": "12345678", "text": text}).encode()
    try:
        cleaned = parse("v", "default", body, None).text
    except BadRequest:
        return
    assert cleaned == cleaned.strip() != ""
    assert "\x00" not in cleaned
    assert cleaned.encode()


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        ("en", "en"),
        ("pt-BR,pt;q=0.9", "pt"),
        ("KK", "kk"),
        ("*", None),
        ("", None),
        (None, None),
        ("x", None),
    ],
)
def test_the_primary_language(tags: str | None, language: str | None) -> None:
    assert primary_language(tags) == language


def test_no_place_is_the_beginning() -> None:
    assert parse_seq(None) == parse_seq("") == parse_seq("0") == 0


# --- visitors ------------------------------------------------------------------------------------


def claims(**changed: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    made = {"aud": "web-visitor", "sub": "v", "iat": now, "exp": now + timedelta(hours=1), **changed}
    return {key: value for key, value in made.items() if value is not None}


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x.y.z",
        "Basic abc",
        f"Bearer {jwt.encode(claims(), b'another secret of 32 bytes......', 'HS256')}",
        f"Bearer {jwt.encode(claims(), '', 'none')}",
        f"Bearer {jwt.encode(claims(aud='desk'), SECRET, 'HS256')}",
        f"Bearer {jwt.encode(claims(aud=None), SECRET, 'HS256')}",
        f"Bearer {jwt.encode(claims(exp=None), SECRET, 'HS256')}",
        f"Bearer {jwt.encode(claims(sub=None), SECRET, 'HS256')}",
        f"Bearer {web_visitor.issue(SECRET, at=datetime.now(UTC) - timedelta(days=366))}",
    ],
)
def test_a_wrong_token_is_nobodys(authorization: str | None) -> None:
    with pytest.raises(Unauthorized):
        web_visitor.verify(SECRET, authorization)


async def test_nothing_opens_without_a_token(site: Site) -> None:
    for method, path in (("POST", "messages"), ("GET", "messages"), ("GET", "events")):
        answer = await site.client.request(method, f"/chat/v1/{path}", headers={"Authorization": "Bearer x"})
        assert (answer.status_code, error_code(answer)) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_names_a_new_visitor_for_a_year() -> None:
    tokens = [web_visitor.issue(SECRET) for _ in range(2)]
    visitors = {web_visitor.verify(SECRET, f"bearer {token}").address for token in tokens}
    assert len(visitors) == 2 and all(len(visitor) == 22 for visitor in visitors)
    made = jwt.decode(tokens[0], options={"verify_signature": False})
    assert made["exp"] - made["iat"] == 365 * 86400


# --- events --------------------------------------------------------------------------------------


async def test_a_stream_replays_and_then_tells_what_happens(site: Site) -> None:
    visitor = await site.visitor()
    for number in range(3):
        site.say(visitor, str(number))
    async with site.client.stream("GET", "/chat/v1/events?after=1", headers=visitor) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.aiter_lines()
        assert [data["seq"] for _, data in await read(lines, 2)] == [2, 3]
        site.gateway.tell(place_of(visitor), LiveEvent("typing", None, {"author": "bot"}))
        site.say(visitor, "line\nbreak")
        assert await read(lines, 2) == [
            ("typing", {"author": "bot"}),
            ("message", site.gateway.transcripts[place_of(visitor)][3]),
        ]


async def test_a_stream_goes_on_after_the_last_event_id(site: Site) -> None:
    visitor = {**await site.visitor(), "Last-Event-ID": "2"}
    for number in range(3):
        site.say(visitor, str(number))
    async with site.client.stream("GET", "/chat/v1/events?after=0", headers=visitor) as answer:
        assert (await read(answer.aiter_lines(), 1))[0][1]["seq"] == 3


async def test_a_silent_stream_beats_and_outlives_the_response_timeout(site: Site) -> None:
    async with site.client.stream("GET", "/chat/v1/events", headers=await site.visitor()) as answer:
        beats = 0
        async with asyncio.timeout(3):
            async for line in answer.aiter_lines():
                beats += line == ": heartbeat"
                if beats == 12:
                    break


async def test_who_disconnects_is_forgotten(site: Site) -> None:
    async with site.client.stream("GET", "/chat/v1/events", headers=await site.visitor()) as answer:
        await anext(answer.aiter_lines())
        assert site.gateway.listening == 1
    for _ in range(50):
        if not site.gateway.listening:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the listener is still there")


async def test_streams_end_when_the_server_stops(site: Site) -> None:
    async with site.client.stream("GET", "/chat/v1/events", headers=await site.visitor()) as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        await site.server.before_stop()
        async with asyncio.timeout(2):
            assert all("event" not in line for line in [line async for line in lines])
    assert not site.gateway.listening


async def collect(stream: AsyncIterator[bytes], count: int) -> list[int]:
    seqs: list[int] = []
    async with asyncio.timeout(2):
        async for block in stream:
            if block.startswith(b"id: "):
                seqs.append(int(block.split(b"\n")[0].removeprefix(b"id: ")))
            if len(seqs) == count:
                break
    return seqs


async def test_a_message_between_replay_and_live_comes_once() -> None:
    class Racing(FakeGateway):
        async def replay(
            self, channel: str, account: str, address: str, after: int
        ) -> Sequence[dict[str, Any]]:
            page = await super().replay(channel, account, address, after)
            if len(self.transcripts[V]) < 5:
                self.say(V, "bot", "while the transcript was being read")
            return page

    gateway = Racing()
    gateway.say(V, "bot", "before")
    stream = events(gateway, "default", VISIT, 0, stopping=asyncio.Event(), heartbeat=0.05)
    first = await collect(stream, 2)
    gateway.say(V, "bot", "after")
    assert first + await collect(stream, 1) == [1, 2, 3]
    await stream.aclose()


async def test_lost_late_and_double_events_do_not_show() -> None:
    gateway = FakeGateway()
    stream = events(gateway, "default", VISIT, 0, stopping=asyncio.Event(), heartbeat=5)
    await anext(stream)
    reading = asyncio.create_task(collect(stream, 4))
    await asyncio.sleep(0.01)
    first, second = gateway.say(V, "bot", "1", tell=False), gateway.say(V, "bot", "2", tell=False)
    for seq, message in ((2, second), (1, first), (2, second)):
        gateway.tell(V, LiveEvent("message", seq, message))
    gateway.tell(V, LiveEvent("read", None, {}))
    gateway.say(V, "bot", "3")
    gateway.say(V, "bot", "4")
    assert await reading == [1, 2, 3, 4]
    await stream.aclose()
    assert not gateway.listening


async def test_a_long_transcript_is_replayed_page_by_page_in_full() -> None:
    gateway = FakeGateway()
    for number in range(450):
        gateway.say(V, "bot", str(number))
    stream = events(gateway, "default", VISIT, 3, stopping=asyncio.Event())
    assert await collect(stream, 447) == list(range(4, 451))
    await stream.aclose()


async def test_the_end_of_live_events_ends_the_stream() -> None:
    gateway = FakeGateway()
    stream = events(gateway, "default", VISIT, 0, stopping=asyncio.Event())
    await anext(stream)
    gateway.tell(V, None)
    assert [block async for block in stream] == []


# --- limits --------------------------------------------------------------------------------------


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    limit = RateLimit(2, 0.5, clock=lambda: now[0])
    assert [limit.take("a") for _ in range(3)] == [0, 0, 2]
    assert limit.take("b") == 0
    now[0] = 1.0
    assert limit.take("a") == 1
    now[0] = 2.0
    assert limit.take("a") == 0
    now[0] = 1000.0
    assert [limit.take("a") for _ in range(3)] == [0, 0, 2]


def test_memory_is_bounded_by_the_number_of_keys() -> None:
    limit = RateLimit(1, 1, keys=3, clock=lambda: 0)
    for number in range(100):
        limit.take(str(number))
    assert len(limit._buckets) == 3


def test_slots_are_given_back_even_after_a_fault() -> None:
    slots = Slots(1)
    with slots.hold("a") as free, slots.hold("a") as second, slots.hold("b") as other:
        assert (free, second, other) == (True, False, True)
    with pytest.raises(RuntimeError), slots.hold("a"):
        raise RuntimeError
    with slots.hold("a") as free:
        assert free


@pytest.mark.parametrize("limited", [{"visitor_burst": 2, "visitor_rate": 0.1}], indirect=True)
async def test_a_visitor_who_floods_is_told_when_to_go_on(limited: Site) -> None:
    visitor = await limited.visitor()
    answers = [await limited.send(visitor, text="hello") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert error_code(answers[2]) == "too_many_requests"
    assert 1 <= int(answers[2].headers["retry-after"]) <= 10
    assert (await limited.send(await limited.visitor(), text="another visitor")).status_code == 202


@pytest.mark.parametrize(
    "limited",
    [{"session_burst": 2, "session_rate": 0.01}, {"message_burst": 2, "message_rate": 0.01}],
    indirect=True,
)
async def test_an_address_that_floods_is_stopped(limited: Site) -> None:
    answers = []
    for _ in range(3):
        answers.append(await limited.client.post("/chat/v1/sessions"))
        if answers[-1].status_code == 201:
            visitor = {"Authorization": f"Bearer {answers[-1].json()['token']}"}
            answers.append(await limited.send(visitor, text="hello"))
    assert answers[-1].status_code == 429


@pytest.mark.parametrize("limited", [{"streams": 1}], indirect=True)
async def test_open_streams_are_counted_and_given_back(limited: Site) -> None:
    visitor = await limited.visitor()
    async with limited.client.stream("GET", "/chat/v1/events", headers=visitor) as first:
        assert first.status_code == 200
        refused = await limited.client.get("/chat/v1/events", headers=visitor)
        assert refused.status_code == 429 and refused.headers["retry-after"]
    for _ in range(50):
        async with limited.client.stream("GET", "/chat/v1/events", headers=visitor) as again:
            if again.status_code == 200:
                return
        await asyncio.sleep(0.02)
    pytest.fail("the slot was not given back")


# --- files ---------------------------------------------------------------------------------------


async def test_the_chats_page_is_locked_down(site: Site) -> None:
    answer = await site.client.get("/chat")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'self' https://shop.example;" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_known_file_is_not_sent_again(site: Site) -> None:
    first = await site.client.get("/chat/chat.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["content-encoding"] == "gzip"
    again = await site.client.get("/chat/chat.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await site.client.get("/chat/chat.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == first.content
    assert_sent(plain, WEB / "chat/chat.js")


def assert_sent(answer: httpx.Response, source: Path) -> None:
    """The file's own lines in their places, but for those that are nothing but a comment."""
    comment = re.compile(r"\s*(//.*|/\*\*((?!\*/).)*(\*/)?|\*/|\* .*)")
    for sent, line in zip(answer.text.split("\n"), source.read_text("utf-8").split("\n"), strict=True):
        assert sent == ("" if comment.fullmatch(line) else line)


async def test_only_the_chats_own_files_are_served(site: Site) -> None:
    for name in ("none.js", "chat.html", "..%2fwidget.js", "%2e%2e%2fwidget.js", "..%5cwidget.js"):
        assert (await site.client.get(f"/chat/{name}")).status_code == 404
        assert (await site.client.get(f"/shared/{name}")).status_code == 404


async def test_what_the_chat_and_the_desk_share_is_served_beside_them(site: Site) -> None:
    for path in (WEB / "shared").iterdir():
        answer = await site.client.get(f"/shared/{path.name}")
        assert answer.status_code == 200
        assert_sent(answer, path)
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_loader_carries_its_texts(site: Site) -> None:
    answer = await site.client.get("/widget.js")
    assert "__SETTINGS__" not in answer.text and '"#2f5d50"' in answer.text
    assert "launcher_open" in answer.text and "greeting" not in answer.text
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_the_public_settings_are_sent_as_they_are(site: Site) -> None:
    answer = await site.client.get("/chat/v1/config")
    assert answer.json() == CONFIG.public


async def test_the_demonstration_shop(site: Site) -> None:
    page = await site.client.get("/")
    assert "widget.js" in page.text and "unsafe" not in page.headers["content-security-policy"]
    assert (await site.client.get("/demo/demo.css")).status_code == 200
    assert (await site.client.get("/demo/orders.json")).json()[0]["number"] == "LC-1"
    assert (await site.client.get("/demo/secret")).status_code == 404


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"secret": b"short"}, "secret"),
        ({"frame_ancestors": ("https://shop.example; script-src *",)}, "frame_ancestors"),
        ({"frame_ancestors": ("shop.example",)}, "frame_ancestors"),
        ({"public": {**CONFIG.public, "colour": "red"}}, "public.colour"),
        ({"public": {**CONFIG.public, "default_language": "lt"}}, "public.texts"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}:"):
        replace(CONFIG, **changed)


async def test_nothing_a_customer_wrote_is_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="sanic")
    visitor = await site.visitor()
    await site.send(visitor, text="my secret words")
    await site.send(visitor, text="my secret words", press="x")
    written = caplog.text
    assert "secret words" not in written and visitor["Authorization"][-20:] not in written
