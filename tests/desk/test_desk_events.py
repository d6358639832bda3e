"""What open desks are told when much happens at once."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

from bot.desk import desk_events
from bot.desk.desk_events import DeskEvents
from store.core.events import AgentsChanged, AgentsMentioned, AgentTyping, MessageReceived, OwnerChanged


async def still() -> None:
    """Everybody is signed in."""


def told(blocks: bytes) -> list[tuple[str, dict[str, Any]]]:
    lines = [one.split("\n") for one in blocks.decode().split("\n\n") if one]
    return [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in lines]


def message(conversation: int, after: int) -> MessageReceived:
    return MessageReceived(conversation, "web", "default", "anna", after, "human", 7)


async def test_what_happens_at_once_is_told_together_and_once() -> None:
    desks = DeskEvents()
    async with aclosing(desks.stream(7, still)) as stream:
        assert await anext(stream) == b": connected\n\n"
        desks.tell(message(1, 0))
        desks.tell(message(2, 5))
        desks.tell(OwnerChanged(1))
        desks.tell(message(1, 1))
        desks.tell(AgentsMentioned(1, "Tom", (8,)))  # for somebody else
        hers = {"owner": "human", "agent": 7}
        assert told(await anext(stream)) == [
            ("conversation", {"id": 2, "seq": 6, "kind": "message", **hers}),
            ("conversation", {"id": 1, "kind": "owner"}),
            ("conversation", {"id": 1, "seq": 2, "kind": "message", **hers}),
        ]
        desks.tell(AgentTyping(1, "web", "default", "anna", 8, "Anna"))
        assert told(await anext(stream)) == [("typing", {"id": 1, "author": "Anna", "agent": 8})]


async def test_a_desk_that_takes_nothing_is_cut_off() -> None:
    desks = DeskEvents()
    async with aclosing(desks.stream(7, still)) as stream, aclosing(desks.stream(8, still)) as other:
        await anext(stream)
        await anext(other)
        for conversation in range(desk_events.MAX_WAITING):
            desks.tell(message(conversation + 1, 0))
        assert len(told(await anext(other))) == desk_events.MAX_WAITING
        desks.tell(message(desk_events.MAX_WAITING + 1, 0))
        assert [block async for block in stream] == []
        assert len(told(await anext(other))) == 1


async def test_all_streams_end_and_a_desk_can_come_back() -> None:
    desks = DeskEvents()
    stream = desks.stream(7, still)
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    desks.stop()
    assert await waiting is None
    async with aclosing(desks.stream(7, still)) as again:
        await anext(again)
        desks.tell(AgentsChanged())
        assert told(await anext(again)) == [("agents", {})]
