"""What the shop sells, as far as orders told of it."""

from sqlalchemy import Connection, select

from store.tables import products

MOST = 5000  # products that are looked through


def names(connection: Connection) -> list[tuple[str, str]]:
    """Products as SKU and name, those that came last first."""
    rows = connection.execute(
        select(products.c.sku, products.c.name).order_by(products.c.id.desc()).limit(MOST)
    )
    return [(row.sku, row.name) for row in rows]
