"""The few statements that SQLite and PostgreSQL share but SQLAlchemy's common language lacks."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, values: dict[str, Any]) -> Any:
    """Inserts a row unless one with the same unique key is there; the new row's id, else None. The key
    of the row is its `id`."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    return connection.execute(statement).scalar_one_or_none()
