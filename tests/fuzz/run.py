"""Sends odd requests to the whole program and looks at what comes back."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from tests.fuzz.targets import Maker, Sent

PATIENCE = 20.0  # seconds after which a request hangs
AT_ONCE = 24
TELL = 1000  # requests
KEPT = 20  # failures that are told


@dataclass
class Outcome:
    """What became of a target's requests: how many of each status, and those that ended in an error of ours,
    a hang or a broken connection. `memory` is the process's resident MB before and after."""

    name: str
    sent: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[str, Sent]] = field(default_factory=list)
    memory: tuple[float, float] = (0.0, 0.0)

    def line(self) -> str:
        """The outcome in a line."""
        told = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        before, after = self.memory
        return (
            f"{self.name}: {self.sent} sent in {self.seconds:.0f} s ({told}), {len(self.failures)} failed; "
            f"{before:.0f} MB before, {after:.0f} MB after"
        )


async def run(
    name: str, make: Maker, base: str, count: int, seed: int, tell: Callable[[str], None] | None = None
) -> Outcome:
    """Sends `count` requests; the same ones from the same seed. `tell` hears how far it is."""
    random = Random(f"{name} {seed}")
    found = Outcome(name)
    began = time.monotonic()
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        before = rss()

        async def work() -> None:
            while found.sent < count:
                found.sent += 1
                if tell and not found.sent % TELL:
                    tell(f"  {name}: {found.sent} sent, {len(found.failures)} failed, {rss():.0f} MB")
                await _send(session, base, make(random), found)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    found.memory = before, rss()
    found.seconds = time.monotonic() - began
    return found


async def _send(session: aiohttp.ClientSession, base: str, sent: Sent, found: Outcome) -> None:
    try:
        async with session.request(
            sent.method, URL(base + sent.path, encoded=True), headers=sent.headers, data=sent.body
        ) as answer:
            await answer.read()
            found.statuses[answer.status] += 1
            if answer.status >= 500:
                _fail(found, f"status {answer.status}", sent)
    except (TimeoutError, aiohttp.ClientError) as error:
        _fail(found, type(error).__name__, sent)


def _fail(found: Outcome, what: str, sent: Sent) -> None:
    if len(found.failures) < KEPT:
        found.failures.append((what, sent))


def rss() -> float:
    """The process's resident memory in MB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def base_of(client: Any) -> str:
    """The address of a served program."""
    parts = urlsplit(str(client.base_url))
    return f"{parts.scheme}://{parts.netloc}"
