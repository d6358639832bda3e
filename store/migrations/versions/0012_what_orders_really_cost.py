"""what each line of an order really cost and whether it can be returned; what is in which parcel and when it came"""

import sqlalchemy as sa
from alembic import op

revision = '0012_what_orders_really_cost'
down_revision = '0011_what_is_told_of_products'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, *columns in (
        (
            "orders",
            sa.Column("country", sa.String(length=2)),
            sa.Column("delivery_paid", sa.Numeric(precision=12, scale=2)),
            sa.Column("delivery_standard", sa.Numeric(precision=12, scale=2)),
            sa.Column("version", sa.Integer()),
            sa.Column("changed_at", sa.DateTime(timezone=True)),
        ),
        (
            "order_lines",
            sa.Column("paid", sa.Numeric(precision=12, scale=2)),
            sa.Column("discount", sa.Numeric(precision=12, scale=2)),
            sa.Column("tax", sa.Numeric(precision=12, scale=2)),
            sa.Column("options", sa.JSON()),
            sa.Column("returnable", sa.Boolean()),
            sa.Column("no_return", sa.String(length=20)),
        ),
        (
            "shipments",
            sa.Column("delivered_at", sa.DateTime(timezone=True)),
            sa.Column("fetch_until", sa.Date()),
            sa.Column("contents", sa.JSON()),
        ),
    ):
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
