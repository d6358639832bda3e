"""who has a conversation without an account here, and until when; what was chosen, and what came together"""

import sqlalchemy as sa
from alembic import op

revision = '0009_who_has_it_until_when'
down_revision = '0008_visits'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("held_by", sa.String(length=80)))
    op.add_column("conversations", sa.Column("held_until", sa.DateTime(timezone=True)))
    # Whom it was given to is known; nobody has said for how long, so it is looked at soon.
    op.execute(
        "UPDATE conversations SET held_until = updated_at, held_by = ("
        " SELECT c.\"by\" FROM ownership_changes AS c WHERE c.conversation_id = conversations.id"
        " ORDER BY c.id DESC LIMIT 1) WHERE owner = 'human' AND agent_id IS NULL"
    )
    op.add_column("buttons", sa.Column("chosen", sa.Integer()))
    op.add_column("inbox", sa.Column("album", sa.String(length=64)))
    of_album = sa.text("album IS NOT NULL")
    op.create_index(
        "ix_inbox_album",
        "inbox",
        ["conversation_id", "album"],
        sqlite_where=of_album,
        postgresql_where=of_album,
    )
    op.add_column("callbacks", sa.Column("alerted_at", sa.DateTime(timezone=True)))
    op.create_table(
        "echoes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_echoes_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_echoes")),
        sa.UniqueConstraint("conversation_id", "digest", name=op.f("uq_echoes_conversation_id_digest")),
    )
    op.create_index("ix_echoes_digest_at", "echoes", ["digest", "at"])
    op.create_index("ix_echoes_at", "echoes", ["at"])


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
