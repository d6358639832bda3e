"""The desk's pages with the real API and a database of their own, for cases in a browser."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect
from sanic import Sanic

from bot.desk.accounts.sessions import COOKIE
from bot.desk.api import account_routes, case_routes, conversation_routes, order_routes, pages
from bot.desk.dependencies import DeskDependencies
from bot.desk.desk_events import DeskEvents
from bot.runtime.bus import Bus
from bot.runtime.files import Files
from bot.web import file_routes
from bot.web.error_answers import ErrorAnswers
from channels.web.channel import blueprint as web_blueprint
from channels.web.config import WebConfig
from store.core import schema
from store.core.database import Database
from tests.browser.conftest import EchoGateway, Server
from tests.browser.desk_server import TEXTS
from tests.desk.shop import Shop, after_sales, demonstration
from tests.desk.staff import SECRET, Member, desk_parts, member, texts
from tests.paths import ROOT

ADDRESS = "Linden & Co\nMill Lane 4\nLT-01100 Vilnius"


class CaseDesk(Server):
    """A served desk; `shop` has its customers, `staff` its agents by name."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder}/desk.db")
        schema.upgrade(self.database)
        self.shop = Shop(self.database)
        self.shop.now = datetime.now(UTC)
        self.service = DeskDependencies(
            database=self.database,
            desk=self.shop.desk,
            desk_events=DeskEvents(),
            files=Files(folder / "files", SECRET),
            texts=texts(),
            shop=demonstration(),
            faq=(),
            public_url=None,
            after_sales=after_sales(address=ADDRESS),
        )
        self.staff: dict[str, Member] = {}
        super().__init__(EchoGateway())

    async def _start(self) -> Any:
        app = Sanic(f"cases-{time.monotonic_ns()}", configure_logging=False, error_handler=ErrorAnswers())
        app.config.ACCESS_LOG = False
        app.config.TOUCHUP = False
        public = {"name": "Linden & Co", "colour": "#2f6b4f", "languages": ["en"], "default_language": "en"}
        config = WebConfig(secret=SECRET, web_root=ROOT / "web", public={**public, "texts": {"en": {}}})
        app.blueprint(web_blueprint(self.gateway, config))
        app.blueprint(pages.blueprint(ROOT / "web", TEXTS))
        app.blueprint(account_routes.blueprint(desk_parts(self.database, public_url=None)))
        app.blueprint(conversation_routes.blueprint(self.service))
        app.blueprint(order_routes.blueprint(self.service))
        app.blueprint(case_routes.blueprint(self.service))
        app.blueprint(file_routes.blueprint(self.database, self.service.files))
        self.bus = Bus(self.database)
        self.service.desk_events.follow(self.bus)
        await self.bus.start()
        server: Any = await app.create_server("127.0.0.1", self.port, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return server

    async def _stop(self) -> None:
        self.service.desk_events.stop()
        await self.bus.stop()
        await super()._stop()

    def close(self) -> None:
        super().close()
        self.database.close()

    def who(self, name: str, role: str = "agent", **values: Any) -> Member:
        """An agent who is signed in."""
        if name not in self.staff:
            self.staff[name] = member(self.database, name, role, **values)
        return self.staff[name]

    def page(
        self,
        browser: Browser,
        who: Member,
        at: str = "",
        size: tuple[int, int] = (1280, 800),
        **more: Any,
    ) -> Page:
        """The desk in a browser of an agent's; its context ends with the page's."""
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB", **more)
        context.set_default_timeout(5000)
        host = urlsplit(self.url).hostname or ""
        context.add_cookies([{"name": COOKIE, "value": who.token, "domain": host, "path": "/desk"}])
        page = context.new_page()
        page.goto(f"{self.url}/desk{at}")
        expect(page.locator("#desk.desk main")).to_be_visible()
        return page
