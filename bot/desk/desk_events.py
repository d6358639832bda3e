"""Tells open desks what happens, in this process or another: hints of what to fetch anew."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from channels.contract import LiveEvent

HEARTBEAT = 15.0  # seconds
# Between two sendings to one desk: when much happens, it is told together, and of one thing once. Fifty desks
# that hear of each message by itself cost more than the messages.
PACE = 0.15  # seconds
MAX_WAITING = 1000  # events; a desk that takes none of them is cut off, comes back, and fetches everything

Still = Callable[[], Awaitable[object]]
# What tells the same as an event before it: kind, conversation, and what has happened to it.
Hint = tuple[object, ...]


class _Stream:
    """What an open desk is to be told next."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self.ended = False
        self._waiting: dict[Hint, bytes] = {}

    def put(self, hint: Hint, block: bytes) -> None:
        self._waiting.pop(hint, None)  # the later one counts, in its place
        self._waiting[hint] = block
        if len(self._waiting) > MAX_WAITING:
            self.end()
        self.came.set()

    def take(self) -> bytes:
        """All that waits."""
        self.came.clear()
        blocks = b"".join(self._waiting.values())
        self._waiting.clear()
        return blocks

    def end(self) -> None:
        self.ended = True
        self.came.set()


class Live:
    """Events by agent. `hear` may be called on any thread, all else belongs to the loop's."""

    def __init__(self) -> None:
        self._streams: dict[_Stream, int] = {}  # with the agents' ids
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
        for stream in self._streams:
            stream.end()

    def hear(self, signal: dict[str, Any]) -> None:
        """A signal of `store.core.signals`, from any thread."""
        wanted = self._streams or signal.get("desk") in ("owner", "agents")
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
        hint, block = _hint(event), _block(event)
        for stream, agent_id in self._streams.items():
            if to is None or agent_id in to:
                stream.put(hint, block)

    async def stream(
        self, agent_id: int, still: Still, heartbeat: float = HEARTBEAT
    ) -> AsyncGenerator[bytes, None]:
        """Blocks of a text/event-stream for an agent, until `still`, asked with each sign of life, raises or
        all streams end."""
        stream = _Stream()
        self._streams[stream] = agent_id  # before the page is told to fetch
        try:
            yield b": connected\n\n"
            asked = asyncio.get_running_loop().time()
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stream.came.wait(), heartbeat)
                if stream.ended:
                    return
                now = asyncio.get_running_loop().time()
                if now - asked >= heartbeat:
                    await still()
                    asked = now
                blocks = stream.take()
                yield blocks or b": heartbeat\n\n"
                if blocks:
                    await asyncio.sleep(PACE)
        finally:
            del self._streams[stream]


def _event(signal: dict[str, Any]) -> LiveEvent | None:
    conversation_id = signal.get("inbox") or signal.get("shown")
    if conversation_id:
        seq = signal["after"] + 1
        holder = {"owner": signal.get("owner"), "agent": signal.get("agent")}
        return LiveEvent(
            "conversation", seq, {"id": conversation_id, "seq": seq, "kind": "message", **holder}
        )
    if "typing" in signal:
        shown = {"id": signal["typing"], "author": signal["by"], "agent": signal["agent"]}
        return LiveEvent("typing", None, shown)
    kind = signal.get("desk")
    if kind == "mention":
        return LiveEvent("mention", None, {"id": signal["id"], "by": signal["by"]})
    if kind == "alert":
        return LiveEvent("alert", None, {"id": signal["id"], "since": signal["since"]})
    if kind == "agents":
        return LiveEvent("agents", None, {})
    return LiveEvent("conversation", None, {"id": signal["id"], "kind": kind}) if kind else None


def _hint(event: LiveEvent) -> Hint:
    told = event.data
    return event.kind, told.get("id"), told.get("kind"), told.get("text")


def _block(event: LiveEvent) -> bytes:
    body = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event.kind}\ndata: {body}\n\n".encode()
