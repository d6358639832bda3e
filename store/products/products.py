"""What the shop sells: products as it sends them (`store.products.product_record`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from store.products.product_record import ANY, ProductRecord
from store.tables import now, products

MOST = 5000  # products that are looked through

Texts = Mapping[str, str]  # by language, or under `ANY`
Outcome = Literal["created", "updated"]


@dataclass(frozen=True, slots=True)
class Option:
    """What a product can be had in: `name`, such as a size, and its `values`, each by language."""

    name: Texts
    values: Sequence[Texts]


@dataclass(frozen=True, slots=True)
class Product:
    """`stock` is None where nobody knows. `names` are what customers call it, by language."""

    sku: str
    name: str
    price: Decimal
    currency: str
    stock: int | None = None
    description: Texts = field(default_factory=dict)
    options: Sequence[Option] = ()
    care: Texts = field(default_factory=dict)
    page_url: str | None = None
    manual_url: str | None = None
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def called(self, language: str) -> str:
        """What it is called to a customer."""
        own = self.names.get(language)
        return own[0][:1].upper() + own[0][1:] if own else self.name


def said(texts: Texts, language: str) -> str:
    """A text in a language; for want of it in any that there is, "" if there is none."""
    return texts.get(language) or texts.get(ANY) or next(iter(texts.values()), "")


def find(connection: Connection, sku: str) -> Product | None:
    """The product with an article number."""
    row = connection.execute(select(products).where(products.c.sku == sku)).one_or_none()
    return _product(row) if row else None


def names(connection: Connection) -> list[tuple[str, str]]:
    """Products as SKU and name, those that came last first."""
    rows = connection.execute(
        select(products.c.sku, products.c.name).order_by(products.c.id.desc()).limit(MOST)
    )
    return [(row.sku, row.name) for row in rows]


def latest(connection: Connection) -> tuple[datetime | None, int]:
    """When a product changed last, and the number of the newest: cheap to ask, and tells of a
    change."""
    row = connection.execute(
        select(
            select(func.max(products.c.updated_at)).scalar_subquery(),
            select(func.max(products.c.id)).scalar_subquery(),
        )
    ).one()
    return row[0], row[1] or 0


def called(
    connection: Connection, since: datetime | None = None
) -> Iterable[tuple[str, str, Mapping[str, Sequence[str]]]]:
    """SKU, name and names by language of all products, or of those that changed since then."""
    query = select(products.c.sku, products.c.name, products.c.names)
    if since is not None:
        query = query.where(products.c.updated_at >= since)
    return [(row.sku, row.name, row.names or {}) for row in connection.execute(query)]


def names_of(connection: Connection, skus: Sequence[str]) -> dict[str, Mapping[str, Sequence[str]]]:
    """What customers call some products, by SKU and language."""
    if not skus:
        return {}
    found = select(products.c.sku, products.c.names).where(products.c.sku.in_(skus))
    return {row.sku: row.names or {} for row in connection.execute(found)}


def upsert(connection: Connection, record: ProductRecord) -> Outcome:
    """Stores a whole product under its article number, in place of what was there."""
    return upsert_many(connection, [record])[0]


def upsert_many(connection: Connection, records: Sequence[ProductRecord]) -> list[Outcome]:
    """As `upsert`, for products with different article numbers."""
    if len({record.sku for record in records}) < len(records):
        raise ValueError("two records have the same article number")
    if not records:
        return []
    skus = [record.sku for record in records]
    known = set(connection.execute(select(products.c.sku).where(products.c.sku.in_(skus))).scalars())
    # In one order everywhere, so that two writers wait for each other instead of locking up.
    rows = [
        {**record.model_dump(), "updated_at": now()} for record in sorted(records, key=lambda one: one.sku)
    ]
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = insert(products)
    changed = {name: new.excluded[name] for name in rows[0] if name != "sku"}
    connection.execute(new.on_conflict_do_update(index_elements=["sku"], set_=changed), rows)
    return ["updated" if record.sku in known else "created" for record in records]


def to_record(product: Product) -> ProductRecord:
    """The product in the form in which a shop sends it."""
    return ProductRecord.model_validate(asdict(product))


def _product(row: Row[Any]) -> Product:
    return Product(
        row.sku,
        row.name,
        row.price,
        row.currency,
        row.stock,
        row.description or {},
        tuple(Option(one["name"], one["values"]) for one in row.options or ()),
        row.care or {},
        row.page_url,
        row.manual_url,
        row.names or {},
    )
