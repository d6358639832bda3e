"""Windows and deadlines against another reckoning: day by day, on a calendar that is written down."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.shop import laws as tables
from store.cases.law.claims import Assessment, Rights
from store.cases.law.deadlines import Calendar, weekday
from store.cases.law.rules import Period, Unit
from store.orders.orders import Line, Order, Payment, Shipment
from store.vocabulary import CaseKind, DeadlineKind, OrderState, PaymentState, ShipmentState, Wish
from tests.store.cases.situations import TERMS

LAWS = tables.load()
RIGHTS = Rights(LAWS, TERMS)
MANY = settings(max_examples=10_000 if os.environ.get("THOROUGH") else 300, deadline=None, database=None)

# Lithuania's public holidays as they stand in the law, those left out that always are Sundays.
LT_FIXED = {
    (1, 1), (2, 16), (3, 11), (5, 1), (6, 24), (7, 6), (8, 15), (11, 1), (11, 2), (12, 24), (12, 25),
    (12, 26),
}  # fmt: skip
EASTER_SUNDAYS = {
    2026: date(2026, 4, 5), 2027: date(2027, 3, 28), 2028: date(2028, 4, 16), 2029: date(2029, 4, 1),
    2030: date(2030, 4, 21), 2031: date(2031, 4, 13), 2032: date(2032, 3, 28),
}  # fmt: skip
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 11, 30), timezones=st.just(UTC))


def is_workday(day: date) -> bool:
    """In Lithuania."""
    return (
        day.isoweekday() <= 5
        and (day.month, day.day) not in LT_FIXED
        and day != EASTER_SUNDAYS[day.year] + timedelta(days=1)
    )


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def day_after(day: date, days: int) -> date:
    """Counted one by one; the first day doesn't count."""
    for _ in range(days):
        day = date.fromordinal(day.toordinal() + 1)
    return day


