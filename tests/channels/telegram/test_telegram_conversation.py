"""Whole conversations: the real program with its trained model, and a fake Telegram over HTTP."""

import re
import shutil
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import compose
from bot.assistant.protocol import Assistant
from bot.compose import Program
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.simulator.provider import Bubble
from channels.contract import Attachment, AttachmentKind
from channels.registry import Channels
from channels.telegram.channel import Telegram
from store.conversations import conversations, inbox, outbox, proofs, suppressions
from store.conversations.conversations import Conversation
from store.core.database import Database
from store.tables import attachments
from store.tables import inbox as inbox_table
from tests.assistant import conftest as assistant
from tests.channels.telegram.telegram_world import World, running, until

# The trained assistant and its demonstration shop.
settings, knowledge, core = assistant.settings, assistant.knowledge, assistant.core
shop_file, facts = assistant.shop_file, assistant.facts

ANNA = "5001"


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


@dataclass
class Phone:
    """A customer's phone, and the shop behind it."""

    world: World
    program: Program
    facts: dict[str, str]
    address: str = ANNA

    async def say(self, text: str) -> list[Bubble]:
        """Types, and reads what is answered."""
        return await self.answers(self.world.provider.say(self.address, text.format(**self.facts)))

    async def press(self, title: str) -> list[Bubble]:
        """Presses a button of the last message that has some."""
        offered = [bubble.buttons for bubble in self.bubbles if bubble.buttons][-1]
        value = next(value for value, shown in offered if shown == title)
        return await self.answers(self.world.provider.press(self.address, value))

    @property
    def bubbles(self) -> list[Bubble]:
        return self.world.provider.thread(self.address).bubbles

    async def answers(self, act: Any) -> list[Bubble]:
        """What the shop says to something the customer does."""
        before, known = len(self.bubbles), self._received()
        assert await act in (200, 202)
        await until(lambda: self._received() > known)
        await until(self._is_quiet)
        return [bubble for bubble in self.bubbles[before:] if bubble.author == "shop"]

    def _received(self) -> int:
        with self.program.database.read() as connection:
            return int(connection.execute(select(func.count(inbox_table.c.id))).scalar_one())

    def _is_quiet(self) -> bool:
        with self.program.database.read() as connection:
            return inbox.backlog(connection)[0] == outbox.backlog(connection)[0] == 0

    def conversation(self) -> Conversation:
        with self.program.database.read() as connection:
            account = self.world.channel.account
            found = conversations.find(connection, "telegram", account, self.address)
        assert found is not None
        return found


def said(bubbles: list[Bubble]) -> str:
    return "\n".join(bubble.text for bubble in bubbles)


def titles(bubbles: list[Bubble]) -> list[str]:
    return [title for bubble in bubbles for _, title in bubble.buttons]


Opened = Callable[[bool], AbstractAsyncContextManager[Phone]]


@pytest.fixture
def shop(
    settings: Settings,
    knowledge: Knowledge,
    core: Assistant,
    shop_file: Path,
    facts: dict[str, str],
    tmp_path: Path,
) -> Opened:
    """Opens the program on a shop of its own: delivered to (True) or polling."""
    shutil.copy(shop_file, tmp_path / "shop.db")
    own = replace(settings, files=tmp_path / "files", spool=tmp_path / "spool")
    made: list[Program] = []

    def within(channel: Telegram) -> Program:
        database = Database(f"sqlite:///{tmp_path}/shop.db")
        made.append(compose.program(own, knowledge, core, database, Channels([channel])))
        return made[-1]

    @asynccontextmanager
    async def opened(pushed: bool) -> AsyncIterator[Phone]:
        async with running(within, pushed=pushed) as telegram:
            yield Phone(telegram, made[-1], facts)

    return opened


@pytest.mark.parametrize("pushed", [True, False], ids=["webhook", "polling"])
async def test_an_order_is_asked_for_proven_and_told(shop: Opened, pushed: bool) -> None:
    async with shop(pushed) as anna:
        greeting = await anna.say("/start")
        assert "Where is my order?" in titles(greeting)
        assert "order number" in said(await anna.press("Where is my order?"))
        between = said(await anna.say("which cards can I use to pay"))
        assert "Visa" in between and "order number" in between, "back to the question"
        assert "e-mail" in said(await anna.say("{shipped}"))
        status = said(await anna.say("{email}"))
        assert anna.facts["shipped"] in status and re.search("on its way|left us|sent", status)
        # Another of his orders needs no other proof.
        assert anna.facts["delivered"] in said(await anna.say("and where is {delivered}?"))
        # Nobody else sees them.
        stranger = Phone(anna.world, anna.program, anna.facts, "6001")
        asked = said(await stranger.say("where is order {shipped}?"))
        assert "e-mail" in asked and "on its way" not in asked


