"""Rows that are work to be done later: claimed for a while, then ended, put off, or given up.

A table is a queue of jobs by the columns of `store.tables.base.job_columns`. Whoever claims a row leases it
`until` a moment; that moment is also the proof by which the claim is known again. A lease that ran out
belongs to nobody: what its holder says later counts for nothing.

Times are wall clock. If that is set back, what was put off or leased seems to lie far ahead; but no pause is
longer than `HORIZON` and no lease than `LONGEST_LEASE`, so whatever lies further ahead is due.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy import update as update_rows

from store.core.outage import is_outage

T = TypeVar("T")

HORIZON = timedelta(hours=1)
LONGEST_LEASE = timedelta(minutes=10)
MAX_REASON = 200

_log = logging.getLogger(__name__)


class JobQueue:
    """The jobs of one table. `waiting`, `leased` and `parked` are what its `state` says of a job; where
    `leased` is left out, a row's lease tells by itself and one that ran out makes the row due again.
    `at_end`: values of a job that is over, for what is not to be kept. `horizon`: None where jobs may rightly
    lie further ahead. `indexed`: the condition of a partial index that holds for all jobs not over."""

    def __init__(
        self,
        table: Table,
        *,
        waiting: str = "waiting",
        leased: str | None = None,
        parked: str = "failed",
        at_end: Mapping[str, Any] | None = None,
        horizon: timedelta | None = HORIZON,
        indexed: ColumnElement[bool] | None = None,
    ) -> None:
        self.table = table
        self._waiting = waiting
        self._leased = leased or waiting
        self._parked = parked
        self._at_end = dict(at_end or {})
        self._horizon = horizon
        # Spelled like the condition of a partial index, which a bound parameter would not serve.
        in_index = true() if indexed is None else indexed
        self.is_waiting = and_(in_index, table.c.state == literal_column(f"'{waiting}'"))
        self._is_leased = and_(in_index, table.c.state == self._leased)

    # --- which ---

    def is_due(self, at: datetime) -> ColumnElement[bool]:
        """Whether a row may be claimed."""
        c = self.table.c
        due = or_(c.due_at <= at, c.due_at == c.leased_until)
        if self._horizon is not None:
            due = or_(due, c.due_at > at + self._horizon)
        return and_(self.is_waiting, is_free(self.table, at), due)

    def is_abandoned(self, at: datetime) -> ColumnElement[bool]:
        """Whether a row's lease ran out before anybody said what became of it."""
        c = self.table.c
        return and_(self._is_leased, c.leased_until.is_not(None), is_free(self.table, at))

    # --- what becomes of them ---

    def claim(
        self,
        connection: Connection,
        statement: Select[Any],
        make: Callable[[Sequence[Any]], T],
        at: datetime,
        until: datetime,
        limit: int,
    ) -> list[T]:
        """Leases due rows `until` a moment and counts the attempt; what `make` makes of each as it was
        before. `statement` selects from the table, its id first, and may ask for more. A row that can't be
        read is given up."""
        c = self.table.c
        # Nothing but ids is read here, so that no row can stand in the others' way.
        ids: list[int] = list(
            connection.execute(
                statement.with_only_columns(c.id, maintain_column_froms=True)
                .where(self.is_due(at))
                .order_by(c.due_at, c.id)
                .limit(limit)
                .with_for_update(of=self.table, skip_locked=True)
            ).scalars()
        )
        found = self._read(connection, statement, make, ids) if ids else {}
        if found:
            connection.execute(
                update_rows(self.table)
                .where(c.id.in_(list(found)))
                .values(state=self._leased, due_at=until, leased_until=until, attempts=c.attempts + 1)
            )
        return list(found.values())

    def _read(
        self,
        connection: Connection,
        statement: Select[Any],
        make: Callable[[Sequence[Any]], T],
        ids: Sequence[int],
    ) -> dict[int, T]:
        """What rows make, in the order of their `ids` and without those that are not wanted any more: all at
        once, or if that fails one by one."""
        c = self.table.c
        try:
            with connection.begin_nested():
                rows = connection.execute(statement.where(c.id.in_(ids))).all()
            made = {row[0]: make(row) for row in rows}
            return {one: made[one] for one in ids if one in made}
        except Exception as error:
            if is_outage(error):
                raise
            failure = error
        if len(ids) > 1:
            found: dict[int, T] = {}
            for one in ids:
                found |= self._read(connection, statement, make, [one])
            return found
        kind = type(failure).__name__
        _log.error("row %d of %s can't be read and is given up: %s", ids[0], self.table.name, kind)
        ended = {"state": self._parked, **self._at_end, "reason": f"can't be read: {kind}"[:MAX_REASON]}
        connection.execute(update_rows(self.table).where(c.id == ids[0]).values(**ended))
        return {}

    def unclaim(self, connection: Connection, until: datetime, at: datetime) -> int:
        """Gives back all that was claimed `until` a moment, as whoever claimed it never heard of it: that was
        no attempt. How many jobs that were."""
        c = self.table.c
        return connection.execute(
            update_rows(self.table)
            .where(c.leased_until == until)
            .values(state=self._waiting, leased_until=None, due_at=at, attempts=c.attempts - 1)
        ).rowcount

    def retry(
        self, connection: Connection, job_id: int, until: datetime, due_at: datetime, reason: str
    ) -> bool:
        """Has a job that failed tried again. Here and below: False if the lease `until` is lost."""
        return self._release(
            connection, job_id, until, state=self._waiting, due_at=due_at, reason=reason[:MAX_REASON]
        )

    def postpone(self, connection: Connection, job_id: int, until: datetime, due_at: datetime) -> bool:
        """Puts off a job that was not even tried: that is no attempt."""
        attempts = self.table.c.attempts - 1
        return self._release(connection, job_id, until, state=self._waiting, due_at=due_at, attempts=attempts)

    def end(self, connection: Connection, /, job_id: int, until: datetime, state: str, **values: Any) -> bool:
        """Ends a job in a state."""
        return self._release(connection, job_id, until, **{"state": state, **self._at_end, **values})

    def park(self, connection: Connection, job_id: int, until: datetime, reason: str) -> bool:
        """Gives a job up: it stays, with the reason, and is not tried again."""
        return self.end(connection, job_id, until, self._parked, reason=reason[:MAX_REASON])

    def park_abandoned(self, connection: Connection, at: datetime, attempts: int) -> int:
        """Gives up jobs that were abandoned for the `attempts`-th time, as whoever takes them dies or hangs;
        how many."""
        c = self.table.c
        ended = {"state": self._parked, "leased_until": None, **self._at_end}
        return connection.execute(
            update_rows(self.table)
            .where(self.is_abandoned(at), c.attempts >= attempts)
            .values(**ended, reason=f"not finished within its time, {attempts} times")
        ).rowcount

    def _release(self, connection: Connection, job_id: int, until: datetime, **values: Any) -> bool:
        c = self.table.c
        return (
            connection.execute(
                update_rows(self.table)
                .where(c.id == job_id, c.leased_until == until)
                .values(leased_until=None, **values)
            ).rowcount
            == 1
        )

    # --- figures ---

    def next_due(self, connection: Connection) -> datetime | None:
        """When the first job may be claimed: due then, or abandoned."""
        found: datetime | None = connection.execute(
            select(func.min(self.table.c.due_at)).where(self.is_waiting)
        ).scalar()
        return found

    def backlog(self, connection: Connection) -> tuple[int, datetime | None]:
        """How many jobs wait, and since when (or until when) the first one does."""
        row: Any = connection.execute(
            select(func.count(), func.min(self.table.c.due_at)).where(self.is_waiting)
        ).one()
        return int(row[0]), row[1]


def is_free(table: Table, at: datetime) -> ColumnElement[bool]:
    """Whether nobody is at a row."""
    until = table.c.leased_until
    return or_(until.is_(None), until <= at, until > at + LONGEST_LEASE)
