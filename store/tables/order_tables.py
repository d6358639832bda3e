"""The shop's orders and products."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.tables.base import Instant, OneOf, metadata, now, reference, row_id
from store.vocabulary import NoReturn, OrderChange, OrderState, PaymentKind, PaymentState, ShipmentState

customers = Table(
    "customers",
    metadata,
    row_id(),
    Column("email", String(254), unique=True),  # lower case
    Column("phone", String(20), index=True),  # E.164, e.g. +37061234567
    Column("name", String(200), nullable=False),
    Column("language", String(8), nullable=False, default="en"),
    Column("created_at", Instant, nullable=False, default=now),
)

products = Table(
    "products",
    metadata,
    row_id(),
    Column("sku", String(64), unique=True, nullable=False),
    Column("name", String(200), nullable=False),
    Column("price", Numeric(12, 2), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("stock", Integer),  # None where nobody knows
    # As `store.products.product_record` has them.
    Column("description", JSON),
    Column("options", JSON(none_as_null=True)),
    Column("care", JSON),
    Column("page_url", String(500)),
    Column("manual_url", String(500)),
    Column("names", JSON),  # what customers call it
    Column("updated_at", Instant, default=now),
    Index("ix_products_updated_at", "updated_at"),
)

orders = Table(
    "orders",
    metadata,
    row_id(),
    Column("number", String(40), unique=True, nullable=False),
    reference("customer_id", "customers"),
    # The contact data given with this order: what its buyer proves it with.
    Column("email", String(254)),
    Column("phone", String(20)),
    # The buyer as the order names them: another order's words never rename this one.
    Column("customer_name", String(200)),
    Column("language", String(8)),
    Column("state", OneOf(OrderState, 20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", Numeric(12, 2), nullable=False),
    Column("address", Text, nullable=False, default=""),
    Column("placed_at", Instant, nullable=False),
    Column("expected_on", Date),
    Column("country", String(2)),  # ISO 3166, of the delivery address: whose law holds
    Column("delivery_paid", Numeric(12, 2)),  # for delivery, tax included; within `total`
    Column("delivery_standard", Numeric(12, 2)),  # what the cheapest usual delivery would have cost
    Column("version", Integer),  # the shop's own count of changes
    Column("changed_at", Instant),  # by the shop's own clock
    Column("updated_at", Instant, nullable=False, default=now),
    Index("ix_orders_email_placed", "email", "placed_at"),
    Index("ix_orders_phone_placed", "phone", "placed_at"),
    Index("ix_orders_customer_id", "customer_id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    row_id(),
    reference("order_id", "orders"),
    Column("position", Integer, nullable=False),
    Column("sku", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", Numeric(12, 2), nullable=False),
    Column("paid", Numeric(12, 2)),  # for all pieces, less discounts, tax included; None: nobody says
    Column("discount", Numeric(12, 2)),  # the share of all discounts that this line had
    Column("tax", Numeric(12, 2)),  # within `paid`
    Column("options", JSON(none_as_null=True)),  # {"size": "M"}
    Column("returnable", Boolean),  # None: nobody says
    Column("no_return", OneOf(NoReturn, 20)),  # why not
    UniqueConstraint("order_id", "position"),
)

shipments = Table(
    "shipments",
    metadata,
    row_id(),
    reference("order_id", "orders"),
    Column("position", Integer, nullable=False),
    Column("carrier", String(80), nullable=False),
    Column("tracking_number", String(80)),
    Column("tracking_url", String(500)),
    Column("state", OneOf(ShipmentState, 20), nullable=False),
    Column("shipped_at", Instant),
    Column("expected_on", Date),
    Column("delivered_at", Instant),
    Column("fetch_until", Date),  # the last day in a parcel locker or shop
    Column("contents", JSON(none_as_null=True)),  # {"line's position": quantity}; None: nobody says
    UniqueConstraint("order_id", "position"),
)

tracking_events = Table(
    "tracking_events",
    metadata,
    row_id(),
    reference("shipment_id", "shipments"),
    Column("at", Instant, nullable=False),
    Column("state", OneOf(ShipmentState, 20), nullable=False),
    Column("place", String(120), nullable=False, default=""),
    Index("ix_tracking_events_shipment_at", "shipment_id", "at"),
)

payments = Table(
    "payments",
    metadata,
    row_id(),
    reference("order_id", "orders"),
    Column("position", Integer, nullable=False),
    Column("kind", OneOf(PaymentKind, 10), nullable=False),
    Column("state", OneOf(PaymentState, 10), nullable=False),
    Column("method", String(40), nullable=False),
    Column("amount", Numeric(12, 2), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("order_id", "position"),
)

invoices = Table(
    "invoices",
    metadata,
    row_id(),
    reference("order_id", "orders"),
    Column("number", String(40), unique=True, nullable=False),
    Column("url", String(500), nullable=False),
    Column("issued_at", Instant, nullable=False),
)

# What was done to an order through us, once for each key (the inbound message's id).
order_changes = Table(
    "order_changes",
    metadata,
    row_id(),
    reference("order_id", "orders"),
    Column("key", String(120), nullable=False, unique=True),
    Column("kind", OneOf(OrderChange, 20), nullable=False),
    Column("details", JSON, nullable=False),
    Column("at", Instant, nullable=False, default=now),
)
