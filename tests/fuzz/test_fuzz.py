"""A few hundred odd payloads to each door, as `python -m tests.fuzz` sends them by the hundred thousand."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from bot.web.openapi import document
from store.core.database import Database
from tests.faults import THOROUGH
from tests.fuzz.api import explore
from tests.fuzz.case_targets import case_makers
from tests.fuzz.mutator import mutated, written
from tests.fuzz.run import base_of, run
from tests.fuzz.targets import api_headers, askers, corpus, makers
from tests.whole import whole_program

COUNT = 20_000 if THOROUGH else 300
EACH = 400 if THOROUGH else 2  # requests to each operation of the APIs
PAGES = ("withdraw", "returns")
NAMES = ("telegram", "sms", "messenger", "web", "orders")


async def test_no_payload_breaks_the_program(database: Database, tmp_path: Path) -> None:
    async with whole_program(database, tmp_path, AFTERCARE_RATE_LIMITS="off") as whole:
        targets = makers(whole.program, 1)
        assert set(targets) == set(NAMES)
        targets |= case_makers(whole.program, database, api_headers(whole.program))
        assert set(targets) == {*NAMES, "cases", *PAGES}
        for name, make in targets.items():
            outcome = await run(name, make, base_of(whole.client), COUNT, 1)
            assert not outcome.failures, outcome.failures[:3]
            # They get in: most are no forgeries to the program, and some are taken.
            taken = sum(count for status, count in outcome.statuses.items() if status < 300)
            assert taken > COUNT // 10 and outcome.statuses[403] < COUNT // 5, outcome.line()


async def test_no_request_to_the_apis_breaks_the_program(database: Database, tmp_path: Path) -> None:
    async with whole_program(database, tmp_path, AFTERCARE_RATE_LIMITS="off") as whole:
        found = await asyncio.to_thread(
            explore, document(whole.app), base_of(whole.client), askers(whole.program, database), EACH
        )
    assert found[200] and found[400], found


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_makes_the_same_payloads(name: str) -> None:
    payload = corpus(name)[0]
    one, other = (Random(5), Random(5))
    for _ in range(50):
        assert written(one, mutated(one, payload)) == written(other, mutated(other, payload))
