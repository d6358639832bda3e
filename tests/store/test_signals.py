"""Signals between processes: who hears them."""

import queue
from typing import Any

import pytest

from store.core import signals
from store.core.database import Database


def test_shops_in_one_database_do_not_hear_each_other(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one process has an SQLite")
    ours, theirs = Database(database_url), Database(request.getfixturevalue("migrated_url"))
    heard: queue.Queue[Any] = queue.Queue()
    listener = signals.Listener(ours, heard.put, lambda: heard.put("listening"))
    listener.start()
    assert heard.get(timeout=20) == "listening"
    for database, number in ((theirs, 1), (ours, 2)):
        with database.write() as connection:
            signals.notify(connection, {"desk": "owner", "id": number})
    # Signals come in the order of their transactions.
    assert heard.get(timeout=20) == {"desk": "owner", "id": 2}
    listener.stop()
    for database in (ours, theirs):
        database.close()
