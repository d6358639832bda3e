"""Until when a customer who asked for a person shall be answered, and helped: in opening hours."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.shop.calendar.hours import OpeningHours

LONGEST = timedelta(hours=200)
WEEK_DAYS = 7

_DURATION = re.compile(r"(?:(\d{1,3}) hours?)?(?:(?:^| )(\d{1,5}) minutes?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Due:
    """When (UTC) the first answer and the end of a request are due, and when a customer who still waits is
    told so; None: at no time."""

    answer: datetime | None = None
    end: datetime | None = None
    reminder: datetime | None = None


DueBy = Callable[[datetime], Due]


@dataclass(frozen=True, slots=True)
class ServiceClock:
    """`first_response` and `resolution`: in opening time; None where nothing is promised. `remind_after`: how
    long a customer waits without a word, None for ever."""

    hours: OpeningHours
    first_response: timedelta | None = None
    resolution: timedelta | None = None
    remind_after: timedelta | None = None

    def due(self, at: datetime) -> Due:
        """The due times of a request that was made at `at`."""
        return Due(self._after(at, self.first_response), self._after(at, self.resolution), self.reminder(at))

    def reminder(self, at: datetime) -> datetime | None:
        """When a customer who was told at `at` that somebody answers, and still waits, is told again: after
        some opening time, or when the shop closes before, since what was said is no longer true then."""
        if not self.remind_after:
            return None
        due = self._after(at, self.remind_after)
        return min((one for one in (due, self._closing(at)) if one), default=None)

    def _closing(self, at: datetime) -> datetime | None:
        """When the shop closes that is open at `at`; None if it isn't, or doesn't."""
        for start, end in self.hours.stretches(at, WEEK_DAYS):
            if start > at:
                break
            if not self.hours.is_open(end):
                return end
            at = end
        return None

    def _after(self, at: datetime, work: timedelta | None) -> datetime | None:
        return self.hours.after(at, work) if work else None


def no_clock(_at: datetime) -> Due:
    """Nothing is promised."""
    return Due()


def parse_duration(text: str) -> timedelta:
    """Reads "30 minutes", "8 hours" or "1 hour 30 minutes". Raises ValueError, saying what to write
    instead."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f'"{text[:80]}" is not a length of time; write for example 30 minutes or 8 hours')
    hours, minutes = (int(part or 0) for part in match.groups())
    length = timedelta(hours=hours, minutes=minutes)
    if not timedelta() < length <= LONGEST:
        raise ValueError(f'"{text}" is no usable length of time; write from 1 minute to 200 hours')
    return length
