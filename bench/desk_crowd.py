"""Many agents at the desk and many customers on the web chat, in a process of their own: reads a plan as JSON
from stdin, writes what it saw to stdout.

Agents' browsers do here what the desk's page does (`list.js` and `conversation.js` under web/desk): they
listen, and fetch the list and the open conversation anew when an event asks for it.
"""

import asyncio
import json
import random
import sys
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any
from uuid import uuid4

from bench.desk_shop import Desk, Writer
from bench.http import Connection, HTTPError
from bot.desk.accounts.sessions import COOKIE

MAX_FAILURES = 50
SETTLE = 60.0  # seconds at the end for what is still under way


@dataclass(frozen=True)
class Plan:
    """For `seconds`, each writer writes once in `pause` seconds on average; so does each desk answer in
    `answer`. `words` are what customers write."""

    port: int
    desks: list[dict[str, Any]]
    writers: list[dict[str, Any]]
    words: list[str]
    seconds: float
    pause: float
    answer: float


@dataclass
class Seen:
    """All times in seconds. `posted`: how long a customer's message took to be accepted; `heard`: from its
    sending to the event at each desk; `answered`: from its sending to the bot's answer on the customer's
    page; `reached`: from an agent's sending to the customer's page. `lost`: what never came, by kind."""

    posted: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    reached: list[float] = field(default_factory=list)
    lists: list[float] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class Crowd:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seen = Seen()
        self.stopping = asyncio.Event()
        self.sent: dict[tuple[int, int], float] = {}  # customers' messages, by conversation and number
        self.wanted: dict[tuple[int, int], float] = {}  # of those, answers of the bot that haven't come
        self.said: dict[str, float] = {}  # agents' messages, by text, that haven't come
        self.desks = [_Desk(self, Desk(**one)) for one in plan.desks]
        self.writers = [_Writer(self, Writer(**one)) for one in plan.writers]

    async def run(self) -> Seen:
        listening = [asyncio.create_task(one.listen()) for one in (*self.desks, *self.writers)]
        await asyncio.gather(*(one.ready.wait() for one in (*self.desks, *self.writers)))
        print("ready", file=sys.stderr, flush=True)
        busy = [asyncio.create_task(one.write()) for one in (*self.desks, *self.writers)]
        await asyncio.sleep(self.plan.seconds)
        self.stopping.set()
        await asyncio.gather(*busy)
        until = perf_counter() + SETTLE
        while perf_counter() < until and any(self.missing().values()):
            await asyncio.sleep(0.2)
        self.seen.lost = self.missing()
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        return self.seen

    def missing(self) -> dict[str, int]:
        last: dict[int, int] = {}
        for conversation, seq in self.sent:
            last[conversation] = max(seq, last.get(conversation, 0))
        unheard = sum(
            one.heard.get(conversation, 0) < seq for one in self.desks for conversation, seq in last.items()
        )
        return {
            "events": unheard,
            "answers of the bot": len(self.wanted),
            "answers of agents": len(self.said),
        }

    def fail(self, error: Exception) -> None:
        self.seen.failures.append(str(error) or type(error).__name__)

    async def pause(self, mean: float) -> bool:
        """Waits a while, `mean` on average; whether to go on."""
        try:
            await asyncio.wait_for(self.stopping.wait(), random.expovariate(1 / mean))
        except TimeoutError:
            return len(self.seen.failures) < MAX_FAILURES
        return False


class _Writer:
    def __init__(self, crowd: Crowd, one: Writer) -> None:
        self.crowd, self.one = crowd, one
        self.ready = asyncio.Event()
        self._early: dict[int, float] = {}  # answers before the message's own answer came
        self._stream, self._requests = Connection(crowd.plan.port), Connection(crowd.plan.port)
        self._headers = f"Authorization: Bearer {one.token}\r\n"

    async def listen(self) -> None:
        crowd = self.crowd
        async for kind, event in self._stream.stream("/chat/v1/events?after=19", self._headers):
            self.ready.set()
            if kind != "message":
                continue
            now = perf_counter()
            if event["author"] == "bot":
                self._answered(event.get("reply_to") or 0, now)
            begun = crowd.said.pop(event["text"], None) if event["author"] == "agent" else None
            if begun is not None:
                crowd.seen.reached.append(now - begun)

    def _answered(self, seq: int, now: float) -> None:
        begun = self.crowd.wanted.pop((self.one.conversation_id, seq), None)
        if begun is None:
            self._early[seq] = now
        else:
            self.crowd.seen.answered.append(now - begun)

    async def write(self) -> None:
        crowd = self.crowd
        while await crowd.pause(crowd.plan.pause):
            message = {"client_msg_id": uuid4().hex, "text": random.choice(crowd.plan.words)}
            begun = perf_counter()
            try:
                seq = (await self._requests.post("/chat/v1/messages", message, self._headers, status=202))[
                    "seq"
                ]
            except (HTTPError, OSError) as error:
                crowd.fail(error)
                continue
            crowd.seen.posted.append(perf_counter() - begun)
            key = (self.one.conversation_id, seq)
            crowd.sent[key] = begun
            if not self.one.held:
                crowd.wanted[key] = begun
                if seq in self._early:
                    self._answered(seq, self._early.pop(seq))
            for desk in crowd.desks:
                desk.settle(*key)


