"""A real server with the web chat and the demonstration shop on a free port, and Debian's Chromium."""

import asyncio
import itertools
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from ruamel.yaml import YAML
from sanic import Request, Sanic
from sanic.response import HTTPResponse, html

from bot.web.demo_shop import demo_blueprint
from bot.web.error_answers import ErrorAnswers
from channels.contract import Accepted, Inbound, LiveEvent, Visit
from channels.web.channel import blueprint
from channels.web.config import WebConfig, WebLimits
from tests.fakes.gateway import FakeGateway, Place
from tests.paths import ROOT
from tests.serving import leave_nothing

T = TypeVar("T")


# The same engine without windows to draw costs two thirds of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ORDERS = [
    {"number": "LC-20417", "email": "anna@example.com", "name": "Anna Berg", "state": "shipped"},
    {"number": "LC-20418", "email": "tom@example.com", "name": "Tom Hall", "state": "processing"},
    {"number": "LC-20422", "email": "ruta@example.com", "name": "Rūta Kalna", "state": "out_for_delivery"},
    {"number": "LC-20430", "email": "dana@example.com", "name": "Dana Akhmet", "state": "delivered"},
]
_numbers = itertools.count()


class EchoGateway(FakeGateway):
    """Answers every message with its text and two buttons."""

    def clear(self) -> None:
        super().clear()
        self.echo = True
        self.quiet = 0.02  # seconds between a message and its answer

    async def accept(self, inbound: Inbound, visit: Visit | None = None) -> Accepted:
        accepted = await super().accept(inbound, visit)
        if self.echo and not accepted.duplicate:
            place = (inbound.channel, inbound.account, inbound.address)
            text = self.transcripts[place][accepted.seq - 1]["text"]
            asyncio.get_running_loop().call_later(self.quiet, self.answer, place, text)
        return accepted

    def answer(self, place: Place, text: str) -> None:
        buttons = [
            {"token": f"yes{next(_numbers)}", "title": "Yes"},
            {"token": f"no{next(_numbers)}", "title": "No"},
        ]
        self.say(place, "bot", f"You wrote: {text}", buttons=buttons)

    def only_visitor(self) -> Place:
        (place,) = self.transcripts
        return place


class Server:
    """The application in a thread of its own; `call` runs something in its event loop."""

    def __init__(self, gateway: EchoGateway) -> None:
        self.gateway = gateway
        self.loop = asyncio.new_event_loop()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.other_origin = f"http://localhost:{self.port}"  # of another site, as browsers see it
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.start()

    def start(self) -> None:
        self._server = self.call(self._start())

    async def _start(self) -> Any:
        texts = YAML(typ="safe").load((ROOT / "data/texts/en.yml").read_text(encoding="utf-8"))["widget"]
        config = WebConfig(
            secret=b"s" * 32,
            web_root=ROOT / "web",
            public={
                "name": "Linden & Co",
                "colour": "#2f5d50",
                "languages": ["en"],
                "default_language": "en",
                "email": "help@linden.example",
                "texts": {"en": texts},
            },
            frame_ancestors=("'self'", self.other_origin),
            limits=WebLimits(session_burst=1000),
            heartbeat=1,
        )
        app = Sanic(f"browser-{next(_numbers)}", configure_logging=False, error_handler=ErrorAnswers())
        app.config.ACCESS_LOG = False
        app.config.TOUCHUP = False  # it rewrites Sanic's classes and can do so once in a process only

        async def orders() -> list[dict[str, Any]]:
            return ORDERS

        async def shop(_request: Request) -> HTTPResponse:
            # Another site's page, which lets in nothing but the chat's script and frame.
            policy = f"default-src 'none'; script-src {self.url}; frame-src {self.url}"
            body = (
                "<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1>"
                f"<script async src={self.url}/widget.js></script>"
            )
            return html(body, headers={"Content-Security-Policy": policy})

        app.add_route(shop, "/shop")
        app.blueprint(blueprint(self.gateway, config))
        app.blueprint(demo_blueprint(ROOT / "web", orders))
        server: Any = await app.create_server("127.0.0.1", self.port, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return server

    def stop(self) -> None:
        self.call(self._stop())

    async def _stop(self) -> None:
        await self._server.before_stop()
        self._server.close()
        for connection in list(self._server.connections):
            connection.abort()
        await asyncio.sleep(0.05)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def say(self, author: str, text: str, *, ago: timedelta = timedelta(), **more: Any) -> None:
        async def job() -> None:
            gateway = self.gateway
            gateway.say(gateway.only_visitor(), author, text, at=datetime.now(UTC) - ago, **more)

        self.call(job())

    def tell(self, event: LiveEvent) -> None:
        async def job() -> None:
            self.gateway.tell(self.gateway.only_visitor(), event)

        self.call(job())

    def close(self) -> None:
        self.stop()
        self.call(leave_nothing())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    server = Server(EchoGateway())
    yield server
    server.close()


@pytest.fixture
def server(_server: Server) -> Server:
    _server.gateway.clear()
    return _server


# Not for the session: while Playwright is open its event loop counts as running in this thread, and
# no asynchronous test of another module could run.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A desktop browser without a past."""
    opened = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    opened.set_default_timeout(5000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not log an error, and must not break its own policy."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "console",
        lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield opened
    assert errors == []
