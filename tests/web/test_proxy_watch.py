"""A proxy that AFTERCARE_PROXIES doesn't count is told of, once."""

from typing import Any

import httpx
import pytest
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import text

from bot.runtime import metrics
from bot.settings import Settings
from bot.web.error_answers import ErrorAnswers
from bot.web.proxy_watch import MANY, ProxyWatch
from tests.conftest import Lines
from tests.paths import ROOT
from tests.serving import serving_app


def watched(proxies: int) -> Sanic[Any, Any]:
    app: Sanic[Any, Any] = Sanic(f"watched-{proxies}", configure_logging=False, error_handler=ErrorAnswers())
    app.config.update(ACCESS_LOG=False, PROXIES_COUNT=proxies or None)
    routes = Blueprint("chat")

    @routes.post("/chat/v1/sessions")
    async def create(_request: Request) -> HTTPResponse:
        return text("")

    app.blueprint(routes)
    ProxyWatch(proxies).follow(app)
    return app


async def visit(client: httpx.AsyncClient, times: int = 1, **headers: str) -> None:
    for _ in range(times):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await client.post("/chat/v1/sessions", headers=named)


def told(lines: Lines) -> list[str]:
    return [one["event"] for one in lines() if one.get("component") == "proxies"]


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded"])
async def test_a_proxy_that_is_not_set_up_is_told_of_once(lines: Lines, header: str) -> None:
    async with serving_app(watched(0)) as client:
        await visit(client)
        assert metrics.proxies_unconfigured._value.get() == 0
        await visit(client, 3, **{header: "for=203.0.113.9"})
    assert told(lines) == ["proxy_not_configured"]
    assert metrics.proxies_unconfigured._value.get() == 1


@pytest.mark.parametrize(
    ("proxies", "headers"),
    [(0, {}), (2, {"X_Forwarded_For": "8.8.8.8"}), (1, {"X_Forwarded_For": "8.8.8.8, 10.0.0.7"})],
    ids=["none counted", "too many counted", "too few counted"],
)
async def test_many_visitors_of_one_proxy_are_told_of_once(
    lines: Lines, proxies: int, headers: dict[str, str]
) -> None:
    async with serving_app(watched(proxies)) as client:
        await visit(client, MANY, **headers)
        assert told(lines) == []
        await visit(client, MANY, **headers)
    assert told(lines) == ["many_visitors_from_one_address"]


async def test_customers_behind_a_proxy_that_counts_are_nothing_to_tell(lines: Lines) -> None:
    async with serving_app(watched(1)) as client:
        await visit(client, 3 * MANY, X_Forwarded_For="198.51.100.1, 8.8.8.8")
    assert told(lines) == []
    assert metrics.proxies_unconfigured._value.get() == 0


@pytest.mark.parametrize(
    ("environment", "forgotten"),
    [
        ({"PUBLIC_BASE_URL": "https://shop.example"}, True),
        ({"PUBLIC_BASE_URL": "https://shop.example", "AFTERCARE_PROXIES": "1"}, False),
        ({"PUBLIC_BASE_URL": "http://127.0.0.1:8000"}, False),
        ({}, False),
    ],
)
def test_https_without_a_proxy_can_not_be(environment: dict[str, str], forgotten: bool) -> None:
    own = {"AFTERCARE_HOME": str(ROOT), "AFTERCARE_SECRET": "s" * 32}
    assert Settings.load({**own, **environment}).proxies_forgotten is forgotten
