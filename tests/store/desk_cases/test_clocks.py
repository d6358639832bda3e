"""The clocks of cases: told at each part of their time once, and never of what is done."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection

from store.cases import acts
from store.cases.cases import Case
from store.cases.machine import CaseAct
from store.cases.opening import open_case
from store.core.database import Database
from store.desk.cases import running_clocks
from store.vocabulary import Actor, DeadlineKind
from tests.store.cases.making import AT, by, draft, order


def running(connection: Connection, number: str = "1", days: int = 10) -> Case:
    until = SimpleNamespace(
        kind=DeadlineKind.ANSWER, starts_at=AT, due_at=AT + timedelta(days=days), rule="shop"
    )
    return open_case(connection, draft(order(connection, number)), by(key=number), [until]).case


@pytest.mark.parametrize(
    ("hours", "part"), [(0, 0), (119, 0), (120, 50), (191, 50), (192, 80), (239, 80), (240, 100), (9999, 100)]
)
def test_the_part_that_is_over(database: Database, hours: int, part: int) -> None:
    with database.write() as connection:
        running(connection)
        found = running_clocks.to_tell(connection, AT + timedelta(hours=hours), 10)
        assert [one.part(AT + timedelta(hours=hours)) for one in found] == ([part] if part else [])


def test_each_part_is_told_once_whatever_the_clock_on_the_wall_does(database: Database) -> None:
    with database.write() as connection:
        running(connection)
        half, late = AT + timedelta(days=6), AT + timedelta(days=11)
        (one,) = running_clocks.to_tell(connection, half, 10)
        assert running_clocks.say(connection, one.id, 50) and not running_clocks.say(connection, one.id, 50)
        assert running_clocks.to_tell(connection, half, 10) == []
        (one,) = running_clocks.to_tell(connection, late, 10)
        assert running_clocks.say(connection, one.id, one.part(late))
        # It went back by days: what was told stays told, and 80 isn't told after 100.
        for at in (half, AT + timedelta(days=9), late):
            assert running_clocks.to_tell(connection, at, 10) == []
        assert not running_clocks.say(connection, one.id, 80)


def test_what_is_done_is_told_no_more(database: Database) -> None:
    with database.write() as connection:
        case = running(connection)
        (one,) = running_clocks.to_tell(connection, AT + timedelta(days=6), 10)
        acts.act(connection, case.id, CaseAct.APPROVE, by(Actor.AGENT, "a"))
        assert not running_clocks.say(connection, one.id, 50), "it was done between the look and the word"
        assert running_clocks.to_tell(connection, AT + timedelta(days=60), 10) == []


def test_several_processes_tell_once(database: Database) -> None:
    with database.write() as connection:
        for number in range(6):
            running(connection, str(number), 10 + number)
    late = AT + timedelta(days=30)
    with database.read() as connection:
        found = running_clocks.to_tell(connection, late, 4)
        assert [one.due_at for one in found] == [AT + timedelta(days=10 + n) for n in range(4)]
        found = running_clocks.to_tell(connection, late, 50)

    def tell(_: int) -> int:
        said = 0
        for one in found:
            with database.write() as connection:
                said += running_clocks.say(connection, one.id, one.part(late))
        return said

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tell, range(4))) == 6
