"""Telegram's webhook, polling, sending and set-up, against a fake Telegram over HTTP."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, redirect
from sqlalchemy import select
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.cli import group
from bot.conversation.customer_events import CustomerEvents
from bot.conversation.receiving.gateway import LiveGateway
from bot.conversation.receiving.intake import Intake
from bot.simulator import telegram_delivery
from bot.simulator.fake_telegram import TOKEN, TelegramProvider
from bot.simulator.provider import Provider
from channels import registry
from channels.contract import (
    AccountRefused,
    Attachment,
    AttachmentKind,
    Channel,
    ChannelError,
    Edit,
    Event,
    FetchError,
    Inbound,
    Outbound,
    Reachability,
    SendError,
    Setup,
)
from channels.splitting import Button, Part, cut
from channels.telegram import api as telegram_api
from channels.telegram import poll, setup
from channels.telegram import webhook as telegram_webhook
from channels.telegram.channel import Telegram
from channels.telegram.config import TelegramConfig
from channels.telegram.errors import send_error
from channels.telegram.webhook import MAX_BODY
from store.conversations import conversations, transcript
from store.core.database import Database
from store.tables import attachments as attachments_table
from store.tables import messages as messages_table
from tests.channels.telegram.telegram_world import (
    World,
    address_of,
    listening,
    serving,
    until,
    world,
)
from tests.channels.telegram.test_telegram_parse import FILES, mutated
from tests.fakes.assistant import FakeAssistant
from tests.fakes.gateway import FakeGateway
from tests.paths import ROOT
from tests.speaking import NO_SPOOL, outgoing_of

ANNA = "5001"
KNOWN = {"TELEGRAM_TOKEN": TOKEN}


@dataclass
class Scene:
    """A world and what its channel handed over."""

    world: World
    gateway: FakeGateway

    @property
    def provider(self) -> TelegramProvider:
        return self.world.provider

    @property
    def inbound(self) -> list[Inbound]:
        return [event for event in self.gateway.events if isinstance(event, Inbound)]

    async def send(self, text: str, *buttons: Button, address: str = ANNA) -> str | None:
        self.provider.thread(address)
        channel = self.world.channel
        message = Outbound(1, 1, channel.account, address, "bot", text, buttons)
        return await channel.send(message, Part(text, buttons))

    async def refused(self, text: str = "hello", address: str = ANNA) -> SendError:
        with pytest.raises(SendError) as caught:
            await self.send(text, address=address)
        return caught.value

    async def choose(self, *titles: str) -> list[str]:
        """Sends a message with buttons; their tokens."""
        buttons = [Button(f"token-{number}", title) for number, title in enumerate(titles)]
        await self.send("which?", *buttons)
        return [button.token for button in buttons]


@pytest.fixture
async def pushed() -> AsyncIterator[Scene]:
    gateway = FakeGateway()
    async with world(gateway) as made:
        yield Scene(made, gateway)


@pytest.fixture
async def polled(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(poll, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(poll, "CONFLICT_PAUSE", 0.05)
    gateway = FakeGateway()
    async with world(gateway, pushed=False) as made:
        yield Scene(made, gateway)


def body(name: str) -> bytes:
    return json.dumps(FILES[name]).encode()


def test_the_parts_fit_their_protocols() -> None:
    module: Setup = registry.setup("telegram")
    channel: Channel | None = module.load(KNOWN, None)
    provider: Provider = TelegramProvider()
    assert channel is not None and channel.name == provider.name == "telegram"


# --- the webhook -----------------------------------------------------------------------------------


async def test_a_delivery_is_stored_before_it_is_acknowledged(pushed: Scene) -> None:
    assert await pushed.provider.say(ANNA, "hello") == 200
    (inbound,) = pushed.inbound
    assert (inbound.text, inbound.address, inbound.account) == ("hello", ANNA, "7000000001")
    ((_, statuses),) = pushed.provider.delivery.history
    assert statuses == [200]


async def test_what_the_store_refuses_is_delivered_again(pushed: Scene) -> None:
    pushed.gateway.failures = 2
    assert await pushed.provider.say(ANNA, "hello") == 200
    ((_, statuses),) = pushed.provider.delivery.history
    assert statuses == [503, 503, 200]
    assert [one.text for one in pushed.inbound] == ["hello"]


@pytest.mark.parametrize("secret", ["", "x", "é", "\udcff", TOKEN])
async def test_without_the_secret_nothing_is_taken(
    pushed: Scene, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    header = secret.encode("utf-8", "surrogateescape")
    answer = await pushed.world.client.post(
        pushed.world.webhook,
        content=body("text"),
        headers={b"X-Telegram-Bot-Api-Secret-Token": header} if secret else {},
    )
    assert answer.status_code == 403 and not pushed.gateway.events
    assert "refused" in caplog.text and "užsakymas" not in caplog.text and TOKEN not in caplog.text


async def test_the_secret_goes_by_the_whole_of_it(pushed: Scene) -> None:
    secret = pushed.world.channel.config.secret
    for wrong in (secret[:-1], secret + "a", secret.upper(), secret[1:]):
        assert (await pushed.world.post(body("text"), wrong)).status_code == 403
    answer = await pushed.world.post(body("text"))
    assert (answer.status_code, answer.content) == (200, b""), "a body would be taken for a call"


NO_UPDATES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"{}",
    b"\xff",
    b"[" * 60_000,
    b'{"update_id":"1"}',
    b'{"update_id":1.5}',
    b'{"update_id":' + b"9" * 5000 + b"}",
]


async def test_what_is_no_update_is_refused(pushed: Scene) -> None:
    for content in NO_UPDATES:
        assert (await pushed.world.post(content)).status_code == 400, content[:30]


async def test_an_oversized_body_is_refused(pushed: Scene) -> None:
    assert (await pushed.world.post(b"{" + b" " * MAX_BODY)).status_code == 413


async def test_every_kind_of_update_is_acknowledged(pushed: Scene) -> None:
    answers = {name: (await pushed.world.post(body(name))).status_code for name in FILES}
    assert set(answers.values()) == {200}, answers


async def test_broken_updates_are_acknowledged_and_unsigned_ones_never(pushed: Scene) -> None:
    # The examples are drawn aside: a server lives on one loop.
    updates: list[dict[str, Any]] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(mutated())
    def draw(update: dict[str, Any]) -> None:
        updates.append(update)

    draw()
    for update in updates:
        content = json.dumps(update).encode()
        assert (await pushed.world.post(content)).status_code in (200, 400)
        before = len(pushed.gateway.events)
        assert (await pushed.world.post(content, "forged")).status_code == 403
        assert len(pushed.gateway.events) == before
    assert len(updates) >= 60


async def test_no_other_secret_opens_the_webhook(pushed: Scene) -> None:
    right = pushed.world.channel.config.secret
    guesses: set[str] = {right.swapcase(), f"{right},{right}", f"{right}\u00e9"}

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")))
    def draw(guess: str) -> None:
        guesses.add(guess.strip())

    draw()
    for guess in guesses:
        header = {b"X-Telegram-Bot-Api-Secret-Token": guess.encode()}
        answer = await pushed.world.client.post(pushed.world.webhook, content=body("text"), headers=header)
        # Bytes that no header may have are the server's to refuse.
        assert answer.status_code in (400, 403), guess
    assert not pushed.gateway.events and len(guesses) > 20


async def test_the_photos_of_an_album_are_known_to_be_together(pushed: Scene) -> None:
    photos = [pushed.provider.file("a.jpg", "image/jpeg", b"a") for _ in range(3)]
    for photo in photos:
        await pushed.provider.write(ANNA, **photo, media_group_id="77")
    await pushed.provider.write(ANNA, **photos[0])
    assert [one.album for one in pushed.inbound] == ["77", "77", "77", None]
    assert all(len(one.attachments) == 1 for one in pushed.inbound)


async def test_of_two_buttons_pressed_at_once_the_first_is_marked_and_both_are_acknowledged(
    pushed: Scene,
) -> None:
    tokens = await pushed.choose("Yes", "No")
    methods = pushed.provider.methods
    queries = [pushed.provider.query(ANNA, token) for token in tokens]
    for query in queries:
        assert await pushed.provider.update(ANNA, callback_query=query) == 200
    await until(lambda: len(methods.answered) == 2)
    await until(lambda: pushed.provider.thread(ANNA).bubbles[-1].buttons == (("-", "✓ Yes"),))
    assert pushed.provider.calls["editmessagereplymarkup"] == 1


async def test_a_pressed_button_is_acknowledged_and_marked(pushed: Scene) -> None:
    tokens = await pushed.choose("Yes", "No")
    await pushed.provider.press(ANNA, tokens[1])
    methods = pushed.provider.methods
    await until(lambda: methods.answered and pushed.provider.calls["editmessagereplymarkup"])
    await until(lambda: pushed.provider.thread(ANNA).bubbles[-1].buttons == (("-", "✓ No"),))
    (inbound,) = pushed.inbound
    assert (inbound.press, inbound.text) == (tokens[1], "No")
    # The mark stays; pressing it only ends the waiting circle.
    await pushed.provider.press(ANNA, "-")
    await until(lambda: len(methods.answered) == 2)
    assert len(pushed.inbound) == 1


async def test_a_press_that_was_not_stored_is_not_acknowledged(
    pushed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_delivery, "RETRIES", (0.02,))
    (token,) = await pushed.choose("Yes")
    pushed.gateway.failures = 10
    assert await pushed.provider.press(ANNA, token) == 503
    await asyncio.sleep(0.05)
    assert not pushed.provider.methods.answered and not pushed.provider.calls["editmessagereplymarkup"]


async def test_a_group_is_left_once_and_never_talked_in(pushed: Scene) -> None:
    for name in ("group_added", "group_text", "group_text"):
        assert (await pushed.world.post(body(name))).status_code == 200
    await until(lambda: pushed.provider.methods.left)
    await asyncio.sleep(0.05)
    assert pushed.provider.methods.left == [-1001987654321]
    assert not pushed.gateway.events and not pushed.provider.methods.log


async def test_edits_and_blocking_are_told(pushed: Scene) -> None:
    await pushed.provider.say(ANNA, "ordr 10234")
    await pushed.provider.edit(ANNA, pushed.provider.thread(ANNA).bubbles[-1].id, "order 10234")
    await pushed.provider.block(ANNA)
    await pushed.provider.block(ANNA, blocked=False)
    said, edited, gone, back = pushed.gateway.events
    assert isinstance(said, Inbound) and isinstance(edited, Edit)
    assert (edited.message_id, edited.text) == (said.message_id, "order 10234")
    assert isinstance(gone, Reachability) and isinstance(back, Reachability)
    assert (gone.reachable, back.reachable) == (False, True)


# --- in the real store -----------------------------------------------------------------------------


def stored(database: Database) -> LiveGateway:
    """The gateway on a database."""
    intake = Intake(("en", "lt"), outgoing_of(FakeAssistant()))
    return LiveGateway(database, intake, CustomerEvents(), NO_SPOOL)


async def test_deliveries_twice_and_out_of_order_are_stored_once(database: Database) -> None:
    async with world(stored(database)) as made:
        for number in range(6):
            await made.provider.say(ANNA, str(number))
        history = [update for update, _ in made.provider.delivery.history]
        for update in reversed(history):
            assert await made.provider.delivery.post(update) == 200
        assert await made.provider.delivery.post({**history[0], "update_id": 5}) == 200, "ids may begin anew"
    with database.read() as connection:
        one = conversations.find(connection, "telegram", made.channel.account, ANNA)
        assert one is not None
        texts = [entry.text for entry in transcript.after(connection, one.id, 0)]
    assert texts == ["0", "1", "2", "3", "4", "5", "0"]


async def test_an_edit_changes_the_transcript_and_a_photo_waits_to_be_fetched(database: Database) -> None:
    async with world(stored(database)) as made:
        await made.provider.say(ANNA, "ordr 10234")
        await made.provider.edit(ANNA, made.provider.thread(ANNA).bubbles[-1].id, "order 10234")
        await made.provider.attach(ANNA, "a.jpg", "image/jpeg", b"jpeg bytes", "broken")
        await made.provider.share_contact(ANNA, "37061234567")
        with database.read() as connection:
            texts = (
                connection.execute(select(messages_table.c.text).order_by(messages_table.c.id))
                .scalars()
                .all()
            )
            rows = connection.execute(select(attachments_table).order_by(attachments_table.c.id)).all()
            one = conversations.find(connection, "telegram", made.channel.account, ANNA)
        assert texts == ["order 10234", "broken", "+37061234567"]
        assert [(row.kind, row.state) for row in rows] == [("image", "waiting"), ("contact", "stored")]
        wanted = Attachment(AttachmentKind.IMAGE, rows[0].reference, size=rows[0].size)
        assert await made.channel.fetch(wanted, 1000) == b"jpeg bytes"
    assert one is not None and one.language == "en"


async def test_mutated_updates_never_break_the_store(database: Database) -> None:
    updates: list[dict[str, Any]] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(mutated())
    def draw(update: dict[str, Any]) -> None:
        updates.append(update)

    draw()
    async with world(stored(database)) as made:
        for number, update in enumerate(updates):
            # Telegram never uses a message's id twice in a chat.
            for content in update.values():
                if isinstance(content, dict) and content.get("message_id") == 41:
                    content["message_id"] = 1000 + number
            assert (await made.post(json.dumps(update).encode())).status_code in (200, 400)


# --- polling ---------------------------------------------------------------------------------------


async def test_polling_needs_nothing_but_a_token(polled: Scene) -> None:
    assert await polled.provider.say(ANNA, "one") == 202
    await polled.provider.say(ANNA, "two")
    await until(lambda: len(polled.inbound) == 2)
    assert [one.text for one in polled.inbound] == ["one", "two"]
    assert polled.provider.calls["deletewebhook"] == 1
    # Both are confirmed by the question for the next.
    await until(lambda: polled.provider.delivery.waiting == 0)


async def test_updates_are_confirmed_only_once_they_are_stored(polled: Scene) -> None:
    polled.gateway.failures = 3
    await polled.provider.say(ANNA, "one")
    await until(lambda: polled.gateway.failures < 3)
    assert polled.provider.delivery.waiting == 1
    await until(lambda: polled.inbound)
    assert [one.text for one in polled.inbound] == ["one"]


async def test_one_update_that_cant_be_stored_holds_up_no_other(polled: Scene) -> None:
    polled.gateway.poison = "880000001"
    await asyncio.gather(*(polled.provider.say(address, address) for address in ("5001", "5002", "5003")))
    await until(lambda: {"5002", "5003"} <= {one.text for one in polled.inbound})
    assert polled.provider.delivery.waiting >= 1, "it stays at Telegram"
    polled.gateway.poison = None
    await until(lambda: "5001" in {one.text for one in polled.inbound})


async def test_polling_survives_an_outage_and_a_rival(
    polled: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    polled.provider.trouble.down = True
    await polled.provider.say(ANNA, "while it was down")
    polled.provider.delivery.url = "https://elsewhere.example"  # now a webhook is in the way
    polled.provider.trouble.down = False
    await until(lambda: "somebody else" in caplog.text)
    polled.provider.delivery.url = ""
    await until(lambda: polled.inbound)
    assert TOKEN not in caplog.text


async def test_ids_that_begin_anew_are_seen(polled: Scene) -> None:
    await polled.provider.say(ANNA, "before")
    await until(lambda: polled.inbound and polled.provider.delivery.waiting == 0)
    update = {**FILES["text"], "update_id": 17}
    asked = polled.provider.calls["getupdates"]
    await polled.provider.delivery.hand_over(ANNA, update)
    await until(lambda: len(polled.inbound) == 2 or polled.provider.calls["getupdates"] > asked + 3)
    assert len(polled.inbound) == 2


async def test_stopping_does_not_wait_for_telegram(polled: Scene) -> None:
    async with asyncio.timeout(2):
        await polled.world.channel.stop()


# --- sending ---------------------------------------------------------------------------------------


async def test_a_message_is_sent_as_it_is(pushed: Scene) -> None:
    text = "*not bold* <b>&amp;</b> https://shop.example/?a=1&b=2\n[x](y) 📦"
    provider_id = await pushed.send(text)
    bubble = pushed.provider.thread(ANNA).bubbles[-1]
    assert (bubble.text, provider_id) == (text, f"{ANNA}:{bubble.id}")
    sent = pushed.provider.methods.sent[bubble.id]
    assert "reply_markup" not in sent


async def test_buttons_stand_one_or_two_in_a_row(pushed: Scene) -> None:
    titles = ("Yes", "No", "I'd rather talk to a person", "Other", "Back to the beginning, please", "A", "B")
    await pushed.choose(*titles)
    keyboard = pushed.provider.methods.sent[pushed.provider.thread(ANNA).bubbles[-1].id]["reply_markup"]
    rows = [[button["text"] for button in row] for row in keyboard["inline_keyboard"]]
    assert rows == [
        ["Yes", "No"],
        ["I'd rather talk to a person"],
        ["Other"],
        ["Back to the beginning, please"],
        ["A", "B"],
    ]


async def test_a_long_message_is_cut_as_telegram_counts(pushed: Scene) -> None:
    able = pushed.world.channel.capabilities
    text = "📦 " * 5000
    parts = cut(text, (Button("t", "OK"),), able)
    for part in parts:
        await pushed.send(part.text, *part.buttons)
    bubbles = pushed.provider.thread(ANNA).bubbles
    assert len(bubbles) == len(parts) == 4
    assert [bool(bubble.buttons) for bubble in bubbles] == [False, False, False, True]
    assert "".join(bubble.text for bubble in bubbles).count("📦") == 5000


async def test_an_overlong_part_would_be_refused_for_good(pushed: Scene) -> None:
    error = await pushed.refused("x" * 4097)
    assert (error.permanent, error.unreachable, error.reason) == (True, False, "Message is too long")


async def test_another_bots_customers_are_let_alone(pushed: Scene) -> None:
    pushed.provider.thread(ANNA)
    with pytest.raises(SendError) as caught:
        await pushed.world.channel.send(Outbound(1, 1, "7000000002", ANNA, "bot", "hi"), Part("hi"))
    assert caught.value.permanent and not caught.value.unreachable
    assert not pushed.provider.methods.log


async def test_typing_is_shown_and_its_failure_is_nobodys_concern(pushed: Scene) -> None:
    pushed.provider.thread(ANNA)
    await pushed.world.channel.signal(ANNA, "typing")
    assert pushed.provider.thread(ANNA).typing
    await pushed.world.channel.signal(ANNA, "seen")
    await pushed.world.channel.signal("999", "typing")
    assert pushed.provider.calls["sendchataction"] == 2


async def test_telegram_asks_to_wait(pushed: Scene) -> None:
    pushed.provider.trouble.statuses = [(429, 7)]
    error = await pushed.refused()
    assert error.retry_after == 7 and not (error.permanent or error.unknown or error.account)


async def test_who_blocked_the_bot_or_never_wrote_cant_be_reached(pushed: Scene) -> None:
    await pushed.send("hello")
    await pushed.provider.block(ANNA)
    assert (await pushed.refused()).unreachable
    message = Outbound(1, 1, pushed.world.channel.account, "12345", "bot", "hi")
    with pytest.raises(SendError) as caught:
        await pushed.world.channel.send(message, Part("hi"))
    assert caught.value.unreachable and caught.value.reason == "Chat not found"


async def test_a_refused_token_stops_the_account(pushed: Scene, caplog: pytest.LogCaptureFixture) -> None:
    pushed.provider.token = "7000000001:another-token-another-token-x"
    error = await pushed.refused()
    assert error.account and not error.permanent
    assert TOKEN not in error.reason + caplog.text and "TELEGRAM_TOKEN" in error.reason
    assert error.fault == "credentials", "the owner must mend it"


async def test_a_token_that_is_refused_while_nobody_writes_is_told_too(polled: Scene) -> None:
    polled.provider.token = "7000000001:another-token-another-token-x"
    await until(lambda: any(isinstance(one, AccountRefused) for one in polled.gateway.events))
    told = next(one for one in polled.gateway.events if isinstance(one, AccountRefused))
    assert (told.channel, told.account, told.fault) == (
        "telegram",
        polled.world.channel.account,
        "credentials",
    )
    assert TOKEN not in told.reason


async def test_a_customer_who_blocked_the_bot_is_no_fault_of_the_shop(pushed: Scene) -> None:
    await pushed.send("hello")
    await pushed.provider.block(ANNA)
    error = await pushed.refused()
    assert (error.unreachable, error.fault, error.kind) == (True, None, "customer")


@pytest.mark.parametrize(("status", "unknown"), [(500, False), (502, False), (503, False), (504, True)])
async def test_an_error_of_telegrams_own_is_tried_again(pushed: Scene, status: int, unknown: bool) -> None:
    pushed.provider.trouble.statuses = [(status, None)]
    error = await pushed.refused()
    assert (error.unknown, error.permanent, error.retry_after) == (unknown, False, None)


async def test_a_proxys_error_page_is_tried_again_and_not_logged(
    pushed: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    pushed.provider.trouble.down = True
    error = await pushed.refused()
    assert not error.unknown and not error.permanent
    assert "<html>" not in caplog.text


async def test_an_answer_that_does_not_come_leaves_it_open(
    pushed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_api, "CALL_SECONDS", 0.2)
    pushed.provider.trouble.drops = 1
    error = await pushed.refused("taken")
    assert error.unknown and pushed.provider.methods.log == [(ANNA, "taken")]


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def send_to(answer: Answer | None, monkeypatch: pytest.MonkeyPatch) -> SendError:
    """What a message ends in when the API's server does as `answer`; None: nobody listens."""
    sock = listening()
    url = address_of(sock)
    server = await asyncio.start_server(answer, sock=sock) if answer else None
    if server is None:
        sock.close()
    monkeypatch.setattr(telegram_api, "READ_SECONDS", 0.3)
    channel = setup.load({**KNOWN, "TELEGRAM_API_URL": url}, None)
    assert isinstance(channel, Telegram)
    channel._api.open()
    try:
        with pytest.raises(SendError) as caught:
            await channel.send(Outbound(1, 1, channel.account, ANNA, "bot", "hi"), Part("hi"))
    finally:
        await channel.stop()
        if server:
            server.close()
            await asyncio.sleep(0.05)  # its connections end
    return caught.value


