"""Tasks in the background: none drops its exception."""

import ast
import asyncio
from typing import Any

from bot.runtime.work.loop import TaskPool
from tests.paths import ROOT

# Each of these waits for its tasks, or catches what they raise.
OWN_TASKS = {
    "bot/runtime/work/loop.py",
    "bot/conversation/relay.py",
    "bot/runtime/health.py",
    "channels/telegram/poll.py",
    "channels/web/events.py",
}


class Heard:
    """A logger that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Any]] = []

    def error(self, event: str, exc_info: Any = None) -> None:
        self.lines.append((event, exc_info))


async def test_what_fails_is_logged_and_makes_room() -> None:
    heard, ended = Heard(), []
    pool = TaskPool(heard, "round_failed", most=2, ended=lambda: ended.append(1))
    error = RuntimeError("broken")

    async def fails() -> None:
        raise error

    pool.begin(fails())
    pool.begin(asyncio.sleep(60))
    assert pool.room == 0
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert heard.lines == [("round_failed", error)] and ended == [1] and pool.room == 1
    await pool.stop()
    assert pool.tasks == set() and len(heard.lines) == 1, "what was cancelled is no failure"


def test_tasks_begin_in_a_pool() -> None:
    """A task of one's own may fail unheard."""
    found = set()
    for folder in ("bot", "channels", "actions", "store"):
        for path in (ROOT / folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            calls = [node for node in nodes if isinstance(node, ast.Call)]
            names = {getattr(call.func, "attr", getattr(call.func, "id", "")) for call in calls}
            if names & {"create_task", "ensure_future", "run_coroutine_threadsafe"}:
                found.add(str(path.relative_to(ROOT)))
    assert {one for one in found if "/simulator/" not in one} == OWN_TASKS
