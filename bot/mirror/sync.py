"""Keeps conversations that a person is asked for the same here and at another desk.

Each round of one conversation reads what is there and takes it in, then writes what is missing there. What we
write carries a key, by which the next round knows it again: after a lost answer nothing is written twice. The
desk's webhooks only say that it is worth looking.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.mirror.external import ExternalDesk, ExternalError
from bot.mirror.pull import Arrivals
from bot.mirror.push import Departures, FileAwaited, identifier, look
from bot.runtime import log
from bot.runtime.loop import Loop, TaskPool
from store.core.database import Connection, Database
from store.desk import mirrors
from store.desk.mirrors import Mirror

AT_ONCE = 8
POLL_SECONDS = 1.0
LEASE = timedelta(minutes=2)  # for one round; then another process may try
ROUND_SECONDS = 90.0
STOP_SECONDS = 5.0
# How often a conversation is looked at whose webhooks are lost: at least, and when it is quiet.
CATCH_UP = timedelta(minutes=1)
FORGOTTEN = timedelta(days=2)  # a quiet one is no longer looked at
WAIT_FOR_FILES = timedelta(seconds=2)
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0  # seconds

_log = log.get("mirroring")


class Mirroring:
    """Runs from `start` until `stop`."""

    def __init__(
        self,
        database: Database,
        desk: ExternalDesk,
        arrivals: Arrivals,
        departures: Departures,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._desk = desk
        self._arrivals = arrivals
        self._departures = departures
        self._clock = clock
        self._loop = Loop("mirroring", self._look, POLL_SECONDS, _log)
        self.wake = self._loop.wake
        self._rounds = TaskPool(_log, "round_failed", most=AT_ONCE, ended=self.wake)

    async def start(self) -> None:
        await self._desk.start()
        await self._loop.start()

    async def stop(self) -> None:
        """Stops; a round under way has a moment to end, else it is begun anew after its lease."""
        await self._loop.stop(patience=None)
        await self._rounds.stop(STOP_SECONDS)
        await self._desk.stop()

    async def woken(self, external_id: str) -> bool:
        """Something has happened in a conversation there; whether it is one of ours."""
        known = await self._database.run(mirrors.wake, self._desk.name, external_id, self._clock())
        self.wake()
        return known

    async def _look(self) -> float:
        while not self._loop.stopping and await self.step():
            pass
        return POLL_SECONDS

    async def step(self) -> int:
        """Begins the rounds that are due, as far as there is room; how many."""
        room = self._rounds.room
        if room <= 0:
            return 0
        at = self._clock()
        until = at + LEASE
        new = await self._database.fetch(mirrors.missing, self._desk.name, room)
        if new:
            await self._database.run(mirrors.begin, self._desk.name, new, at)
        due = await self._database.fetch(mirrors.due, self._desk.name, at, room)
        if not due:
            return 0
        claimed = await self._database.run(mirrors.claim, due, at, until)
        for mirror in claimed:
            self._rounds.begin(self._round(mirror, until))
        return len(claimed)

    async def _round(self, mirror: Mirror, until: datetime) -> None:
        """One round, and when the next one is due."""
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                due_at = await self._sync(mirror)
        except ExternalError as error:
            await self._put_off(mirror, until, error)
        except FileAwaited:
            due_at, reason = self._clock() + WAIT_FOR_FILES, "waits for a file"
            await self._database.run(mirrors.release, mirror.id, until, due_at, reason=reason)
        except TimeoutError:
            await self._put_off(mirror, until, ExternalError("the round took too long"))
        except Exception as error:
            _log.exception("round_broke", conversation=mirror.conversation_id)
            await self._put_off(mirror, until, ExternalError(type(error).__name__))
        else:
            await self._database.run(mirrors.release, mirror.id, until, due_at)

    async def _put_off(self, mirror: Mirror, until: datetime, error: ExternalError) -> None:
        if error.gone:
            # It was deleted there. What people must know is written into a new one.
            lost = {"external_id": None, "contact_id": None, "read_id": 0, "handoff_id": 0, "status": None}
            await self._database.run(mirrors.note, mirror, **lost)
        seconds = error.retry_after
        if seconds is None:
            seconds = min(LONGEST_RETRY, FIRST_RETRY * 2**mirror.attempts)
        due_at = self._clock() + timedelta(seconds=seconds)
        attempts = min(mirror.attempts + 1, 30)
        await self._database.run(
            mirrors.release, mirror.id, until, due_at, attempts=attempts, reason=error.reason
        )
        _log.warning("mirror_put_off", conversation=mirror.conversation_id, reason=error.reason)

    async def _sync(self, mirror: Mirror) -> datetime | None:
        """Makes both sides the same; when to look again."""
        view = await self._database.fetch(look, mirror)
        if mirror.external_id is None:
            if not view.wanted:
                return None
            mirror = await self._departures.open(mirror, view, self._clock())
        assert mirror.external_id
        thread = await self._desk.read(mirror.external_id, identifier(view.conversation), mirror.read_id)
        mirror = await self._arrivals.take(mirror, thread)
        await self._departures.write(mirror)
        return await self._database.fetch(self._next_look, mirror)

    def _next_look(self, connection: Connection, mirror: Mirror) -> datetime | None:
        """The longer a conversation is quiet, the more seldom; soon while people have it."""
        at = self._clock()
        if mirrors.is_wanted(connection, mirror.conversation_id):
            return at + CATCH_UP
        quiet = at - mirrors.quiet_since(connection, mirror.conversation_id)
        return None if quiet > FORGOTTEN else at + max(CATCH_UP, quiet / 4)
