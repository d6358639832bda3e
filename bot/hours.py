"""When somebody of the shop answers: opening hours in the shop's own time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import get_day_names

from bot.dates import clock

SEARCH_DAYS = 60

_SHIFT = re.compile(r"(\d\d):(\d\d)\s*[-–]\s*(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """A stretch of one day, in minutes after midnight on the wall clock; `end` may be 1440 (24:00)."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Shift":
        """Reads "09:00-12:30". Raises ValueError, saying what to write instead."""
        match = _SHIFT.fullmatch(text.strip())
        if not match:
            raise ValueError(f'"{text}" is not a shift; write for example 09:00-12:30')
        start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
        start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
        if max(start_minute, end_minute) > 59 or max(start, end) > 1440:
            raise ValueError(f'"{text}" has a time that no clock shows; write from 00:00 to 24:00')
        if start >= end:
            raise ValueError(
                f'"{text}" ends before it starts; write a night as two shifts, up to 24:00 and from 00:00'
            )
        return cls(start, end)


Day = tuple[Shift, ...]  # in the order of the clock, not overlapping


def parse_day(text: str) -> Day:
    """Reads "09:00-12:00, 13:00-18:00". Raises ValueError, saying what to write instead."""
    shifts = tuple(sorted(Shift.parse(part) for part in text.split(",")))
    for earlier, later in pairwise(shifts):
        if later.start < earlier.end:
            raise ValueError(f'"{text}" has shifts that overlap; write each hour once')
    return shifts


@dataclass(frozen=True, slots=True)
class Promise:
    """When a person answers; `at` is set for `today`, `tomorrow` and `later`, in the shop's time zone."""

    when: Literal["now", "today", "tomorrow", "later", "unknown"]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """`shifts`: seven days, Monday first. `closed_on`: dates on which nobody works."""

    shifts: tuple[Day, ...]
    timezone: ZoneInfo
    closed_on: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.shifts) != 7:
            raise ValueError("a week has seven days")

    def is_open(self, at: datetime) -> bool:
        """Whether a person answers at this instant. Raises ValueError for a time without a zone."""
        return any(start <= at < end for start, end in self._openings(_instant(at), days=1))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first start of a shift at `at` or later, in the shop's time zone; the shift that runs
        already doesn't count. None if there is none within `SEARCH_DAYS`. Raises ValueError for a time
        without a zone."""
        openings = self._openings(_instant(at), days=SEARCH_DAYS + 1)
        start = next((start for start, _ in openings if start >= at), None)
        return start.astimezone(self.timezone) if start else None

    def answer_promise(self, at: datetime) -> Promise:
        """What can honestly be said to a customer who asks for a person at this instant."""
        if self.is_open(at):
            return Promise("now")
        opening = self.next_opening(at)
        if opening is None:
            return Promise("unknown")
        days = (opening.date() - at.astimezone(self.timezone).date()).days
        return Promise("today" if days == 0 else "tomorrow" if days == 1 else "later", opening)

    def describe(self, language: str) -> str:
        """The week as text: "Monday–Friday 09:00–12:00, 13:00–18:00; Saturday 10:00–14:00". Days without
        hours are left out."""
        names = get_day_names("wide", "stand-alone", locale=language)
        parts = []
        for shifts, group in groupby(range(7), key=lambda day: self.shifts[day]):
            days = list(group)
            if not shifts:
                continue
            label = "–".join(names[day] for day in dict.fromkeys((days[0], days[-1])))
            hours = ", ".join(f"{_clock(s.start, language)}–{_clock(s.end, language)}" for s in shifts)
            parts.append(f"{label} {hours}")
        return "; ".join(parts)

    def _openings(self, at: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Start and end (UTC) of the shifts of `days` days from the local day of `at` on."""
        today = at.astimezone(self.timezone).date()
        for day in (today + timedelta(days=n) for n in range(days)):
            if day not in self.closed_on:
                for shift in self.shifts[day.weekday()]:
                    end = max(self._utc(day, shift.end), self._utc(day, shift.end, fold=1))
                    yield self._utc(day, shift.start), end

    def _utc(self, day: date, minutes: int, fold: int = 0) -> datetime:
        # Wall-clock arithmetic first, the zone last: a shift starts at 09:00 whatever the clocks did
        # that night. A start in the hour that comes twice is its first, an end its second coming.
        wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return wall.replace(tzinfo=self.timezone, fold=fold).astimezone(UTC)


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return at


def _clock(minutes: int, language: str) -> str:
    text = clock(time(minutes // 60 % 24, minutes % 60), language)
    # "00:00" as the end of a day reads like its start.
    return re.sub(r"^0+", "24", text) if minutes == 1440 else text
