"""The real trained assistant, loaded once, and a fresh demonstration shop for each test."""

import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exists, func, select

from bot import compose
from bot.assistant import training
from bot.assistant.protocol import Assistant
from bot.cli.talk import Talk, Terminal
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from store.core import schema
from store.core.database import Connection, Database
from store.orders import demo
from store.tables import customers, invoices, orders, payments, shipments

STATES = ("placed", "paid", "out_for_delivery", "returned", "partly_returned")


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.load()


@pytest.fixture(scope="session")
def knowledge(settings: Settings) -> Knowledge:
    return Knowledge.load(settings.home)


@pytest.fixture(scope="session")
def core(settings: Settings, knowledge: Knowledge) -> Assistant:
    # Rasa's libraries warn of one another while they are imported.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if training.current_model(settings.home) is None:
            training.train(settings.home)
        return compose.assistant(settings.home, knowledge, print)


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the demonstration shop, to be copied."""
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    with database.write() as connection:
        demo.fill(connection, datetime.now(UTC).date())
    database.close()
    return path


@dataclass
class Customer:
    """Somebody in a conversation of his own."""

    talk: Talk
    name: str
    last: dict[str, Any] | None = None

    def say(self, text: str) -> dict[str, Any]:
        self.last = self.talk.say({"conversation": self.name, "text": text})
        return self.last

    def press(self, title: str) -> dict[str, Any]:
        self.last = self.talk.say({"conversation": self.name, "press": title})
        return self.last


@dataclass
class Stage:
    """An assistant with a shop of its own. `facts` are the placeholders of scripted conversations."""

    database: Database
    talk: Talk
    facts: dict[str, str]
    _names = count()

    def customer(self) -> Customer:
        return Customer(self.talk, f"customer-{next(self._names)}")


@pytest.fixture(scope="session")
def facts(shop_file: Path) -> dict[str, str]:
    database = Database(f"sqlite:///{shop_file}")
    with database.read() as connection:
        found = _facts(connection)
    database.close()
    return found


@pytest.fixture
def stage(
    settings: Settings,
    knowledge: Knowledge,
    core: Assistant,
    shop_file: Path,
    facts: dict[str, str],
    tmp_path: Path,
) -> Iterator[Stage]:
    shutil.copy(shop_file, tmp_path / "shop.db")
    database = Database(f"sqlite:///{tmp_path}/shop.db")
    program = compose.program(replace(settings, demo=True), knowledge, core, database, Terminal())
    yield Stage(database, Talk(program), facts)
    database.close()


def texts(turn: dict[str, Any]) -> str:
    """What was said in a turn, one line for each reply."""
    return "\n".join(reply["text"] for reply in turn["replies"])


def titles(turn: dict[str, Any]) -> list[str]:
    """The buttons offered in a turn."""
    return [button["title"] for reply in turn["replies"] for button in reply["buttons"]]


def _facts(connection: Connection) -> dict[str, str]:
    """{shipped}, {email} … of the sample customer, whose orders are plain; and orders of other customers
    in the states and cases that he has none of, each with the e-mail that opens it."""
    sample = demo.sample(connection)
    facts = {
        **sample["orders"],
        **{name: sample[name] for name in ("email", "phone", "name")},
        "other_order": sample["other_customer_order"],
    }
    local = sample["phone"].removeprefix("+1")
    facts["phone_spaced"] = f"+1 {local[:3]} {local[3:6]} {local[6:]}"
    facts["phone_dashed"] = f"+1 ({local[:3]}) {local[3:6]}-{local[6:]}"
    facts["phone_shown"] = f"+1 {local[:3]}-{local[3:6]}-{local[6:]}"
    facts["phone_00"] = f"001{local}"
    own = orders.c.number, orders.c.email
    for state in STATES:
        _add(connection, facts, state, select(*own).where(orders.c.state == state))
    parcels = select(func.count()).where(shipments.c.order_id == orders.c.id).scalar_subquery()
    on_the_way = select(*own).where(orders.c.state == "shipped")
    untracked = exists().where(shipments.c.order_id == orders.c.id, shipments.c.tracking_number.is_(None))
    pending = exists().where(
        payments.c.order_id == orders.c.id, payments.c.kind == "refund", payments.c.state == "pending"
    )
    invoiced = exists().where(invoices.c.order_id == orders.c.id)
    late = orders.c.expected_on < datetime.now(UTC).date()
    _add(connection, facts, "two_parcels", on_the_way.where(parcels == 2))
    _add(connection, facts, "untracked", on_the_way.where(untracked))
    _add(connection, facts, "overdue", on_the_way.where(late))
    _add(connection, facts, "refund_pending", select(*own).where(pending))
    _add(connection, facts, "no_invoice", select(*own).where(orders.c.state == "paid", ~invoiced))
    lithuanian = (
        select(orders.c.number, orders.c.phone)
        .join(customers, customers.c.id == orders.c.customer_id)
        .where(orders.c.phone.like("+370%"), customers.c.language == "lt")
    )
    row = connection.execute(lithuanian.order_by(orders.c.number).limit(1)).one()
    # As people in the shop's own country write it: no country code, an 8 or a 0 before the number.
    facts |= {"lt_order": row.number, "lt_phone": row.phone, "lt_local": "8" + row.phone[4:]}
    return facts


def _add(connection: Connection, facts: dict[str, str], name: str, query: Any) -> None:
    row = connection.execute(
        query.where(orders.c.email.is_not(None)).order_by(orders.c.number).limit(1)
    ).one()
    facts |= {name: row.number, f"{name}_email": row.email}