async def test_an_order_is_cancelled_with_buttons(shop: Opened) -> None:
    async with shop(True) as anna:
        asked = await anna.say("please cancel {processing}, my e-mail is {email}")
        assert "Shall I cancel it" in said(asked) and titles(asked) == ["Yes", "No"]
        assert "is cancelled" in said(await anna.press("Yes"))
        await until(lambda: titles(anna.bubbles).count("✓ Yes") == 1)
        assert anna.world.provider.methods.answered
        assert "No" not in titles(anna.bubbles), "what was not chosen is gone"


async def test_a_person_is_asked_for_and_the_customer_comes_back(shop: Opened) -> None:
    async with shop(True) as anna:
        passed = await anna.say("I want to talk to a human")
        assert (
            titles(passed) == ["Call me back", "Go on with the assistant"]
            and anna.conversation().owner == "queue"
        )
        assert "Telegram" not in said(passed)
        assert len(await anna.say("it is about a gift")) == 1
        assert "assistant" in said(await anna.say("are you there?")), "and when somebody comes"
        back = await anna.press("Go on with the assistant")
        assert "I'm with you again" in said(back) and anna.conversation().owner == "bot"


async def test_a_link_names_the_order_but_proves_nothing(shop: Opened) -> None:
    async with shop(True) as anna:
        asked = said(await anna.say("/start order-{shipped}"))
        assert "e-mail" in asked and "on its way" not in asked
        assert anna.facts["shipped"] in said(await anna.say("{email}"))


async def test_the_shared_contact_is_the_proof(shop: Opened) -> None:
    async with shop(True) as anna:
        await anna.say("where is {shipped}")
        sharing = anna.world.provider.share_contact(ANNA, anna.facts["phone"].removeprefix("+"))
        status = said(await anna.answers(sharing))
        assert anna.facts["shipped"] in status and "e-mail" not in status
        with anna.program.database.read() as connection:
            standing = proofs.identity(connection, anna.conversation().id)
        assert (standing.contact, standing.change) == (anna.facts["phone"], True)


async def test_photos_are_kept_and_an_album_is_answered_once(shop: Opened) -> None:
    async with shop(True) as anna:
        provider = anna.world.provider
        one = await anna.answers(provider.attach(ANNA, "chair.png", "image/png", png()))
        assert "pictures" in said(one)
        photos = [provider.file("chair.png", "image/png", png()) for _ in range(3)]
        for photo in photos[:2]:
            await provider.write(ANNA, **photo, media_group_id="9")
        last = provider.write(ANNA, **photos[2], caption="where is my order?", media_group_id="9")
        answers = await anna.answers(last)
        assert "order number" in said(answers) and len(answers) == 1, "one, to the words"
        database = anna.program.database

        def states() -> list[str]:
            with database.read() as connection:
                return list(connection.execute(select(attachments.c.state)).scalars())

        await until(lambda: states() == ["stored"] * 4)
        with database.read() as connection:
            row = connection.execute(select(attachments).limit(1)).one()
        assert (row.kind, row.media_type) == ("image", "image/png")
        assert await anna.world.channel.fetch(Attachment(AttachmentKind.IMAGE, row.reference), 1000) == png()


async def test_languages_stickers_commands_and_edits(shop: Opened) -> None:
    async with shop(True) as anna:
        anna.world.provider.languages[ANNA] = "lt-LT"
        assert "Sveiki" in said(await anna.say("/start")), "as the phone's language"
        assert await anna.say("/language en"), "a command of the assistant's is a text to the channel"
        assert titles(await anna.say("/help"))
        assert await anna.say("👍")
        before = len(anna.bubbles)
        number = next(bubble.id for bubble in anna.bubbles if bubble.text == "👍")
        assert await anna.world.provider.edit(ANNA, number, "👎") == 200
        assert len(anna.bubbles) == before, "an edit is not answered"


async def test_a_customer_who_blocked_the_bot_is_let_alone_until_he_writes(shop: Opened) -> None:
    async with shop(True) as anna:
        await anna.say("hello")
        await anna.world.provider.block(ANNA)
        with anna.program.database.read() as connection:
            assert suppressions.reason(connection, "telegram", ANNA) == "blocked"
        anna.world.provider.methods.blocked.discard(ANNA)
        assert await anna.say("hello again")
        with anna.program.database.read() as connection:
            assert suppressions.reason(connection, "telegram", ANNA) is None
