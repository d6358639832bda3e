"""The event stream of one conversation: the transcript from a given place on, then live, in order."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import datetime
from typing import Any

from channels.contract import Gateway, Visit, now

PAGE = 200  # messages that `Gateway.replay` returns at most
HEARTBEAT = 15.0  # seconds; Sanic cuts a stream that is silent for RESPONSE_TIMEOUT (60)


async def events(
    gateway: Gateway,
    account: str,
    visit: Visit,
    after: int,
    *,
    stopping: asyncio.Event,
    heartbeat: float = HEARTBEAT,
    clock: Callable[[], datetime] = now,
) -> AsyncGenerator[bytes, None]:
    """Blocks of a text/event-stream: each message with seq > `after` once and in order, and typing.

    Ends when `stopping` is set, the visit is over, or the gateway's live events end. To be closed
    (`aclosing`) by the one who iterates.
    """
    last, visitor = after, visit.address
    live = gateway.listen("web", account, visitor)
    pending = asyncio.ensure_future(anext(live))
    stop = asyncio.ensure_future(stopping.wait())
    try:
        # The listener runs up to its first wait, so it is subscribed before the transcript is read.
        await asyncio.sleep(0)
        until = await gateway.visit_until(visit)
        if until is None:
            return
        yield b": connected\n\n"
        async for message in _newer(gateway, account, visitor, last):
            last = int(message["seq"])
            yield _block("message", message, last)
        while not stop.done():
            done, _ = await asyncio.wait(
                {pending, stop}, timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED
            )
            # Looked up again only when it would be over: a message since makes it last longer.
            if clock() >= until and (until := await gateway.visit_until(visit)) is None:
                return
            if not done:
                yield b": heartbeat\n\n"
            if pending not in done:
                continue
            try:
                event = pending.result()
            except StopAsyncIteration:
                return
            pending = asyncio.ensure_future(anext(live))
            if event.kind == "ended" and event.data["visit"] == visit.id:
                return
            if event.kind == "typing":
                yield _block("typing", event.data)
            elif event.kind == "message" and event.seq is not None and event.seq > last:
                if event.seq == last + 1:
                    last = event.seq
                    yield _block("message", event.data, last)
                    continue
                # Something was lost or came out of order on the way: the transcript knows.
                async for message in _newer(gateway, account, visitor, last):
                    last = int(message["seq"])
                    yield _block("message", message, last)
    finally:
        stop.cancel()
        pending.cancel()
        await asyncio.gather(stop, pending, return_exceptions=True)
        aclose = getattr(live, "aclose", None)
        if aclose is not None:
            await aclose()


async def _newer(gateway: Gateway, account: str, visitor: str, after: int) -> AsyncIterator[dict[str, Any]]:
    while True:
        page = await gateway.replay("web", account, visitor, after)
        for message in page:
            yield message
        if len(page) < PAGE:
            return
        after = int(page[-1]["seq"])


def _block(event: str, data: dict[str, Any], seq: int | None = None) -> bytes:
    head = f"id: {seq}\n" if seq is not None else ""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{head}event: {event}\ndata: {body}\n\n".encode()
