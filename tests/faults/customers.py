"""Customers of the web chat who do what the widget does: one id a message, sent again until it is taken."""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

REQUEST_SECONDS = 10.0
PAGE = 200  # messages that one replay returns at most


class Refused(Exception):
    """The server refused what a customer may ask: a fault of its own."""


@dataclass
class Tally:
    """What all customers together saw on the way."""

    accepted: int = 0
    lost_connections: int = 0  # with a request under way
    already_known: int = 0  # sent again after a lost connection, and stored before


class Moments:
    """Tells whoever waits that a message is on its way to the server, or was just accepted."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[None]]] = {"sent": [], "accepted": []}

    def tell(self, moment: str) -> None:
        for future in self._waiting[moment]:
            if not future.done():
                future.set_result(None)
        self._waiting[moment].clear()

    async def next(self, moment: str) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting[moment].append(future)
        await future


class Customer:
    """Writes message after message; `live` customers keep an event stream open, the others ask.

    `url` gives a server's address, a fresh one for each try: a load balancer that knows nothing.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: Callable[[], str],
        texts: Sequence[str],
        dice: random.Random,
        moments: Moments,
        tally: Tally,
        *,
        live: bool,
    ) -> None:
        self._client = client
        self._url = url
        self._texts = texts
        self._dice = dice
        self._moments = moments
        self._tally = tally
        self._live = live
        self._token = ""
        self._answered: set[int] = set()
        self._news = asyncio.Event()
        self.accepted: dict[str, tuple[int, str]] = {}  # client_msg_id: seq and text
        self.seen: list[int] = []  # numbers of messages, in the order in which the server told them

    @property
    def visitor(self) -> str:
        return str(jwt.decode(self._token, options={"verify_signature": False})["sub"])

    async def write(self, stop: asyncio.Event) -> None:
        """Writes until `stop`; what was begun is brought to its end. Raises `Refused`."""
        session = await self._ask("POST", "/chat/v1/sessions", 201)
        self._token = session["token"]
        number = self._dice.randrange(len(self._texts))
        reader = asyncio.create_task(self._listen()) if self._live else None
        try:
            while not stop.is_set():
                await self._say(self._texts[number % len(self._texts)])
                number += 1
        finally:
            if reader:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    async def catch_up(self) -> None:
        """Reads what is new from the transcript."""
        while await self._fetch() == PAGE:
            pass

    async def transcript(self) -> list[dict[str, Any]]:
        """The whole conversation, as the public API tells it."""
        messages: list[dict[str, Any]] = []
        while True:
            page = await self._replay(messages[-1]["seq"] if messages else 0)
            messages += page
            if len(page) < PAGE:
                return messages

    async def _say(self, text: str) -> None:
        client_msg_id = f"{self._dice.getrandbits(128):032x}"
        body = {"client_msg_id": client_msg_id, "text": text}
        taken = await self._ask("POST", "/chat/v1/messages", 202, body)
        self.accepted[client_msg_id] = (taken["seq"], text)
        self._tally.accepted += 1
        self._tally.already_known += taken["duplicate"]
        self._moments.tell("accepted")
        # Some wait for the answer, some lose patience and write on.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._dice.uniform(0.05, 4)):
                await self._answer(taken["seq"])
                await asyncio.sleep(self._dice.uniform(0, 0.4))

    async def _answer(self, seq: int) -> None:
        while seq not in self._answered:
            if self._live:
                self._news.clear()
                await self._news.wait()
            else:
                await self._fetch()
                await asyncio.sleep(0.1)

    async def _fetch(self) -> int:
        page = await self._replay(self.seen[-1] if self.seen else 0)
        for message in page:
            self._see(message)
        return len(page)

    async def _replay(self, after: int) -> list[dict[str, Any]]:
        found = await self._ask("GET", f"/chat/v1/messages?after={after}", 200)
        messages: list[dict[str, Any]] = found["messages"]
        return messages

    async def _listen(self) -> None:
        while True:
            headers = {**self._headers(), "Last-Event-ID": str(self.seen[-1] if self.seen else 0)}
            with suppress(httpx.TransportError):
                async with self._client.stream("GET", f"{self._url()}/chat/v1/events", headers=headers) as r:
                    kind = ""
                    async for line in r.aiter_lines():
                        if line.startswith("event: "):
                            kind = line.removeprefix("event: ")
                        elif line.startswith("data: ") and kind == "message":
                            self._see(json.loads(line.removeprefix("data: ")))
            await asyncio.sleep(self._dice.uniform(0.1, 0.5))

    def _see(self, message: dict[str, Any]) -> None:
        self.seen.append(message["seq"])
        if message["author"] == "bot":
            self._answered.add(message["reply_to"])
        self._news.set()

    async def _ask(self, method: str, path: str, status: int, body: Any = None) -> Any:
        """Asks until a server answers: a connection lost in the middle is no answer."""
        pause = 0.1
        while True:
            # httpx has no word for "the request is on its way": the loop's next round is near enough.
            if path == "/chat/v1/messages" and method == "POST":
                asyncio.get_running_loop().call_soon(self._moments.tell, "sent")
            try:
                answer = await self._client.request(
                    method, self._url() + path, json=body, headers=self._headers()
                )
            except httpx.TransportError as error:
                # A server that is away was not talked to: nothing was under way.
                self._tally.lost_connections += not isinstance(error, httpx.ConnectError)
                await asyncio.sleep(self._dice.uniform(pause / 2, pause))
                pause = min(1.0, pause * 2)
                continue
            if answer.status_code == status:
                return answer.json()
            if answer.status_code == 503:
                await asyncio.sleep(0.2)
                continue
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:200]}")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}
