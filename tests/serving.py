"""A Sanic application on a free port of this process, and a client for it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
from sanic import Blueprint, Sanic

from bot.web.error_answers import ErrorAnswers
from bot.web.patience import PatientProtocol


def port() -> socket.socket:
    """A free port, held."""
    return socket.create_server(("127.0.0.1", 0), backlog=1024)


def url(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Closes a connection, and waits: a socket that is still open would be told of in another test."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def leave_nothing() -> None:
    """Ends what still runs in this loop, before it is closed: a connection that was just accepted would be an
    open socket for ever, and told of in some other test."""
    await asyncio.sleep(0.05)  # one that was just accepted has no task yet
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.01)  # sockets are closed in the loop's next rounds


@asynccontextmanager
async def serving(
    *blueprints: Blueprint, listening: socket.socket | None = None, **config: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Serves blueprints, on `listening` if given, until the block ends."""
    app = Sanic(f"test-{uuid4().hex}", configure_logging=False, error_handler=ErrorAnswers())
    app.config.update({"ACCESS_LOG": False, **config})
    for one in blueprints:
        app.blueprint(one)
    async with serving_app(app, listening) as client:
        yield client


@asynccontextmanager
async def serving_app(
    app: Sanic[Any, Any], listening: socket.socket | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Serves an application, on `listening` if given, until the block ends."""
    # TOUCHUP rewrites Sanic's classes and can do so once in a process only.
    app.config.TOUCHUP = False
    listening = listening or port()
    server: Any = await app.create_server(
        sock=listening, return_asyncio_server=True, protocol=PatientProtocol
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    try:
        async with httpx.AsyncClient(base_url=url(listening), timeout=10) as client:
            yield client
    finally:
        await server.before_stop()
        server.close()
        for _ in range(5):  # a connection that was just accepted is not in the list yet
            await asyncio.sleep(0)
        for _ in range(50):
            if not server.connections:
                break
            await asyncio.sleep(0.02)
        for connection in list(server.connections):
            connection.abort()
        await server.after_stop()
        Sanic.unregister_app(app)
