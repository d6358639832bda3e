"""Rows in every table that the migrations make, whatever tables there will be."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Date, DateTime, Integer, Numeric, Table, select

from store.core import schema
from store.tables import Instant

ROWS = 3
TEXT = 'ąžuolas Қазақ 🪑 "quoted" back\\slash\ttab\r\nline'
AT = datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=UTC)


def fill(connection: Connection, revision: str) -> None:
    """Stores `ROWS` rows in each table; those of the first have all that may be left out."""
    for table in schema.tables(revision).sorted_tables:
        plain = _plain(table)
        for number in range(1, ROWS + 1):
            row = {column.name: _value(column, number) for column in plain.columns}
            connection.execute(plain.insert(), row)


def contents(connection: Connection, revision: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, by the tables' keys."""
    found = {}
    for table in schema.tables(revision).sorted_tables:
        rows = connection.execute(select(_plain(table)).order_by(*table.primary_key)).mappings()
        found[table.name] = [dict(row) for row in rows]
    return found


def _plain(table: Table) -> Table:
    for column in table.columns:
        column.type = column.type.as_generic()
        if isinstance(column.type, DateTime):
            column.type = Instant()
        elif isinstance(column.type, JSON):
            column.type = JSON()
    return table


def _value(column: Column[Any], number: int) -> Any:
    if column.nullable and number > 1:
        return None
    kind = column.type
    if isinstance(kind, Integer):
        return number * 7 if column.primary_key or column.foreign_keys else number
    if isinstance(kind, Boolean):
        return number % 2 == 0
    if isinstance(kind, Numeric):
        return Decimal(number * 1234) / 10000 if kind.scale == 4 else Decimal(number * 123459) / 100
    if isinstance(kind, Instant):
        return (AT + timedelta(days=number)).astimezone(timezone(timedelta(hours=5)))
    if isinstance(kind, Date):
        return date(2026, 2, 27 + number // 3)
    if isinstance(kind, JSON):
        return [{"text": TEXT, "n": number, "x": 0.1, "none": None, "yes": True}, []]
    text = f"{number}{TEXT}"
    return text[: getattr(kind, "length", None) or len(text)]
