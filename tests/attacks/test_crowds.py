"""Floods, and the crowds that look like them: what stops one address must not stop hundreds behind it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from channels.web.channel import blueprint
from channels.web.config import WebConfig, WebLimits
from tests.fakes.gateway import FakeGateway
from tests.faults import THOROUGH
from tests.paths import ROOT
from tests.server import running
from tests.serving import serving

CONFIG = WebConfig(
    secret=b"0123456789abcdef" * 2,
    web_root=ROOT / "web",
    public={
        "name": "Linden",
        "colour": "#2f5d50",
        "languages": ["en"],
        "default_language": "en",
        "texts": {"en": {}},
    },
)
VISITORS = 600
MANY = 1000 if THOROUGH else 60


@asynccontextmanager
async def chat(proxies: int = 0, **limits: float) -> AsyncIterator[httpx.AsyncClient]:
    config = replace(CONFIG, limits=WebLimits(**limits))  # type: ignore[arg-type]
    async with serving(blueprint(FakeGateway(), config), PROXIES_COUNT=proxies or None) as client:
        client.timeout = httpx.Timeout(60)
        yield client


async def visitor(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post("/chat/v1/sessions")
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def say(client: httpx.AsyncClient, headers: dict[str, str], **more: str) -> int:
    body = {"client_msg_id": uuid4().hex, "text": "where is my order"}
    answer = await client.post("/chat/v1/messages", json=body, headers={**headers, **more})
    return answer.status_code


async def test_a_campus_of_visitors_behind_one_address_is_served() -> None:
    async with chat() as client:
        everybody = [await visitor(client) for _ in range(VISITORS)]
        answers = await asyncio.gather(*(say(client, one) for one in everybody))
        assert Counter(answers) == {202: VISITORS}


@pytest.mark.skipif(not THOROUGH, reason="THOROUGH=1 has 600 customers talk to the real server for a minute")
async def test_hundreds_behind_one_address_talk_for_a_minute(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
            answers = await asyncio.gather(*(talk(client, 60 * n / VISITORS) for n in range(VISITORS)))
    seen = sum(answers, Counter[str]())
    assert seen == {"begun": VISITORS, "streams": VISITORS, "accepted": 3 * VISITORS, "answered": VISITORS}


async def talk(client: httpx.AsyncClient, after: float) -> Counter[str]:
    """A customer with an open stream writes three times, ten seconds apart, and waits for each answer."""
    seen: Counter[str] = Counter()
    await asyncio.sleep(after)
    who = await visitor(client)
    seen["begun"] += 1
    async with client.stream("GET", "/chat/v1/events", headers=who) as stream:
        seen["streams"] += stream.status_code == 200
        lines = stream.aiter_lines()
        for _ in range(3):
            seen["accepted"] += await say(client, who) == 202
            async for line in lines:
                if line.startswith("data: ") and '"author":"bot","text"' in line:
                    break
            await asyncio.sleep(10)
        seen["answered"] += 1
    return seen


async def test_one_who_floods_uses_up_nothing_of_the_others() -> None:
    async with chat(message_burst=MANY, message_rate=0.01) as client:
        flooder, honest = await visitor(client), await visitor(client)
        answers = [await say(client, flooder) for _ in range(2 * MANY)]
        assert answers.count(429) > MANY
        assert await say(client, honest) == 202


async def test_many_made_up_visitors_of_one_address_are_stopped() -> None:
    async with chat(session_burst=MANY, session_rate=0.2) as client:
        answers = [await client.post("/chat/v1/sessions") for _ in range(2 * MANY)]
        refused = [one for one in answers if one.status_code == 429]
        assert refused and 1 <= int(refused[0].headers["retry-after"]) <= 10


@pytest.mark.parametrize(
    ("proxies", "header"),
    [
        # Nobody has set a proxy up: the header is the client's own.
        (0, "X-Forwarded-For: 203.0.{0}.{1}"),
        (0, "Forwarded: for=203.0.{0}.{1}"),
        # What stands before the proxy's own entry is the client's word.
        (1, "X-Forwarded-For: 203.0.{0}.{1}, 198.51.100.1"),
        # One subscriber has a whole /64, and 65536 ports.
        (1, "X-Forwarded-For: 2001:db8:1:2::{0}:{1}"),
        (1, "X-Forwarded-For: [2001:db8:1:2::{0}:{1}]"),
        (1, "X-Forwarded-For: [2001:db8:1:2::7]:4{0:02}0{1}"),
        (1, "X-Forwarded-For: 198.51.100.1:4{0:02}0{1}"),
        (1, 'Forwarded: for="[2001:db8:1:2::{0}:{1}]:443"'),
        # The proxy writes the one header and hands the other on.
        (1, "X-Forwarded-For: 198.51.100.1\nForwarded: for=203.0.{0}.{1}"),
    ],
)
async def test_made_up_addresses_win_nothing(proxies: int, header: str) -> None:
    async with chat(proxies, session_burst=MANY, session_rate=0.01) as client:
        answers = []
        for n in range(2 * MANY):
            lines = header.format(n // 10, n % 10).split("\n")
            headers = [tuple(line.split(": ", 1)) for line in lines]
            answers.append(await client.post("/chat/v1/sessions", headers=headers))  # type: ignore[arg-type]
        assert 429 in {one.status_code for one in answers}
