"""A proxy between browser and server that does to event streams what proxies on the way do to them."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from tests.serving import leave_nothing

END_OF_HEAD = b"\r\n\r\n"


class HoldingProxy:
    """HTTP/1.1 on a port of its own, one request a connection, in a thread of its own. What it does may be
    changed at any time: `streams` is "pass", "hold" (nothing of a stream is passed on until it ends), or
    "stall" (its beginning is passed on, and nothing from then on); while `away`, it answers 502."""

    def __init__(self, port: int) -> None:
        self.upstream = port
        self.streams = "pass"
        self.away = False
        self.requests: list[str] = []
        self._serving: set[object] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back: asyncio.StreamWriter | None = None
        # Held: asyncio has but weak references to it.
        ours = asyncio.current_task()
        self._serving.add(ours)
        try:
            head = await reader.readuntil(END_OF_HEAD)
            self.requests.append(head.split(b" ", 2)[1].decode())
            body = await reader.readexactly(_length(head))
            if self.away:
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            answer, back = await asyncio.open_connection("127.0.0.1", self.upstream)
            back.write(_closing(head) + body)
            passed = await answer.readuntil(END_OF_HEAD)
            stream = b"text/event-stream" in passed.lower()
            if stream and self.streams == "hold":
                writer.write(passed + await answer.read())
                return
            writer.write(_closing(passed))
            while chunk := await answer.read(65536):
                if not stream or self.streams == "pass":
                    writer.write(chunk)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one of the two has gone, or the proxy does
        finally:
            self._serving.discard(ours)
            for one in (writer, back):
                if one is not None:
                    one.close()

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            await leave_nothing()

        self._call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _closing(head: bytes) -> bytes:
    """The head of a request or an answer after which the connection ends."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])
