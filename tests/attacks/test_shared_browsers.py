"""Somebody gets at what another customer has proven: in a shared browser, by a token that was kept, planted
or stolen, or by a word of the shop's for somebody else."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from sqlalchemy import select, update

from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult
from store.conversations import proofs
from store.conversations import visits as visits_store
from store.core.database import Connection, Database
from store.tables import visits
from tests.channels.web.served import SECRET, Browser, Served, served, vouch
from tests.fakes.assistant import FakeAssistant, answer
from tests.faults import THOROUGH

EMAILS = {"anna": "anna@example.com", "ben": "ben@example.com"}
STEPS = 3000 if THOROUGH else 150


def script(connection: Connection, turn: TurnInput) -> TurnResult:
    """Tells what is proven, and asks whether to cancel; a "yes" to that cancels for whoever has proven it."""
    contact = proofs.identity(connection, turn.conversation_id).contact
    if turn.text == "yes" and turn.memory.form and contact:
        return answer(turn, Reply(f"cancelled for {contact}"))
    if turn.text == "yes":
        return answer(turn, Reply("nothing was asked"))
    return answer(turn, Reply(f"orders of {contact}; shall I cancel?", (Choice("Yes", "affirm"),)))


@pytest.fixture
async def shop(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, FakeAssistant(script), tmp_path) as started:
        yield started


async def signed_in(shop: Served, who: str, browser: Browser | None = None) -> Browser:
    browser = browser or await shop.browser().begin()
    given = await browser.identify(vouch(f"customer-{who}", EMAILS[who]))
    assert given.is_success, given.text
    return browser


def next_page(browser: Browser) -> Browser:
    """The browser shows another page of the shop's: it has what it keeps, and no page's memory."""
    return Browser(browser.shop, token=None if browser.note else browser.token, note=browser.note)


async def test_the_next_user_of_the_browser_has_neither_talk_nor_proof(shop: Served) -> None:
    browser = await signed_in(shop, "anna")
    assert EMAILS["anna"] in await browser.ask("what have I ordered?")
    stranger = await next_page(browser).begin()
    assert await stranger.said() == []
    assert "nothing was asked" in await stranger.ask("yes")
    assert EMAILS["anna"] not in await stranger.ask("and what have I ordered?")


async def test_another_customer_in_the_browser_has_only_their_own(shop: Served) -> None:
    browser = await signed_in(shop, "anna")
    await browser.ask("what have I ordered?")
    button = (await browser.said())[-1]["buttons"][0]["token"]
    ben = await signed_in(shop, "ben", next_page(browser))
    assert await ben.said() == []
    assert await ben.ask("yes") == "nothing was asked"
    assert (await ben.post(press=button)).status_code == 409
    assert EMAILS["ben"] in await ben.ask("what have I ordered?")


async def test_a_token_planted_before_a_customer_signs_in_reads_nothing_afterwards(shop: Served) -> None:
    mallory = await shop.browser().begin()
    await mallory.ask("hello")
    anna = await signed_in(shop, "anna", Browser(shop, token=mallory.token))
    await anna.ask("what have I ordered?")
    read = await mallory.request("GET", "messages")
    assert read.status_code == 401 or EMAILS["anna"] not in read.text
    assert (await mallory.post("yes")).status_code == 401


@pytest.mark.parametrize("way", ["signed out", "left", "idle", "old", "another came"])
async def test_a_stolen_token_is_worth_nothing_once_the_visit_is_over(shop: Served, way: str) -> None:
    anna = await signed_in(shop, "anna")
    await anna.ask("what have I ordered?")
    stolen = Browser(shop, token=anna.token)
    if way == "signed out":
        await anna.request("DELETE", "sessions")
    elif way == "left":
        await anna.request("DELETE", "messages")
    elif way == "another came":
        await signed_in(shop, "ben", next_page(anna))
    else:
        column = "used_at" if way == "idle" else "expires_at"
        earlier = visits_store.IDLE if way == "idle" else visits_store.LIFETIME

        def work(connection: Connection) -> None:
            for row in connection.execute(select(visits)).all():
                changed = {column: getattr(row, column) - earlier}
                connection.execute(update(visits).where(visits.c.id == row.id).values(**changed))

        await shop.program.database.run(work)
    for method, path in (("GET", "messages"), ("GET", "events"), ("DELETE", "messages")):
        assert (await stolen.request(method, path)).status_code == 401
    assert (await stolen.post("yes")).status_code == 401


async def test_no_token_of_another_kind_or_hand_opens_a_conversation(shop: Served) -> None:
    anna = await signed_in(shop, "anna")
    await anna.ask("what have I ordered?")
    claims = jwt.decode(anna.token or "", options={"verify_signature": False})
    later = datetime.now(UTC) + timedelta(days=1)
    forged: list[tuple[dict[str, Any], str]] = [
        (claims, "another secret of 32 bytes......"),
        (claims | {"aud": "web-visit"}, SECRET),
        (claims | {"aud": "aftercare"}, SECRET),
        (claims | {"jti": "a visit that isn't", "exp": later}, SECRET),
    ]
    tokens = [jwt.encode(body, key, "HS256") for body, key in forged]
    for token in (*tokens, anna.note, vouch("customer-anna", EMAILS["anna"])):
        assert (await Browser(shop, token=token).request("GET", "messages")).status_code == 401
        assert (await Browser(shop, token=token).post("yes")).status_code == 401
    assert len(await anna.said()) == 2


# --- courses -----------------------------------------------------------------------------------------


@dataclass
class Seat:
    """A browser that people share. `owner`: whose talk it may show, a customer or one anonymous stay."""

    browser: Browser
    owner: str = ""
    held: list[tuple[str, str]] = field(default_factory=list)  # every token it ever had, and its owner then


async def test_whatever_people_do_one_after_the_other_nobody_sees_anothers(shop: Served) -> None:
    dice = random.Random(7)
    seats = [Seat(shop.browser()) for _ in range(3)]
    stays = 0
    for step in range(STEPS):
        seat = dice.choice(seats)
        browser = seat.browser
        act = dice.choice(["anna", "ben", "nobody", "write", "write", "write", "page", "out", "leave", "old"])
        if act in EMAILS:
            seat.browser = await signed_in(shop, act, next_page(browser))
            seat.owner = act
        elif act in ("out", "leave") and browser.token:
            path = "sessions" if act == "out" else "messages"
            await browser.request("DELETE", path)
            seat.browser, seat.owner = shop.browser(), ""
        elif act == "nobody":
            if browser.note:
                await browser.request("DELETE", "sessions", token=browser.note)
                seat.browser, seat.owner = shop.browser(), ""
        elif act == "page" and browser.note:
            seat.browser = await signed_in(shop, seat.owner, next_page(browser))
        elif act == "old" and seat.held:
            token, owner = dice.choice(seat.held)
            read = await Browser(shop, token=token).request("GET", "messages")
            if read.status_code == 200:
                written = [one["text"] for one in read.json()["messages"] if one["author"] == "customer"]
                assert all(words.startswith(f"{owner}:") for words in written), (step, owner, written)
        elif act == "write":
            if not seat.browser.token:
                stays += 1
                seat.owner = f"stay-{stays}"
                await seat.browser.begin()
            if (await seat.browser.request("GET", "messages")).status_code == 401:
                continue  # left on another device
            told = await seat.browser.ask(f"{seat.owner}: {step}")
            proven = EMAILS.get(seat.owner)
            assert f"orders of {proven};" in told, (step, seat.owner, told)
        if seat.browser.token:
            seat.held.append((seat.browser.token, seat.owner))
            read = await seat.browser.request("GET", "messages")
            for one in read.json().get("messages", ()):
                if one["author"] == "customer":
                    assert one["text"].startswith(f"{seat.owner}:"), (step, seat.owner, one)
                else:
                    others = [email for who, email in EMAILS.items() if who != seat.owner]
                    assert not any(email in one["text"] for email in others), (step, seat.owner, one)
