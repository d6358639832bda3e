"""docs/events.md against the code: what happens, and what open pages hear of it."""

import inspect
import json
import re
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import fields
from typing import Any

from bot.desk.desk_events import DeskEvents
from channels.web import events as web_events
from store.core.events import ConversationEvent, DomainEvent, MessagesAdded
from tests.docs.reading import DOCS, names, read, table
from tests.paths import ROOT


def kinds(of: type[DomainEvent] = DomainEvent) -> Iterator[type[DomainEvent]]:
    if of not in (DomainEvent, ConversationEvent, MessagesAdded):
        yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_event_is_documented_with_its_fields() -> None:
    documented = {
        names(event)[0]: names(told) for event, told, *_ in table(read(DOCS / "events.md"), "event", "fields")
    }
    assert documented == {kind.__name__: [one.name for one in fields(kind)] for kind in kinds()}


def sample(kind: type[DomainEvent]) -> DomainEvent:
    values: dict[Any, object] = {int: 7, int | None: 7, str: "x", tuple[int, ...]: (7,)}
    return kind(**{one.name: values[one.type] for one in fields(kind)})


async def hears(event: DomainEvent) -> tuple[str, dict[str, Any]] | None:
    """What the open desk of agent 7 is told of an event: kind and data."""

    async def still() -> None:
        pass

    desks = DeskEvents()
    async with aclosing(desks.stream(7, still, heartbeat=0.05)) as stream:
        await anext(stream)
        desks.tell(event)
        block = (await anext(stream)).decode()
    told = re.fullmatch(r"event: (\w+)\ndata: (.+)\n\n", block)
    return (told[1], json.loads(told[2])) if told else None


async def test_what_open_desks_hear_is_documented() -> None:
    page = read(DOCS / "events.md")
    documented = {names(row[0])[0]: names(row[3]) for row in table(page, "event", "fields")}
    data: dict[str, set[str]] = {}
    for kind in kinds():
        told = await hears(sample(kind))
        if told:
            data.setdefault(told[0], set()).update(told[1])
        heard = [told[0], *filter(None, [told[1].get("kind")])] if told else []
        assert documented[kind.__name__] == heard, kind
    rows = table(page, "the desk hears", "data")
    assert {names(name)[0]: set(names(given)) for name, given, _ in rows} == data
    listened = re.search(r"const KINDS = \[(.+)\];", read(ROOT / "web" / "desk" / "shell" / "live.js"))
    assert listened and set(re.findall(r'"(\w+)"', listened[1])) == set(data)


def test_what_the_web_chat_hears_is_documented() -> None:
    (sentence,) = re.findall(r"Events are (.+?seconds\))", read(DOCS / "channels" / "web.md"))
    documented = {name for name in names(sentence) if name.isalpha()}
    assert documented == set(re.findall(r'_block\("(\w+)"', inspect.getsource(web_events)))
    assert documented == set(re.findall(r'kind === "(\w+)"', read(ROOT / "web" / "chat" / "connection.js")))
