"""The program as channels see it: messages in, transcript and live events out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from bot.conversation.customer_events import CustomerEvents, shown
from bot.conversation.receiving import web_visits
from bot.conversation.receiving.intake import Intake, Taken
from bot.conversation.receiving.spooling import Delivery, encode
from bot.runtime import log, metrics
from bot.runtime.http.refusals import Unavailable
from bot.runtime.spool import Spool, SpoolFull
from bot.runtime.work.loop import Outage, TaskPool
from channels.contract import (
    MOST_REPLAYED,
    Accepted,
    Event,
    Inbound,
    LiveEvent,
    UnknownButton,
    Visit,
    VisitOver,
    Voucher,
)
from store.conversations import conversations, inbox, transcript
from store.conversations.inbox import Place
from store.conversations.transcript import Entry
from store.core.database import Connection, Database
from store.core.outage import is_outage

# After which the database counts as away. Providers wait for 15 seconds or more, people for less.
STORE_SECONDS = 5.0
RETRY_SECONDS = 5.0  # after which it is worth sending again what could not be taken
EARLY_SECONDS = 2.0  # after which a receipt for a message that wasn't known is looked at again

_log = log.get("gateway")


class LiveGateway:
    """Satisfies `channels.contract.Gateway`."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        pages: CustomerEvents,
        spool: Spool,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._intake = intake
        self._pages = pages
        self._spool = spool
        self._full = Outage("spool_add", _log)
        self._clock = clock
        self._later = TaskPool(_log, "receipts_failed")

    async def start(self) -> None:
        """Nothing begins by itself here."""

    async def stop(self) -> None:
        """Ends what was put off for a moment."""
        await self._later.stop()

    async def accept(self, inbound: Inbound, visit: Visit | None = None) -> Accepted:
        """Not by the spool: the page must be told the message's place, and sends it again by itself."""
        request_id = log.request_id.get()

        def store(connection: Connection) -> Place:
            lasts, contact = web_visits.use(connection, visit, self._clock()) if visit else (True, None)
            if not lasts:
                raise VisitOver
            place = self._intake.accept(connection, inbound, request_id)
            if contact:
                web_visits.vouch(connection, place.conversation_id, contact)
            return place

        try:
            async with asyncio.timeout(STORE_SECONDS):
                place = await self._database.run_first(store)
        except (inbox.UnknownToken, inbox.AlreadyChosen) as error:
            raise UnknownButton from error
        except Exception as error:
            if not _is_away(error):
                raise
            raise Unavailable(
                "The message could not be stored. Send it again.",
                code="no_database",
                retry_after=RETRY_SECONDS,
            ) from error
        _count(inbound, place)
        return Accepted(place.conversation_id, place.seq, place.duplicate)

    async def take(self, events: Sequence[Event]) -> None:
        request_id = log.request_id.get()
        # What came before goes first.
        if self._spool.waits():
            return await self._keep(events, request_id)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self.feed([(events, request_id)])
        except Exception as error:
            if not _is_away(error):
                raise
            _log.warning("spooled", error=log.told(error))
            await self._keep(events, request_id)

    async def _keep(self, events: Sequence[Event], request_id: str) -> None:
        """Keeps on disk what a provider may not send a second time."""
        try:
            await asyncio.to_thread(self._spool.add, encode(events, request_id))
        except SpoolFull as error:
            self._full.failed(error)
            raise Unavailable(
                "The database does not answer, and the spool takes nothing more. Send it again.",
                code="spool_full",
                retry_after=30,
            ) from error
        self._full.over()
        metrics.spooled.inc()

    async def feed(self, deliveries: Sequence[Delivery]) -> None:
        """Stores what requests brought, in one transaction."""
        early = await self._take(deliveries)
        if early:
            # A quick provider reports before our own send is noted: once more when it must be.
            self._later.begin(self._take_later(early))

    async def _take_later(self, receipts: Sequence[Delivery]) -> None:
        await asyncio.sleep(EARLY_SECONDS)
        try:
            await self._take(receipts)
        except Exception as error:
            if not is_outage(error):
                raise
            for events, request_id in receipts:
                await self._keep(events, request_id)

    async def _take(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Stores events; those that came too early."""

        def store(connection: Connection) -> list[tuple[Taken, str]]:
            return [
                (self._intake.take(connection, event, request_id), request_id)
                for events, request_id in deliveries
                for event in events
            ]

        done = await self._database.run_first(store)
        for taken, _ in done:
            if taken.inbound and taken.place:
                _count(taken.inbound, taken.place)
        return [([taken.early], request_id) for taken, request_id in done if taken.early]

    async def begin_visit(
        self, channel: str, account: str, voucher: Voucher, before: Visit | None
    ) -> Visit | None:
        at = self._clock()
        return await self._database.run_first(web_visits.begin, channel, account, voucher, before, at)

    async def visit_until(self, visit: Visit) -> datetime | None:
        return await self._database.fetch(web_visits.until, visit, self._clock())

    async def end_visit(self, channel: str, account: str, visit: Visit, *, leaves: bool = False) -> None:
        await self._database.run_first(web_visits.end, channel, account, visit, self._clock(), leaves=leaves)

    async def replay(
        self, channel: str, account: str, address: str, after: int, limit: int = MOST_REPLAYED
    ) -> Sequence[dict[str, Any]]:
        def read(connection: Connection) -> list[Entry]:
            conversation = conversations.find(connection, channel, account, address)
            return transcript.after(connection, conversation.id, after, limit) if conversation else []

        return [shown(entry) for entry in await self._database.fetch(read)]

    async def listen(self, channel: str, account: str, address: str) -> AsyncIterator[LiveEvent]:
        async with aclosing(self._pages.listen((channel, account, address))) as events:
            async for event in events:
                yield event


def _is_away(error: Exception) -> bool:
    return is_outage(error) or isinstance(error, TimeoutError)


def _count(inbound: Inbound, place: Place) -> None:
    counter = metrics.duplicates if place.duplicate else metrics.messages_in
    counter.labels(inbound.channel).inc()
