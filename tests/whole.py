"""The whole program as it is served, with all channels and their fake providers, in this process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from sanic import Sanic

from bot import compose
from bot.compose import Program
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.fake_sms import FakeTwilio
from bot.simulator.fake_telegram import TelegramProvider
from bot.web import app as web
from channels import registry
from store.core.database import Database
from tests.fakes.assistant import FakeAssistant
from tests.paths import ROOT
from tests.serving import port, serving, serving_app, url
from tests.store.cases.offering import after_sales

FAKES = (TelegramProvider, FakeTwilio, FakeMessenger)


@dataclass(frozen=True, slots=True)
class Whole:
    client: httpx.AsyncClient
    app: Sanic[Any, Any]
    program: Program


@asynccontextmanager
async def whole_program(database: Database, folder: Path, **more: str) -> AsyncIterator[Whole]:
    """Serves the program on a database until the block ends; `more` are settings."""
    async with AsyncExitStack() as stack:
        theirs, environment = port(), {"PUBLIC_BASE_URL": "https://chat.linden.example"}
        fakes: list[Any] = [fake() for fake in FAKES]
        for fake in fakes:
            environment |= fake.environment(url(theirs), environment["PUBLIC_BASE_URL"])
        await stack.enter_async_context(serving(*(fake.blueprint() for fake in fakes), listening=theirs))
        settings = Settings.load(
            {
                **environment,
                "AFTERCARE_HOME": str(ROOT),
                "AFTERCARE_SECRET": "0123456789abcdef" * 3,
                "AFTERCARE_API_KEYS": "a-key",
                "AFTERCARE_METRICS_TOKEN": "a-token",
                "AFTERCARE_IDENTITY_SECRET": "fedcba9876543210" * 3,
                "AFTERCARE_MAIL": str(folder / "mail"),
                "AFTERCARE_SPOOL": str(folder / "spool"),
                **more,
            }
        )
        settings = replace(settings, files=folder / "files")
        channels = registry.load(environment, environment["PUBLIC_BASE_URL"])
        assert {one.name for one in channels} == {fake.name for fake in fakes}
        program = compose.program(
            settings,
            Knowledge.load(ROOT),
            FakeAssistant(),
            database,
            registry.Channels(channels),
            after_sales(),
        )
        app = web.create(program)
        yield Whole(await stack.enter_async_context(serving_app(app)), app, program)
        for fake in fakes:
            await fake.close()
