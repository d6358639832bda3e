"""What happened, told within a process and between processes."""

import dataclasses
import queue
from typing import Any, get_type_hints

import pytest

from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core import events
from store.core.database import Connection, Database
from store.core.events import ConversationEvent, DomainEvent, MessageReceived, OwnerChanged, RequestOverdue
from store.core.listener import Listener


def kinds(of: type[DomainEvent] = DomainEvent) -> list[type[DomainEvent]]:
    return [of, *(found for kind in of.__subclasses__() for found in kinds(kind))]


def sample(kind: type[DomainEvent]) -> DomainEvent:
    values: dict[Any, Any] = {int: 7, str: "ą", int | None: None, tuple[int, ...]: (1, 2)}
    hints = get_type_hints(kind)
    return kind(**{field.name: values[hints[field.name]] for field in dataclasses.fields(kind)})


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_event_comes_through_unchanged_and_fits_a_notice(kind: type[DomainEvent]) -> None:
    event = sample(kind)
    assert events.decode(events.encode(event)) == event
    assert len(events.encode(event)) < 1000


@pytest.mark.parametrize(
    "text", ['{"event": "Unknown"}', "{}", '{"event": "OwnerChanged"}', '{"event": "AgentsChanged", "x": 1}']
)
def test_an_event_of_another_version_is_passed_over(text: str) -> None:
    assert events.decode(text) is None


def test_it_is_told_after_the_commit(database: Database) -> None:
    heard: list[DomainEvent] = []
    database.hear(heard.extend)
    with database.write() as connection:
        events.publish(connection, OwnerChanged(1))
        events.publish(connection, ConversationEvent(2))
        assert heard == []
    assert heard == [OwnerChanged(1), ConversationEvent(2)]


def test_whoever_is_told_finds_it_committed(database: Database) -> None:
    found: list[Conversation | None] = []

    def look(_told: object) -> None:
        with database.read() as connection:
            found.append(conversations.find(connection, "web", "default", "anna"))

    database.hear(look)
    with database.write() as connection:
        one = conversations.open_for(connection, "web", "default", "anna")
        events.publish(connection, OwnerChanged(one.id))
    assert found == [one]


def test_what_is_rolled_back_is_never_told(database: Database) -> None:
    heard: list[DomainEvent] = []
    database.hear(heard.extend)

    def fails(connection: Connection) -> None:
        events.publish(connection, OwnerChanged(1))
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as connection:
        fails(connection)
    assert heard == []


@pytest.fixture
def pair(database_url: str) -> Any:
    if database_url.startswith("sqlite"):
        pytest.skip("one process has an SQLite")
    opened = Database(database_url), Database(database_url)
    yield opened
    for one in opened:
        one.close()


def test_another_process_hears_it_once_and_its_own_not_again(pair: tuple[Database, Database]) -> None:
    ours, theirs = pair
    heard: queue.Queue[Any] = queue.Queue()
    listener = Listener(ours, heard.put, lambda: heard.put("listening"))
    listener.start()
    assert heard.get(timeout=20) == "listening"
    told = MessageReceived(1, "web", "default", "anna", 4, "human", 7)
    overdue = RequestOverdue(1, "now", (2,))
    for database, event in ((ours, OwnerChanged(1)), (theirs, told), (theirs, overdue)):
        with database.write() as connection:
            events.publish(connection, event)
    assert heard.get(timeout=20) == told
    assert heard.get(timeout=20) == overdue
    listener.stop()
    assert heard.empty()


def test_shops_in_one_database_do_not_hear_each_other(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one process has an SQLite")
    ours, theirs = Database(database_url), Database(request.getfixturevalue("migrated_url"))
    sender = Database(database_url)
    heard: queue.Queue[Any] = queue.Queue()
    listener = Listener(ours, heard.put, lambda: heard.put("listening"))
    listener.start()
    assert heard.get(timeout=20) == "listening"
    for database, number in ((theirs, 1), (sender, 2)):
        with database.write() as connection:
            events.publish(connection, OwnerChanged(number))
    # Notices come in the order of their transactions.
    assert heard.get(timeout=20) == OwnerChanged(2)
    listener.stop()
    for database in (ours, theirs, sender):
        database.close()
