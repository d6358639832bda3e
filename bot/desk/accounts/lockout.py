"""Tries to sign in: counted before they are judged, so that tries side by side can't outrun the count."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.runtime.http.refusals import TooManyRequests
from store.accounts import agents, audit, strangers
from store.accounts.agents import Attempt, Credentials
from store.core.database import Connection, Database

MAX_FAILURES = 5  # in a row
LOCK = timedelta(minutes=15)


class Locked(TooManyRequests):
    """Too many wrong tries to sign in: again after some seconds."""

    code = "locked"

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many tries. Wait as long as Retry-After says.", retry_after=seconds)


class Attempts:
    """Tries with any e-mail; `clock` gives the time."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, email: str) -> tuple[Attempt, Credentials | None]:
        """Counts a try; what it is to be judged by, if there is such an account. Raises `Locked`."""
        now = self._clock()

        def count(connection: Connection) -> tuple[Attempt, Credentials | None]:
            attempt = agents.attempt(connection, email, now, MAX_FAILURES, now + LOCK)
            if attempt is None:
                attempt = strangers.attempt(connection, email, now, MAX_FAILURES, now + LOCK)
            agent = agents.find(connection, email)
            return attempt, agents.credentials(connection, agent.id) if agent else None

        attempt, found = await self._database.run(count)
        if attempt.locked_until:
            raise Locked((attempt.locked_until - now).total_seconds())
        return attempt, found

    async def failed(self, email: str, attempt: Attempt, request_id: str) -> None:
        """Notes that a try was wrong."""
        details = {"locked": True} if attempt.locking else {}

        def note(connection: Connection) -> None:
            audit.record(connection, None, "sign_in_failed", "", details, who=email, request_id=request_id)

        await self._database.run(note)