async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<ok/>")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("answer", "unknown"), [(None, False), (cut_off, True), (silent, True), (garbage, True)]
)
async def test_only_what_never_left_is_sent_again(
    answer: Answer | None, unknown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = await send_to(answer, monkeypatch)
    assert error.unknown is unknown and not error.permanent


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RetryAfter(5), {"retry_after": 5.0}),
        (Forbidden("Forbidden: user is deactivated"), {"unreachable": True, "permanent": True}),
        (ChatMigrated(-100), {"permanent": True}),
        (BadRequest("Bad Request: chat not found"), {"unreachable": True, "permanent": True}),
        (BadRequest("Bad Request: message text is empty"), {"permanent": True}),
        (caused(NetworkError("x"), httpx.ConnectError("x")), {}),
        (caused(NetworkError("x"), httpx.PoolTimeout("x")), {}),
        (caused(NetworkError("x"), httpx.ReadTimeout("x")), {"unknown": True}),
        (caused(NetworkError("x"), httpx.RemoteProtocolError("x")), {"unknown": True}),
        (NetworkError("Internal Server Error (500)"), {}),
        (NetworkError("Gateway Timeout (504)"), {"unknown": True}),
        (TelegramError("Invalid server response"), {"unknown": True}),
    ],
)
def test_what_the_librarys_errors_mean(error: TelegramError, expected: dict[str, Any]) -> None:
    names = ("permanent", "unknown", "unreachable", "account", "retry_after")
    nothing = {"permanent": False, "unknown": False, "unreachable": False, "account": False}
    found = send_error(error)
    assert {name: getattr(found, name) for name in names} == {**nothing, "retry_after": None, **expected}
    assert 0 < len(found.reason) <= 200


