"""The database goes away while messages are sent: in doubt is only what may really have left."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text, update

from bot.conversation.sender import OutboxSender
from channels.contract import SendError
from channels.registry import Channels
from store.conversations import outbox
from store.conversations.outbox import LEASE
from store.core.database import Database
from store.tables import messages
from store.tables import outbox as outbox_table
from tests.conversation.test_sender import Post, running
from tests.cutting import busy, cut
from tests.fakes.channel import FakeChannel


@pytest.fixture
def post(database: Database) -> Post:
    push = FakeChannel()
    return Post(database, push, OutboxSender(database, Channels([push])))


async def test_cut_in_the_look_before_sending_it_is_sent_once(post: Post) -> None:
    with cut(post.database, "UPDATE outbox", "outbox.id = ") as done:
        post.queue("1", "2")
        async with running(post.sender):
            row = await post.until("1", "sent")
            await post.until("2", "sent")
    assert done.count == 1
    assert post.push.texts == ["1", "2"]
    assert row.attempts == 1, "the look is no attempt"


@pytest.mark.parametrize("words", [("INSERT INTO sends",), ("UPDATE outbox", "parts_sent=")])
async def test_cut_while_it_is_noted_that_it_was_sent_it_is_noted_all_the_same(
    post: Post, words: tuple[str, ...]
) -> None:
    with cut(post.database, *words, times=3) as done:
        post.queue("1", "2")
        async with running(post.sender):
            await post.until("1", "sent")
            await post.until("2", "sent")
    assert done.count == 3
    assert post.push.texts == ["1", "2"]


async def test_cut_while_it_is_noted_that_it_was_refused_it_is_tried_again(post: Post) -> None:
    post.push.answers["1"] = [SendError("busy")]
    with cut(post.database, "UPDATE outbox", "reason=") as done:
        post.queue("1")
        async with running(post.sender):
            await post.retried("1", 1)
            post.due_now()
            row = await post.until("1", "sent")
    assert done.count == 1 and row.attempts == 2
    assert post.push.tries == ["1", "1"]


class Deaf(Database):
    """Its last word is lost as often as `lost` says: the transaction is committed, and nobody hears of it."""

    lost = 0
    about = "claim"

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        done = await super().run(work, *args, **kwargs)
        if self.lost and self.about in work.__name__:
            self.lost -= 1
            raise busy()
        return done


@pytest.mark.parametrize("about", ["claim", "depart", "part_sent"])
async def test_a_commit_that_nobody_heard_of_delays_and_doubles_nothing(
    database: Database, about: str
) -> None:
    deaf = Deaf(database.engine.url.render_as_string(hide_password=False))
    post = Post(deaf, FakeChannel(), OutboxSender(deaf, Channels()))
    post.sender = OutboxSender(deaf, Channels([post.push]))
    post.queue("1", "2")
    deaf.about, deaf.lost = about, 1
    async with running(post.sender):
        row = await post.until("1", "sent")
        await post.until("2", "sent")
    deaf.close()
    assert (deaf.lost, row.attempts, row.parts_sent) == (0, 1, 1)
    assert post.push.texts == ["1", "2"]


async def test_a_fault_before_it_leaves_is_tried_again_and_none_is_in_doubt(post: Post) -> None:
    post.queue("1", "2", choices=("Red",))
    with post.database.write() as connection:
        rows = update(messages).where(messages.c.text == "1").values(buttons=[{"title": "no token"}])
        connection.execute(rows)
    async with running(post.sender):
        row = await post.retried("1", 1)
    assert (row.reason, row.attempts) == ("KeyError", 1)
    assert post.push.tries == []


def test_who_has_lost_its_lease_sends_nothing(post: Post) -> None:
    post.queue("1")
    at = datetime.now(UTC)
    with post.database.write() as connection:
        (first,) = outbox.claim(connection, at, 9)
        assert outbox.claim(connection, at, 9) == [], "its lease runs"
        (second,) = outbox.claim(connection, at + LEASE, 9)  # the first one hung
        assert not outbox.depart(connection, first, at + LEASE, at + LEASE)
        assert outbox.depart(connection, second, at + 2 * LEASE, at + LEASE)


async def test_a_message_that_can_not_be_read_stands_in_nobodys_way(post: Post) -> None:
    post.queue("1", "2")
    post.queue("to bert", address="bert")
    broken = "UPDATE messages SET author = 'bot', created_at = created_at, buttons = {} WHERE text = '1'"
    with post.database.write() as connection:
        if post.database.is_sqlite:
            connection.execute(text(broken.format("'[{'")))
        else:
            pytest.skip("PostgreSQL stores no broken JSON")
    async with running(post.sender):
        await post.until("to bert", "sent")
        await post.until("2", "sent")
    with post.database.read() as connection:
        states = connection.execute(
            text("SELECT state, reason FROM outbox ORDER BY id LIMIT 1").columns(
                outbox_table.c.state, outbox_table.c.reason
            )
        ).one()
    assert tuple(states) == ("failed", "can't be read: JSONDecodeError")
