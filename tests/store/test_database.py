"""The order in which transactions come to their turn."""

import asyncio
import threading

import pytest

from store.core.database import Connection, Database


async def test_urgent_work_goes_before_what_waits_and_keeps_its_order(database: Database) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), list[str]()

    def long(_connection: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    def note(_connection: Connection, name: str) -> str:
        done.append(name)
        return name

    threads = 1 if database.is_sqlite else 8
    blocking = [asyncio.create_task(database.run(long)) for _ in range(threads)]
    assert await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.create_task(database.run(note, name)) for name in ("later 1", "later 2")]
    await asyncio.sleep(0)
    urgent = [asyncio.create_task(database.run_first(note, name)) for name in ("first 1", "first 2")]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(*waiting, *urgent) == ["later 1", "later 2", "first 1", "first 2"]
    await asyncio.gather(*blocking)
    if database.is_sqlite:
        assert done == ["first 1", "first 2", "later 1", "later 2"]


async def test_an_error_reaches_who_asked_and_what_is_given_up_is_not_done(database: Database) -> None:
    done = list[str]()

    def fail(_connection: Connection) -> None:
        raise ZeroDivisionError

    def note(_connection: Connection) -> None:
        done.append("noted")

    with pytest.raises(ZeroDivisionError):
        await database.run_first(fail)
    go_on = threading.Event()
    threads = 1 if database.is_sqlite else 8
    blocking = [asyncio.create_task(database.run(lambda _: go_on.wait(10))) for _ in range(threads)]
    given_up = asyncio.create_task(database.run(note))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*blocking)
    with pytest.raises(asyncio.CancelledError):
        await given_up
    await database.run(lambda _: None)
    assert done == []
