"""The shop's own door to cases: what it takes, what it refuses, and what happens once."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from bot.shop import facts, laws
from bot.web import api_page
from bot.web.case_door import case_api
from bot.web.case_door.case_bodies import MAX_BODY
from store.cases import acts, cases, timeline
from store.cases.after_sales import AfterSales
from store.cases.law.claims import Rights
from store.core.database import Database
from store.vocabulary import Actor, CaseState, GoodsState, MoneyState
from tests.paths import ROOT
from tests.serving import serving
from tests.store.cases.making import AT, by, order
from tests.web.test_order_api import KEY, served

MUGS = {"order": "10234", "kind": "withdrawal", "lines": [{"position": 0, "quantity": 2}]}


@pytest.fixture(scope="session")
def after_sales() -> AfterSales:
    terms = laws.terms(facts.load(ROOT / "shop.yml"))
    return AfterSales(Rights(laws.load(ROOT), terms), terms)


@pytest.fixture
async def client(database: Database, after_sales: AfterSales) -> AsyncIterator[httpx.AsyncClient]:
    with database.write() as connection:
        order(connection)
    async with served(case_api.blueprint(database, ("other", KEY), after_sales, lambda: AT), KEY) as client:
        yield client


async def post(
    client: httpx.AsyncClient, body: object, path: str = "", headers: dict[str, str] | None = None
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(f"/api/v1/cases{path}", content=content, headers=headers or {})


async def begun(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await post(client, {**MUGS, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def act(client: httpx.AsyncClient, number: str, **told: Any) -> httpx.Response:
    return await post(client, told, f"/{number}/acts")


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# --- beginning ------------------------------------------------------------------------------------


async def test_a_case_begins_and_is_read(client: httpx.AsyncClient) -> None:
    made = await begun(client, words="per maži", key="s-1")
    assert (made["kind"], made["order"], made["contact"]) == ("withdrawal", "10234", "ruta@example.com")
    assert (made["channel"], made["words"], made["language"]) == ("api", "per maži", "lt")
    assert [(one["sku"], one["quantity"], one["paid"]) for one in made["lines"]] == [("MUG", 2, "24.60")]
    answer = await client.get(f"/api/v1/cases/{made['number'].lower()}")
    read = answer.json()
    assert answer.status_code == 200 and read["number"] == made["number"]
    assert read["events"][0]["act"] == "submit" and read["events"][0]["actor"] == "shop"
    assert {key: value for key, value in read.items() if key != "events"} == made


async def test_the_same_told_twice_is_one_case(client: httpx.AsyncClient) -> None:
    made = await begun(client)
    for body in (MUGS, {**MUGS, "lines": [{"sku": "MUG", "quantity": 2}]}):
        answer = await post(client, body)
        assert (answer.status_code, answer.json()["number"]) == (200, made["number"])


async def test_a_key_stands_for_one_case_also_after_its_end(client: httpx.AsyncClient) -> None:
    header = {"Idempotency-Key": "order-10234/return"}
    first = await post(client, MUGS, headers=header)
    number = first.json()["number"]
    assert (await act(client, number, act="decline", key="d", why="no")).status_code == 200
    again = await post(client, MUGS, headers=header)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["number"], again.json()["state"]) == (number, "declined")
    in_body = await post(client, {**MUGS, "key": "order-10234/return"})
    assert (in_body.status_code, in_body.json()["number"]) == (200, number)
    another = await post(client, {**MUGS, "kind": "defect"}, headers=header)
    assert error(another) == (409, "key_reused")
    anew = await post(client, MUGS, headers={"Idempotency-Key": "second"})
    assert anew.status_code == 201 and anew.json()["number"] != number


async def test_told_at_once_it_begins_once(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(post(client, {**MUGS, "key": f"k{n % 3}"}) for n in range(9)))
    assert sorted(one.status_code for one in answers) == [200] * 8 + [201]
    assert len({one.json()["number"] for one in answers}) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"order": "99999"}, "order"),
        ({"order": ""}, "order"),
        ({"order": None}, "order"),
        ({"kind": "theft"}, "kind"),
        ({"kind": ["withdrawal"]}, "kind"),
        ({"wish": "revenge"}, "wish"),
        ({"lines": [{"position": 7, "quantity": 1}]}, "lines"),
        ({"lines": [{"position": 0, "quantity": 3}]}, "lines"),
        ({"lines": [{"position": 0, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"position": 0, "quantity": True}]}, "lines.0.quantity"),
        ({"lines": [{"position": -1, "quantity": 1}]}, "lines.0.position"),
        ({"lines": [{"position": 0, "quantity": 10**400}]}, "lines.0.quantity"),
        ({"lines": [{"position": 0, "sku": "MUG", "quantity": 1}]}, "lines.0"),
        ({"lines": [{"quantity": 1}]}, "lines.0"),
        ({"lines": [{"position": 0, "quantity": 1}, {"sku": "MUG", "quantity": 1}]}, "lines"),
        ({"lines": [{"sku": "NOPE", "quantity": 1}]}, "lines"),
        ({"lines": [{"position": n, "quantity": 1} for n in range(101)]}, "lines"),
        ({"words": "x" * 4001}, "words"),
        ({"words": {"a": 1}}, "words"),
        ({"reason": "x" * 41}, "reason"),
        ({"stated_at": "2026-11-02T11:00:00Z"}, "stated_at"),
        ({"stated_at": "2026-11-02T10:00:00"}, "stated_at"),
        ({"stated_at": 1}, "stated_at"),
        ({"key": "k" * 101}, "key"),
        ({"key": ""}, "key"),
        ({"contact": "eve@example.com"}, "contact"),
    ],
)
async def test_what_can_not_be_taken_is_told(
    client: httpx.AsyncClient, database: Database, more: dict[str, Any], field: str
) -> None:
    answer = await post(client, {**MUGS, **more})
    assert error(answer) == (422, "invalid_case"), answer.text
    assert field in [one["field"] for one in answer.json()["error"]["fields"]]
    assert await database.fetch(cases.of_order, "10234") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"order": "10234", "order": "10235", "kind": "defect"}', 400),
        (b'{"order": "10234", "kind": "\\ud800"}', 422),
        (b"\xff\xfe", 400),
        (b"[" * 5000, 400),
        (b'{"x": "' + b"y" * MAX_BODY + b'"}', 413),
    ],
)
async def test_what_is_no_request_is_refused(client: httpx.AsyncClient, body: bytes, status: int) -> None:
    assert (await post(client, body)).status_code == status
    assert (await post(client, body, "/R-AAAAAAA/acts")).status_code == status


async def test_hostile_words_are_kept_as_words(client: httpx.AsyncClient) -> None:
    words = "<script>alert(1)</script>\u202e'; DROP TABLE cases; --\x00"
    made = await begun(client, words=words)
    assert made["words"] == "<script>alert(1)</script>'; DROP TABLE cases; --"


@pytest.mark.parametrize("header", ["", "k" * 101, "a\tb", "zero\u200bwidth"])
async def test_an_odd_key_is_refused(client: httpx.AsyncClient, header: str) -> None:
    raw = [(b"idempotency-key", header.encode())]
    answer = await client.post("/api/v1/cases", content=json.dumps(MUGS), headers=raw)
    assert answer.status_code == 400, answer.text


async def test_two_keys_are_refused(client: httpx.AsyncClient) -> None:
    answer = await post(client, {**MUGS, "key": "a"}, headers={"Idempotency-Key": "b"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "key")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ""), ("GET", ""), ("GET", "/R-AAAAAAA"), ("POST", "/R-AAAAAAA/acts")],
)
async def test_a_wrong_key_is_refused(client: httpx.AsyncClient, method: str, path: str) -> None:
    for given in ("", "Bearer", "Bearer wrong", f"Basic {KEY}"):
        raw = [(b"authorization", given.encode())]
        answer = await client.request(method, f"/api/v1/cases{path}", headers=raw, content=b"{")
        assert error(answer) == (401, "unauthorized")


@pytest.mark.parametrize(
    "path", ["R-AAAAAAA", "%00", "%FF", "R-%00AAAAAAA", "x" * 900, "%E2%80%8B", "..%2F.."]
)
async def test_a_number_that_is_none_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert error(await client.get(f"/api/v1/cases/{path}")) == (404, "not_found")
    answer = await post(client, {"act": "close", "key": "k"}, f"/{path}/acts")
    assert error(answer) == (404, "not_found")


# --- acts -----------------------------------------------------------------------------------------


async def test_a_case_from_the_request_to_the_money(client: httpx.AsyncClient, database: Database) -> None:
    made = await begun(client, kind="damage", wish="refund", way="shop")
    number, line = made["number"], made["lines"][0]["id"]
    asked = await act(client, number, act="ask", key="1", why="a photo, please")
    assert (asked.status_code, asked.json()["state"]) == (200, "needs_information")
    approved = (await act(client, number, act="approve", key="2", amount="20.00", why="one chip")).json()
    assert approved["state"] == "approved"
    (refund,) = approved["refunds"]
    assert (refund["amount"], refund["why"], refund["key"]) == ("20.00", "one chip", f"{number}-1")
    received = (await act(client, number, act="receive", key="3", lines=[{"id": line}])).json()
    assert received["lines"][0]["state"] == GoodsState.RECEIVED
    assert received["refunds"][0]["state"] == MoneyState.DUE
    looked = {"act": "inspect", "key": "4", "lines": [{"id": line, "condition": "damaged"}]}
    inspected = (await act(client, number, **looked)).json()
    assert (inspected["lines"][0]["state"], inspected["lines"][0]["condition"]) == ("inspected", "damaged")
    of = {"refund": refund["key"]}
    requested = (await act(client, number, act="request_refund", key="5", provider_id="re_1", **of)).json()
    assert (requested["refunds"][0]["state"], requested["refunds"][0]["provider_id"]) == ("requested", "re_1")
    doubted = (await act(client, number, act="doubt_refund", key="6", **of)).json()
    assert doubted["refunds"][0]["state"] == MoneyState.UNKNOWN
    paid = (await act(client, number, act="confirm_refund", key="7", provider_id="re_2", **of)).json()
    assert (paid["refunds"][0]["state"], paid["refunds"][0]["provider_id"]) == ("succeeded", "re_2")
    closed = (await act(client, number, act="close", key="8")).json()
    assert (closed["state"], closed["version"]) == (
        CaseState.CLOSED,
        (await client.get(f"/api/v1/cases/{number}")).json()["version"],
    )
    with database.read() as connection:
        case = cases.find(connection, number)
        assert case
        assert {one.who for one in timeline.of_case(connection, case.id) if one.actor is Actor.SHOP} == {
            "api"
        }


async def test_an_act_happens_once_for_its_key(client: httpx.AsyncClient) -> None:
    made = await begun(client, kind="damage", wish="refund")
    told = {"act": "approve", "key": "a-1"}
    answers = await asyncio.gather(*(act(client, made["number"], **told) for _ in range(6)))
    assert [one.status_code for one in answers] == [200] * 6
    assert len({one.json()["version"] for one in answers}) == 1
    assert len(answers[0].json()["refunds"]) == 1
    other = await act(client, made["number"], act="decline", key="a-1", why="no")
    assert error(other) == (409, "key_reused")
    missing = await act(client, made["number"], act="close")
    assert (missing.status_code, missing.json()["error"]["field"]) == (400, "key")


async def test_an_act_on_an_older_version_is_refused_with_the_case(client: httpx.AsyncClient) -> None:
    made = await begun(client, kind="damage")
    approved = await act(client, made["number"], act="approve", key="1", version=made["version"])
    assert approved.status_code == 200
    late = await act(client, made["number"], act="decline", key="2", why="no", version=made["version"])
    assert error(late) == (409, "stale")
    assert late.json()["error"]["case"] == approved.json()
    # A request that is sent again got its answer under its key, whatever the version is by now.
    again = await act(client, made["number"], act="approve", key="1", version=made["version"])
    assert (again.status_code, again.json()) == (200, approved.json())


async def test_acts_out_of_order_are_refused_with_the_case(client: httpx.AsyncClient) -> None:
    made = await begun(client, kind="damage", wish="refund", way="shop")
    number = made["number"]
    await act(client, number, act="approve", key="1")
    refund = f"{number}-1"
    for n, told in enumerate(
        [
            {"act": "restock"},
            {"act": "repair"},
            {"act": "lose"},
            {"act": "acknowledge"},
            {"act": "close"},
            {"act": "confirm_refund", "refund": refund},
            {"act": "request_refund", "refund": refund},
            {"act": "doubt_refund", "refund": refund},
            {"act": "fail_refund", "refund": refund},
        ]
    ):
        answer = await act(client, number, key=f"o-{n}", **told)
        assert error(answer) == (409, "not_possible"), told
        assert answer.json()["error"]["case"]["number"] == number
    # A key of something that was refused is free again.
    assert (await act(client, number, act="receive", key="o-0")).status_code == 200


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"act": "explode"}, "act"),
        ({"act": "reopen"}, "act"),
        ({"act": "withdraw"}, "act"),
        ({}, "act"),
        ({"act": "decline"}, ""),
        ({"act": "decline", "why": " \n"}, ""),
        ({"act": "ask"}, ""),
        ({"act": "approve", "amount": "-1"}, "amount"),
        ({"act": "approve", "amount": "1.234"}, "amount"),
        ({"act": "approve", "amount": "1e400"}, "amount"),
        ({"act": "approve", "amount": "5.00"}, "amount"),
        ({"act": "approve", "amount": "500.00", "why": "generous"}, "amount"),
        ({"act": "close", "amount": "5.00"}, ""),
        ({"act": "approve", "version": 0}, "version"),
        ({"act": "approve", "version": "one"}, "version"),
        ({"act": "approve", "version": 2**31}, "version"),
        ({"act": "receive", "lines": []}, ""),
        ({"act": "receive", "lines": [{"id": 987654}]}, "lines"),
        ({"act": "receive", "lines": [{"id": 2**60}]}, "lines.0.id"),
        ({"act": "inspect"}, ""),
        ({"act": "inspect", "lines": [{"id": 1}]}, ""),
        ({"act": "inspect", "lines": [{"id": 1, "condition": "eaten"}]}, "lines.0.condition"),
        ({"act": "receive", "lines": [{"id": 1}, {"id": 1}]}, ""),
        ({"act": "approve", "lines": [{"id": 1}]}, ""),
        ({"act": "confirm_refund"}, ""),
        ({"act": "confirm_refund", "refund": "R-ZZZZZZZ-1"}, "refund"),
        ({"act": "close", "refund": "x"}, ""),
        ({"act": "close", "provider_id": "x"}, ""),
        ({"act": "close", "why": "x" * 2001}, "why"),
        ({"act": "close", "who": "root"}, "who"),
    ],
)
async def test_acts_that_can_not_be_taken_are_told(
    client: httpx.AsyncClient, told: dict[str, Any], field: str
) -> None:
    made = await begun(client, kind="damage")
    answer = await act(client, made["number"], key="k", **told)
    assert error(answer) == (422, "invalid_case"), answer.text
    assert field in [one["field"] for one in answer.json()["error"]["fields"]], answer.text
    stands = (await client.get(f"/api/v1/cases/{made['number']}")).json()
    assert stands["version"] == made["version"]


async def test_money_of_another_case_is_no_money_of_this(
    client: httpx.AsyncClient, database: Database
) -> None:
    with database.write() as connection:
        order(connection, "10999")
    one = await begun(client, kind="damage")
    other = await begun(client, kind="damage", order="10999")
    await act(client, other["number"], act="approve", key="1")
    answer = await act(client, one["number"], act="confirm_refund", key="2", refund=f"{other['number']}-1")
    assert error(answer) == (422, "invalid_case")


# --- following ------------------------------------------------------------------------------------


async def listed(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/api/v1/cases", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_cases_are_followed_by_a_cursor(client: httpx.AsyncClient, database: Database) -> None:
    numbers = []
    for n in range(5):
        with database.write() as connection:
            order(connection, f"2000{n}")
        numbers.append((await begun(client, order=f"2000{n}", kind="damage"))["number"])
    first = await listed(client, limit=2)
    assert [one["number"] for one in first["cases"]] == numbers[:2] and first["more"]
    # One that was read and one that wasn't change: both come at the end, once.
    await act(client, numbers[0], act="approve", key="a")
    await act(client, numbers[3], act="approve", key="a")
    seen, cursor, more = [], first["cursor"], True
    while more:
        page = await listed(client, limit=2, cursor=cursor)
        seen += [one["number"] for one in page["cases"]]
        cursor, more = page["cursor"], page["more"]
    assert seen == [numbers[2], numbers[4], numbers[0], numbers[3]]
    assert (await listed(client, cursor=cursor)) == {"cases": [], "cursor": cursor, "more": False}


async def test_cases_are_found_by_state_order_and_time(client: httpx.AsyncClient, database: Database) -> None:
    with database.write() as connection:
        order(connection, "20001")
    one = await begun(client, kind="damage")
    other = await begun(client, kind="damage", order="20001")
    await act(client, other["number"], act="approve", key="a")
    assert [c["number"] for c in (await listed(client, state="approved"))["cases"]] == [other["number"]]
    assert [c["number"] for c in (await listed(client, order="ORD-10234"))["cases"]] == [one["number"]]
    assert len((await listed(client, changed_since=AT.isoformat()))["cases"]) == 2
    later = (AT + timedelta(seconds=1)).isoformat()
    assert (await listed(client, changed_since=later))["cases"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=", "cursor"),
        ("cursor=1", "cursor"),
        ("cursor=c-1", "cursor"),
        ("cursor=c1'--", "cursor"),
        ("cursor=c" + "9" * 19, "cursor"),
        ("cursor=c%D9%A1", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=2&limit=3", "limit"),
        ("state=happy", "state"),
        ("changed_since=yesterday", "changed_since"),
        ("changed_since=2026-11-02T10:00:00", "changed_since"),
        ("changed_since=9999-12-31T23:59:59Z", "changed_since"),
        ("order=" + "1" * 500, "order"),
        ("surprise=1", "surprise"),
    ],
)
async def test_odd_questions_are_refused(client: httpx.AsyncClient, query: str, field: str) -> None:
    answer = await client.get(f"/api/v1/cases?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


async def test_nothing_is_missed_while_cases_change(client: httpx.AsyncClient, database: Database) -> None:
    """Numbers of events are given before their transactions commit: one that comes late isn't passed over."""
    orders = [f"3000{n}" for n in range(6)]
    with database.write() as connection:
        for number in orders:
            order(connection, number)
    made = [(await begun(client, order=number, kind="damage"))["number"] for number in orders]
    versions: dict[str, int] = {}
    running = True

    async def follow() -> None:
        cursor = "c0"
        while True:
            last = not running
            page = await listed(client, cursor=cursor, limit=3)
            cursor = page["cursor"]
            for one in page["cases"]:
                assert one["version"] >= versions.get(one["number"], 0)
                versions[one["number"]] = one["version"]
            if last and not page["more"]:
                return

    async def change(number: str, n: int) -> None:
        for step in range(5):
            answer = await act(client, number, act="ask", key=f"{n}-{step}", why="?")
            if answer.status_code == 409:
                case = answer.json()["error"]["case"]
                assert case["state"] == "needs_information"
            await act(client, number, act="approve", key=f"{n}-{step}-a")

    following = asyncio.create_task(follow())
    await asyncio.gather(*(change(number, n) for n, number in enumerate(made)))
    running = False
    await following
    final = {one["number"]: one["version"] for one in (await listed(client))["cases"]}
    assert versions == final and len(final) == 6


