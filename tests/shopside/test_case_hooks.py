"""What the shop's own system is told of cases: each event, in order, whoever fails, hangs or is killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.runtime import metrics
from bot.runtime.http.outside import Outside
from bot.settings import Settings, SettingsError
from bot.shopside import case_hooks, hook_signature
from bot.shopside.case_hooks import CaseHooks
from bot.shopside.hook_config import HookConfig
from store.cases import acts, cases
from store.cases.feed import hook_queue
from store.cases.machine import CaseAct
from store.core import channel_faults
from store.core.database import Connection, Database
from store.tables import case_events
from store.tables import case_hooks as rows
from store.vocabulary import Actor, Fault, HookState
from tests.desk.staff import Clock
from tests.paths import ROOT
from tests.shopside.receiver import SECRET, Receiver, receiving
from tests.store.cases.making import by, draft, opened, order


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def shop(clock: Clock) -> AsyncIterator[Receiver]:
    async with receiving(lambda: clock().timestamp()) as receiver:
        yield receiver


def teller(database: Database, shop: Receiver, clock: Clock, seconds: float = 5.0) -> CaseHooks:
    config = HookConfig(shop.url, SECRET, internal=True)
    outside = Outside(config.url, internal=True, seconds=seconds)
    with database.write() as connection:
        hook_queue.begin(connection, clock())
    return CaseHooks(database, config, clock, outside=outside)


@pytest.fixture
async def hooks(database: Database, shop: Receiver, clock: Clock) -> AsyncIterator[CaseHooks]:
    one = teller(database, shop, clock)
    yield one
    await one.stop()


def note(connection: Connection, number: str, key: str) -> None:
    case = cases.find(connection, number)
    assert case
    acts.note(connection, case.id, by(Actor.AGENT, key), "note", key, {})


def case_of(database: Database, order_number: str = "10234", **more: Any) -> str:
    with database.write() as connection:
        found = order(connection, order_number)
        return opened(connection, f"m-{order_number}", **draft_of(found, more)).case.number


def draft_of(of: Any, more: dict[str, Any]) -> dict[str, Any]:
    made = draft(of)
    return {"order_id": of.id, "order_number": of.number, "lines": made.lines, **more}


async def drain(hooks: CaseHooks) -> None:
    while await hooks.step():
        pass


def states(database: Database) -> list[HookState]:
    with database.read() as connection:
        found = select(rows.c.state).where(rows.c.event_id.is_not(None)).order_by(rows.c.event_id)
        return list(connection.execute(found).scalars())


async def test_each_change_is_told_signed_with_the_case(
    hooks: CaseHooks, shop: Receiver, database: Database
) -> None:
    number = case_of(database, words="per maži")
    with database.write() as connection:
        case = cases.find(connection, number)
        assert case
        acts.act(connection, case.id, CaseAct.DECLINE, by(Actor.AGENT, "d", who="anna@linden.example"), "no")
    await drain(hooks)
    first, second = shop.requests
    assert first.signed and second.signed
    assert [one.body["event"]["act"] for one in shop.requests] == ["submit", "decline"]
    assert (second.body["event"]["why"], second.body["event"]["actor"]) == ("no", "agent")
    assert (second.body["case"]["number"], second.body["case"]["state"]) == (number, "declined")
    assert second.headers["aftercare-event"] == str(second.event)
    assert second.headers["host"] == f"127.0.0.1:{shop.port}"
    assert "anna@" not in str(second.body)  # who works in the shop is nobody else's business
    assert states(database) == [HookState.SENT] * 2
    await drain(hooks)
    assert len(shop.requests) == 2


async def test_nothing_is_noted_where_nobody_is_told(database: Database) -> None:
    case_of(database)
    with database.read() as connection:
        assert connection.execute(select(rows)).all() == []
        assert hook_queue.parked(connection) == 0


async def test_what_happened_before_is_not_told_by_itself(
    database: Database, shop: Receiver, clock: Clock
) -> None:
    number = case_of(database)
    hooks = teller(database, shop, clock)
    await drain(hooks)
    assert shop.requests == []
    with database.write() as connection:
        note(connection, number, "n-1")
    await drain(hooks)
    assert [one.body["event"]["act"] for one in shop.requests] == ["note"]
    await hooks.stop()


async def test_the_first_event_of_a_new_shop_is_told_after_a_kill(
    database: Database, shop: Receiver, clock: Clock
) -> None:
    teller(database, shop, clock)  # which began, and was killed
    case_of(database)
    hooks = teller(database, shop, clock)
    await drain(hooks)
    assert len(shop.events) == 1
    await hooks.stop()


FAILURES = ["500 Oops", "404 Not Found", "301 Moved\r\nLocation: http://127.0.0.1:1/", "cut", "101 Odd"]


@pytest.mark.parametrize("answer", FAILURES)
async def test_what_fails_is_tried_again_in_order(
    hooks: CaseHooks, shop: Receiver, database: Database, clock: Clock, answer: str
) -> None:
    number = case_of(database)
    with database.write() as connection:
        note(connection, number, "n-1")
    shop.answers = [answer, answer]
    await drain(hooks)
    assert len(shop.requests) == 1 and shop.events == []
    for _ in range(4):
        clock.pass_by(minutes=2)
        await drain(hooks)
    assert len(shop.events) == 2 and shop.events == sorted(shop.events)
    assert len(shop.requests) == 4


async def test_a_redirect_is_not_followed(
    hooks: CaseHooks, shop: Receiver, database: Database, clock: Clock
) -> None:
    case_of(database)
    async with receiving(lambda: clock().timestamp()) as other:
        for status in (301, 302, 303, 307, 308):
            shop.answers = [f"{status} Elsewhere\r\nLocation: {other.url}"]
            await drain(hooks)
            clock.pass_by(hours=1)
        assert other.requests == [] and len(shop.requests) == 5 and shop.events == []


async def test_who_hangs_holds_up_nobody_for_long(database: Database, shop: Receiver, clock: Clock) -> None:
    hooks = teller(database, shop, clock, seconds=1.0)
    case_of(database)
    other = case_of(database, "10999")
    shop.decide = lambda body: "200 OK" if body["case"]["number"] == other else None
    await asyncio.wait_for(drain(hooks), 10)
    assert len(shop.requests) == 2 and len(shop.events) == 1
    await hooks.stop()


async def test_who_answers_too_late_is_told_again_under_the_same_number(
    database: Database, shop: Receiver, clock: Clock
) -> None:
    # Long enough for a request to arrive at all while other tests run.
    hooks = teller(database, shop, clock, seconds=3.0)
    case_of(database)
    shop.late = 3.6
    await drain(hooks)
    shop.late = 0.0
    clock.pass_by(minutes=1)
    await drain(hooks)
    assert len(shop.requests) == 2 and len(set(shop.events)) == 1
    await hooks.stop()


async def test_an_endless_answer_is_not_read(hooks: CaseHooks, shop: Receiver, database: Database) -> None:
    case_of(database)
    shop.answers = [f"200 OK\r\nX-Long: {'x' * 200_000}"]
    await asyncio.wait_for(drain(hooks), 10)
    assert len(shop.requests) == 1 and states(database) == [HookState.WAITING]


async def test_a_pause_that_is_asked_for_is_kept(
    hooks: CaseHooks, shop: Receiver, database: Database, clock: Clock
) -> None:
    case_of(database)
    shop.answers = ["429 Slow\r\nRetry-After: 900", "503 Later\r\nRetry-After: 99999999999999999999"]
    await drain(hooks)
    clock.pass_by(minutes=14)
    await drain(hooks)
    assert len(shop.requests) == 1
    clock.pass_by(minutes=1)
    await drain(hooks)
    assert len(shop.requests) == 2
    clock.pass_by(minutes=61)
    await drain(hooks)
    assert len(shop.events) == 1


async def test_what_is_never_taken_is_given_up_and_told_of(
    hooks: CaseHooks, shop: Receiver, database: Database, clock: Clock
) -> None:
    number = case_of(database)
    with database.write() as connection:
        note(connection, number, "n-1")
    shop.decide = lambda body: "500 Oops" if body["event"]["act"] == "submit" else "200 OK"
    for n in range(case_hooks.MAX_ATTEMPTS):
        await hooks.step()
        with database.read() as connection:
            told = channel_faults.standing(connection)
        assert bool(told) == (n + 1 >= case_hooks.ALERT_AFTER), n
        clock.pass_by(hours=1)
    assert (told[0].channel, told[0].fault, told[0].reason) == (
        "case_webhook",
        Fault.ADDRESS,
        "answered with 500",
    )
    with database.read() as connection:
        assert hook_queue.parked(connection) == 1 and metrics.unseen_failures(connection) == 1
    await drain(hooks)  # the others go on
    assert states(database) == [HookState.FAILED, HookState.SENT]
    with database.write() as connection:
        assert channel_faults.standing(connection) == []
        assert hook_queue.replay(connection, clock(), number=number) == 2
    shop.decide = None
    await drain(hooks)
    assert shop.events[-2:] == sorted(shop.events[-2:]) and states(database) == [HookState.SENT] * 2


async def test_two_processes_tell_each_event_in_order(
    database: Database, shop: Receiver, clock: Clock
) -> None:
    """Two of them, on connections of their own, while others write; every third answer is a failure."""
    numbers = [case_of(database, f"4000{n}") for n in range(6)]
    second = Database(database.engine.url.render_as_string(hide_password=False))
    mine, theirs = teller(database, shop, clock), teller(second, shop, clock)
    with database.write() as connection:
        hook_queue.replay(connection, clock(), since=datetime(2020, 1, 1, tzinfo=UTC))
    counted = 0

    def fails_sometimes(_body: dict[str, Any]) -> str:
        nonlocal counted
        counted += 1
        return "500 Oops" if counted % 3 == 0 else "200 OK"

    shop.decide, shop.late = fails_sometimes, 0.005

    async def write(number: str) -> None:
        for n in range(8):
            await (database if n % 2 else second).run(note, number, f"n-{n}")

    writing = asyncio.gather(*map(write, numbers))
    total = 6 * 9
    async with asyncio.timeout(60):
        while not writing.done() or states(database).count(HookState.SENT) < total:
            await asyncio.gather(mine.step(), theirs.step())
            clock.pass_by(seconds=20)
    await writing
    by_case: dict[str, list[int]] = defaultdict(list)
    for one in shop.requests:
        if one.answer == "200 OK":
            by_case[one.body["case"]["number"]].append(one.event)
    with database.read() as connection:
        known = list(connection.execute(select(case_events.c.id).order_by(case_events.c.id)).scalars())
    assert sorted(event for told in by_case.values() for event in told) == known
    assert all(told == sorted(told) for told in by_case.values())
    assert shop.together == 1
    for process in (mine, theirs):
        await process.stop()
    second.close()


KILLED = """
import asyncio, sys
from bot.shopside.case_hooks import CaseHooks
from bot.shopside.hook_config import HookConfig
from store.core.database import Database

