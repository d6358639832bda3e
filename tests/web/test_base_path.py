"""The server below a path, and the headers that browsers send along."""

import httpx
import pytest
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import text

from bot.settings import Settings, SettingsError
from bot.web.app import MAX_HEADERS
from bot.web.base_path import request_class
from tests.paths import ROOT
from tests.serving import serving_app

OWN = {"AFTERCARE_HOME": str(ROOT), "AFTERCARE_SECRET": "s" * 32}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://shop.example", ""),
        ("https://shop.example/", ""),
        ("https://shop.example/support", "/support"),
        ("https://shop.example:8443/a/b-c_d.e~f/", "/a/b-c_d.e~f"),
    ],
)
def test_the_path_is_the_public_addresss(url: str, path: str) -> None:
    assert Settings.load({**OWN, "PUBLIC_BASE_URL": url}).base_path == path


@pytest.mark.parametrize("path", ["//a", "/a//b", "/a b", "/%61", "/a?b", "/ą", "/a\\b", "/a;b"])
def test_a_path_that_proxies_would_spell_otherwise_is_refused(path: str) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_BASE_URL"):
        Settings.load({**OWN, "PUBLIC_BASE_URL": f"https://shop.example{path}"})


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/support/chat/v1/config?a=/support/b", "/chat/v1/config?a=/support/b"),
        ("/chat/v1/config", "/chat/v1/config"),
        ("/support", "/"),
        ("/support/", "/"),
        ("/support?a=1", "/?a=1"),
        ("/supporters", "/supporters"),
        ("/support/support/x", "/support/x"),
        ("/x/support/y", "/x/support/y"),
    ],
)
async def test_it_is_taken_off_once(asked: str, seen: str) -> None:
    app: Sanic = Sanic("below", configure_logging=False, request_class=request_class("/support"))  # type: ignore[type-arg]
    app.config.ACCESS_LOG = False
    app.blueprint(everything())
    async with serving_app(app) as client:
        assert (await client.get(asked)).text == seen


def everything() -> Blueprint:
    routes = Blueprint("everything")

    @routes.get("/<path:path>")
    @routes.get("/", name="root")
    async def show(request: Request, path: str = "") -> HTTPResponse:
        return text(request.raw_url.decode())

    return routes


async def test_cookies_of_the_whole_domain_are_no_hindrance(
    shop: tuple[httpx.AsyncClient, Sanic],  # type: ignore[type-arg]
) -> None:
    client, _ = shop
    cookies = "; ".join(f"c{n}={'x' * 2000}" for n in range(4))
    for path in ("/widget.js", "/chat", "/chat/v1/config", "/desk"):
        assert (await client.get(path, headers={"Cookie": cookies})).status_code == 200
    answer = await client.get("/widget.js", headers={"Cookie": "x" * MAX_HEADERS})
    assert answer.status_code == 413
