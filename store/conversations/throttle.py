"""Wrong proofs, counted over all conversations, channels and processes, and the waits that they lead to.

Whoever guesses can begin a new conversation, come from another network, and write in another's name. So what
is tried is counted too, not only who tries. Each count drains by itself and each wait ends by itself: nobody
is shut out for ever. One network fills its own counts long before those that it shares with the rightful
owner.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from store.tables import throttles
from store.vocabulary import ThrottleScope as Scope


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` wrong tries lead to no wait; one is forgiven after `each`. No wait is longer than `longest`."""

    free: int
    each: timedelta
    longest: timedelta = timedelta(hours=6)


LIMITS: Mapping[Scope, Limit] = {
    Scope.CONVERSATION: Limit(4, timedelta(hours=6)),
    # Thousands of a mobile provider's customers share an address, and each mistypes now and then.
    Scope.NETWORK: Limit(30, timedelta(minutes=2), timedelta(minutes=5)),
    # Of one network's two a day the contact itself forgives four: it never waits by one network's doing.
    Scope.CONTACT_FROM: Limit(4, timedelta(hours=12)),
    Scope.NUMBER_FROM: Limit(4, timedelta(hours=12)),
    Scope.CONTACT: Limit(14, timedelta(hours=6)),
    Scope.NUMBER: Limit(14, timedelta(hours=6)),
}
# After the first try that isn't free, the second …; the last one holds for all that follow.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
PASS = timedelta(hours=1)  # for which a person's hand-back spares a conversation what others have done
FORGOTTEN = timedelta(days=30)  # after which every count has drained
_OWN = frozenset({Scope.CONVERSATION, Scope.NETWORK})  # of who tries; the others are of what is tried


@dataclass(slots=True)
class _Count:
    id: int
    level: float
    waits_until: datetime | None
    passes_until: datetime | None


class Attempt:
    """One try at `at`, under the lock of all its counts: two at once don't slip through together."""

    def __init__(self, connection: Connection, counts: Mapping[Scope, _Count], at: datetime) -> None:
        self._connection = connection
        self._counts = counts
        self._at = at
        own = counts.get(Scope.CONVERSATION)
        passed = own is not None and _ahead(own.passes_until, at, PASS)
        self._waiting = frozenset(
            scope
            for scope, count in counts.items()
            if waits(count.waits_until, at) and (scope == Scope.CONVERSATION or not passed)
        )

    @property
    def waiting(self) -> bool:
        """Whether nothing may be told, however right the try is."""
        return bool(self._waiting)

    def fail(self) -> bool:
        """Counts a wrong try, or one that came too early; whether its conversation has to wait from now on,
        and hadn't before. What waits isn't held up longer by it, nor is what others share held to account
        for a try that was none."""
        begins = False
        for scope, count in self._counts.items():
            if self._waiting and scope not in _OWN:
                continue
            limit = LIMITS[scope]
            before = count.level
            # Bounded, so that it drains within days whatever it was.
            count.level = min(before + 1, float(limit.free + len(WAITS)))
            if scope not in self._waiting:
                count.waits_until = _wait(count.level, limit, self._at) or count.waits_until
            if scope == Scope.CONVERSATION:
                begins = before <= limit.free < count.level
            self._connection.execute(
                update(throttles)
                .where(throttles.c.id == count.id)
                .values(level=count.level, counted_at=self._at, waits_until=count.waits_until)
            )
        return begins


