"""The demonstration shop: one page with the widget in it and order numbers to try."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.runtime.http import assets
from bot.runtime.http.refusals import NoSuch

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "same-origin",
}


def demo_blueprint(
    web_root: Path, orders: Callable[[], Awaitable[list[dict[str, Any]]]], base_path: str = ""
) -> Blueprint:
    """The page at /, its files under /demo, and /demo/orders.json out of `orders`: dicts with number,
    email, name and state. For demonstration data only: it shows them to everyone. `base_path`: what the
    server is reached below."""
    routes = Blueprint("web_demo")
    files = assets.load(web_root / "demo")
    source = files.pop("index.html").body
    for name in (b"href", b"src"):
        source = source.replace(name + b'="/', name + b'="' + base_path.encode() + b"/")
    page = assets.Asset.of(source, ".html")

    @routes.get("/")
    async def index(request: Request) -> HTTPResponse:
        return page.response(request, PAGE_HEADERS)

    @routes.get("/demo/orders.json")
    async def list_orders(_request: Request) -> HTTPResponse:
        return json_response(await orders(), headers={"Cache-Control": "no-store"})

    @routes.get("/demo/<name:str>")
    async def demo_file(request: Request, name: str) -> HTTPResponse:
        if name not in files:
            raise NoSuch("file")
        return files[name].response(request)

    return routes
