"""Whether the database is there, is told within a second, and a start waits for it in one line."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from bench.process import free_port
from bot.runtime import health as health_module
from bot.runtime.health import Health, NotCurrent
from store.core import schema
from store.core.database import Database
from store.core.schema import SchemaError
from tests.faults.proxy import Proxy
from tests.server import COMMAND


async def test_it_answers_while_the_database_does(database: Database) -> None:
    health = Health(database)
    assert await asyncio.gather(*(health.check() for _ in range(5))) == [0] * 5


async def test_missing_tables_are_told(empty: Database) -> None:
    with pytest.raises(NotCurrent):
        await Health(empty).check()


async def test_a_database_that_holds_everybody_up_is_told_as_away_and_then_as_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "CHECK_SECONDS", 0.2)
    health = Health(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await health.check()
    monkeypatch.setattr(health_module, "CHECK_SECONDS", 20.0)
    assert await health.check() == 0


async def test_connections_that_hang_are_not_asked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the pool's hang at something else, and the look goes by."""
    if database.is_sqlite:
        pytest.skip("SQLite has no connections that hang")
    monkeypatch.setattr(health_module, "CHECK_SECONDS", 20.0)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(_connection: object) -> None:
        asyncio.run_coroutine_threadsafe(over.wait(), loop).result()

    hanging = [asyncio.create_task(database.run(hang)) for _ in range(20)]
    await asyncio.sleep(0)
    assert await Health(database).check() == 0
    over.set()
    await asyncio.gather(*hanging)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """One that takes no writes: that it can be read says nothing."""
    database = Database(f"sqlite:///{tmp_path}/full.db")
    schema.upgrade(database)

    async def full() -> None:
        with database.read() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(Exception, match="readonly"):
            await Health(database).check()

    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    asyncio.run(full())
    database.close()


def test_a_start_without_its_database_ends_in_one_line(tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://shop:pass-word@127.0.0.1:{free_port()}/shop"
    environment = {**os.environ, "DATABASE_URL": nowhere, "AFTERCARE_DATABASE_WAIT": "2"}
    environment["AFTERCARE_SPOOL"] = str(tmp_path)
    ended = subprocess.run(
        [COMMAND, "run", "--port", str(free_port())],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr and "pass-word" not in ended.stderr
    assert ended.stderr.count("the database does not answer yet, which is waited for") == 1
    assert ended.stderr.splitlines()[-1].startswith("the database does not answer:")


async def test_a_start_waits_for_its_database(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite is always there")
    direct = Database(database_url)
    proxy = Proxy(direct.engine.url.host or "127.0.0.1", direct.engine.url.port or 5432)
    await proxy.start()
    await proxy.refuse()
    url = direct.engine.url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    late = Database(url)
    with pytest.raises(SchemaError, match="does not answer"):
        await asyncio.to_thread(schema.upgrade, late)
    waiting = asyncio.create_task(asyncio.to_thread(schema.upgrade, late, 60.0))
    await asyncio.sleep(0.1)
    await proxy.start()
    await waiting
    with direct.read() as connection:
        assert schema.is_current(connection)
    late.close()
    direct.close()
    await proxy.stop()
