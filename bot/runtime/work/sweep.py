"""Work that has no row of its own: it is found, again and again, by what the database looks like."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import ClassVar, Concatenate, ParamSpec, TypeVar

from bot.runtime import log, metrics
from bot.runtime.work.jobs import utc_now
from bot.runtime.work.loop import Loop
from store.core.database import Connection, Database

P = ParamSpec("P")
T = TypeVar("T")


class Sweep(ABC):
    """Looks every few seconds, and at once when it is woken. Each thing found is a transaction of its own:
    one that fails holds up no other, and is found again by the next look."""

    kind: ClassVar[str]
    look_every: ClassVar[float] = 5.0

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._loop = Loop(self.kind, self._look, self.look_every, log.get(self.kind))
        self.start, self.stop, self.wake = self._loop.start, self._loop.stop, self._loop.wake
        self._error: Exception | None = None

    @abstractmethod
    async def find(self) -> int:
        """Finds what there is to do and has it done by `_do`; how much that was."""

    async def sweep(self) -> int:
        """Does what there is to do; how much that was. Raises, in the end, the first error of something that
        failed."""
        self._error = None
        count = await self.find()
        if self._error:
            raise self._error
        return count

    async def _look(self) -> float:
        await self.sweep()
        return self.look_every

    async def _do(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Runs `work(connection, …)`; None if it fails."""
        began = perf_counter()
        try:
            done = await self._database.run(work, *args, **kwargs)
        except Exception as error:
            self._error = self._error or error
            metrics.jobs.labels(self.kind, "retried").inc()
            return None
        if done:
            metrics.jobs.labels(self.kind, "done").inc()
            metrics.job_seconds.labels(self.kind).observe(perf_counter() - began)
        return done
