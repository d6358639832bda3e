"""The program starts as a whole or not at all, and stops whatever goes wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import compose
from bot.compose import Program
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from store.core.database import Database
from tests.fakes.assistant import FakeAssistant
from tests.paths import ROOT


class Part:
    """Notes what is done with it in `done`, and fails at what `fails` names."""

    def __init__(self, name: str, done: list[str], fails: str = "") -> None:
        self.name, self.done, self.fails = name, done, fails

    async def start(self) -> None:
        await self._do("start")

    async def stop(self) -> None:
        await self._do("stop")

    async def _do(self, what: str) -> None:
        self.done.append(f"{what} {self.name}")
        if what == self.fails:
            raise RuntimeError(f"{self.name} does not {what}")


@pytest.fixture
def program(migrated_file: Path, tmp_path: Path) -> Program:
    database = Database(f"sqlite:///{tmp_path}/one.db")
    settings = replace(
        Settings.load({"AFTERCARE_SECRET": "s" * 32}), files=tmp_path, mail=tmp_path, spool=tmp_path
    )
    return compose.program(settings, Knowledge.load(ROOT), FakeAssistant(), database)


def parts(program: Program, **fails: str) -> list[str]:
    """Has the program consist of a, b and c, of which some fail; what is done with them."""
    done: list[str] = []
    program.parts = [Part(name, done, fails.get(name, "")) for name in "abc"]
    return done


def is_closed(program: Program) -> bool:
    return program.database._writer._pool._shutdown


async def test_parts_stop_in_the_reverse_order(program: Program) -> None:
    done = parts(program)
    await program.start()
    assert not is_closed(program)
    await program.stop()
    assert done == ["start a", "start b", "start c", "stop c", "stop b", "stop a"] and is_closed(program)


async def test_a_part_that_does_not_start_leaves_none_running(program: Program) -> None:
    done = parts(program, b="start")
    with pytest.raises(RuntimeError, match="b does not start"):
        await program.start()
    assert done == ["start a", "start b", "stop b", "stop a"] and is_closed(program)
    await program.stop()
    assert done[4:] == []


async def test_a_part_that_does_not_stop_hinders_no_other(program: Program) -> None:
    done = parts(program, b="stop", c="stop")
    await program.start()
    with pytest.raises(RuntimeError, match="b does not stop"):
        await program.stop()
    assert done[3:] == ["stop c", "stop b", "stop a"] and is_closed(program)


async def test_the_real_parts_start_and_stop(program: Program, tmp_path: Path) -> None:
    from store.core import schema

    schema.upgrade(program.database)
    await program.start()
    await program.stop()
    kinds: list[Any] = [type(part).__name__ for part in program.parts]
    assert kinds[0] == "Bus" and len(kinds) == len(set(kinds))
