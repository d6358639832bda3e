"""What stands in the log, whoever writes, and what never does."""

import asyncio
import json
import logging
import subprocess
import sys
import warnings
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.runtime import log
from store.conversations import conversations
from store.core.database import Database
from tests.conftest import Lines

WORDS = "my card is 4111 1111 1111 1111, ona@example.com"


def test_we_and_libraries_write_lines_of_one_form(lines: Lines) -> None:
    log.request_id.set("r-1")
    log.get("turn").info("done", conversation=12)
    logging.getLogger("sanic.error").error("Exception occurred while handling uri: %s", "http://x/y?phone=1")
    logging.getLogger("aftercare.channels.telegram").warning("telegram: two of %s", "it")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)
    found = lines()
    log.request_id.set("")
    assert [{**one, "timestamp": ""} for one in found[:3]] == [
        {"component": "turn", "conversation": 12, "event": "done", "level": "info", "request_id": "r-1"}
        | {"timestamp": ""},
        {"component": "sanic.error", "event": "Exception occurred while handling uri: http://x/…"}
        | {"level": "error", "request_id": "r-1", "timestamp": ""},
        {"component": "aftercare.channels.telegram", "event": "telegram: two of it"}
        | {"level": "warning", "request_id": "r-1", "timestamp": ""},
    ]
    assert [one["component"] for one in found[3:]] == ["py.warnings"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("https://api.telegram.org/bot123:AAF-secret/getMe failed", "https://api.telegram.org/… failed"),
        ("to ona@example.com", "to …@…"),
        ("from +370 612 34567 now", "from … now"),
        ("token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9x", "token …"),
        ("first\nsecond", "first"),
        ("port 8000 in 12 s", "port 8000 in 12 s"),
    ],
)
def test_a_librarys_words_are_scrubbed(said: str, told: str) -> None:
    assert log.scrubbed(said) == told


def test_an_exceptions_text_stands_only_where_it_can_hold_nothing_of_a_customers(lines: Lines) -> None:
    class SendError(Exception):
        pass

    SendError.__module__ = "channels.contract"
    for error in (ValueError(WORDS), KeyError(WORDS), SendError("full"), AttributeError("no attribute 'x'")):
        try:
            raise error
        except Exception:
            log.get("worker").exception("failed")
    shown = [one["exception"][0]["error"] for one in lines()]
    assert shown[0] == "ValueError" and shown[1] == "KeyError"
    assert shown[2].startswith("channels.contract.") and shown[2].endswith("SendError: full")
    assert shown[3] == "AttributeError: no attribute 'x'"


def test_where_it_came_from_and_what_led_to_it(lines: Lines) -> None:
    try:
        try:
            raise ValueError(WORDS)
        except ValueError as error:
            raise RuntimeError(WORDS) from error
    except RuntimeError:
        log.get("worker").exception("failed")
    [one] = lines()
    assert [each["error"] for each in one["exception"]] == ["RuntimeError", "ValueError"]
    assert "test_log.py" in one["exception"][1]["at"][0]
    assert "4111" not in json.dumps(one)


def _breaks(database: Database) -> DBAPIError:
    """An error of the database's whose own text repeats a value."""

    def twice(connection: Any) -> None:
        for _ in range(2):
            connection.execute(
                text("INSERT INTO used_tokens (id, expires_at) VALUES (:id, '2026-01-01')"), {"id": WORDS}
            )

    with pytest.raises(DBAPIError) as caught, database.write() as connection:
        twice(connection)
    return caught.value


def test_a_database_error_shows_no_values_whichever_way_it_goes(database: Database, lines: Lines) -> None:
    error = _breaks(database)
    assert "4111" not in str(error).partition("DETAIL")[0], "SQLAlchemy's own text"
    log.get("worker").error("turn_failed", exc_info=error)
    logging.getLogger("sanic.error").exception("Exception occurred", exc_info=error)
    logging.getLogger("anything").error("it says %s", error)
    wrapped = RuntimeError("outer")
    wrapped.__cause__ = error
    log.get("gateway").error("failed", exc_info=wrapped)
    found = lines()
    assert len(found) == 4
    assert "4111" not in json.dumps(found) and "ona@" not in json.dumps(found)
    number = "SQLITE_CONSTRAINT_PRIMARYKEY" if database.is_sqlite else "23505"
    assert found[0]["exception"][0]["error"] == f"sqlalchemy.exc.IntegrityError ({number})"


async def test_a_task_that_nobody_waits_for(database: Database, lines: Lines) -> None:
    async def fails() -> None:
        raise ValueError(WORDS)

    task = asyncio.ensure_future(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    __import__("gc").collect()
    [one] = [one for one in lines() if one["component"] == "asyncio"]
    assert one["event"] == "Task exception was never retrieved"
    assert one["exception"][0]["error"] == "ValueError" and "4111" not in json.dumps(one)


@pytest.mark.parametrize("where", ["boom()", "import threading; threading.Thread(target=boom).start()"])
def test_a_crash_is_a_line_too(where: str) -> None:
    code = f"""
from bot.runtime import log
log.configure()
def boom():
    raise ValueError({WORDS!r})
{where}
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    [one] = [json.loads(line) for line in run.stderr.splitlines()]
    assert one["event"] == "crashed" and one["exception"][0]["error"] == "ValueError"


def test_it_still_is_the_right_database(database: Database) -> None:
    """The errors above are real ones: the same statement works with another value."""
    with database.write() as connection:
        assert conversations.open_for(connection, "web", "default", "anna").id
