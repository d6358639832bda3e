"""Chatwoot's webhooks: who may send them, and what becomes of malformed, forged, old and repeated ones."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw
from sqlalchemy import select

from bot.mirror.chatwoot import notifications
from bot.mirror.chatwoot import payloads as parse
from bot.mirror.chatwoot.account import NEEDED, ChatwootConfig
from bot.mirror.chatwoot.client import Chatwoot
from bot.mirror.chatwoot.diagnosis import check
from bot.mirror.chatwoot.notifications import MAX_BODY
from bot.mirror.external import ExternalError, Post
from bot.settings import Settings, SettingsError
from store.core.database import Database
from store.tables import mirrors
from tests.mirror.chatwoot_server import ACCOUNT, INBOX, SIGNING_SECRET, WEBHOOK_SECRET, FakeChatwoot
from tests.mirror.mirrored import Shop, hurry, shop
from tests.serving import port, serving, url

PAYLOAD: dict[str, Any] = {
    "event": "message_created",
    "id": 5,
    "content": "Hello",
    "message_type": "outgoing",
    "private": False,
    "content_attributes": {},
    "sender": {"id": 1, "name": "Rita", "type": "user"},
    "account": {"id": ACCOUNT, "name": "Linden"},
    "inbox": {"id": INBOX, "name": "Aftercare"},
    "conversation": {"id": 12, "inbox_id": INBOX, "status": "open", "messages": [{"id": 5}]},
    "created_at": "2026-03-02T09:00:00Z",
}
CHANGED: dict[str, Any] = {
    "event": "conversation_status_changed",
    "id": 12,
    "inbox_id": INBOX,
    "status": "resolved",
    "changed_attributes": [{"status": {"previous_value": "open", "current_value": "resolved"}}],
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def mirrored(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(database, tmp_path) as one:
        await one.write("person please")
        await one.until(lambda: one.chatwoot.conversations and "> person please" in one.chatwoot.seen())
        yield one


async def test_only_chatwoot_is_heard(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    body = json.dumps({**PAYLOAD, "conversation": {"id": there.only, "inbox_id": INBOX}}).encode()
    path = f"/desk/chatwoot/{WEBHOOK_SECRET}"

    async def send(path: str, headers: dict[str, str], body: bytes = body) -> int:
        return (await mirrored.client.post(path, content=body, headers=headers)).status_code

    good = there.sign(body)
    assert await send(path, good) == 200
    assert await send(path, good) == 200  # repeated: it is looked at, and nothing new is found
    assert await send(path, {}) == 401
    assert await send(path, there.sign(body, secret="another secret")) == 401
    assert await send(path, there.sign(body, at=time.time() - 400)) == 401
    assert await send(path, there.sign(body, at=time.time() + 400)) == 401
    assert await send(path, {**good, "X-Chatwoot-Timestamp": str(int(time.time()) + 1)}) == 401
    assert await send(path, {**good, "X-Chatwoot-Timestamp": "-5"}) == 401
    assert await send(path, good, body + b" ") == 401
    assert await send(f"/desk/chatwoot/{WEBHOOK_SECRET}x", good) == 404
    assert await send("/desk/chatwoot/%ff%00", good) in (400, 404)
    assert (await mirrored.client.get(path)).status_code == 405
    # The payload says that Rita wrote; but Chatwoot, which is asked, knows of no such message.
    await mirrored.write("anybody?")
    await mirrored.until(lambda: there.seen()[-1] == "> anybody?" or "> anybody?" in there.seen())
    assert not any(one.startswith("agent") for one in mirrored.said())


async def test_without_signatures_the_address_is_the_secret(database: Database, tmp_path: Path) -> None:
    async with shop(database, tmp_path, FakeChatwoot(signing=False)) as one:
        await one.write("person please")
        await one.until(lambda: one.chatwoot.conversations and "> person please" in one.chatwoot.seen())
        await one.chatwoot.say("Rita here.")
        await one.until(lambda: "agent: Rita here." in one.said())
        assert set(one.chatwoot.answers) == {200}
        assert await one.chatwoot.call(PAYLOAD) == 404  # nobody here has that conversation


async def test_what_is_none_of_our_business(mirrored: Shop) -> None:
    there, ours = mirrored.chatwoot, {"id": mirrored.chatwoot.only, "inbox_id": INBOX}
    mine = {**PAYLOAD, "conversation": ours}
    for payload, status in (
        (mine, 200),
        (PAYLOAD, 404),  # Chatwoot shows that this one reached nobody
        ({**PAYLOAD, "private": True}, 200),
        ({**PAYLOAD, "message_type": "incoming"}, 200),
        ({**PAYLOAD, "event": "message_updated"}, 200),
        ({**PAYLOAD, "account": {"id": 8}}, 200),
        ({**PAYLOAD, "inbox": {"id": 4}}, 200),
        (CHANGED, 200),
        ({**CHANGED, "inbox_id": 9}, 200),
        ({"event": "webwidget_triggered"}, 200),
        ({}, 200),
        ([], 400),
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"9" * 100_000, 400),
        (b'{"a": "' + b"x" * MAX_BODY + b'"}', 413),
    ):
        assert await there.call(payload) == status, str(payload)[:80]


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A payload of Chatwoot's with some of it missing or anything else."""
    payload = deepcopy(draw(st.sampled_from([PAYLOAD, CHANGED])))
    for _ in range(draw(st.integers(1, 3))):
        place = payload
        inner = [one for one in place.values() if isinstance(one, dict) and one]
        if inner and bool(draw(st.booleans())):
            place = draw(st.sampled_from(inner))
        if not place:
            continue
        name = draw(st.sampled_from(sorted(place)))
        if draw(st.booleans()):
            del place[name]
        else:
            place[name] = draw(ANYTHING)
    return payload


