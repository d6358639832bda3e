"""The sender on a real database, with a channel that pushes: order, retries, doubt, and slow providers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, event, select, update

from bot.conversation import ownership
from bot.conversation.sender import MAX_ATTEMPTS, UNDER_WAY, OutboxSender
from channels.contract import Outbound, SendError
from channels.registry import Channels
from channels.splitting import Button, Pace
from store.conversations import conversations, outbox, sends, suppressions, transcript
from store.conversations.outbox import LEASE
from store.conversations.payload import Payload
from store.conversations.transcript import ButtonRow
from store.core.database import Connection, Database
from store.core.events import DeliveryChanged, DomainEvent
from store.tables import messages
from store.tables import outbox as outbox_table
from store.vocabulary import Author, Owner, Suppression
from tests.fakes.channel import FakeChannel

WAIT = 20.0  # seconds; a bound for a loaded machine, not a duration


@dataclass
class Post:
    """The outbox of one database, and a sender that empties it."""

    database: Database
    push: FakeChannel
    sender: OutboxSender

    def queue(
        self,
        *texts: str,
        address: str = "anna",
        author: str = "bot",
        channel: str = "push",
        choices: tuple[str, ...] = (),
    ) -> None:
        with self.database.write() as connection:
            one = conversations.open_for(connection, channel, "shop", address)
            for text in texts:
                now = datetime.now(UTC)
                rows = [ButtonRow(title, Payload(title)) for title in choices]
                entry = transcript.append(connection, one.id, Author(author), text, now, choices=rows)
                outbox.add(connection, one, entry, sent=False, at=now, request_id="r-1")
        self.sender.wake()

    def row(self, text: str) -> Row[Any]:
        same = (messages.c.conversation_id == outbox_table.c.conversation_id) & (
            messages.c.seq == outbox_table.c.seq
        )
        with self.database.read() as connection:
            query = select(outbox_table).join(messages, same).where(messages.c.text == text)
            return connection.execute(query).one()

    async def until(self, text: str, state: str) -> Row[Any]:
        """The message's row, as soon as it is in a state."""
        async with asyncio.timeout(WAIT):
            while (row := self.row(text)).state != state:
                await asyncio.sleep(0.01)
        return row

    async def retried(self, text: str, attempts: int) -> Row[Any]:
        """The message's row, as soon as it is back in the queue after so many tries."""
        async with asyncio.timeout(WAIT):
            while (row := self.row(text)).state != "queued" or row.attempts < attempts or row.leased_until:
                await asyncio.sleep(0.01)
        return row

    async def claimed(self, text: str) -> None:
        """Waits until the sender has the message in hand."""
        async with asyncio.timeout(WAIT):
            while self.row(text).leased_until is None:
                await asyncio.sleep(0.01)

    def due_now(self) -> None:
        """Lets the time pass until every retry is due."""
        with self.database.write() as connection:
            connection.execute(
                update(outbox_table)
                .where(outbox_table.c.state == "queued")
                .values(due_at=datetime.now(UTC) - timedelta(seconds=1))
            )
        self.sender.wake()

    def owner(self, owner: str, address: str = "anna") -> None:
        with self.database.write() as connection:
            one = conversations.open_for(connection, "push", "shop", address)
            at = datetime.now(UTC)
            until = at + timedelta(hours=1) if owner == Owner.HUMAN else None
            ownership.change(connection, one, Owner(owner), by="agent", why="test", at=at, until=until)

    def stop(self, address: str = "anna") -> None:
        """The customer wants no messages any more."""
        with self.database.write() as connection:
            suppressions.add(connection, "push", address, Suppression.STOPPED, datetime.now(UTC))


@pytest.fixture
def post(database: Database) -> Post:
    push = FakeChannel()
    return Post(database, push, OutboxSender(database, Channels([push])))


@asynccontextmanager
async def running(sender: OutboxSender) -> AsyncIterator[None]:
    await sender.start()
    try:
        yield
    finally:
        await sender.stop()


