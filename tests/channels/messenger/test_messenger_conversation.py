"""A customer writes on Messenger: the trained assistant, a fake Messenger, real signatures both ways."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.assistant.protocol import Assistant
from bot.conversation import ownership
from bot.conversation.sender import OutboxSender
from bot.shop.knowledge import Knowledge
from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.messenger_webhook import now
from channels.contract import Attachment, AttachmentKind
from store.conversations import attachments, conversations, outbox, sends, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.core.database import Database
from store.tables import conversations as conversations_table
from store.tables import messages
from store.vocabulary import Author, Owner, SendState
from tests.channels.stage import Stage, playing
from tests.runtime.test_files import png
from tests.speaking import part

ANNA = "6000000000000001"


@pytest.fixture
async def page(
    core: Assistant,
    knowledge: Knowledge,
    demo_shop: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Stage]:
    # Reading the shop's folder takes most of a second.
    monkeypatch.setattr(Knowledge, "load", lambda home: knowledge)
    async with playing(
        "messenger", FakeMessenger(), core, demo_shop, tmp_path, MESSENGER_HUMAN_AGENT="on"
    ) as stage:
        yield stage


def conversation(page: Stage) -> Conversation:
    with page.program.database.read() as connection:
        found = conversations.find(connection, "messenger", page.channel.account, ANNA)
    assert found
    return found


def entries(page: Stage) -> list[Entry]:
    with page.program.database.read() as connection:
        return transcript.after(connection, conversation(page).id, 0)


def answer_by_hand(page: Stage, text: str) -> int:
    """A person takes the conversation and writes; the message's number."""
    one, at = conversation(page), datetime.now(UTC)
    with page.program.database.write() as connection:
        if one.owner != "human":
            until = at + timedelta(hours=1)
            one = ownership.change(
                connection, one, Owner.HUMAN, by="rita", why="took over", at=at, until=until
            )
        entry = transcript.append(connection, one.id, Author.AGENT, text, at)
        outbox.add(connection, one, entry, sent=False, at=at)
    part(page.program, OutboxSender).wake()
    return entry.seq


def be_silent(page: Stage, days: int) -> None:
    """So many days pass since the customer wrote."""
    page.provider.let_pass(ANNA, 24 * days)
    heard = {"heard_at": datetime.now(UTC) - timedelta(days=days)}
    one = update(conversations_table).where(conversations_table.c.id == conversation(page).id)
    with page.program.database.write() as connection:
        connection.execute(one.values(**heard))


def state(page: Stage, seq: int) -> str:
    with page.program.database.read() as connection:
        return outbox.states(connection, conversation(page).id, [seq])[seq]


async def test_an_order_from_question_to_answer(page: Stage, facts: dict[str, str]) -> None:
    assert await page.provider.webhook.subscribe()
    assert "order number" in await page.ask(ANNA, "where is my order?")
    assert "e-mail" in await page.ask(ANNA, facts["shipped"])
    said = await page.ask(ANNA, facts["email"])
    assert re.search(rf"{facts['shipped']}.*on its way", said, re.DOTALL)
    # Something else in between, and back to the same order without asking again.
    assert re.search(r"working days", await page.ask(ANNA, "how long does delivery take?"))
    assert facts["shipped"] in await page.ask(ANNA, "and when will it arrive?")
    await page.until(lambda: all(one.state == "read" for one in page.said(ANNA)))
    await page.until(lambda: page.provider.seen)
    assert conversation(page).owner == "bot", "our own echoes are not a person's"
    assert all(taken["messaging_type"] == "RESPONSE" for taken in page.provider.taken)


async def test_buttons_are_pressed(page: Stage) -> None:
    await page.ask(ANNA, "hello")
    assert "order number" in await page.press(ANNA, "1. Where is my orde…")
    customers = [entry.text for entry in entries(page) if entry.author == "customer"]
    assert customers == ["hello", "Where is my order?"]


async def test_an_option_may_be_typed_by_its_number(page: Stage) -> None:
    assert "1. Where is my order?\n" in await page.ask(ANNA, "hello")
    assert "order number" in await page.ask(ANNA, "1")


async def test_get_started_greets_and_an_orders_link_names_it(page: Stage, facts: dict[str, str]) -> None:
    await page.provider.begin(ANNA)
    await page.until(lambda: page.said(ANNA))
    assert "assistant" in page.said(ANNA)[0].text
    # Its number proves nothing.
    await page.provider.begin(ANNA, ref=f"order-{facts['shipped']}")
    await page.until(lambda: len(page.said(ANNA)) > 1)
    assert "e-mail" in page.said(ANNA)[-1].text


