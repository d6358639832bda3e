"""Wrong tries to sign in with e-mails that nobody has: counted as an account's are, but in memory."""

from collections import OrderedDict
from datetime import datetime, timedelta

from store.agents import Attempt

MAX_FAILURES = 5  # in a row
LOCK = timedelta(minutes=15)


class Strangers:
    """So that a lock doesn't tell whether there is an account. The e-mail unused the longest is forgotten
    first."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._known: OrderedDict[str, tuple[int, datetime | None]] = OrderedDict()

    def attempt(self, email: str, at: datetime) -> Attempt:
        """Counts a try, as `store.agents.attempt` does."""
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
