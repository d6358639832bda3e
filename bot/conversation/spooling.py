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
from channels.contract import Edit, Event, HumanEcho, Inbound, Reachability, ReadUpTo, Receipt
from store.core.outage import is_outage

LOOK_SECONDS = 1.0
FEED_SECONDS = 20.0  # for one entry

_KINDS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind) for kind in (Edit, HumanEcho, Inbound, Reachability, ReadUpTo, Receipt)
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


Feed = Callable[[Sequence[Event], str], Awaitable[None]]


class Feeder:
    """Runs from `start` until `stop`. `feed` stores the events of an entry in one transaction."""

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
            for entry in entries:
                if self._loop.stopping:
                    break
                await self._feed_one(entry)
                count += 1
        if count:
            _log.info("spool_fed", count=count)

    async def _feed_one(self, entry: Path) -> None:
        try:
            events, request_id = decode(await asyncio.to_thread(self._spool.read, entry))
            async with asyncio.timeout(FEED_SECONDS):
                await self._feed(events, request_id)
        except Exception as error:
            if is_outage(error) or isinstance(error, TimeoutError):
                raise
            # It would fail again and again, and what is behind it waits.
            metrics.spool_refused.inc()
            _log.error("spool_entry_set_aside", entry=entry.name, exc_info=error)
            await asyncio.to_thread(self._spool.set_aside, entry)
        else:
            await asyncio.to_thread(self._spool.done, entry)
