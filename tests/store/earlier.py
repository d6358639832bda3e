"""A shop's data as an earlier version of the program left it: for every table, at every version it had.

`ROWS` says what matters of each row; the other columns that its table has at a version are filled by their
type. The database numbers the rows itself, from 1 on, and a reference that isn't said is to the first row.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    String,
    insert,
    inspect,
    text,
)

from store.core import schema
from store.core.database import Database
from store.tables import metadata
from tests.desk.staff import CHEAP

Contents = dict[str, list[dict[str, Any]]]

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "four words by chance"

MIGRATIONS = list(ScriptDirectory.from_config(schema.config()).walk_revisions())
REVISIONS = [migration.revision for migration in reversed(MIGRATIONS)]

ALEMBICS = "alembic_version"  # its own table

# What a migration took away on purpose, tables or columns of them, and where it went.
GONE = {
    "outbox.provider_id": "sends.provider_id, one for each part of a message",
    "conversations.slots": "conversations.memory",
    "outbox.claimed_at": "outbox.leased_until, of what was being sent: nobody works while the tables change",
    "mirrors.held_until": "nobody works while the tables change",
}

WEB = {"channel": "web", "account": "default"}
TELEGRAM = {"channel": "telegram", "account": "shop_bot"}
# The addresses of the four conversations.
VISITOR = {**WEB, "address": "visitor-1"}
USER = {**TELEGRAM, "address": "5501"}
PHONE = {"channel": "sms", "account": "+37060000000", "address": "+37061234567"}
GUEST = {**WEB, "address": "visitor-2"}

# One column under its earlier and its present name.
REMEMBERED = dict.fromkeys(("slots", "memory"), {"slots": {"order": "10234"}})

ROWS: dict[str, list[dict[str, Any]]] = {
    "conversations": [
        {**VISITOR, "owner": "bot", "language": "lt", "last_seq": 3, **REMEMBERED},
        {**USER, "owner": "bot", "language": "en", "last_seq": 4},
        {**PHONE, "owner": "queue", "language": "kk", "last_seq": 2, "agent_id": None},
        {**GUEST, "owner": "human", "language": "en", "last_seq": 3, "proven_contact": "ruta@example.com"},
    ],
    "messages": [
        {"seq": 1, "author": "customer", "text": "Kur mano užsakymas 10234?", "buttons": []},
        {"seq": 2, "author": "bot", "text": "Koks el. paštas?", "buttons": [{"token": "t1", "title": "Ne"}]},
        {"seq": 3, "author": "customer", "text": "ruta@example.com", "buttons": []},
        {"conversation_id": 2, "seq": 1, "author": "customer", "text": "hello 👋", "buttons": []},
        {"conversation_id": 2, "seq": 2, "author": "bot", "text": "Hello!", "buttons": []},
        {"conversation_id": 2, "seq": 3, "author": "bot", "text": "How can I help?", "buttons": []},
        {"conversation_id": 2, "seq": 4, "author": "bot", "text": "Write an order's number.", "buttons": []},
        {"conversation_id": 3, "seq": 1, "author": "customer", "text": "адам керек", "buttons": []},
        {"conversation_id": 3, "seq": 2, "author": "bot", "text": "Қазір біреу жазады.", "buttons": []},
        {"conversation_id": 4, "seq": 1, "author": "customer", "text": "a person please", "buttons": []},
        {"conversation_id": 4, "seq": 2, "author": "agent", "text": "Anna here.", "buttons": []},
        {"conversation_id": 4, "seq": 3, "author": "customer", "text": "it is broken", "buttons": []},
    ],
    "buttons": [{"token": "t1", "seq": 2, "title": "Ne", "payload": {"intent": "deny", "entities": {}}}],
    "tracker_events": [
        {"seq": 1, "type": "user", "data": {"event": "user", "text": "Kur mano užsakymas 10234?"}},
        {"seq": 2, "type": "bot", "data": {"event": "bot", "text": "Koks el. paštas?"}},
    ],
    "inbox": [
        {**WEB, "external_id": "m-1", "seq": 1, "state": "done", "confidence": Decimal("0.8750")},
        {**WEB, "external_id": "m-3", "seq": 3, "state": "waiting", "intent": None, "done_at": None},
        {**TELEGRAM, "external_id": "u-1", "conversation_id": 2, "seq": 1, "state": "failed"},
    ],
    "echoes": [{"conversation_id": 2, "digest": "d1"}],
    "outbox": [
        {**VISITOR, "seq": 2, "state": "sent", "provider_id": None},
        {**USER, "conversation_id": 2, "seq": 2, "state": "sent", "provider_id": "tg-77"},
        {**USER, "conversation_id": 2, "seq": 3, "state": "sending", "provider_id": None},
        {**USER, "conversation_id": 2, "seq": 4, "state": "queued", "provider_id": None},
        {**PHONE, "conversation_id": 3, "seq": 2, "state": "queued", "provider_id": None, "sent_at": None},
        {**GUEST, "conversation_id": 4, "seq": 2, "state": "failed", "provider_id": None},
    ],
    "sends": [{**TELEGRAM, "outbox_id": 2, "provider_id": "tg-77", "state": "read"}],
    "attachments": [
        {"conversation_id": 2, "seq": 1, "position": 0, "kind": "image", "state": "waiting", "file": None,
         "leased_until": None},
        {"conversation_id": 2, "seq": 1, "position": 1, "kind": "file", "state": "stored", "file": "a1b2"},
    ],
    "suppressions": [{"channel": "sms", "address": "+37069999999", "reason": "stopped"}],
    "used_tokens": [{"id": "token-1"}],
    "throttles": [{"scope": "contact", "level": Decimal("3.5000"), "alerted_at": None, "passes_until": None}],
    "web_customers": [{"id": "customer-17", "address": "visitor-3", "contact": "anna@example.com"}],
    "visits": [
        {"id": "visit-1", "address": "visitor-3", "used_at": AT, "expires_at": AT + timedelta(days=3),
         "ended_at": None},
        {"id": "visitor-4", "address": "visitor-4", "expires_at": AT + timedelta(days=3)},
    ],
    "handoffs": [
        {"conversation_id": 3, "reason": "asked", "packet": {"reason": "asked", "said": ["адам"]},
         "open": True, "agent_id": None},
        {"conversation_id": 4, "reason": "broken", "packet": {"order": "10234"}, "open": False},
    ],
    "ownership_changes": [
        {"conversation_id": 3, "from_owner": "bot", "to_owner": "queue", "by": "bot", "why": "asked"}
    ],
    "customers": [{"email": "ruta@example.com", "phone": "+37061234567", "name": "Rūta Žukė"}],
    "products": [
        {"sku": "MUG", "name": "Mug, blue", "price": Decimal("12.30"), "currency": "EUR", "stock": 4,
         "names": {"lt": ["puodelis"]}, "description": {"lt": "Puodelis."}, "care": {"any": "Wash it."},
         "options": [{"name": {"any": "size"}, "values": [{"any": "S"}]}]},
    ],
    "orders": [
        {"number": "10234", "email": "ruta@example.com", "state": "processing", "total": Decimal("59.90"),
         "customer_name": "Rūta Žukė", "country": "LT", "delivery_paid": Decimal("4.90"), "version": 7},
        {"number": "10235", "email": None, "phone": "+37061234567", "state": "paid", "expected_on": None,
         "country": None, "delivery_paid": None, "version": None, "changed_at": None},
    ],
    "order_lines": [
        {"position": 0, "sku": "MUG", "quantity": 2, "unit_price": Decimal("12.30"),
         "paid": Decimal("20.10"), "options": {"colour": "mėlyna"}, "no_return": None},
        {"position": 1, "sku": "LAMP", "quantity": 1, "unit_price": Decimal("35.30"),
         "paid": None, "options": None, "returnable": False, "no_return": "custom_made"},
    ],
    "shipments": [
        {"position": 0, "carrier": "Omniva", "tracking_number": "CE123", "state": "in_transit",
         "delivered_at": None, "contents": {"0": 2}},
    ],
    "tracking_events": [{"state": "in_transit", "place": "Kaunas"}, {"state": "packed", "place": ""}],
    "payments": [
        {"position": 0, "kind": "payment", "state": "done", "method": "card", "amount": Decimal("59.90")},
        {"position": 1, "kind": "refund", "state": "pending", "method": "card", "amount": Decimal("5.00")},
    ],
    "invoices": [{"number": "INV-1", "url": "https://shop.example/invoices/1.pdf"}],
    "order_changes": [{"key": "m-0", "kind": "address_changed", "details": {"from": "A", "to": "B"}}],
    "agents": [
        {"email": "anna@linden.example", "name": "Anna", "role": "admin", "password": CHEAP.hash(PASSWORD),
         "totp_secret": None, "languages": ["lt", "en"], "skills": ["returns"], "locked_until": None,
         "disabled": False},
        {"email": "jonas@linden.example", "name": "Jonas", "role": "agent", "password": None,
         "totp_secret": None, "languages": [], "skills": [], "disabled": False},
    ],
    "agent_sessions": [{"id": "session-1", "csrf": "csrf-1"}],
    "invitations": [{"id": "link-1", "agent_id": 2, "used_at": None}],
    "audit_log": [{"who": "anna@linden.example", "action": "claimed", "target": "conversation:4"}],
    "notes": [{"conversation_id": 4, "author_name": "Anna", "text": "a photo would help", "mentions": [2]}],
    "readings": [{"conversation_id": 4, "seq": 1}],
    "surveys": [{"conversation_id": 4, "handoff_id": 2, "state": "done", "score": 5, "comment": "ačiū"}],
    "callbacks": [{"conversation_id": 4, "phone": "+37061234567", "wish": "after five", "state": "open"}],
    "mails": [
        {"key": "invitation:link-1", "recipient": "jonas@linden.example", "state": "queued",
         "leased_until": None}
    ],
    "mirrors": [
        {"conversation_id": 3, "desk": "chatwoot", "external_id": "41", "status": "open", "held_until": None,
         "leased_until": None}
    ],
    "cases": [
        {"number": "R-AAAAAAA", "kind": "withdrawal", "state": "acknowledged", "wish": "refund",
         "order_number": "10234", "contact": "ruta@example.com", "way": "label", "agent_id": None,
         "closed_at": None},
    ],
    "case_lines": [
        {"order_number": "10234", "position": 0, "sku": "MUG", "quantity": 1, "paid": Decimal("12.30"),
         "state": "kept", "condition": None, "instead": None},
    ],
    "case_events": [{"actor": "customer", "act": "submit", "key": "m-7"}],
    "case_deadlines": [{"kind": "refund", "met_at": None, "warned": 0}],
    "case_refunds": [{"state": "held", "amount": Decimal("12.30"), "parts": []}],
    "case_files": [{"attachment_id": 2}],
    "case_hooks": [{"case_id": 1, "state": "waiting", "leased_until": None}],
    "jobs": [{"kind": "still_waiting", "key": "3", "state": "waiting", "leased_until": None}],
}  # fmt: skip


def filled(database: Database, revision: str) -> Contents:
    """Makes an empty database one of an earlier version, with data; what it holds."""
    with database.write() as connection:
        command.upgrade(schema.config(connection), revision)
        fill(connection)
    return contents(database)


def fill(connection: Connection) -> None:
    """Writes the rows of `ROWS` into the tables that the database has."""
    # As the tables are, not as the program declares them today.
    tables = MetaData()
    tables.reflect(connection)
    tables.remove(tables.tables[ALEMBICS])
    for table in tables.sorted_tables:
        if table.name not in ROWS:
            raise AssertionError(
                f"no data for {table.name}: add a row or two to ROWS in {__file__}, and read them with the"
                " program's own functions in READS of test_migrations.py"
            )
        for n, said in enumerate(ROWS[table.name], 1):
            _check_names(table.name, said)
            values = {
                column.name: said[column.name] if column.name in said else _value(column, n)
                for column in table.columns
                if column is not table.autoincrement_column
            }
            connection.execute(insert(table).values(values))


def contents(database: Database) -> Contents:
    """All rows by table, as the database keeps them; the version too, in Alembic's own table."""
    with database.read() as connection:
        return {
            table: list(map(dict, connection.execute(text(f"SELECT * FROM {table} ORDER BY 1")).mappings()))
            for table in inspect(connection).get_table_names()
        }


