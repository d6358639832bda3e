import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from sanic import Blueprint, Sanic

from bot.web import openapi, order_api
from store.core.database import Database
from store.orders import orders

KEY = "kéy-1"
ORDER = {
    "number": "10234",
    "state": "paid",
    "placed_at": "2026-05-03T10:15:00Z",
    "currency": "EUR",
    "total": "59.90",
    "customer": {"name": "Rūta", "email": "ruta@example.com", "phone": "8 600 00123"},
    "lines": [{"sku": "A-1", "name": "Mug", "quantity": 2, "unit_price": "29.95"}],
}


@asynccontextmanager
async def serving(blueprint: Blueprint, key: str = "") -> AsyncIterator[httpx.AsyncClient]:
    app = Sanic(f"test-{uuid4().hex}", configure_logging=False)
    app.config.TOUCHUP = False  # it rewrites Sanic's classes and can do so once in a process only
    app.blueprint(blueprint)
    listener = socket.create_server(("127.0.0.1", 0))
    server: Any = await app.create_server(sock=listener, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.start_serving()
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            headers=[(b"authorization", f"Bearer {key}".encode())] if key else None,
        ) as client:
            yield client
    finally:
        await server.before_stop()
        server.close()
        Sanic.unregister_app(app)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(order_api.blueprint(database, ("other", KEY), "LT"), KEY) as client:
        yield client


async def put(client: httpx.AsyncClient, body: object, number: str = "10234") -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.put(f"/api/v1/orders/{number}", content=content)


async def test_an_order_is_created_then_updated(client: httpx.AsyncClient, database: Database) -> None:
    for result in ("created", "updated"):
        answer = await put(client, ORDER)
        assert (answer.status_code, answer.json()) == (200, {"number": "10234", "result": result})
    stored = await database.fetch(orders.find, "10234")
    assert stored and stored.phone == "+37060000123"


async def test_what_is_read_can_be_sent_back(client: httpx.AsyncClient) -> None:
    await put(client, ORDER)
    answer = await client.get("/api/v1/orders/ORD-10234")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert answer.json()["total"] == "59.90"
    assert (await put(client, answer.json())).json()["result"] == "updated"
    again = await client.get("/api/v1/orders/10234")
    assert again.json() == answer.json()


async def test_a_number_may_need_encoding(client: httpx.AsyncClient) -> None:
    for path in ("2026/17", "2026%2F17", "%E2%84%96%202026%2F17"):
        assert (await put(client, {**ORDER, "number": "2026/17"}, path)).status_code == 200
        assert (await client.get(f"/api/v1/orders/{path}")).json()["number"] == "2026/17"


async def test_an_unknown_order_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/orders/404")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_wrong_key_is_refused(client: httpx.AsyncClient, method: str) -> None:
    del client.headers["authorization"]
    wrong = ["", "Bearer", "Bearer wrong", f"Basic {KEY}", KEY, "Bearer \xff", "Bearer other2"]
    for headers in [[], *([(b"authorization", header.encode("latin-1"))] for header in wrong)]:
        answer = await client.request(method, "/api/v1/orders/10234", headers=headers, content=b"{")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["code"] == "unauthorized"


async def test_without_a_configured_key_everybody_is_refused(database: Database) -> None:
    async with serving(order_api.blueprint(database, ("",), "LT")) as client:
        for header in ("", "Bearer", "Bearer x"):
            answer = await client.get("/api/v1/orders/1", headers={"authorization": header})
            assert answer.status_code == 401


async def test_malformed_json_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b"\xff\xfe", b'{"number": "\xe8"}', b"[" * 100_000):
        answer = await put(client, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_json")


async def test_a_large_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await put(client, b" " * (order_api.MAX_BODY + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_refused_fields_are_listed(client: httpx.AsyncClient) -> None:
    for body, field in (
        ({**ORDER, "total": "-1"}, "total"),
        ({**ORDER, "number": "10235"}, "number"),
        ({**ORDER, "lines": [{}]}, "lines.0.sku"),
        ({**ORDER, "extra": 1}, "extra"),
        ([], ""),
        (None, ""),
    ):
        answer = await put(client, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_order")
        (first, *_) = answer.json()["error"]["fields"]
        assert first["field"] == field and "write" in first["message"]


async def test_anothers_invoice_is_refused(client: httpx.AsyncClient) -> None:
    invoice = {"number": "I-1", "url": "https://shop.example/1", "issued_at": "2026-05-03T10:15:00Z"}
    await put(client, {**ORDER, "invoices": [invoice]})
    answer = await put(client, {**ORDER, "number": "2", "invoices": [invoice]}, "2")
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["field"] == "invoices"


# --- the description -----------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects the ids, the links and the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.ids.add(found.get("id") or "")
        self.links.add(found.get("href") or found.get("src") or "")
        assert not {name for name in found if name == "style" or name.startswith("on")}


async def test_the_description_and_its_page_are_public() -> None:
    async with serving(openapi.blueprint()) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
        assert document == openapi.document()
        answer = await client.get("/api/v1/docs")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        page = Page()
        page.feed(answer.text)
        assert page.tags.isdisjoint({"script", "style", "iframe"})
        assert "{{" not in answer.text
        for link in page.links - {""}:
            if link.startswith("#"):
                assert link[1:] in page.ids
            else:
                assert (await client.get(f"/api/v1/{link}")).status_code == 200
        assert set(document["components"]["schemas"]) <= page.ids


def test_the_described_schema_is_what_the_endpoint_takes() -> None:
    document = openapi.document()
    schema = {
        "$ref": "#/components/schemas/OrderRecord",
        "components": document["components"],
    }
    Draft202012Validator.check_schema(document["components"]["schemas"]["OrderRecord"])
    validator = Draft202012Validator(schema)
    assert validator.is_valid(ORDER)
    assert not validator.is_valid({**ORDER, "extra": 1})
    assert not validator.is_valid({**ORDER, "state": "lost"})


def test_every_field_says_what_to_write() -> None:
    for name, model in openapi.document()["components"]["schemas"].items():
        if name != "Error":
            for key, field in model["properties"].items():
                assert field.get("description"), f"{name}.{key}"
