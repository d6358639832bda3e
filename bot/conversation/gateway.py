"""The program as channels see it: messages in, transcript and live events out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from bot.conversation.customer_events import Hub, as_events, shown
from bot.conversation.intake import Intake, Taken
from bot.conversation.turns import Turn
from bot.runtime import log, metrics
from channels.contract import Accepted, Event, Inbound, LiveEvent, Proof, UnknownButton
from store.conversations import conversations, inbox, proofs, transcript
from store.conversations.inbox import Place
from store.conversations.transcript import Entry
from store.core import signals
from store.core.database import Connection, Database
from store.vocabulary import ProofBy

EARLY_SECONDS = 2.0  # after which a receipt for a message that wasn't known is looked at again
# An agent writes to the customer.
TYPING = LiveEvent("typing", None, {"author": "agent"})


class LiveGateway:
    """Satisfies `channels.contract.Gateway`. `wake` is called when a message waits, `fetch` when an
    attachment does."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        languages: Sequence[str],
        wake: Callable[[], None],
        fetch: Callable[[], None],
    ) -> None:
        self._database = database
        self._hub = hub
        self._intake = Intake(languages)
        self._language = languages[0]
        self._wake = wake
        self._fetch = fetch
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, inbound: Inbound) -> Accepted:
        try:
            place = await self._database.run_first(self._intake.accept, inbound, log.request_id.get())
        except inbox.UnknownToken as error:
            raise UnknownButton from error
        self._show(inbound, place)
        return Accepted(place.conversation_id, place.seq, place.duplicate)

    async def take(self, events: Sequence[Event]) -> None:
        early = await self._take(events)
        if early:
            # A quick provider reports before our own send is noted: once more when it must be.
            task = asyncio.create_task(self._take_later(early))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

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
                self._show(taken.inbound, taken.place)
        return [taken.early for taken in done if taken.early]

    async def vouch(
        self, channel: str, account: str, address: str, proof: Proof, token_id: str, expires_at: datetime
    ) -> bool:
        def store(connection: Connection) -> bool:
            if not proofs.use_token(connection, token_id, expires_at, datetime.now(UTC)):
                return False
            conversation = conversations.open_for(connection, channel, account, address, self._language)
            proofs.vouch(connection, conversation.id, proof.contact, ProofBy(proof.by))
            return True

        return await self._database.run(store)

    def _show(self, inbound: Inbound, place: Place) -> None:
        """Tells open pages and the worker of a stored message."""
        if place.entry is None:
            metrics.duplicates.labels(inbound.channel).inc()
            return
        metrics.messages_in.labels(inbound.channel).inc()
        key = (inbound.channel, inbound.account, inbound.address)
        self._hub.publish(key, *as_events([place.entry]), LiveEvent("typing", None, {"author": "bot"}))
        if inbound.attachments:
            self._fetch()
        self._wake()

    async def replay(self, channel: str, account: str, address: str, after: int) -> Sequence[dict[str, Any]]:
        def read(connection: Connection) -> list[Entry]:
            conversation = conversations.find(connection, channel, account, address)
            return transcript.after(connection, conversation.id, after) if conversation else []

        return [shown(entry) for entry in await self._database.fetch(read)]

    async def listen(self, channel: str, account: str, address: str) -> AsyncIterator[LiveEvent]:
        async with aclosing(self._hub.listen((channel, account, address))) as events:
            async for event in events:
                yield event

    def done(self, turn: Turn) -> None:
        """Shows a finished turn's replies on open pages; called on the loop's thread."""
        one = turn.conversation
        self._hub.publish((one.channel, one.account, one.address), *as_events(turn.replies))


class Echo:
    """Hears of other processes' messages and shows them on this one's open pages."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        wake: Callable[[], None],
        desk: Callable[[dict[str, Any]], None],
        missed: Callable[[], None],
    ) -> None:
        """`desk` hears of everything too; `missed` is called when something may have been missed."""
        self._database = database
        self._hub = hub
        self._wake = wake
        self._desk = desk
        self._desk_missed = missed
        self._loop = asyncio.get_running_loop()
        self._listener = signals.Listener(
            database, self._on_thread(self._heard), self._on_thread(self._missed)
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._listener.start()

    async def stop(self) -> None:
        """Ends the listener's thread."""
        await asyncio.to_thread(self._listener.stop)

    def _on_thread(self, function: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            self._loop.call_soon_threadsafe(function, *arguments)

        return call

    def _heard(self, signal: dict[str, Any]) -> None:
        self._desk(signal)
        if "inbox" in signal:
            self._wake()
        if "typing" in signal:
            self._begin(self._type(signal["typing"]))
        elif "inbox" in signal or "shown" in signal:
            self._begin(self._show(signal.get("inbox") or signal["shown"], signal["after"]))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _missed(self) -> None:
        # Pages reconnect and replay; the worker looks for itself.
        self._hub.close()
        self._desk_missed()
        self._wake()

    async def _type(self, conversation_id: int) -> None:
        if self._hub.listeners:
            one = await self._database.fetch(conversations.get, conversation_id)
            self._hub.publish((one.channel, one.account, one.address), TYPING)

    async def _show(self, conversation_id: int, after: int) -> None:
        if not self._hub.listeners:
            return

        def read(connection: Connection) -> tuple[conversations.Conversation, list[Entry]]:
            return (
                conversations.get(connection, conversation_id),
                transcript.after(connection, conversation_id, after),
            )

        one, entries = await self._database.fetch(read)
        self._hub.publish((one.channel, one.account, one.address), *as_events(entries))