def test_a_pause_may_be_a_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    assert send_error(RetryAfter(5)).retry_after == 5


# --- files -----------------------------------------------------------------------------------------


async def test_a_file_is_fetched_within_its_limit(pushed: Scene) -> None:
    content = bytes(range(256)) * 400
    file_id = pushed.provider.methods.keep_file(content)
    fetch = pushed.world.channel.fetch
    assert await fetch(Attachment(AttachmentKind.IMAGE, file_id), len(content)) == content
    for wanted in (
        Attachment(AttachmentKind.IMAGE, file_id),
        Attachment(AttachmentKind.IMAGE, file_id, size=len(content)),
    ):
        with pytest.raises(FetchError) as caught:
            await fetch(wanted, len(content) - 1)
        assert caught.value.permanent


async def test_a_file_that_is_gone_may_come_back(pushed: Scene) -> None:
    with pytest.raises(FetchError) as caught:
        await pushed.world.channel.fetch(Attachment(AttachmentKind.IMAGE, "nonsense"), 1000)
    assert not caught.value.permanent and "temporarily" in caught.value.reason
    pushed.provider.trouble.down = True
    with pytest.raises(FetchError) as caught:
        await pushed.world.channel.fetch(Attachment(AttachmentKind.IMAGE, "nonsense"), 1000)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("path", "permanent"),
    [
        ("/var/lib/telegram-bot-api/photos/a.jpg", True),
        ("../../bot/getMe", True),
        ("redirected", False),
        ("missing", False),
        ("", True),
    ],
)
async def test_files_come_from_the_configured_server_only(path: str, permanent: bool) -> None:
    reached: list[str] = []
    inside = Blueprint("inside")

    @inside.get("/secret")
    async def secret(_request: Request) -> HTTPResponse:
        reached.append("inside")
        return empty(200)

    api = Blueprint("api")

    @api.post("/<bot:str>/getFile")
    async def get_file(_request: Request, bot: str) -> HTTPResponse:
        file = {"file_id": "x", "file_unique_id": "y", **({"file_path": path} if path else {})}
        return HTTPResponse(json.dumps({"ok": True, "result": file}), content_type="application/json")

    @api.get("/file/<bot:str>/<rest:path>")
    async def download(_request: Request, bot: str, rest: str) -> HTTPResponse:
        return redirect(f"{address_of(private)}/secret") if rest == "redirected" else empty(404)

    own, private = listening(), listening()
    async with serving(own, api), serving(private, inside):
        channel = setup.load({**KNOWN, "TELEGRAM_API_URL": address_of(own)}, None)
        assert isinstance(channel, Telegram)
        channel._api.open()
        with pytest.raises(FetchError) as caught:
            await channel.fetch(Attachment(AttachmentKind.IMAGE, "x"), 1000)
        await channel.stop()
    assert caught.value.permanent is permanent and TOKEN not in caught.value.reason
    assert not reached


