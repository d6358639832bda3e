"""After-sales cases: what a customer wants put right, the goods and the money of it, and until when."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from store.tables.base import Instant, OneOf, job_columns, metadata, now, reference, row_id
from store.vocabulary import (
    Actor,
    CaseKind,
    CaseState,
    Condition,
    DeadlineKind,
    GoodsState,
    HookState,
    MoneyState,
    ReturnWay,
    Wish,
)

cases = Table(
    "cases",
    metadata,
    row_id(),
    Column("number", String(20), nullable=False, unique=True),  # told to people; it opens nothing by itself
    Column("kind", OneOf(CaseKind, 20), nullable=False),
    Column("state", OneOf(CaseState, 20), nullable=False),
    Column("wish", OneOf(Wish, 20), nullable=False),
    # The order that it began with; none where a statement names one that isn't known.
    reference("order_id", "orders", nullable=True, ondelete="SET NULL"),
    Column("order_number", String(40), nullable=False),
    # Who it belongs to: a contact that was given with the order.
    Column("contact", String(254), nullable=False),
    Column("name", String(200), nullable=False, default=""),
    Column("language", String(8), nullable=False),
    Column("channel", String(20), nullable=False),  # or "page", "api", "desk"
    reference("conversation_id", "conversations", nullable=True, ondelete="SET NULL"),
    Column("jurisdiction", String(2), nullable=False, default=""),  # ISO 3166; empty: nobody knows
    Column("currency", String(3), nullable=False, default=""),
    Column("way", OneOf(ReturnWay, 10)),
    Column("words", Text, nullable=False, default=""),  # the customer's own
    Column("serial_number", String(80), nullable=False, default=""),
    Column("facts", JSON, nullable=False, default=dict),  # answers to what else was asked
    reference("agent_id", "agents", nullable=True, ondelete="SET NULL"),
    # One of a kind for the same goods at a time: hashed lines, while the case is open.
    Column("same", String(64)),
    Column("version", Integer, nullable=False, default=1),  # counts every change
    Column("stated_at", Instant, nullable=False),  # when the customer said it
    Column("created_at", Instant, nullable=False, default=now),
    Column("updated_at", Instant, nullable=False, default=now),
    Column("closed_at", Instant),
    Index("ix_cases_contact", "contact", "id"),
    Index("ix_cases_order_number", "order_number"),
    Index("ix_cases_conversation_id", "conversation_id"),
    Index("ix_cases_state_updated", "state", "updated_at"),
    Index("ix_cases_updated_at", "updated_at", "id"),
    Index("uq_cases_same", "same", unique=True),
)

case_lines = Table(
    "case_lines",
    metadata,
    row_id(),
    reference("case_id", "cases"),
    # By number and place: an order's lines are written anew with every change of it.
    Column("order_number", String(40), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sku", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("paid", Numeric(12, 2), nullable=False),  # what these pieces really cost, frozen
    Column("reason", String(40), nullable=False, default=""),
    Column("instead", JSON),  # what is wanted for it: {"sku", "name", "options"}
    Column("state", OneOf(GoodsState, 20), nullable=False),
    Column("condition", OneOf(Condition, 20)),
    UniqueConstraint("case_id", "order_number", "position"),
    Index("ix_case_lines_order_number", "order_number"),
)

# All that ever happened to a case, oldest first.
case_events = Table(
    "case_events",
    metadata,
    row_id(),
    reference("case_id", "cases"),
    Column("at", Instant, nullable=False),
    Column("actor", OneOf(Actor, 20), nullable=False),
    Column("who", String(254), nullable=False, default=""),  # the agent's e-mail
    Column("act", String(40), nullable=False),
    Column("why", Text, nullable=False, default=""),
    Column("details", JSON, nullable=False, default=dict),
    Column("key", String(160), nullable=False),  # the same act, told twice, is one
    UniqueConstraint("case_id", "key"),
    Index("ix_case_events_case_id", "case_id", "id"),
)

case_deadlines = Table(
    "case_deadlines",
    metadata,
    row_id(),
    reference("case_id", "cases"),
    Column("kind", OneOf(DeadlineKind, 20), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("rule", String(80), nullable=False),  # its name in data/rights.yml, or "shop"
    Column("met_at", Instant),
    Column("warned", Integer, nullable=False, default=0),  # 50, 80, 100: per cent that were told of
    UniqueConstraint("case_id", "kind"),
    Index(
        "ix_case_deadlines_open",
        "due_at",
        postgresql_where=text("met_at IS NULL"),
        sqlite_where=text("met_at IS NULL"),
    ),
)

# Money that goes back: one row an intent. The shop's own system moves it.
case_refunds = Table(
    "case_refunds",
    metadata,
    row_id(),
    reference("case_id", "cases"),
    Column("order_number", String(40), nullable=False),
    Column("state", OneOf(MoneyState, 20), nullable=False),
    Column("means", String(40), nullable=False),  # as it was paid, or "credit"
    Column("amount", Numeric(12, 2), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("parts", JSON, nullable=False),  # how the sum comes about: [{"kind", "amount", …}]
    Column("key", String(80), nullable=False, unique=True),  # what the shop's system knows it by
    Column("provider_id", String(120), nullable=False, default=""),
    Column("why", Text, nullable=False, default=""),  # of a person who decided on another sum
    Column("first_agent", String(254), nullable=False, default=""),  # who approved it
    Column("unsigned", Boolean, nullable=False, default=False),  # a second person's approval is missing
    Column("created_at", Instant, nullable=False, default=now),
    Column("updated_at", Instant, nullable=False, default=now),
    Index("ix_case_refunds_case_id", "case_id"),
    Index("ix_case_refunds_order_number", "order_number"),
    Index("ix_case_refunds_state", "state"),
)

# Photos and papers: customers' files that were sent in a conversation.
case_files = Table(
    "case_files",
    metadata,
    row_id(),
    reference("case_id", "cases"),
    reference("attachment_id", "attachments"),
    UniqueConstraint("case_id", "attachment_id"),
)

# What the shop's own system is told: one row an event of a case, while there is an address to tell it to.
case_hooks = Table(
    "case_hooks",
    metadata,
    row_id(),
    reference("event_id", "case_events", nullable=True),  # none: from here on events are told
    # No reference: it would lock the case's row, which is held by whoever waits to write an event.
    Column("case_id", BigInteger, nullable=False),
    *job_columns(HookState, HookState.WAITING),
    Column("created_at", Instant, nullable=False, default=now),
    UniqueConstraint("event_id"),
    Index("ix_case_hooks_case_id", "case_id", "event_id"),
)
_TO_TELL = case_hooks.c.state == literal_column("'waiting'")
Index("ix_case_hooks_to_tell", case_hooks.c.due_at, sqlite_where=_TO_TELL, postgresql_where=_TO_TELL)
