"""Tells open desks what happens, in this process or another: hints of what to fetch anew."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from bot.live import Hub
from channels.contract import LiveEvent

HEARTBEAT = 15.0  # seconds

Still = Callable[[], Awaitable[object]]


class Live:
    """Events by agent. `hear` may be called on any thread, all else belongs to the loop's."""

    def __init__(self) -> None:
        self._hub = Hub()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakes: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to listen on the running loop."""
        self._loop = asyncio.get_running_loop()

    def also(self, wake: Callable[[], None]) -> None:
        """Calls `wake` when a conversation has another owner, or an agent comes or goes."""
        self._wakes.append(wake)

    def stop(self) -> None:
        """Ends all streams: desks come back and fetch everything anew."""
        self._hub.close()

    def hear(self, signal: dict[str, Any]) -> None:
        """A signal of `store.signals`, from any thread."""
        wanted = self._hub.listeners or signal.get("desk") in ("owner", "agents")
        if wanted and self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.tell, signal)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something that nobody need wait for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def tell(self, signal: dict[str, Any]) -> None:
        """Passes a signal on to whom it concerns."""
        event = _event(signal)
        if event is None:
            return
        if signal.get("desk") in ("owner", "agents"):
            for wake in self._wakes:
                wake()
        to = signal.get("to")
        for key in self._hub.listeners:
            if to is None or int(key[2]) in to:
                self._hub.publish(key, event)

    async def stream(
        self, agent_id: int, still: Still, heartbeat: float = HEARTBEAT
    ) -> AsyncGenerator[bytes, None]:
        """Blocks of a text/event-stream for an agent, until `still`, asked with each sign of life, raises or
        all streams end."""
        async with aclosing(self._hub.listen(("desk", "", str(agent_id)))) as events:
            pending = asyncio.ensure_future(anext(events))
            try:
                await asyncio.sleep(0)  # subscribed before the page is told to fetch
                yield b": connected\n\n"
                asked = asyncio.get_running_loop().time()
                while True:
                    done, _ = await asyncio.wait({pending}, timeout=heartbeat)
                    now = asyncio.get_running_loop().time()
                    if now - asked >= heartbeat:
                        await still()
                        asked = now
                    if not done:
                        yield b": heartbeat\n\n"
                        continue
                    try:
                        event = pending.result()
                    except StopAsyncIteration:
                        return
                    pending = asyncio.ensure_future(anext(events))
                    yield _block(event)
            finally:
                pending.cancel()
                await asyncio.gather(pending, return_exceptions=True)


def _event(signal: dict[str, Any]) -> LiveEvent | None:
    conversation_id = signal.get("inbox") or signal.get("shown")
    if conversation_id:
        seq = signal["after"] + 1
        return LiveEvent("conversation", seq, {"id": conversation_id, "seq": seq, "kind": "message"})
    if "typing" in signal:
        return LiveEvent("typing", None, {"id": signal["typing"], "author": signal["by"]})
    kind = signal.get("desk")
    if kind == "mention":
        return LiveEvent("mention", None, {"id": signal["id"], "by": signal["by"]})
    if kind == "alert":
        return LiveEvent("alert", None, {"id": signal["id"], "text": signal["text"]})
    if kind == "agents":
        return LiveEvent("agents", None, {})
    return LiveEvent("conversation", None, {"id": signal["id"], "kind": kind}) if kind else None


def _block(event: LiveEvent) -> bytes:
    body = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event.kind}\ndata: {body}\n\n".encode()
