"""Cases of a served desk, for tests of what agents do with them."""

from datetime import timedelta
from typing import Any, Protocol

import httpx

from bot.desk.dependencies import DeskDependencies
from store.cases.after_sales import Teller, Wanted
from store.cases.cases import Case
from store.cases.timeline import By
from store.conversations import conversations, proofs
from store.orders import orders
from store.orders.records import OrderRecord, context
from store.vocabulary import Actor, CaseKind, Wish
from tests.desk.shop import Shop
from tests.desk.staff import Member
from tests.desk.test_desk_api import Office

CONTACT = "ruta@example.com"


class Place(Protocol):
    """Where cases are: a desk, with its shop."""

    shop: Shop
    service: DeskDependencies


def order(office: Place, number: str = "10234", **more: Any) -> None:
    """Two mugs and a lamp, delivered three days ago."""
    record = {
        "number": number,
        "state": "delivered",
        "placed_at": (office.shop.now - timedelta(days=9)).isoformat(),
        "currency": "EUR",
        "total": "64.80",
        "delivery_paid": "4.90",
        "country": "LT",
        "customer": {"name": "Rūta Žukė", "email": CONTACT, "language": "lt"},
        "lines": [
            {"sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": "12.30", "paid": "24.60"},
            {"sku": "LAMP", "name": "Oak lamp", "quantity": 1, "unit_price": "35.30", "paid": "35.30"},
        ],
        "shipments": [
            {
                "carrier": "Omniva",
                "state": "delivered",
                "delivered_at": (office.shop.now - timedelta(days=3)).isoformat(),
            }
        ],
        "payments": [
            {
                "state": "done",
                "method": "card",
                "amount": "64.80",
                "at": (office.shop.now - timedelta(days=9)).isoformat(),
            }
        ],
        **more,
    }
    with office.shop.database.write() as connection:
        orders.upsert(connection, OrderRecord.model_validate(record, context=context("LT")))


def case(
    office: Place,
    number: str = "10234",
    kind: CaseKind = CaseKind.RETURN,
    lines: dict[int, int] | None = None,
    talk: int | None = None,
    wish: Wish | None = None,
    days_ago: int = 0,
    contact: str = CONTACT,
) -> Case:
    """A customer's case of an order; it doesn't approve itself."""
    at = office.shop.now - timedelta(days=days_ago)
    with office.shop.database.write() as connection:
        found = orders.find(connection, number)
        assert found
        return office.service.after_sales.open(
            connection,
            found,
            Wanted(kind, lines or {0: 2}, wish, words="per mažas"),
            Teller(contact, "lt", "web", talk),
            By(Actor.CUSTOMER, f"m-{number}-{kind}", at),
            at,
        ).case


def talk(office: Place, contact: str | None = CONTACT, address: str = "anna") -> int:
    """A conversation, in which a contact is proven."""
    which = office.shop.talk("person", address=address, language="lt")
    if contact:
        with office.shop.database.write() as connection:
            assert conversations.lock(connection, which)
            proofs.succeed(connection, which, contact)
    return which


class Steps:
    """What an agent does with one case, step by step, always as it stands."""

    def __init__(self, office: Office, of: Case) -> None:
        self.office = office
        self.id = of.id
        self.version = of.version
        self._count = 0

    async def read(self, who: Member) -> dict[str, Any]:
        found: dict[str, Any] = (await self.office.get(f"cases/{self.id}", who))["case"]
        self.version = found["version"]
        return found

    async def ask(self, who: Member, path: str, body: dict[str, Any]) -> httpx.Response:
        self._count += 1
        sent = {"key": f"k-{self._count}", "version": self.version, **body}
        return await self.office.post(f"cases/{self.id}/{path}", sent, who)

    async def do(self, who: Member, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.ask(who, path, body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        self.version = found["case"]["version"]
        return found

    async def refused(self, who: Member, path: str, **body: Any) -> tuple[int, str]:
        answer = await self.ask(who, path, body)
        return answer.status_code, answer.json()["error"]["code"]