# --- set-up ----------------------------------------------------------------------------------------


def test_without_a_token_the_library_is_not_even_loaded() -> None:
    code = (
        "import sys; from channels import registry; registry.load({}, None);"
        " sys.exit('telegram' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_no_settings_no_channel() -> None:
    assert setup.load({}, "https://chat.shop.example") is None
    assert setup.load({"TELEGRAM_TOKEN": " "}, None) is None


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"TELEGRAM_WEBHOOK_SECRET": "0123456789abcdef"}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_API_URL": "http://127.0.0.1:8081"}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_TOKEN": "not-a-token-sesame"}, "TELEGRAM_TOKEN"),
        ({**KNOWN, "TELEGRAM_WEBHOOK_SECRET": "sesame"}, "TELEGRAM_WEBHOOK_SECRET"),
        ({**KNOWN, "TELEGRAM_WEBHOOK_SECRET": "open sesame, please"}, "TELEGRAM_WEBHOOK_SECRET"),
        ({**KNOWN, "TELEGRAM_API_URL": "sesame"}, "TELEGRAM_API_URL"),
    ],
)
async def test_a_wrong_setting_is_named_and_not_shown(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ChannelError, match=named) as refused:
        setup.load(environment, None)
    assert "sesame" not in str(refused.value) and TOKEN not in str(refused.value)
    (finding,) = await setup.check(environment, None)
    assert (finding.level, finding.text) == ("error", str(refused.value))


