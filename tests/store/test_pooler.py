"""Through PgBouncer in transaction mode: nothing may live in a session."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import URL

from store.conversations import conversations
from store.core import listener, schema
from store.core.database import Database
from store.core.events import DomainEvent, MessageQueued, publish
from store.core.listener import Listener, comes_through
from store.core.schema import SchemaError
from tests.conftest import POSTGRES_URL
from tests.faults import pgbouncer

Urls = tuple[URL, URL]  # direct, and through PgBouncer


@pytest.fixture(scope="module")
def urls() -> Iterator[Urls]:
    if not POSTGRES_URL:
        pytest.skip("TEST_DATABASE_URL is not set")
    pgbouncer.need()
    # Not pytest's folders: PgBouncer, which refuses to be root, can't reach into them.
    with (
        TemporaryDirectory(prefix="pgbouncer-") as folder,
        pgbouncer.own_database(POSTGRES_URL) as direct,
        pgbouncer.pooled(direct, Path(folder)) as through,
    ):
        yield direct, through


def opened(url: URL, listen: URL | None = None) -> Database:
    plain = listen.render_as_string(hide_password=False) if listen else None
    return Database(url.render_as_string(hide_password=False), listen_url=plain)


async def test_many_at_once_over_few_connections_find_no_trace_of_each_other(urls: Urls) -> None:
    database = opened(urls[1])
    schema.upgrade(database)

    def write(connection: object, name: str) -> int:
        return conversations.open_for(connection, "sms", "shop", name).id  # type: ignore[arg-type]

    try:
        # Each statement often enough to be prepared, by the driver's rule, on whichever connection it gets.
        for _ in range(10):
            found = await asyncio.gather(*(database.run(write, f"anna {n % 5}") for n in range(40)))
            assert len(set(found)) == 5
    finally:
        database.close()


def hear(database: Database, speaker: Database) -> tuple[list[DomainEvent], int]:
    """What `database` hears of what `speaker` commits, and how often it looks through everything."""
    heard: list[DomainEvent] = []
    missed = threading.Semaphore(0)
    got = threading.Event()

    def take(event: DomainEvent) -> None:
        heard.append(event)
        got.set()

    one = Listener(database, take, missed.release)
    one.start()
    try:
        assert missed.acquire(timeout=20), "it looks when it begins"
        with speaker.write() as connection:
            publish(connection, MessageQueued(7))
        got.wait(3)
        again = missed.acquire(timeout=0.0 if heard else 20)
    finally:
        one.stop()
    return heard, int(again)


def test_with_an_address_of_its_own_it_hears_at_once(urls: Urls) -> None:
    database, speaker = opened(urls[1], listen=urls[0]), opened(urls[1])
    try:
        assert comes_through(database)
        heard, _ = hear(database, speaker)
        assert heard == [MessageQueued(7)]
    finally:
        database.close()
        speaker.close()


def test_without_one_it_says_so_and_looks_again_and_again(
    urls: Urls, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener, "DEAF_SECONDS", 0.1)
    monkeypatch.setattr(listener, "HEARD_SECONDS", 0.3)
    database, speaker = opened(urls[1]), opened(urls[1])
    try:
        assert not comes_through(database)
        heard, again = hear(database, speaker)
        assert heard == [] and again
        assert [one.getMessage() for one in caplog.records if "LISTEN" in one.getMessage()] == [
            "events of other processes come late: LISTEN gets nothing, set DATABASE_LISTEN_URL"
        ]
    finally:
        database.close()
        speaker.close()


def test_what_the_pooler_refuses_is_said_in_words(urls: Urls) -> None:
    database = opened(urls[1].update_query_dict({"options": "-csearch_path=shop"}))
    with pytest.raises(SchemaError, match=r"takes no `options`"):
        schema.upgrade(database)
    database.close()


async def test_the_look_of_the_health_check_goes_through(urls: Urls) -> None:
    database = opened(urls[1])
    schema.upgrade(database)
    assert await database.probe(lambda _connection: datetime.now(UTC))
    database.close()
