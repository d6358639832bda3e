"""What channels rely on: the fake gateway and the real one, on a real database."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.conversation.customer_events import CustomerEvents
from bot.conversation.receiving.gateway import LiveGateway
from bot.conversation.receiving.intake import Intake
from channels.contract import (
    Gateway,
    Inbound,
    LiveEvent,
    Proof,
    ProofBy,
    UnknownButton,
    Visit,
    VisitOver,
    Voucher,
)
from store.conversations import conversations, transcript
from store.conversations.payload import Payload
from store.conversations.transcript import ButtonRow
from store.core.database import Database
from store.vocabulary import Author
from tests.fakes.assistant import FakeAssistant
from tests.fakes.gateway import FakeGateway, Place
from tests.speaking import NO_SPOOL, outgoing_of

FAKE: type[Gateway] = FakeGateway
REAL: type[Gateway] = LiveGateway
ANNA, BEN = ("web", "default", "anna"), ("web", "default", "ben")
HELLO = Inbound(*ANNA[:2], "anna:message-1", "anna", "hello")
PROOF = Proof("anna@example.com", ProofBy.SHOP)


@dataclass
class Counter:
    """A gateway. `offer`: the bot's message with a button of that title, whose token it returns; `tell` tells
    the open pages of a conversation; `ended`: what the relay tells of a visit, where there is one."""

    gateway: Gateway
    offer: Callable[[Place, str], str]
    tell: Callable[[Place, LiveEvent], None]
    ended: Callable[[Place, Visit], None] = lambda _place, _visit: None

    async def replay(self, place: Place = ANNA, after: int = 0) -> Sequence[dict[str, Any]]:
        return await self.gateway.replay(*place, after)

    async def texts(self, place: Place = ANNA) -> list[str]:
        return [message["text"] for message in await self.replay(place)]

    def listen(self, place: Place) -> AsyncGenerator[LiveEvent, None]:
        return cast("AsyncGenerator[LiveEvent, None]", self.gateway.listen(*place))


def faked() -> Counter:
    gateway = FakeGateway()

    def offer(place: Place, title: str) -> str:
        gateway.say(place, "bot", "which?", buttons=[{"token": "token-1", "title": title}])
        return "token-1"

    return Counter(gateway, offer, gateway.tell)


def real(database: Database, pages: CustomerEvents) -> Counter:
    def offer(place: Place, title: str) -> str:
        with database.write() as connection:
            one = conversations.open_for(connection, *place)
            choices = [ButtonRow(title, Payload("pick"))]
            entry = transcript.append(
                connection, one.id, Author.BOT, "which?", datetime.now(UTC), choices=choices
            )
        return str(entry.buttons[0]["token"])

    gateway = LiveGateway(database, Intake(("en",), outgoing_of(FakeAssistant())), pages, NO_SPOOL)

    def ended(place: Place, visit: Visit) -> None:
        pages.publish(place, LiveEvent("ended", None, {"visit": visit.id}))

    return Counter(gateway, offer, pages.publish, ended)


@pytest.fixture(params=["fake", "real"])
async def counter(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Counter]:
    if request.param == "fake":
        yield faked()
        return
    pages = CustomerEvents()
    made = real(database, pages)
    yield made
    pages.close()
    assert isinstance(made.gateway, LiveGateway)
    await made.gateway.stop()


async def test_a_message_is_accepted_once(counter: Counter) -> None:
    first = await counter.gateway.accept(HELLO)
    assert (first.seq, first.duplicate) == (1, False)
    assert await counter.gateway.accept(replace(HELLO, text="other words")) == replace(first, duplicate=True)
    assert (await counter.gateway.accept(replace(HELLO, external_id="anna:message-2"))).seq == 2
    assert await counter.texts() == ["hello", "hello"]


async def test_conversations_are_apart(counter: Counter) -> None:
    anna = await counter.gateway.accept(HELLO)
    others = [
        replace(HELLO, external_id="ben:message-1", address="ben"),
        replace(HELLO, account="second"),
        replace(HELLO, channel="sms"),
    ]
    for other in others:
        accepted = await counter.gateway.accept(other)
        assert (accepted.seq, accepted.duplicate) == (1, False)
        assert accepted.conversation_id != anna.conversation_id
    assert await counter.texts(ANNA) == await counter.texts(BEN) == ["hello"]


async def test_a_button_is_pressed_only_where_it_was_offered(counter: Counter) -> None:
    token = counter.offer(ANNA, "Red")
    with pytest.raises(UnknownButton):
        await counter.gateway.accept(replace(HELLO, text="", press="never-offered"))
    with pytest.raises(UnknownButton):
        await counter.gateway.accept(replace(HELLO, address="ben", external_id="ben:1", press=token))
    assert await counter.texts() == ["which?"]
    assert (await counter.gateway.accept(replace(HELLO, text="", press=token))).seq == 2
    assert await counter.texts() == ["which?", "Red"]
    assert await counter.texts(BEN) == []


async def test_what_a_provider_brings_again_is_taken_once(counter: Counter) -> None:
    events = [HELLO, replace(HELLO, external_id="anna:message-2", text="and more")]
    for _ in range(2):
        await counter.gateway.take(events)
    assert await counter.texts() == ["hello", "and more"]
    assert (await counter.gateway.accept(HELLO)).duplicate


async def test_a_press_that_was_never_offered_is_taken_as_its_title(counter: Counter) -> None:
    await counter.gateway.take([replace(HELLO, text="Red", press="never-offered")])
    assert await counter.texts() == ["Red"]


def voucher(token: str, subject: str = "anna") -> Voucher:
    return Voucher(subject, PROOF, token, datetime.now(UTC) + timedelta(minutes=5))


async def test_a_token_vouches_once(counter: Counter) -> None:
    begun = await counter.gateway.begin_visit(*ANNA[:2], voucher("token"), None)
    assert begun and begun.vouched
    assert await counter.gateway.begin_visit(*ANNA[:2], voucher("token"), None) is None
    again = await counter.gateway.begin_visit(*ANNA[:2], voucher("another"), None)
    assert again and again.address == begun.address and again.id != begun.id
    ben = await counter.gateway.begin_visit(*ANNA[:2], voucher("bens", "ben"), None)
    assert ben and ben.address != begun.address


async def test_a_visit_goes_on_and_ends(counter: Counter) -> None:
    gateway, here = counter.gateway, ANNA[:2]
    begun = await gateway.begin_visit(*here, voucher("1"), None)
    assert begun
    same = await gateway.begin_visit(*here, voucher("2"), begun)
    assert same and (same.id, same.address) == (begun.id, begun.address)
    message = replace(HELLO, address=begun.address)
    await gateway.accept(message, begun)
    until = await gateway.visit_until(begun)
    assert until and until > datetime.now(UTC)
    stream = counter.listen((*here, begun.address))
    heard = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    ben = await gateway.begin_visit(*here, voucher("3", "ben"), begun)
    assert ben and await gateway.visit_until(ben), "somebody else in the same browser"
    assert await gateway.visit_until(begun) is None
    counter.ended((*here, begun.address), begun)
    assert await asyncio.wait_for(heard, 20) == LiveEvent("ended", None, {"visit": begun.id})
    await stream.aclose()
    with pytest.raises(VisitOver):
        await gateway.accept(replace(message, external_id="later"), begun)
    assert await counter.texts((*here, begun.address)) == ["hello"]


async def test_nobody_comes_back_without_the_shops_word(counter: Counter) -> None:
    gateway, here = counter.gateway, ANNA[:2]
    visitor = Visit("anna", "anna", datetime.now(UTC) + timedelta(days=365))
    await gateway.accept(HELLO, visitor)
    assert await gateway.visit_until(visitor)
    await gateway.end_visit(*here, visitor)
    assert await gateway.visit_until(visitor) is None
    with pytest.raises(VisitOver):
        await gateway.accept(replace(HELLO, external_id="later"), visitor)
    # With it: unless they leave the conversation, on all their devices.
    phone = await gateway.begin_visit(*here, voucher("1"), None)
    laptop = await gateway.begin_visit(*here, voucher("2"), None)
    assert phone and laptop and phone.address == laptop.address
    await gateway.end_visit(*here, phone, leaves=True)
    assert await gateway.visit_until(laptop) is None
    again = await gateway.begin_visit(*here, voucher("3"), laptop)
    assert again and again.address != laptop.address


async def test_a_transcript_is_told_from_a_place_on_and_in_pages(counter: Counter) -> None:
    assert list(await counter.replay()) == []
    await counter.gateway.take([replace(HELLO, external_id=f"anna:{n}", text=str(n)) for n in range(1, 206)])
    page = await counter.replay(after=3)
    assert [message["seq"] for message in page] == list(range(4, 204))
    assert [message["seq"] for message in await counter.replay(after=203)] == [204, 205]
    message = page[0]
    assert (message["author"], message["text"], message["buttons"]) == ("customer", "4", [])
    assert message["client_msg_id"] == "4", "by which a page knows its own message again"
    assert datetime.fromisoformat(message["at"]).tzinfo is not None


async def test_an_offered_button_is_shown_with_its_token(counter: Counter) -> None:
    token = counter.offer(ANNA, "Red")
    (message,) = await counter.replay()
    assert (message["author"], message["text"]) == ("bot", "which?")
    assert message["buttons"] == [{"token": token, "title": "Red"}]


async def test_who_listens_hears_of_their_conversation_only(counter: Counter) -> None:
    stream = counter.listen(ANNA)
    heard = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    counter.tell(BEN, LiveEvent("typing", None, {"author": "ben's"}))
    counter.tell(ANNA, LiveEvent("typing", None, {"author": "bot"}))
    assert await asyncio.wait_for(heard, 20) == LiveEvent("typing", None, {"author": "bot"})
    await stream.aclose()
    counter.tell(ANNA, LiveEvent("typing", None, {}))
