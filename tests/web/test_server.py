"""The real server, `aftercare run`, over real sockets: bad requests, floods, operations, and its log."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from bot.assistant import training
from bot.settings import Settings
from channels.web import visitor as web_visitor
from store.conversations import inbox
from store.core import channel_faults
from store.core.database import Database
from store.orders import demo
from store.tables import messages, outbox
from store.vocabulary import Fault
from tests.serving import hang_up

AFTERCARE = str(Path(sys.executable).parent / "aftercare")
SECRET = "a-secret-for-tests-of-the-server-0123456789"
START_SECONDS = 90
ANSWER_SECONDS = 20
CONNECTIONS = 1000


@dataclass
class Server:
    url: str
    port: int
    log_file: Path
    database: Database
    facts: dict[str, Any]
    opened: list[httpx.Client] = field(default_factory=list)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)

    def visitor(self) -> "Visitor":
        client = self.client()
        self.opened.append(client)
        token = client.post("/chat/v1/sessions").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        return Visitor(client, token)

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")


@dataclass
class Visitor:
    client: httpx.Client
    token: str

    def post(self, **fields: Any) -> httpx.Response:
        return self.client.post("/chat/v1/messages", json={"client_msg_id": uuid4().hex, **fields})

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := self.client.get(
            "/chat/v1/messages", params={"after": found[-1]["seq"] if found else 0}
        ).json()["messages"]:
            found += page
        return found

    def ask(self, text: str) -> list[dict[str, Any]]:
        """Posts a text and waits for what it is answered."""
        response = self.post(text=text)
        assert response.status_code == 202, response.text
        return self.answers(response.json()["seq"])

    def answers(self, seq: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            found = self.client.get("/chat/v1/messages", params={"after": seq}).json()["messages"]
            if any(message["author"] == "bot" for message in found):
                return [message for message in found if message["author"] == "bot"]
            time.sleep(0.02)
        pytest.fail(f"message {seq} was not answered")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    if training.current_model(Settings.load().home) is None:
        subprocess.run([AFTERCARE, "train"], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"sqlite:///{folder}/server.db"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "AFTERCARE_SECRET": SECRET,
        "AFTERCARE_METRICS_TOKEN": "",
        # These tests are all one address; the limits have tests of their own in tests/channels.
        "AFTERCARE_RATE_LIMITS": "off",
    }
    command = [AFTERCARE, "run", "--port", str(port)]
    log_file = folder / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}", log_file)
        database = Database(url)
        with database.read() as connection:
            facts = demo.sample(connection)
        yield Server(f"http://127.0.0.1:{port}", port, log_file, database, facts)
        database.close()
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str, log_file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log_file.read_text()
        try:
            if httpx.get(f"{url}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start: {log_file.read_text()[-2000:]}")


@pytest.fixture(autouse=True)
def still_well(server: Server) -> Iterator[None]:
    """After each test the server answers, nothing waits, and nothing broke inside."""
    failures = _metric(server, "aftercare_turn_failures_total")
    yield
    assert server.visitor().ask("how long does delivery take")
    while server.opened:
        server.opened.pop().close()
    assert _metric(server, "aftercare_turn_failures_total") == failures == 0
    assert "Traceback" not in server.log()
    with server.database.read() as connection:
        assert inbox.backlog(connection)[0] == 0


# --- conversations over HTTP ---


def test_a_conversation_with_proof_and_a_button(server: Server) -> None:
    visitor = server.visitor()
    number, email = server.facts["orders"]["shipped"], server.facts["email"]
    assert "order number" in visitor.ask("where is my order")[0]["text"]
    assert "e-mail" in visitor.ask(number)[0]["text"]
    answer = visitor.ask(email)[0]
    assert f"Order {number}" in answer["text"]
    token = next(one["token"] for one in answer["buttons"] if one["title"] == "Another order")
    pressed = visitor.post(press=token)
    assert pressed.status_code == 202
    assert "Which order" in visitor.answers(pressed.json()["seq"])[0]["text"]
    shown = visitor.messages()
    assert [message["seq"] for message in shown] == list(range(1, len(shown) + 1))


def test_a_repeated_message_is_taken_once(server: Server) -> None:
    visitor = server.visitor()
    key = uuid4().hex
    first = visitor.post(client_msg_id=key, text="hello")
    again = [visitor.post(client_msg_id=key, text=text) for text in ("hello", "hello", "cancel my order")]
    visitor.answers(first.json()["seq"])
    assert [one.json() for one in again] == [{"seq": first.json()["seq"], "duplicate": True}] * 3
    assert [message["text"] for message in visitor.messages() if message["author"] == "customer"] == ["hello"]


def test_what_was_typed_comes_back_as_it_was_typed(server: Server) -> None:
    visitor = server.visitor()
    text = "<script>alert('x')</script> {shop} %s ${7*7} {{7*7}} \u202eevil\u202c 👩‍👧 'quoted' \"double\""
    answers = visitor.ask(text)
    # As it was typed, but for the marks that turn text around.
    assert visitor.messages()[0]["text"] == text.replace("\u202e", "").replace("\u202c", "")
    for answer in answers:
        assert "<script" not in answer["text"]
        assert "49" not in answer["text"]


# --- bad requests ---


def _token(**changes: Any) -> str:
    now = datetime.now(UTC)
    claims = {
        "aud": web_visitor.AUDIENCE,
        "sub": "somebody-else",
        "iat": now,
        "exp": now + timedelta(hours=1),
        **changes,
    }
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, SECRET)


UNSIGNED = jwt.encode(
    {"aud": web_visitor.AUDIENCE, "sub": "x", "iat": 1, "exp": 9_999_999_999}, "", algorithm="none"
)
FOREIGN = jwt.encode(
    {"aud": web_visitor.AUDIENCE, "sub": "x", "iat": 1, "exp": 9_999_999_999}, "another-secret" * 4
)


def test_a_wrong_token_is_refused(server: Server) -> None:
    values = [
        None,
        "",
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Bearer not.a.token",
        f"Bearer {UNSIGNED}",
        f"Bearer {UNSIGNED.rstrip('.')}.AAAA",
        f"Bearer {FOREIGN}",
        "Bearer " + "x" * 7000,
        "Bearer " + _token(exp=datetime.now(UTC) - timedelta(hours=2)),
        "Bearer " + _token(aud="agent-desk"),
        "Bearer " + _token(exp=None),
        "Bearer " + _token(sub=None),
        "Bearer " + _token()[:-4] + "AAAA",
    ]
    body = {"client_msg_id": uuid4().hex, "text": "hello"}
    with server.client() as client:
        for value in values:
            headers = {} if value is None else {"Authorization": value}
            for response in (
                client.post("/chat/v1/messages", json=body, headers=headers),
                client.get("/chat/v1/messages", headers=headers),
                client.get("/chat/v1/events", headers=headers),
            ):
                assert response.status_code == 401, value
                assert response.json()["error"]["code"] == "unauthorized"


def test_another_visitors_token_shows_his_own_conversation_only(server: Server) -> None:
    one, two = server.visitor(), server.visitor()
    number, email = server.facts["orders"]["shipped"], server.facts["email"]
    assert number in one.ask(f"where is order {number}, {email}")[0]["text"]
    assert two.messages() == []
    assert "on its way" not in two.ask("where is my order")[0]["text"]
    token = one.messages()[-1]["buttons"][0]["token"]
    stolen = two.post(press=token)
    assert stolen.status_code == 409
    assert stolen.json()["error"]["code"] == "unknown_button"
    assert one.post(press=token).status_code == 202


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "half": b'{"client_msg_id": "12345678", "text": "hel',
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "a string": b'"hello"',
    "not UTF-8": b'{"client_msg_id": "12345678", "text": "\xff\xfe"}',
    "UTF-16": '{"client_msg_id": "12345678", "text": "hello"}'.encode("utf-16"),
    "deep lists": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a huge number": b'{"client_msg_id": "12345678", "text": ' + b"9" * 5000 + b"}",
    "NaN": b'{"client_msg_id": "12345678", "text": NaN}',
    "an unknown field": b'{"client_msg_id": "12345678", "text": "hi", "admin": true}',
    "a payload": b'{"client_msg_id": "12345678", "text": "hi", "intent": "cancel_order"}',
    "no id": b'{"text": "hi"}',
    "a short id": b'{"client_msg_id": "1", "text": "hi"}',
    "a long id": b'{"client_msg_id": "' + b"1" * 65 + b'", "text": "hi"}',
    "an odd id": b'{"client_msg_id": "1234567/../", "text": "hi"}',
    "an id of another type": b'{"client_msg_id": 12345678, "text": "hi"}',
    "neither text nor press": b'{"client_msg_id": "12345678"}',
    "both": b'{"client_msg_id": "12345678", "text": "hi", "press": "abc"}',
    "text of another type": b'{"client_msg_id": "12345678", "text": {"a": 1}}',
    "text null": b'{"client_msg_id": "12345678", "text": null}',
    "a list of texts": b'{"client_msg_id": "12345678", "text": ["a"]}',
    "blank": b'{"client_msg_id": "12345678", "text": " \\n\\t "}',
    "invisible": '{"client_msg_id": "12345678", "text": "\u200b\u200d\ufeff"}'.encode(),
    "NUL only": b'{"client_msg_id": "12345678", "text": "\\u0000"}',
    "a lone surrogate only": b'{"client_msg_id": "12345678", "text": "\\ud800"}',
    "a button that is no token": b'{"client_msg_id": "12345678", "press": "a b"}',
    "a button of another type": b'{"client_msg_id": "12345678", "press": 1}',
    "a language of another type": b'{"client_msg_id": "12345678", "text": "hi", "language": 1}',
}


def test_a_bad_body_is_refused_and_says_why(server: Server) -> None:
    visitor = server.visitor()
    for name, body in BODIES.items():
        response = visitor.client.post("/chat/v1/messages", content=body)
        assert response.status_code == 400, (name, response.text)
        assert response.json()["error"]["message"]
    assert visitor.messages() == []


def test_a_text_that_is_too_long_is_refused(server: Server) -> None:
    visitor = server.visitor()
    for size in (4001, 70_000, 1_000_000, 3_000_000):
        response = visitor.post(text="a" * size)
        assert response.status_code == 413, size
        assert response.json()["error"]["code"] == "too_large"
    assert visitor.messages() == []


def test_the_longest_text_and_odd_characters_are_answered(server: Server) -> None:
    visitor = server.visitor()
    for text in (
        "a" * 4000,
        "where\0 is my order\ud83d",
        "\u202eredro ym si erehw",
        "\x1b[31mhi",
        "😡" * 4000,  # last: it may well call a person
    ):
        body = json.dumps({"client_msg_id": uuid4().hex, "text": text})  # escapes what UTF-8 can't hold
        response = visitor.client.post("/chat/v1/messages", content=body)
        assert response.status_code == 202, response.text
        assert visitor.answers(response.json()["seq"])


def test_a_bad_place_in_the_transcript_is_refused(server: Server) -> None:
    visitor = server.visitor()
    for after in ("-1", "x", "1e3", "99999999999", "1;2", "١", "0x10", " "):
        response = visitor.client.get("/chat/v1/messages", params={"after": after})
        assert response.status_code == 400, after


def test_paths_do_not_leave_their_folder(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.settimeout(10)
        for path in (
            "chat/../shop.yml",
            "chat/%2e%2e%2fshop.yml",
            "demo/..%5c..%5cshop.yml",
            "chat//etc/passwd",
        ):
            one.sendall(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = one.recv(65536)
            assert head.startswith(b"HTTP/1.1 404"), head[:80]
            assert b"root:" not in head
            assert b"Linden" not in head


# --- many and slow ---


async def test_a_thousand_connections_at_once(server: Server) -> None:
    async def one() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            await gate.wait()
            writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return await asyncio.wait_for(reader.read(), 60)
        finally:
            await hang_up(writer)

    gate = asyncio.Event()
    tasks = [asyncio.create_task(one()) for _ in range(CONNECTIONS)]
    await asyncio.sleep(0.5)
    gate.set()
    answers = await asyncio.gather(*tasks)
    assert sum(answer.startswith(b"HTTP/1.1 200") for answer in answers) == CONNECTIONS


async def test_a_burst_of_messages_loses_none(server: Server) -> None:
    visitors = [server.visitor() for _ in range(10)]
    expected = []
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        work = []
        for visitor in visitors:
            for n in range(10):
                body = {"client_msg_id": uuid4().hex, "text": f"hello number {n}"}
                headers = {"Authorization": f"Bearer {visitor.token}"}
                work.append(client.post("/chat/v1/messages", json=body, headers=headers))
                expected.append(visitor)
        responses = await asyncio.gather(*work)
    assert {response.status_code for response in responses} == {202}
    for visitor in visitors:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            shown = visitor.messages()
            asked = {message["seq"] for message in shown if message["author"] == "customer"}
            answered = {message.get("reply_to") for message in shown if message["author"] == "bot"}
            if len(asked) == 10 and asked == answered:
                break
            assert time.monotonic() < deadline, (asked, answered)
            await asyncio.sleep(0.05)
        assert [message["seq"] for message in shown] == list(range(1, len(shown) + 1))


def test_slow_clients_do_not_hold_up_others(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for one in slow:
        one.sendall(b"POST /chat/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{")
    try:
        started = time.monotonic()
        assert server.visitor().ask("hello")
        assert time.monotonic() - started < 10
        for one in slow:
            one.sendall(b" ")
    finally:
        for one in slow:
            one.close()


def test_clients_that_hang_up_do_no_harm(server: Server) -> None:
    visitor = server.visitor()
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            head = f"GET /chat/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.token}\r\n\r\n"
            one.sendall(head.encode())
            one.recv(10)
    assert visitor.ask("hello")


NO_HTTP = [
    b"\x00\x01\x02\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /chat/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /chat/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /chat/v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
]


def test_bytes_that_are_no_http_are_refused(server: Server) -> None:
    for request in NO_HTTP:
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            one.settimeout(1)
            one.sendall(request)
            try:
                answer = one.recv(65536)
            except (TimeoutError, ConnectionResetError):
                answer = b""  # it may wait for more, or hang up
            assert not answer.startswith(b"HTTP/1.1 2"), request[:60]
            assert b"Traceback" not in answer


# --- operations ---


def test_health(server: Server) -> None:
    with server.client() as client:
        assert client.get("/health/live").json() == {"status": "live"}
        well = {"status": "ready", "parked": 0, "refused": [], "spooled": 0, "set_aside": 0}
        assert client.get("/health/ready").json() == well


def test_ready_names_what_a_provider_refuses(server: Server) -> None:
    with server.database.write() as connection:
        at = datetime.now(UTC)
        channel_faults.note(connection, "sms", "+37060000000", Fault.SENDER, "Twilio error 21606", at)
    try:
        with server.client() as client:
            told = client.get("/health/ready")
        assert told.status_code == 200, "the other channels are served"
        assert told.json()["refused"] == [{"channel": "sms", "fault": "sender"}]
    finally:
        with server.database.write() as connection:
            channel_faults.clear(connection, "sms")


def test_a_server_whose_database_was_upgraded_by_a_newer_one_is_not_ready(server: Server) -> None:
    move = "UPDATE alembic_version SET version_num = ?"
    with server.database.write() as connection:
        head = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        connection.exec_driver_sql(move, ("9999_later",))
    try:
        with server.client() as client:
            response = client.get("/health/ready")
    finally:
        with server.database.write() as connection:
            connection.exec_driver_sql(move, (head,))
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (503, "wrong_schema")
    assert "this program is older" in error["message"]


def test_metrics_are_prometheus_text_without_personal_data(server: Server) -> None:
    visitor = server.visitor()
    visitor.ask(f"where is {server.facts['orders']['shipped']}, {server.facts['email']}")
    with server.client() as client:
        response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(response.text)}
    for name in ("messages_in", "messages_out", "turn_seconds", "turn_failures", "queue_depth"):
        assert families[f"aftercare_{name}"].samples
    labels = {
        value for family in families.values() for one in family.samples for value in one.labels.values()
    }
    assert not any("@" in value or re.search(r"\d{5}", value) for value in labels)
    assert server.facts["email"] not in response.text


def test_a_request_id_joins_answer_log_transcript_and_outbox(server: Server) -> None:
    visitor = server.visitor()
    given = f"test-{uuid4().hex[:20]}"
    body = {"client_msg_id": uuid4().hex, "text": "hello"}
    response = visitor.client.post("/chat/v1/messages", json=body, headers={"X-Request-ID": given})
    assert response.headers["x-request-id"] == given
    visitor.answers(response.json()["seq"])
    with server.database.read() as connection:
        rows = connection.execute(select(messages.c.author).where(messages.c.request_id == given)).all()
        sent = connection.execute(select(func.count()).where(outbox.c.request_id == given)).scalar_one()
    assert [row.author for row in rows] == ["customer", "bot"]
    assert sent == 1
    lines = [json.loads(line) for line in server.log().splitlines() if given in line]
    assert [line["event"] for line in lines if line["request_id"] == given] == ["turn"]


def test_a_request_id_that_is_not_one_is_replaced(server: Server) -> None:
    with server.client() as client:
        seen = set()
        for bad in ("", "x", "a b c d e f g h", "x" * 200, "<script>alert(1)</script>", "é"):
            response = client.get("/health/live", headers={b"X-Request-ID": bad.encode()})
            seen.add(response.headers["x-request-id"])
            assert re.fullmatch(r"[0-9a-f]{32}", response.headers["x-request-id"])
        assert len(seen) == 6


def test_the_log_holds_no_text_contact_or_token(server: Server) -> None:
    visitor = server.visitor()
    marker = f"marker{uuid4().hex}"
    number = server.facts["orders"]["processing"]
    email, phone = server.facts["email"], server.facts["phone"]
    for text in (
        f"where is {number}, {marker}@example.com",
        f"where is {number}, {email}",
        f"{number} {phone}",
        f"my name is {marker}, +370 600 12345",
        "change the address",
        f"{marker} Street 5, 10115 Berlin",
        "yes",
        "talk to a person",
    ):
        visitor.ask(text)
    visitor.client.post("/chat/v1/messages", content=f'{{"text": "{marker}'.encode())
    visitor.client.get(f"/chat/v1/messages?after={marker}")
    visitor.client.get("/chat/v1/messages", headers={"Authorization": f"Bearer {marker}"})
    log = server.log()
    for secret in (marker, email, phone, phone[-7:], "60012345", visitor.token, SECRET, "Emma", "Berlin"):
        assert secret not in log
    for line in log.splitlines():
        if line.startswith("{"):
            assert {"event", "level", "timestamp"} <= set(json.loads(line))


def _metric(server: Server, name: str) -> float:
    with server.client() as client:
        text = client.get("/metrics").text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    )
