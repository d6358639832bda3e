"""The program with a Chatwoot beside it, over real HTTP in both directions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.compose import Program, program
from bot.mirror import sync
from bot.mirror.chatwoot import client as chatwoot_client
from bot.mirror.chatwoot import notifications
from bot.mirror.chatwoot.account import ChatwootConfig
from bot.runtime.work.jobs import Backoff
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.simulator.fake_sms import FakeTwilio
from channels import registry
from channels.contract import Attachment, Inbound
from channels.registry import Channels
from store.conversations import conversations, inbox, outbox, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.core.database import Connection, Database
from tests.fakes.assistant import FakeAssistant
from tests.fakes.channel import FAST
from tests.mirror.chatwoot_server import FakeChatwoot
from tests.paths import ROOT
from tests.serving import port, serving, url

KNOWLEDGE = Knowledge.load(ROOT)
WAIT = 20.0  # seconds; a bound for a loaded machine, not a duration


def hurry(patch: pytest.MonkeyPatch) -> None:
    """What waits for seconds in a shop waits for moments."""
    patch.setattr(sync.Sync, "look_every", 0.05)
    patch.setattr(sync.Sync, "backoff", Backoff(0.02, 0.2))
    patch.setattr(sync, "CATCH_UP", timedelta(seconds=0.2))
    patch.setattr(sync, "WAIT_FOR_FILES", timedelta(seconds=0.05))
    patch.setattr(chatwoot_client, "READ_SECONDS", 0.4)


@dataclass
class Shop:
    program: Program
    chatwoot: FakeChatwoot
    twilio: FakeTwilio
    client: httpx.AsyncClient  # of our server
    written: int = field(default=0)

    @property
    def database(self) -> Database:
        return self.program.database

    async def write(self, text: str, address: str = "anna", files: tuple[Attachment, ...] = ()) -> None:
        """A customer writes on the web chat, and the bot has its turn."""
        self.written += 1
        key = f"{address}:{self.written}"
        await self.program.gateway.accept(
            Inbound("web", "default", key, address, text, language="en", attachments=files)
        )
        await self.idle()

    async def idle(self) -> None:
        async with asyncio.timeout(WAIT):
            while (await self.database.fetch(inbox.backlog))[0] or (
                await self.database.fetch(outbox.backlog)
            )[0]:
                await asyncio.sleep(0.01)

    async def until(self, fits: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(WAIT):
                while not fits():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            there = [self.chatwoot.seen(one) for one in self.chatwoot.conversations]
            raise AssertionError(f"there: {there}; here: {self.said()}") from None

    def conversation(self, address: str = "anna", channel: str = "web") -> Conversation:
        with self.database.read() as connection:
            account = "default" if channel == "web" else self.account
            found = conversations.find(connection, channel, account, address)
            assert found
            return found

    @property
    def account(self) -> str:
        return next(iter(self.program.channels)).account

    def entries(self, address: str = "anna") -> list[Entry]:
        with self.database.read() as connection:
            found = conversations.find(connection, "web", "default", address)
            return transcript.after(connection, found.id, 0) if found else []

    def said(self, address: str = "anna") -> list[str]:
        return [f"{one.author}: {one.text}" for one in self.entries(address)]

    def owner(self, address: str = "anna") -> str:
        return self.conversation(address).owner

    def run(self, work: Callable[[Connection], Any]) -> Any:
        with self.database.write() as connection:
            return work(connection)


@asynccontextmanager
async def shop(
    database: Database, folder: Path, fake: FakeChatwoot | None = None, *, start: bool = True
) -> AsyncIterator[Shop]:
    """`start`: the program's tasks run."""
    fake = fake or FakeChatwoot()
    twilio = FakeTwilio()
    theirs, phones, ours = port(), port(), port()
    channel = registry.setup("sms").load(twilio.environment(url(phones), url(ours)), url(ours))
    assert channel
    able: Any = replace(channel.capabilities, account_pace=FAST, address_pace=FAST)
    channel.capabilities = able
    settings = Settings.load(
        {
            "AFTERCARE_HOME": str(ROOT),
            "AFTERCARE_SECRET": "0123456789abcdef" * 3,
            "AFTERCARE_FILES": str(folder / "files"),
            "AFTERCARE_MAIL": str(folder / "mail"),
            "AFTERCARE_SPOOL": str(folder / "spool"),
            "AFTERCARE_ASSIGNMENT": "manual",
            **fake.environment(url(theirs), url(ours)),
        }
    )
    one = program(settings, KNOWLEDGE, FakeAssistant(), database, Channels([channel]))
    assert one.mirroring and isinstance(settings.chatwoot, ChatwootConfig)
    hook = notifications.blueprint(settings.chatwoot, one.mirroring.woken)
    phone = channel.blueprint(one.gateway)
    assert phone
    async with (
        serving(fake.blueprint(), listening=theirs),
        serving(twilio.blueprint(), listening=phones),
        serving(hook, phone, listening=ours) as client,
    ):
        if start:
            await one.start()
        try:
            yield Shop(one, fake, twilio, client)
        finally:
            await fake.close()
            await twilio.close()
            if start:
                await one.stop()
