"""A file that is not taken: the customer is told so, once, in their language, and which files are taken."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.files.fetcher import MAX_ATTEMPTS, AttachmentFetcher
from bot.conversation.files.not_taken import GATHER, LONGEST, FilesNotTaken
from bot.conversation.outgoing import Outgoing
from bot.conversation.receiving.intake import Intake
from bot.conversation.turns import FETCHING, LOOK_AGAIN, Turns
from bot.runtime.files import Files
from bot.runtime.work.timed_jobs import Timers
from channels.contract import Attachment, AttachmentKind, Command, CommandName, FetchError, Inbound
from channels.registry import Channels
from store.conversations import attachments, conversations, suppressions, transcript
from store.conversations.conversations import Conversation
from store.core.database import Database
from store.tables import attachments as attachments_table
from store.tables import conversations as conversations_table
from store.vocabulary import Owner, Suppression
from tests.fakes.assistant import FakeAssistant
from tests.fakes.channel import FakeChannel
from tests.runtime.test_files import JPEG, SECRET

DOCX = b"PK\x03\x04" + b"\0" * 60
BMP = b"BM\x46\0\0\0" + b"\0" * 60
NONE, SOME, LOST = "utter_files_refused", "utter_some_files_refused", "utter_files_lost"


class Counter:
    """A channel whose provider has these files, and all that works on them, by one clock."""

    def __init__(self, database: Database, folder: Path, *files: bytes | Exception) -> None:
        self.database = database
        self.now = datetime.now(UTC)
        self.assistant = FakeAssistant()
        channels = Channels([FakeChannel(*files)])
        outgoing = Outgoing(self.assistant, channels, self.clock)
        self.intake = Intake(["en", "lt"], outgoing)
        self.turns = Turns(outgoing, self.clock)
        self.fetcher = AttachmentFetcher(database, channels, Files(folder / "files", SECRET), self.clock)
        self.timers = Timers(database, [FilesNotTaken(outgoing, self.clock)], self.clock)
        self.sent = 0

    def clock(self) -> datetime:
        return self.now

    def send(self, *names: str, text: str = "", quiet: bool = False, language: str = "lt") -> None:
        self.sent += 1
        files = tuple(Attachment(AttachmentKind.FILE, name, name) for name in names)
        command = Command(CommandName.QUIET) if quiet else None
        inbound = Inbound(
            "push",
            "shop",
            f"m{self.sent}",
            "anna",
            text,
            attachments=files,
            command=command,
            language=language,
            at=self.now,
        )
        with self.database.write() as connection:
            self.intake.take(connection, inbound, "r")

    async def fetch(self) -> None:
        await self.fetcher.step()
        self.now += LOOK_AGAIN

    def work(self) -> None:
        turn: object = True
        while turn:
            with self.database.write() as connection:
                turn = self.turns.take_turn(connection)

    async def wait(self, time: timedelta = 2 * GATHER) -> None:
        self.now += time
        await self.timers.step()

    def conversation(self) -> Conversation:
        with self.database.read() as connection:
            found = conversations.find(connection, "push", "shop", "anna")
        assert found
        return found

    def said(self) -> list[tuple[str, str]]:
        """What the customer was told, and by whom."""
        with self.database.read() as connection:
            entries = transcript.after(connection, self.conversation().id, 0)
        return [(one.text, one.author) for one in entries if one.author != "customer"]

    def owned_by(self, owner: Owner) -> None:
        with self.database.write() as connection:
            connection.execute(conversations_table.update().values(owner=owner))

    def due_again(self) -> None:
        with self.database.write() as connection:
            connection.execute(
                attachments_table.update()
                .where(attachments_table.c.state == "waiting")
                .values(due_at=self.now - timedelta(seconds=1))
            )


@pytest.mark.parametrize(
    "content", [DOCX, BMP, b"", b"MZ\x90\x00" + b"\0" * 100], ids=["docx", "bmp", "empty", "exe"]
)
async def test_a_file_that_is_refused_is_told_and_not_thanked_for(
    database: Database, tmp_path: Path, content: bytes
) -> None:
    counter = Counter(database, tmp_path, content)
    counter.send("order.docx")
    counter.work()
    assert counter.said() == [], "nothing is said before it is known"
    await counter.fetch()
    counter.work()
    assert counter.assistant.turns == [], "there is nothing to thank for"
    await counter.wait()
    await counter.wait()
    assert counter.said() == [(f"{NONE} (lt)", "system")]


async def test_a_file_that_is_taken_is_answered_as_soon_as_it_is(database: Database, tmp_path: Path) -> None:
    counter = Counter(database, tmp_path, JPEG)
    counter.send("photo.jpg")
    counter.work()
    await counter.fetch()
    counter.work()
    (turn,) = counter.assistant.turns
    assert turn.payload and turn.payload.intent == "send_attachment"
    await counter.wait()
    assert [author for _, author in counter.said()] == ["bot"]


async def test_words_beside_a_refused_file_are_answered_and_the_file_is_told(
    database: Database, tmp_path: Path
) -> None:
    counter = Counter(database, tmp_path, DOCX)
    counter.send("order.docx", text="labas")
    counter.work()
    await counter.fetch()
    await counter.wait()
    assert counter.said() == [("re labas", "bot"), (f"{NONE} (lt)", "system")]


async def test_what_was_sent_together_is_told_together(database: Database, tmp_path: Path) -> None:
    """An album, one message each: some taken, some refused, in whatever order they are fetched."""
    counter = Counter(database, tmp_path, JPEG, DOCX, JPEG, BMP)
    counter.send("1.jpg")
    for name in ("2.docx", "3.jpg", "4.bmp"):
        counter.send(name, quiet=True)
    await counter.fetch()
    counter.work()
    await counter.wait()
    await counter.wait()
    assert counter.said()[1:] == [(f"{SOME} (lt)", "system")]
    assert len(counter.assistant.turns) == 1


async def test_several_files_of_one_message_are_told_together(database: Database, tmp_path: Path) -> None:
    counter = Counter(database, tmp_path, DOCX, BMP, b"")
    counter.send("1.docx", "2.bmp", "3")
    await counter.fetch()
    counter.work()
    await counter.wait()
    await counter.wait()
    assert counter.said() == [(f"{NONE} (lt)", "system")]


async def test_the_rest_of_an_album_is_waited_for_and_not_for_ever(
    database: Database, tmp_path: Path
) -> None:
    counter = Counter(database, tmp_path, DOCX, FetchError("busy"), JPEG)
    counter.send("1.docx", "2.jpg")
    await counter.fetch()
    await counter.wait()
    assert counter.said() == [], "the second may still come"
    counter.due_again()
    await counter.fetch()
    await counter.wait()
    assert counter.said() == [(f"{SOME} (lt)", "system")]

    slow = Counter(database, tmp_path, DOCX, FetchError("busy"))
    slow.sent = 10
    slow.send("3.docx", "4.jpg")
    await slow.fetch()
    await slow.wait()
    assert len(slow.said()) == 1
    await slow.wait(LONGEST)
    assert slow.said()[1:] == [(f"{SOME} (lt)", "system")]


async def test_a_file_that_never_comes_is_told_once_it_is_given_up(
    database: Database, tmp_path: Path
) -> None:
    counter = Counter(database, tmp_path, *[FetchError("busy")] * MAX_ATTEMPTS)
    counter.send("photo.jpg")
    for _ in range(MAX_ATTEMPTS):
        await counter.fetch()
        counter.due_again()
        await counter.wait()
    await counter.wait()
    assert counter.said() == [(f"{LOST} (lt)", "system")]
    counter.now += FETCHING
    counter.work()
    assert counter.assistant.turns == []


async def test_fetching_that_dies_again_and_again_is_told_too(database: Database, tmp_path: Path) -> None:
    counter = Counter(database, tmp_path)
    counter.send("photo.jpg")
    with database.write() as connection:
        long_ago = counter.now - timedelta(minutes=5)
        abandoned = {"attempts": MAX_ATTEMPTS, "due_at": long_ago, "leased_until": long_ago}
        connection.execute(attachments_table.update().values(**abandoned))
    await counter.fetch()
    await counter.wait()
    assert counter.said() == [(f"{LOST} (lt)", "system")]


@pytest.mark.parametrize("owner", [Owner.HUMAN, Owner.QUEUE, Owner.CLOSED])
async def test_whoever_has_the_conversation_the_customer_is_told_and_the_agent_sees_it(
    database: Database, tmp_path: Path, owner: Owner
) -> None:
    counter = Counter(database, tmp_path, DOCX)
    counter.send("order.docx", text="čia")
    counter.owned_by(owner)
    await counter.fetch()
    await counter.wait()
    assert counter.said() == [(f"{NONE} (lt)", "system")]
    with database.read() as connection:
        (one,) = attachments.of_conversation(connection, counter.conversation().id)
    assert (one.state, one.name, one.reason) == (
        "refused",
        "order.docx",
        "files of its kind are not accepted",
    )


async def test_who_wants_no_messages_gets_none_of_these(database: Database, tmp_path: Path) -> None:
    counter = Counter(database, tmp_path, DOCX)
    counter.send("order.docx")
    with database.write() as connection:
        suppressions.add(connection, "push", "anna", Suppression.STOPPED, counter.now)
    await counter.fetch()
    await counter.wait()
    assert counter.said() == []


async def test_each_of_two_refused_files_is_told_if_they_come_apart(
    database: Database, tmp_path: Path
) -> None:
    counter = Counter(database, tmp_path, DOCX, JPEG, BMP)
    told: list[Sequence[str]] = []
    for name in ("1.docx", "2.jpg", "3.bmp"):
        counter.send(name)
        await counter.fetch()
        counter.work()
        await counter.wait()
        told.append([text for text, author in counter.said() if author == "system"])
        counter.now += timedelta(minutes=5)
    assert told == [[f"{NONE} (lt)"], [f"{NONE} (lt)"], [f"{NONE} (lt)", f"{NONE} (lt)"]]


async def test_a_message_waits_for_its_file_but_not_the_others(database: Database, tmp_path: Path) -> None:
    counter = Counter(database, tmp_path, JPEG)
    counter.send("photo.jpg")
    counter.work()
    with database.write() as connection:
        other = Inbound("push", "shop", "b1", "boris", "hello", at=counter.now)
        counter.intake.take(connection, other, "r")
    counter.work()
    assert [turn.text for turn in counter.assistant.turns] == ["hello"]
    counter.now += FETCHING
    counter.work()
    assert len(counter.assistant.turns) == 2, "a provider that is slow doesn't keep the customer waiting"
