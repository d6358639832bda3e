"""How Telegram hands updates to a bot: to its webhook, chat by chat in order and again until it succeeds; or
when the bot asks."""

import asyncio
from collections import defaultdict
from typing import Any

import httpx

Json = dict[str, Any]

RETRIES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # seconds; shorter than the real ones


class Conflict(Exception):
    """The bot wants updates in two ways at once; the text is Telegram's."""


class Delivery:
    """The queue of one bot. `history` is every update with the statuses its deliveries were answered."""

    def __init__(self) -> None:
        self.url = ""
        self.secret = ""
        self.allowed: list[str] = []
        self.last_error: str | None = None
        self.history: list[tuple[Json, list[int]]] = []
        self._waiting: dict[int, Json] = {}
        self._came = asyncio.Event()
        self._polls = 0
        self._chats: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._client = httpx.AsyncClient(timeout=60)
        self._flushing: asyncio.Task[None] | None = None

    async def hand_over(self, address: str, update: Json) -> int:
        """Delivers an update; the last status the webhook answered, 202 if the update waits to be asked
        for, 204 if the bot doesn't want its kind."""
        kind = next(name for name in update if name != "update_id")
        if self.allowed and kind not in self.allowed:
            return 204
        if not self.url:
            self._waiting[update["update_id"]] = update
            self._came.set()
            return 202
        async with self._chats[address]:
            return await self._push(update)

    async def post(self, update: Json, **headers: str) -> int:
        """One delivery with the right secret, or with other headers; 0 if there was no answer."""
        given = {"X-Telegram-Bot-Api-Secret-Token": self.secret, **headers}
        try:
            answer = await self._client.post(self.url, json=update, headers=given)
        except httpx.HTTPError:
            return 0
        return answer.status_code

    def set_webhook(self, url: str, secret: str, allowed: list[str]) -> None:
        """An empty url ends the webhook; what waits is delivered to the new one."""
        self.url, self.secret, self.allowed = url, secret, allowed
        if url and self._waiting:
            self._flushing = asyncio.create_task(self._flush())

    @property
    def waiting(self) -> int:
        """How many updates wait."""
        return len(self._waiting)

    async def ask(self, offset: int | None, limit: int, wait: float) -> list[Json]:
        """Updates from `offset` on; those before it are forgotten. Raises `Conflict`."""
        if self.url:
            raise Conflict("can't use getUpdates method while webhook is active; use deleteWebhook")
        self._polls += 1
        mine = self._polls
        if offset is not None:
            self._waiting = {number: one for number, one in self._waiting.items() if number >= offset}
        if not self._waiting:
            self._came.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._came.wait()
            except TimeoutError:
                pass
        if mine != self._polls:
            raise Conflict("terminated by other getUpdates request")
        return list(self._waiting.values())[:limit]

    async def close(self) -> None:
        if self._flushing:
            self._flushing.cancel()
        await self._client.aclose()

    async def _push(self, update: Json) -> int:
        statuses: list[int] = []
        self.history.append((update, statuses))
        for pause in (0.0, *RETRIES):
            await asyncio.sleep(pause)
            statuses.append(await self.post(update))
            if 200 <= statuses[-1] < 300:
                break
            self.last_error = f"Wrong response from the webhook: {statuses[-1]}"
        return statuses[-1]

    async def _flush(self) -> None:
        while self._waiting:
            await self._push(self._waiting.pop(next(iter(self._waiting))))
