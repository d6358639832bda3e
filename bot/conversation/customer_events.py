"""Tells open pages of one process what happens in their conversations."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Container, Sequence
from typing import Any

from channels.contract import LiveEvent
from store.conversations.transcript import Entry
from store.vocabulary import Author

# Events a page may lag behind before it is cut off; it reconnects and replays what it missed.
MAX_LAG = 256

_CLOSED = LiveEvent("closed", None, {})


# Names a conversation, also before its first message: channel, account, address.
Key = tuple[str, str, str]


class CustomerEvents:
    """Subscriptions by conversation. All methods belong to the event loop's thread."""

    def __init__(self) -> None:
        self._queues: dict[Key, set[asyncio.Queue[LiveEvent]]] = defaultdict(set)

    def publish(self, key: Key, *events: LiveEvent) -> None:
        """Hands events to everyone who listens to a conversation."""
        for queue in tuple(self._queues.get(key, ())):
            for event in events:
                if queue.qsize() >= MAX_LAG:
                    self._cut(key, queue)
                    break
                queue.put_nowait(event)

    async def listen(self, key: Key) -> AsyncGenerator[LiveEvent, None]:
        """Events from now on, until the listener stops, lags too far, or the server does."""
        queue: asyncio.Queue[LiveEvent] = asyncio.Queue()
        self._queues[key].add(queue)
        try:
            while (event := await queue.get()) is not _CLOSED:
                yield event
        finally:
            self._forget(key, queue)

    def close(self) -> None:
        """Ends all subscriptions."""
        for key, queues in tuple(self._queues.items()):
            for queue in tuple(queues):
                self._cut(key, queue)

    @property
    def listeners(self) -> Container[Key]:
        """Conversations that somebody listens to."""
        return self._queues.keys()

    def _cut(self, key: Key, queue: asyncio.Queue[LiveEvent]) -> None:
        self._forget(key, queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(_CLOSED)

    def _forget(self, key: Key, queue: asyncio.Queue[LiveEvent]) -> None:
        queues = self._queues.get(key)
        if queues is not None:
            queues.discard(queue)
            if not queues:
                del self._queues[key]


def shown(entry: Entry) -> dict[str, Any]:
    """A message of the transcript as pages get it."""
    message = {
        "seq": entry.seq,
        "author": entry.author,
        "text": entry.text,
        "buttons": entry.buttons,
        "at": entry.at.isoformat(),
    }
    if entry.author_name:
        message["author_name"] = entry.author_name
    if entry.reply_to is not None:
        message["reply_to"] = entry.reply_to
    if entry.author == Author.CUSTOMER and entry.external_id:
        # The client's own part of the id, by which it knows its message again.
        message["client_msg_id"] = entry.external_id.rpartition(":")[2]
    return message


def as_events(entries: Sequence[Entry]) -> list[LiveEvent]:
    return [LiveEvent("message", entry.seq, shown(entry)) for entry in entries]
