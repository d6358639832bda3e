"""The simulator's own page: one plays the customer of a channel, whose provider is a fake beside it."""

from pathlib import Path
from typing import Any

import httpx
from sanic import Blueprint, Request, Sanic
from sanic.response import HTTPResponse, text
from sanic.response import json as json_response

from bot.runtime.http import assets
from bot.simulator.provider import Provider
from bot.web import headers
from bot.web.demo_shop import PAGE_HEADERS

MAX_FILE = 10 * 1024 * 1024  # bytes
MAX_TEXT = 4096
NO_STORE = {"Cache-Control": "no-store"}


def create(provider: Provider, web_root: Path, server_url: str) -> Sanic[Any, Any]:
    """The fake provider's API and the page, in one application. `server_url` is the assistant's."""
    app: Sanic[Any, Any] = Sanic("simulator", configure_logging=False)
    app.config.update(REQUEST_MAX_SIZE=MAX_FILE + 65536, ACCESS_LOG=False, MOTD=False)
    app.blueprint(provider.blueprint())
    headers.protect(app)
    app.blueprint(_page(provider, web_root / "simulator", server_url))

    @app.after_server_stop
    async def stop(*_: object) -> None:
        await provider.close()

    return app


def _page(provider: Provider, folder: Path, server_url: str) -> Blueprint:
    routes = Blueprint("simulator-page")
    files = assets.load(folder)
    page = files.pop("index.html")

    @routes.get("/")
    async def index(request: Request) -> HTTPResponse:
        return page.response(request, PAGE_HEADERS)

    @routes.get("/simulator/<name:str>")
    async def file(request: Request, name: str) -> HTTPResponse:
        if name not in files:
            return text("There is no such file.", 404)
        return files[name].response(request)

    @routes.get("/simulator/phone")
    async def show(request: Request) -> HTTPResponse:
        thread = provider.thread(_address(request))
        bubbles = [
            {
                "id": one.id,
                "author": one.author,
                "text": one.text,
                "buttons": [{"value": value, "title": title} for value, title in one.buttons],
                "attachment": one.attachment,
                "state": one.state,
            }
            for one in thread.bubbles[-200:]
        ]
        shown = {"channel": provider.name, "typing": thread.typing, "bubbles": bubbles}
        return json_response(shown, headers=NO_STORE)

    @routes.get("/simulator/orders")
    async def orders(_request: Request) -> HTTPResponse:
        """Orders of the demonstration shop, to try."""
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                answer = await client.get(f"{server_url}/demo/orders.json")
                return json_response(answer.json() if answer.status_code == 200 else [], headers=NO_STORE)
        except (httpx.HTTPError, ValueError):
            return json_response([], headers=NO_STORE)

    @routes.post("/simulator/say")
    async def say(request: Request) -> HTTPResponse:
        words = str((request.json or {}).get("text", ""))[:MAX_TEXT]
        return _told(await provider.say(_address(request), words))

    @routes.post("/simulator/press")
    async def press(request: Request) -> HTTPResponse:
        return _told(await provider.press(_address(request), str((request.json or {}).get("value", ""))))

    @routes.post("/simulator/attach")
    async def attach(request: Request) -> HTTPResponse:
        kind = request.headers.get("content-type", "application/octet-stream")
        name = request.args.get("name", "file")[:120]
        return _told(await provider.attach(_address(request), name, kind, request.body))

    @routes.post("/simulator/trouble")
    async def trouble(request: Request) -> HTTPResponse:
        wanted = request.json or {}
        if "down" in wanted:
            provider.trouble.down = bool(wanted["down"])
        if wanted.get("busy"):
            provider.trouble.statuses.append((429, 5.0))
        if wanted.get("broken"):
            provider.trouble.statuses.append((500, None))
        return json_response({"down": provider.trouble.down})

    return routes


def _address(request: Request) -> str:
    return str(request.args.get("address", ""))[:64]


def _told(status: int) -> HTTPResponse:
    """What the assistant's webhook answered: shown, since a channel that is set up wrongly answers 403."""
    return json_response({"status": status})
