"""The bus: who hears what."""

import asyncio

from bot.runtime.bus import Bus
from store.core import events
from store.core.database import Database
from store.core.events import ConversationEvent, DomainEvent, MailQueued, NoteAdded, OwnerChanged


async def happens(database: Database, *what: DomainEvent) -> None:
    for event in what:
        await database.run(events.publish, event)


async def test_subscribers_get_their_kinds_in_order_whatever_another_does(database: Database) -> None:
    bus = Bus(database)
    owners: list[OwnerChanged] = []
    all_of_conversations: list[ConversationEvent] = []
    woken = asyncio.Event()

    def broken(_event: DomainEvent) -> None:
        raise RuntimeError("a subscriber's own fault")

    bus.subscribe(DomainEvent, broken)
    bus.subscribe(OwnerChanged, owners.append)
    bus.subscribe(ConversationEvent, all_of_conversations.append)
    bus.wake(woken.set, MailQueued)
    await bus.start()
    try:
        await happens(database, OwnerChanged(1), NoteAdded(2), OwnerChanged(3))
        await asyncio.sleep(0)
        assert owners == [OwnerChanged(1), OwnerChanged(3)]
        assert all_of_conversations == [OwnerChanged(1), NoteAdded(2), OwnerChanged(3)]
        woken.clear()  # on PostgreSQL it was set when the bus began to listen
        await happens(database, MailQueued())
        await asyncio.wait_for(woken.wait(), 20)
    finally:
        await bus.stop()
    await happens(database, OwnerChanged(4))
    await asyncio.sleep(0)
    assert len(owners) == 2