def attempt(
    connection: Connection,
    conversation_id: int | None,
    network: str,
    at: datetime,
    contact: str | None = None,
    number: str | None = None,
) -> Attempt:
    """Begins a try of a conversation's, or of a page that has none, from `network`: with a contact and an
    order's number, or else with a code. Looked up and locked alike, whether they exist or not."""
    tried = {Scope.NETWORK: network}
    if conversation_id is not None:
        tried[Scope.CONVERSATION] = str(conversation_id)
    if contact is not None and number is not None:
        tried |= {
            Scope.CONTACT: contact,
            Scope.NUMBER: number,
            Scope.CONTACT_FROM: f"{network} {contact}",
            Scope.NUMBER_FROM: f"{network} {number}",
        }
    keys = {scope: key(scope, text) for scope, text in tried.items()}
    # In one order everywhere, so that two tries wait for each other instead of locking up.
    rows = [{"scope": scope, "key": keys[scope], "counted_at": at} for scope in sorted(keys)]
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(throttles).on_conflict_do_nothing(), rows)
    wanted = [and_(throttles.c.scope == scope, throttles.c.key == keys[scope]) for scope in sorted(keys)]
    counts: dict[Scope, _Count] = {}
    for condition in wanted:
        row = connection.execute(select(throttles).where(condition).with_for_update()).one()
        counts[Scope(row.scope)] = _Count(row.id, drained(row, at), row.waits_until, row.passes_until)
    return Attempt(connection, counts, at)


def forgive(connection: Connection, conversation_id: int, at: datetime) -> None:
    """A person has seen to a conversation: it begins afresh, and for a while what others did in its
    customer's name doesn't hold it up."""
    row = {
        "scope": Scope.CONVERSATION,
        "key": key(Scope.CONVERSATION, str(conversation_id)),
        "level": 0.0,
        "counted_at": at,
        "waits_until": None,
        "passes_until": at + PASS,
    }
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(throttles).values(**row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["scope", "key"],
            set_={name: statement.excluded[name] for name in row if name not in ("scope", "key")},
        )
    )


def forget(connection: Connection, at: datetime) -> int:
    """Deletes the counts that have drained; how many."""
    return connection.execute(delete(throttles).where(throttles.c.counted_at < at - FORGOTTEN)).rowcount


def tell(connection: Connection, at: datetime, quiet: timedelta) -> dict[Scope, int]:
    """Notes that the shop is told of all that waits but conversations; how many of each scope. Nothing, if it
    was told within `quiet`; of several processes one gets it."""
    last = connection.execute(select(func.max(throttles.c.alerted_at))).scalar()
    if last is not None and at - quiet < last <= at:
        return {}
    new = and_(
        throttles.c.scope.not_in([Scope.CONVERSATION, Scope.SIGN_IN]),
        throttles.c.waits_until > at,
        or_(throttles.c.alerted_at.is_(None), throttles.c.alerted_at <= at - quiet),
    )
    noted = update(throttles).where(new).values(alerted_at=at).returning(throttles.c.scope)
    rows = connection.execute(noted).scalars().all()
    counts: dict[Scope, int] = {}
    for scope in rows:
        counts[Scope(scope)] = counts.get(Scope(scope), 0) + 1
    return counts


def waiting(connection: Connection, at: datetime) -> dict[Scope, int]:
    """How many proofs wait, by scope."""
    rows = connection.execute(
        select(throttles.c.scope, func.count())
        .where(throttles.c.waits_until > at, throttles.c.scope != Scope.SIGN_IN)
        .group_by(throttles.c.scope)
    ).all()
    return dict.fromkeys(LIMITS, 0) | {Scope(scope): count for scope, count in rows}


# --- arithmetic ----------------------------------------------------------------------------------


def key(scope: Scope, text: str) -> str:
    """What stands for a contact, number or network: it keeps their number of bytes alike, and them unread."""
    return hashlib.sha256(f"{scope}:{text}".encode()).hexdigest()


def waits(until: datetime | None, at: datetime) -> bool:
    """Whether a wait lasts. One that seems longer than any tells that the clock was set back."""
    return _ahead(until, at, WAITS[-1])


def _ahead(until: datetime | None, at: datetime, most: timedelta) -> bool:
    return until is not None and at < until <= at + most


def drained(row: Any, at: datetime) -> float:
    """The level of a count at a moment."""
    forgiven = max(timedelta(0), at - row.counted_at) / LIMITS[Scope(row.scope)].each
    left: float = row.level - forgiven
    return max(0.0, left)


def _wait(level: float, limit: Limit, at: datetime) -> datetime | None:
    over = math.ceil(level - limit.free)
    return at + min(WAITS[min(over, len(WAITS)) - 1], limit.longest) if over > 0 else None
