"""Who gets what waits: language, subject, load, presence, and two processes that decide at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import event, update

from bot.desk.absence import AWAY, GONE
from bot.desk.agent_actions import Desk, Outcome, release_all
from bot.desk.routing import PRESENT, Router
from store.accounts import agents
from store.accounts.agents import Agent
from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core.database import Connection, Database
from store.desk import absences, assignments, lists, threads
from store.desk.absences import Limits
from store.desk.lists import Filter, View
from store.handoffs import handoffs
from store.tables import handoffs as handoffs_table
from tests.desk.shop import START, Actor, Shop


class Room:
    """A shop with a router."""

    def __init__(self, database: Database) -> None:
        self.shop = Shop(database)
        self.router = Router(database, self.shop.desk, lambda: self.shop.now)
        self._customers = 0

    def waits(self, language: str = "en", skill: str = "", priority: int = 0) -> int:
        self._customers += 1
        which = self.shop.talk("person", address=f"c{self._customers}", language=language)
        with self.shop.database.write() as connection:
            connection.execute(
                update(handoffs_table)
                .where(handoffs_table.c.conversation_id == which)
                .values(skill=skill, priority=priority)
            )
        return which

    def whose(self, conversation_id: int) -> int | None:
        return self.shop.get(conversation_id).agent_id

    def seen(self, who: Actor, **values: Any) -> None:
        with self.shop.database.write() as connection:
            agents.change(connection, who.agent.id, **{"seen_at": self.shop.now, **values})


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


async def test_language_and_subject_must_fit(room: Room) -> None:
    anna = room.shop.agent("Anna", languages=["lt", "en"], skills=["returns"])
    bert = room.shop.agent("Bert", languages=["kk"])
    cleo = room.shop.agent("Cleo", capacity=1)
    kazakh, returns, other = room.waits("kk"), room.waits("lt", "returns"), room.waits("lv")
    lost = room.waits("lv", "returns")
    assert await room.router.sweep() == 3
    assert [room.whose(one) for one in (kazakh, returns, other, lost)] == [
        bert.agent.id,
        anna.agent.id,
        cleo.agent.id,
        None,
    ]
    assert room.shop.get(lost).owner == "queue"
    given = (kazakh, returns, other)
    assert [room.shop.transcript(one)[-1].text for one in given] == [
        "utter_person_joined (kk) Bert",
        "utter_person_joined (lt) Anna",
        "utter_person_joined (lv) Cleo",
    ]


async def test_the_most_urgent_first_to_who_has_the_most_room(room: Room) -> None:
    anna, bert = room.shop.agent("Anna", capacity=4), room.shop.agent("Bert", capacity=2)
    normal = [room.waits() for _ in range(6)]
    urgent = room.waits(priority=2)
    assert await room.router.sweep() == 6
    assert room.whose(urgent) == anna.agent.id
    loads = [room.whose(one) for one in [urgent, *normal]]
    assert (loads.count(anna.agent.id), loads.count(bert.agent.id), loads.count(None)) == (4, 2, 1)
    assert loads[-1] is None, "the last one waits: everybody has enough"
    assert await room.router.sweep() == 0


@pytest.mark.parametrize(
    "values",
    [
        {"state": "away"},
        {"state": "offline"},
        {"disabled": True},
        {"capacity": 0},
        {"seen_at": None},
        {"seen_at": START - PRESENT},
    ],
)
async def test_who_is_not_there_gets_nothing(room: Room, values: dict[str, Any]) -> None:
    room.shop.agent("Anna", **values)
    which = room.waits()
    assert await room.router.sweep() == 0
    assert room.shop.get(which).owner == "queue"


async def test_a_disabled_agents_conversations_wait_again(room: Room) -> None:
    anna = room.shop.agent("Anna")
    which = room.waits()
    closed_request = room.shop.talk("hi", address="no request")
    with room.shop.database.write() as connection:
        room.shop.desk.claim(connection, anna, which)
        room.shop.desk.claim(connection, anna, closed_request)
        release_all(connection, anna.agent, room.shop.now)
    for one in (which, closed_request):
        assert room.shop.get(one).owner == "queue"
        with room.shop.database.read() as connection:
            assert conversations.of_agent(connection, anna.agent.id) == []
            assert handoffs.is_open(connection, one), "whoever waits is known to wait"


def test_two_processes_never_give_one_agent_too_much(room: Room) -> None:
    anna = room.shop.agent("Anna", capacity=3)
    for _ in range(8):
        room.waits()
    database = room.shop.database
    gate = threading.Barrier(4)

    def decide(_: int) -> int:
        gate.wait(10)
        count = 0
        with database.read() as connection:
            queue = assignments.waiting(connection, 20)
        for one in queue:
            with database.write() as connection:
                count += room.router.give(connection, one) is not None
        return count

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(decide, range(4))) == 3
    with database.read() as connection:
        assert len(conversations.of_agent(connection, anna.agent.id)) == 3


def test_on_postgresql_the_last_place_is_filled_once(room: Room) -> None:
    database = room.shop.database
    if database.is_sqlite:
        pytest.skip("SQLite has one writer")
    room.shop.agent("Anna", capacity=1)
    room.waits(), room.waits()
    with database.read() as connection:
        first, second = assignments.waiting(connection, 2)

    def give() -> Outcome | None:
        with database.write() as connection:
            return room.router.give(connection, second)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            assert room.router.give(connection, first)
            other = pool.submit(give)
            with suppress(TimeoutError):
                other.result(0.5)  # in vain: it waits for the agent's row
        assert other.result(10) is None


def test_on_postgresql_who_is_given_another_meanwhile_gets_no_more(room: Room) -> None:
    database = room.shop.database
    if database.is_sqlite:
        pytest.skip("SQLite has one writer")
    room.shop.agent("Anna", capacity=1)
    room.waits(), room.waits()
    with database.read() as connection:
        first, second = assignments.waiting(connection, 2)
    looks = 0

    def another(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        nonlocal looks
        if "coalesce" in sql:  # the look for who could come
            looks += 1
            if looks == 1:
                with database.write() as connection:
                    assert room.router.give(connection, second)

    event.listen(database.engine, "after_cursor_execute", another)
    with database.write() as connection:
        assert room.router.give(connection, first) is None
    assert looks, "the other one came in time"


@pytest.mark.parametrize("values", [{"state": "offline"}, {"disabled": True}])
def test_who_leaves_while_they_are_chosen_gets_nothing(room: Room, values: dict[str, Any]) -> None:
    database = room.shop.database
    if database.is_sqlite:
        pytest.skip("SQLite has one writer")
    anna = room.shop.agent("Anna")
    which = room.waits()
    looks = 0

    def leave(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        nonlocal looks
        if "coalesce" in sql:  # the look for who could come
            looks += 1
            if looks == 1:
                with database.write() as connection:
                    agents.change(connection, anna.agent.id, **values)

    event.listen(database.engine, "after_cursor_execute", leave)
    with database.write() as connection:
        (one,) = assignments.waiting(connection, 1)
        assert room.router.give(connection, one) is None
    assert room.shop.get(which).owner == "queue"


def test_what_waits_no_more_is_not_given(room: Room) -> None:
    anna, bert = room.shop.agent("Anna", capacity=0), room.shop.agent("Bert")
    which = room.waits()
    with room.shop.database.write() as connection:
        (one,) = assignments.waiting(connection, 1)
        room.shop.desk.claim(connection, anna, which)
        assert room.router.give(connection, one) is None
    assert room.whose(which) == anna.agent.id != bert.agent.id


def test_what_desks_ask_all_day_is_found_by_index(room: Room) -> None:
    database = room.shop.database
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by statistics, and a test's tables are empty")
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: object, _x: object, _m: object) -> None:
        statements.append((statement, parameters))

    room.waits()
    event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as connection:
        for view in View:
            lists.listed(connection, Filter(view, 1), START)
        lists.counts(connection, 1)
        threads.lines(connection, 1)
        threads.changes(connection, 1)
        handoffs.latest(connection, 1)
        assignments.waiting(connection, 20)
        absences.left(connection, Limits(START, START - GONE, START - AWAY))
        asked = [one for one in statements if one[0].startswith("SELECT")]
        assert len(asked) > 15
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scans = [row[-1] for row in plan if row[-1].startswith("SCAN ")]
            bounded = ("ix_handoffs_unresolved", "SCAN agents", "CONSTANT ROW", "subquery")
            assert all(any(name in one for name in bounded) for one in scans), (scans, statement)


async def test_one_that_can_not_be_given_holds_up_no_other(room: Room) -> None:
    anna = room.shop.agent("Anna")
    broken, other = room.waits(priority=2), room.waits()

    class Broken(Desk):
        def give(self, connection: Connection, conversation: Conversation, agent: Agent, why: str) -> Outcome:
            if conversation.id == broken:
                raise RuntimeError("as written in the test")
            return super().give(connection, conversation, agent, why)

    desk = Broken(room.shop.desk.outgoing, room.shop.clock)
    router = Router(room.shop.database, desk, room.shop.clock)
    with pytest.raises(RuntimeError, match="as written"):
        await router.sweep()
    assert (room.whose(other), room.whose(broken)) == (anna.agent.id, None)
