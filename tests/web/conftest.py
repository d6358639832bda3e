"""The whole program as it is served, for tests of what all its routes have in common."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Sanic

from bot import compose
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.fake_sms import FakeTwilio
from bot.simulator.fake_telegram import TelegramProvider
from bot.web import app as web
from channels import registry
from store.core.database import Database
from store.orders import demo
from tests.fakes.assistant import FakeAssistant
from tests.paths import ROOT
from tests.serving import port, serving, serving_app, url

FAKES = (TelegramProvider, FakeTwilio, FakeMessenger)


@pytest.fixture
async def shop(
    migrated_file: Path, tmp_path: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Sanic[Any, Any]]]:
    """The whole program, with all channels and the demonstration shop, and an agent named Anna."""
    (tmp_path / "headers.db").write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{tmp_path}/headers.db")
    with database.write() as connection:
        demo.fill(connection, datetime.now(UTC).date())
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
                "AFTERCARE_MAIL": str(tmp_path / "mail"),
                "AFTERCARE_SPOOL": str(tmp_path / "spool"),
            }
        )
        settings = replace(settings, files=tmp_path / "files")
        channels = registry.load(environment, environment["PUBLIC_BASE_URL"])
        assert {one.name for one in channels} == {fake.name for fake in fakes}
        program = compose.program(
            settings, Knowledge.load(ROOT), FakeAssistant(), database, registry.Channels(channels)
        )
        app = web.create(program)
        yield await stack.enter_async_context(serving_app(app)), app
        for fake in fakes:
            await fake.close()
