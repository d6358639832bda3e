"""Until when customers who wait are helped: promised once, kept whatever happens to the conversation."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.desk.agent_actions import release_all
from bot.shop.calendar.hours import OpeningHours, Stopwatch, parse_day
from bot.shop.calendar.service_clock import ServiceClock
from store.core.database import Database
from store.desk import service_figures as figures
from store.handoffs import handoffs
from store.handoffs.handoffs import Request
from tests.desk.shop import Shop

HOURS = OpeningHours(((parse_day("09:00-17:00"),) * 5) + ((), ()), ZoneInfo("UTC"))
CLOCK = ServiceClock(HOURS, timedelta(minutes=30), timedelta(hours=8))
TEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # Monday


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class Desk(Shop):
    """With a clock that runs on weekdays from nine to five."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, due=CLOCK.due)
        self.now = TEN

    def request(self, conversation_id: int) -> Request:
        with self.database.read() as connection:
            found = handoffs.latest(connection, conversation_id)
        assert found is not None
        return found

    def due(self, conversation_id: int) -> tuple[datetime | None, datetime | None]:
        found = self.request(conversation_id)
        return found.answer_due_at, found.resolve_due_at

    def figures(self) -> dict[str, Any]:
        start = TEN - timedelta(days=7)
        with self.database.read() as connection:
            worked = Stopwatch(HOURS, start, self.now).seconds
            return figures.since(connection, start, self.now, worked)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


FIRST = (TEN + minutes(30), datetime(2026, 3, 3, 10, 0, tzinfo=UTC))


def test_the_clock_starts_with_the_request_and_is_not_set_back(desk: Desk) -> None:
    anna = desk.agent("Anna", "admin")
    which = desk.talk("person")
    assert desk.due(which) == FIRST
    desk.now += minutes(20)
    for step in (desk.desk.claim, desk.desk.release, desk.desk.claim):
        with desk.database.write() as connection:
            step(connection, anna, which)
        assert desk.due(which) == FIRST
    with desk.database.write() as connection:
        release_all(connection, anna.agent, desk.now, CLOCK.due)
    assert desk.due(which) == FIRST


def test_asking_again_promises_nothing_later(desk: Desk) -> None:
    anna = desk.agent("Anna")
    which = desk.talk("person")
    desk.now += minutes(20)
    desk.press(which, "Go on with the bot")
    desk.talk("person")
    assert desk.due(which) == FIRST
    with desk.database.write() as connection:
        desk.desk.claim(connection, anna, which)
        desk.desk.reply(connection, anna, which, "c1", "hello")
        desk.desk.release(connection, anna, which)
    desk.press(which, "Go on with the bot")
    desk.now += minutes(60)
    desk.talk("person")
    # It was answered: the next answer is due by a clock of its own, the end as before.
    assert desk.due(which) == (TEN + minutes(110), FIRST[1])
    desk.now += minutes(5)
    with desk.database.write() as connection:
        desk.desk.claim(connection, anna, which)
        desk.desk.reply(connection, anna, which, "c2", "hello again")
        desk.desk.close(connection, anna, which, "answered")
    found = desk.figures()
    assert (found["answered_in_target"], found["resolved_in_target"], found["overdue"]) == (1.0, 1.0, 0)


def test_who_is_put_into_the_queue_is_promised_an_answer_too(desk: Desk) -> None:
    anna = desk.agent("Anna")
    one, other = desk.talk("hello", address="a"), desk.talk("hello", address="b")
    with desk.database.write() as connection:
        for which in (one, other):
            desk.desk.claim(connection, anna, which)
        desk.desk.release(connection, anna, one)
        release_all(connection, anna.agent, desk.now, CLOCK.due)
    assert desk.due(one) == desk.due(other) == FIRST


def test_a_request_at_night_is_due_in_the_morning(desk: Desk) -> None:
    desk.now = datetime(2026, 3, 6, 23, 0, tzinfo=UTC)  # Friday
    assert desk.due(desk.talk("person")) == (
        datetime(2026, 3, 9, 9, 30, tzinfo=UTC),
        datetime(2026, 3, 9, 17, 0, tzinfo=UTC),
    )


def test_nothing_is_promised_without_targets(database: Database) -> None:
    shop = Desk(database)
    Shop.__init__(shop, database)
    which = shop.talk("person")
    assert shop.due(which) == (None, None)
    found = shop.figures()
    assert (found["answered_in_target"], found["resolved_in_target"], found["overdue"]) == (None, None, 0)


def test_figures_count_opening_hours_only(desk: Desk) -> None:
    anna = desk.agent("Anna")
    desk.now = datetime(2026, 3, 2, 16, 50, tzinfo=UTC)
    kept, missed, _ = (desk.talk("person", address=one) for one in "abc")
    assert desk.figures()["overdue"] == 0
    desk.now = datetime(2026, 3, 3, 9, 20, tzinfo=UTC)  # half an hour's work later, to the minute
    with desk.database.write() as connection:
        desk.desk.claim(connection, anna, kept)
        desk.desk.reply(connection, anna, kept, "c1", "hello")
    desk.now += minutes(40)
    with desk.database.write() as connection:
        desk.desk.claim(connection, anna, missed)
        desk.desk.reply(connection, anna, missed, "c2", "hello")
        desk.desk.close(connection, anna, missed, "answered")
    found = desk.figures()
    assert found["first_answer_seconds"] == {"median": 70 * 60, "p90": 70 * 60}
    assert found["resolution_seconds"] == {"median": 70 * 60, "p90": 70 * 60}
    assert (found["answered_in_target"], found["resolved_in_target"]) == (0.333, 1.0)
    assert found["overdue"] == 1, "the one that nobody answered"
    desk.now += timedelta(days=2)
    assert desk.figures()["overdue"] == 2, "and the one that was answered and never ended"


def test_many_short_spans_add_up_to_the_long_one() -> None:
    start = TEN - timedelta(days=90)
    watch = Stopwatch(HOURS, start, TEN)
    moments = [start + minutes(n) for n in range(0, 90 * 1440, 7)]
    spans = [watch.seconds(one, other) for one, other in zip(moments, moments[1:], strict=False)]
    assert sum(spans) == pytest.approx(watch.seconds(start, moments[-1]))
