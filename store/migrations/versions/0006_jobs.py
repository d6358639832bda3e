"""one pattern of columns for work that is done later, and jobs that have no table of their own"""

import sqlalchemy as sa
from alembic import op

revision = '0006_jobs'
down_revision = '0005_memory'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("outbox", "mails", "attachments", "mirrors"):
        op.add_column(table, sa.Column("leased_until", sa.DateTime(timezone=True)))
    # No process works on the tables while they change: what was claimed is abandoned by now.
    op.execute("UPDATE outbox SET leased_until = claimed_at WHERE state = 'sending'")
    op.drop_column("outbox", "claimed_at")
    op.drop_column("mirrors", "held_until")
    op.add_column("inbox", sa.Column("reason", sa.String(length=200)))
    parked = sa.text("state = 'parked'")
    op.create_index("ix_inbox_parked", "inbox", ["id"], sqlite_where=parked, postgresql_where=parked)
    op.add_column("handoffs", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(length=200)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_jobs_kind_key")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_jobs_to_do", "jobs", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
