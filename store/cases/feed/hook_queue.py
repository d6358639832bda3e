"""What the shop's own system has yet to be told of cases: each event, those of one case in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, exists, func, insert, literal, select, update

from store.cases import timeline
from store.core.job_queue import JobQueue, is_free
from store.tables import case_events, case_hooks
from store.tables import cases as cases_table
from store.tables.base import Instant
from store.vocabulary import HookState

AT_ONCE: Final = 1000  # events that are noted in one transaction

QUEUE = JobQueue(case_hooks, parked=HookState.FAILED)


@dataclass(frozen=True, slots=True)
class Hook:
    """An event to be told. `attempts`: in vain before this one."""

    id: int
    event_id: int
    case_id: int
    attempts: int


_COLUMNS = (case_hooks.c.id, case_hooks.c.event_id, case_hooks.c.case_id, case_hooks.c.attempts)


def begin(connection: Connection, at: datetime) -> None:
    """Whoever is told of cases from now on isn't told what happened before: that can be had by `replay`."""
    if _begun(connection):
        return
    last = timeline.settle(connection)
    if _begun(connection):  # by somebody else, meanwhile
        return
    mark = {"event_id": None, "case_id": 0, "state": HookState.SKIPPED, "due_at": at, "created_at": at}
    connection.execute(insert(case_hooks).values(**mark))
    connection.execute(_adding(at, HookState.SKIPPED, case_events.c.id == last))


def note_new(connection: Connection, at: datetime) -> int:
    """Notes the events that aren't noted yet; how many."""
    last: int = connection.execute(select(func.max(case_events.c.id))).scalar() or 0
    if last <= _noted(connection):
        return 0
    last = timeline.settle(connection)
    new = and_(case_events.c.id > _noted(connection), case_events.c.id <= last)
    return len(connection.execute(_adding(at, HookState.WAITING, new, AT_ONCE)).all())


def claim(connection: Connection, at: datetime, until: datetime, limit: int) -> list[Hook]:
    """Leases events that can be told: of each case the first one."""
    before = case_hooks.alias()
    first = ~exists().where(
        before.c.case_id == case_hooks.c.case_id,
        before.c.event_id < case_hooks.c.event_id,
        before.c.state == HookState.WAITING,
    )
    return QUEUE.claim(connection, select(*_COLUMNS).where(first), _hook, at, until, limit)


def replay(
    connection: Connection, at: datetime, *, since: datetime | None = None, number: str | None = None
) -> int:
    """Has events told again: of a time and later, or of one case, or both; how many. Raises `LookupError` for
    a case that there isn't."""
    begin(connection, at)
    wanted = case_events.c.id > 0
    if since is not None:
        wanted = and_(wanted, case_events.c.at >= since)
    if number is not None:
        of = select(cases_table.c.id).where(cases_table.c.number == number.strip().upper())
        case_id = connection.execute(of).scalar()
        if case_id is None:
            raise LookupError(number)
        wanted = and_(wanted, case_events.c.case_id == case_id)
    timeline.settle(connection)
    noted = exists().where(case_hooks.c.event_id == case_events.c.id)
    missing = and_(wanted, ~noted, case_events.c.id <= _noted(connection))
    events = select(case_events.c.id).where(wanted)
    again = connection.execute(
        update(case_hooks)
        .where(case_hooks.c.event_id.in_(events), is_free(case_hooks, at))
        .values(state=HookState.WAITING, attempts=0, due_at=at, leased_until=None, reason=None)
    ).rowcount
    # Those that nobody has noted yet come by themselves.
    return again + len(connection.execute(_adding(at, HookState.WAITING, missing)).all())


def parked(connection: Connection) -> int:
    """How many were given up."""
    count: int = connection.execute(
        select(func.count()).select_from(case_hooks).where(case_hooks.c.state == HookState.FAILED)
    ).scalar_one()
    return count


def _begun(connection: Connection) -> bool:
    return connection.execute(select(case_hooks.c.id).limit(1)).first() is not None


def _noted(connection: Connection) -> int:
    return connection.execute(select(func.max(case_hooks.c.event_id))).scalar() or 0


def _adding(at: datetime, state: HookState, which: Any, limit: int | None = None) -> Any:
    new = (
        select(
            case_events.c.id,
            case_events.c.case_id,
            literal(state.value),
            literal(0),
            literal(at, Instant()),
            literal(at, Instant()),
        )
        .where(which)
        .order_by(case_events.c.id)
        .limit(limit)
    )
    columns = ["event_id", "case_id", "state", "attempts", "due_at", "created_at"]
    adding = insert(case_hooks).from_select(columns, new, include_defaults=False)
    return adding.returning(case_hooks.c.id)


def _hook(row: Sequence[Any]) -> Hook:
    return Hook(*row)
