"""stays of the web chat's customers, which end"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = '0008_visits'
down_revision = '0007_throttles'
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "web_customers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=128), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=False),
        sa.Column("vouched_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_customers")),
        sa.UniqueConstraint("address", name=op.f("uq_web_customers_address")),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=128), nullable=False),
        sa.Column("used_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("ended_at", instant),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_address", "visits", ["address"])
    op.create_index("ix_visits_expires_at", "visits", ["expires_at"])
    _end_vouched()


def _end_vouched() -> None:
    """Whom the shop's site vouched for before got a token for a year, which any later user of the browser
    has too: none of those counts any more, and agents are told that nothing reaches these customers."""
    instant = sa.DateTime(timezone=True)
    conversations = sa.table(
        "conversations", *map(sa.column, ("channel", "address", "proven_by"))
    )
    visits = sa.table(
        "visits",
        *map(sa.column, ("id", "address")),
        *(sa.column(name, instant) for name in ("used_at", "expires_at", "ended_at")),
    )
    suppressions = sa.table(
        "suppressions", *map(sa.column, ("channel", "address", "reason")), sa.column("at", instant)
    )
    now = datetime.now(UTC)
    if op.get_bind().dialect.name == "sqlite":
        now = now.replace(tzinfo=None)
    vouched = sa.select(conversations.c.address).where(
        conversations.c.channel == "web", conversations.c.proven_by == "shop"
    )
    for address in list(op.get_bind().execute(vouched).scalars()):
        times = {"used_at": now, "ended_at": now, "expires_at": now + timedelta(days=366)}
        op.execute(visits.insert().values(id=address, address=address, **times))
        known = sa.select(suppressions.c.reason).where(
            suppressions.c.channel == "web", suppressions.c.address == address
        )
        if op.get_bind().execute(known).first() is None:
            row = {"channel": "web", "address": address, "reason": "unreachable", "at": now}
            op.execute(suppressions.insert().values(**row))


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
