from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.shop.calendar.holidays import PublicHolidays, regions
from bot.shop.calendar.hours import OpeningHours, Promise, Shift, Stopwatch, parse_day
from bot.shop.calendar.service_clock import Due, ServiceClock, no_clock, parse_duration

When = Literal["now", "today", "tomorrow", "later"]
VILNIUS = ZoneInfo("Europe/Vilnius")
WORKDAY = parse_day("09:00-12:00, 13:00-18:00")
SATURDAY = parse_day("10:00-14:00")
WEEK = (*[WORKDAY] * 5, SATURDAY, ())


def at(day: str, clock: str, zone: ZoneInfo = VILNIUS, fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone, fold=fold)


def every_day(text: str, zone: ZoneInfo = VILNIUS) -> OpeningHours:
    return OpeningHours((parse_day(text),) * 7, zone)


hours = OpeningHours(WEEK, VILNIUS, frozenset({date(2026, 12, 24), date(2026, 12, 25)}))


@pytest.mark.parametrize(
    ("day", "clock", "is_open"),
    [
        ("2026-11-23", "08:59", False),
        ("2026-11-23", "09:00", True),
        ("2026-11-23", "11:59", True),
        ("2026-11-23", "12:00", False),
        ("2026-11-23", "12:30", False),
        ("2026-11-23", "13:00", True),
        ("2026-11-23", "18:00", False),
        ("2026-11-28", "13:59", True),
        ("2026-11-29", "11:00", False),
        ("2026-12-24", "11:00", False),
    ],
)
def test_is_open_by_the_shops_clock(day: str, clock: str, is_open: bool) -> None:
    assert hours.is_open(at(day, clock)) is is_open


def test_the_instant_counts_not_the_zone_it_is_written_in() -> None:
    jakarta = timezone(timedelta(hours=7))
    assert hours.is_open(datetime(2026, 11, 23, 14, 30, tzinfo=jakarta))  # 09:30 in Vilnius
    assert not hours.is_open(datetime(2026, 11, 23, 9, 30, tzinfo=jakarta))
    assert hours.is_open(datetime(2026, 11, 23, 7, 0, tzinfo=UTC))


def test_a_time_without_a_zone_is_refused() -> None:
    for ask in (hours.is_open, hours.next_opening, hours.answer_promise):
        with pytest.raises(ValueError, match="zone"):
            ask(datetime(2026, 11, 23, 10, 0))


@pytest.mark.parametrize(
    ("day", "clock", "expected", "promise"),
    [
        ("2026-11-23", "10:00", "2026-11-23T13:00", "now"),
        ("2026-11-23", "07:00", "2026-11-23T09:00", "today"),
        ("2026-11-23", "12:30", "2026-11-23T13:00", "today"),
        ("2026-11-23", "20:00", "2026-11-24T09:00", "tomorrow"),
        ("2026-11-28", "20:00", "2026-11-30T09:00", "later"),
        ("2026-11-29", "23:59", "2026-11-30T09:00", "tomorrow"),
        ("2026-12-23", "19:00", "2026-12-26T10:00", "later"),
    ],
)
def test_next_opening_and_promise(day: str, clock: str, expected: str, promise: When) -> None:
    opening = datetime.fromisoformat(expected).replace(tzinfo=VILNIUS)
    assert hours.next_opening(at(day, clock)) == opening
    said = hours.answer_promise(at(day, clock))
    assert said == (Promise("now") if promise == "now" else Promise(promise, opening))


def test_tomorrow_is_the_shops_tomorrow() -> None:
    # 23:30 UTC on Monday is already Tuesday in Vilnius.
    assert hours.answer_promise(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)).when == "today"


def test_nobody_ever_answers() -> None:
    never = OpeningHours(((),) * 7, VILNIUS)
    assert never.next_opening(at("2026-11-23", "10:00")) is None
    assert never.answer_promise(at("2026-11-23", "10:00")) == Promise("unknown")


