"""Customers whom nobody takes up: who is told, when, and that it happens once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from bot.desk.alerting.alerts import Alerts
from bot.shop.calendar.hours import OpeningHours, parse_day
from store.core import mails
from store.core.database import Database
from store.core.events import DomainEvent, MailQueued, RequestOverdue
from store.desk import unclaimed as store
from store.desk.unclaimed import Unclaimed
from store.tables import handoffs as handoffs_table
from store.tables import mails as mails_table
from tests.desk.shop import Shop
from tests.desk.staff import texts

WEEK = (*[parse_day("09:00-17:00")] * 5, (), ())
HOURS = OpeningHours(WEEK, ZoneInfo("Europe/Vilnius"))
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # Monday, 11:00 in Vilnius


class Watch:
    """A shop whose waiting customers are watched."""

    def __init__(self, database: Database) -> None:
        self.shop = Shop(database)
        self.shop.now = MORNING
        self.heard: list[DomainEvent] = []
        database.hear(self.heard.extend)
        self.alerts = self.another()

    def another(self) -> Alerts:
        """One more process's."""
        return Alerts(
            self.shop.database,
            HOURS,
            timedelta(minutes=10),
            texts(),
            "https://chat.linden.example",
            lambda: self.shop.now,
        )

    async def after(self, **time: float) -> int:
        self.shop.now += timedelta(**time)
        return await self.alerts.sweep()

    def mails(self) -> dict[str, mails.Mail]:
        at = datetime.now(UTC) + timedelta(days=9000)
        with self.shop.database.write() as connection:
            return {one.recipient: one for one in mails.due(connection, at, at, 500)}

    def told(self) -> list[RequestOverdue]:
        return [one for one in self.heard if isinstance(one, RequestOverdue)]


@pytest.fixture
def watch(database: Database) -> Watch:
    return Watch(database)


async def test_who_can_take_it_is_told_once_by_mail_and_at_the_desk(watch: Watch) -> None:
    shop = watch.shop
    there = MORNING + timedelta(minutes=9)
    anna = shop.agent("Anna", language="lt", seen_at=there)
    bert = shop.agent("Bert", languages=["kk"], seen_at=there)
    shop.agent("Asleep", languages=["kk"])
    shop.agent("Chief", "admin", languages=["kk"], state="offline", language="kk")
    shop.agent("Gone", disabled=True)
    shop.agent("New", password=None)
    which = shop.talk("person, my card is 4111 1111", language="lt")
    assert await watch.after(minutes=9) == 0
    assert await watch.after(minutes=1) == 1
    sent = watch.mails()
    assert set(sent) == {"anna@linden.example", "chief@linden.example"}
    letter = sent["anna@linden.example"]
    assert letter.subject == "„Linden & Co“: klientas laukia atsakymo"
    assert f"https://chat.linden.example/desk#/c/{which}" in letter.body
    assert "lietuvių" in letter.body and "11:00:00" in letter.body and "Paprašė žmogaus" in letter.body
    assert "Сайттағы чат" in sent["chief@linden.example"].body
    assert not any("4111" in one.body or "{" in one.body for one in sent.values())
    assert watch.told() == [RequestOverdue(which, MORNING.isoformat(), (anna.agent.id, bert.agent.id))]
    assert await watch.after(hours=5) == 0, "once"
    assert await watch.another().sweep() == 0, "also after a new start"
    assert sum(isinstance(one, MailQueued) for one in watch.heard) == 2


async def test_only_who_knows_the_subject(watch: Watch) -> None:
    watch.shop.agent("Anna", skills=["returns"])
    watch.shop.agent("Bert")
    which = watch.shop.talk("person")
    with watch.shop.database.write() as connection:
        connection.execute(
            update(handoffs_table).where(handoffs_table.c.conversation_id == which).values(skill="returns")
        )
    assert await watch.after(minutes=20) == 1
    assert set(watch.mails()) == {"anna@linden.example"}


async def test_nights_and_weekends_do_not_count(watch: Watch) -> None:
    watch.shop.agent("Anna")
    watch.shop.now = datetime(2026, 3, 6, 14, 55, tzinfo=UTC)  # Friday, five minutes before they close
    watch.shop.talk("person")
    assert await watch.after(hours=60) == 0
    watch.shop.now = datetime(2026, 3, 9, 7, 4, 59, tzinfo=UTC)  # Monday
    assert await watch.after(seconds=0) == 0
    assert await watch.after(seconds=1) == 1


async def test_who_is_taken_up_or_closed_needs_nobody(watch: Watch) -> None:
    shop = watch.shop
    anna = shop.agent("Anna", "admin")
    taken, closed, back, bot = (shop.talk("person", address=one) for one in "abcd")
    with shop.database.write() as connection:
        shop.desk.claim(connection, anna, taken)
        shop.desk.close(connection, anna, closed, "other")
        shop.desk.claim(connection, anna, back)
    with shop.database.write() as connection:
        shop.desk.release(connection, anna, back)
    # Who goes on with the bot meanwhile still waits.
    shop.press(bot, "Go on with the bot")
    assert shop.get(bot).owner == "bot"
    assert await watch.after(minutes=30) == 2
    with shop.database.read() as connection:
        told = connection.execute(
            select(handoffs_table.c.conversation_id).where(handoffs_table.c.alerted_at.is_not(None))
        ).scalars()
        assert set(told) == {back, bot}
    with shop.database.write() as connection:
        shop.desk.claim(connection, anna, back)
        shop.desk.release(connection, anna, back)
    assert await watch.after(minutes=9) == 0
    assert await watch.after(minutes=1) == 1, "once for each time that it lies in the queue"
    assert await watch.after(minutes=30) == 0


async def test_two_processes_tell_once(watch: Watch) -> None:
    watch.shop.agent("Anna")
    for number in range(6):
        watch.shop.talk("person", address=f"c{number}")
    watch.shop.now += timedelta(minutes=11)
    database = watch.shop.database
    with database.read() as connection:
        found = store.unclaimed(connection, watch.shop.now, 50)
    assert len(found) == 6
    gate = threading.Barrier(4)

    def tell(_: int) -> int:
        gate.wait(10)

        def one(waiting: Unclaimed) -> bool:
            with database.write() as connection:
                return watch.alerts.alert(connection, waiting)

        return sum(map(one, found))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tell, range(4))) == 6
    with database.read() as connection:
        assert len(connection.execute(select(mails_table.c.id)).all()) == 6


async def test_what_fails_half_way_is_told_later(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.shop.agent("Anna")
    watch.shop.talk("person")

    def broken(*_: object, **__: object) -> bool:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(mails, "add", broken)
        with pytest.raises(OSError, match="gone"):
            await watch.after(minutes=11)
    assert watch.mails() == {} and watch.told() == []
    assert await watch.after(seconds=1) == 1


async def test_a_shop_without_agents_or_hours(watch: Watch) -> None:
    watch.shop.talk("person")
    assert await watch.after(minutes=11) == 1, "it is noted, and mail goes to nobody"
    assert watch.mails() == {}
    never = Alerts(
        watch.shop.database,
        OpeningHours(((),) * 7, ZoneInfo("UTC")),
        timedelta(minutes=1),
        texts(),
        None,
        lambda: watch.shop.now,
    )
    watch.shop.talk("person", address="other")
    watch.shop.now += timedelta(days=30)
    assert await never.sweep() == 0
