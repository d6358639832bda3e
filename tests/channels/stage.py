"""A channel on the real program, against its fake provider, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from bot import compose
from bot.assistant.protocol import Assistant
from bot.compose import Program
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.simulator.provider import Bubble, Provider
from channels import registry
from channels.contract import Channel
from channels.registry import Channels
from channels.splitting import Capabilities
from store.core.database import Database
from tests.fakes.channel import FAST
from tests.serving import port, serving, url

WAIT = 30.0  # seconds; a bound for a loaded machine, not a duration


@dataclass
class Stage:
    program: Program
    channel: Channel
    provider: Any  # the fake, with what it has beyond `Provider`
    client: httpx.AsyncClient  # of the server under test

    def said(self, address: str) -> list[Bubble]:
        """What the shop has sent to a customer."""
        return [one for one in self.provider.thread(address).bubbles if one.author == "shop"]

    async def ask(self, address: str, text: str) -> str:
        """The customer types and waits; what comes back, one line for each bubble."""
        return await self._answered(address, self.provider.say(address, text))

    async def press(self, address: str, title: str) -> str:
        """Presses the newest button (or option) with a title."""
        for bubble in reversed(self.provider.thread(address).bubbles):
            for value, shown in bubble.buttons:
                if shown == title:
                    return await self._answered(address, self.provider.press(address, value))
        raise AssertionError(f"no button {title!r} in {self.said(address)[-3:]}")

    async def attach(self, address: str, content: bytes, text: str = "") -> str:
        work = self.provider.attach(address, "photo.png", "image/png", content, text)
        return await self._answered(address, work)

    async def until(self, fits: Callable[[], object]) -> None:
        async with asyncio.timeout(WAIT):
            while not fits():
                await asyncio.sleep(0.01)

    async def _answered(self, address: str, work: Any) -> str:
        before = len(self.said(address))
        status = await work
        assert 200 <= status < 300, status
        await self.until(lambda: len(self.said(address)) > before)
        # A turn's replies are committed together; the sender hands them over one by one.
        await self.idle()
        return "\n".join(one.text for one in self.said(address)[before:])

    async def idle(self) -> None:
        """Until nothing waits any more."""
        from store.conversations import inbox, outbox

        async with asyncio.timeout(WAIT):
            while (await self.program.database.fetch(inbox.backlog))[0] or (
                await self.program.database.fetch(outbox.backlog)
            )[0]:
                await asyncio.sleep(0.01)


@cache
def _knowledge(home: Path) -> Knowledge:
    return Knowledge.load(home)


@asynccontextmanager
async def playing(
    name: str,
    provider: Provider,
    core: Assistant,
    database: Database,
    folder: Path,
    *,
    fast: bool = True,
    beside: Sequence[str] = (),
    **more: str,
) -> AsyncIterator[Stage]:
    """The program with one channel, and those `beside` it of the same provider; `more` are settings beside
    those that the provider names. `fast`: the paces that the real provider asks for are not kept."""
    settings = replace(Settings.load(), files=folder / "files", spool=folder / "spool")
    theirs, ours = port(), port()
    environment = {**provider.environment(url(theirs), url(ours)), **more}
    loaded = [registry.setup(one).load(environment, url(ours)) for one in (name, *beside)]
    channels = [one for one in loaded if one]
    channel = channels[0]
    registry.share(channels)
    for one in channels if fast else ():
        able: Capabilities = replace(one.capabilities, account_pace=FAST, address_pace=FAST)
        one.capabilities = able
    program = compose.program(settings, _knowledge(settings.home), core, database, Channels(channels))
    async with serving(provider.blueprint(), listening=theirs):
        routes = [made for one in channels if (made := one.blueprint(program.gateway))]
        async with serving(*routes, listening=ours) as client:
            await program.start()
            try:
                yield Stage(program, channel, provider, client)
            finally:
                await provider.close()
                await program.stop()