def pause(event: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def wait() -> None:
        await event.wait()

    return wait


# --- what goes well --------------------------------------------------------------------------------


async def test_messages_of_a_conversation_arrive_once_and_in_order(post: Post) -> None:
    post.queue("1", "2", "3")
    post.queue("a", "b", address="bert")
    async with running(post.sender):
        await post.until("3", "sent")
        await post.until("b", "sent")
        post.queue("4")
        row = await post.until("4", "sent")
    assert [text for text in post.push.texts if text.isdigit()] == ["1", "2", "3", "4"]
    assert [text for text in post.push.texts if text.isalpha()] == ["a", "b"]
    assert (row.attempts, row.parts_sent, row.reason) == (1, 1, None)
    with post.database.read() as connection:
        assert sends.is_ours(connection, "push", "shop", "id-4")
    assert row.sent_at is not None


async def test_a_channel_gets_all_it_needs(post: Post) -> None:
    post.queue("which?", choices=("Red", "Blue"))
    async with running(post.sender):
        row = await post.until("which?", "sent")
    ((message, part),) = post.push.got
    plain = replace(message, buttons=())
    assert plain == Outbound(row.conversation_id, 1, "shop", "anna", "bot", "which?")
    assert [button.title for button in part.buttons] == ["Red", "Blue"]
    assert all(isinstance(button, Button) and len(button.token) >= 16 for button in part.buttons)


async def test_two_senders_send_nothing_twice(post: Post) -> None:
    second = OutboxSender(post.database, Channels([post.push]))
    for address in ("anna", "bert", "cleo"):
        post.queue(*(f"{address} {number}" for number in range(6)), address=address)
    async with running(post.sender), running(second):
        for address in ("anna", "bert", "cleo"):
            await post.until(f"{address} 5", "sent")
    for address in ("anna", "bert", "cleo"):
        own = [text for text in post.push.texts if text.startswith(address)]
        assert own == [f"{address} {number}" for number in range(6)]


# --- what goes wrong -------------------------------------------------------------------------------


async def test_a_refused_message_is_tried_again_later_and_keeps_its_place(post: Post) -> None:
    post.push.answers["1"] = [SendError("busy"), SendError("busy")]
    post.queue("1", "2")
    began = datetime.now(UTC)
    async with running(post.sender):
        row = await post.retried("1", 1)
        assert timedelta(seconds=0.5) <= row.due_at - began <= timedelta(seconds=1 + WAIT)
        assert row.reason == "busy"
        assert post.row("2").state == "queued", "what comes behind waits"
        before = datetime.now(UTC)
        post.due_now()
        row = await post.retried("1", 2)
        assert row.due_at - before >= timedelta(seconds=1), "the pause grows"
        post.due_now()
        await post.until("2", "sent")
    assert post.push.texts == ["1", "2"]
    assert post.row("1").attempts == 3


async def test_the_pause_that_a_provider_asks_for_is_kept(post: Post) -> None:
    post.push.answers["1"] = [SendError("slow down", retry_after=900)]
    post.queue("1")
    before = datetime.now(UTC)
    async with running(post.sender):
        row = await post.retried("1", 1)
        post.sender.wake()
        await asyncio.sleep(0.1)
    assert timedelta(seconds=900) <= row.due_at - before <= timedelta(seconds=900 + WAIT)
    assert post.push.tries == ["1"]


async def test_a_message_that_is_never_taken_fails_in_the_end_and_lets_others_by(post: Post) -> None:
    post.push.answers["1"] = [SendError("busy") for _ in range(MAX_ATTEMPTS)]
    post.queue("1", "2")
    async with running(post.sender):
        for attempt in range(1, MAX_ATTEMPTS):
            await post.retried("1", attempt)
            post.due_now()
        row = await post.until("1", "failed")
        await post.until("2", "sent")
    assert (row.attempts, row.reason) == (MAX_ATTEMPTS, "busy")
    assert post.push.tries == ["1"] * MAX_ATTEMPTS + ["2"]


async def test_a_permanent_refusal_is_not_tried_again(post: Post) -> None:
    post.push.answers["1"] = [SendError("blocked by the customer", permanent=True)]
    post.queue("1", "2")
    async with running(post.sender):
        row = await post.until("1", "failed")
        await post.until("2", "sent")
    assert row.reason == "blocked by the customer"
    assert post.push.tries == ["1", "2"]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([], "sent"),
        ([SendError("blocked by the customer", permanent=True)], "failed"),
        ([SendError("timed out", unknown=True)], "unknown"),
    ],
)
async def test_it_is_told_how_a_message_ended(post: Post, answers: list[Any], state: str) -> None:
    heard: list[DomainEvent] = []
    post.database.hear(heard.extend)
    post.push.answers["1"] = [*answers]
    post.queue("1")
    async with running(post.sender):
        row = await post.until("1", state)
    assert [one for one in heard if isinstance(one, DeliveryChanged)] == [
        DeliveryChanged(row.conversation_id)
    ]


