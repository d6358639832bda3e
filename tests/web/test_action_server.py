"""The action server for Rasa's own tools: Rasa's protocol over our actions."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sanic import Sanic

from bot import compose, product
from bot.shop.knowledge import Knowledge
from bot.web import action_server
from store.core.database import Database
from tests.server import free_port


@pytest.fixture
async def address(database: Database) -> AsyncIterator[str]:
    Sanic.test_mode = True  # several apps in one process
    port = free_port()
    knowledge = Knowledge.load(product.root())
    app = action_server.create(
        database,
        compose.service_of(knowledge),
        compose.case_words(knowledge),
        compose.guide_finder(knowledge),
    )
    app.config.TOUCHUP = False
    server: Any = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
    await server.startup()
    await server.start_serving()
    yield f"http://127.0.0.1:{port}"
    server.close()
    await server.wait_closed()
    Sanic._app_registry.clear()


def call(action: str, slots: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "next_action": action,
        "sender_id": "somebody",
        "tracker": {"sender_id": "somebody", "slots": slots or {}, "events": [], "latest_message": {}},
        "domain": {},
    }


async def test_an_action_answers_as_rasa_expects(address: str) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{address}/health")).status_code == 200
        done = await client.post(f"{address}/webhook", json=call("action_handoff"))
    assert done.status_code == 200
    answer = done.json()
    assert [event["event"] for event in answer["events"]] == ["active_loop", "slot", "slot"]
    assert answer["responses"][0]["response"] == "utter_handoff"


async def test_a_name_of_rasas_own_proves_nothing(address: str) -> None:
    """A conversation that Rasa's tools name gets a row of its own: an order in its slot stays shut."""
    async with httpx.AsyncClient() as client:
        done = await client.post(f"{address}/webhook", json=call("action_order_task", {"order": "10001"}))
    assert done.json()["responses"][0]["response"] == "utter_no_orders"


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"tracker": 3}', '{"next_action": "x"}'])
async def test_a_malformed_call_is_refused(address: str, body: str) -> None:
    async with httpx.AsyncClient() as client:
        done = await client.post(f"{address}/webhook", content=body)
    assert done.status_code == 400


async def test_an_unknown_action_is_not_found(address: str) -> None:
    async with httpx.AsyncClient() as client:
        done = await client.post(f"{address}/webhook", json=call("action_unknown"))
    assert done.status_code == 404
    assert done.json()["action_name"] == "action_unknown"
