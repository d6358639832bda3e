"""HTTP clients that read no more than they asked for, whoever answers."""

from collections.abc import AsyncIterator
from typing import Any

import httpx

MOST = 4 * 1024 * 1024  # bytes of an API's answer


class Oversized(httpx.DecodingError):
    """An answer that has more bytes than it may, or would have once it is unpacked."""


class _Bounded(httpx.AsyncByteStream):
    """A body, up to so many bytes. Raises `Oversized`."""

    def __init__(self, stream: httpx.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        come = 0
        async for chunk in self._stream:
            come += len(chunk)
            if come > self._most:
                raise Oversized(f"the answer has more than {self._most} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def bounds(most: int = MOST) -> dict[str, Any]:
    """The arguments of an `httpx.AsyncClient` that make it bounded, for libraries that make their own."""

    async def bound(answer: httpx.Response) -> None:
        # A few bytes may unpack to gigabytes, and packed twice to millions of them: nothing packed is asked
        # for, and nothing packed is taken.
        if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Oversized("the answer is packed, which wasn't asked for")
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        answer.stream = _Bounded(answer.stream, most)

    return {"headers": {"Accept-Encoding": "identity"}, "event_hooks": {"response": [bound]}}


def bounded(most: int = MOST, *, headers: dict[str, str] | None = None, **settings: Any) -> httpx.AsyncClient:
    """A client whose answers have at most `most` bytes; where one has more, its calls raise `Oversized`, an
    `httpx.HTTPError`. `settings` are httpx's."""
    limits = bounds(most)
    return httpx.AsyncClient(
        headers={**(headers or {}), **limits["headers"]}, event_hooks=limits["event_hooks"], **settings
    )
