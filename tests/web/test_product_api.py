import json
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.web import product_api
from bot.web.record_api import MAX_BODY
from store.core.database import Database
from store.products import products
from tests.store.test_products import FULL, MUG
from tests.web.test_order_api import KEY, served


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with served(product_api.blueprint(database, ("other", KEY)), KEY) as client:
        yield client


async def put(client: httpx.AsyncClient, body: object, sku: str = "KIT-1") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.put(f"/api/v1/products/{sku}", content=content)


async def test_a_product_is_created_then_updated(client: httpx.AsyncClient, database: Database) -> None:
    for result in ("created", "updated"):
        answer = await put(client, FULL)
        assert (answer.status_code, answer.json()) == (200, {"sku": "KIT-1", "result": result})
    stored = await database.fetch(products.find, "KIT-1")
    assert stored and stored.stock == 3


async def test_what_is_read_can_be_sent_back(client: httpx.AsyncClient) -> None:
    await put(client, FULL)
    answer = await client.get("/api/v1/products/KIT-1")
    assert answer.status_code == 200 and answer.json()["price"] == "12.30"
    assert (await put(client, answer.json())).json()["result"] == "updated"
    assert (await client.get("/api/v1/products/KIT-1")).json() == answer.json()


async def test_an_article_number_may_need_encoding(client: httpx.AsyncClient) -> None:
    for path in ("A%2F1%20b", "A/1%20b", "A/1%20b%E2%80%8B"):
        assert (await put(client, {**MUG, "sku": "A/1 b"}, path)).status_code == 200
        assert (await client.get(f"/api/v1/products/{path}")).json()["sku"] == "A/1 b"


@pytest.mark.parametrize("sku", ["404", "%00", "%ED%A0%80", "%FF", "x" * 900])
async def test_an_unknown_product_is_not_found(client: httpx.AsyncClient, sku: str) -> None:
    answer = await client.get(f"/api/v1/products/{sku}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_wrong_key_is_refused(client: httpx.AsyncClient, method: str) -> None:
    del client.headers["authorization"]
    for header in ("", "Bearer", "Bearer wrong", f"Basic {KEY}"):
        headers = [(b"authorization", header.encode())]
        answer = await client.request(method, "/api/v1/products/KIT-1", headers=headers, content=b"{")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_malformed_json_and_a_large_body_are_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b"\xff\xfe", b'{"sku": 1, "sku": 2}', b"[" * 100_000):
        answer = await put(client, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_json")
    answer = await put(client, b" " * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_refused_fields_are_listed_and_nothing_is_lost(client: httpx.AsyncClient) -> None:
    await put(client, FULL)
    for body, field in (
        ({**FULL, "price": "-1"}, "price"),
        ({**FULL, "sku": "KIT-2"}, "sku"),
        ({**FULL, "names": {"lt": [""]}}, "names.lt.0"),
        ({**FULL, "extra": 1}, "extra"),
        ([], ""),
    ):
        answer = await put(client, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_product")
        (first, *_) = answer.json()["error"]["fields"]
        assert first["field"] == field and "write" in first["message"]
    assert (await client.get("/api/v1/products/KIT-1")).json()["price"] == "12.30"