@pytest.mark.parametrize(
    ("api_url", "public_url", "webhook"),
    [
        ("", None, None),
        ("", "https://chat.shop.example", "https://chat.shop.example/channels/telegram"),
        ("", "http://127.0.0.1:8000", None),
        ("https://api.telegram.org/", "http://127.0.0.1:8000", None),
        ("http://127.0.0.1:8081", "http://10.0.0.5:8000", "http://10.0.0.5:8000/channels/telegram"),
        ("http://127.0.0.1:8081", None, None),
    ],
)
def test_where_telegram_delivers(api_url: str, public_url: str | None, webhook: str | None) -> None:
    config = TelegramConfig.load({**KNOWN, "TELEGRAM_API_URL": api_url}, public_url)
    assert config is not None and config.webhook_url == webhook
    assert config.account == "7000000001"
    assert TOKEN not in repr(config) and config.secret not in repr(config)


def test_the_secret_is_one_of_the_token_unless_it_is_set() -> None:
    derived, again = (TelegramConfig.load(KNOWN, None) for _ in range(2))
    other = TelegramConfig.load({"TELEGRAM_TOKEN": f"{TOKEN}x"}, None)
    own = TelegramConfig.load({**KNOWN, "TELEGRAM_WEBHOOK_SECRET": "0123456789abcdef"}, None)
    assert derived and again and other and own
    assert derived.secret == again.secret != other.secret
    assert len(derived.secret) == 64 and derived.secret.isalnum()
    assert own.secret == "0123456789abcdef"


