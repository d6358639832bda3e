"""The desk's pages on a real server, for a browser, with an API in memory and three conversations."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sanic import Sanic

from bot.desk.api import pages
from bot.shop.layers import Layers
from bot.shop.texts import Texts
from bot.web.error_answers import ErrorAnswers
from channels.web.channel import blueprint as web_blueprint
from channels.web.config import WebConfig
from tests.browser.conftest import EchoGateway, Server
from tests.browser.desk_api import DeskApi, ago, blueprint, picture_blueprint
from tests.paths import ROOT

TEXTS = Texts.load(Layers(ROOT), ["en"]).desk


class DeskServer(Server):
    """The desk's pages, the chat's files that they share, and an API in memory."""

    def __init__(self) -> None:
        self.api = DeskApi()
        super().__init__(EchoGateway())

    async def _start(self) -> Any:
        app = Sanic(f"desk-{time.monotonic_ns()}", configure_logging=False, error_handler=ErrorAnswers())
        app.config.ACCESS_LOG = False
        app.config.TOUCHUP = False
        public = {"name": "Linden & Co", "colour": "#2f6b4f", "languages": ["en"], "default_language": "en"}
        config = WebConfig(secret=b"s" * 32, web_root=ROOT / "web", public={**public, "texts": {"en": {}}})
        app.blueprint(web_blueprint(self.gateway, config))
        app.blueprint(pages.blueprint(ROOT / "web", TEXTS))
        app.blueprint(blueprint(self.api))
        app.blueprint(picture_blueprint())
        server: Any = await app.create_server("127.0.0.1", self.port, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return server

    def do(self, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Runs `act` in the server's event loop, as a request would."""

        async def job() -> Any:
            return act(*args, **more)

        return self.call(job())


def order(number: str = "10234", **more: Any) -> dict[str, Any]:
    return {
        "number": number, "state": "processing", "total": "59.90", "currency": "EUR",
        "placed_at": "2026-05-04T10:15:00Z", "customer_name": "Rūta Žukaitė", "email": "ruta@example.com",
        "phone": "+37060000123", "address": "Gedimino pr. 1, Vilnius",
        "delivery_paid": None,
        "lines": [{"name": "Set of four mugs", "quantity": 2, "unit_price": "29.95", "paid": None,
                   "options": {}, "returnable": None}],
        "shipments": [{"carrier": "DPD", "tracking_number": "0580987654", "state": "in_transit",
                       "tracking_url": "https://tracking.example/0580987654", "expected_on": "2026-05-08",
                       "delivered_at": None, "fetch_until": None, "contents": []}],
        "payments": [], "invoice_url": "https://shop.example/invoices/10234.pdf", "can_cancel": True,
        "can_change_address": True, "can_send_invoice": True, **more,
    }  # fmt: skip


def fill(api: DeskApi) -> None:
    """Three conversations: one waits, one is a colleague's, one is the assistant's."""
    who = {"name": "Rūta Žukaitė", "contact": "ruta@example.com", "proven_by": "order"}
    api.add(
        1, None, customer=who, priority=1, answer_due_at=ago(-4), waiting_since=ago(6),
        summary="Rūta Žukaitė asked for a person on web. It is about order 10234 (processing).",
        linked=[{"id": 3, "channel": "telegram", "owner": "bot", "updated_at": ago(3000)}],
    )  # fmt: skip
    api.say(1, "customer", "Where is my order?", 9)
    buttons = [{"title": "Another order"}, {"title": "A person"}]
    sent = {"state": "read", "reason": None}
    api.say(1, "bot", "Order 10234 is being prepared.", 8.9, buttons=buttons, delivery=sent)
    api.say(1, "customer", "Can I still change the address?", 7)
    api.say(1, "customer", "I would like to talk to a person.", 6)
    api.events[1].append({"at": ago(5.9), "from": "bot", "to": "queue", "by": "system", "why": "asked"})
    api.orders[1] = [order()]
    api.add(2, "Jonas Kazlauskas", owner="human", agent={"id": 2, "name": "Tomas Petraitis"}, channel="sms")
    api.say(2, "customer", "The lamp came broken", 30)
    api.say(2, "agent", "I am sorry to hear that.", 28, author_name="Tomas Petraitis")
    api.add(3, "Dana Akhmet", owner="bot", channel="telegram")
    api.say(3, "customer", "Do you deliver to Almaty?", 50)


def enter(page: Page, desk: DeskServer, at: str = "") -> None:
    """Opens the desk, and waits until what happens is told to it."""
    before = desk.do(lambda: set(desk.api.listeners))
    page.goto(f"{desk.url}/desk{at}")
    expect(page.locator("#desk.desk main")).to_be_visible()
    for _ in range(100):
        if desk.do(lambda: desk.api.listeners - before):
            return
        page.wait_for_timeout(20)
    pytest.fail("the page doesn't listen")


def open_first(page: Page, desk: DeskServer) -> None:
    enter(page, desk, "#/c/1")
    expect(page.locator(".message").first).to_be_visible()
