"""Customers who are signed in to the shop, in the web chat: whose conversation it is, and how long."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from sqlalchemy import select, update

from channels.web import visitor
from channels.web.events import events
from store.conversations import conversations, proofs
from store.conversations import visits as visits_store
from store.conversations.memory import Memory
from store.core.database import Database
from store.tables import visits
from store.vocabulary import ProofBy, Suppression
from tests.channels.web.served import SECRET, Browser, Served, served, vouch
from tests.fakes.assistant import FakeAssistant


@pytest.fixture
async def shop(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, FakeAssistant(), tmp_path) as started:
        yield started


async def anna(shop: Served, **changed: Any) -> Browser:
    browser = shop.browser()
    answer = await browser.identify(vouch(**changed))
    assert answer.status_code == 201, answer.text
    return browser


async def age(shop: Served, by: timedelta, column: str = "used_at") -> None:
    """Lets a time pass for all visits."""

    def work(connection: Any) -> None:
        for row in connection.execute(select(visits)).all():
            changed = {column: getattr(row, column) - by}
            connection.execute(update(visits).where(visits.c.id == row.id).values(**changed))

    await shop.program.database.run(work)


# --- whose conversation ----------------------------------------------------------------------------


async def test_a_customer_has_one_conversation_on_every_device(shop: Served) -> None:
    phone, laptop = await anna(shop), await anna(shop)
    assert await phone.ask("from the phone") == "re from the phone"
    assert [one["text"] for one in await laptop.said()] == ["from the phone", "re from the phone"]
    assert phone.token != laptop.token and phone.note != laptop.note
    assert (await phone.proven()).contact == "anna@example.com"
    # Signing out on the one leaves the other alone.
    assert (await phone.request("DELETE", "sessions")).status_code == 204
    assert (await phone.request("GET", "messages")).status_code == 401
    assert await laptop.ask("and from here") == "re and from here"
    assert (await laptop.proven()).contact == "anna@example.com"
    await laptop.request("DELETE", "sessions")
    assert (await laptop.proven()).contact is None
    # Whoever comes back with the shop's word has the same conversation.
    assert len(await (await anna(shop)).said()) == 4


async def test_who_a_customer_is_the_number_says_and_not_the_e_mail(shop: Served) -> None:
    first = await anna(shop)
    await first.ask("hello")
    other = await anna(shop, subject="customer-18")
    assert await other.said() == []
    moved = await anna(shop, email="anna.new@example.com")
    assert len(await moved.said()) == 2
    # What the shop says now goes for all visits, and no message proves the earlier e-mail again.
    await first.ask("again")
    assert (await first.proven()).contact == "anna.new@example.com"


async def test_what_is_proven_beside_the_shops_word_is_kept(shop: Served) -> None:
    browser = await anna(shop)
    await browser.ask("hello")
    assert (await browser.proven()).by == ProofBy.SHOP
    one = await browser.conversation()
    assert one
    await shop.program.database.run(proofs.succeed, one.id, "mother@example.com", ProofBy.ORDER)
    await browser.ask("again")
    assert (await browser.proven()).contact == "mother@example.com"


async def test_who_only_looks_leaves_no_conversation(shop: Served) -> None:
    browser = await anna(shop)
    assert await browser.said() == []
    assert await browser.conversation() is None


async def test_the_visit_goes_on_from_page_to_page_with_its_open_question(shop: Served) -> None:
    browser = await anna(shop)
    await browser.ask("hello")
    one = await browser.conversation()
    assert one and one.memory.form
    on_the_next_page = Browser(shop, note=browser.note)
    assert (await on_the_next_page.identify(vouch())).status_code == 201
    after = await on_the_next_page.conversation()
    assert after and after.memory == one.memory
    # One visit with two tokens: it ends for both.
    await on_the_next_page.request("DELETE", "sessions", token=on_the_next_page.note)
    for each in (browser, on_the_next_page):
        answer = await each.request("GET", "messages")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "visit_over")


async def test_signing_in_ends_what_the_browser_had_before(shop: Served) -> None:
    browser = await shop.browser().begin()
    await browser.ask("hello")
    stranger = Browser(shop, token=browser.token)
    one = await browser.conversation()
    assert one
    await shop.program.database.run(proofs.succeed, one.id, "tom@example.com")
    assert (await browser.identify(vouch())).status_code == 201
    assert await browser.said() == []
    assert (await stranger.request("GET", "messages")).status_code == 401
    assert (await stranger.post("and now?")).status_code == 401
    assert (await stranger.proven()).contact is None
    # Agents are told that an answer there would reach nobody.
    assert await stranger.suppressed() == Suppression.UNREACHABLE


async def test_a_note_opens_nothing(shop: Served) -> None:
    browser = await anna(shop)
    await browser.ask("hello")
    holder = Browser(shop, token=browser.note)
    assert (await holder.request("GET", "messages")).status_code == 401
    assert (await holder.request("GET", "events")).status_code == 401
    assert (await holder.post("hello")).status_code == 401
    assert (await holder.request("DELETE", "messages")).status_code == 401
    assert len(await browser.said()) == 2


async def test_a_token_of_a_visit_lives_no_longer_than_the_visit_may(shop: Served) -> None:
    browser = await anna(shop)
    claims = jwt.decode(browser.token or "", options={"verify_signature": False})
    lives = claims["exp"] - datetime.now(UTC).timestamp()
    assert lives <= visits_store.LIFETIME.total_seconds() + 1


# --- the end ---------------------------------------------------------------------------------------


async def test_a_visit_ends_when_nothing_is_written_for_long(shop: Served) -> None:
    browser = await anna(shop)
    await browser.ask("hello")
    await age(shop, visits_store.IDLE - timedelta(minutes=1))
    assert len(await browser.said()) == 2
    # Reading is no sign of life: an open window reads by itself.
    await age(shop, timedelta(minutes=2))
    assert (await browser.request("GET", "messages")).status_code == 401
    refused = await browser.post("cancel my order")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "visit_over")
    assert (await browser.request("GET", "events")).status_code == 401
    # The customer again, with a new word of the shop's: the same conversation, but no open question.
    again = Browser(shop, note=browser.note)
    await again.identify(vouch())
    assert len(await again.said()) == 2
    one = await again.conversation()
    assert one and one.memory.form is None and one.proven_contact is None


async def test_a_message_makes_a_visit_last(shop: Served) -> None:
    browser = await anna(shop)
    for _ in range(3):
        await age(shop, visits_store.IDLE - timedelta(minutes=1))
        await browser.ask("still here")
    assert len(await browser.said()) == 6
    await age(shop, visits_store.LIFETIME, "expires_at")
    assert (await browser.post("and now?")).status_code == 401, "but not for ever"


async def test_the_end_of_a_visit_reaches_open_streams(shop: Served) -> None:
    browser, other = await anna(shop), await anna(shop)
    await browser.ask("hello")
    heard: list[str] = []

    async def follow(who: Browser, ready: asyncio.Event) -> None:
        headers = {"Authorization": f"Bearer {who.token}"}
        async with shop.client.stream("GET", "/chat/v1/events?after=2", headers=headers) as answer:
            async for line in answer.aiter_lines():
                ready.set()
                if line.startswith("data: "):
                    heard.append(str(json.loads(line.removeprefix("data: ")).get("text", "")))

    ready, others = asyncio.Event(), asyncio.Event()
    following = asyncio.create_task(follow(browser, ready))
    still = asyncio.create_task(follow(other, others))
    async with asyncio.timeout(20):
        await ready.wait()
        await others.wait()
        await browser.request("DELETE", "sessions")
        await following  # the server ended it
        assert not still.done()
        await other.ask("only here")
    assert "only here" in heard
    still.cancel()
    await asyncio.gather(still, return_exceptions=True)
    assert heard.count("only here") == 1


async def test_a_stream_that_merely_stays_open_ends_with_its_visit(shop: Served) -> None:
    browser = await anna(shop)
    await browser.ask("hello")
    visit = visitor.verify(SECRET.encode(), f"Bearer {browser.token}")
    clock = [datetime.now(UTC)]
    stream = events(
        shop.program.gateway,
        "default",
        visit,
        2,
        stopping=asyncio.Event(),
        heartbeat=0.01,
        clock=lambda: clock[0],
    )
    assert await anext(stream) == b": connected\n\n"
    assert await anext(stream) == b": heartbeat\n\n"
    clock[0] += visits_store.IDLE
    # Somebody wrote meanwhile.
    assert await anext(stream) == b": heartbeat\n\n"
    await age(shop, visits_store.IDLE)
    async with asyncio.timeout(20):
        assert {block async for block in stream} <= {b": heartbeat\n\n"}, "and it ends"


async def test_leaving_a_conversation_puts_it_out_of_reach(shop: Served) -> None:
    browser, phone = await anna(shop), await anna(shop)
    await browser.ask("hello")
    assert (await browser.request("DELETE", "messages")).status_code == 204
    for each in (browser, phone):
        assert (await each.request("GET", "messages")).status_code == 401
    assert (await browser.proven()).contact is None
    assert await browser.suppressed() == Suppression.UNREACHABLE
    again = await anna(shop)
    assert await again.said() == []
    await again.ask("a new talk")
    assert (await again.proven()).contact == "anna@example.com"


async def test_a_visitor_nobody_vouched_for_ends_their_chat_for_good(shop: Served) -> None:
    for path in ("messages", "sessions"):
        browser = await shop.browser().begin()
        await browser.ask("hello")
        one = await browser.conversation()
        assert one
        await shop.program.database.run(proofs.succeed, one.id, "anna@example.com")
        stolen = Browser(shop, token=browser.token)
        assert (await browser.request("DELETE", path)).status_code == 204
        for again in range(2):
            answer = await stolen.request("GET", "messages")
            assert answer.json()["error"]["code"] == "visit_over", again
            assert (await stolen.post("cancel it")).status_code == 401
        assert (await stolen.proven()).contact is None
        after = await stolen.conversation()
        assert after and after.memory == Memory({})
        assert (await browser.request("DELETE", "sessions")).status_code == 204, "ending it twice is no fault"


async def test_what_a_customer_wrote_before_they_signed_out_is_answered_without_their_proof(
    database: Database, tmp_path: Path
) -> None:
    assistant = FakeAssistant()
    async with served(database, assistant, tmp_path) as shop:
        browser = await anna(shop)
        await browser.ask("hello")
        one = await browser.conversation()
        assert one
        # As if the turn were slow: nothing takes it before the visit has ended.
        await shop.program.database.run(
            conversations.postpone, one.id, datetime.now(UTC) + timedelta(seconds=50)
        )
        await browser.post("cancel my order")
        await browser.request("DELETE", "sessions")
        assert (await browser.proven()).contact is None
        await shop.program.database.run(conversations.recover, one.id)
        again = await anna(shop)
        await again.ask("still there?")
        assert [turn.text for turn in assistant.turns] == ["hello", "cancel my order", "still there?"]
        assert assistant.turns[1].memory.form is None


# --- the shop's token --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param(lambda: vouch(age=-45), 201, id="the shop's clock is ahead"),
        pytest.param(lambda: vouch(age=345), 201, id="the shop's clock is behind"),
        pytest.param(lambda: vouch(age=-90), 403, id="too far ahead"),
        pytest.param(lambda: vouch(age=400), 403, id="expired"),
        pytest.param(lambda: vouch(subject=None), 403, id="of nobody"),
        pytest.param(lambda: vouch(subject=""), 403, id="of a blank"),
        pytest.param(lambda: vouch(subject=" "), 403, id="of a space"),
        pytest.param(lambda: vouch(subject="x" * 300), 403, id="of a long one"),
        pytest.param(lambda: vouch(sub=17), 403, id="of a number that is no text"),
        pytest.param(lambda: vouch(sub=["customer-17"]), 403, id="of a list"),
    ],
)
async def test_clocks_may_differ_a_little_and_every_token_names_somebody(
    shop: Served, given: Any, status: int
) -> None:
    assert (await shop.browser().identify(given())).status_code == status


async def test_a_refused_token_leaves_the_browser_what_it_had(shop: Served) -> None:
    browser = await shop.browser().begin()
    await browser.ask("hello")
    assert (await browser.identify(vouch(secret="0" * 48))).status_code == 403
    used = vouch()
    assert (await shop.browser().identify(used)).status_code == 201
    refused = await browser.identify(used)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "used_token")
    assert len(await browser.said()) == 2 and (await browser.proven()).contact is None


async def test_two_who_come_with_one_token_at_once_get_one_visit(shop: Served) -> None:
    given = vouch()
    answers = await asyncio.gather(*(shop.browser().identify(given) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_a_customers_first_two_devices_at_once_meet_in_one_conversation(shop: Served) -> None:
    browsers = await asyncio.gather(*(anna(shop) for _ in range(6)))
    addresses = {jwt.decode(one.token or "", options={"verify_signature": False})["sub"] for one in browsers}
    assert len(addresses) == 1


async def test_an_earlier_version_s_token_still_opens_its_conversation(shop: Served) -> None:
    browser = Browser(shop, token=visitor.issue(SECRET.encode()))
    await browser.ask("hello")
    assert len(await browser.said()) == 2
