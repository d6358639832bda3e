"""Calls outside reach no address inside, whatever a name stands for."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.runtime.http.outside import Blocked, Outside, may_be_called
from tests.runtime.smtp_server import certificate
from tests.serving import hang_up

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fc00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:0a00:0001::1",
]
NEVER = [
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]
OUTSIDE = ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"]


def test_which_addresses_may_be_called() -> None:
    for address in INSIDE:
        assert not may_be_called(address, internal=False), address
        assert may_be_called(address, internal=True), address
    for address in NEVER:
        assert not may_be_called(address, internal=False), address
        assert not may_be_called(address, internal=True), address
    for address in OUTSIDE:
        assert may_be_called(address, internal=False), address


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0"])
async def test_nothing_inside_is_called(host: str) -> None:
    came: list[Any] = []
    server = await asyncio.start_server(lambda *one: came.append(one), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outside = Outside(f"http://{host}:{port}/", internal=False)
    with pytest.raises((Blocked, OSError, httpx.HTTPError)) as raised:
        await outside.post(b"{}", {})
    assert not came and not isinstance(raised.value, httpx.HTTPError)
    await outside.close()
    server.close()
    await server.wait_closed()


async def test_the_address_that_was_looked_at_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that stands for an address outside when it is looked at, and for one inside right after."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, port: int, *args: Any, **more: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if len(asked) > 1 else "127.0.0.2", port, *args, **more)

    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await hang_up(writer)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    server = await asyncio.start_server(serve, "127.0.0.2", 0)
    port = server.sockets[0].getsockname()[1]
    asked.clear()
    outside = Outside(f"http://rebinds.example:{port}/hook", internal=True)
    answer = await outside.post(b"{}", {"X-A": "1"})
    # Asked once: by the time it stood for another address, nobody asked.
    assert (answer.status_code, asked.count("rebinds.example")) == (204, 1)
    assert f"Host: rebinds.example:{port}".encode() in heads[0]
    await outside.close()
    server.close()
    await server.wait_closed()


async def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await hang_up(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    def both(host: str, *_: Any, **__: Any) -> Any:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, port)) for address in ("169.254.1.1", "127.0.0.3", "127.0.0.1")]

    outside = Outside(f"http://two.example:{port}/", internal=True)
    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert (await outside.post(b"{}", {})).status_code == 200
    await outside.close()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("host", ["shop.test", "other.example"])
async def test_a_certificate_is_the_names_and_not_the_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    server_side, _ = certificate(tmp_path)
    (pem,) = tmp_path.glob("*.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await hang_up(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(*kind, ("127.0.0.1", port))])
    outside = Outside(f"https://{host}:{port}/", internal=True)
    if host == "shop.test":
        assert (await outside.post(b"{}", {})).status_code == 200
    else:
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await outside.post(b"{}", {})
    assert len(came) == (host == "shop.test")
    await outside.close()
    server.close()
    await server.wait_closed()
