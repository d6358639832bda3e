"""The customers' pages, served on a database with one order, and what a browser would make of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import httpx

from bot.cases.acknowledgement import Acknowledgement
from bot.cases.case_mail import CaseMail
from bot.cases.withdrawals import Withdrawals
from bot.shop.knowledge import Knowledge
from bot.web.customer_pages.guarded import Guarded, Rates
from bot.web.customer_pages.page_routes import blueprint
from store.cases.after_sales import AfterSales
from store.cases.cases import Case
from store.core.database import Database
from store.tables import cases as cases_table
from store.tables import mails
from tests.fakes.assistant import FakeAssistant
from tests.paths import ROOT
from tests.serving import serving
from tests.store.cases.making import AT
from tests.store.cases.offering import after_sales

SECRET = b"0123456789abcdef" * 3
KNOWLEDGE = Knowledge.load(ROOT)


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Doc(HTMLParser):
    """A page: its text, and the fields of its last form as a browser would send them untouched."""

    answer: httpx.Response
    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._area = ""
        self.feed(self.answer.text)
        self.text = " ".join(self.text.split())

    @property
    def status(self) -> int:
        return self.answer.status_code

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        name = given.get("name") or ""
        if tag == "form":
            self.fields = {}
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self.fields[name] = given.get("value") or ""
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""
        elif tag == "button" and name == "go":
            self.buttons.append(given.get("value") or "")
        elif tag == "a":
            self.links.append(given.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._area:
            self.fields[self._area] += data.removeprefix("\n")


class Visitor:
    """Somebody with a browser."""

    def __init__(self, client: httpx.AsyncClient, language: str = "en") -> None:
        self._client = client
        self.language = language

    async def get(self, path: str, **headers: str) -> Doc:
        return Doc(await self._client.get(path, headers=headers))

    async def send(self, path: str, fields: dict[str, str]) -> Doc:
        return Doc(await self._client.post(f"{path}?lang={self.language}", data=fields))

    async def press(self, path: str, doc: Doc, go: str, **more: str) -> Doc:
        """Fills in the form of a page and presses one of its buttons."""
        assert go in doc.buttons, doc.buttons
        return await self.send(path, {**doc.fields, **more, "go": go})


@dataclass
class Served:
    client: httpx.AsyncClient
    visitor: Visitor
    database: Database
    clock: Clock
    guarded: Guarded
    withdrawals: Withdrawals

    def rows(self, table: Any = cases_table) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(table.select().order_by(table.c.id)))

    def mails(self) -> list[Any]:
        return self.rows(mails)


@asynccontextmanager
async def pages(
    database: Database,
    sales: AfterSales | None = None,
    acknowledgement: Acknowledgement | None = None,
    rates: Rates | None = None,
    kind: type[Withdrawals] = Withdrawals,
) -> AsyncIterator[Served]:
    sales, clock, texts = sales or after_sales(), Clock(), KNOWLEDGE.pages
    withdrawals = kind(sales, acknowledgement or Acknowledgement(texts), clock)
    letters = CaseMail(FakeAssistant(), sales)
    guarded = Guarded(database, sales, KNOWLEDGE.shop, texts, SECRET, clock, rates or Rates(), 0.0)
    async with serving(blueprint(guarded, withdrawals, letters.send, ROOT / "web")) as client:
        yield Served(client, Visitor(client), database, clock, guarded, withdrawals)


def label_of(served: Served, case: Case) -> str:
    return served.guarded.labels.label_link(case, served.clock())
