"""Looks for work again and again, in one task: at once when it is told of some, else after a while; and does
some of it side by side."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


class Outage:
    """Something that may fail for a while, as a database does: logged when it begins and when it is over, as
    `<name>_failed` and `<name>_recovered`, and not each time in between."""

    def __init__(self, name: str, log: Any) -> None:
        self._name = name
        self._log = log
        self._lasts = False

    def failed(self, error: BaseException) -> None:
        if not self._lasts:
            self._log.error(f"{self._name}_failed", exc_info=error)
        self._lasts = True

    def over(self) -> None:
        if self._lasts:
            self._log.info(f"{self._name}_recovered")
        self._lasts = False


class Loop:
    """`look` does what there is to do and returns the seconds until it is worth looking again, by a clock
    that nobody can set. One that fails is called again after `most` seconds."""

    def __init__(self, name: str, look: Callable[[], Awaitable[float]], most: float, log: Any) -> None:
        self._name = name
        self._look = look
        self._most = most
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.outage = Outage(name, log)
        self.stopping = False  # `look` begins nothing new then

    async def start(self) -> None:
        """Starts the task on the running loop."""
        self.stopping = False
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self, patience: float | None = 0.0) -> None:
        """Stops when `look` has returned; after `patience` seconds it is cancelled, with None never."""
        self.stopping = True
        self._wake.set()
        if self._task:
            await asyncio.wait([self._task], timeout=patience)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    async def _run(self) -> None:
        while not self.stopping:
            self._wake.clear()
            try:
                wait = await self._look()
                self.outage.over()
            except Exception as error:
                self.outage.failed(error)
                wait = self._most
            if not self.stopping:
                # Not wait_for: before Python 3.12 it loses a cancellation that meets the event.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()


class TaskPool:
    """Tasks side by side, at most `most`, if that is given. Each one's end calls `ended`: there is room. One
    that fails is logged as `failed`; none drops its exception."""

    def __init__(
        self, log: Any, failed: str, *, most: int | None = None, ended: Callable[[], None] | None = None
    ) -> None:
        self._log = log
        self._failed = failed
        self._most = most
        self._ended = ended
        self.tasks: set[asyncio.Task[Any]] = set()

    @property
    def room(self) -> int:
        """How many more may begin."""
        return sys.maxsize if self._most is None else self._most - len(self.tasks)

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def stop(self, patience: float = 0.0) -> None:
        """Waits so many seconds for what is under way, and cancels the rest."""
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if self._ended:
            self._ended()
        if not task.cancelled() and (error := task.exception()):
            self._log.error(self._failed, exc_info=error)
