"""Customers, the bot, the sender and several agents at once, some of them killed in the middle: whatever the
order in which they come, one owner, every message once, in order, and the bot silent beside a person."""

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.runtime.http.refusals import Refusal
from store.conversations import inbox, outbox
from store.conversations.outbox import Due
from store.core.database import Connection, Database
from store.vocabulary import Author
from tests.desk.shop import Actor, Shop
from tests.faults import THOROUGH

SEEDS = 10  # of tests, of which each plays many courses of events
COURSES = 100 if THOROUGH else 25
STEPS = 6
LEASE = timedelta(minutes=2)


class Killed(BaseException):
    """The process ended here."""


class Course:
    """One customer's conversation, and what the world outside the database knows of it."""

    def __init__(self, shop: Shop, team: list[Actor], address: str, dice: random.Random) -> None:
        self.shop = shop
        self.team = team
        self.address = address
        self.dice = dice
        self.steps: list[str] = []
        self.wrote: list[tuple[str, str]] = []  # the customer: id and text
        self.answered: list[tuple[str, str]] = []  # agents: id and text, as confirmed to them
        self.posted: list[tuple[Actor, str, str]] = []
        self.in_flight: list[Due] = []
        self.delivered: list[Due] = []
        self.changes = 0
        self.id = 0
        self.write()

    # --- who does something ---

    def write(self) -> None:
        known = self.wrote and self.dice.random() < 0.15
        key, words = (
            self.dice.choice(self.wrote)
            if known
            else (
                f"{self.address}-{len(self.wrote)}",
                f"{self.dice.choice(['hi', 'person', '4, kind'])} {len(self.wrote)}",
            )
        )
        place = self.do(
            lambda connection: inbox.accept(
                connection,
                channel="sms",
                account="default",
                external_id=key,
                address=self.address,
                text=words,
                press=None,
                language="en",
                request_id="r",
                at=self.shop.now,
            )
        )
        if place is None:
            return
        assert place.duplicate == bool(known)
        self.id = place.conversation_id
        if not known:
            self.wrote.append((key, words))

    def turn(self) -> None:
        before = self.snapshot()
        self.do(self.shop.turns.take_turn)
        after = self.snapshot()
        if before[0] == "human":
            assert after == before, "the bot said something beside a person"

    def collect(self) -> None:
        owner = self.snapshot()[0]
        due = self.do(lambda connection: outbox.claim(connection, self.shop.now, 10))
        for one in due or ():
            assert one.author != "bot" or owner != "human", "the bot's message went out beside a person"
        self.in_flight += due or ()

    def deliver(self) -> None:
        if not self.in_flight:
            return
        one = self.in_flight.pop(0)
        fate = self.dice.random()
        if fate < 0.1:
            return  # the sender died before
        owner, now = self.snapshot()[0], self.shop.now
        if not self.do(lambda connection: outbox.depart(connection, one, now + LEASE, now), mortal=False):
            return
        assert one.author != "bot" or owner != "human", "the bot's message left beside a person"
        self.delivered.append(one)
        if fate < 0.2:
            return  # or after
        self.do(
            lambda connection: outbox.part_sent(connection, one, 0, None, self.shop.now, last=True),
            mortal=False,
        )

    def sweep(self) -> None:
        """The lease of a dead sender's messages ends."""
        self.in_flight.clear()
        late = self.shop.now + LEASE
        self.do(lambda connection: outbox.abandon(connection, late), mortal=False)

    def claim(self) -> None:
        who = self.dice.choice(self.team)
        self.asked(lambda connection: self.shop.desk.claim(connection, who, self.id))

    def assign(self) -> None:
        who, whom = self.dice.choice(self.team), self.dice.choice(self.team)
        self.asked(lambda connection: self.shop.desk.assign(connection, who, self.id, whom.agent.id))

    def release(self) -> None:
        who = self.dice.choice(self.team)
        self.asked(lambda connection: self.shop.desk.release(connection, who, self.id))

    def hand_back(self) -> None:
        who = self.dice.choice(self.team)
        self.asked(lambda connection: self.shop.desk.hand_back(connection, who, self.id))

    def close(self) -> None:
        who, ask = self.dice.choice(self.team), self.dice.random() < 0.7
        self.asked(lambda connection: self.shop.desk.close(connection, who, self.id, "solved", ask=ask))

    def reply(self) -> None:
        who, key = self.dice.choice(self.team), f"c{len(self.posted)}"
        self.posted.append((who, key, f"answer {key}"))
        self.post(*self.posted[-1])

    def repeat(self) -> None:
        """An agent's client doesn't know whether its request arrived, and sends it again."""
        if self.posted:
            self.post(*self.dice.choice(self.posted[-2:]))

    def post(self, who: Actor, key: str, words: str) -> None:
        name = (f"desk:{who.agent.id}:{key}", words)
        out = self.asked(lambda connection: self.shop.desk.reply(connection, who, self.id, key, words))
        if out is not None:
            assert out.new == (name not in self.answered)
            assert out.entries[0].text == words
            if out.new:
                self.answered.append(name)

    def step(self) -> None:
        names = random.Random.choices(
            self.dice,
            ["write", "turn", "collect", "deliver", "sweep", "claim", "assign", "release", "hand_back"]
            + ["close", "reply", "repeat"],
            [5, 6, 3, 4, 0.5, 5, 1, 1, 1.5, 1.5, 4, 2],
        )
        self.steps.append(names[0])
        getattr(self, names[0])()
        self.check()

    # --- how it is done ---

    def asked(self, work: Callable[[Connection], Any]) -> Any:
        with suppress(Refusal):
            return self.do(work)

    def do(self, work: Callable[[Connection], Any], mortal: bool = True) -> Any:
        """One transaction, in every eighth of which the process ends at some statement, or just before the
        commit."""
        end = self.dice.randrange(12) if mortal and self.dice.random() < 0.125 else None
        with suppress(Killed), self.shop.database.write() as connection:
            if end is None:
                return work(connection)
            with killed_at(connection, end):
                work(connection)
            self.steps[-1:] = [*self.steps[-1:], "killed"]
            raise Killed
        return None

    def snapshot(self) -> tuple[Any, ...]:
        with self.shop.database.read() as connection:
            return tuple(connection.execute(_OWNER, {"id": self.id}).one())

    # --- what must be true ---

    def check(self) -> Sequence[Any]:
        with self.shop.database.read() as connection:
            rows = check_stored(connection, self.id)
        assert [(one.external_id, one.text) for one in rows if one.author == "customer"] == self.wrote
        assert [(one.external_id, one.text) for one in rows if one.author == "agent"] == self.answered
        order = [one.seq for one in self.delivered]
        assert order == sorted(set(order)), "doubled or out of order at the provider"
        states = {one.seq: one.sent for one in rows}
        assert {states[seq] for seq in order} <= {"sent", "sending", "unknown"}
        assert {seq for seq, state in states.items() if state == "sent"} <= set(order)
        return rows

    def leave(self, one: Due, at: datetime, connection: Connection) -> None:
        if outbox.depart(connection, one, at + LEASE, at):
            self.delivered.append(one)
            outbox.part_sent(connection, one, 0, None, at, last=True)

    def finish(self) -> None:
        """All that was accepted comes to its end when nobody disturbs."""
        self.sweep()
        late = self.shop.now + LEASE
        while self.do(self.shop.turns.take_turn, mortal=False):
            pass
        while due := self.do(lambda connection: outbox.claim(connection, late, 10), mortal=False):
            for one in due:
                self.do(partial(self.leave, one, late), mortal=False)
        check_ended(self.check())


