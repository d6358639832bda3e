"""the column of a conversation's memory gets its name

What stands in it stays: a conversation goes on where it was.
"""

from alembic import op

revision = '0005_memory'
down_revision = '0004_mirrors'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite and PostgreSQL both rename a column in place; Alembic would copy SQLite's whole table.
    op.execute("ALTER TABLE conversations RENAME COLUMN slots TO memory")


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