def test_the_search_is_bounded() -> None:
    closed = frozenset(date(2026, 11, 23) + timedelta(days=n) for n in range(61))
    long_away = OpeningHours(WEEK, VILNIUS, closed)
    assert long_away.answer_promise(at("2026-11-23", "10:00")) == Promise("unknown")


@pytest.mark.parametrize(("day", "utc_hour"), [("2026-03-28", 7), ("2026-03-29", 6), ("2026-10-25", 7)])
def test_a_shift_starts_at_nine_whatever_the_clocks_did(day: str, utc_hour: int) -> None:
    opening = every_day("09:00-17:00").next_opening(at(day, "00:30"))
    assert opening is not None
    assert opening.astimezone(UTC).hour == utc_hour
    assert (opening.hour, str(opening.tzinfo)) == (9, "Europe/Vilnius")


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    night = every_day("03:30-05:00")  # on 25 October 2026 04:00 becomes 03:00 again
    assert not night.is_open(at("2026-10-25", "03:15"))
    assert night.is_open(at("2026-10-25", "03:30"))
    assert night.is_open(at("2026-10-25", "03:15", fold=1))
    early = every_day("02:00-03:30")
    assert early.is_open(at("2026-10-25", "03:15", fold=1))
    assert not early.is_open(at("2026-10-25", "03:30", fold=1))


def test_the_hour_that_never_comes() -> None:
    opening = every_day("03:30-06:00").next_opening(at("2026-03-29", "02:00"))  # 03:00 becomes 04:00
    assert opening is not None
    assert opening.astimezone(UTC) == opening  # an instant that exists
    assert opening.strftime("%H:%M") == "04:30"


def test_open_round_the_clock_has_no_gap_at_midnight() -> None:
    always = every_day("00:00-24:00", ZoneInfo("America/Santiago"))  # its clocks change at midnight
    instant = datetime(2026, 4, 1, tzinfo=UTC)
    while instant < datetime(2026, 10, 1, tzinfo=UTC):
        assert always.is_open(instant), instant
        instant += timedelta(minutes=53)


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10), timezones=st.just(UTC)))
def test_next_opening_is_the_nearest(instant: datetime) -> None:
    opening = hours.next_opening(instant)
    assert opening is not None and opening >= instant
    assert hours.is_open(opening)
    assert not hours.is_open(opening - timedelta(seconds=1))
    quarter = instant
    was_open = hours.is_open(quarter)
    while (quarter := quarter + timedelta(minutes=15)) < opening:
        assert was_open or not hours.is_open(quarter)
        was_open = hours.is_open(quarter)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Monday–Friday 09:00–12:00, 13:00–18:00; Saturday 10:00–14:00"),
        ("lt", "pirmadienis–penktadienis 09:00–12:00, 13:00–18:00; šeštadienis 10:00–14:00"),
        ("id", "Senin–Jumat 09.00–12.00, 13.00–18.00; Sabtu 10.00–14.00"),
    ],
)
def test_describe_in_a_language(language: str, text: str) -> None:
    assert hours.describe(language) == text


def test_describe_a_whole_week_and_the_end_of_a_day() -> None:
    assert every_day("00:00-24:00").describe("en") == "Monday–Sunday 00:00–24:00"
    assert OpeningHours(((),) * 7, VILNIUS).describe("en") == ""


def test_shifts_are_put_in_the_order_of_the_clock() -> None:
    assert parse_day("13:00-18:00,09:00 - 12:00") == (Shift(540, 720), Shift(780, 1080))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a shift"),
        ("9-18", "not a shift"),
        ("09:00", "not a shift"),
        ("09:00-12:00,", "not a shift"),
        ("09:00-25:00", "no clock shows"),
        ("09:00-24:01", "no clock shows"),
        ("09:75-12:00", "no clock shows"),
        ("18:00-09:00", "two shifts"),
        ("09:00-09:00", "ends before"),
        ("09:00-13:00, 12:00-18:00", "overlap"),
        ("\u0660\u0669:00-12:00", "not a shift"),
        ("09:00-12:00" * 1000, "not a shift"),
    ],
)
def test_a_wrong_day_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_day(text)


