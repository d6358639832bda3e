"""Small requests that cost much: what unpacks to gigabytes, readers and writers who take for ever."""

import asyncio
import gzip
import resource
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw, text

from bot.mirror.chatwoot.account import ChatwootConfig
from bot.mirror.chatwoot.client import Chatwoot
from bot.mirror.external import ExternalError
from bot.runtime.files import MAX_BYTES, Files
from bot.web import file_routes
from channels.contract import MAX_TEXT, MOST_REPLAYED, FetchError, SendError
from channels.meta.config import PageConfig
from channels.meta.graph import Graph
from channels.sms.api import Twilio
from channels.sms.config import SmsConfig
from channels.splitting import Part
from channels.telegram.api import TelegramApi
from channels.telegram.config import TelegramConfig
from channels.web import visitor
from channels.web.channel import blueprint
from channels.web.config import WebConfig
from store.conversations import attachments, conversations, transcript
from store.core.database import Database
from store.tables import attachments as table
from store.vocabulary import Author
from tests.fakes.gateway import FakeGateway
from tests.faults import THOROUGH
from tests.paths import ROOT
from tests.serving import hang_up, port, serving, url

MEGABYTE = 1024 * 1024
UNPACKED = (1024 if THOROUGH else 64) * MEGABYTE
READERS = 200 if THOROUGH else 40
ROOM = 24 * MEGABYTE  # what may be held at most meanwhile: less than any of the attacks wants


class Held:
    """The most memory that Python held since the beginning, in bytes."""

    def __enter__(self) -> "Held":
        tracemalloc.start()
        return self

    @property
    def most(self) -> int:
        return tracemalloc.get_traced_memory()[1]

    def __exit__(self, *_: object) -> None:
        tracemalloc.stop()


# --- what unpacks --------------------------------------------------------------------------------