# Built once: they are run after every step.
_OWNER = text("SELECT owner, agent_id, last_seq FROM conversations WHERE id = :id")
_REQUESTS = text("SELECT count(*) FROM handoffs WHERE conversation_id = :id AND open = true")
_CHANGES = text("SELECT from_owner, to_owner FROM ownership_changes WHERE conversation_id = :id ORDER BY id")
_MESSAGES = text(
    "SELECT messages.seq, author, text, messages.external_id, reply_to,"
    " outbox.state AS sent, inbox.state AS received FROM messages"
    " LEFT JOIN outbox ON outbox.conversation_id = :id AND outbox.seq = messages.seq"
    " LEFT JOIN inbox ON inbox.channel = 'sms' AND inbox.account = 'default'"
    " AND inbox.external_id = messages.external_id"
    " WHERE messages.conversation_id = :id ORDER BY messages.seq"
)


def check_stored(connection: Connection, conversation_id: int) -> Sequence[Any]:
    """What holds after every transaction, whoever made it; the messages."""
    this = {"id": conversation_id}
    owner, agent_id, last_seq = connection.execute(_OWNER, this).one()
    assert (owner == "human") == (agent_id is not None), "a person's is a named person's"
    open_requests = connection.execute(_REQUESTS, this).scalar_one()
    assert open_requests <= 1
    assert owner != "queue" or open_requests, "nobody knows that somebody waits"
    assert owner != "closed" or not open_requests
    rows = connection.execute(_MESSAGES, this).all()
    assert [row.seq for row in rows] == list(range(1, last_seq + 1))
    for row in rows:
        assert (row.sent is None) == (row.author == "customer")
        assert (row.received is None) == (row.author != "customer")
    replies = [row.reply_to for row in rows if row.reply_to is not None]
    assert len(set(replies)) == len(replies), "a message was answered twice"
    assert replies == sorted(replies)
    changes = connection.execute(_CHANGES, this).all()
    owners = ["bot", *(row.to_owner for row in changes)]
    assert [row.from_owner for row in changes] == owners[:-1]
    assert owners[-1] == owner
    return rows


