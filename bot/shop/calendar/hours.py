"""When somebody of the shop answers: opening hours in the shop's own time."""

import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import get_day_names

from bot.shop.wording.dates import clock

SEARCH_DAYS = 60
WORK_DAYS = 366  # within which opening time is looked for

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
    """`shifts`: seven days, Monday first. `closed_on`: dates on which nobody works, as on `holidays`.
    `open_on`: dates with shifts of their own, whatever else is said of them."""

    shifts: tuple[Day, ...]
    timezone: ZoneInfo
    closed_on: frozenset[date] = frozenset()
    open_on: Mapping[date, Day] = field(default_factory=dict)
    holidays: Container[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.shifts) != 7:
            raise ValueError("a week has seven days")

    def is_open(self, at: datetime) -> bool:
        """Whether a person answers at this instant. Raises ValueError for a time without a zone."""
        return any(start <= at < end for start, end in self._openings(_instant(at), days=1))

    def works_on(self, day: date) -> bool:
        """Whether somebody works on a day."""
        return bool(self._shifts(day))

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

    def after(self, at: datetime, work: timedelta) -> datetime | None:
        """The instant (UTC) at which the shop will have been open for `work` (more than none) since `at`;
        None if that isn't within `WORK_DAYS`. Raises ValueError for a time without a zone."""
        for start, end in self.stretches(_instant(at), WORK_DAYS):
            if end - start >= work:
                return start + work
            work -= end - start
        return None

    def stretches(self, at: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Start and end (UTC) of the stretches of opening time from `at` on, in their order, none over
        another; at least those of the next `days` days."""
        done = at.astimezone(UTC)
        # A shift of the day before may end later, on the night when an hour comes twice.
        for start, end in self._openings(at - timedelta(days=1), days + 2):
            if end > done:
                yield max(start, done), end
                done = end

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
            for shift in self._shifts(day):
                end = max(self._utc(day, shift.end), self._utc(day, shift.end, fold=1))
                yield self._utc(day, shift.start), end

    def _shifts(self, day: date) -> Day:
        if day in self.open_on:
            return self.open_on[day]
        usual = self.shifts[day.weekday()]
        # The holidays come last: asking for the first one loads a library.
        return () if day in self.closed_on or (usual and day in self.holidays) else usual

    def _utc(self, day: date, minutes: int, fold: int = 0) -> datetime:
        # Wall-clock arithmetic first, the zone last: a shift starts at 09:00 whatever the clocks did
        # that night. A start in the hour that comes twice is its first, an end its second coming.
        wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return wall.replace(tzinfo=self.timezone, fold=fold).astimezone(UTC)


class Stopwatch:
    """Opening time between instants of one span, added up once: cheap for thousands of them."""

    def __init__(self, hours: OpeningHours, start: datetime, end: datetime) -> None:
        days = max(0, (end - start).days) + 1
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        self._before: list[float] = []  # seconds open before each start
        total = 0.0
        for opened, closed in hours.stretches(_instant(start), days):
            self._starts.append(opened)
            self._ends.append(closed)
            self._before.append(total)
            total += (closed - opened).total_seconds()

    def seconds(self, start: datetime, end: datetime) -> float:
        """How long the shop was open from `start` to `end`; what lies before the span doesn't count."""
        return max(0.0, self._until(end) - self._until(start))

    def _until(self, at: datetime) -> float:
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0.0
        return self._before[index] + (min(at, self._ends[index]) - self._starts[index]).total_seconds()


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return at


def _clock(minutes: int, language: str) -> str:
    text = clock(time(minutes // 60 % 24, minutes % 60), language)
    # "00:00" as the end of a day reads like its start.
    return re.sub(r"^0+", "24", text) if minutes == 1440 else text
