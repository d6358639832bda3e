import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sanic import Blueprint

from bot.web import order_api
from bot.web.record_api import MAX_BODY
from store.core.database import Database
from store.orders import orders
from store.orders.order_example import EXAMPLE
from tests.serving import serving

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
async def served(blueprint: Blueprint, key: str = "") -> AsyncIterator[httpx.AsyncClient]:
    async with serving(blueprint) as client:
        given = {b"authorization": f"Bearer {key}".encode()} if key else {}
        client.headers.update(given)
        yield client


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with served(order_api.blueprint(database, ("other", KEY), "LT"), KEY) as client:
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
    async with served(order_api.blueprint(database, ("",), "LT")) as client:
        for header in ("", "Bearer", "Bearer x"):
            answer = await client.get("/api/v1/orders/1", headers={"authorization": header})
            assert answer.status_code == 401


async def test_malformed_json_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b"\xff\xfe", b'{"number": "\xe8"}', b"[" * 100_000):
        answer = await put(client, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_json")


async def test_a_large_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await put(client, b" " * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_refused_fields_are_listed(client: httpx.AsyncClient) -> None:
    for body, field in (
        ({**ORDER, "total": "-1"}, "total"),
        ({**ORDER, "number": "10235"}, "number"),
        ({**ORDER, "lines": [{}]}, "lines.0.name"),
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


async def test_a_detail_that_is_left_out_is_told(client: httpx.AsyncClient, database: Database) -> None:
    parcel = {"carrier": "DPD", "state": "packed", "tracking_url": "dpd.example/1"}
    customer = {"name": "Rūta", "email": "ru\u200bta@example.com", "phone": "n/a"}
    answer = await put(client, {**ORDER, "customer": customer, "shipments": [parcel]})
    assert answer.status_code == 200 and answer.json()["result"] == "created"
    told = {one["field"]: one["message"] for one in answer.json()["warnings"]}
    assert set(told) == {"customer.phone", "shipments.0.tracking_url"}
    assert all(message.startswith("left out: write ") for message in told.values())
    found = await database.fetch(orders.find_with_contact, "10234", "ruta@example.com")
    assert found and found.shipments[0].carrier == "DPD"


async def test_an_older_order_is_not_taken_and_no_error(
    client: httpx.AsyncClient, database: Database
) -> None:
    await put(client, {**ORDER, "version": 2, "state": "shipped"})
    answer = await put(client, {**ORDER, "version": 1, "country": "Lithuania"})
    assert (answer.status_code, answer.json()) == (200, {"number": "10234", "result": "older"})
    stored = await database.fetch(orders.find, "10234")
    assert stored and (stored.state, stored.version) == ("shipped", 2)


async def test_the_example_of_the_description_is_taken_and_comes_back(client: httpx.AsyncClient) -> None:
    assert (await put(client, EXAMPLE)).json() == {"number": "10234", "result": "created"}
    again = (await client.get("/api/v1/orders/10234")).json()
    for name in ("total", "version", "country", "delivery_paid", "delivery_standard", "customer"):
        assert again[name] == EXAMPLE[name], name
    assert [one["contents"] for one in again["shipments"]] == [
        one["contents"] for one in EXAMPLE["shipments"]
    ]


async def test_a_number_is_found_however_it_is_written(client: httpx.AsyncClient) -> None:
    await put(client, {**ORDER, "number": "WEB\u201110234"}, "web%E2%80%9310234")
    for path in (
        "WEB-10234",
        "web%E2%88%9210%20234",
        "web%EF%BC%8D10234",
        "W%E2%80%8BEB-10234",
        "web-10234%00",
    ):
        assert (await client.get(f"/api/v1/orders/{path}")).json()["number"] == "WEB-10234", path


@pytest.mark.parametrize("path", ["a%00b", "%00", "%ED%A0%80", "%FF", "%E2%80%8B", "..%2F..", "x" * 900])
async def test_a_number_that_is_none_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/api/v1/orders/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    answer = await put(client, ORDER, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_order")


async def test_a_number_of_hundreds_of_digits_is_refused_in_words(client: httpx.AsyncClient) -> None:
    """More than a float holds; found by odd payloads."""
    answer = await put(client, {"number": int("9" * 400)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_order")
    assert answer.json()["error"]["fields"][0]["field"] == "number"
