"""what the shop's own system is told of cases"""

import sqlalchemy as sa
from alembic import op

revision = '0014_case_webhooks'
down_revision = '0013_cases'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_hooks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['case_events.id'], name=op.f('fk_case_hooks_event_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_hooks')),
    sa.UniqueConstraint('event_id', name=op.f('uq_case_hooks_event_id'))
    )
    op.create_index('ix_case_hooks_case_id', 'case_hooks', ['case_id', 'event_id'], unique=False)
    op.create_index('ix_case_hooks_to_tell', 'case_hooks', ['due_at'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
