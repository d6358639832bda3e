"""The shop's system that takes webhooks: a real HTTP server, which does as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.shopside import hook_signature
from tests.serving import hang_up

SECRET = b"a-secret-of-the-shop's-own-system"

Answer = str | None  # a status with headers; None: nothing, ever


@dataclass
class Taken:
    """A request. `signed`: whether its signature was right, by the receiver's clock."""

    headers: dict[str, str]
    body: dict[str, Any]
    signed: bool
    answer: Answer

    @property
    def event(self) -> int:
        number: int = self.body["event"]["id"]
        return number


@dataclass
class Receiver:
    """`answers`: what is answered next; 200 when none is left. `decide`: instead of those, by the body."""

    clock: Callable[[], float]
    port: int = 0
    requests: list[Taken] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    decide: Callable[[dict[str, Any]], Answer] | None = None
    late: float = 0.0
    under_way: dict[str, int] = field(default_factory=dict)  # requests by case, that aren't answered yet
    together: int = 0  # the most of one case at once

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?shop=1"

    @property
    def events(self) -> list[int]:
        """Those that were taken, in the order in which they came."""
        return [one.event for one in self.requests if one.answer and one.answer.startswith("2")]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = {
                    name.lower(): value
                    for name, value in (line.split(": ", 1) for line in head.splitlines()[1:] if line)
                }
                raw = await reader.readexactly(int(headers["content-length"]))
                await self._take(headers, raw, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await hang_up(writer)

    async def _take(self, headers: dict[str, str], raw: bytes, writer: asyncio.StreamWriter) -> None:
        body = json.loads(raw)
        number = body["case"]["number"]
        self.under_way[number] = self.under_way.get(number, 0) + 1
        self.together = max(self.together, self.under_way[number])
        planned = self.answers.pop(0) if self.answers else "200 OK"
        answer = self.decide(body) if self.decide else planned
        signed = hook_signature.holds(SECRET, headers["aftercare-signature"], raw, self.clock())
        self.requests.append(Taken(headers, body, signed, answer))
        await asyncio.sleep(self.late)
        self.under_way[number] -= 1
        if answer is None:
            await asyncio.sleep(3600)
        elif answer == "cut":
            raise ConnectionError
        else:
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()


@asynccontextmanager
async def receiving(clock: Callable[[], float]) -> AsyncIterator[Receiver]:
    receiver = Receiver(clock)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(receiver.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