async def main():
    hooks = CaseHooks(Database(sys.argv[1]), HookConfig(sys.argv[2], sys.argv[3].encode(), True))
    await hooks.start()
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_what_a_killed_process_was_telling_is_told_again(
    database: Database, shop: Receiver, clock: Clock
) -> None:
    with database.write() as connection:
        hook_queue.begin(connection, clock())
    case_of(database)
    shop.answers = [None]
    url = database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, url, shop.url, SECRET.decode()], cwd=ROOT, env=os.environ
    )
    try:
        async with asyncio.timeout(30):
            while not shop.requests:
                await asyncio.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    hooks = teller(database, shop, clock)
    await drain(hooks)
    assert shop.events == []  # the lease of the dead one
    clock.pass_by(minutes=2)
    await drain(hooks)
    assert len(shop.events) == 1 and shop.requests[0].event == shop.events[0]
    await hooks.stop()


async def test_an_event_that_commits_late_is_not_passed_over(
    hooks: CaseHooks, shop: Receiver, database: Database
) -> None:
    if database.is_sqlite:
        pytest.skip("one writes at a time")
    one, other = case_of(database), case_of(database, "10999")
    await drain(hooks)
    with database.write() as slow:
        note(slow, one, "slow")
        with database.write() as quick:
            note(quick, other, "quick")
        stepping = asyncio.create_task(drain(hooks))
        await asyncio.sleep(0.3)
    await stepping
    await drain(hooks)
    assert sorted(one.body["event"]["why"] for one in shop.requests[2:]) == ["quick", "slow"]