@pytest.mark.parametrize(
    "error", [SendError("timed out", unknown=True), ValueError("a fault of the channel")]
)
async def test_what_may_have_arrived_is_never_sent_again(post: Post, error: Exception) -> None:
    post.push.answers["1"] = [error]
    post.queue("1", "2")
    async with running(post.sender):
        row = await post.until("1", "unknown")
        await post.until("2", "sent")
        post.due_now()
        await asyncio.sleep(0.1)
    assert row.reason == ("timed out" if isinstance(error, SendError) else "ValueError")
    assert post.push.tries == ["1", "2"]


async def test_a_channel_that_is_not_set_up_fails_by_name(post: Post) -> None:
    post.queue("1", channel="fax")
    post.queue("2")
    async with running(post.sender):
        row = await post.until("1", "failed")
        await post.until("2", "sent")
    assert row.reason == "the channel fax is not set up"


# --- a person took over ----------------------------------------------------------------------------


async def test_the_bot_never_talks_over_a_person(post: Post) -> None:
    post.queue("from the bot")
    post.owner("human")
    post.queue("from the agent", author="agent")
    post.queue("to bert", address="bert")
    async with running(post.sender):
        await post.until("from the agent", "sent")
        await post.until("to bert", "sent")
        row = await post.until("from the bot", "withdrawn")
    assert row.reason == "a person took over"
    assert "from the bot" not in post.push.tries


async def test_a_retry_is_withdrawn_too(post: Post) -> None:
    post.push.answers["1"] = [SendError("busy")]
    post.queue("1")
    async with running(post.sender):
        await post.retried("1", 1)
        post.owner("human")
        post.due_now()
        await post.until("1", "withdrawn")
    assert post.push.tries == ["1"]


async def test_while_a_person_is_awaited_the_bot_may_still_speak(post: Post) -> None:
    post.queue("1")
    post.owner("queue")
    async with running(post.sender):
        await post.until("1", "sent")


