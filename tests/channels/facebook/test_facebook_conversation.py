"""Somebody comments on the page: the whole program with its desk, a fake page, real signatures both ways."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from bot.desk.api import account_routes, conversation_routes
from bot.desk.public import comment_routes
from bot.shop.knowledge import Knowledge
from bot.simulator.fake_facebook import FakeFacebook, Said
from bot.simulator.messenger_webhook import dump, sign
from store.accounts import audit
from store.conversations import conversations, transcript
from store.conversations.conversations import Conversation
from store.core.database import Database
from store.handoffs import handoffs
from store.handoffs.handoffs import Request
from store.orders import orders
from store.orders.order_example import EXAMPLE
from store.orders.records import OrderRecord, context
from store.tables import conversations as conversations_table
from store.tables import inbox, messages, outbox
from tests.channels.stage import WAIT, Stage, playing
from tests.desk.staff import Member, member
from tests.fakes.assistant import FakeAssistant
from tests.runtime.test_files import png
from tests.serving import serving

ANNA, BERT = "24680001", "24680002"
EMAIL = "ruta@example.com"  # of the example order


@dataclass
class Page:
    """The program with its desk, and two agents."""

    stage: Stage
    desk: httpx.AsyncClient
    rita: Member
    omar: Member

    @property
    def fake(self) -> FakeFacebook:
        fake: FakeFacebook = self.stage.provider
        return fake

    @property
    def assistant(self) -> FakeAssistant:
        assistant = self.stage.program.service.desk.outgoing.assistant
        assert isinstance(assistant, FakeAssistant)
        return assistant

    async def comment(self, text: str, author: str = ANNA, **more: Any) -> Said:
        """Somebody comments, and is heard."""
        assert await self.fake.say(author, text, **more) == 200
        await self.stage.idle()
        return list(self.fake.comments.values())[-1]

    def conversation(self, author: str = ANNA) -> Conversation:
        first = next(one for one in self.fake.comments.values() if one.author == author)
        thread = first.parent or first.id
        found = self.find("facebook", f"{thread}:{author}")
        assert found
        return found

    def find(self, channel: str, address: str) -> Conversation | None:
        with self.stage.program.database.read() as connection:
            return conversations.find(connection, channel, self.stage.channel.account, address)

    def request(self, author: str = ANNA) -> Request:
        with self.stage.program.database.read() as connection:
            found = handoffs.latest(connection, self.conversation(author).id)
        assert found
        return found

    def texts(self, one: Conversation) -> list[tuple[str, str]]:
        with self.stage.program.database.read() as connection:
            return [(entry.author, entry.text) for entry in transcript.after(connection, one.id, 0)]

    async def post(self, path: str, body: Any = None, who: Member | None = None) -> httpx.Response:
        headers = (who or self.rita).headers
        return await self.desk.post(f"/desk/v1/conversations/{path}", headers=headers, json=body or {})

    async def get(self, one: Conversation) -> dict[str, Any]:
        answer = await self.desk.get(f"/desk/v1/conversations/{one.id}", headers=self.rita.headers)
        shown: dict[str, Any] = answer.json()
        return shown

    async def claimed(self, text: str = "complaint it came broken") -> Conversation:
        """Anna has commented, and Rita has the conversation."""
        await self.comment(text)
        one = self.conversation()
        assert (await self.post(f"{one.id}/claim")).status_code == 200
        return one

    def public(self) -> list[str]:
        """All that the page has said for everybody to read."""
        return [one.text for one in self.fake.comments.values() if one.author == self.fake.page]


async def opened(
    database: Database, knowledge: Knowledge, folder: Path, monkeypatch: pytest.MonkeyPatch, **more: str
) -> AsyncIterator[Page]:
    # Reading the shop's folder takes most of a second.
    monkeypatch.setattr(Knowledge, "load", lambda home: knowledge)
    monkeypatch.setenv("AFTERCARE_ASSIGNMENT", "manual")
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://chat.linden.example")
    fake = FakeFacebook()
    fake.receipts = ()
    options: dict[str, Any] = more
    async with playing(
        "facebook", fake, FakeAssistant(), database, folder, beside=["messenger"], **options
    ) as stage:
        program = stage.program
        routes = [
            account_routes.blueprint(program.desk),
            conversation_routes.blueprint(program.service),
            comment_routes.blueprint(program.service),
        ]
        async with serving(*routes) as desk:
            yield Page(stage, desk, member(database, "Rita"), member(database, "Omar"))


@pytest.fixture
async def page(
    database: Database, knowledge: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Page]:
    async for one in opened(database, knowledge, tmp_path, monkeypatch):
        yield one


@pytest.fixture
async def answering(
    database: Database, knowledge: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Page]:
    """The owner lets the assistant answer in public."""
    async for one in opened(database, knowledge, tmp_path, monkeypatch, FACEBOOK_COMMENTS="answer"):
        yield one


def add_order(page: Page) -> OrderRecord:
    record = OrderRecord.model_validate(EXAMPLE, context=context("LT"))
    with page.stage.program.database.write() as connection:
        orders.upsert(connection, record)
    return record


def count_of(page: Page, table: Any) -> int:
    with page.stage.program.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


# --- to a person -----------------------------------------------------------------------------------


async def test_a_comment_goes_to_a_person_and_nothing_is_said(page: Page) -> None:
    await page.comment("What a lamp")
    one, request = page.conversation(), page.request()
    assert (one.owner, request.reason, request.priority) == ("queue", "public", 0)
    assert page.assistant.turns == [], "the dialogue core never hears it"
    assert page.public() == [] and page.texts(one) == [("customer", "What a lamp")]


@pytest.mark.parametrize(
    ("text", "reason", "priority"),
    [
        ("thank you so much", "public", 0),
        ("complaint it came broken", "complaint", 1),
        ("I got an electric shock from your lamp", "safety", 2),
        ("Spėkite, lempa mane nutrenkė elektra", "safety", 2),
        ("This is a scam, I will see you in court!", "tone", 1),
    ],
)
async def test_what_is_said_decides_how_soon(page: Page, text: str, reason: str, priority: int) -> None:
    await page.comment(text)
    request = page.request()
    assert request.reason == reason and request.priority >= priority
    assert (request.priority > 0) == (priority > 0)
    assert page.public() == []


async def test_who_grows_angry_while_waiting_is_answered_sooner(page: Page) -> None:
    await page.comment("What a lamp")
    await page.comment("complaint nobody answers")
    one, request = page.conversation(), page.request()
    assert (request.reason, request.priority) == ("complaint", 1)
    assert request.packet and "complaint nobody answers" in request.packet.noted
    await page.comment("thank you")
    assert page.request().priority == 1, "never less urgent"
    assert [author for author, _ in page.texts(one)] == ["customer"] * 3


async def test_each_author_in_a_thread_has_a_conversation(page: Page) -> None:
    first = await page.comment("complaint it came broken")
    answer = page.fake.add(BERT, "Same here", parent=first.id)
    assert await page.fake.tell("add", answer) == 200
    await page.stage.idle()
    assert page.conversation(ANNA).address == f"{first.id}:{ANNA}"
    assert page.conversation(BERT).address == f"{first.id}:{BERT}"


async def test_praise_may_be_closed_without_a_word(page: Page) -> None:
    await page.comment("thank you")
    one = page.conversation()
    assert (await page.post(f"{one.id}/close", {"disposition": "other", "survey": True})).status_code == 200
    await page.stage.idle()
    assert page.conversation().owner == "closed" and page.public() == []
    await page.comment("thank you again")
    assert page.conversation().owner == "queue"
    assert page.public() == []


# --- never taken for a customer, never twice --------------------------------------------------------


async def test_what_the_page_says_is_no_customers(page: Page) -> None:
    one = await page.claimed()
    answer = await page.post(f"{one.id}/messages", {"client_msg_id": "a", "text": "We are sorry, Anna."})
    assert answer.status_code == 201
    await page.stage.idle()
    await page.stage.until(page.public)
    colleague = page.fake.add(page.fake.page, "From my phone", parent=next(iter(page.fake.comments)))
    assert await page.fake.tell("add", colleague) == 200
    await page.stage.idle()
    assert page.texts(one)[-1] == ("agent", "We are sorry, Anna.")
    assert count_of(page, conversations_table) == 1


async def test_repeated_and_reordered_notices_change_nothing_more(page: Page) -> None:
    """Each notice three times, in any order: each comment stands there once, with its last words."""
    comments = [page.fake.add(f"2468{number:04d}", f"comment {number}") for number in range(20)]
    now = int(datetime.now(UTC).timestamp())
    bodies = []
    for number, one in enumerate(comments):
        added = page.fake.change("add", one)
        told = [(now, added)]
        if number % 2:
            one.text = f"edited {number}"
            told.append((now + 1 if number % 4 == 1 else now, page.fake.change("edited", one)))
        for at, change in told:
            entry = {"id": page.fake.page, "time": at, "changes": [change]}
            bodies.append(dump({"object": "page", "entry": [entry]}))
    deliveries = bodies * 3
    random.Random(7).shuffle(deliveries)
    for body in deliveries:
        assert await page.fake.webhook.post(body, sign(body, page.fake.secret)) == 200
    await page.stage.idle()
    for one in comments:
        found = page.find("facebook", f"{one.id}:{one.author}")
        assert found and page.texts(found) == [("customer", one.text)]
    assert count_of(page, messages) == count_of(page, inbox) == 20


async def test_what_is_forged_or_hostile_leaves_no_trace(page: Page) -> None:
    one = page.fake.add(ANNA, "complaint")
    entry = {"id": page.fake.page, "changes": [page.fake.change("add", one)]}
    body = dump({"object": "page", "entry": [entry]})
    assert await page.fake.webhook.post(body, sign(body, "guessed")) == 403
    for odd in ("../me/messages?x=", "", "5550001_7001/../me", "x" * 5000):
        one.id = odd
        assert await page.fake.tell("add", one) == 200
    assert count_of(page, conversations_table) == 0


async def test_edits_and_removals_are_followed(page: Page) -> None:
    said = await page.comment("complaint it came broken")
    one, now = page.conversation(), int(datetime.now(UTC).timestamp())
    said.text = "complaint it came late"
    assert await page.fake.tell("edited", said, at=now + 1) == 200
    assert page.texts(one) == [("customer", "complaint it came late")]
    assert await page.fake.tell("remove", said, at=now + 2) == 200
    assert page.texts(one) == [("customer", "🗑")]
    # What was told before the removal and comes after it brings nothing back.
    assert await page.fake.tell("edited", said, at=now + 2) == 200
    assert page.texts(one) == [("customer", "🗑")]
    shown = await page.get(one)
    assert shown["messages"][0]["comment"] == {"exposes": False, "gone": True}


async def test_a_picture_is_kept(page: Page) -> None:
    assert await page.fake.attach(ANNA, "photo.png", "image/png", png()) == 200
    await page.stage.idle()

    async def stored() -> str:
        shown = await page.get(page.conversation())
        return str(shown["messages"][0]["attachments"][0]["state"])

    async with asyncio.timeout(WAIT):
        while await stored() != "stored":
            await asyncio.sleep(0.02)
    assert page.public() == []


# --- nothing of an order ---------------------------------------------------------------------------


async def test_number_and_email_in_public_prove_nothing(page: Page) -> None:
    record = add_order(page)
    await page.comment(f"track_order {record.number} {EMAIL}")
    one, request = page.conversation(), page.request()
    assert one.proven_contact is None and one.owner == "queue"
    assert request.packet and not request.packet.proven and request.packet.order is None
    assert page.assistant.turns == [] and page.public() == []
    shown = await page.get(one)
    assert shown["conversation"]["public"] is True
    assert shown["messages"][0]["comment"] == {"exposes": True, "gone": False}


async def test_an_agent_writes_nothing_of_an_order_in_public(page: Page) -> None:
    record = add_order(page)
    one = await page.claimed()
    for text in (
        f"Your order {record.number} is on its way",
        f"No. {record.number}, sorry!",
        f"We wrote to {EMAIL.upper()}.",
    ):
        answer = await page.post(f"{one.id}/messages", {"client_msg_id": f"a{len(text)}", "text": text})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "public_order"), text
    closing = {"disposition": "other", "text": f"Order {record.number} is refunded"}
    assert (await page.post(f"{one.id}/close", closing)).status_code == 409
    words = "Write to help@linden.example or +370 600 00000, within 14 days."
    harmless = {"client_msg_id": "z", "text": words}
    assert (await page.post(f"{one.id}/messages", harmless)).status_code == 201
    await page.stage.until(lambda: page.public() == [words])


async def test_a_file_for_everybody_is_refused(page: Page) -> None:
    one = await page.claimed()
    file = {"file": ("invoice.png", png(), "image/png")}
    path = f"/desk/v1/conversations/{one.id}/files"
    answer = await page.desk.post(path, headers=page.rita.headers, files=file)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "public_file")
    assert page.public() == []


async def test_nothing_automatic_is_said_at_any_change_of_hands(page: Page) -> None:
    one = await page.claimed()
    for path, body in (
        ("release", None), ("claim", None), ("bot", {}), ("claim", None),
        ("close", {"disposition": "other", "survey": True}),
    ):  # fmt: skip
        assert (await page.post(f"{one.id}/{path}", body)).status_code == 200, path
    await page.comment("deny again")
    await page.stage.idle()
    assert page.public() == []
    assert count_of(page, outbox) == 0


# --- if the owner lets it answer -------------------------------------------------------------------


async def test_only_questions_of_the_faq_are_answered_by_the_assistant(
    answering: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = add_order(answering)
    monkeypatch.setattr("tests.fakes.assistant.INTENTS", {"faq_delivery_time", "complaint", "track_order"})
    await answering.comment("faq_delivery_time how long")
    await answering.stage.until(answering.public)
    assert answering.public() == ["utter_faq_delivery_time (en)"]
    assert answering.conversation().owner == "bot"
    await answering.comment(f"faq_delivery_time for {record.number} {EMAIL}")
    assert answering.conversation().owner == "queue"
    await answering.comment("faq_delivery_time and now")
    for number, text in enumerate(("track_order 10234", "complaint late", "whatever")):
        await answering.comment(text, f"97{number}")
        assert answering.conversation(f"97{number}").owner == "queue"
    assert len(answering.public()) == 1 and answering.assistant.turns == []


# --- in private ------------------------------------------------------------------------------------


async def test_a_talk_goes_on_in_private(page: Page) -> None:
    one = await page.claimed()
    asked: dict[str, Any] = {"seq": 1, "text": "Hello Anna, which order is it?"}
    answer = await page.post(f"{one.id}/private-reply", asked)
    assert answer.status_code == 200, answer.text
    private = page.find("messenger", page.fake.messenger_id(ANNA))
    assert private and answer.json() == {"conversation": private.id}
    assert (private.owner, private.agent_id) == ("human", page.rita.agent.id)
    await page.stage.idle()
    # It comes back as an echo, and is no second message.
    assert page.texts(private) == [("agent", asked["text"])]
    assert await page.fake.write(private.address, "10234") == 200
    await page.stage.idle()
    assert page.texts(private)[-1] == ("customer", "10234")
    assert page.public() == [] and page.texts(one) == [("customer", "complaint it came broken")]
    notes = [note["text"] for note in (await page.get(one))["notes"]]
    assert notes == [f"Answered in private: conversation {private.id} (Messenger)."]
    again = await page.post(f"{one.id}/private-reply", asked)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "refused")
    assert "one private reply" in again.json()["error"]["message"]
    assert page.request().answered_at is not None
    with page.stage.program.database.read() as connection:
        kept = [(entry.action, entry.details) for entry in audit.entries(connection)]
    assert ("private_reply", {"seq": 1, "to": private.id}) in kept
    assert asked["text"] not in json.dumps([details for _, details in kept])


async def test_a_private_talk_that_another_agent_has_stays_theirs(page: Page) -> None:
    person = page.fake.messenger_id(ANNA)
    assert await page.fake.write(person, "hello") == 200
    await page.stage.idle()
    private = page.find("messenger", person)
    assert private and (await page.post(f"{private.id}/claim", who=page.omar)).status_code == 200
    one = await page.claimed()
    assert (await page.post(f"{one.id}/private-reply", {"seq": 1, "text": "Hi"})).status_code == 200
    still = page.find("messenger", person)
    assert still and still.agent_id == page.omar.agent.id


async def test_after_seven_days_no_private_reply_is_tried(page: Page) -> None:
    one = await page.claimed()
    early = datetime.now(UTC) - timedelta(days=7, seconds=1)
    with page.stage.program.database.write() as connection:
        connection.execute(update(messages).values(created_at=early))
    answer = await page.post(f"{one.id}/private-reply", {"seq": 1, "text": "Hi"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "window_closed")
    assert page.fake.taken == []


async def test_a_comment_is_hidden(page: Page) -> None:
    one = await page.claimed()
    said = next(iter(page.fake.comments.values()))
    assert (await page.post(f"{one.id}/hide", {"seq": 1})).status_code == 204
    assert said.hidden
    assert (await page.post(f"{one.id}/hide", {"seq": 1, "hidden": False})).status_code == 204
    assert not said.hidden
    notes = [note["text"] for note in (await page.get(one))["notes"]]
    assert notes == ["Comment hidden.", "Comment shown again."]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("hide", {"seq": 2}, 404),
        ("hide", {"seq": 0}, 400),
        ("hide", {}, 400),
        ("hide", {"seq": 1, "hidden": "yes"}, 400),
        ("private-reply", {"seq": 1}, 400),
        ("private-reply", {"seq": 1, "text": "  "}, 400),
        ("private-reply", {"seq": 1, "text": "x" * 2001}, 400),
        ("private-reply", {"seq": 1, "text": "🙂" * 1001}, 400),
        ("private-reply", {"seq": 9, "text": "Hi"}, 404),
    ],
)
async def test_what_is_asked_wrongly_is_refused(page: Page, path: str, body: Any, status: int) -> None:
    one = await page.claimed()
    assert (await page.post(f"{one.id}/{path}", body)).status_code == status
    assert page.fake.taken == []


async def test_only_who_has_the_conversation_acts(page: Page) -> None:
    await page.comment("complaint")
    one = page.conversation()
    for path, body in (("hide", {"seq": 1}), ("private-reply", {"seq": 1, "text": "Hi"})):
        assert (await page.post(f"{one.id}/{path}", body)).status_code == 409
        unknown = await page.desk.post(f"/desk/v1/conversations/{one.id}/{path}", json=body)
        assert unknown.status_code in (401, 403)
        assert (await page.post(f"999/{path}", body)).status_code == 404
    await page.post(f"{one.id}/claim", who=page.omar)
    assert (await page.post(f"{one.id}/hide", {"seq": 1})).json()["error"]["code"] == "taken"
    # In Messenger nothing is public.
    await page.fake.write("6000000000000001", "hello")
    await page.stage.idle()
    private = page.find("messenger", "6000000000000001")
    assert private and (await page.post(f"{private.id}/claim")).status_code == 200
    assert (await page.post(f"{private.id}/hide", {"seq": 1})).json()["error"]["code"] == "not_public"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ((403, 200, None), 409, "refused"),
        ((400, 613, None), 503, "unavailable"),
        ((500, 1, None), 503, "unknown"),
    ],
)
async def test_what_facebook_refuses_is_told(
    page: Page, error: tuple[int, int, int | None], status: int, code: str
) -> None:
    one = await page.claimed()
    for path, body in (("hide", {"seq": 1}), ("private-reply", {"seq": 1, "text": "Hi"})):
        page.fake.errors.append(error)
        answer = await page.post(f"{one.id}/{path}", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert (await page.get(one))["notes"] == []
    assert (await page.post(f"{one.id}/private-reply", {"seq": 1, "text": "Hi"})).status_code == 200
