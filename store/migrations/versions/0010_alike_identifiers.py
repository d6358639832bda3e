"""order numbers, e-mails and phones as they are looked up now: with one kind of dash, and nothing unseen in them"""

import sqlalchemy as sa
from alembic import op

from store.core.identifiers import normalise_email, normalise_number, normalise_phone

revision = '0010_alike_identifiers'
down_revision = '0009_who_has_it_until_when'
branch_labels = None
depends_on = None

BATCH = 1000

orders = sa.table("orders", sa.column("id"), sa.column("number"), sa.column("email"), sa.column("phone"))
customers = sa.table("customers", sa.column("id"), sa.column("email"), sa.column("phone"))
conversations = sa.table("conversations", sa.column("id"), sa.column("proven_contact"))


def upgrade() -> None:
    for table, columns, unique in (
        (orders, ("number", "email", "phone"), "number"),
        (customers, ("email", "phone"), "email"),
        (conversations, ("proven_contact",), None),
    ):
        _alike(op.get_bind(), table, columns, unique)


def _alike(connection, table, columns, unique) -> None:
    """Writes the columns of a table anew where they differ. Where two rows would have one `unique` value then,
    the later keeps what it has: which of the two is meant, nobody can tell."""
    last = 0
    while rows := connection.execute(
        sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(BATCH)
    ).all():
        last = rows[-1].id
        for row in rows:
            written = {name: getattr(row, name) for name in columns}
            changed = {
                name: same for name, value in written.items() if value and (same := _same(name, value)) != value
            }
            if unique in changed and connection.execute(
                sa.select(table.c.id).where(table.c[unique] == changed[unique])
            ).first():
                del changed[unique]
            if changed:
                connection.execute(sa.update(table).where(table.c.id == row.id).values(changed))


def _same(name, value):
    if name == "number":
        return normalise_number(value) or value
    if name == "email" or "@" in value:
        return normalise_email(value)
    try:
        return normalise_phone(value, None)
    except ValueError:
        return value


def downgrade() -> None:
    raise NotImplementedError("there is no way back but the copy of the database made before the upgrade")
