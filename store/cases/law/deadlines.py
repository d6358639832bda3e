"""Days and periods as laws count them: Regulation (EEC, Euratom) 1182/71, which Directive 2011/83/EU follows.

The day of the event doesn't count. A period ends with the last hour of its last day; a customer's that would
end on a Saturday, Sunday or public holiday ends with the next working day. What the shop has to do is not put
off like that: sooner is never wrong.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from store.cases.law.rules import Period, Unit
from store.vocabulary import DeadlineKind

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Deadline:
    """What must be done until `due_at`, the last instant of a day; both times in UTC. `rule`: its name in
    `data/rights.yml`, or "shop"."""

    kind: DeadlineKind
    starts_at: datetime
    due_at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one country. `works_on`: whether a day is a working day there."""

    zone: ZoneInfo
    works_on: Callable[[date], bool]

    def day(self, at: datetime) -> date:
        """The day that an instant belongs to."""
        return at.astimezone(self.zone).date()

    def last_day(self, at: datetime, period: Period) -> date:
        """The last day of a period that begins with an event at `at`."""
        first = self.day(at)
        match period.unit:
            case Unit.DAYS:
                return first + timedelta(days=period.amount)
            case Unit.WORKING_DAYS:
                return self._after_working_days(first, period.amount)
            case Unit.MONTHS:
                return _after_months(first, period.amount)
            case Unit.YEARS:
                return _after_months(first, 12 * period.amount)

    def rolled(self, day: date) -> date:
        """The day itself if it is a working day, else the next one that is."""
        return day if self.works_on(day) else self._after_working_days(day, 1)

    def end(self, day: date) -> datetime:
        """The last instant (UTC) of a day."""
        midnight = datetime.combine(day + timedelta(days=1), time(), self.zone)
        return midnight.astimezone(UTC) - timedelta.resolution

    def _after_working_days(self, day: date, count: int) -> date:
        # A calendar without working days would have us search for ever.
        for _ in range(366 + 7 * count):
            if count == 0:
                break
            day += timedelta(days=1)
            count -= self.works_on(day)
        return day


def weekday(day: date) -> bool:
    """Whether a day is from Monday to Friday."""
    return day.weekday() < _SATURDAY


def _after_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
