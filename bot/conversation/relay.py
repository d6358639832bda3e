"""Shows on customers' open pages what happened in their conversations, here or in another process."""

import asyncio
from collections.abc import Mapping, Sequence

from bot.conversation.customer_events import CustomerEvents, Key, as_events
from bot.runtime import log
from bot.runtime.bus import Bus
from channels.contract import LiveEvent
from store.conversations import transcript
from store.conversations.transcript import Entry
from store.core.database import Connection, Database
from store.core.events import AgentTyping, MessageReceived, MessagesAdded, VisitEnded
from store.vocabulary import Author

_log = log.get("relay")

Shown = MessagesAdded | AgentTyping | VisitEnded


def typing(author: str) -> LiveEvent:
    """Somebody (`bot`, `agent`) writes to the customer."""
    return LiveEvent("typing", None, {"author": author})


class Relay:
    """One task, so that what happened is shown in its order."""

    def __init__(self, database: Database, pages: CustomerEvents, bus: Bus) -> None:
        self._database = database
        self._pages = pages
        self._waiting: asyncio.Queue[Shown] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        bus.subscribe(MessagesAdded, self._hear)
        bus.subscribe(AgentTyping, self._hear)
        bus.subscribe(VisitEnded, self._hear)
        # Pages come back and read what they missed.
        bus.when_missed(pages.close)

    async def start(self) -> None:
        """Starts the task on the running loop."""
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Ends the task, and all pages' subscriptions."""
        self._pages.close()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _hear(self, event: Shown) -> None:
        if _key(event) in self._pages.listeners:
            self._waiting.put_nowait(event)

    async def _run(self) -> None:
        while True:
            events = [await self._waiting.get()]
            while not self._waiting.empty():
                events.append(self._waiting.get_nowait())
            try:
                await self._show(events)
            except Exception:
                _log.exception("relay_failed")
                self._pages.close()

    async def _show(self, events: Sequence[Shown]) -> None:
        added = [event for event in events if isinstance(event, MessagesAdded)]
        entries = await self._database.fetch(_entries, added) if added else {}
        for event in events:
            if isinstance(event, AgentTyping):
                self._pages.publish(_key(event), typing(Author.AGENT))
                continue
            if isinstance(event, VisitEnded):
                self._pages.publish(_key(event), LiveEvent("ended", None, {"visit": event.visit_id}))
                continue
            self._pages.publish(_key(event), *as_events(entries[event]))
            if isinstance(event, MessageReceived):
                self._pages.publish(_key(event), typing(Author.BOT))


def _key(event: Shown) -> Key:
    return event.channel, event.account, event.address


def _entries(
    connection: Connection, events: Sequence[MessagesAdded]
) -> Mapping[MessagesAdded, Sequence[Entry]]:
    return {event: transcript.after(connection, event.conversation_id, event.after) for event in events}