async def test_what_is_too_long_is_given_up(hooks: CaseHooks, shop: Receiver, database: Database) -> None:
    case_of(database, words="x" * case_hooks.MAX_BODY)
    await drain(hooks)
    assert shop.requests == [] and states(database) == [HookState.FAILED]


async def test_replays_tell_of_a_time_or_a_case(
    hooks: CaseHooks, shop: Receiver, database: Database, clock: Clock
) -> None:
    one, other = case_of(database), case_of(database, "10999")
    await drain(hooks)
    with database.write() as connection:
        later = by().at + timedelta(seconds=1)
        assert hook_queue.replay(connection, clock(), since=later) == 0
        assert hook_queue.replay(connection, clock(), number=one.lower()) == 1
        with pytest.raises(LookupError):
            hook_queue.replay(connection, clock(), number="R-ZZZZZZZ")
    await drain(hooks)
    told = [taken.body["case"]["number"] for taken in shop.requests]
    assert sorted(told[:2]) == sorted([one, other]) and told[2:] == [one]


# --- the signature, and where it goes --------------------------------------------------------------


def test_a_signature_is_of_the_body_and_of_its_time() -> None:
    header = hook_signature.sign(SECRET, b'{"a":1}', 1_700_000_000.9)
    holds = hook_signature.holds
    assert header.startswith("t=1700000000,v1=")
    assert holds(SECRET, header, b'{"a":1}', 1_700_000_300)
    assert not holds(SECRET, header, b'{"a":1}', 1_700_000_301)
    assert not holds(SECRET, header, b'{"a":1}', 1_699_999_699)
    assert not holds(SECRET, header, b'{"a":2}', 1_700_000_000)
    assert not holds(b"another", header, b'{"a":1}', 1_700_000_000)
    moved = header.replace("t=1700000000", "t=1700000100")
    for forged in (moved, header.upper(), header[:-1], header + "0", "", "t=,v1=", header + "\n", "é"):
        assert not holds(SECRET, forged, b'{"a":1}', 1_700_000_000), forged


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"AFTERCARE_CASE_WEBHOOK_URL": "shop.example"}, "AFTERCARE_CASE_WEBHOOK_URL"),
        ({"AFTERCARE_CASE_WEBHOOK_URL": "ftp://shop.example"}, "AFTERCARE_CASE_WEBHOOK_URL"),
        ({"AFTERCARE_CASE_WEBHOOK_URL": "http://shop.example/h"}, "https"),
        ({"AFTERCARE_CASE_WEBHOOK_URL": "https://u:p@shop.example/h"}, "AFTERCARE_CASE_WEBHOOK_URL"),
        ({"AFTERCARE_CASE_WEBHOOK_URL": "https://shop.example:99999/h"}, "AFTERCARE_CASE_WEBHOOK_URL"),
        ({"AFTERCARE_CASE_WEBHOOK_URL": "https://shop.example/h"}, "AFTERCARE_CASE_WEBHOOK_SECRET"),
        (
            {"AFTERCARE_CASE_WEBHOOK_URL": "https://shop.example/h", "AFTERCARE_CASE_WEBHOOK_SECRET": "x"},
            "AFTERCARE_CASE_WEBHOOK_SECRET",
        ),
        ({"AFTERCARE_CASE_WEBHOOK_INTERNAL": "yes"}, "AFTERCARE_CASE_WEBHOOK_INTERNAL"),
    ],
)
def test_settings_that_are_wrong_are_told(env: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        Settings.load({"AFTERCARE_HOME": str(ROOT), "AFTERCARE_SECRET": "x" * 40, **env})
    assert "u:p" not in str(raised.value)


def test_what_is_set_is_not_shown() -> None:
    config = HookConfig("https://shop.example/token-1", SECRET)
    assert "token-1" not in repr(config) and SECRET.decode() not in repr(config)
    assert HookConfig.load({}) is None