def packed(times: int) -> bytes:
    """Zeros, packed so many times: a kilobyte or two for a gigabyte, if twice."""
    packer = zlib.compressobj(wbits=31)
    zeros = b"\0" * MEGABYTE
    bomb = b"".join(packer.compress(zeros) for _ in range(UNPACKED // MEGABYTE)) + packer.flush()
    for _ in range(times - 1):
        bomb = gzip.compress(bomb)
    return bomb


def provider(body: bytes, encoding: str) -> Blueprint:
    """Answers everything with a packed body."""
    routes = Blueprint("provider")

    async def answer(_request: Request, path: str) -> HTTPResponse:
        if path.endswith("/getFile"):
            file = {"file_id": "f", "file_unique_id": "f", "file_path": "photos/1.jpg"}
            return raw(
                httpx.Request("POST", "http://x", json={"ok": True, "result": file}).content,
                content_type="application/json",
            )
        return raw(body, headers={"Content-Encoding": encoding}, content_type="image/jpeg")

    routes.add_route(answer, "/<path:path>", methods=["GET", "POST"])
    return routes


BOMBS = [(1, "gzip"), (2, "gzip, gzip"), (2, "GZIP,gzip")]


@asynccontextmanager
async def bombed(times: int, encoding: str) -> AsyncIterator[str]:
    listening = port()
    async with serving(provider(packed(times), encoding), listening=listening):
        yield url(listening)


def messenger(there: str) -> Graph:
    return Graph(
        PageConfig(
            page_id="1",
            page_token="token",
            app_secret=b"secret",
            verify_token=b"verify",
            graph_url=there,
        )
    )


def sms(there: str) -> Twilio:
    return Twilio(SmsConfig("AC1", "token", "+37061234567", "https://shop.example", api_url=there))


@pytest.mark.parametrize(("times", "encoding"), BOMBS)
async def test_media_that_unpacks_is_refused(times: int, encoding: str) -> None:
    async with bombed(times, encoding) as there:
        telegram = TelegramApi(TelegramConfig("1:a", "s" * 16, there, None))
        graph, twilio = messenger(there), sms(there)
        telegram.open()
        with Held() as held:
            for fetch in (
                graph.fetch(f"{there}/photo.jpg", MAX_BYTES),
                twilio.fetch(f"{there}/photo.jpg", MAX_BYTES),
                telegram.fetch("f", MAX_BYTES),
            ):
                with pytest.raises(FetchError) as refused:
                    await fetch
                assert refused.value.permanent
            assert held.most < ROOM
        await telegram.close()
        await graph.close()
        await twilio.close()


@pytest.mark.parametrize(("times", "encoding"), BOMBS)
async def test_an_answer_that_unpacks_is_refused(times: int, encoding: str) -> None:
    """Whether the message was taken isn't known then."""
    async with bombed(times, encoding) as there:
        telegram = TelegramApi(TelegramConfig("1:a", "s" * 16, there, None))
        graph, twilio = messenger(there), sms(there)
        chatwoot = Chatwoot(
            ChatwootConfig(url=there, account_id=1, inbox_id=1, token="t", webhook_secret="w" * 24)
        )
        telegram.open()
        await chatwoot.start()
        with Held() as held:
            for send in (
                graph.post({"recipient": {"id": "1"}}),
                twilio.send("+37061234567", "+37061234568", "hello"),
                telegram.send("1", Part("hello")),
            ):
                with pytest.raises(SendError) as refused:
                    await send
                assert refused.value.unknown
            with pytest.raises(ExternalError):
                await chatwoot.inbox()
            assert held.most < ROOM
        await telegram.close()
        await graph.close()
        await twilio.close()
        await chatwoot.stop()


async def test_an_answer_without_an_end_is_cut() -> None:
    routes = Blueprint("endless")

    @routes.get("/<path:path>")
    async def answer(request: Request, path: str) -> None:
        response = await request.respond(content_type="application/json")
        for _ in range(UNPACKED // MEGABYTE):
            await response.send(b" " * MEGABYTE)

    listening = port()
    async with serving(routes, listening=listening):
        graph = messenger(url(listening))
        with Held() as held:
            with pytest.raises(httpx.HTTPError):
                await graph.get("me")
            assert held.most < ROOM
        await graph.close()


# --- who reads slowly ----------------------------------------------------------------------------


async def test_a_file_read_slowly_by_many_takes_no_memory(tmp_path: Path, migrated_file: Path) -> None:
    (tmp_path / "a.db").write_bytes(migrated_file.read_bytes())
    database, files = Database(f"sqlite:///{tmp_path}/a.db"), Files(tmp_path / "files", b"s" * 32)
    content = b"%PDF-1.7\n" + b"x" * (10 * MEGABYTE) + b"\n%%EOF\n"
    stored = files.save(content)

    now = datetime.now(UTC)
    with database.write() as connection:
        talk = conversations.open_for(connection, "push", "shop", "anna")
        seq = transcript.append(connection, talk.id, Author.CUSTOMER, "", now).seq
        row = {"kind": "file", "reference": "r", "name": "a.pdf", "media_type": "", "size": None}
        attachments.add(connection, talk.id, seq, [{**row, "state": "waiting"}], now)
        (one,) = attachments.of_conversation(connection, talk.id, 0)
        kept = {"file": stored.file, "media_type": stored.media_type, "size": stored.size}
        connection.execute(table.update().values(state="stored", **kept))
    link = files.link(one.id)

    listening = port()
    async with serving(file_routes.blueprint(database, files), listening=listening) as client:
        whole = await client.get(link)
        assert whole.status_code == 200 and whole.content == content
        assert whole.headers["content-length"] == str(len(content))
        with Held() as held:
            answers = await slow_readers(listening, link, READERS)
            assert held.most < ROOM
        assert answers.count(b"HTTP/1.1 200") == file_routes.OF_FILE
        assert answers.count(b"HTTP/1.1 429") == READERS - file_routes.OF_FILE
        # They are gone, and their places are free again.
        async with asyncio.timeout(30):
            while (await client.get(link)).status_code != 200:
                await asyncio.sleep(0.05)
    database.close()


@pytest.mark.parametrize("path", ["/chat/v1/messages", "/chat/v1/events"])
async def test_a_long_transcript_read_slowly_by_many_takes_no_memory(path: str) -> None:
    gateway = LongTalk()
    config = WebConfig(secret=SECRET, web_root=ROOT / "web", public=PUBLIC)
    listening = port()
    async with serving(blueprint(gateway, config), listening=listening) as client:
        token = (await client.post("/chat/v1/sessions")).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        whole = (await client.get("/chat/v1/messages", headers=headers)).json()["messages"]
        assert [one["seq"] for one in whole] == list(range(1, 201))
        with Held() as held:
            readers = [
                await slow_readers(listening, path, 10, f"Authorization: Bearer {visitor.issue(SECRET)}\r\n")
                for _ in range(READERS // 10)
            ]
            assert held.most < ROOM
        assert {head for heads in readers for head in heads} == {b"HTTP/1.1 200"}


class LongTalk(FakeGateway):
    """Everybody has written hundreds of the longest messages; each is made when it is read."""

    async def replay(
        self, channel: str, account: str, address: str, after: int, limit: int = MOST_REPLAYED
    ) -> list[dict[str, Any]]:
        last = min(after + limit, 5 * MOST_REPLAYED)
        return [{"seq": seq, "text": chr(0x4E00 + seq % 99) * MAX_TEXT} for seq in range(after + 1, last + 1)]


SECRET = b"0123456789abcdef" * 2
PUBLIC: dict[str, Any] = {
    "name": "Linden",
    "colour": "#2f5d50",
    "languages": ["en"],
    "default_language": "en",
    "texts": {"en": {}},
}


async def slow_readers(listening: socket.socket, path: str, number: int, headers: str = "") -> list[bytes]:
    """The first bytes of the answers to requests whose clients then read no more for a while."""
    sockets = []
    for _ in range(number):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(one, listening.getsockname())
        await loop.sock_sendall(one, f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        sockets.append(one)
    heads = [await asyncio.get_running_loop().sock_recv(one, 12) for one in sockets]
    await asyncio.sleep(1)
    for one in sockets:
        one.close()
    return heads


# --- who writes slowly ---------------------------------------------------------------------------


HEAD = b"POST /here HTTP/1.1\r\nHost: x\r\n"
DRIPS = {
    "a header": b"POST /here HTTP/1.1\r\nHost: ",
    "a body": HEAD + b"Content-Length: 100000\r\n\r\n",
    "a body in chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    "the rest of a refused one": HEAD + b"Content-Length: 100000\r\nX-Refuse: 1\r\n\r\n",
    "the body of a form": HEAD.replace(b"/here", b"/stream") + b"Content-Length: 100000\r\n\r\n",
}


@pytest.mark.parametrize("kind", DRIPS)
async def test_a_request_that_comes_a_byte_at_a_time_is_cut(kind: str) -> None:
    async with serving(listener(), **PATIENCE) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(DRIPS[kind])
        drip = b"1\r\nx\r\n" if "chunks" in kind else b"x"
        ended = False
        for _ in range(150 if THOROUGH else 60):
            try:
                writer.write(drip)
                await writer.drain()
                async with asyncio.timeout(0.1):
                    ended = not await reader.read(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
            if ended:
                break
        assert ended
        await hang_up(writer)


async def test_a_large_body_on_a_slow_line_still_arrives() -> None:
    async with serving(listener(), **PATIENCE) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(HEAD + b"Content-Length: 100000\r\nConnection: close\r\n\r\n")
        for _ in range(50):
            writer.write(b"x" * 2000)
            await writer.drain()
            await asyncio.sleep(0.05)
        assert (await reader.read()).endswith(b"100000")
        await hang_up(writer)


PATIENCE: dict[str, Any] = {"REQUEST_TIMEOUT": 0.5, "RESPONSE_TIMEOUT": 1.5, "KEEP_ALIVE_TIMEOUT": 1.5}


def listener() -> Blueprint:
    routes = Blueprint("listener")

    @routes.post("/here")
    async def hear(request: Request) -> HTTPResponse:
        return text(str(len(request.body)))

    @routes.post("/stream", stream=True)
    async def refuse(_request: Request) -> HTTPResponse:
        return text("sign in first", 401)

    return routes


def test_the_bombs_are_bombs() -> None:
    assert len(packed(1)) < UNPACKED / 500 and len(packed(2)) < UNPACKED / 50_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 1024 * 1024  # kB
