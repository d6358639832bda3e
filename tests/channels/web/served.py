"""The whole program with its web chat, and browsers of customers of a shop that signs its customers in."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt

from bot import compose
from bot.assistant.protocol import Assistant
from bot.compose import Program
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.web import app as web
from store.conversations import conversations, inbox, proofs, suppressions
from store.conversations.conversations import Conversation
from store.conversations.proofs import Identity
from store.core.database import Database
from store.vocabulary import Suppression
from tests.paths import ROOT
from tests.serving import serving_app

SECRET = "0123456789abcdef" * 3
IDENTITY_SECRET = "fedcba9876543210" * 3
WAIT = 30.0  # seconds; a bound for a loaded machine, not a duration


def vouch(
    subject: str | None = "customer-17",
    email: str | None = "anna@example.com",
    *,
    secret: str = IDENTITY_SECRET,
    age: int = 0,
    lives: int = 300,
    **more: Any,
) -> str:
    """A token of the shop's site, made `age` seconds ago; a claim that is None is left out."""
    now = int(time.time()) - age
    claims = {
        "aud": "aftercare",
        "sub": subject,
        "email": email,
        "iat": now,
        "exp": now + lives,
        "jti": uuid4().hex,
        **more,
    }
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, "HS256")


@dataclass
class Served:
    program: Program
    client: httpx.AsyncClient

    def browser(self) -> "Browser":
        return Browser(self)

    async def idle(self) -> None:
        """Until no message waits for its turn."""
        async with asyncio.timeout(WAIT):
            while (await self.program.database.fetch(inbox.backlog))[0]:
                await asyncio.sleep(0.01)


@dataclass
class Browser:
    """What a browser sends for the chat's page, and what it keeps of it: `token` opens a conversation, `note`
    is of the visit of a customer who is signed in to the shop."""

    shop: Served
    token: str | None = None
    note: str | None = None

    async def begin(self) -> "Browser":
        """Nobody is signed in: the browser's visitor, a new one if it has none."""
        if self.token is None:
            answer = await self.request("POST", "sessions", token=None)
            assert answer.status_code == 201
            self.token = answer.json()["token"]
        return self

    async def identify(self, given: str) -> httpx.Response:
        """The shop's page vouches for somebody."""
        answer = await self.request("POST", "identity", json={"token": given}, token=self.token or self.note)
        if answer.status_code == 201:
            self.token, self.note = answer.json()["token"], answer.json()["visit"]
        return answer

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        token = more.pop("token", self.token)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.shop.client.request(method, f"/chat/v1/{path}", headers=headers, **more)

    async def post(self, text: str = "", **more: Any) -> httpx.Response:
        words = more or {"text": text}
        return await self.request("POST", "messages", json={"client_msg_id": uuid4().hex, **words})

    async def said(self) -> list[dict[str, Any]]:
        answer = await self.request("GET", "messages")
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    async def ask(self, text: str = "", **more: Any) -> str:
        """Writes and waits; what the shop answers, one line for each message."""
        before = len(await self.said())
        answer = await self.post(text, **more)
        assert answer.status_code == 202, answer.text
        await self.shop.idle()
        return "\n".join(one["text"] for one in (await self.said())[before + 1 :])

    async def conversation(self) -> Conversation | None:
        assert self.token
        address = jwt.decode(self.token, options={"verify_signature": False})["sub"]
        return await self.shop.program.database.fetch(conversations.find, "web", "default", address)

    async def proven(self) -> Identity:
        one = await self.conversation()
        return await self.shop.program.database.fetch(proofs.identity, one.id if one else 0)

    async def suppressed(self) -> Suppression | None:
        one = await self.conversation()
        assert one
        return await self.shop.program.database.fetch(suppressions.reason, "web", one.address)


@cache
def _knowledge() -> Knowledge:
    return Knowledge.load(ROOT)


@asynccontextmanager
async def served(database: Database, core: Assistant, folder: Path) -> AsyncIterator[Served]:
    """The program on a free port, until the block ends."""
    settings = Settings.load(
        {
            "AFTERCARE_HOME": str(ROOT),
            "AFTERCARE_SECRET": SECRET,
            "AFTERCARE_IDENTITY_SECRET": IDENTITY_SECRET,
            "AFTERCARE_MAIL": str(folder / "mail"),
        }
    )
    own = Database(database.engine.url.render_as_string(hide_password=False))
    program = compose.program(replace(settings, files=folder / "files"), _knowledge(), core, own)
    async with serving_app(web.create(program)) as client:
        yield Served(program, client)
