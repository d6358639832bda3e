"""The bus: hands what happened (`store.core.events`) to whoever subscribed to it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.runtime import log
from store.core.database import Database
from store.core.events import DomainEvent
from store.core.listener import Listener

E = TypeVar("E", bound=DomainEvent)

_log = log.get("bus")


class Bus:
    """Subscribers are called on the event loop's thread, after the commit: at once for what this process
    did, and on PostgreSQL for what others did too. They must not wait; one that raises hinders no other."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers: dict[type[DomainEvent], list[Callable[[DomainEvent], None]]] = defaultdict(list)
        self._missed: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Listener | None = None
        database.hear(self._committed)

    def subscribe(self, kind: type[E], subscriber: Callable[[E], None]) -> None:
        """Calls `subscriber` with each event of a kind and of those derived from it."""
        self._subscribers[kind].append(subscriber)  # type: ignore[arg-type]

    def wake(self, wake: Callable[[], None], *kinds: type[DomainEvent]) -> None:
        """Calls `wake` when something of these kinds happened, and when something may have been missed."""
        for kind in kinds:
            self.subscribe(kind, lambda _event: wake())
        self.when_missed(wake)

    def when_missed(self, missed: Callable[[], None]) -> None:
        """Calls `missed` when events of other processes may have been missed."""
        self._missed.append(missed)

    async def start(self) -> None:
        """Begins to hand out, on the running loop."""
        self._loop = asyncio.get_running_loop()
        if not self._database.is_sqlite:
            self._listener = Listener(
                self._database, lambda event: self._committed([event]), self._maybe_missed
            )
            self._listener.start()

    async def stop(self) -> None:
        """Ends the listener's thread; events are dropped from here on."""
        self._loop = None
        if self._listener:
            await asyncio.to_thread(self._listener.stop)

    def _committed(self, events: Sequence[DomainEvent]) -> None:
        self._on_loop(lambda: self.publish(events))

    def _maybe_missed(self) -> None:
        self._on_loop(self._catch_up)

    def _catch_up(self) -> None:
        for missed in self._missed:
            self._call(missed)

    def _on_loop(self, call: Callable[[], object]) -> None:
        loop = self._loop
        if loop and not loop.is_closed():
            loop.call_soon_threadsafe(call)

    def publish(self, events: Sequence[DomainEvent]) -> None:
        """Hands events out now; on the loop's thread."""
        for event in events:
            for kind in type(event).__mro__:
                for subscriber in self._subscribers.get(kind, ()):
                    self._call(subscriber, event)

    def _call(self, subscriber: Callable[..., None], *arguments: DomainEvent) -> None:
        try:
            subscriber(*arguments)
        except Exception:
            _log.exception("subscriber_failed", event_kind=[type(one).__name__ for one in arguments])
