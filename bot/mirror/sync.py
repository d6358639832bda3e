"""Keeps conversations that a person is asked for the same here and at another desk.

Each round of one conversation reads what is there and takes it in, then writes what is missing there. What we
write carries a key, by which the next round knows it again: after a lost answer nothing is written twice. The
desk's webhooks only say that it is worth looking.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.mirror.external import ExternalDesk, ExternalError
from bot.mirror.pull import Pull
from bot.mirror.push import FileAwaited, Push, identifier, look
from bot.runtime import log, metrics
from bot.runtime.work.jobs import Backoff, JobError, Jobs, utc_now
from store.core import channel_faults
from store.core.database import Connection, Database
from store.desk import mirrors
from store.desk.mirrors import Mirror

ROUND_SECONDS = 90.0
# How often a conversation is looked at whose webhooks are lost: at least, and when it is quiet.
CATCH_UP = timedelta(minutes=1)
FORGOTTEN = timedelta(days=2)  # a quiet one is no longer looked at
WAIT_FOR_FILES = timedelta(seconds=2)

_log = log.get("mirroring")


class PutOff(JobError):
    """A round failed; `cause` is what the other desk said."""

    def __init__(self, cause: ExternalError) -> None:
        super().__init__(cause.reason, retry_after=cause.retry_after)
        self.cause = cause


class Sync(Jobs[Mirror]):
    """Runs from `start` until `stop`. A mirror is due again and again, so none ends or is given up."""

    kind = "mirroring"
    at_once = 8
    lease = timedelta(minutes=2)
    backoff = Backoff(5.0, 300.0)
    # Most is found by what conversations are like, not by a time.
    look_every = 1.0

    def __init__(
        self,
        database: Database,
        desk: ExternalDesk,
        arrivals: Pull,
        departures: Push,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(database, clock)
        self._desk = desk
        self._arrivals = arrivals
        self._departures = departures

    async def start(self) -> None:
        await self._desk.start()
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        await self._desk.stop()

    async def woken(self, external_id: str) -> bool:
        """Something has happened in a conversation there; whether it is one of ours."""
        known = await self._database.run(mirrors.wake, self._desk.name, external_id, self._clock())
        self.wake()
        return known

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> Sequence[Mirror]:
        new = mirrors.missing(connection, self._desk.name, room)
        mirrors.begin(connection, self._desk.name, new, at)
        return mirrors.claim(connection, mirrors.due(connection, self._desk.name, at, room), at, until)

    def next_due(self, connection: Connection) -> None:
        return None

    def abandoned(self, connection: Connection, at: datetime) -> int:
        return 0

    def put_off(self, connection: Connection, mirror: Mirror, until: datetime, due_at: datetime) -> None:
        mirrors.release(connection, mirror.id, until, due_at, attempts=mirror.attempts)

    def unclaim(self, connection: Connection, until: datetime, at: datetime) -> None:
        mirrors.give_back(connection, until, at)

    async def run(self, mirror: Mirror, until: datetime) -> None:
        """One round, and when the next one is due."""
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                due_at = await self._sync(mirror)
        except ExternalError as error:
            raise PutOff(error) from error
        except FileAwaited:
            due_at, reason = self._clock() + WAIT_FOR_FILES, "waits for a file"
            await self._database.run(mirrors.release, mirror.id, until, due_at, reason=reason)
        except TimeoutError as error:
            raise PutOff(ExternalError("the round took too long")) from error
        else:
            await self._database.run(self._release, mirror, until, due_at)

    def _release(
        self, connection: Connection, mirror: Mirror, until: datetime, due_at: datetime | None
    ) -> None:
        mirrors.release(connection, mirror.id, until, due_at)
        channel_faults.clear(connection, self._desk.name)

    def failed(self, connection: Connection, mirror: Mirror, until: datetime, error: JobError) -> str:
        if isinstance(error, PutOff) and error.cause.gone:
            # It was deleted there. What people must know is written into a new one.
            lost = {"external_id": None, "contact_id": None, "read_id": 0, "handoff_id": 0, "status": None}
            mirrors.note(connection, mirror, **lost)
        if isinstance(error, PutOff) and error.cause.fault:
            metrics.refusals.labels(self._desk.name, error.cause.fault).inc()
            channel_faults.note(
                connection, self._desk.name, "", error.cause.fault, error.reason, self._clock()
            )
        due_at = self._clock() + self.backoff.pause(mirror.attempts, error.retry_after)
        attempts = min(mirror.attempts + 1, 30)
        mirrors.release(connection, mirror.id, until, due_at, attempts=attempts, reason=error.reason)
        _log.warning("mirror_put_off", conversation=mirror.conversation_id, reason=error.reason)
        return "retried"

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
