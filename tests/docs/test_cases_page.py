"""docs/cases-api.md against the code: its requests are sent, its answers compared, its signature checked."""

import json
import re
import time
from typing import Any

import httpx
import pytest

from bot.runtime.http.outside import CALL_SECONDS
from bot.shop import facts, laws
from bot.shopside import case_record, hook_signature
from bot.shopside.case_hooks import MAX_ATTEMPTS
from bot.web.case_door import case_api
from bot.web.case_door.case_bodies import MAX_BODY, ShopAct
from store.cases import cases, timeline
from store.cases.after_sales import AfterSales
from store.cases.law.claims import Rights
from store.core.database import Database
from tests.docs.reading import DOCS, blocks, names, read, table
from tests.paths import ROOT
from tests.store.cases.making import AT, order
from tests.web.test_order_api import KEY, served

PAGE = read(DOCS / "cases-api.md")
NUMBER = "R-7K2M9QX"


def holds(documented: Any, real: Any) -> bool:
    """Whether what a page shows is in an answer, which may hold more."""
    if isinstance(documented, dict):
        return isinstance(real, dict) and all(
            name in real and holds(value, real[name]) for name, value in documented.items()
        )
    if isinstance(documented, list):
        return len(documented) == len(real) and all(map(holds, documented, real))
    return bool(documented == real)


async def test_its_requests_are_answered_as_it_says(database: Database) -> None:
    terms = laws.terms(facts.load(ROOT / "shop.yml"))
    with database.write() as connection:
        order(connection)
    api = case_api.blueprint(database, (KEY,), AfterSales(Rights(laws.load(ROOT), terms), terms), lambda: AT)
    played = 0
    number = NUMBER
    async with served(api, KEY) as client:
        answer: httpx.Response | None = None
        for block in blocks(PAGE, "http"):
            head, _, body = block.replace(NUMBER, number).partition("\n\n")
            first, *lines = head.splitlines()
            if first.startswith("HTTP/1.1 "):
                assert answer is not None and answer.status_code == int(first.split()[1]), answer
                real = json.loads(answer.text.replace(number, NUMBER))
                assert holds(json.loads(body.replace(number, NUMBER)), real), real
                played += 1
                continue
            method, path = first.split()
            headers = dict(line.split(": ") for line in lines)
            answer = await client.request(method, path, content=body, headers=headers)
            number = answer.json().get("number", number)
    assert played == 4
    (told,) = blocks(PAGE, "json")
    with database.read() as connection:
        case = cases.find(connection, number)
        assert case
        event = timeline.of_case(connection, case.id)[-1]
    news = case_record.ShopCaseNews(event=case_record.event(event), case=case_record.record(case))
    shown = json.loads(told)
    assert set(shown["event"]) == set(case_record.ShopCaseEvent.model_fields)
    for changing in ("id", "details"):
        del shown["event"][changing]
    assert holds(shown, json.loads(news.model_dump_json().replace(number, NUMBER)))


def test_it_names_every_act_once() -> None:
    listed = [name for row in table(PAGE, "act", "what happens") for name in names(row[0])]
    assert sorted(listed) == sorted(ShopAct)


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"{MAX_BODY:,} bytes" in PAGE
    assert f"{MAX_ATTEMPTS} times in all" in PAGE
    assert f"within {CALL_SECONDS:.0f} seconds" in PAGE
    assert hook_signature.WINDOW == 300 and "five minutes" in PAGE


def test_its_program_knows_a_forged_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = blocks(PAGE, "python")
    space: dict[str, Any] = {}
    exec(program, space)
    is_ours = space["is_ours"]
    secret, body, at = "a-secret-of-32-characters-or-more", b'{"a":1}', 1793613600
    (header,) = re.findall(r"^t=\d+,v1=[0-9a-f]{64}$", PAGE, re.MULTILINE)
    assert header == hook_signature.sign(secret.encode(), body, at)
    monkeypatch.setattr(time, "time", lambda: at + 299)
    assert is_ours(secret, header, body)
    later = header.replace(f"t={at}", f"t={at + 200}")
    for forged in (later, header[:-1] + ("0" if header[-1] != "0" else "1"), "", header + "\n"):
        assert not is_ours(secret, forged, body), forged
    assert not is_ours(secret, header, b'{"a":2}') and not is_ours("another", header, body)
    monkeypatch.setattr(time, "time", lambda: at + 301)
    assert not is_ours(secret, header, body)
