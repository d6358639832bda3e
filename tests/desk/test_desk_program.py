"""The desk in the running program: what customers write reaches desks at once, what agents do reaches
customers, in one process and, on PostgreSQL, across two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.compose import Program, program
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from channels.contract import Inbound
from store.conversations import conversations
from store.core.database import Database
from tests.desk.shop import Actor
from tests.desk.staff import member
from tests.fakes.assistant import FakeAssistant
from tests.paths import ROOT

KNOWLEDGE = Knowledge.load(ROOT)


@asynccontextmanager
async def running(database: Database, folder: Path, assignment: str) -> AsyncIterator[Program]:
    settings = Settings.load(
        {
            "AFTERCARE_HOME": str(ROOT),
            "AFTERCARE_SECRET": "0123456789abcdef" * 3,
            "AFTERCARE_FILES": str(folder / "files"),
            "AFTERCARE_MAIL": str(folder / "mail"),
            "AFTERCARE_SPOOL": str(folder / "spool"),
            "AFTERCARE_ASSIGNMENT": assignment,
        }
    )
    # Each has connections of its own, as another process would.
    own = Database(database.engine.url.render_as_string(hide_password=False))
    one = program(settings, KNOWLEDGE, FakeAssistant(), own)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


async def write(one: Program, text: str) -> int:
    accepted = await one.gateway.accept(
        Inbound("web", "default", f"v:{datetime.now(UTC).timestamp()}", "visitor", text, language="en")
    )
    return accepted.conversation_id


async def until(stream: Any, wanted: str) -> None:
    async with asyncio.timeout(20):  # a bound for a loaded machine
        async for block in stream:
            if wanted in str(block):
                return


async def still() -> None:
    """Everybody is signed in."""


@pytest.mark.parametrize("processes", [1, 2])
async def test_customers_and_desks_hear_each_other(
    database: Database, tmp_path: Path, processes: int
) -> None:
    if processes == 2 and database.is_sqlite:
        pytest.skip("SQLite has one process")
    anna = Actor(member(database).agent)
    async with AsyncExitStack() as stack:
        here = there = await stack.enter_async_context(running(database, tmp_path, "manual"))
        if processes == 2:
            there = await stack.enter_async_context(running(database, tmp_path, "manual"))
        if not database.is_sqlite:
            await asyncio.sleep(1.5)  # until both listen, and have told their pages to begin anew
        stream = there.service.desk_events.stream(anna.agent.id, still)
        page = here.gateway.listen("web", "default", "visitor")
        async with aclosing(stream):
            await until(stream, "connected")
            heard = asyncio.create_task(until(page, "utter_person_joined (en) Anna"))
            await asyncio.sleep(0)
            which = await write(here, "person")
            await until(stream, f'"id":{which},"seq":1,"kind":"message"')
            await until(stream, f'"id":{which},"seq":2,"kind":"message"')
            await there.service.act(there.service.desk.claim, anna, which)
            await until(stream, f'"id":{which},"kind":"owner"')
            await heard


async def test_whoever_is_online_gets_what_waits(database: Database, tmp_path: Path) -> None:
    anna = member(database, state="online", seen_at=datetime.now(UTC)).agent
    async with running(database, tmp_path, "auto") as one:
        if not database.is_sqlite:
            await asyncio.sleep(1.5)
        which = await write(one, "person")
        async with asyncio.timeout(4):  # less than the sweep's own time: it was woken
            while (await one.database.fetch(conversations.get, which)).agent_id != anna.id:
                await asyncio.sleep(0.05)