def same_day(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def next_workday(day: date) -> date:
    while not is_workday(day):
        day = day_after(day, 1)
    return day


def midnight(day: date, zone: str) -> datetime:
    """The first instant of the day after: the earliest hour of UTC at which it is that day there."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    while at.astimezone(ZoneInfo(zone)).date() <= day:
        at += timedelta(minutes=15)
    return at


def ordered(came: datetime | None, country: str = "LT", **more: object) -> Order:
    parcel = Shipment("Omniva", None, None, ShipmentState.DELIVERED, None, None, (), came)
    placed = (came or datetime(2026, 6, 1, tzinfo=UTC)) - timedelta(days=3)
    money = Decimal("30.00")
    order = Order(
        1, "1", 1, "A", "lt", "a@b.example", None, OrderState.DELIVERED, "EUR", money, "", placed, None,
        (Line("A", "A", 1, money, 0, money),), (parcel,),
        (Payment(PaymentState.DONE, "card", money, "EUR", placed),), (), (), country,
    )  # fmt: skip
    return replace(order, **more)  # type: ignore[arg-type]


def assess(order: Order, kind: CaseKind, at: datetime) -> Assessment:
    return RIGHTS.assess(order, {0: 1}, kind, at)


@MANY
@given(MOMENTS)
@example(datetime(2026, 10, 11, 20, 59, 59, tzinfo=UTC))  # the last second of a day in Vilnius
@example(datetime(2026, 10, 11, 21, 0, 0, tzinfo=UTC))
@example(datetime(2028, 2, 15, 10, tzinfo=UTC))  # to the twenty-ninth of February
@example(datetime(2027, 3, 14, 22, 30, tzinfo=UTC))  # clocks go forward inside it, Easter at its end
@example(datetime(2026, 10, 11, 22, 30, tzinfo=UTC))  # clocks go back inside it
@example(datetime(2026, 12, 11, 10, tzinfo=UTC))  # Christmas
@example(datetime(2026, 12, 18, 10, tzinfo=UTC))  # New Year
def test_the_window_of_fourteen_days(came: datetime) -> None:
    last = next_workday(day_after(local_day(came, "Europe/Vilnius"), 14))
    end = midnight(last, "Europe/Vilnius")
    found = assess(ordered(came), CaseKind.WITHDRAWAL, came)
    assert (found.last_day, found.until) == (last, end - timedelta(microseconds=1))
    assert assess(ordered(came), CaseKind.RETURN, end - timedelta(seconds=1)).kind == CaseKind.WITHDRAWAL
    assert assess(ordered(came), CaseKind.RETURN, end).kind == CaseKind.RETURN


@MANY
@given(MOMENTS)
@example(datetime(2028, 2, 29, 10, tzinfo=UTC))
@example(datetime(2028, 2, 28, 22, 30, tzinfo=UTC))
def test_the_guarantee_of_two_years(came: datetime) -> None:
    last = next_workday(same_day(local_day(came, "Europe/Vilnius"), 2))
    found = assess(ordered(came), CaseKind.DEFECT, came)
    assert found.last_day == last
    assert found.until == midnight(last, "Europe/Vilnius") - timedelta(microseconds=1)


@MANY
@given(MOMENTS)
def test_the_shops_own_thirty_days(came: datetime) -> None:
    last = next_workday(day_after(local_day(came, "Europe/Vilnius"), 30))
    found = assess(ordered(came), CaseKind.WITHDRAWAL, came)
    assert found.shop_until == midnight(last, "Europe/Vilnius") - timedelta(microseconds=1)


@MANY
@given(MOMENTS, st.sampled_from(sorted({zone for area in LAWS.areas.values() for zone in area})))
def test_every_country_ends_its_days_on_its_own_clock(came: datetime, country: str) -> None:
    zone = RIGHTS.calendar(country).zone
    found = assess(ordered(came, country), CaseKind.WITHDRAWAL, came)
    assert found.last_day and found.until
    assert found.until == midnight(found.last_day, zone.key) - timedelta(microseconds=1)
    # Whatever the holidays, it never ends earlier than the law says, nor on a weekend.
    days = 2 if country == "ID" else 14
    assert found.last_day >= day_after(local_day(came, zone.key), days)
    assert found.last_day.isoweekday() <= 5
    assert found.last_day <= day_after(local_day(came, zone.key), days + 21)


@MANY
@given(MOMENTS)
def test_what_the_shop_must_do_in_lithuania(stated: datetime) -> None:
    stated_day = local_day(stated, "Europe/Vilnius")
    fourteen = day_after(stated_day, 14)
    found = assess(ordered(stated), CaseKind.WITHDRAWAL, stated)
    due = {one.kind: one for one in RIGHTS.deadlines(found, stated)}
    assert set(due) == {DeadlineKind.REFUND, DeadlineKind.SEND_BACK}
    assert due[DeadlineKind.REFUND].due_at == midnight(fourteen, "Europe/Vilnius") - timedelta(microseconds=1)
    back = due[DeadlineKind.SEND_BACK]
    assert back.due_at == midnight(next_workday(fourteen), "Europe/Vilnius") - timedelta(microseconds=1)
    assert {one.starts_at for one in due.values()} == {stated}
    assert {one.rule for one in due.values()} == {"eu_withdrawal"}
    (answer,) = RIGHTS.deadlines(assess(ordered(stated), CaseKind.DEFECT, stated), stated)
    assert (answer.kind, answer.rule) == (DeadlineKind.ANSWER, "lt_answer")
    assert answer.due_at == midnight(fourteen, "Europe/Vilnius") - timedelta(microseconds=1)


def test_fifteen_working_days_in_latvia_by_hand() -> None:
    """Counted in a calendar: the Eighteenth of November, Christmas and New Year's Eve are no working days."""
    for stated, due in (
        ("2026-10-06", "2026-10-27"),
        ("2026-11-09", "2026-12-01"),
        ("2026-11-18", "2026-12-09"),
        ("2026-12-18", "2027-01-14"),
        ("2027-03-22", "2027-04-14"),
        ("2028-04-27", "2028-05-22"),
    ):
        at = datetime.fromisoformat(f"{stated}T10:00:00+00:00")
        (answer,) = RIGHTS.deadlines(assess(ordered(at, "LV"), CaseKind.COMPLAINT, at), at)
        assert (answer.kind, answer.rule) == (DeadlineKind.ANSWER, "lv_answer")
        assert local_day(answer.due_at, "Europe/Riga") == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("stated", "goods", "wish", "kind", "due", "rule"),
    [
        # The shop promises five working days of its own: Saturday is one, Sunday isn't.
        ("2026-10-05", "2026-10-07", Wish.REFUND, DeadlineKind.REFUND, "2026-10-13", "shop"),
        # The law's fourteen days are over sooner than that.
        ("2026-10-05", "2026-10-16", Wish.REFUND, DeadlineKind.REFUND, "2026-10-19", "eu_withdrawal"),
        # They were over before the goods came.
        ("2026-10-05", "2026-10-21", Wish.CREDIT, DeadlineKind.REFUND, "2026-10-27", "shop"),
        ("2026-10-05", "2026-10-07", Wish.REPAIR, DeadlineKind.REPAIR, "2026-10-21", "shop"),
    ],
)
def test_what_must_be_done_once_the_goods_are_back(
    stated: str, goods: str, wish: Wish, kind: DeadlineKind, due: str, rule: str
) -> None:
    stated_at, goods_at = (datetime.fromisoformat(f"{day}T10:00:00+00:00") for day in (stated, goods))
    found = assess(ordered(stated_at), CaseKind.WITHDRAWAL, stated_at)
    (one,) = RIGHTS.after_goods(found, wish, stated_at, goods_at)
    assert (one.kind, local_day(one.due_at, "Europe/Vilnius"), one.rule) == (
        kind,
        date.fromisoformat(due),
        rule,
    )
    assert RIGHTS.after_goods(found, Wish.EXCHANGE, stated_at, goods_at) == ()


