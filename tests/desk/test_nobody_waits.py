"""Every state of a conversation has an owner, a clock and a way out: after any course of events of all
channels, nobody waits for nobody."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import DateTime, text

from bot.conversation.receiving.intake import SILENT_FOR
from store.core.database import Database
from store.vocabulary import Author, Owner
from tests.desk.courses import STEPS, Course, World
from tests.faults import THOROUGH

SEEDS = 8
COURSES = 640 if THOROUGH else 5  # of each seed, on each database
LENGTH = 14  # events
SAME_WORLD = 20  # courses in one database
SOON = timedelta(seconds=10)  # the longest pause before a turn

_MESSAGES = text(
    "SELECT m.seq, m.author, m.text, i.state, i.command,"
    " (SELECT max(r.seq) FROM messages r WHERE r.conversation_id = :id AND r.reply_to = m.seq) AS reply"
    " FROM messages m LEFT JOIN inbox i ON i.conversation_id = :id AND i.seq = m.seq"
    " WHERE m.conversation_id = :id ORDER BY m.seq"
)
_REQUESTS = text("SELECT claimed_at, alerted_at FROM handoffs WHERE conversation_id = :id AND open = true")
_RETRY = text("SELECT retry_at FROM conversations WHERE id = :id").columns(retry_at=DateTime(timezone=True))


def unanswered(rows: Sequence[Any], ended: int) -> list[int]:
    """The customer's messages that want something and to which nobody has said anything, by their numbers.
    Behind the message `ended`, people closed the talk or gave it back."""
    answered = max([ended, *(row.seq for row in rows if row.author == Author.AGENT)])
    return [
        row.seq
        for row in rows
        if row.author == Author.CUSTOMER
        and row.seq > answered
        and row.reply is None
        and row.command != "quiet"
        and not row.text.startswith("thank")
    ]


def check_now(course: Course) -> None:
    """What holds after every event: an owner with a name, and a clock."""
    world, one = course.world, course.conversation()
    with world.database.read() as connection:
        rows = connection.execute(_MESSAGES, {"id": course.id}).all()
        requests = connection.execute(_REQUESTS, {"id": course.id}).all()
        retry: datetime | None = connection.execute(_RETRY, {"id": course.id}).scalar()
    elsewhere = (one.held_by, one.held_until)
    if one.owner != Owner.HUMAN:
        assert (one.agent_id, *elsewhere) == (None, None, None)
    elif one.agent_id is None:
        assert one.held_by and one.held_until, "a person has a name"
        assert one.held_until <= world.now + SILENT_FOR, "and not for ever"
    else:
        assert elsewhere == (None, None)
    assert len(requests) <= 1
    assert one.owner != Owner.QUEUE or requests, "who waits is known to wait"
    assert one.owner != Owner.CLOSED or not requests
    if any(row.state in ("waiting", "parked") for row in rows) and retry:
        assert retry.replace(tzinfo=world.now.tzinfo) <= world.now + SOON, "its turn comes soon"
    replies = Counter(row.reply for row in rows if row.reply is not None)
    assert all(count == 1 for count in replies.values())


def check_in_the_end(course: Course) -> None:
    """What holds when nobody has done anything for three hours of opening time."""
    world, one = course.world, course.conversation()
    with world.database.read() as connection:
        rows = connection.execute(_MESSAGES, {"id": course.id}).all()
        requests = connection.execute(_REQUESTS, {"id": course.id}).all()
    assert not any(row.state in ("waiting", "parked") for row in rows), "a message nobody works on"
    waits = unanswered(rows, course.ended)
    if one.owner == Owner.HUMAN and one.agent_id is None:
        assert not waits, f"{waits} wait for somebody elsewhere"
        assert one.held_by and one.held_by.startswith("chatwoot:"), "of the provider's inbox nothing is heard"
    elif one.owner == Owner.HUMAN and one.agent_id is not None:
        assert not waits or world.present(one.agent_id), f"{waits} wait for an agent who isn't there"
    elif waits:
        assert one.owner in (Owner.QUEUE, Owner.BOT) and requests, f"{waits} wait for nobody"
        assert requests[0].claimed_at is None and requests[0].alerted_at, "and nobody was told"


def walk(new_database: Callable[[], Database], seed: int, courses: int) -> Counter[str]:
    """Plays courses; how often what happened."""
    seen: Counter[str] = Counter()
    for first in range(0, courses, SAME_WORLD):
        database = new_database()
        world = World(database)
        for number in range(first, min(first + SAME_WORLD, courses)):
            course = None
            try:
                course = Course(world, seed * 100_000 + number, random.Random(f"{seed}-{number}"))
                for _ in range(LENGTH):
                    course.step()
                    check_now(course)
                course.finish()
                check_in_the_end(course)
            except BaseException as error:
                steps = course.steps if course else []
                raise AssertionError(f"seed {seed}, course {number}: {' '.join(steps)}") from error
            seen.update(course.steps)
            seen[f"ends: {course.conversation().owner}"] += 1
            world.forget()
        database.close()
    return seen


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nobody_waits_for_nobody(new_migrated: Callable[[str], Database], kind: str, seed: int) -> None:
    seen = walk(lambda: new_migrated(kind), seed, COURSES)
    # The dice reach everything, if there are enough of them.
    wanted = [*STEPS, "web", "telegram", "sms", "messenger", *(f"ends: {owner}" for owner in Owner)]
    assert not THOROUGH or min(seen[name] for name in wanted) > 4, seen
