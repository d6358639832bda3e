"""A customer of each system: opens a conversation, says something, waits for the answer."""

import asyncio
import contextlib
from time import perf_counter
from typing import Protocol
from uuid import uuid4

from bench.http import Connection, HTTPError


class NoAnswer(Exception):
    """The system took a message and gave no answer to it."""


class Customer(Protocol):
    async def open(self) -> None:
        """Begin a fresh conversation."""

    async def say(self, text: str) -> tuple[float, str]:
        """Send `text`; the seconds from there to the first answer, and the answer.

        Raises NoAnswer, HTTPError, OSError.
        """
        ...

    async def age(self, turns: int) -> bool:
        """Put `turns` more turns like those said so far into the conversation, unmeasured, if the system
        can do that faster than by saying them."""
        ...

    async def close(self) -> None:
        """End the conversation and let its connections go."""


class StockCustomer:
    """Rasa's REST channel: the answers come in the response."""

    def __init__(self, port: int) -> None:
        self._connection = Connection(port)
        self._sender = ""

    async def open(self) -> None:
        self._sender = uuid4().hex

    async def say(self, text: str) -> tuple[float, str]:
        start = perf_counter()
        answers = await self._connection.post(
            "/webhooks/rest/webhook", {"sender": self._sender, "message": text}
        )
        seconds = perf_counter() - start
        if not answers:
            raise NoAnswer(f"stock Rasa has no answer to {text!r}")
        return seconds, str(answers[0].get("text", ""))

    async def age(self, turns: int) -> bool:
        # Saying them takes a third of an hour: each costs a second by then.
        path = f"/conversations/{self._sender}/tracker"
        events = (await self._connection.get(f"{path}?include_events=ALL"))["events"]
        starts = [index for index, event in enumerate(events) if event["event"] == "user"]
        said = [events[start:end] for start, end in zip(starts, [*starts[1:], len(events)], strict=True)]
        more = [event for turn in range(turns) for event in said[turn % len(said)]]
        await self._connection.post(f"{path}/events", more)
        return True

    async def close(self) -> None:
        await self._connection.close()


class AftercareCustomer:
    """The web chat: messages are posted, answers come on the conversation's event stream."""

    def __init__(self, port: int) -> None:
        self._requests = Connection(port)
        self._stream = Connection(port)
        self._authorization = ""
        self._answers: dict[int, tuple[float, str]] = {}
        self._arrived = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    async def open(self) -> None:
        session = await self._requests.post("/chat/v1/sessions", {}, status=201)
        self._authorization = f"Authorization: Bearer {session['token']}\r\n"
        self._answers.clear()
        self._listener = asyncio.create_task(self._listen())

    async def say(self, text: str) -> tuple[float, str]:
        start = perf_counter()
        message = {"client_msg_id": uuid4().hex, "text": text}
        accepted = await self._requests.post("/chat/v1/messages", message, self._authorization, status=202)
        seq = accepted["seq"]
        while seq not in self._answers:
            if self._listener is None or self._listener.done():
                raise NoAnswer("Aftercare's event stream ended before the answer came")
            self._arrived.clear()
            await self._arrived.wait()
        arrived, answer = self._answers.pop(seq)
        return arrived - start, answer

    async def age(self, turns: int) -> bool:
        return False

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError, HTTPError, OSError):
                await self._listener
            self._listener = None
        await self._stream.close()
        await self._requests.close()

    async def _listen(self) -> None:
        try:
            async for event in self._stream.events("/chat/v1/events?after=0", self._authorization):
                reply_to = event.get("reply_to")
                if event.get("author") == "bot" and reply_to is not None:
                    self._answers.setdefault(reply_to, (perf_counter(), str(event.get("text", ""))))
                    self._arrived.set()
        finally:
            self._arrived.set()


CUSTOMERS: dict[str, type[StockCustomer] | type[AftercareCustomer]] = {
    "aftercare": AftercareCustomer,
    "stock": StockCustomer,
}
