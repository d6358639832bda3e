"""Alembic's entry: runs the migrations on the connection handed over by `store.core.schema`."""

from typing import Any

from alembic import context

from store.tables import Instant, metadata


def render_item(kind: str, item: Any, _context: Any) -> Any:
    # A migration must stand by itself: it may not change with our column types.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
