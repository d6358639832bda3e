"""Customers of the web chat whom the shop's own site vouches for, and how long each of their stays lasts."""

from sqlalchemy import Column, String, Table

from store.tables.base import Instant, metadata, now

# Whose conversation is whose: by the customer's number at the shop, never by an e-mail alone.
web_customers = Table(
    "web_customers",
    metadata,
    Column("id", String(64), primary_key=True),  # made from the number, as one can't read it back
    Column("address", String(128), nullable=False, unique=True),  # of their conversation
    Column("contact", String(254), nullable=False),  # the e-mail that the shop named last
    Column("vouched_at", Instant, nullable=False, default=now),
)

# Stays of such customers, each in one browser; and visitors nobody vouched for, once their stay has ended.
visits = Table(
    "visits",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("address", String(128), nullable=False, index=True),  # of the conversation
    Column("used_at", Instant, nullable=False, default=now),  # when it began, or its last message came
    Column("expires_at", Instant, nullable=False, index=True),  # no token of it counts any more: forget it
    Column("ended_at", Instant),
)
