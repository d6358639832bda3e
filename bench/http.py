"""A minimal HTTP/1.1 client on asyncio streams: it shares the cores with the server under test."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Self

MAX_BODY = 100_000_000  # bytes; a long conversation in the rival's tracker is tens of megabytes


class HTTPError(Exception):
    """An answer that is no HTTP/1.1, or not with the status that was asked for."""


class Connection:
    """One kept-alive connection to 127.0.0.1, one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None

    async def post(self, path: str, content: Any, headers: str = "", status: int = 200) -> Any:
        """Post `content` as JSON and return the decoded JSON answer.

        `headers` are whole header lines, each ended by CRLF.
        Raises HTTPError on another status than `status`, OSError when the server cannot be reached.
        """
        body = json.dumps(content).encode()
        request = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n"
        ).encode()
        reader = await self._send(request + body)
        got, answered = await read_head(reader)
        answer = await read_body(reader, answered)
        if answered.get("connection", "").lower() == "close":
            await self.close()
        if got != status:
            raise HTTPError(
                f"POST {path}: {got} instead of {status}: {answer[:200].decode(errors='replace')}"
            )
        return json.loads(answer)

    async def get(self, path: str, headers: str = "") -> Any:
        """The decoded JSON answer to a GET. Raises HTTPError, OSError."""
        reader = await self._send(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{headers}\r\n".encode()
        )
        status, answered = await read_head(reader)
        answer = await read_body(reader, answered)
        if status != 200:
            raise HTTPError(f"GET {path}: {status} instead of 200")
        return json.loads(answer)

    async def get_status(self, path: str) -> int:
        """The status of a GET; the body is read and dropped."""
        reader = await self._send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        status, headers = await read_head(reader)
        await read_body(reader, headers)
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return status

    async def events(self, path: str, headers: str = "") -> AsyncIterator[dict[str, Any]]:
        """The decoded `data` of each `message` event of a server-sent event stream, until it ends."""
        async for kind, data in self.stream(path, headers):
            if kind == "message":
                yield data

    async def stream(self, path: str, headers: str = "") -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """The kind and the decoded `data` of each event of a server-sent event stream, until it ends; a
        comment, such as a sign of life, is of the kind "" and empty."""
        reader = await self._send(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAccept: text/event-stream\r\n"
            f"{headers}\r\n".encode()
        )
        status, answered = await read_head(reader)
        if status != 200:
            raise HTTPError(f"GET {path}: {status} instead of 200")
        kind, data = "message", ""
        async for line in _stream_lines(reader, answered):
            if not line:
                if data:
                    yield kind, json.loads(data)
                kind, data = "message", ""
            elif line.startswith(":"):
                yield "", {}
            elif line.startswith("data:"):
                data += line[5:].strip()
            elif line.startswith("event:"):
                kind = line[6:].strip()

    async def _send(self, request: bytes) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request)
        return self._reader


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """The status and the headers, names in lower case, of the answer that comes next."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise HTTPError("the server closed the connection without an answer") from error
    except asyncio.LimitOverrunError as error:
        raise HTTPError("the answer's headers are too long") from error
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    try:
        status = int(first.split(" ", 2)[1])
        pairs = [line.split(":", 1) for line in lines]
        return status, {name.lower(): value.strip() for name, value in pairs}
    except (IndexError, ValueError) as error:
        raise HTTPError(f"not an HTTP answer: {first[:80]!r}") from error


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """The body of an answer with these headers, by its length or in chunks."""
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        async for chunk in _chunks(reader):
            body += chunk
            if len(body) > MAX_BODY:
                raise HTTPError("the answer is too long")
        return body
    try:
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= MAX_BODY:
            raise HTTPError(f"an answer of {length} bytes")
        return await reader.readexactly(length)
    except (ValueError, asyncio.IncompleteReadError) as error:
        raise HTTPError("the answer's length does not hold") from error


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        try:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            if not 0 <= size <= MAX_BODY:
                raise HTTPError(f"a chunk of {size} bytes")
            chunk = (await reader.readexactly(size + 2))[:-2]
        except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise HTTPError("the answer ends in the middle of a chunk") from error
        if not chunk:
            return
        yield chunk


async def _stream_lines(reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[str]:
    if headers.get("transfer-encoding") != "chunked":
        while line := await reader.readline():
            yield line.decode().rstrip("\r\n")
        return
    rest = b""
    async for chunk in _chunks(reader):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode().rstrip("\r")
