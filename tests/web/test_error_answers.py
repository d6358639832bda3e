"""Whatever can't be done is answered in one shape, on the whole program: by a route, by the framework, or
since something of ours broke."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sanic import Blueprint, HTTPResponse, Request, Sanic

from bot.runtime.http.refusals import NoSuch, Refusal, TooManyRequests, WrongField
from bot.web.error_answers import FRAMEWORK
from store.core.database import Database
from tests.conftest import Lines
from tests.desk.staff import Member, member
from tests.serving import hang_up, serving

Shop = tuple[httpx.AsyncClient, Sanic[Any, Any]]
KEY = {"Authorization": "Bearer a-key"}
JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 100_000


@dataclass(frozen=True)
class Case:
    """A request, and how it is refused. `desk`: an admin asks; `visitor`: a customer does."""

    method: str
    path: str
    status: int
    code: str
    field: str | None = None
    body: bytes | None = None
    headers: dict[str, str] | None = None
    desk: bool = False
    visitor: bool = False
    more: tuple[str, ...] = ()


def desk(method: str, path: str, status: int, code: str, **more: Any) -> Case:
    return Case(method, f"/desk/v1/{path}", status, code, headers=JSON, desk=True, **more)


def chat(method: str, path: str, status: int, code: str, **more: Any) -> Case:
    return Case(method, f"/chat/v1/{path}", status, code, visitor=True, **more)


HALF = b'{"number": "\\ud800"}'  # of a character
CASES = [
    # the framework
    Case("GET", "/nowhere", 404, "not_found"),
    Case("GET", "/%00", 404, "not_found"),
    Case("GET", "/desk/v1/nowhere", 404, "not_found"),
    Case("GET", "/chat/v1/nowhere", 404, "not_found"),
    Case("GET", "/api/v1/nowhere", 404, "not_found"),
    Case("DELETE", "/", 405, "method_not_allowed"),
    Case("PATCH", "/chat/v1/messages", 405, "method_not_allowed"),
    Case("DELETE", "/desk/v1/agents", 405, "method_not_allowed"),
    Case("POST", "/health/live", 405, "method_not_allowed"),
    Case("POST", "/chat/v1/sessions", 413, "too_large", body=b"x" * 1_000_001),
    Case("PUT", "/api/v1/orders/1", 413, "too_large", body=b"x" * 1_000_001, headers=KEY),
    Case("POST", "/channels/telegram", 413, "too_large", body=b"x" * 1_000_001),
    # pages and files
    Case("GET", "/chat/nothing.js", 404, "not_found"),
    Case("GET", "/desk/nothing.js", 404, "not_found"),
    Case("GET", "/demo/nothing.js", 404, "not_found"),
    Case("GET", "/files/1?expires=1&signature=x", 404, "not_found"),
    # operations
    Case("GET", "/metrics", 401, "unauthorized"),
    # the order API
    Case("GET", "/api/v1/orders/1", 401, "unauthorized"),
    Case("GET", "/api/v1/orders/404", 404, "not_found", headers=KEY),
    Case("PUT", "/api/v1/orders/1", 400, "malformed_json", body=b"{", headers=KEY),
    Case("PUT", "/api/v1/orders/1", 400, "malformed_json", body=DEEP, headers=KEY),
    Case("PUT", "/api/v1/orders/1", 400, "malformed_json", body=b'{"a": 1, "a": 2}', headers=KEY),
    Case("PUT", "/api/v1/orders/1", 422, "invalid_order", body=HALF, headers=KEY, more=("fields",)),
    Case("PUT", "/api/v1/orders/1", 422, "invalid_order", body=b"{}", headers=KEY, more=("fields",)),
    # the web chat
    Case("GET", "/chat/v1/messages", 401, "unauthorized"),
    chat("GET", "messages?after=x", 400, "bad_request", field="after"),
    chat("GET", "messages?after=1&after=2", 400, "bad_request", field="after"),
    chat("GET", "messages?before=1", 400, "bad_request", field="before"),
    chat("GET", "events?after=-1", 400, "bad_request", field="after"),
    chat("POST", "messages", 400, "bad_request", body=b""),
    chat("POST", "messages", 400, "bad_request", body=b"null"),
    chat("POST", "messages", 400, "bad_request", body=b"\xff"),
    chat("POST", "messages", 400, "bad_request", body=DEEP[:60_000]),
    chat("POST", "messages", 400, "bad_request", body=b'{"text": "a", "text": "b"}'),
    chat("POST", "messages", 400, "bad_request", body=b'{"text": NaN}'),
    chat("POST", "messages", 400, "bad_request", field="nobody", body=b'{"nobody": 1}'),
    chat("POST", "messages", 400, "bad_request", field="client_msg_id", body=b'{"text": "a"}'),
    chat("POST", "messages", 400, "bad_request", body=b'{"client_msg_id": "12345678"}'),
    chat(
        "POST", "messages", 413, "too_large", field="text",
        body=b'{"client_msg_id": "12345678", "text": "' + b"a" * 4001 + b'"}',
    ),
    chat("POST", "messages", 413, "too_large", body=b" " * 65_537),
    chat(
        "POST", "messages", 409, "unknown_button", body=b'{"client_msg_id": "12345678", "press": "nothing"}'
    ),
    chat("POST", "identity", 400, "bad_request", field="token", body=b'{"token": 1}'),
    chat("POST", "identity", 403, "forbidden", body=b'{"token": "x.y.z"}'),
    # the desk
    Case("GET", "/desk/v1/me", 401, "signed_out"),
    Case("POST", "/desk/v1/sessions", 415, "unsupported_media_type", body=b"{}"),
    Case("POST", "/desk/v1/sessions", 400, "bad_request", field="email", body=b"{}", headers=JSON),
    Case(
        "POST", "/desk/v1/sessions", 401, "wrong", headers=JSON,
        body=b'{"email": "nobody@linden.example", "password": "wrong wrong"}',
    ),
    desk("GET", "conversations/999", 404, "not_found"),
    desk("GET", "conversations/x", 404, "not_found"),
    desk("GET", "orders/nothing", 404, "not_found"),
    desk("GET", "conversations?view=none", 400, "bad_request", field="view"),
    desk("GET", "conversations?view=mine&view=all", 400, "bad_request", field="view"),
    desk("GET", "audit?limit=0", 400, "bad_request", field="limit"),
    desk("GET", "figures?days=x", 400, "bad_request", field="days"),
    desk("POST", "agents", 400, "bad_request", body=b'{"email": "a@b.example", "email": "c@d.example"}'),
    desk("POST", "agents", 400, "bad_request", field="name", body=b'{"email": "a@b.lt", "name": "\\u202e"}'),
    desk("POST", "agents", 413, "too_large", body=b" " * 65_537),
    desk("PATCH", "agents/999", 404, "not_found", body=b"{}"),
    desk("PATCH", "me", 400, "bad_request", field="password.new", body=b'{"password": {"old": "x"}}'),
    desk("POST", "callbacks/1/done", 404, "not_found", body=b"{}"),
    # channels
    Case("POST", "/channels/telegram", 403, "forbidden", body=b"{}"),
    Case("POST", "/channels/sms", 403, "forbidden", body=b"x=1"),
    Case("POST", "/channels/sms", 413, "too_large", body=b"x" * 70_000),
    Case("POST", "/channels/messenger", 403, "forbidden", body=b"{}"),
    Case("GET", "/channels/messenger?hub.mode=subscribe", 403, "forbidden"),
]  # fmt: skip


@pytest.fixture
async def admin(shop: Shop) -> AsyncIterator[Member]:
    database = Database(f"sqlite:///{shop[1].ctx.desk_guard._database.engine.url.database}")
    yield member(database, "Chief", "admin")
    database.close()


def check(answer: httpx.Response, case: str, status: int, code: str, named: str | None = None) -> None:
    assert answer.status_code == status, (case, answer.text)
    assert answer.headers["content-type"] == "application/json", case
    assert answer.headers["cache-control"] == "no-store", case
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"]), case
    body = answer.json()
    assert set(body) == {"error"} and body["error"]["code"] == code, (case, body)
    assert body["error"].get("field") == named, (case, body)
    assert body["error"]["message"] and body["error"]["message"].isprintable(), case


async def test_every_refusal_has_one_shape(shop: Shop, admin: Member) -> None:
    client, _ = shop
    token = (await client.post("/chat/v1/sessions")).json()["token"]
    for case in CASES:
        headers = {**(case.headers or {})}
        if case.desk:
            headers |= admin.headers
        if case.visitor:
            headers["Authorization"] = f"Bearer {token}"
        answer = await client.request(case.method, case.path, content=case.body, headers=headers)
        name = f"{case.method} {case.path} {(case.body or b'')[:60]!r}"
        check(answer, name, case.status, case.code, case.field)
        keys = {"code", "message", *case.more, *(["field"] if case.field else [])}
        assert set(answer.json()["error"]) == keys, name
        if case.status == 405:
            assert case.method not in answer.headers["allow"].split(", "), name
        if case.status == 401 and "/desk/" not in case.path:
            assert answer.headers["www-authenticate"] == "Bearer", name
    assert {case.status for case in CASES} == {400, 401, 403, 404, 405, 409, 413, 415, 422}


NO_HTTP = {
    b"GET\r\n\r\n": 400,
    b"GET / HTTP/9.9\r\n\r\n": 400,
    b"\x00\x01\x02\r\n\r\n": 400,
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n": 413,
    b"POST /chat/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n": 400,
    b"POST /chat/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n": 413,
    b"POST /chat/v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n": 417,
}


async def test_bytes_that_are_no_http_are_refused_in_the_same_shape(shop: Shop) -> None:

    where = shop[0].base_url
    for sent, status in NO_HTTP.items():
        reader, writer = await asyncio.open_connection(where.host, where.port)
        writer.write(sent)
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
        body = await asyncio.wait_for(reader.read(65536), 5)
        await hang_up(writer)
        assert head.startswith(f"HTTP/1.1 {status} "), (sent[:60], head)
        assert re.search(r"^x-request-id: [0-9a-f]{32}\r$", head, re.MULTILINE | re.IGNORECASE), sent[:60]
        error = json.loads(body)["error"]
        assert set(error) == {"code", "message"} and error["code"] and error["message"].endswith("."), error
        assert "tea" not in error["message"]


async def test_a_header_may_be_of_any_bytes(shop: Shop) -> None:
    for path in ("/metrics", "/api/v1/orders/1", "/chat/v1/messages"):
        answer = await shop[0].get(path, headers=[(b"Authorization", b"Bearer \xff\xfe")])
        check(answer, path, 401, "unauthorized")
    answer = await shop[0].get("/desk/v1/me", headers=[(b"Cookie", b"aftercare_desk=\xff")])
    check(answer, "/desk/v1/me", 401, "signed_out")


async def test_a_request_that_does_not_arrive_is_refused_in_the_same_shape() -> None:
    async with serving(faulty(), REQUEST_TIMEOUT=0.3) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(b"POST /broken HTTP/1.1\r\nHost: x\r\nContent-Le")
        answer = await asyncio.wait_for(reader.read(), 5)
        await hang_up(writer)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "timeout"


# --- faults of ours ------------------------------------------------------------------------------


class Broken(RuntimeError):
    """What nobody thought of."""


def faulty() -> Blueprint:
    routes = Blueprint("faulty")

    @routes.post("/broken")
    async def break_(request: Request) -> HTTPResponse:
        raise Broken(f"no place for {request.body.decode()}")

    @routes.get("/slow")
    async def sleep(_request: Request) -> HTTPResponse:

        await asyncio.sleep(30)
        return HTTPResponse()

    @routes.get("/silent")
    async def say_nothing(_request: Request) -> None:
        return None

    return routes


@pytest.fixture
async def faults() -> AsyncIterator[httpx.AsyncClient]:
    async with serving(faulty(), RESPONSE_TIMEOUT=0.3) as client:
        yield client


async def test_a_fault_of_ours_is_logged_once_and_not_told(faults: httpx.AsyncClient, lines: Lines) -> None:
    answer = await faults.post("/broken", content=b"anna@example.com")
    assert answer.status_code == 500
    assert answer.json() == {"error": dict(zip(("code", "message"), FRAMEWORK[500], strict=True))}
    (line,) = lines()
    assert (line["event"], line["route"], line["method"]) == ("request_failed", "broken", "POST")
    assert line["exception"][0]["error"].endswith("Broken")
    assert any("break_" in place for place in line["exception"][0]["at"])
    assert "anna" not in json.dumps(line)


async def test_an_answer_that_never_comes_is_unavailable(faults: httpx.AsyncClient, lines: Lines) -> None:
    answer = await faults.get("/slow")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    answer = await faults.get("/silent")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert [line["route"] for line in lines() if line["event"] == "request_failed"] == [
        "slow",
        "silent",
    ]


async def test_who_leaves_before_the_answer_is_no_fault(lines: Lines) -> None:
    routes, left_early = Blueprint("waiting"), asyncio.Event()

    @routes.get("/waiting")
    async def wait(_request: Request) -> HTTPResponse:
        try:
            await asyncio.sleep(30)
        finally:
            left_early.set()
        return HTTPResponse()

    async with serving(routes) as client:
        _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(b"GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.05)
        await hang_up(writer)
        await asyncio.wait_for(left_early.wait(), 5)
        await asyncio.sleep(0.05)
    assert lines() == []


async def test_a_refusal_is_no_fault(lines: Lines) -> None:
    routes = Blueprint("refusing")

    @routes.get("/refused")
    async def refuse(_request: Request) -> HTTPResponse:
        raise TooManyRequests("Wait.", code="locked", retry_after=1.2)

    async with serving(routes) as client:
        answer = await client.get("/refused")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json() == {"error": {"code": "locked", "message": "Wait."}}
    assert lines() == []


@pytest.mark.parametrize(
    ("refusal", "body"),
    [
        (
            WrongField("name", "write one."),
            {"code": "bad_request", "message": "name: write one.", "field": "name"},
        ),
        (NoSuch("order"), {"code": "not_found", "message": "There is no such order."}),
        (Refusal("x", more={"state": "paid"}), {"code": "bad_request", "message": "x", "state": "paid"}),
    ],
)
def test_what_a_refusal_says(refusal: Refusal, body: dict[str, str]) -> None:
    assert refusal.body() == {"error": body}
