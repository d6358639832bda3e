"""Upgrades of a database that is in use, from every earlier version."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.desk.accounts.accounts import Browser
from store.accounts import agent_sessions, agents, audit
from store.cases import cases, timeline
from store.conversations import (
    archive,
    attachments,
    conversations,
    inbox,
    outbox,
    proofs,
    sends,
    suppressions,
    transcript,
    visits,
)
from store.conversations.memory import Memory
from store.conversations.payload import Payload
from store.core import mails, schema, timers
from store.core.database import Database
from store.desk import mirrors, notes, read_marks, threads
from store.handoffs import callbacks, handoffs, surveys
from store.handoffs.packets import Packet
from store.orders import orders
from store.products import products
from store.tables import metadata
from store.vocabulary import Reason
from tests.desk.staff import desk_parts
from tests.store.earlier import AT, PASSWORD, REVISIONS, VISITOR, contents, fill, filled, lost

LATER = AT + timedelta(days=1)


# --- what today's program reads -------------------------------------------------------------------


def _conversations(connection: Connection) -> None:
    visitor = conversations.find(connection, **VISITOR)
    assert visitor and (visitor.id, visitor.owner, visitor.language) == (1, "bot", "lt")
    assert visitor.memory == Memory({"order": "10234"})
    said = transcript.after(connection, 1, 0)
    assert [(one.seq, one.author) for one in said] == [(1, "customer"), (2, "bot"), (3, "customer")]
    assert said[0].text == "Kur mano užsakymas 10234?"
    offered = transcript.button(connection, 1, said[1].buttons[0]["token"])
    assert offered and offered.payload == Payload("deny")
    assert [event["event"] for event in archive.events(connection, 1)] == ["user", "bot"]
    assert proofs.identity(connection, 4).contact == "ruta@example.com"
    request = handoffs.latest(connection, 3)
    assert request and request.open and request.packet == Packet(Reason.ASKED, said=("адам",))
    assert handoffs.is_open(connection, 3) and not handoffs.is_open(connection, 4)
    assert [(one.before, one.after) for one in threads.changes(connection, 3)] == [("bot", "queue")]


def _inbox(connection: Connection) -> None:
    message: dict[str, Any] = {
        **VISITOR,
        "text": "again",
        "press": None,
        "language": "lt",
        "request_id": "r",
        "at": LATER,
    }
    known = inbox.accept(connection, external_id="m-1", **message)
    assert known.duplicate and known.seq == 1
    claim = inbox.claim(connection, LATER)
    waiting = inbox.oldest(connection, claim.conversation_id) if claim else None
    assert waiting and (waiting.external_id, waiting.text) == ("m-3", "ruta@example.com")
    inbox.finish(connection, waiting.id, LATER)
    assert inbox.accept(connection, external_id="m-4", **message).seq == 4


def _outbox(connection: Connection) -> None:
    # Behind the one that is being sent, the fourth waits.
    due = outbox.claim(connection, LATER, 20)
    assert [(one.conversation_id, one.text) for one in due] == [(3, "Қазір біреу жазады.")]
    outbox.part_sent(connection, due[0], 0, "sms-1", LATER, last=True)
    assert outbox.abandon(connection, LATER) == 1
    assert outbox.states(connection, 2, [2, 3, 4]) == {2: "sent", 3: "unknown", 4: "queued"}
    assert sends.is_ours(connection, "telegram", "shop_bot", "tg-77")


def _products(connection: Connection) -> None:
    mug = products.find(connection, "MUG")
    assert mug and (mug.name, str(mug.price), mug.currency) == ("Mug, blue", "12.30", "EUR")
    if mug.names:  # since there are any
        assert (mug.stock, mug.called("lt"), products.said(mug.care, "lt")) == (4, "Puodelis", "Wash it.")
        assert products.said(mug.options[0].values[0], "lt") == "S"
    assert [sku for sku, *_ in products.called(connection)] == ["MUG"]


def _orders(connection: Connection) -> None:
    order = orders.find_with_contact(connection, "10234", "Ruta@example.com")
    assert order and (order.customer_name, str(order.total)) == ("Rūta Žukė", "59.90")
    assert [(line.sku, line.quantity) for line in order.lines] == [("MUG", 2), ("LAMP", 1)]
    if order.country:  # since there are any
        assert (order.country, str(order.delivery_paid), order.version) == ("LT", "4.90", 7)
        assert [str(line.paid) for line in order.lines] == ["20.10", "None"]
        assert order.lines[0].options == {"colour": "mėlyna"} and order.lines[1].no_return == "custom_made"
        assert order.shipments[0].contents == {0: 2}
    assert [event.place for event in order.shipments[0].events] == ["Kaunas", ""]
    assert [str(paid.amount) for paid in (*order.payments, *order.refunds)] == ["59.90", "5.00"]
    assert [invoice.number for invoice in order.invoices] == ["INV-1"]
    assert [one.number for one in orders.of_contact(connection, "+37061234567")] == ["10235"]
    # This was done before the upgrade.
    assert orders.change_address(connection, order.id, "C", "m-0", LATER).address == order.address
    assert orders.cancel(connection, order.id, "m-9", LATER).state == "cancelled"


def _channels(connection: Connection) -> None:
    assert suppressions.reason(connection, "sms", "+37069999999") == "stopped"
    assert not proofs.use_token(connection, "token-1", LATER, AT)
    assert [one.file for one in attachments.of_conversation(connection, 2)] == [None, "a1b2"]
    assert [one.attached.kind for one in attachments.due(connection, LATER, LATER, 9)] == ["image"]


def _visits(connection: Connection) -> None:
    assert visits.until(connection, "visit-1", AT) == AT + visits.IDLE
    assert visits.has_ended(connection, "visitor-4") and not visits.has_ended(connection, "visitor-1")
    begun = visits.begin(connection, "customer-17", "anna@example.com", AT, "visit-1")
    assert (begun.id, begun.address, begun.resumed) == ("visit-1", "visitor-3", True)


def _desk(connection: Connection) -> None:
    anna, jonas = agents.listed(connection)
    assert (anna.languages, anna.skills, anna.role) == (("lt", "en"), ("returns",), "admin")
    assert jonas.invited and agents.invited(connection, "link-1", AT) == jonas.id
    session = agent_sessions.find(connection, "session-1", AT, AT - timedelta(hours=1))
    assert session and (session.agent, session.csrf) == (anna, "csrf-1")
    assert conversations.of_agent(connection, anna.id) == [1, 2, 4]
    assert read_marks.unread(connection, anna.id, [4]) == {4: 1}
    assert [note.mentions for note in notes.of_conversation(connection, 4)] == [(jonas.id,)]
    assert [entry.action for entry in audit.entries(connection)] == ["claimed"]
    assert [one.comment for one in surveys.answered(connection, 4)] == ["ačiū"]
    assert [one.wish for one in callbacks.waiting(connection)] == ["after five"]
    assert [mail.recipient for mail in mails.due(connection, LATER, LATER, 9)] == ["jonas@linden.example"]
    assert [one.external_id for one in mirrors.claim(connection, [1], LATER, LATER)] == ["41"]


def _timers(connection: Connection) -> None:
    assert [one.key for one in timers.claim(connection, ["still_waiting"], LATER, LATER, 9)] == ["3"]


# By a table that it needs.
def _cases(connection: Connection) -> None:
    case = cases.find(connection, "r-aaaaaaa")
    assert case and (case.kind, case.contact) == ("withdrawal", "ruta@example.com")
    assert [(one.sku, one.state) for one in case.lines] == [("MUG", "kept")]
    assert [one.kind for one in case.deadlines] == ["refund"]
    assert [one.state for one in case.refunds] == ["held"]
    assert [one.act for one in timeline.of_case(connection, case.id)] == ["submit"]


READS: dict[str, Callable[[Connection], None]] = {
    "conversations": _conversations,
    "inbox": _inbox,
    "outbox": _outbox,
    "orders": _orders,
    "products": _products,
    "cases": _cases,
    "attachments": _channels,
    "agents": _desk,
    "jobs": _timers,
    "visits": _visits,
}


@pytest.mark.parametrize("revision", REVISIONS)
async def test_nothing_is_lost_on_the_way_from(revision: str, empty: Database) -> None:
    before = filled(empty, revision)
    schema.upgrade(empty)
    assert lost(before, contents(empty)) == []
    with empty.write() as connection:
        assert schema.is_current(connection)
        for table, read in READS.items():
            if table in before:
                read(connection)
    if "agents" in before:
        started = await desk_parts(empty).accounts.sign_in("anna@linden.example", PASSWORD, None, Browser())
        assert started.agent.name == "Anna"


@pytest.mark.parametrize("revision", [one for one in REVISIONS if one < "0008"])
def test_whom_the_shop_vouched_for_without_an_end_begins_anew(revision: str, empty: Database) -> None:
    before = filled(empty, revision)
    if "proven_by" not in before["conversations"][0]:
        pytest.skip("nothing was kept of how it was proven")
    with empty.write() as connection:
        for address, by in (("visitor-1", "shop"), ("visitor-2", "order")):
            of = {"address": address, "by": by}
            connection.execute(text("UPDATE conversations SET proven_by = :by WHERE address = :address"), of)
    schema.upgrade(empty)
    with empty.read() as connection:
        assert visits.has_ended(connection, "visitor-1") and not visits.has_ended(connection, "visitor-2")
        assert suppressions.reason(connection, "web", "visitor-1") == "unreachable"
        assert suppressions.reason(connection, "web", "visitor-2") is None


def test_a_table_without_data_is_named(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.write() as connection:
        connection.execute(text("CREATE TABLE coupons (id INTEGER PRIMARY KEY)"))
        with pytest.raises(AssertionError, match="no data for coupons: add a row"):
            fill(connection)


# --- what the tables are like afterwards ----------------------------------------------------------


def test_the_migrations_make_the_tables_that_the_program_uses(database: Database) -> None:
    with database.write() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, metadata)
        if database.is_sqlite:
            # SQLAlchemy doesn't read back the rules of a foreign key that was added with its column.
            differences = [one for one in differences if one[0] not in ("add_fk", "remove_fk")]
            assert _references(connection) == _declared_references()
    assert differences == []


def _references(connection: Connection) -> set[tuple[str, ...]]:
    return {
        (table, row["from"], row["table"], row["to"], row["on_delete"])
        for table in metadata.tables
        for row in connection.execute(text(f"PRAGMA foreign_key_list({table})")).mappings()
    }


def _declared_references() -> set[tuple[str, ...]]:
    return {
        (table.name, key.parent.name, key.column.table.name, key.column.name, key.ondelete or "NO ACTION")
        for table in metadata.tables.values()
        for key in table.foreign_keys
    }


def test_what_was_stored_with_unseen_characters_is_found(empty: Database) -> None:
    dirty = [
        ("WEB\u201310\u200b234", "Ru\u200bta@Example.com\ufeff", "\u202a+37061234567\u202c"),
        ("10235", "ona@example.com", None),
        ("10235.0", "ona\xad@example.com", None),  # would be the same number: it stays, and is not found
    ]
    with empty.write() as connection:
        command.upgrade(schema.config(connection), "0006_jobs")
        for n, (number, email, phone) in enumerate(dirty, 1):
            values = {"n": n, "number": number, "email": email, "phone": phone, "at": AT.replace(tzinfo=None)}
            for statement in (
                "INSERT INTO customers (id, email, phone, name, language, created_at)"
                " VALUES (:n, :email, :phone, 'A', 'lt', :at)",
                "INSERT INTO orders (id, number, customer_id, email, phone, state, currency, total, address,"
                " placed_at, updated_at)"
                " VALUES (:n, :number, :n, :email, :phone, 'paid', 'EUR', 1, '', :at, :at)",
            ):
                connection.execute(text(statement), values)
    schema.upgrade(empty)
    with empty.read() as connection:
        for contact in ("ruta@example.com", "+37061234567"):
            found = orders.find_with_contact(connection, "web-10234", contact)
            assert found and (found.id, found.customer_id) == (1, 1)
        other = orders.find(connection, "10235")
        assert other and other.id == 2
        assert [one.id for one in orders.of_contact(connection, "ona@example.com")] == [3, 2]
        emails = connection.execute(text("SELECT email FROM customers ORDER BY id")).scalars().all()
    assert emails == ["ruta@example.com", "ona@example.com", "ona\xad@example.com"]