# --- holidays ---


@pytest.mark.parametrize(
    ("country", "days", "workdays"),
    [
        ("LT", "2026-02-16 2026-03-11 2026-06-24 2026-12-24 2026-12-25 2026-12-26", "2026-12-23 2026-12-28"),
        ("LV", "2026-06-23 2026-06-24 2026-11-18", "2026-06-25"),
        ("EE", "2026-02-24 2026-06-23 2026-08-20", "2026-02-23"),
        ("PL", "2026-06-04 2026-11-11", "2026-11-12"),
        ("KZ", "2026-03-21 2026-03-22 2026-03-23 2026-03-24 2026-12-16", "2026-03-26"),
        ("ID", "2026-02-17 2026-08-17 2026-12-25", "2026-12-24"),
        ("EU", "", "2026-12-25"),  # no country
    ],
)
def test_public_holidays(country: str, days: str, workdays: str) -> None:
    holidays = PublicHolidays(country)
    assert [day for day in days.split() if date.fromisoformat(day) not in holidays] == []
    assert [day for day in workdays.split() if date.fromisoformat(day) in holidays] == []
    assert "2026-12-25" not in holidays, "a text is no day"


def test_a_region_has_its_own() -> None:
    epiphany = date(2027, 1, 6)
    assert "BY" in regions("DE")
    assert epiphany in PublicHolidays("DE", "BY")
    assert epiphany not in PublicHolidays("DE")
    assert regions("LT") == [] == regions("EU")


def test_nobody_answers_on_a_holiday_unless_it_is_said() -> None:
    holiday, day_after = date(2026, 2, 16), date(2026, 2, 17)  # a Monday
    kept = OpeningHours(WEEK, VILNIUS, holidays=PublicHolidays("LT"))
    assert not kept.is_open(at("2026-02-16", "10:00"))
    assert kept.answer_promise(at("2026-02-14", "15:00")) == Promise("later", at("2026-02-17", "09:00"))
    short = OpeningHours(
        WEEK, VILNIUS, frozenset({day_after}), {holiday: parse_day("10:00-11:00")}, PublicHolidays("LT")
    )
    assert short.is_open(at("2026-02-16", "10:30"))
    assert not short.is_open(at("2026-02-16", "11:30"))
    assert short.next_opening(at("2026-02-16", "11:00")) == at("2026-02-18", "09:00")
    worked = OpeningHours(WEEK, VILNIUS, open_on={date(2026, 2, 15): SATURDAY})  # a Sunday
    assert worked.is_open(at("2026-02-15", "10:30"))


def test_a_whole_year_has_as_many_working_days_as_the_calendar_says() -> None:
    week = ((parse_day("09:00-17:00"),) * 5) + ((), ())
    year = Stopwatch(
        OpeningHours(week, VILNIUS, holidays=PublicHolidays("LT")),
        at("2026-01-01", "00:00"),
        at("2027-01-01", "00:00"),
    )
    # Of 261 weekdays, ten are holidays in 2026.
    assert year.seconds(at("2026-01-01", "00:00"), at("2027-01-01", "00:00")) == 251 * 8 * 3600


# --- opening time ---


@pytest.mark.parametrize(
    ("start", "work", "end"),
    [
        ("2026-11-23T10:00", 30, "2026-11-23T10:30"),
        ("2026-11-23T11:45", 15, "2026-11-23T12:00"),  # the very end of a shift
        ("2026-11-23T11:45", 30, "2026-11-23T13:15"),  # over lunch
        ("2026-11-23T03:00", 30, "2026-11-23T09:30"),
        ("2026-11-27T17:30", 60, "2026-11-28T10:30"),
        ("2026-11-28T13:30", 480, "2026-11-30T17:30"),
        ("2026-12-23T17:00", 480, "2026-12-28T12:00"),  # closed on 24, 25 and a Sunday
    ],
)
def test_opening_time_after_an_instant(start: str, work: int, end: str) -> None:
    since, until = (datetime.fromisoformat(one).replace(tzinfo=VILNIUS) for one in (start, end))
    assert hours.after(since, timedelta(minutes=work)) == until
    assert Stopwatch(hours, since, until).seconds(since, until) == work * 60


