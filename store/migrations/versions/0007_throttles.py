"""wrong proofs counted by who tries what, proofs that end, and names that belong to orders"""

import sqlalchemy as sa
from alembic import op

revision = '0007_throttles'
down_revision = '0006_jobs'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "throttles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Numeric(precision=8, scale=4), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waits_until", sa.DateTime(timezone=True)),
        sa.Column("passes_until", sa.DateTime(timezone=True)),
        sa.Column("alerted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttles")),
        sa.UniqueConstraint("scope", "key", name=op.f("uq_throttles_scope_key")),
    )
    op.create_index("ix_throttles_counted_at", "throttles", ["counted_at"])
    op.add_column("inbox", sa.Column("network", sa.String(length=64)))
    op.add_column("conversations", sa.Column("proven_at", sa.DateTime(timezone=True)))
    op.add_column("orders", sa.Column("customer_name", sa.String(length=200)))
    op.add_column("orders", sa.Column("language", sa.String(length=8)))
    # Until now the name stood with the e-mail's account only: what is known of it goes to each order.
    for column, source in (("customer_name", "name"), ("language", "language")):
        op.execute(
            f"UPDATE orders SET {column} ="
            f" (SELECT customers.{source} FROM customers WHERE customers.id = orders.customer_id)"
        )


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