def meanwhile(database: Database, nth: int, does: Callable[[], None]) -> None:
    """Has something happen, by another connection, right after the `nth` change of the outbox from now."""
    left = nth

    def changed(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        nonlocal left
        if sql.startswith("UPDATE outbox"):
            left -= 1
            if left == 0:
                does()

    event.listen(database.engine, "after_cursor_execute", changed)


def test_a_person_who_comes_while_messages_are_claimed_is_not_talked_over(post: Post) -> None:
    if post.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    post.queue("1")
    meanwhile(post.database, 1, lambda: post.owner("human"))  # behind the look for who is talked over
    with post.database.write() as connection:
        assert claim(connection) == 0
    with post.database.write() as connection:
        assert claim(connection) == 0
    assert post.row("1").state == "withdrawn"


def test_a_customer_who_goes_while_messages_are_claimed_gets_nothing(post: Post) -> None:
    if post.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    post.queue("1")
    meanwhile(post.database, 2, post.stop)  # behind the look for who wants nothing
    with post.database.write() as connection:
        assert claim(connection) == 0
    with post.database.write() as connection:
        assert claim(connection) == 0
    assert post.row("1").state == "failed"


# --- a process that dies ---------------------------------------------------------------------------


def claim(connection: Connection, ago: timedelta = timedelta()) -> int:
    return len(outbox.claim(connection, datetime.now(UTC) - ago, 10))


def backdate(database: Database) -> None:
    """Everything was queued an hour ago."""
    with database.write() as connection:
        connection.execute(update(outbox_table).values(due_at=datetime.now(UTC) - timedelta(hours=1)))


def leave(connection: Connection, ago: timedelta) -> None:
    """A process claimed what is due, and its first part was leaving."""
    at = datetime.now(UTC) - ago
    for message in outbox.claim(connection, at, 10):
        assert outbox.depart(connection, message, at + LEASE, at)


async def test_a_send_that_died_before_it_left_is_sent_by_another(post: Post) -> None:
    post.queue("1", "2")
    backdate(post.database)
    with post.database.write() as connection:
        assert claim(connection, LEASE + timedelta(seconds=1)) == 1
    async with running(post.sender):
        await post.until("2", "sent")
    assert post.push.texts == ["1", "2"]


async def test_a_send_that_died_in_the_middle_ends_in_doubt(post: Post) -> None:
    post.queue("1", "2")
    backdate(post.database)
    with post.database.write() as connection:
        leave(connection, LEASE + timedelta(seconds=1))
    async with running(post.sender):
        row = await post.until("1", "unknown")
        await post.until("2", "sent")
    assert row.reason == "the sender stopped in the middle"
    assert post.push.tries == ["2"]


async def test_a_send_of_another_process_is_left_to_it(post: Post) -> None:
    post.queue("1", "2")
    backdate(post.database)
    with post.database.write() as connection:
        leave(connection, LEASE / 2)
    async with running(post.sender):
        post.queue("other", address="bert")
        await post.until("other", "sent")
    assert post.push.tries == ["other"]
    assert (post.row("1").state, post.row("2").state) == ("sending", "queued")


async def test_stopping_lets_a_send_end(post: Post) -> None:
    release = asyncio.Event()
    post.push.answers["1"] = [pause(release)]
    post.queue("1")
    async with running(post.sender):
        await post.until("1", "sending")
        # The sender may have heard of its claim or not: either way it is carried out.
        asyncio.get_running_loop().call_later(0.05, release.set)
    assert post.row("1").state == "sent"


# --- slow providers --------------------------------------------------------------------------------


async def test_a_slow_conversation_holds_up_nobody_else(post: Post) -> None:
    release = asyncio.Event()
    post.push.answers["slow"] = [pause(release)]
    post.queue("slow", "behind it")
    async with running(post.sender):
        await post.until("slow", "sending")
        for number in range(3):
            post.queue(f"quick {number}", address="bert")
            await post.until(f"quick {number}", "sent")
        assert post.row("slow").state == "sending"
        assert post.row("behind it").state == "queued"
        release.set()
        await post.until("behind it", "sent")
    assert post.push.texts == ["quick 0", "quick 1", "quick 2", "slow", "behind it"]


async def test_only_so_many_are_under_way_at_the_same_time(post: Post) -> None:
    release = asyncio.Event()
    texts = [f"m{number}" for number in range(UNDER_WAY + 5)]
    for text in texts:
        post.push.answers[text] = [pause(release)]
        post.queue(text, address=text)
    async with running(post.sender):
        async with asyncio.timeout(WAIT):
            while len(post.push.tries) < UNDER_WAY:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert len(post.push.tries) == UNDER_WAY
        release.set()
        await post.until(texts[-1], "sent")
    assert sorted(post.push.texts) == sorted(texts)


# --- parts, pace and limits ------------------------------------------------------------------------


async def test_a_long_message_goes_out_in_parts_each_noted(post: Post) -> None:
    text = "The first part of this. " + "And the second part of it."
    post.queue(text, choices=("Red",))
    async with running(post.sender):
        row = await post.until(text, "sent")
    assert post.push.texts == ["The first part of this.", "And the second part of it."]
    assert [len(part.buttons) for _, part in post.push.got] == [0, 1]
    assert row.parts_sent == 2
    with post.database.read() as connection:
        assert all(sends.is_ours(connection, "push", "shop", f"id-{one}") for one in post.push.texts)


async def test_a_retry_goes_on_with_the_part_that_was_refused(post: Post) -> None:
    text = "The first part of this. " + "And the second part of it."
    post.push.answers["And the second part of it."] = [SendError("busy")]
    post.queue(text)
    async with running(post.sender):
        await post.retried(text, 1)
        post.due_now()
        await post.until(text, "sent")
    assert post.push.texts == ["The first part of this.", "And the second part of it."]
    assert post.push.tries.count("The first part of this.") == 1


async def test_a_customer_who_can_not_be_reached_gets_nothing_more(post: Post) -> None:
    post.push.answers["1"] = [SendError("blocked", unreachable=True)]
    post.queue("1", "2")
    post.queue("to bert", address="bert")
    async with running(post.sender):
        await post.until("1", "failed")
        row = await post.until("2", "failed")
        await post.until("to bert", "sent")
    assert row.reason == "nothing may be sent to this customer"
    assert "2" not in post.push.tries


async def test_an_account_that_is_told_to_wait_waits_for_all_its_customers(post: Post) -> None:
    post.push.answers["1"] = [SendError("too many", account=True, retry_after=900)]
    post.queue("1")
    async with running(post.sender):
        await post.retried("1", 1)
        post.queue("to bert", address="bert")
        row = await post.until("to bert", "queued")
        async with asyncio.timeout(WAIT):
            while (row := post.row("to bert")).due_at < datetime.now(UTC) + timedelta(seconds=600):
                await asyncio.sleep(0.01)
    assert post.push.tries == ["1"]
    assert row.attempts == 0, "waiting is no attempt"


async def test_a_chats_pace_is_kept_and_a_person_who_takes_over_meanwhile_stops_the_rest(
    post: Post,
) -> None:
    post.push.capabilities = replace(post.push.capabilities, address_pace=Pace(1, 2))
    sender = OutboxSender(post.database, Channels([post.push]))
    post.queue("1", "2", "3")
    async with running(sender):
        await post.until("1", "sent")
        await post.until("2", "sent")
        await post.claimed("3")
        post.owner("human")
        await post.until("3", "withdrawn")
    assert post.push.texts == ["1", "2"]


async def test_who_wants_no_messages_meanwhile_gets_no_further_part(post: Post) -> None:
    post.push.capabilities = replace(post.push.capabilities, address_pace=Pace(1, 2))
    sender = OutboxSender(post.database, Channels([post.push]))
    post.queue("1", "2")
    async with running(sender):
        await post.until("1", "sent")
        await post.claimed("2")
        post.stop()
        await post.until("2", "failed")
    assert post.push.texts == ["1"]


async def test_outside_the_channels_window_only_a_person_may_write_and_not_for_ever(post: Post) -> None:
    post.push.capabilities = replace(
        post.push.capabilities, window=timedelta(hours=24), human_window=timedelta(days=7)
    )
    sender = OutboxSender(post.database, Channels([post.push]))
    for address, hours in (("fresh", 1), ("late", 30), ("gone", 24 * 8)):
        with post.database.write() as connection:
            one = conversations.open_for(connection, "push", "shop", address)
            heard = datetime.now(UTC) - timedelta(hours=hours)
            transcript.append(connection, one.id, Author.CUSTOMER, "hello", heard)
        post.queue(f"bot to {address}", address=address)
        post.queue(f"agent to {address}", address=address, author="agent")
    async with running(sender):
        assert (await post.until("agent to gone", "failed")).reason is not None
        await post.until("bot to gone", "failed")
        await post.until("bot to late", "failed")
        await post.until("agent to late", "sent")
        await post.until("agent to fresh", "sent")
    late = {part.text: message.late for message, part in post.push.got}
    assert late == {"bot to fresh": False, "agent to fresh": False, "agent to late": True}