async def test_who_writes_is_waited_for(client: httpx.AsyncClient, database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("one writes at a time")
    one = await begun(client, kind="damage")
    with database.write() as connection:
        order(connection, "20001")
    other = await begun(client, kind="damage", order="20001")
    cursor = (await listed(client))["cursor"]
    with database.write() as slow:
        case = cases.find(slow, one["number"])
        assert case
        acts.note(slow, case.id, by(Actor.AGENT, "slow"), "note", "first number", {})
        with database.write() as quick:
            case = cases.find(quick, other["number"])
            assert case
            acts.note(quick, case.id, by(Actor.AGENT, "quick"), "note", "second number", {})
        asking = asyncio.create_task(listed(client, cursor=cursor))
        await asyncio.sleep(0.2)
        assert not asking.done()
    page = await asking
    assert [found["number"] for found in page["cases"]] == [one["number"], other["number"]]


async def test_the_description_is_right(database: Database, after_sales: AfterSales) -> None:
    blueprint = case_api.blueprint(database, (KEY,), after_sales)
    async with serving(blueprint, api_page.blueprint()) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
        OpenAPIV31SpecValidator(document).validate()
        assert {
            (path, method) for path, of in document["paths"].items() for method in of if "cases" in path
        } == {
            ("/api/v1/cases", "post"),
            ("/api/v1/cases", "get"),
            ("/api/v1/cases/{case_number}", "get"),
            ("/api/v1/cases/{case_number}/acts", "post"),
        }
        for name, model in document["components"]["schemas"].items():
            if name != "Error":
                for key, field in model["properties"].items():
                    assert field.get("description"), f"{name}.{key}"
        assert "POST /api/v1/cases" in (await client.get("/api/v1/docs")).text
