"""The customers' pages on a real server, for a browser: a database with two orders, and a shop's page on
another origin that shows them in a frame."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse, html

from bot.cases.acknowledgement import Acknowledgement
from bot.cases.case_mail import CaseMail
from bot.cases.withdrawals import Withdrawals
from bot.shop.knowledge import Knowledge
from bot.web.customer_pages.guarded import UNLIMITED, Guarded
from bot.web.customer_pages.page_routes import blueprint
from bot.web.error_answers import ErrorAnswers
from store.core.database import Database
from tests.browser.conftest import EchoGateway, Server
from tests.fakes.assistant import FakeAssistant
from tests.paths import ROOT
from tests.store.cases.making import order
from tests.store.cases.offering import after_sales

SECRET = b"0123456789abcdef" * 3


class CustomerServer(Server):
    """`other_origin`/shop shows the withdrawal page in a frame, `url`/elsewhere too, from a site that may."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as connection:
            now = datetime.now(UTC)
            more: dict[str, Any] = {
                "placed_at": now - timedelta(days=9),
                "shipments": [
                    {"carrier": "Omniva", "state": "delivered", "delivered_at": now - timedelta(days=3)}
                ],
            }
            for number in ("10234", "10235"):
                order(connection, number, **more)
        super().__init__(EchoGateway())

    async def _start(self) -> Any:
        app = Sanic(f"pages-{time.monotonic_ns()}", configure_logging=False, error_handler=ErrorAnswers())
        app.config.ACCESS_LOG = False
        app.config.TOUCHUP = False
        knowledge, sales = Knowledge.load(ROOT), after_sales()
        widget = knowledge.shop.widget.model_copy(update={"frame_ancestors": (self.other_origin,)})
        shop = knowledge.shop.model_copy(update={"widget": widget})

        def clock() -> datetime:
            return datetime.now(UTC)

        withdrawals = Withdrawals(sales, Acknowledgement(knowledge.pages), clock)
        letters = CaseMail(FakeAssistant(), sales)
        guarded = Guarded(self.database, sales, shop, knowledge.pages, SECRET, clock, UNLIMITED, 0.0)

        async def framing(_request: Request) -> HTTPResponse:
            frame = f'<iframe src="{self.url}/withdraw" width=380 height=700 title="Withdraw"></iframe>'
            return html(f"<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1>{frame}")

        app.add_route(framing, "/shop")
        app.blueprint(blueprint(guarded, withdrawals, letters.send, ROOT / "web"))
        server: Any = await app.create_server("127.0.0.1", self.port, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return server