@settings(max_examples=300, deadline=None)
@given(payload=mutated() | ANYTHING)
def test_any_payload_can_be_read(payload: Any) -> None:
    found = parse.hint(payload, ACCOUNT, INBOX)
    assert found is None or found.conversation_id.isdecimal()
    remark = parse.remark(payload)
    assert remark is None or remark.id > 0
    if remark and remark.agent is not None:
        assert 0 < len(remark.agent) <= parse.MAX_NAME and "\n" not in remark.agent
        remark.text.encode()
        assert "\x00" not in remark.text + remark.agent
    assert parse.status(payload) in ("open", "pending", "resolved")


@settings(max_examples=8, deadline=None)
@given(payloads=st.lists(mutated() | ANYTHING, min_size=15, max_size=25))
def test_no_payload_is_answered_with_an_error_of_ours(payloads: list[Any]) -> None:
    async def known(conversation_id: str) -> bool:
        return conversation_id.endswith("2")

    async def run() -> list[int]:
        config = ChatwootConfig("http://x", ACCOUNT, INBOX, "t", WEBHOOK_SECRET)
        async with serving(notifications.blueprint(config, known)) as client:
            answers = [
                await client.post(f"/desk/chatwoot/{WEBHOOK_SECRET}", content=json.dumps(one).encode())
                for one in payloads
            ]
        return [one.status_code for one in answers]

    assert set(asyncio.run(run())) <= {200, 400, 404}


@settings(max_examples=20, deadline=None)
@given(messages=st.lists(mutated() | ANYTHING, max_size=5), conversation=ANYTHING | mutated())
def test_any_answer_of_the_api_can_be_read(messages: list[Any], conversation: Any) -> None:
    routes = Blueprint("strange")

    def answer(value: Any) -> HTTPResponse:
        return raw(json.dumps(value).encode(), content_type="application/json")

    @routes.get("/api/v1/accounts/<rest:path>")
    async def get(_request: Request, rest: str) -> HTTPResponse:
        return answer({"payload": messages} if rest.endswith("messages") else conversation)

    @routes.post("/api/v1/accounts/<rest:path>")
    async def post(_request: Request, rest: str) -> HTTPResponse:
        return answer(conversation)

    async def run() -> None:
        listening = port()
        desk = Chatwoot(ChatwootConfig(url(listening), ACCOUNT, INBOX, "t", WEBHOOK_SECRET))
        async with serving(routes, listening=listening):
            await desk.start()
            with suppress(ExternalError):
                thread = await desk.read("12", "web:default:anna", 3)
                assert all(one.id > 3 for one in thread.remarks)
            with suppress(ExternalError):
                opened = await desk.open("web:default:anna", "Anna", datetime(2026, 3, 2, tzinfo=UTC))
                assert opened.external_id.isdecimal()
            await desk.post("12", Post("aftercare:1:1", "hello", private=False))
            await desk.stop()

    asyncio.run(run())


