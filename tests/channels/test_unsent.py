"""A provider that can't even be reached has taken nothing, wherever the way there breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.process import free_port
from channels.contract import Channel, Outbound, SendError
from channels.messenger.channel import MessengerChannel
from channels.meta import graph as messenger_api
from channels.meta.config import PageConfig
from channels.sms import api as sms_api
from channels.sms.channel import SmsChannel
from channels.sms.config import SmsConfig
from channels.splitting import Part
from channels.telegram import api as telegram_api
from channels.telegram.channel import Telegram
from channels.telegram.config import TelegramConfig
from tests.fakes.gateway import FakeGateway

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


def sms(url: str) -> Channel:
    return SmsChannel(SmsConfig("AC1", "token", "+37060000000", "http://127.0.0.1:9", api_url=url))


def messenger(url: str) -> Channel:
    return MessengerChannel(PageConfig("1", "token", b"secret", b"verify", graph_url=url))


def telegram(url: str) -> Channel:
    return Telegram(TelegramConfig(TOKEN, "s" * 20, url, "https://shop.example/channels/telegram"))


@asynccontextmanager
async def listening(says: bytes) -> AsyncIterator[int]:
    """A server that speaks no TLS: it says something else, or nothing."""

    over = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        if not says:
            await over.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
        await asyncio.sleep(0)


@pytest.fixture(params=["refused", "no such name", "no TLS", "silent"])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    match request.param:
        case "refused":
            yield f"https://127.0.0.1:{free_port()}"
        case "no such name":
            yield "https://nobody.invalid"
        case "no TLS":
            async with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
                yield f"https://127.0.0.1:{port}"
        case _:
            async with listening(b"") as port:
                yield f"https://127.0.0.1:{port}"


@pytest.mark.parametrize("make", [sms, messenger, telegram])
async def test_what_never_left_is_tried_again(
    make: type[Channel], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for api in (sms_api, messenger_api, telegram_api):
        monkeypatch.setattr(api, "CONNECT_SECONDS", 0.3)
    channel = make(url)  # type: ignore[call-arg]
    await channel.start(FakeGateway())
    try:
        with pytest.raises(SendError) as refused:
            await channel.send(Outbound(1, 1, channel.account, "42", "bot", "hello"), Part("hello"))
    finally:
        await channel.stop()
    assert not refused.value.unknown, refused.value.reason
    assert not refused.value.permanent


def test_the_way_there_takes_less_time_than_a_request() -> None:
    """Else the request's time runs out on the way, and it looks as if it had left."""
    whole = {sms_api: sms_api.SEND_SECONDS, messenger_api: messenger_api.SEND_SECONDS}
    for api, seconds in {**whole, telegram_api: telegram_api.CALL_SECONDS}.items():
        assert seconds > 3 * api.CONNECT_SECONDS, api.__name__