def lost(before: Contents, after: Contents) -> list[str]:
    """What was there and isn't any more, or is different."""
    found = []
    for table, rows in before.items():
        if table in (ALEMBICS, *GONE):
            continue
        kept = after.get(table, [])
        if len(kept) != len(rows):
            found.append(f"{table}: {len(rows)} rows are {len(kept)} now")
        for old, new in zip(rows, kept, strict=False):
            found += [
                f"{table}.{name}: {value!r} is {new.get(name, 'not there')!r} now"
                for name, value in old.items()
                if f"{table}.{name}" not in GONE and (name not in new or new[name] != value)
            ]
    return found


def _check_names(table: str, said: dict[str, Any]) -> None:
    # A column may be there only later, or be gone by now; one that never was is a slip.
    known = metadata.tables[table].columns.keys() if table not in GONE else said
    wrong = [name for name in said if name not in known and f"{table}.{name}" not in GONE]
    assert not wrong, f"{table} has no {', '.join(wrong)}: mend ROWS, or add to GONE, in {__file__}"


def _value(column: Column[Any], n: int) -> Any:
    if column.foreign_keys:
        return 1
    match column.type:
        case JSON():
            return {"n": n}
        case Boolean():
            return True
        case DateTime():
            return AT + timedelta(minutes=n)
        case Date():
            return AT.date() + timedelta(days=n)
        case Integer():
            return n
        case Numeric():
            return Decimal(n)
        case String():
            return f"{n} {column.name}"[: column.type.length]
    raise AssertionError(f"{column} is of a type that nothing is known of: {column.type!r}; add it here")