def test_a_night_shift_goes_on_over_midnight() -> None:
    night = every_day("00:00-04:00, 22:00-24:00")
    start = at("2026-11-23", "23:30")
    assert night.after(start, timedelta(hours=2)) == at("2026-11-24", "01:30")
    assert night.after(start, timedelta(hours=5)) == at("2026-11-24", "22:30")


def test_opening_time_on_nights_when_the_clocks_change() -> None:
    always, night = every_day("00:00-24:00"), every_day("00:00-06:00")
    for day, long in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)]:
        start = at(day, "00:00")
        end = start + timedelta(days=1)
        assert Stopwatch(always, start, end).seconds(start, end) == long * 3600
        assert Stopwatch(night, start, end).seconds(start, end) == (long - 18) * 3600
        assert always.after(start, timedelta(hours=long)) == end
    # Shifts that meet in the hour that comes twice count it once.
    met = every_day("02:00-03:30, 03:30-05:00")
    start = at("2026-10-25", "00:00")
    assert Stopwatch(met, start, at("2026-10-26", "00:00")).seconds(start, at("2026-10-26", "00:00")) == 14400


def test_never_open_is_never_due() -> None:
    never = OpeningHours(((),) * 7, VILNIUS)
    start = at("2026-11-23", "10:00")
    assert never.after(start, timedelta(minutes=1)) is None
    assert Stopwatch(never, start, start + timedelta(days=30)).seconds(start, start + timedelta(days=30)) == 0
    rarely = OpeningHours((parse_day("09:00-09:01"), *[()] * 6), VILNIUS)
    assert rarely.after(start, timedelta(hours=200)) is None, "not within a year"
    assert rarely.after(start, timedelta(minutes=3)) == at("2026-12-14", "09:01")


def test_time_runs_forwards_only() -> None:
    start, end = at("2026-11-23", "10:00"), at("2026-11-23", "11:00")
    assert Stopwatch(hours, start, end).seconds(end, start) == 0
    assert Stopwatch(hours, end, start).seconds(start, end) == 0, "before the span"
    for ask in (
        lambda: hours.after(datetime(2026, 1, 1), timedelta(hours=1)),
        lambda: Stopwatch(hours, datetime(2026, 1, 1), datetime(2026, 1, 2)),
    ):
        with pytest.raises(ValueError, match="zone"):
            ask()


@settings(max_examples=80, deadline=None)
@given(
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10), timezones=st.just(UTC)),
    st.integers(1, 60 * 60),
)
def test_adding_opening_time_and_measuring_it_agree(instant: datetime, minutes: int) -> None:
    work = timedelta(minutes=minutes)
    end = hours.after(instant, work)
    assert end is not None and end > instant
    assert Stopwatch(hours, instant, end).seconds(instant, end) == pytest.approx(work.total_seconds())
    assert hours.is_open(end - timedelta(microseconds=1))


def test_the_service_clock() -> None:
    clock = ServiceClock(hours, timedelta(minutes=30), timedelta(hours=8))
    night = at("2026-11-23", "22:00")
    assert clock.due(night) == Due(at("2026-11-24", "09:30"), at("2026-11-24", "18:00"))
    assert ServiceClock(hours, timedelta(minutes=5)).due(night).end is None
    assert no_clock(night) == Due()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30 minutes", 30),
        ("1 minute", 1),
        (" 8 hours ", 480),
        ("1 hour 30 minutes", 90),
        ("200 hours", 12_000),
    ],
)
def test_a_length_of_time(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "30", "8h", "half an hour", "-5 minutes", "1.5 hours", "2 days", "0 minutes", "201 hours",
        "99999 minutes", "30 minutes 1 hour", "1 hour30 minutes", "\u0663 hours", "8 hours" * 9999,
    ],
)  # fmt: skip
def test_a_wrong_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_duration(text)
