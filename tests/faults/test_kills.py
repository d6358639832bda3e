"""A few kills in every test run (`make faults` does fifty), and whether the count would see a fault."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from store.conversations import transcript
from store.core.database import Database
from store.tables import conversations
from store.vocabulary import Author
from tests.faults import kills
from tests.faults.check import Findings, Seen, check
from tests.store.test_conversation_store import Shop


@pytest.mark.slow
async def test_a_killed_server_loses_and_doubles_nothing(database_url: str) -> None:
    one = database_url.startswith("sqlite")
    plan = kills.Plan(
        kills=4 if one else 2,
        database_url=database_url,
        customers=12,
        processes=1 if one else 2,
        seed=7,
        last_load=0.5,
    )
    outcome = await kills.run(plan)
    assert outcome.findings.faults == []
    assert outcome.kills.total() == plan.kills
    assert outcome.findings.accepted == outcome.findings.answered >= plan.customers


# --- the count itself ------------------------------------------------------------------------------


async def healthy(database: Database) -> Seen:
    """Two messages, the second answered in two bubbles, and what their customer saw of it."""
    shop = Shop(database)
    shop.write("hello", external_id="anna:m-1")
    shop.write("twice", external_id="anna:m-2")
    await shop.work()
    replayed = [
        {"seq": entry.seq, "author": entry.author, "text": entry.text, "reply_to": entry.reply_to}
        for entry in shop.transcript()
    ]
    return Seen("anna", {"m-1": (1, "hello"), "m-2": (2, "twice")}, [1, 2, 3, 4, 5], replayed)


def look(database: Database, seen: Seen) -> Findings:
    with database.read() as connection:
        return check(connection, [seen])


async def test_nothing_is_found_where_nothing_is_wrong(database: Database) -> None:
    found = look(database, await healthy(database))
    assert found == Findings(accepted=2, answered=2)


DAMAGE = {
    "a message is gone": ("lost", "DELETE FROM messages WHERE seq = 2"),
    "an answer is gone": ("lost", "DELETE FROM messages WHERE seq = 3"),
    "a bubble is gone": ("lost", "DELETE FROM messages WHERE seq = 5"),
    "a message was never worked on": ("lost", "UPDATE inbox SET state = 'waiting' WHERE seq = 2"),
    "a turn was given up": ("lost", "UPDATE inbox SET state = 'failed' WHERE seq = 2"),
    "an inbox row is gone": ("disordered", "DELETE FROM inbox WHERE seq = 2"),
    "an answer was not delivered": ("lost", "UPDATE outbox SET state = 'queued' WHERE seq = 4"),
    "an outbox row is gone": ("lost", "DELETE FROM outbox WHERE seq = 4"),
    "answers changed places": (
        "disordered",
        "UPDATE messages SET reply_to = 3 - reply_to WHERE seq IN (3, 4)",
    ),
    "a number is missing": ("disordered", "UPDATE conversations SET last_seq = 6"),
    "a turn was taken twice": (
        "doubled",
        "UPDATE tracker_events SET type = 'user', data = (SELECT data FROM tracker_events WHERE seq = 1) "
        "WHERE seq = 5",
    ),
    "an event is missing": ("disordered", "DELETE FROM tracker_events WHERE seq = 3"),
    "a person has it": ("", "UPDATE conversations SET owner = 'queue'"),
}


async def test_every_damage_is_found(database: Database) -> None:
    seen = await healthy(database)
    for name, (kind, statement) in DAMAGE.items():
        with database.engine.connect() as connection, connection.begin() as transaction:
            connection.execute(text(statement))
            found = check(connection, [seen])
            transaction.rollback()
        assert found.faults, name
        assert not kind or getattr(found, kind), f"{name}: {found}"
    assert not look(database, seen).faults


async def test_a_second_answer_is_found(database: Database) -> None:
    seen = await healthy(database)
    with database.write() as connection:
        one = connection.execute(select(conversations.c.id)).scalar_one()
        transcript.append(connection, one, Author.BOT, "second", Shop(database).now, reply_to=2)
    assert look(database, seen).doubled


async def test_what_a_customer_was_told_is_looked_at(database: Database) -> None:
    seen = await healthy(database)
    assert look(database, replace(seen, told=[1, 2, 3, 3, 4, 5])).doubled
    assert look(database, replace(seen, told=[1, 2, 4, 3, 5])).disordered
    assert look(database, replace(seen, told=[1, 2, 3])).disordered
    assert look(database, replace(seen, replayed=seen.replayed[:-1])).lost
    assert look(database, replace(seen, accepted={**seen.accepted, "m-3": (6, "late")})).lost
    assert look(database, replace(seen, accepted={"m-1": (1, "hello")})).doubled
    assert look(database, replace(seen, accepted={"m-1": (2, "hello"), "m-2": (1, "twice")})).disordered
    assert look(database, replace(seen, visitor="nobody")).lost
