"""A channel and its provider, in memory."""

from collections.abc import Awaitable, Callable
from typing import Literal

from sanic import Blueprint

from channels.contract import Attachment, FetchError, Gateway, Outbound
from channels.splitting import Capabilities, Pace, Part

FAST = Pace(1e6, 1e6)


class FakeChannel:
    """Satisfies `channels.contract.Channel`. Takes messages into `got`; `answers` says by text what happens
    instead, each time one. `files` are fetched one after the other, whatever they are called."""

    name = "push"
    account = "shop"
    capabilities = Capabilities(text=40, buttons=3, account_pace=FAST, address_pace=FAST)

    def __init__(self, *files: bytes | Exception) -> None:
        self.got: list[tuple[Outbound, Part]] = []
        self.tries: list[str] = []
        self.answers: dict[str, list[Callable[[], Awaitable[None]] | Exception]] = {}
        self.files = list(files)

    def blueprint(self, gateway: Gateway) -> Blueprint | None:
        return None

    async def start(self, gateway: Gateway) -> None:
        """There is nothing to open."""

    async def stop(self) -> None:
        """Nor to close."""

    async def send(self, message: Outbound, part: Part) -> str | None:
        self.tries.append(part.text)
        answer = self.answers.get(part.text, [])
        if answer:
            one = answer.pop(0)
            if isinstance(one, Exception):
                raise one
            await one()
        self.got.append((message, part))
        return f"id-{part.text}"

    async def signal(self, address: str, what: Literal["seen", "typing"]) -> None:
        """Nobody looks."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        file = self.files.pop(0)
        if isinstance(file, Exception):
            raise file
        if len(file) > limit:
            raise FetchError("the file is too large", refused=True)
        return file

    @property
    def texts(self) -> list[str]:
        return [part.text for _, part in self.got]