async def test_no_answer_of_chatwoot_breaks_the_loop(mirrored: Shop) -> None:
    there = mirrored.chatwoot
    # Messages as no Chatwoot has them stand between good ones.
    strange: list[Any] = [
        {"id": there._id(), "message_type": 1, "sender": {"type": "user", "name": None}, "content": 5},
        {"id": there._id(), "message_type": "outgoing", "sender": [], "content": "x", "created_at": "soon"},
        {"id": there._id(), "message_type": 1, "sender": {"type": "user"}, "content": "no name"},
    ]
    there.messages[there.only] += strange
    await there.say("Rita here.")
    await mirrored.until(lambda: "agent: Rita here." in mirrored.said())
    assert "agent: no name" in mirrored.said()
    [reason] = mirrored.run(lambda c: list(c.execute(select(mirrors.c.reason)).scalars()))
    assert reason is None


# Settings and the doctor

FULL = {
    "CHATWOOT_URL": "https://desk.linden.example/",
    "CHATWOOT_ACCOUNT_ID": "7",
    "CHATWOOT_INBOX_ID": "3",
    "CHATWOOT_TOKEN": "abc",
    "CHATWOOT_WEBHOOK_SECRET": WEBHOOK_SECRET,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in NEEDED),
        ("CHATWOOT_URL", "desk.linden.example"),
        ("CHATWOOT_URL", "https://user:sec@desk.linden.example"),
        ("CHATWOOT_URL", "https://desk.linden.example:sec"),
        ("CHATWOOT_URL", "https://desk.linden.example/?a=sec"),
        ("CHATWOOT_ACCOUNT_ID", "seven"),
        ("CHATWOOT_INBOX_ID", "0"),
        ("CHATWOOT_INBOX_ID", "９"),
        ("CHATWOOT_TOKEN", "sec ret"),
        ("CHATWOOT_TOKEN", "secą"),
        ("CHATWOOT_WEBHOOK_SECRET", "sec"),
        ("CHATWOOT_WEBHOOK_SECRET", "sec/" * 10),
        ("CHATWOOT_SIGNING_SECRET", "sec\nret"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "shop.yml").touch()
    home = {"AFTERCARE_HOME": str(tmp_path), "AFTERCARE_SECRET": "s" * 32}
    with pytest.raises(SettingsError, match=f"^{name}: ") as error:
        Settings.load({**home, **FULL, name: value})
    assert "sec" not in str(error.value).replace("SECRET", "")
    found = Settings.load({**home, **FULL}).chatwoot
    assert found and found.url == "https://desk.linden.example" and found.signing_secret is None
    assert "abc" not in repr(found) and WEBHOOK_SECRET not in repr(found)
    assert Settings.load(home).chatwoot is None


async def test_what_the_doctor_says() -> None:
    fake, listening = FakeChatwoot(), port()
    environment = fake.environment(url(listening), "https://chat.linden.example")

    async def said(public_url: str | None = "https://chat.linden.example", **more: str) -> list[str]:
        found = await check(ChatwootConfig.load({**environment, **more}), public_url)
        text = " ".join(one.text for one in found)
        assert WEBHOOK_SECRET not in text and "fake-api-token" not in text and SIGNING_SECRET not in text
        return [one.level for one in found]

    async with serving(fake.blueprint(), listening=listening):
        assert await said() == ["ok"]
        assert await said(None) == ["ok", "warning"]
        assert await said("https://other.example") == ["ok", "warning"]
        assert await said(CHATWOOT_SIGNING_SECRET="") == ["ok", "off"]
        assert await said(CHATWOOT_TOKEN="wrong") == ["error"]
        assert await said(CHATWOOT_INBOX_ID="4") == ["error"]
        fake.inbox["channel_type"] = "Channel::WebWidget"
        assert await said() == ["error"]
    assert await said() == ["error"]
    assert [one.level for one in await check(None, None)] == ["off"]
    await fake.close()