def test_a_day_ends_at_midnight_also_where_clocks_change_then() -> None:
    """On the Azores, from midnight to one o'clock in spring, and in autumn from one to midnight."""
    azores = Calendar(ZoneInfo("Atlantic/Azores"), weekday)
    for day in (date(2027, 3, 27), date(2027, 3, 28), date(2026, 10, 24), date(2026, 10, 25)):
        end = azores.end(day)
        assert azores.day(end) == day
        assert azores.day(end + timedelta(microseconds=1)) == day + timedelta(days=1)


def test_a_calendar_without_working_days_comes_to_an_end() -> None:
    calendar = Calendar(ZoneInfo("UTC"), lambda _day: False)
    assert calendar.last_day(datetime(2026, 1, 1, tzinfo=UTC), Period(3, Unit.WORKING_DAYS)) > date(
        2026, 1, 1
    )
    assert calendar.rolled(date(2026, 1, 1)) > date(2026, 1, 1)


def test_a_period_is_said_as_it_is_written() -> None:
    assert [str(Period(14, Unit.DAYS)), str(Period(15, Unit.WORKING_DAYS))] == ["14 days", "15 working days"]


def test_a_quantity_below_one_is_refused() -> None:
    at = datetime(2026, 10, 5, tzinfo=UTC)
    for count in (0, -1):
        with pytest.raises(ValueError, match="quantity"):
            RIGHTS.assess(ordered(at), {0: count}, CaseKind.RETURN, at)


@pytest.mark.parametrize("country", ["MT", "LT", "KZ", "IE", "ID", "US"])
def test_the_day_that_a_customer_is_told_is_theirs(country: str) -> None:
    """Wherever the shop is: in Malta the fifteenth ends when in Vilnius the sixteenth has begun."""
    shop, theirs = TERMS.zone, RIGHTS.calendar(country)
    day = date(2026, 12, 15)
    assert RIGHTS.last_day(theirs.end(day), country) == day
    assert RIGHTS.last_day(Calendar(shop, weekday).end(day), country) == day
