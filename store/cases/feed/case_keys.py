"""What the shop's own system told us under a key: the same key is the same act, and never another one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from store.tables import case_events, orders
from store.tables import cases as cases_table

_SHORT = 32  # of the 64 digits of a hash; the keys of what follows from an act are longer than the act's own


class KeyReused(Exception):
    """The key stood for something else before."""


@dataclass(frozen=True, slots=True)
class ActKey:
    """`name`: as the shop's system chose it, hashed. `body`: what was asked under it, hashed."""

    name: str
    body: str

    @classmethod
    def of(cls, name: str, body: Mapping[str, Any]) -> "ActKey":
        asked = json.dumps(body, sort_keys=True)
        return cls(_hash(name), _hash(asked)[:16])

    @property
    def text(self) -> str:
        """As the timeline keeps it."""
        return f"api:{self.name}:{self.body}"


def case_of(connection: Connection, key: ActKey, order_number: str) -> int | None:
    """The case of an order that was begun, or told of, under a key. Raises `KeyReused`."""
    return _before(connection, key, cases_table.c.order_number == order_number)


def is_known(connection: Connection, key: ActKey, case_id: int) -> bool:
    """Whether an act on a case was told under a key. Raises `KeyReused`."""
    return _before(connection, key, cases_table.c.id == case_id) is not None


def lock_order(connection: Connection, order_id: int) -> None:
    """Whoever begins a case of the same order waits until the transaction ends."""
    connection.execute(select(orders.c.id).where(orders.c.id == order_id).with_for_update()).all()


def _before(connection: Connection, key: ActKey, about: ColumnElement[bool]) -> int | None:
    known = (
        select(case_events.c.case_id, case_events.c.key)
        .join(cases_table, cases_table.c.id == case_events.c.case_id)
        .where(about, case_events.c.key.startswith(f"api:{key.name}:", autoescape=True))
    )
    for row in connection.execute(known.order_by(case_events.c.id)):
        if not (row.key + "/").startswith(key.text + "/"):
            raise KeyReused
        return int(row.case_id)
    return None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_SHORT]