async def test_a_webhook_of_somebody_else_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    provider = TelegramProvider()
    elsewhere = "https://elsewhere.example/with/a/secret"
    provider.delivery.set_webhook(elsewhere, "theirs", [])
    api = listening()
    async with serving(api, provider.blueprint()):
        environment = provider.environment(address_of(api), "")
        channel = setup.load(environment, "https://chat.shop.example")
        assert channel is not None
        await channel.start(FakeGateway())
        await until(lambda: "elsewhere.example" in caplog.text)
        await channel.stop()
        found = await setup.check(environment, "https://chat.shop.example")
    assert provider.delivery.url == elsewhere and not provider.calls["setwebhook"]
    assert "set-webhook" in caplog.text and "/with/a/secret" not in caplog.text
    assert [finding.level for finding in found] == ["ok", "error"]
    await provider.close()


async def test_our_webhook_is_renewed_when_it_lacks_a_kind_of_updates(pushed: Scene) -> None:
    pushed.provider.delivery.allowed = ["message"]
    await telegram_webhook.keep(pushed.world.channel._api)
    assert "my_chat_member" in pushed.provider.delivery.allowed
    calls = pushed.provider.calls["setwebhook"]
    await telegram_webhook.keep(pushed.world.channel._api)
    assert pushed.provider.calls["setwebhook"] == calls, "it is not set again and again"


