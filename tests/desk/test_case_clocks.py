"""Agents hear of cases whose time runs out: at the desk, and by mail once it hurries."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from bot.desk.alerting.case_clocks import CaseClocks
from store.cases import acts
from store.cases.machine import CaseAct
from store.cases.opening import open_case
from store.core import mails
from store.core.database import Database
from store.core.events import CaseDue, DomainEvent
from store.desk.cases import holders
from store.tables import mails as mails_table
from store.vocabulary import Actor, DeadlineKind
from tests.desk.shop import Shop
from tests.desk.staff import texts
from tests.store.cases.making import AT, by, draft, order


class Watch:
    """A shop whose cases are watched; its answer to a case is due in ten days."""

    def __init__(self, database: Database) -> None:
        self.shop = Shop(database)
        self.shop.now = AT
        self.heard: list[DomainEvent] = []
        database.hear(self.heard.extend)
        self.clocks = self.another()

    def another(self) -> CaseClocks:
        """One more process's."""
        return CaseClocks(self.shop.database, texts(), UTC, "https://desk.example", self.shop.clock)

    def case(self, kind: DeadlineKind = DeadlineKind.ANSWER, number: str = "1") -> int:
        until = SimpleNamespace(kind=kind, starts_at=AT, due_at=AT + timedelta(days=10), rule="shop")
        with self.shop.database.write() as connection:
            return open_case(connection, draft(order(connection, number)), by(key=number), [until]).case.id

    async def after(self, days: float) -> int:
        self.shop.now = AT + timedelta(days=days)
        return await self.clocks.sweep()

    def told(self) -> list[int]:
        return [one.part for one in self.heard if isinstance(one, CaseDue)]

    def mailed(self) -> list[tuple[str, str]]:
        kept = select(mails_table.c.recipient, mails_table.c.key).order_by(mails_table.c.id)
        with self.shop.database.read() as connection:
            rows = connection.execute(kept).all()
        return [(recipient.split("@")[0], key.split(":")[0]) for recipient, key in rows]

    def letters(self) -> list[mails.Mail]:
        at = datetime.now(UTC) + timedelta(days=9000)
        with self.shop.database.write() as connection:
            return mails.due(connection, at, at, 500)


@pytest.fixture
def watch(database: Database) -> Watch:
    return Watch(database)


async def test_at_half_four_fifths_and_the_end_once_each(watch: Watch) -> None:
    watch.shop.agent("Anna", skills=["returns"], language="lt")
    watch.shop.agent("Bert")
    watch.shop.agent("Chief", "admin")
    watch.shop.agent("Gone", "admin", disabled=True)
    watch.shop.agent("New", "admin", password=None)
    which = watch.case()
    assert await watch.after(4.9) == 0
    assert await watch.after(5) == 1
    assert (watch.told(), watch.mailed()) == ([50], [])
    assert await watch.after(7.9) == 0
    assert await watch.after(8) == 1
    assert await watch.another().sweep() == 0, "also after a new start"
    assert watch.mailed() == [("anna", "case_due"), ("chief", "case_due")]
    letter = watch.letters()[0]
    assert letter.subject.startswith("„Linden & Co“: artėja kreipimosi R-")
    assert f"https://desk.example/desk#/cases/{which}" in letter.body and "{" not in letter.body
    assert await watch.after(10) == 1
    assert [kind for _, kind in watch.mailed()[2:]] == ["case_late"] * 2
    for days in (11, 3, 400):
        assert await watch.after(days) == 0, "whatever the clock on the wall does"
    assert watch.told() == [50, 80, 100]


async def test_after_a_standstill_the_last_part_is_told_only(watch: Watch) -> None:
    watch.shop.agent("Chief", "admin")
    watch.case()
    assert await watch.after(50) == 1
    assert (watch.told(), watch.mailed()) == ([100], [("chief", "case_late")])


async def test_who_looks_after_it_hears_of_it_and_admins_once_it_is_late(watch: Watch) -> None:
    anna = watch.shop.agent("Anna")
    watch.shop.agent("Carl", skills=["returns"])
    watch.shop.agent("Chief", "admin")
    which = watch.case()
    with watch.shop.database.write() as connection:
        holders.assign(connection, which, anna.agent.id, by(Actor.AGENT, "t"))
    await watch.after(8)
    assert watch.mailed() == [("anna", "case_due")]
    await watch.after(10)
    assert watch.mailed()[1:] == [("anna", "case_late"), ("chief", "case_late")]


async def test_what_is_done_is_told_no_more(watch: Watch) -> None:
    which = watch.case()
    with watch.shop.database.write() as connection:
        acts.act(connection, which, CaseAct.APPROVE, by(Actor.AGENT, "a"))
    assert await watch.after(20) == 0


async def test_what_the_customer_has_to_do_is_told_at_the_desk_only(watch: Watch) -> None:
    watch.shop.agent("Chief", "admin")
    watch.case(DeadlineKind.SEND_BACK)
    assert await watch.after(10) == 1
    assert (watch.told(), watch.mailed()) == ([100], [])


async def test_what_fails_half_way_is_told_later(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.shop.agent("Chief", "admin")
    watch.case()

    def broken(*_: object, **__: object) -> bool:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(mails, "add", broken)
        with pytest.raises(OSError, match="gone"):
            await watch.after(9)
    assert (watch.told(), watch.mailed()) == ([], [])
    assert await watch.after(9) == 1
    assert (watch.told(), watch.mailed()) == ([80], [("chief", "case_due")])
