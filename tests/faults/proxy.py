"""A way to a server that can be cut, closed, or made to swallow everything."""

import asyncio
from contextlib import suppress


class Proxy:
    """Passes on what comes to `port`. `cut` ends what is open; after `refuse` nobody gets in until `start`,
    after `hang` nothing passes and nothing ends until `flow`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0
        self.cuts = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        await self.refuse()
        self._flowing.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def refuse(self) -> None:
        """Closes the door and cuts what is open, as a server that is killed."""
        if self._server:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        self.cuts += len(self._writers)
        for writer in tuple(self._writers):
            writer.transport.abort()

    def hang(self) -> None:
        self._flowing.clear()

    def flow(self) -> None:
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, out = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, out}
        ways = [asyncio.create_task(self._pass(*one)) for one in ((reader, out), (theirs, writer))]
        self._tasks |= set(ways)
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for one in (writer, out):
            one.transport.abort()
            self._writers.discard(one)
        await asyncio.wait(ways)
        self._tasks -= set(ways)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await reader.read(65536):
                await self._flowing.wait()
                writer.write(content)
                await writer.drain()
