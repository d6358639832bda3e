"""A shop with its own site, on which customers sign in and out, and the real program beside it, on another
origin: both in a thread of their own, since the browser has this one."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from sanic import Request, Sanic
from sanic.response import HTTPResponse, html, redirect, text

from bot import compose
from bot.assistant.protocol import Assistant
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.web import app as web
from store.core.database import Database
from tests.channels.web.served import IDENTITY_SECRET, SECRET, vouch
from tests.paths import ROOT
from tests.serving import leave_nothing, port

T = TypeVar("T")
WAIT = 60.0

APP = """
const word = async () => (await fetch("/word")).text();
const tell = () => aftercare.identify(word);
if (window.aftercare) tell(); else addEventListener("aftercare-ready", tell);
"""


class ShopSite:
    """`emails` by customer. Its pages: `/`, which carries the shop's word for who is signed in; `/app`, whose
    script fetches it when it is asked for; `/kept`, a page of a cache, with a word that was used; `/in` and
    `/out`. Who is signed in stands in a cookie."""

    def __init__(self, database: Database, core: Assistant, folder: Path, emails: dict[str, str]) -> None:
        self.database = database
        self.emails = emails
        self.kept = ""
        self._shop, self._support = port(), port()
        # Two sites, as browsers see them.
        self.url = f"http://localhost:{self._shop.getsockname()[1]}"
        self.support = f"http://127.0.0.1:{self._support.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = [
            self._call(self._serve(self._program(core, folder), self._support)),
            self._call(self._serve(self._site(), self._shop)),
        ]

    def _program(self, core: Assistant, folder: Path) -> Sanic[Any, Any]:
        settings = Settings.load(
            {
                "AFTERCARE_HOME": str(ROOT),
                "AFTERCARE_SECRET": SECRET,
                "AFTERCARE_IDENTITY_SECRET": IDENTITY_SECRET,
                "AFTERCARE_MAIL": str(folder / "mail"),
                "AFTERCARE_RATE_LIMITS": "off",
            }
        )
        knowledge = Knowledge.load(ROOT)
        shown_by = knowledge.shop.widget.model_copy(update={"frame_ancestors": (self.url,)})
        shop = knowledge.shop.model_copy(update={"widget": shown_by})
        own = Database(self.database.engine.url.render_as_string(hide_password=False))
        settings = replace(settings, files=folder / "files")
        return web.create(compose.program(settings, replace(knowledge, shop=shop), core, own))

    def _site(self) -> Sanic[Any, Any]:
        app: Sanic[Any, Any] = Sanic(f"shop-{uuid4().hex}", configure_logging=False)
        app.config.ACCESS_LOG = False

        def page(script: str, more: str = "") -> HTTPResponse:
            body = f"<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1>{more}{script}"
            return html(body)

        def widget(word: str = "") -> str:
            given = f' data-identity="{word}"' if word else ""
            return f'<script async src="{self.support}/widget.js"{given}></script>'

        def word(request: Request) -> str:
            who = request.cookies.get("who")
            return vouch(f"customer-{who}", self.emails[who]) if who else ""

        @app.get("/")
        async def start(request: Request) -> HTTPResponse:
            return page(widget(word(request)))

        @app.get("/app")
        async def single_page_application(_request: Request) -> HTTPResponse:
            return page(widget(), f"<script>{APP}</script>")

        @app.get("/kept")
        async def kept(_request: Request) -> HTTPResponse:
            return page(widget(self.kept))

        @app.get("/elsewhere")
        async def elsewhere(_request: Request) -> HTTPResponse:
            return page("")

        @app.get("/word")
        async def fresh_word(request: Request) -> HTTPResponse:
            return text(word(request), headers={"Cache-Control": "no-store"})

        @app.get("/in")
        async def sign_in(request: Request) -> HTTPResponse:
            answer = redirect(request.args.get("to", "/"))
            answer.add_cookie("who", request.args["who"][0], secure=False, samesite="Lax")
            return answer

        @app.get("/out")
        async def sign_out(request: Request) -> HTTPResponse:
            answer = redirect(request.args.get("to", "/"))
            answer.add_cookie("who", "", max_age=0, secure=False, samesite="Lax")
            return answer

        return app

    async def _serve(self, app: Sanic[Any, Any], listening: Any) -> Any:
        app.config.TOUCHUP = False
        server: Any = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        return server, app

    def read(self, work: Callable[..., T], *args: Any) -> T:
        with self.database.read() as connection:
            return work(connection, *args)

    def write(self, work: Callable[..., T], *args: Any) -> T:
        with self.database.write() as connection:
            return work(connection, *args)

    def close(self) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _stop(self) -> None:
        for server, app in self._servers:
            await server.before_stop()
            server.close()
            for connection in list(server.connections):
                connection.abort()
            await asyncio.sleep(0.05)
            await server.after_stop()
            Sanic.unregister_app(app)
        await leave_nothing()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT)
