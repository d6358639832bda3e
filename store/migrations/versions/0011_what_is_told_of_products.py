"""what customers are told of a product: stock, options, care, links, and what they call it"""

import sqlalchemy as sa
from alembic import op

revision = '0011_what_is_told_of_products'
down_revision = '0010_alike_identifiers'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("stock", sa.Integer()),
        sa.Column("description", sa.JSON()),
        sa.Column("options", sa.JSON()),
        sa.Column("care", sa.JSON()),
        sa.Column("page_url", sa.String(length=500)),
        sa.Column("manual_url", sa.String(length=500)),
        sa.Column("names", sa.JSON()),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("products", column)
    op.create_index("ix_products_updated_at", "products", ["updated_at"])


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
