"""A payment provider that writes down every call, so that a payment made twice would show."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from zlib import crc32

from bot.shopside.payouts import Paid
from tests.serving import hang_up


@dataclass
class Bank:
    """What it does with a key depends on the key alone. `odd`: some answers get lost on their way."""

    odd: bool = False
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)  # payments, by key
    known: dict[str, Paid] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            told = json.loads(await reader.readexactly(length))
            answer = self._pay(told["key"]) if told["do"] == "pay" else self._look(told["key"])
            if answer is not None:
                body = answer.encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await hang_up(writer)

    def _pay(self, key: str) -> Paid | None:
        """None: no answer; it may have paid all the same."""
        self.asked[key] += 1
        dice = crc32(key.encode()) % 20
        if self.odd and dice == 0:
            return None
        self.known[key] = Paid.FAILED if dice == 1 else Paid.SUCCEEDED
        if self.odd and dice == 2:
            return None
        return Paid.REQUESTED if dice < 12 else self.known[key]

    def _look(self, key: str) -> Paid:
        return self.known.get(key, Paid.UNKNOWN)


@asynccontextmanager
async def banking(*, odd: bool) -> AsyncIterator[Bank]:
    """A bank that listens until the block ends."""
    bank = Bank(odd)
    server = await asyncio.start_server(bank.serve, "127.0.0.1", 0)
    bank.port = server.sockets[0].getsockname()[1]
    try:
        yield bank
    finally:
        server.close()
        await server.wait_closed()
