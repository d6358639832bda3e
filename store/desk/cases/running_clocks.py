"""The clocks of cases that run: how much of their time is over, and what agents were told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from store.cases.machine import OPEN
from store.desk.cases.listing import OURS
from store.tables import case_deadlines, cases
from store.vocabulary import DeadlineKind

PARTS: Final = (100, 80, 50)  # per cent of the time, of which agents are told
MAX_RUNNING: Final = 5000  # clocks that one look takes in, those that run out first


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of a case. `warned`: the part of its time, in per cent, that was told of last. `agent_id`: who
    looks after the case."""

    id: int
    case_id: int
    number: str
    kind: DeadlineKind
    starts_at: datetime
    due_at: datetime
    warned: int
    agent_id: int | None

    def part(self, at: datetime) -> int:
        """The largest of `PARTS` that is over; 0: none."""
        return next((part for part in PARTS if self._reached(part) <= at), 0)

    @property
    def ours(self) -> bool:
        """Whether it is the shop that has to act."""
        return self.kind in OURS

    def _reached(self, part: int) -> datetime:
        return self.starts_at + (self.due_at - self.starts_at) * part / 100


def to_tell(connection: Connection, at: datetime, limit: int) -> list[Clock]:
    """Clocks that have come to a part of which nobody was told; those that run out first come first. After a
    standstill it is the last part only."""
    rows = connection.execute(
        select(
            case_deadlines.c.id,
            case_deadlines.c.case_id,
            cases.c.number,
            case_deadlines.c.kind,
            case_deadlines.c.starts_at,
            case_deadlines.c.due_at,
            case_deadlines.c.warned,
            cases.c.agent_id,
        )
        .join(cases, cases.c.id == case_deadlines.c.case_id)
        .where(
            case_deadlines.c.met_at.is_(None),
            case_deadlines.c.warned < PARTS[0],
            case_deadlines.c.starts_at <= at,
            cases.c.state.in_(OPEN),
        )
        .order_by(case_deadlines.c.due_at, case_deadlines.c.id)
        .limit(MAX_RUNNING)
    )
    running = (Clock(*row) for row in rows)
    return [one for one in running if one.part(at) > one.warned][:limit]


def say(connection: Connection, clock_id: int, part: int) -> bool:
    """Notes that agents are told of a part. False if they were told already, or what it waits for is done
    meanwhile: of several processes one is told True."""
    noted = connection.execute(
        update(case_deadlines)
        .where(
            case_deadlines.c.id == clock_id,
            case_deadlines.c.warned < part,
            case_deadlines.c.met_at.is_(None),
        )
        .values(warned=part)
    )
    return noted.rowcount == 1
