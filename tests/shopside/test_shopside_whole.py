"""The whole program: a case over the API, told to the shop's system; and told again by the command."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import group
from store.cases import cases
from store.core.database import Database
from store.vocabulary import MoneyState
from tests.paths import ROOT
from tests.shopside.receiver import SECRET, Receiver, receiving
from tests.store.cases.making import order
from tests.whole import whole_program


@pytest.fixture
async def shop() -> AsyncIterator[Receiver]:
    async with receiving(time.time) as receiver:
        yield receiver


def settings(shop: Receiver) -> dict[str, str]:
    return {
        "AFTERCARE_CASE_WEBHOOK_URL": shop.url,
        "AFTERCARE_CASE_WEBHOOK_SECRET": SECRET.decode(),
        "AFTERCARE_CASE_WEBHOOK_INTERNAL": "on",
        "AFTERCARE_API_KEYS": "a-key",
    }


async def until(told: Receiver, acts: list[str]) -> list[str]:
    """The acts that were told, as soon as these are among them."""
    async with asyncio.timeout(30):
        while not set(acts) <= {one.body["event"]["act"] for one in told.requests}:
            await asyncio.sleep(0.05)
    return [one.body["event"]["act"] for one in sorted(told.requests, key=lambda one: one.event)]


async def test_a_case_is_told_and_its_money_asked_for(
    database: Database, tmp_path: Path, shop: Receiver
) -> None:
    with database.write() as connection:
        order(connection)
    body = {
        "order": "10234",
        "kind": "damage",
        "wish": "refund",
        "way": "keep",
        "lines": [{"position": 0, "quantity": 2}],
    }
    key = {"Authorization": "Bearer a-key"}
    async with whole_program(database, tmp_path, **settings(shop)) as whole:
        made = await whole.client.post("/api/v1/cases", json=body, headers=key)
        assert made.status_code == 201, made.text
        number = made.json()["number"]
        approved = await whole.client.post(
            f"/api/v1/cases/{number}/acts", json={"act": "approve", "key": "k"}, headers=key
        )
        assert approved.status_code == 200, approved.text
        acts = await until(shop, ["submit", "approve", "request_refund"])
        assert acts[0] == "submit" and acts[-1] == "request_refund"
        assert all(one.signed for one in shop.requests)
        told = next(one for one in shop.requests if one.body["event"]["act"] == "request_refund")
        assert told.body["case"]["refunds"][0]["state"] == MoneyState.REQUESTED
        before = len(shop.requests)

        def replay(*options: str) -> tuple[int, str]:
            environment = {
                "AFTERCARE_HOME": str(ROOT),
                "AFTERCARE_SECRET": "x" * 40,
                "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
                **settings(shop),
            }
            result = CliRunner().invoke(group, ["cases", "replay", *options], env=environment)
            return result.exit_code, result.output

        code, said = await asyncio.to_thread(replay, "--number", number.lower())
        assert (code, said) == (0, f"{before} events are told again as soon as a server runs\n")
        async with asyncio.timeout(30):
            while len(shop.requests) < 2 * before:
                await asyncio.sleep(0.05)
        numbers = [one.event for one in shop.requests]
        assert numbers[before:] == sorted(set(numbers))
        for wrong in ([], ["--since", "lately"], ["--number", "R-ZZZZZZZ"]):
            assert (await asyncio.to_thread(replay, *wrong))[0] == 2, wrong
        later = f"{datetime.now(UTC).year + 1}-01-01"
        assert "0 events" in (await asyncio.to_thread(replay, "--since", later))[1]
    with database.read() as connection:
        case = cases.find(connection, number)
        assert case and case.refunds[0].state is MoneyState.REQUESTED