async def test_the_doctor_tells_how_the_webhook_stands(pushed: Scene) -> None:
    public = pushed.world.webhook.removesuffix("/channels/telegram")
    environment = pushed.provider.environment(pushed.world.api_url, public)

    async def levels() -> list[tuple[str, str]]:
        return [(one.level, one.text) for one in await setup.check(environment, public)]

    assert [level for level, _ in await levels()] == ["ok", "ok"]
    pushed.provider.delivery.last_error = "Wrong response from the webhook: 403 Forbidden"
    *_, (level, text) = await levels()
    assert level == "warning" and "403" in text and "set-webhook" in text
    pushed.provider.trouble.down = True
    ((level, text),) = await levels()
    assert level == "error" and TOKEN not in text
    pushed.provider.trouble.down = False
    pushed.provider.token = f"{TOKEN}-new"
    ((level, text),) = await levels()
    assert level == "error" and "TELEGRAM_TOKEN" in text and TOKEN not in text
    assert [one.level for one in await setup.check({}, public)] == ["off"]


async def test_the_command_line_sets_shows_and_deletes_the_webhook(
    pushed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("TELEGRAM_API_URL", pushed.world.api_url)
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://chat.shop.example")

    async def run(command: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, group, ["telegram", command])

    shown = await run("webhook-info")
    assert shown.exit_code == 1 and "error: the webhook leads to 127.0.0.1" in shown.output
    done = await run("set-webhook")
    assert done.exit_code == 0 and "https://chat.shop.example/channels/telegram" in done.output
    assert pushed.provider.delivery.url == "https://chat.shop.example/channels/telegram"
    assert pushed.provider.delivery.secret == pushed.world.channel.config.secret
    shown = await run("webhook-info")
    assert shown.exit_code == 0 and "ok: the webhook is" in shown.output
    assert (await run("delete-webhook")).exit_code == 0 and pushed.provider.delivery.url == ""
    monkeypatch.setenv("PUBLIC_BASE_URL", "http://127.0.0.1:8000")
    monkeypatch.delenv("TELEGRAM_API_URL")
    refused = await run("set-webhook")
    assert isinstance(refused.exception, ChannelError) and "PUBLIC_BASE_URL" in str(refused.exception)
    monkeypatch.delenv("TELEGRAM_TOKEN")
    for command in ("set-webhook", "webhook-info", "delete-webhook"):
        assert "TELEGRAM_TOKEN" in str((await run(command)).exception)


async def test_the_log_tells_nothing_of_customers_or_secrets(
    pushed: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="aftercare")
    pushed.gateway.failures = 1
    await pushed.provider.say(ANNA, "my secret wish")
    await pushed.provider.share_contact(ANNA, "37061234567")
    tokens = await pushed.choose("Yes")
    pushed.provider.trouble.down = True
    await pushed.provider.press(ANNA, tokens[0])
    await until(lambda: "small act" in caplog.text)
    events: list[Event] = pushed.gateway.events
    assert len(events) == 3 and "could not be stored" in caplog.text
    for hidden in ("secret wish", "61234567", TOKEN, pushed.world.channel.config.secret, tokens[0]):
        assert hidden not in caplog.text
