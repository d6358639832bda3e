"""What providers delivered while the database is away: kept in the spool, and fed into the inbox in order as
soon as it is back.

Feeding is done again after a kill between the commit and the end of a file: what is known changes nothing.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.runtime import log, metrics
from bot.runtime.spool import Damaged, Spool
from bot.runtime.work.loop import Loop
from channels.contract import AccountRefused, Edit, Event, HumanEcho, Inbound, Reachability, ReadUpTo, Receipt
from store.core.outage import is_outage

LOOK_SECONDS = 1.0
AT_ONCE = 50  # entries of one transaction: feeding must be quicker than what comes meanwhile
FEED_SECONDS = 20.0  # for one transaction

_KINDS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (AccountRefused, Edit, HumanEcho, Inbound, Reachability, ReadUpTo, Receipt)
}
_log = log.get("spool")


def encode(events: Sequence[Event], request_id: str) -> bytes:
    """The events of one request of a provider, as an entry."""
    written = [
        {"kind": (kind := type(one).__name__), "event": _KINDS[kind].dump_python(one, mode="json")}
        for one in events
    ]
    return json.dumps({"request_id": request_id, "events": written}).encode()


def decode(content: bytes) -> tuple[list[Event], str]:
    """The events of an entry. Raises `Damaged`."""
    try:
        read = json.loads(content)
        events = [_KINDS[one["kind"]].validate_python(one["event"]) for one in read["events"]]
        return events, str(read["request_id"])
    except (ValueError, KeyError, TypeError, ValidationError, RecursionError) as error:
        raise Damaged(f"not an entry of ours ({type(error).__name__})") from error


# What one request brought, and its id.
Delivery = tuple[Sequence[Event], str]
Feed = Callable[[Sequence[Delivery]], Awaitable[None]]


class Feeder:
    """Runs from `start` until `stop`. `feed` stores deliveries in one transaction."""

    def __init__(self, spool: Spool, feed: Feed) -> None:
        self._spool = spool
        self._feed = feed
        self._loop = Loop("spool", self._look, LOOK_SECONDS, _log)

    async def start(self) -> None:
        await asyncio.to_thread(self._spool.tidy)
        await self._loop.start()

    async def stop(self) -> None:
        """Stops; what is being fed has a moment to end, else it is fed again."""
        await self._loop.stop(patience=5.0)

    async def _look(self) -> float:
        if self._spool.waits():
            with self._spool.feeding() as mine:
                if mine:
                    await self.feed_all()
        return LOOK_SECONDS

    async def feed_all(self) -> None:
        """Feeds entry after entry. Raises what says that the database is away."""
        count = 0
        while not self._loop.stopping and (entries := await asyncio.to_thread(self._spool.entries)):
            await self._feed_some(entries[:AT_ONCE])
            count += len(entries[:AT_ONCE])
        if count:
            _log.info("spool_fed", count=count)

    async def _feed_some(self, entries: Sequence[Path]) -> None:
        """Feeds entries, all at once or, if one of them can't be fed, one by one."""
        try:
            deliveries = await asyncio.to_thread(self._read, entries)
            async with asyncio.timeout(FEED_SECONDS):
                await self._feed(deliveries)
        except Exception as error:
            if is_outage(error) or isinstance(error, TimeoutError):
                raise
            if len(entries) > 1:
                for one in entries:
                    await self._feed_some([one])
                return
            # It would fail again and again, and what is behind it waits.
            metrics.spool_refused.inc()
            _log.error("spool_entry_set_aside", entry=entries[0].name, exc_info=error)
            await asyncio.to_thread(self._spool.set_aside, entries[0])
        else:
            await asyncio.to_thread(self._done, entries)

    def _read(self, entries: Sequence[Path]) -> list[Delivery]:
        return [decode(self._spool.read(one)) for one in entries]

    def _done(self, entries: Sequence[Path]) -> None:
        for one in entries:
            self._spool.done(one)
