"""Long polling: how updates come where Telegram can't reach us."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from channels.telegram.api import TelegramApi
from channels.telegram.errors import explain, seconds_to_wait
from channels.telegram.updates import Updates

WAIT_SECONDS = 25.0  # that Telegram holds a request open
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
CONFLICT_PAUSE = 30.0

T = TypeVar("T")

_log = logging.getLogger("aftercare.channels.telegram")


class Poller:
    """Asks for updates until it is stopped. Telegram forgets an update only when it is asked for those behind
    it, which happens after it is stored: a crash at any moment loses none."""

    def __init__(self, api: TelegramApi, updates: Updates) -> None:
        self._api = api
        self._updates = updates
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._calling: asyncio.Task[Any] | None = None

    def start(self) -> None:
        """Begins on the running loop."""
        self._stopping.clear()
        self._task = asyncio.create_task(self._run(), name="telegram-poll")

    async def stop(self) -> None:
        """Ends; what is being stored is stored."""
        self._stopping.set()
        if self._calling:
            self._calling.cancel()
        if self._task:
            await self._task

    async def _run(self) -> None:
        offset: int | None = None
        failures = 0
        webhook_gone = False
        while not self._stopping.is_set():
            try:
                if not webhook_gone:
                    # Telegram gives updates in one way only; what waits stays.
                    await self._call(self._api.delete_webhook())
                    webhook_gone = True
                found = await self._call(self._api.updates(offset, WAIT_SECONDS))
                offset = await self._take(found)
                failures = 0
            except asyncio.CancelledError:
                if not self._stopping.is_set():
                    raise
            except Exception as error:
                failures += 1
                if isinstance(error, InvalidToken):
                    await self._updates.refused()
                await self._pause(self._told(error, failures))

    async def _call(self, call: Coroutine[Any, Any, T]) -> T:
        """A call of the API, which `stop` need not wait for."""
        task = asyncio.create_task(call)
        self._calling = task
        try:
            return await task
        finally:
            self._calling = None

    async def _take(self, found: list[Any]) -> int | None:
        """Stores what came, and where to go on from: None is the first that Telegram has not forgotten, since
        ids may begin anew somewhere after a quiet week. Raises what the store raises, in the end: one update
        that it refuses does not hold up the others."""
        updates = [one for one in found if isinstance(one, Mapping) and isinstance(one.get("update_id"), int)]
        if not updates:
            if found:
                raise ValueError("no updates")
            return None
        try:
            await self._updates.take(updates)
        except Exception:
            if len(updates) == 1:
                raise
            await self._one_by_one(updates)
        return int(updates[-1]["update_id"]) + 1

    async def _one_by_one(self, updates: list[Mapping[str, Any]]) -> None:
        failed: Exception | None = None
        for update in updates:
            try:
                await self._updates.take([update])
            except Exception as error:
                failed = failed or error
        if failed:
            raise failed

    def _told(self, error: Exception, failures: int) -> float:
        """Logs an error; the seconds to wait after it."""
        if isinstance(error, RetryAfter):
            return seconds_to_wait(error)
        pause = random.uniform(0.5, 1) * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 10))
        if isinstance(error, Conflict):
            _log.warning("telegram: somebody else takes this bot's updates, by polling or by a webhook")
            return CONFLICT_PAUSE
        if isinstance(error, InvalidToken):
            _log.error("telegram: %s", explain(error))
            return LONGEST_PAUSE
        if isinstance(error, TelegramError):
            # A home's connection comes and goes: once is no news.
            level = logging.WARNING if failures > 1 else logging.INFO
            _log.log(level, "telegram: polling failed %d times: %s", failures, explain(error))
        else:
            _log.error(
                "telegram: updates could not be stored, which is tried again: %s", type(error).__name__
            )
        return pause

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
