"""Until when a customer who asked for a person shall be answered, and helped: in opening hours."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.shop.calendar.hours import OpeningHours

LONGEST = timedelta(hours=200)

_DURATION = re.compile(r"(?:(\d{1,3}) hours?)?(?:(?:^| )(\d{1,5}) minutes?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Due:
    """When (UTC) the first answer and the end of a request are due; None: at no time."""

    answer: datetime | None = None
    end: datetime | None = None


DueBy = Callable[[datetime], Due]


@dataclass(frozen=True, slots=True)
class ServiceClock:
    """`first_response` and `resolution`: in opening time; None where nothing is promised."""

    hours: OpeningHours
    first_response: timedelta | None = None
    resolution: timedelta | None = None

    def due(self, at: datetime) -> Due:
        """The due times of a request that was made at `at`."""
        return Due(self._after(at, self.first_response), self._after(at, self.resolution))

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
