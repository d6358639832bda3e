"""Tries to sign in: counted before they are judged, so that tries side by side can't outrun the count."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.runtime.http.refusals import TooManyRequests
from store.accounts import agents, audit
from store.accounts.agents import Attempt, Credentials
from store.core.database import Connection, Database

MAX_FAILURES = 5  # in a row
LOCK = timedelta(minutes=15)


class Locked(TooManyRequests):
    """Too many wrong tries to sign in: again after some seconds."""

    code = "locked"

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many tries. Wait as long as Retry-After says.", retry_after=seconds)


class Strangers:
    """Tries with e-mails that nobody has: counted as an account's are, but in memory, so that a lock doesn't
    tell whether there is an account. The e-mail unused the longest is forgotten first."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._known: OrderedDict[str, tuple[int, datetime | None]] = OrderedDict()

    def attempt(self, email: str, at: datetime) -> Attempt:
        """Counts a try, as `store.accounts.agents.attempt` does."""
        failures, until = self._known.pop(email, (0, None))
        if until and until > at:
            self._known[email] = (failures, until)
            return Attempt(until, False)
        count = (0 if until else failures) + 1
        locking = count >= MAX_FAILURES
        self._known[email] = (count, at + LOCK if locking else None)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return Attempt(None, locking)


class Attempts:
    """Tries with any e-mail; `clock` gives the time."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._strangers = Strangers()

    async def begin(self, email: str) -> tuple[Attempt, Credentials | None]:
        """Counts a try; what it is to be judged by, if there is such an account. Raises `Locked`."""
        now = self._clock()

        def count(connection: Connection) -> tuple[Attempt | None, Credentials | None]:
            attempt = agents.attempt(connection, email, now, MAX_FAILURES, now + LOCK)
            agent = agents.find(connection, email)
            return attempt, agents.credentials(connection, agent.id) if agent else None

        counted, found = await self._database.run(count)
        attempt = counted or self._strangers.attempt(email, now)
        if attempt.locked_until:
            raise Locked((attempt.locked_until - now).total_seconds())
        return attempt, found

    async def failed(self, email: str, attempt: Attempt, request_id: str) -> None:
        """Notes that a try was wrong."""
        details = {"locked": True} if attempt.locking else {}

        def note(connection: Connection) -> None:
            audit.record(connection, None, "sign_in_failed", "", details, who=email, request_id=request_id)

        await self._database.run(note)
