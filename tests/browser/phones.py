"""Customers with phones: the fake providers of all channels in a thread of their own, for tests whose own
thread is the browser's."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sanic import Sanic

from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.fake_sms import FakeTwilio
from bot.simulator.fake_telegram import TelegramProvider
from bot.simulator.provider import Bubble
from tests.serving import leave_nothing, port, url

T = TypeVar("T")
WAIT = 30.0  # seconds; a bound for a loaded machine, not a duration


class Phones:
    """`environment` names the providers to the server at `public_url`."""

    def __init__(self, public_url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = port()
        self.environment: dict[str, str] = {"PUBLIC_BASE_URL": public_url}
        self.providers: dict[str, Any] = {}
        self._server = self._call(self._start(listening, public_url))

    async def _start(self, listening: Any, public_url: str) -> Any:
        app = Sanic("phones", configure_logging=False)
        app.config.update(ACCESS_LOG=False, TOUCHUP=False)
        for make in (TelegramProvider, FakeTwilio, FakeMessenger):
            provider: Any = make()
            self.environment |= provider.environment(url(listening), public_url)
            self.providers[provider.name] = provider
            app.blueprint(provider.blueprint())
        server: Any = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return server

    def say(self, channel: str, address: str, text: str) -> None:
        """The customer types; the server has taken it."""
        status = self._call(self.providers[channel].say(address, text))
        assert 200 <= status < 300, status

    def ask(self, channel: str, address: str, text: str) -> str:
        """The customer types and waits for what the shop says."""
        before = len(self.said(channel, address))
        self.say(channel, address, text)
        self.until(lambda: len(self.said(channel, address)) > before)
        return self.said(channel, address)[-1].text

    def said(self, channel: str, address: str) -> list[Bubble]:
        """What the shop has sent to a customer."""
        bubbles = self.providers[channel].thread(address).bubbles
        return [one for one in tuple(bubbles) if one.author == "shop"]

    def until(self, fits: Callable[[], object]) -> None:
        async def wait() -> None:
            async with asyncio.timeout(WAIT):
                while not fits():
                    await asyncio.sleep(0.01)

        self._call(wait())

    def close(self) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _stop(self) -> None:
        for provider in self.providers.values():
            await provider.close()
        await self._server.before_stop()
        self._server.close()
        for connection in list(self._server.connections):
            connection.abort()
        await leave_nothing()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * WAIT)
