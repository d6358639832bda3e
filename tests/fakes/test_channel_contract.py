"""What the sender and the fetcher rely on: the fake channel, and the real ones with fake providers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.fake_sms import FakeTwilio
from bot.simulator.fake_telegram import TelegramProvider
from bot.simulator.provider import Provider
from channels import registry
from channels.contract import Attachment, AttachmentKind, Channel, FetchError, Inbound, Outbound, SendError
from channels.splitting import Button, Capabilities, Part, cut
from tests.fakes.channel import FakeChannel
from tests.fakes.gateway import FakeGateway
from tests.serving import port, serving, url

WAIT = 20.0  # seconds; a bound for a loaded machine, not a duration
FAKE: type[Channel] = FakeChannel
REAL: dict[str, tuple[Callable[[], Provider], str]] = {
    "messenger": (FakeMessenger, "7001"),
    "sms": (FakeTwilio, "+37060000001"),
    "telegram": (TelegramProvider, "5001"),
}


@dataclass
class Line:
    """A started channel and a customer, who has written. `shown`: what is on the customer's screen from us;
    `attach`: the customer sends a file; `trouble`: the provider refuses the next part for the moment."""

    channel: Channel
    address: str
    shown: Callable[[], list[str]]
    attach: Callable[[bytes], Awaitable[Attachment]]
    trouble: Callable[[str], None]

    async def send(self, text: str, *titles: str) -> list[str | None]:
        """A message, cut as the sender does it; the parts' ids."""
        buttons = tuple(Button(f"token{number}", title) for number, title in enumerate(titles))
        message = Outbound(1, 1, self.channel.account, self.address, "bot", text, buttons)
        return [await self.channel.send(message, part) for part in self.parts(text, *titles)]

    def parts(self, text: str, *titles: str) -> list[Part]:
        buttons = tuple(Button(f"token{number}", title) for number, title in enumerate(titles))
        return cut(text, buttons, self.channel.capabilities)


@asynccontextmanager
async def faked() -> AsyncIterator[Line]:
    channel = FakeChannel()

    async def attach(content: bytes) -> Attachment:
        channel.files.append(content)
        return Attachment(AttachmentKind.IMAGE, "file")

    def trouble(text: str) -> None:
        channel.answers[text] = [SendError("busy")]

    await channel.start(FakeGateway())
    yield Line(channel, "anna", lambda: channel.texts, attach, trouble)
    await channel.stop()


@asynccontextmanager
async def real(name: str) -> AsyncIterator[Line]:
    make, address = REAL[name]
    provider, gateway = make(), FakeGateway()
    theirs, ours = port(), port()
    channel = registry.setup(name).load(provider.environment(url(theirs), url(ours)), url(ours))
    assert channel
    routes = channel.blueprint(gateway)
    assert routes

    async def attach(content: bytes) -> Attachment:
        assert await provider.attach(address, "photo.png", "image/png", content) < 300
        taken = gateway.events[-1]
        assert isinstance(taken, Inbound)
        return taken.attachments[0]

    def shown() -> list[str]:
        return [one.text for one in provider.thread(address).bubbles if one.author == "shop"]

    async with serving(provider.blueprint(), listening=theirs), serving(routes, listening=ours):
        await channel.start(gateway)
        if isinstance(provider, TelegramProvider):
            async with asyncio.timeout(WAIT):
                while not provider.delivery.url:  # the webhook is set by a task
                    await asyncio.sleep(0.01)
        assert await provider.say(address, "hello") < 300
        yield Line(
            channel, address, shown, attach, lambda _text: provider.trouble.statuses.append((429, None))
        )
        await channel.stop()
        await provider.close()


@pytest.fixture(params=["fake", *REAL])
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    async with faked() if request.param == "fake" else real(request.param) as made:
        yield made


async def test_it_says_what_it_is(line: Line) -> None:
    assert line.channel.name and line.channel.account
    assert isinstance(line.channel.capabilities, Capabilities) and line.channel.capabilities.text > 0


async def test_each_part_gets_there_and_has_an_id_of_its_own(line: Line) -> None:
    text = " ".join(f"Sentence {number} of a long message." for number in range(60))
    ids = await line.send(text) + await line.send("which?", "Red", "Blue")
    assert all(isinstance(one, str) and one for one in ids) and len(set(ids)) == len(ids) > 1
    assert line.shown() == [part.text for part in [*line.parts(text), *line.parts("which?", "Red", "Blue")]]


async def test_what_is_refused_for_the_moment_may_be_sent_again(line: Line) -> None:
    line.trouble("hello")
    with pytest.raises(SendError) as caught:
        await line.send("hello")
    error = caught.value
    assert error.reason and not (error.permanent or error.unknown or error.unreachable)
    assert line.shown() == []
    assert await line.send("hello")
    assert line.shown() == ["hello"]


async def test_a_file_is_fetched_within_its_limit(line: Line) -> None:
    content = bytes(range(256)) * 4
    assert await line.channel.fetch(await line.attach(content), len(content)) == content
    with pytest.raises(FetchError) as caught:
        await line.channel.fetch(await line.attach(content), len(content) - 1)
    assert caught.value.permanent and caught.value.reason


async def test_a_signal_never_fails(line: Line) -> None:
    for _ in range(2):
        await line.channel.signal(line.address, "seen")
        await line.channel.signal(line.address, "typing")
        line.trouble("hello")
    assert line.shown() == []
