"""A fake Telegram and the channel, each behind an HTTP server of its own on localhost."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import httpx
from sanic import Blueprint, Sanic

from bot.simulator.fake_telegram import TelegramProvider
from bot.web.error_answers import ErrorAnswers
from channels.contract import Event
from channels.telegram import setup
from channels.telegram.channel import Telegram

WAIT = 60.0  # seconds; a bound for a loaded machine, not a duration


class MemoryGateway:
    """Keeps what it is given; `failures` is how often it refuses before that, as a broken database does."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failures = 0
        self.poison: str | None = None  # external_id of an update that is always refused

    async def take(self, events: Sequence[Event]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        if any(getattr(event, "external_id", "") == self.poison for event in events):
            raise ValueError("this one can't be stored")
        self.events += events


@dataclass
class World:
    provider: TelegramProvider
    channel: Telegram
    webhook: str
    client: httpx.AsyncClient
    api_url: str

    async def post(self, body: bytes, secret: str | None = None) -> httpx.Response:
        """A delivery by hand, with the right secret if none is given."""
        headers = {
            "X-Telegram-Bot-Api-Secret-Token": self.channel.config.secret if secret is None else secret
        }
        return await self.client.post(self.webhook, content=body, headers=headers)


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=1024)


def address_of(sock: socket.socket) -> str:
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


@asynccontextmanager
async def serving(sock: socket.socket, *blueprints: Blueprint) -> AsyncIterator[None]:
    app: Any = Sanic(f"telegram-{uuid4().hex}", configure_logging=False, error_handler=ErrorAnswers())
    # Touch-up rewrites Sanic's classes and can do so once in a process only.
    app.config.update(ACCESS_LOG=False, TOUCHUP=False, MOTD=False, KEEP_ALIVE=True)
    for routes in blueprints:
        app.blueprint(routes)
    server = await app.create_server(sock=sock, return_asyncio_server=True)
    await server.startup()
    await server.before_start()
    await server.start_serving()
    try:
        yield
    finally:
        await server.before_stop()
        server.close()
        for connection in list(server.connections):
            connection.abort()
        await asyncio.sleep(0)


class Running(Protocol):
    """What a channel runs in: the whole program, or less."""

    gateway: Any

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass
class Alone:
    """A channel with a gateway and nothing else."""

    channel: Telegram
    gateway: Any

    async def start(self) -> None:
        await self.channel.start(self.gateway)

    async def stop(self) -> None:
        await self.channel.stop()


def world(gateway: Any, *, pushed: bool = True) -> AbstractAsyncContextManager[World]:
    """The channel started on a gateway, with a webhook or polling."""
    return running(lambda channel: Alone(channel, gateway), pushed=pushed)


@asynccontextmanager
async def running(within: Callable[[Telegram], Running], *, pushed: bool = True) -> AsyncIterator[World]:
    """A channel started within something."""
    provider = TelegramProvider()
    provider.silence = 2.0
    api, own = listening(), listening()
    public = address_of(own)
    channel = setup.load(provider.environment(address_of(api), public), public if pushed else None)
    assert isinstance(channel, Telegram)
    program = within(channel)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(api, provider.blueprint()))
        if routes := channel.blueprint(program.gateway):
            await stack.enter_async_context(serving(own, routes))
        else:
            own.close()
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=10, verify=False))
        await program.start()
        if pushed:
            await until(lambda: bool(provider.delivery.url))
        else:
            await until(lambda: provider.calls["getupdates"] > 0)
        try:
            yield World(provider, channel, f"{public}/channels/telegram", client, address_of(api))
        finally:
            await program.stop()
            await provider.close()


async def until(condition: Callable[[], Any], *, pause: float = 0.01) -> None:
    """Waits until a condition holds. Raises `TimeoutError`."""
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(pause)
