"""The program as channels see it: messages in, transcript and live events out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from bot.conversation import web_visits
from bot.conversation.customer_events import CustomerEvents, shown
from bot.conversation.intake import Intake, Taken
from bot.runtime import log, metrics
from bot.runtime.work.loop import TaskPool
from channels.contract import (
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

EARLY_SECONDS = 2.0  # after which a receipt for a message that wasn't known is looked at again

_log = log.get("gateway")


class LiveGateway:
    """Satisfies `channels.contract.Gateway`."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        pages: CustomerEvents,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._intake = intake
        self._pages = pages
        self._clock = clock
        self._later = TaskPool(_log, "receipts_failed")

    async def start(self) -> None:
        """Nothing begins by itself here."""

    async def stop(self) -> None:
        """Ends what was put off for a moment."""
        await self._later.stop()

    async def accept(self, inbound: Inbound, visit: Visit | None = None) -> Accepted:
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
            place = await self._database.run_first(store)
        except (inbox.UnknownToken, inbox.AlreadyChosen) as error:
            raise UnknownButton from error
        _count(inbound, place)
        return Accepted(place.conversation_id, place.seq, place.duplicate)

    async def take(self, events: Sequence[Event]) -> None:
        early = await self._take(events)
        if early:
            # A quick provider reports before our own send is noted: once more when it must be.
            self._later.begin(self._take_later(early))

    async def _take_later(self, receipts: Sequence[Event]) -> None:
        await asyncio.sleep(EARLY_SECONDS)
        await self._take(receipts)

    async def _take(self, events: Sequence[Event]) -> list[Event]:
        """Stores events; those that came too early."""
        request_id = log.request_id.get()

        def store(connection: Connection) -> list[Taken]:
            return [self._intake.take(connection, event, request_id) for event in events]

        done = await self._database.run_first(store)
        for taken in done:
            if taken.inbound and taken.place:
                _count(taken.inbound, taken.place)
        return [taken.early for taken in done if taken.early]

    async def begin_visit(
        self, channel: str, account: str, voucher: Voucher, before: Visit | None
    ) -> Visit | None:
        at = self._clock()
        return await self._database.run_first(web_visits.begin, channel, account, voucher, before, at)

    async def visit_until(self, visit: Visit) -> datetime | None:
        return await self._database.fetch(web_visits.until, visit, self._clock())

    async def end_visit(self, channel: str, account: str, visit: Visit, *, leaves: bool = False) -> None:
        await self._database.run_first(web_visits.end, channel, account, visit, self._clock(), leaves=leaves)

    async def replay(self, channel: str, account: str, address: str, after: int) -> Sequence[dict[str, Any]]:
        def read(connection: Connection) -> list[Entry]:
            conversation = conversations.find(connection, channel, account, address)
            return transcript.after(connection, conversation.id, after) if conversation else []

        return [shown(entry) for entry in await self._database.fetch(read)]

    async def listen(self, channel: str, account: str, address: str) -> AsyncIterator[LiveEvent]:
        async with aclosing(self._pages.listen((channel, account, address))) as events:
            async for event in events:
                yield event


def _count(inbound: Inbound, place: Place) -> None:
    counter = metrics.duplicates if place.duplicate else metrics.messages_in
    counter.labels(inbound.channel).inc()
