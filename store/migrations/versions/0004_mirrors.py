"""mirrors at another desk"""

import sqlalchemy as sa
from alembic import op

revision = '0004_mirrors'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("handoff_id", "read_id"):
        op.add_column("mirrors", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("mirrors", sa.Column("status", sa.String(length=10)))
    for name in ("told_at", "held_until"):
        op.add_column("mirrors", sa.Column(name, sa.DateTime(timezone=True)))
    # It began with the desk, and all mirrors are of one: whatever named the desk looked at all of them.
    op.drop_index("ix_mirrors_external", "mirrors")
    op.create_index("ix_mirrors_external_id", "mirrors", ["external_id"])
    op.create_index("ix_mirrors_due_at", "mirrors", ["due_at"])
    open_there = sa.text("status = 'open'")
    op.create_index(
        "ix_mirrors_open",
        "mirrors",
        ["conversation_id"],
        sqlite_where=open_there,
        postgresql_where=open_there,
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
