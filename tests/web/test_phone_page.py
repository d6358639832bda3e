"""The simulator's page: a customer's phone, what it says to the assistant and what it shows."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from bot.simulator import phone_page
from bot.simulator.fake_sms import FakeTwilio
from tests.paths import ROOT
from tests.serving import port, serving, serving_app, url

PHONE = {"address": "+37061234567"}


class Assistant:
    """What answers in the assistant's place: its webhook with `status`, and the orders to try."""

    def __init__(self) -> None:
        self.status = 204
        self.heard: list[dict[str, str]] = []
        self.routes = Blueprint("assistant")
        self.routes.add_route(self._hear, "/channels/sms", methods=["POST"])
        self.routes.add_route(self._orders, "/demo/orders.json")

    async def _hear(self, request: Request) -> HTTPResponse:
        self.heard.append({name: values[0] for name, values in (request.form or {}).items()})
        return empty(self.status)

    async def _orders(self, _request: Request) -> HTTPResponse:
        return json_response([{"number": "10234"}])


@pytest.fixture
def assistant() -> Assistant:
    return Assistant()


@pytest.fixture
def provider() -> FakeTwilio:
    return FakeTwilio()


@pytest.fixture
async def page(assistant: Assistant, provider: FakeTwilio) -> AsyncIterator[httpx.AsyncClient]:
    here, there = port(), port()
    provider.environment(url(here), url(there))
    async with serving(assistant.routes, listening=there):
        app = phone_page.create(provider, ROOT / "web", url(there))
        async with serving_app(app, here) as client:
            yield client


async def shown(page: httpx.AsyncClient) -> list[dict[str, object]]:
    return list((await page.get("/simulator/phone", params=PHONE)).json()["bubbles"])


async def test_what_is_typed_reaches_the_assistant_and_stands_on_the_phone(
    page: httpx.AsyncClient, assistant: Assistant
) -> None:
    told = await page.post("/simulator/say", params=PHONE, json={"text": "where is my order"})
    assert told.json() == {"status": 204}
    assert [(one["From"], one["Body"]) for one in assistant.heard] == [
        (PHONE["address"], "where is my order")
    ]
    assert [(one["author"], one["text"]) for one in await shown(page)] == [("customer", "where is my order")]
    assert (await page.get("/simulator/phone", params={"address": "+37060000000"})).json()["bubbles"] == []


async def test_it_tells_what_the_assistant_answered(page: httpx.AsyncClient, assistant: Assistant) -> None:
    """A channel that is set up wrongly refuses what the provider says."""
    assistant.status = 403
    assert (await page.post("/simulator/say", params=PHONE, json={"text": "hi"})).json() == {"status": 403}
    assert (await page.post("/simulator/press", params=PHONE, json={"value": "2"})).json() == {"status": 403}
    assert assistant.heard[-1]["Body"] == "2"


async def test_a_photo_is_sent(page: httpx.AsyncClient, assistant: Assistant, provider: FakeTwilio) -> None:
    head = {"content-type": "image/png"}
    told = await page.post("/simulator/attach", params=PHONE, content=b"\x89PNG", headers=head)
    assert told.json() == {"status": 204}
    assert assistant.heard[0]["MediaContentType0"] == "image/png"
    assert list(provider.media.values()) == [("image/png", b"\x89PNG")]
    assert [one["attachment"] for one in await shown(page)] == ["image/png"]


async def test_trouble_is_made_on_demand(page: httpx.AsyncClient, provider: FakeTwilio) -> None:
    assert (await page.post("/simulator/trouble", json={"down": True})).json() == {"down": True}
    assert provider.trouble.down
    assert (
        await page.post("/simulator/trouble", json={"down": False, "busy": True, "broken": True})
    ).json() == {"down": False}
    assert provider.trouble.statuses == [(429, 5.0), (500, None)]


async def test_orders_to_try_are_the_assistants(page: httpx.AsyncClient) -> None:
    assert (await page.get("/simulator/orders")).json() == [{"number": "10234"}]


async def test_without_an_assistant_there_are_no_orders_to_try() -> None:
    nobody = port()
    gone = url(nobody)
    nobody.close()
    async with serving_app(phone_page.create(FakeTwilio(), ROOT / "web", gone)) as alone:
        assert (await alone.get("/simulator/orders")).json() == []
        assert (await alone.get("/simulator/nothing.js")).status_code == 404