def check_ended(rows: Sequence[Any]) -> None:
    assert {row.received for row in rows} <= {None, "done"}
    assert {row.sent for row in rows} <= {None, "sent", "withdrawn", "unknown"}


@contextmanager
def killed_at(connection: Connection, statement: int) -> Iterator[None]:
    left = statement

    def count(_c: object, _k: object, _s: object, _p: object, _x: object, _m: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    event.listen(connection, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", count)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_course_of_events(migrated_file: Path, tmp_path: Path, seed: int) -> None:
    shutil.copy(migrated_file, tmp_path / "courses.db")
    database = Database(f"sqlite:///{tmp_path}/courses.db", synchronous="OFF")
    shop = Shop(database)
    team = [shop.agent("Anna"), shop.agent("Bert"), shop.agent("Chief", "admin")]
    seen: Counter[str] = Counter()
    for number in range(COURSES):
        # The message that begins it is never lost: a course without one is none.
        dice = random.Random(f"{seed}-{number}")
        course = None
        try:
            while course is None or not course.id:
                course = Course(shop, team, f"+370{seed:02}{number:05}{dice.randrange(10)}", dice)
            for _ in range(STEPS):
                course.step()
            course.finish()
        except BaseException as error:
            steps = course.steps if course else []
            raise AssertionError(f"seed {seed}, course {number}: {' '.join(steps)}") from error
        seen.update(course.steps)
        seen["answered"] += len(course.answered)
    database.close()
    # The dice reach everything, if there are enough of them.
    names = ("claim", "hand_back", "close", "killed", "repeat", "answered")
    assert not THOROUGH or min(seen[name] for name in names) > 4, seen


# --- at the same time ------------------------------------------------------------------------------


class Street:
    """Threads that do what they want for a while, on one database."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.team = [shop.agent("Anna"), shop.agent("Bert"), shop.agent("Cleo")]
        self.ids = [shop.talk("hi", address=f"+3706000000{n}", channel="sms") for n in range(3)]
        self.wrote: Counter[int] = Counter(dict.fromkeys(self.ids, 1))
        self.answered: Counter[int] = Counter()
        self.held: dict[int, float] = {}
        self.delivered: list[tuple[int, int]] = []
        self.wrong: list[str] = []
        self.note = threading.Lock()

    def customer(self, dice: random.Random) -> None:
        number = dice.randrange(3)
        self.shop.write(dice.choice(["hi", "person"]), address=f"+3706000000{number}", channel="sms")
        with self.note:
            self.wrote[self.ids[number]] += 1

    def worker(self, dice: random.Random) -> None:
        with self.shop.database.write() as connection:
            self.shop.turns.take_turn(connection)

    def sender(self, dice: random.Random) -> None:
        began = time.monotonic()
        with self.shop.database.write() as connection:
            due = outbox.claim(connection, self.shop.now, 3)
        for one in due:
            if one.author == "bot" and self.held.get(one.conversation_id, began) < began:
                self.wrong.append(f"the bot's message {one.seq} went out beside a person")
            with self.note:
                self.delivered.append((one.conversation_id, one.seq))
            with self.shop.database.write() as connection:
                outbox.part_sent(connection, one, 0, None, self.shop.now, last=True)

    def agent(self, who: Actor, dice: random.Random) -> None:
        """What one person does. Nobody else ends what he has: `held` is true from claim to end."""
        which, desk = dice.choice(self.ids), self.shop.desk
        with suppress(Refusal):
            with self.shop.database.write() as connection:
                desk.claim(connection, who, which)
            self.held[which] = time.monotonic()
            key = f"k{dice.random()}"
            with ThreadPoolExecutor(2) as pool:
                said = [pool.submit(self.reply, who, which, key) for _ in range(2)]
            outcomes = [one.result() for one in said]
            if outcomes.count(True) > 1:
                self.wrong.append("a repeated request was taken twice")
            with self.note:
                self.answered[which] += any(outcomes)
            self.held.pop(which, None)
            with self.shop.database.write() as connection:
                what = dice.randrange(3)
                if what == 0:
                    desk.release(connection, who, which)
                elif what == 1:
                    desk.hand_back(connection, who, which)
                else:
                    desk.close(connection, who, which, "solved")

    def reply(self, who: Actor, which: int, key: str) -> bool:
        with suppress(Refusal), self.shop.database.write() as connection:
            return self.shop.desk.reply(connection, who, which, key, "an answer").new
        return False


def test_agents_customers_bot_and_senders_at_the_same_time(database: Database) -> None:
    shop = Shop(database)
    street = Street(shop)
    rounds = 12 if database.is_sqlite else 25

    def busy(what: Callable[[random.Random], None], seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(rounds):
            what(dice)

    jobs = [street.customer, street.worker, street.worker, street.sender, street.sender]
    jobs += [partial(street.agent, who) for who in street.team]
    with ThreadPoolExecutor(len(jobs)) as pool:
        for job in [pool.submit(busy, what, seed) for seed, what in enumerate(jobs)]:
            job.result()
    shop.work()
    while True:
        before = len(street.delivered)
        street.sender(random.Random(0))
        if len(street.delivered) == before:
            break
    assert street.wrong == []
    assert len(set(street.delivered)) == len(street.delivered)
    for one in street.ids:
        order = [seq for which, seq in street.delivered if which == one]
        assert order == sorted(order)
        entries = Counter(entry.author for entry in shop.transcript(one))
        assert (entries[Author.CUSTOMER], entries[Author.AGENT]) == (street.wrote[one], street.answered[one])
        with database.read() as connection:
            check_ended(check_stored(connection, one))


def test_of_many_agents_who_claim_at_once_one_gets_it(database: Database) -> None:
    shop = Shop(database)
    team = [shop.agent(name) for name in ("Anna", "Bert", "Cleo", "Dora")]
    which = shop.talk("person")
    gate = threading.Barrier(len(team))

    def claim(who: Actor) -> str:
        gate.wait(10)
        try:
            with database.write() as connection:
                shop.desk.claim(connection, who, which)
        except Refusal as error:
            return str(error.more["agent"])
        return who.agent.name

    with ThreadPoolExecutor(len(team)) as pool:
        told = set(pool.map(claim, team))
    assert len(told) == 1, "everybody is told the same name"
    assert [entry.text for entry in shop.transcript(which)][2:] == [f"utter_person_joined (en) {told.pop()}"]
