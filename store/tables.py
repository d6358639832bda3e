"""All tables. Times are UTC; money is a decimal amount beside an ISO 4217 currency code."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of its own INTEGER type.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which has no time zones, gets it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    return datetime.now(UTC)


def _id() -> Column[Any]:
    return Column("id", RowId, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, RowId, ForeignKey(f"{target}.id", ondelete="CASCADE"), nullable=nullable)


# --- the shop's orders ---------------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    _id(),
    Column("email", String(254), unique=True),  # lower case
    Column("phone", String(20), index=True),  # E.164, e.g. +37061234567
    Column("name", String(200), nullable=False),
    Column("language", String(8), nullable=False, default="en"),
    Column("created_at", Instant, nullable=False, default=now),
)

products = Table(
    "products",
    metadata,
    _id(),
    Column("sku", String(64), unique=True, nullable=False),
    Column("name", String(200), nullable=False),
    Column("price", Numeric(12, 2), nullable=False),
    Column("currency", String(3), nullable=False),
)

orders = Table(
    "orders",
    metadata,
    _id(),
    Column("number", String(40), unique=True, nullable=False),
    _ref("customer_id", "customers"),
    # The contact data given with this order: what its buyer proves it with.
    Column("email", String(254)),
    Column("phone", String(20)),
    # placed unpaid paid processing shipped out_for_delivery delivered cancelled returned partly_returned
    Column("state", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", Numeric(12, 2), nullable=False),
    Column("address", Text, nullable=False, default=""),
    Column("placed_at", Instant, nullable=False),
    Column("expected_on", Date),
    Column("updated_at", Instant, nullable=False, default=now),
    Index("ix_orders_email_placed", "email", "placed_at"),
    Index("ix_orders_phone_placed", "phone", "placed_at"),
    Index("ix_orders_customer_id", "customer_id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    _id(),
    _ref("order_id", "orders"),
    Column("position", Integer, nullable=False),
    Column("sku", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", Numeric(12, 2), nullable=False),
    UniqueConstraint("order_id", "position"),
)

shipments = Table(
    "shipments",
    metadata,
    _id(),
    _ref("order_id", "orders"),
    Column("position", Integer, nullable=False),
    Column("carrier", String(80), nullable=False),
    Column("tracking_number", String(80)),
    Column("tracking_url", String(500)),
    # packed in_transit out_for_delivery delivered returning
    Column("state", String(20), nullable=False),
    Column("shipped_at", Instant),
    Column("expected_on", Date),
    UniqueConstraint("order_id", "position"),
)

tracking_events = Table(
    "tracking_events",
    metadata,
    _id(),
    _ref("shipment_id", "shipments"),
    Column("at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("place", String(120), nullable=False, default=""),
    Index("ix_tracking_events_shipment_at", "shipment_id", "at"),
)

payments = Table(
    "payments",
    metadata,
    _id(),
    _ref("order_id", "orders"),
    Column("position", Integer, nullable=False),
    Column("kind", String(10), nullable=False),  # payment refund
    Column("state", String(10), nullable=False),  # pending done failed
    Column("method", String(40), nullable=False),
    Column("amount", Numeric(12, 2), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("order_id", "position"),
)

invoices = Table(
    "invoices",
    metadata,
    _id(),
    _ref("order_id", "orders"),
    Column("number", String(40), unique=True, nullable=False),
    Column("url", String(500), nullable=False),
    Column("issued_at", Instant, nullable=False),
)

# What was done to an order through us, once for each key (the inbound message's id).
order_changes = Table(
    "order_changes",
    metadata,
    _id(),
    _ref("order_id", "orders"),
    Column("key", String(120), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),  # cancelled address_changed
    Column("details", JSON, nullable=False),
    Column("at", Instant, nullable=False, default=now),
)

# --- conversations -------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    _id(),
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("address", String(128), nullable=False),
    Column("owner", String(10), nullable=False, default="bot"),  # bot queue human closed
    Column("language", String(8), nullable=False, default="en"),
    Column("last_seq", Integer, nullable=False, default=0),  # of messages
    # What the dialogue core must know beyond the tail of its events: its slots.
    Column("slots", JSON, nullable=False, default=dict),
    Column("last_event_seq", Integer, nullable=False, default=0),  # of tracker_events
    # The e-mail or phone that the customer has proven to be his, with an order's number.
    Column("proven_contact", String(254), index=True),
    # How: order (with its number), sender (of an SMS: for reading only), provider, shop.
    Column("proven_by", String(10)),
    Column("failed_proofs", Integer, nullable=False, default=0),
    # After a turn that failed: how often in a row, and not before when.
    Column("failures", Integer, nullable=False, default=0),
    Column("retry_at", Instant),
    Column("heard_at", Instant),  # of the customer's last message
    Column("created_at", Instant, nullable=False, default=now),
    Column("updated_at", Instant, nullable=False, default=now),
    UniqueConstraint("channel", "account", "address"),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _ref("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),
    Column("author", String(10), nullable=False),  # customer bot agent system
    Column("text", Text, nullable=False),
    Column("buttons", JSON, nullable=False, default=list),  # [{"token", "title"}]
    Column("external_id", String(128)),  # the provider's or client's id of a customer's message
    Column("reply_to", Integer),  # seq of the customer's message that a reply answers
    Column("request_id", String(40), nullable=False, default=""),
    Column("created_at", Instant, nullable=False, default=now),
    Column("edited_at", Instant),
    UniqueConstraint("conversation_id", "seq"),
)

# What a customer sent beside text: fetched from the provider soon after, and kept under a random name.
attachments = Table(
    "attachments",
    metadata,
    _id(),
    _ref("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message that it came with
    Column("position", Integer, nullable=False),
    Column("kind", String(10), nullable=False),  # image audio voice video file location contact link
    Column(
        "reference", Text, nullable=False
    ),  # where the provider has it; the thing itself of the last three
    Column("name", String(200), nullable=False, default=""),
    Column("media_type", String(100), nullable=False, default=""),
    Column("size", Integer),
    Column("state", String(10), nullable=False),  # waiting stored refused failed
    Column("file", String(64)),  # its random name in the store of files
    Column("reason", String(200)),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False, default=now),
    UniqueConstraint("conversation_id", "seq", "position"),
)
TO_FETCH = attachments.c.state == literal_column("'waiting'")
Index("ix_attachments_to_fetch", attachments.c.due_at, sqlite_where=TO_FETCH, postgresql_where=TO_FETCH)

# A button's meaning stays here; the customer's side only gets its token.
buttons = Table(
    "buttons",
    metadata,
    Column("token", String(32), primary_key=True),
    _ref("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message that carries it
    Column("title", String(80), nullable=False),
    Column("payload", JSON, nullable=False),  # {"intent": …, "entities": {…}}
    Index("ix_buttons_conversation_seq", "conversation_id", "seq"),
)

tracker_events = Table(
    "tracker_events",
    metadata,
    _id(),
    _ref("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),
    Column("type", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    Column("data", JSON, nullable=False),
    UniqueConstraint("conversation_id", "seq"),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("external_id", String(128), nullable=False),
    _ref("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message in the transcript
    Column("press", String(32)),  # token of a pressed button
    Column("command", String(80)),  # what the message asks of us beside its words: "begin", "order 10234"
    Column("state", String(10), nullable=False, default="waiting"),  # waiting done failed
    # What the message was taken for, once the bot has answered it.
    Column("intent", String(64)),
    Column("confidence", Numeric(5, 4, asdecimal=False)),
    Column("request_id", String(40), nullable=False, default=""),
    Column("received_at", Instant, nullable=False, default=now),
    Column("done_at", Instant),
    UniqueConstraint("channel", "account", "external_id"),
)
# A partial index serves only conditions that are spelled like its own, with the values in the statement
# itself: a bound parameter could be anything.
WAITING = inbox.c.state == literal_column("'waiting'")
Index("ix_inbox_waiting", inbox.c.id, sqlite_where=WAITING, postgresql_where=WAITING)
Index(
    "ix_inbox_waiting_of", inbox.c.conversation_id, inbox.c.id, sqlite_where=WAITING, postgresql_where=WAITING
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _ref("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message in the transcript
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("address", String(128), nullable=False),
    # queued sending sent failed unknown withdrawn
    Column("state", String(10), nullable=False, default="queued"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("parts_sent", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False, default=now),
    Column("claimed_at", Instant),
    Column("reason", String(200)),
    Column("request_id", String(40), nullable=False, default=""),
    Column("created_at", Instant, nullable=False, default=now),
    Column("sent_at", Instant),
    UniqueConstraint("conversation_id", "seq"),
)
OPEN = outbox.c.state.in_([literal_column("'queued'"), literal_column("'sending'")])
Index("ix_outbox_open", outbox.c.conversation_id, outbox.c.id, sqlite_where=OPEN, postgresql_where=OPEN)

# What each part of a message became: a long message is several at the provider.
sends = Table(
    "sends",
    metadata,
    _id(),
    _ref("outbox_id", "outbox"),
    Column("part", Integer, nullable=False),  # from 0
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("provider_id", String(128)),
    Column("state", String(10), nullable=False, default="sent"),  # sent delivered read failed
    Column("reason", String(200)),
    Column("at", Instant, nullable=False, default=now),
    UniqueConstraint("outbox_id", "part"),
    Index("ix_sends_provider", "channel", "account", "provider_id"),
)

# Who gets nothing any more, and why: stopped (his own wish), blocked, unreachable.
suppressions = Table(
    "suppressions",
    metadata,
    _id(),
    Column("channel", String(20), nullable=False),
    Column("address", String(128), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("at", Instant, nullable=False, default=now),
    UniqueConstraint("channel", "address"),
)

# Signed tokens that vouched for a customer already: each counts once.
used_tokens = Table(
    "used_tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

handoffs = Table(
    "handoffs",
    metadata,
    _id(),
    _ref("conversation_id", "conversations"),
    Column("reason", String(40), nullable=False),
    Column("summary", Text, nullable=False),
    Column("packet", JSON, nullable=False),
    Column("open", Boolean, nullable=False, default=True),
    Column("created_at", Instant, nullable=False, default=now),
)

# Every change of owner, with who, when and why.
ownership_changes = Table(
    "ownership_changes",
    metadata,
    _id(),
    _ref("conversation_id", "conversations"),
    Column("from_owner", String(10), nullable=False),
    Column("to_owner", String(10), nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", String(80), nullable=False),
    Column("at", Instant, nullable=False, default=now),
)
