"""Upgrades of a database that is in use."""

from datetime import UTC, datetime, timedelta

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from store.conversations import attachments, outbox
from store.core import mails, schema
from store.core.database import Database
from store.desk import mirrors
from store.tables import metadata

NOW = datetime.now(UTC).isoformat(sep=" ")
ROWS = {
    "conversations": {
        "id": 1, "channel": "web", "account": "default", "address": "v", "owner": "bot", "language": "en",
        "last_seq": 1, "slots": "{}", "last_event_seq": 0, "failed_proofs": 0, "failures": 0,
        "created_at": NOW, "updated_at": NOW,
    },
    "messages": {
        "id": 1, "conversation_id": 1, "seq": 1, "author": "customer", "text": "hello", "buttons": "[]",
        "request_id": "", "created_at": NOW,
    },
    "inbox": {
        "id": 1, "channel": "web", "account": "default", "external_id": "x", "conversation_id": 1, "seq": 1,
        "state": "waiting", "request_id": "", "received_at": NOW,
    },
    "outbox": {
        "id": 1, "conversation_id": 1, "seq": 1, "channel": "web", "account": "default", "address": "v",
        "state": "queued", "attempts": 0, "due_at": NOW, "request_id": "", "created_at": NOW,
    },
    "handoffs": {
        "id": 1, "conversation_id": 1, "reason": "asked", "summary": "s", "packet": "{}", "open": True,
        "created_at": NOW,
    },
}  # fmt: skip


def test_nothing_is_lost_on_the_way_from_the_first_version(database_url: str) -> None:
    database = Database(database_url)
    try:
        with database.write() as connection:
            command.upgrade(schema.config(connection), "0001")
        with database.write() as connection:
            for table, row in ROWS.items():
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
        schema.upgrade(database)
        with database.read() as connection:
            for table, row in ROWS.items():
                kept = connection.execute(text(f"SELECT * FROM {table}")).mappings().one()
                assert kept["id"] == row["id"], table
    finally:
        database.close()


def test_work_under_way_is_taken_over_by_the_job_core(database_url: str) -> None:
    """A message that was being sent, a mail and a file that wait, and a mirror that a process was at."""
    database = Database(database_url)
    rows = {
        **{name: ROWS[name] for name in ("conversations", "messages")},
        "outbox": {**ROWS["outbox"], "state": "sending", "attempts": 1, "parts_sent": 0, "claimed_at": NOW},
        "mails": {
            "id": 1, "key": "k", "recipient": "a@b.example", "subject": "s", "body": "b", "state": "queued",
            "attempts": 2, "due_at": NOW, "created_at": NOW,
        },
        "attachments": {
            "id": 1, "conversation_id": 1, "seq": 1, "position": 0, "kind": "image", "reference": "r",
            "name": "", "media_type": "", "state": "waiting", "attempts": 1, "due_at": NOW,
        },
        "mirrors": {
            "id": 1, "conversation_id": 1, "desk": "chatwoot", "seq": 1, "handoff_id": 0, "read_id": 0,
            "attempts": 0, "due_at": NOW, "held_until": NOW,
        },
    }  # fmt: skip
    try:
        with database.write() as connection:
            command.upgrade(schema.config(connection), "0004_mirrors")
        with database.write() as connection:
            for table, row in rows.items():
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
        schema.upgrade(database)
        at = datetime.now(UTC)
        until = at + timedelta(minutes=1)
        with database.write() as connection:
            assert outbox.abandon(connection, at) == 1, "the provider may have it"
            assert [one.attempts for one in mails.due(connection, at, until, 9)] == [2]
            assert [one.attempts for one in attachments.due(connection, at, until, 9)] == [1]
            assert len(mirrors.claim(connection, mirrors.due(connection, "chatwoot", at, 9), at, until)) == 1
    finally:
        database.close()


def test_the_migrations_make_the_tables_that_the_program_uses(database: Database) -> None:
    with database.write() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, metadata)
    if database.is_sqlite:
        # SQLAlchemy doesn't read back the rules of a foreign key that was added with its column.
        differences = [one for one in differences if one[0] not in ("add_fk", "remove_fk")]
    assert differences == []
