"""The database is away while providers deliver: kept on disk, and fed in order and once when it is back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.customer_events import CustomerEvents
from bot.conversation.receiving import gateway as gateway_module
from bot.conversation.receiving.gateway import LiveGateway
from bot.conversation.receiving.intake import Intake
from bot.conversation.receiving.spooling import Delivery, Feeder, decode, encode
from bot.runtime.http.refusals import Unavailable
from bot.runtime.spool import Damaged, Spool
from channels.contract import (
    Attachment,
    AttachmentKind,
    Command,
    CommandName,
    Edit,
    Event,
    HumanEcho,
    Inbound,
    Proof,
    ProofBy,
    Reachability,
    ReadUpTo,
    Receipt,
    ReceiptState,
)
from store.core.database import Database
from store.tables import messages
from tests.cutting import cut
from tests.fakes.assistant import FakeAssistant
from tests.speaking import outgoing_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANNA = Inbound("sms", "+37060000000", "SM1", "+37061111111", "hello", at=NOW)
EVERYTHING: list[Event] = [
    Inbound(
        "telegram",
        "1",
        "m1",
        "42",
        "ačiū 🙂\n",
        press="token",
        choice=3,
        command=Command(CommandName.ORDER, "10234"),
        attachments=(Attachment(AttachmentKind.IMAGE, "file", "a.png", "image/png", 5),),
        proof=Proof("+37061111111", ProofBy.SENDER),
        language="lt",
        message_id="7",
        at=NOW,
    ),
    Edit("telegram", "1", "42", "7", "text", NOW),
    Receipt("sms", "+3", "SM9", ReceiptState.FAILED, "Twilio error 30003", True, NOW),
    ReadUpTo("messenger", "1", "42", ReceiptState.READ, NOW),
    Reachability("telegram", "1", "42", False, NOW),
    HumanEcho("messenger", "1", "e1", "42", "I answer", NOW),
]


@dataclass
class Place:
    database: Database
    spool: Spool
    gateway: LiveGateway
    feeder: Feeder

    def another(self) -> "Place":
        """Another process on the same database and disk."""
        return place_on(self.database, Spool(self.spool.folder))

    def stored(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.execute(select(messages.c.text).order_by(messages.c.id)).scalars())


def place_on(database: Database, spool: Spool) -> Place:
    intake = Intake(["en", "lt"], outgoing_of(FakeAssistant(), lambda: NOW))
    gateway = LiveGateway(database, intake, CustomerEvents(), spool)
    return Place(database, spool, gateway, Feeder(spool, gateway.feed))


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return place_on(database, Spool(tmp_path / "spool", most=5))


def sms(number: int) -> Inbound:
    return replace(ANNA, external_id=f"SM{number}", text=f"text {number}")


@asynccontextmanager
async def away(place: Place) -> AsyncIterator[None]:
    with cut(place.database, "conversations", times=10**6):
        yield


@pytest.mark.parametrize("event", EVERYTHING)
def test_whatever_a_provider_brings_comes_back_as_it_was(event: Event) -> None:
    assert decode(encode([event, event], "r-1")) == ([event, event], "r-1")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"events": [{"kind": "Edit", "event": {}}], "request_id": ""}', b"[" * 50_000],
)
def test_what_is_no_entry_of_ours_is_known(content: bytes) -> None:
    with pytest.raises(Damaged):
        decode(content)


async def test_what_comes_while_the_database_is_away_is_kept_and_fed_in_order_and_once(place: Place) -> None:
    await place.gateway.take([sms(1)])
    async with away(place):
        await place.gateway.take([sms(2)])
        await place.gateway.take([sms(3), replace(sms(3), external_id="SM3b", text="text 3b")])
    # It is back, but nothing overtakes what waits.
    await place.gateway.take([sms(4)])
    assert place.stored() == ["text 1"]
    assert place.spool.state().entries == 3
    await place.feeder.feed_all()
    assert place.stored() == ["text 1", "text 2", "text 3", "text 3b", "text 4"]
    assert not place.spool.waits()
    await place.gateway.take([sms(5)])
    assert place.stored()[-1] == "text 5"


async def test_another_process_puts_later_ones_behind_too(place: Place) -> None:
    async with away(place):
        await place.gateway.take([sms(1)])
    other = place.another()
    await other.gateway.take([sms(2)])
    assert place.stored() == []
    await other.feeder.feed_all()
    assert place.stored() == ["text 1", "text 2"]


async def test_killed_between_the_commit_and_the_end_of_the_file_it_is_fed_once(place: Place) -> None:
    async with away(place):
        await place.gateway.take([sms(1)])
        await place.gateway.take([sms(2)])
    entries = [(one, one.read_bytes()) for one in place.spool.entries()]
    await place.feeder.feed_all()
    for entry, content in entries:
        entry.write_bytes(content)  # it was not gone yet
    await place.another().feeder.feed_all()
    assert place.stored() == ["text 1", "text 2"]


async def test_while_the_database_stays_away_nothing_leaves_the_spool(place: Place) -> None:
    async with away(place):
        await place.gateway.take([sms(1)])
        for _ in range(2):
            with pytest.raises(Exception, match=r"locked|terminat|closed"):
                await place.feeder.feed_all()
    assert place.spool.state().entries == 1 and place.spool.state().set_aside == 0


async def test_a_running_feeder_begins_by_itself_when_the_database_is_back(place: Place) -> None:
    await place.feeder.start()
    async with away(place):
        await place.gateway.take([sms(1)])
        await asyncio.sleep(0.1)
    try:
        async with asyncio.timeout(20):
            while place.spool.waits():
                await asyncio.sleep(0.02)
    finally:
        await place.feeder.stop()
    assert place.stored() == ["text 1"]


async def test_a_damaged_entry_and_one_that_can_not_be_stored_stand_in_no_others_way(place: Place) -> None:
    async with away(place):
        for number in (1, 2, 3, 4):
            await place.gateway.take([sms(number)])
    place.spool.entries()[0].write_bytes(b"no entry")

    async def feed(deliveries: Sequence[Delivery]) -> None:
        if any(events == [sms(2)] for events, _ in deliveries):
            raise ValueError("no database takes this")
        await place.gateway.feed(deliveries)

    await Feeder(place.spool, feed).feed_all()
    assert place.stored() == ["text 3", "text 4"]
    assert (place.spool.state().entries, place.spool.state().set_aside) == (0, 2)


async def test_what_the_spool_does_not_take_is_refused_and_sent_again_later(place: Place) -> None:
    async with away(place):
        for number in range(5):
            await place.gateway.take([sms(number)])
        with pytest.raises(Unavailable) as refused:
            await place.gateway.take([sms(5)])
    assert refused.value.code == "spool_full"
    assert refused.value.headers()["Retry-After"] == "30"
    assert place.spool.state().entries == 5


async def test_the_web_chat_is_told_to_send_again(place: Place) -> None:
    """Its page must be told the message's place, and keeps the message until it is."""
    hello = replace(ANNA, channel="web", account="default", address="anna")
    async with away(place):
        with pytest.raises(Unavailable) as refused:
            await place.gateway.accept(hello)
    assert refused.value.code == "no_database" and "Retry-After" in refused.value.headers()
    assert not place.spool.waits()
    assert (await place.gateway.accept(hello)).seq == 1


async def test_a_database_that_hangs_is_not_waited_for_longer_than_a_provider_waits(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "STORE_SECONDS", 0.2)
    with place.database.write() as connection:
        connection.execute(messages.delete())
        if not place.database.is_sqlite:
            connection.exec_driver_sql("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE")
        await place.gateway.take([sms(1)])
        await place.gateway.take([sms(2)])
        assert place.spool.state().entries == 2
    await place.feeder.feed_all()
    assert place.stored() == ["text 1", "text 2"]


async def test_a_fault_that_is_not_the_databases_is_told_as_before(place: Place) -> None:
    with pytest.raises(AttributeError):
        await place.gateway.take([None])  # type: ignore[list-item]
    assert not place.spool.waits()