class _Desk:
    """An agent's page with one conversation open and the list of his own beside it."""

    def __init__(self, crowd: Crowd, one: Desk) -> None:
        self.crowd, self.one = crowd, one
        self.ready = asyncio.Event()
        self.heard: dict[int, int] = {}
        self._early: dict[tuple[int, int], float] = {}  # events before the message's own answer came
        self._stream = Connection(crowd.plan.port)
        self._headers = f"Cookie: {COOKIE}={one.cookie}\r\n"
        self._post = Connection(crowd.plan.port)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._done: dict[str, float] = {}

    async def listen(self) -> None:
        while True:
            async for kind, event in self._stream.stream("/desk/v1/events", self._headers):
                self.ready.set()
                if kind == "conversation" and event.get("kind") == "message":
                    self._hear(event)
            # Cut off: the page would come back, and fetch everything.
            self.crowd.fail(HTTPError("a desk's event stream ended"))
            await self._stream.close()

    def _hear(self, event: dict[str, Any]) -> None:
        now, conversation, seq = perf_counter(), event["id"], event.get("seq", 0)
        for one in range(self.heard.get(conversation, 20) + 1, seq + 1):
            begun = self.crowd.sent.get((conversation, one))
            if begun is None:
                self._early[conversation, one] = now
            else:
                self.crowd.seen.heard.append(now - begun)
        self.heard[conversation] = max(seq, self.heard.get(conversation, 0))
        if event["agent"] != self.one.agent_id:
            return
        self._soon("list", 0.25, 1.5, "/desk/v1/conversations?view=mine")
        self._soon("notices", 0.3, 1.5, "/desk/v1/conversations?view=queue")
        if conversation == self.one.conversations[0]:
            self._soon("thread", 0.08, 0.3, f"/desk/v1/conversations/{conversation}?after={seq - 1}")

    def settle(self, conversation: int, seq: int) -> None:
        """A message of which the event may have come first."""
        came = self._early.pop((conversation, seq), None)
        if came is not None:
            self.crowd.seen.heard.append(max(0.0, came - self.crowd.sent[conversation, seq]))

    def _soon(self, name: str, delay: float, gap: float, path: str) -> None:
        """As web/desk/core/pace.js does it."""
        if name not in self._tasks or self._tasks[name].done():
            wait = max(delay, self._done.get(name, 0) + gap - perf_counter())
            self._tasks[name] = asyncio.create_task(self._fetch(name, wait, path))

    async def _fetch(self, name: str, wait: float, path: str) -> None:
        await asyncio.sleep(wait)
        self._done[name] = perf_counter()
        try:
            async with Connection(self.crowd.plan.port) as connection:
                begun = perf_counter()
                await connection.get(path, self._headers)
                self.crowd.seen.lists.append(perf_counter() - begun)
        except (HTTPError, OSError) as error:
            self.crowd.fail(error)

    async def write(self) -> None:
        crowd = self.crowd
        while self.one.conversations and await crowd.pause(crowd.plan.answer):
            text = f"I look into it {uuid4().hex}"
            which = random.choice(self.one.conversations)
            crowd.said[text] = perf_counter()
            message = {"client_msg_id": uuid4().hex, "text": text}
            headers = f"{self._headers}X-CSRF-Token: {self.one.csrf}\r\n"
            try:
                await self._post.post(
                    f"/desk/v1/conversations/{which}/messages", message, headers, status=201
                )
            except (HTTPError, OSError) as error:
                crowd.said.pop(text, None)
                crowd.fail(error)


def _main() -> Coroutine[Any, Any, Seen]:
    return Crowd(Plan(**json.load(sys.stdin))).run()


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(_main())), sys.stdout)