async def test_a_photo_is_kept_for_a_person(page: Stage, demo_shop: Database) -> None:
    picture = png()
    assert "can't look at pictures" in await page.attach(ANNA, picture)

    def kept() -> list[Any]:
        with demo_shop.read() as connection:
            return attachments.of_conversation(connection, conversation(page).id)

    await page.until(lambda: kept()[0].state == "stored")
    assert kept()[0].media_type == "image/png"
    assert await page.channel.fetch(Attachment(AttachmentKind.IMAGE, kept()[0].reference), 10_000) == picture


async def test_a_person_is_asked_for_and_answers(page: Stage) -> None:
    assert "person" in await page.ask(ANNA, "I want to talk to a human")
    assert conversation(page).owner == "queue"
    answer_by_hand(page, "Hi, this is Rita.")
    await page.until(lambda: page.said(ANNA)[-1].text == "Hi, this is Rita.")
    before = len(page.said(ANNA))
    assert await page.provider.say(ANNA, "where is my order?") == 200
    await page.idle()
    assert len(page.said(ANNA)) == before, "the assistant is silent while a person answers"


async def test_who_answers_in_the_pages_inbox_takes_over(page: Stage) -> None:
    await page.ask(ANNA, "hello")
    before = len(page.said(ANNA))
    with page.program.database.write() as connection:  # a minute ago
        connection.execute(update(messages).values(created_at=datetime.now(UTC) - timedelta(minutes=1)))
    for _ in range(2):
        assert await page.provider.say_as_page(ANNA, "Hi Anna, Rita here.") == 200
    assert conversation(page).owner == "human"
    assert [entry.text for entry in entries(page) if entry.author == "agent"] == ["Hi Anna, Rita here."] * 2
    assert await page.provider.say(ANNA, "where is my order?") == 200
    await page.idle()
    assert len(page.said(ANNA)) == before


async def test_an_instant_reply_of_the_page_is_no_person(page: Stage) -> None:
    """Meta's own automation answers within a second, and doesn't say that it is one."""
    await page.ask(ANNA, "hello")
    before = len(page.said(ANNA))
    assert await page.provider.say_as_page(ANNA, "Hi! We usually answer within a day.") == 200
    assert conversation(page).owner == "bot"
    assert entries(page)[-1].author == "system"
    assert "order number" in await page.ask(ANNA, "where is my order?")
    assert len(page.said(ANNA)) > before


async def test_a_conversation_of_another_app_is_not_answered(page: Stage) -> None:
    await page.ask(ANNA, "hello")
    before = len(page.said(ANNA))
    event = page.provider.message(ANNA, "where is my order?", "m_standby")
    assert await page.provider.deliver([event], standby=True) == 200
    await page.idle()
    assert len(page.said(ANNA)) == before
    assert len([entry for entry in entries(page) if entry.author == "customer"]) == 1


async def test_a_changed_message_changes_the_transcript_and_nothing_else(page: Stage) -> None:
    await page.ask(ANNA, "hello")
    before = len(page.said(ANNA))
    mid = page.provider.thread(ANNA).bubbles[0].id
    assert await page.provider.edit(ANNA, mid, "hello there") == 200
    await page.idle()
    assert entries(page)[0].text == "hello there"
    assert len(page.said(ANNA)) == before


async def test_it_is_known_what_was_read(page: Stage) -> None:
    page.provider.receipts = ()
    await page.ask(ANNA, "hello")

    def states() -> dict[int, tuple[SendState, str | None]]:
        with page.program.database.read() as connection:
            return sends.states(connection, conversation(page).id)

    assert states() == {2: ("sent", None)}
    mids = [one.id for one in page.said(ANNA)]
    # Late and out of order: a state never goes back.
    await page.provider.deliver([page.provider.item(ANNA, read={"watermark": now()})])
    await page.provider.deliver([page.provider.item(ANNA, delivery={"mids": mids, "watermark": now()})])
    assert states() == {2: ("read", None)}


async def settled(page: Stage, seq: int) -> None:
    await page.until(lambda: state(page, seq) not in ("queued", "sending"))


@pytest.mark.parametrize("allowed", [True, False])
async def test_after_a_day_a_persons_answer_still_goes_out_where_meta_allows_it(
    page: Stage, allowed: bool
) -> None:
    await page.ask(ANNA, "hello")
    page.provider.human_agent = allowed
    for silent, expected in ((2, "sent" if allowed else "failed"), (8, "failed")):
        be_silent(page, silent)
        seq = answer_by_hand(page, f"after {silent} days")
        await settled(page, seq)
        assert state(page, seq) == expected
    late = [taken for taken in page.provider.taken if taken.get("tag") == "HUMAN_AGENT"]
    assert len(late) == allowed
