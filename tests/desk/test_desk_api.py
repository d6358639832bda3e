"""The desk's conversations over HTTP: who may, what is refused, what is shown, what is told live."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Blueprint

from bot.desk import transcripts
from bot.desk.accounts.sessions import COOKIE
from bot.desk.api import account_routes, conversation_routes, message_routes, order_routes
from bot.desk.dependencies import DeskDependencies
from bot.desk.desk_events import DeskEvents
from bot.runtime.bus import Bus
from bot.runtime.files import Files
from bot.shop import facts as shops
from bot.shop.faq import load_faq
from channels.splitting import Capabilities
from store.accounts import audit
from store.conversations import attachments, outbox, proofs, suppressions
from store.conversations.memory import Memory
from store.conversations.transcript import append
from store.core import mails
from store.core.database import Database
from store.core.events import MessageQueued
from store.orders import orders
from store.orders.order_example import EXAMPLE
from store.orders.records import OrderRecord, context
from store.vocabulary import Author, Suppression
from tests.desk.shop import START, Shop
from tests.desk.staff import SECRET, Member, desk_parts, member, texts
from tests.paths import ROOT
from tests.runtime.test_files import png
from tests.serving import serving

FILE = {
    "kind": "image", "reference": "f", "media_type": "image/png", "size": 9, "state": "refused", "name": "",
}  # fmt: skip
WINDOW = Capabilities(text=2000, window=timedelta(hours=24), human_window=timedelta(days=7))
SHOP = shops.load(ROOT / "shop.yml")
FAQ = load_faq(ROOT / "data" / "faq", SHOP, SHOP.languages)


@dataclass
class Office:
    """A served desk, its customers, and two agents and an admin who are signed in."""

    shop: Shop
    service: DeskDependencies
    client: httpx.AsyncClient
    anna: Member
    bert: Member
    chief: Member
    queued: list[MessageQueued]

    async def ask(
        self, who: Member | None, method: str, path: str, body: Any = None, **more: Any
    ) -> httpx.Response:
        headers = {**(who.headers if who else {}), **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        return await self.client.request(method, f"/desk/v1/{path}", headers=headers, **more)

    async def get(self, path: str, who: Member | None = None) -> Any:
        answer = await self.ask(who or self.anna, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, who: Member | None = None) -> httpx.Response:
        return await self.ask(who or self.anna, "POST", path, {} if body is None else body)

    def audited(self) -> list[tuple[str, str, str]]:
        with self.shop.database.read() as connection:
            return [(one.who, one.action, one.target) for one in reversed(audit.entries(connection))]


def blueprints(service: DeskDependencies, database: Database) -> list[Blueprint]:
    accounts = account_routes.blueprint(desk_parts(database, public_url=None))
    return [accounts, conversation_routes.blueprint(service), order_routes.blueprint(service)]


@asynccontextmanager
async def opened(database: Database, folder: Path) -> AsyncIterator[Office]:
    able = {"sms": Capabilities(text=640), "messenger": WINDOW}
    shop = Shop(database, able, SHOP.service_clock.due)
    shop.now = datetime.now(UTC)
    bus, desk_events = Bus(database), DeskEvents()
    desk_events.follow(bus)
    await bus.start()
    queued: list[MessageQueued] = []
    bus.subscribe(MessageQueued, queued.append)
    service = DeskDependencies(
        database=database,
        desk=shop.desk,
        desk_events=desk_events,
        files=Files(folder, SECRET),
        texts=texts(),
        shop=SHOP,
        faq=FAQ,
        public_url=None,
        clock=lambda: shop.now,
    )
    anna, bert, chief = (
        member(database, "Anna"), member(database, "Bert"), member(database, "Chief", "admin"),
    )  # fmt: skip
    async with serving(
        *blueprints(service, database), RESPONSE_TIMEOUT=10, REQUEST_MAX_SIZE=1_000_000
    ) as client:
        yield Office(shop, service, client, anna, bert, chief, queued)
    await bus.stop()


@pytest.fixture
async def office(database: Database, tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(database, tmp_path) as one:
        yield one


def order(office: Office, number: str = "10234", state: str = "paid", **more: Any) -> None:
    record = OrderRecord.model_validate(
        {
            "number": number,
            "customer": {"name": "Ona Onaitė", "email": "ona@example.com", "language": "lt"},
            "state": state,
            "currency": "EUR",
            "total": "59.90",
            "address": "Elm Street 5",
            "placed_at": "2026-03-01T10:00:00Z",
            "lines": [{"sku": "S-1", "name": "Linen shirt", "quantity": 1, "unit_price": "59.90"}],
            **more,
        },
        context=context("LT"),
    )
    with office.shop.database.write() as connection:
        orders.upsert(connection, record)


# --- who may ---------------------------------------------------------------------------------------


async def test_every_route_needs_a_session_and_the_token_against_forgery(office: Office) -> None:
    which = office.shop.talk("person")
    app = blueprints(office.service, office.shop.database)
    routes = [
        (method, route.path.lstrip("/"))
        for one in app[1:]
        for route in one.routes
        for method in route.methods
    ] or [
        (method, f"v1/{future.uri.removeprefix('/v1/')}")
        for one in app[1:]
        for future in one._future_routes
        for method in future.methods or ()
    ]
    assert len(routes) >= 24
    for method, path in routes:
        path = path.removeprefix("desk/").removeprefix("v1/")
        path = path.replace("<conversation_id:str>", str(which)).replace("<order_number:str>", "10234")
        path = path.replace("<callback_id:str>", "1")
        if method in ("HEAD", "OPTIONS"):
            continue
        out = await office.ask(None, method, path, {} if method == "POST" else None)
        assert (out.status_code, out.json()["error"]["code"]) == (401, "signed_out"), (method, path)
        stale = {"Cookie": f"{COOKIE}={'x' * 43}", "X-CSRF-Token": "x"}
        out = await office.ask(None, method, path, headers=stale)
        assert out.status_code == 401, path
        if method != "GET":
            for token in ({}, {"X-CSRF-Token": office.bert.csrf}):
                cookie = {"Cookie": f"{COOKIE}={office.anna.token}", **token}
                out = await office.ask(None, method, path, {}, headers=cookie)
                assert (out.status_code, out.json()["error"]["code"]) == (403, "csrf"), path
    assert office.shop.get(which).owner == "queue"
    assert office.audited() == []


async def test_what_is_not_there_is_not_found(office: Office) -> None:
    office.shop.talk("person")
    for strange in ["0", "-1", "999999", "9" * 30, "x", "1%20or%201=1", "%00"]:
        asked = [("GET", ""), ("GET", "/messages"), ("GET", "/transcript"), ("GET", "/orders")]
        for method, path in asked:
            out = await office.ask(office.anna, method, f"conversations/{strange}{path}")
            assert (out.status_code, out.json()["error"]["code"]) == (404, "not_found"), path
        bodies: dict[str, Any] = {
            "claim": {},
            "release": {},
            "bot": {},
            "close": {"disposition": "answered"},
            "assign": {"agent_id": office.anna.agent.id},
            "messages": {"client_msg_id": "1", "text": "hi"},
            "typing": {},
            "read": {"seq": 1},
            "view": {},
            "notes": {"text": "hm"},
            "transcript": {"email": "a@example.com"},
        }
        for path, body in bodies.items():
            out = await office.post(f"conversations/{strange}/{path}", body)
            assert (out.status_code, out.json()["error"]["code"]) == (404, "not_found"), path
    assert office.audited() == []


async def test_what_somebody_has_is_not_anybody_elses(office: Office) -> None:
    which = office.shop.talk("person")
    assert (await office.post(f"conversations/{which}/claim")).json()["conversation"]["agent"] == {
        "id": office.anna.agent.id,
        "name": "Anna",
    }
    assert (await office.post(f"conversations/{which}/claim")).status_code == 200, "again is no conflict"
    for path, body in [
        ("claim", {}),
        ("release", {}),
        ("bot", {}),
        ("close", {"disposition": "answered"}),
        ("assign", {"agent_id": office.bert.agent.id}),
    ]:
        out = await office.post(f"conversations/{which}/{path}", body, office.bert)
        assert out.status_code == 409
        assert (out.json()["error"]["code"], out.json()["error"]["agent"]) == ("taken", "Anna")
    out = await office.post(
        f"conversations/{which}/messages", {"client_msg_id": "1", "text": "me too"}, office.bert
    )
    assert (out.status_code, out.json()["error"]["code"]) == (409, "wrong_state")
    assert out.json()["error"]["agent"] == "Anna"
    texts_ = [entry.text for entry in office.shop.transcript(which)]
    assert texts_ == ["person", "re person", "utter_person_joined (en) Anna"]
    # An admin may do all of it.
    out = await office.post(
        f"conversations/{which}/messages", {"client_msg_id": "1", "text": "hello"}, office.chief
    )
    assert out.status_code == 201
    out = await office.post(f"conversations/{which}/assign", {"agent_id": office.bert.agent.id}, office.chief)
    assert out.json()["conversation"]["agent"]["name"] == "Bert"


async def test_from_claim_to_close_with_all_that_is_noted(office: Office) -> None:
    which = office.shop.talk("person", "hello?")
    here = f"conversations/{which}"
    await office.post(f"{here}/claim")
    await office.post(f"{here}/messages", {"client_msg_id": "c1", "text": " Good morning "})
    await office.post(f"{here}/release")
    assert (await office.post(f"{here}/release")).json()["error"]["code"] == "wrong_state"
    await office.post(f"{here}/claim", who=office.bert)
    await office.post(f"{here}/bot", {"text": "Bye"}, office.bert)
    assert office.shop.get(which).memory == Memory({"order": "10234"})
    await office.post(f"{here}/claim", who=office.bert)
    bye = {"disposition": "answered", "text": "Bye", "survey": True}
    closed = await office.post(f"{here}/close", bye, office.bert)
    assert (closed.json()["conversation"]["owner"], closed.json()["conversation"]["disposition"]) == (
        "closed",
        "answered",
    )
    shown = await office.get(here)
    said = [(one["author"], one["author_name"], one["text"]) for one in shown["messages"][4:]]
    assert said == [
        ("system", None, "utter_person_joined (en) Anna"),
        ("agent", "Anna", "Good morning"),
        ("system", None, "utter_person_joined (en) Bert"),
        ("agent", "Bert", "Bye"),
        ("bot", None, "utter_back_from_person (en)"),
        ("system", None, "utter_person_joined (en) Bert"),
        ("agent", "Bert", "Bye"),
        ("system", None, "utter_conversation_closed (en)"),
        ("bot", None, "utter_survey (en)"),
    ]
    assert [(one["from"], one["to"], one["by"]) for one in shown["events"]] == [
        ("bot", "queue", "bot"),
        ("queue", "human", "Anna"),
        ("human", "queue", "Anna"),
        ("queue", "human", "Bert"),
        ("human", "bot", "Bert"),
        ("bot", "human", "Bert"),
        ("human", "closed", "Bert"),
    ]
    assert shown["conversation"]["reason"] is None, "the request is resolved"
    place = f"conversation:{which}"
    anna, bert = office.anna.agent.email, office.bert.agent.email
    assert office.audited() == [
        (anna, "claimed", place),
        (anna, "replied", place),
        (anna, "released", place),
        (bert, "claimed", place),
        (bert, "handed_back", place),
        (bert, "claimed", place),
        (bert, "closed", place),
    ]
    assert "morning" not in str(office.audited())
    # The customer writes again: the bot has it, and its disposition is forgotten.
    office.shop.talk("hello")
    shown = (await office.get(here))["conversation"]
    assert (shown["owner"], shown["disposition"], shown["agent"]) == ("bot", None, None)


# --- messages --------------------------------------------------------------------------------------


async def test_a_repeated_request_is_the_same_message(office: Office) -> None:
    which = office.shop.talk("person", address="+37061111111", channel="sms")
    here = f"conversations/{which}"
    await office.post(f"{here}/claim")
    body = {"client_msg_id": "c-1", "text": "one"}
    answers = await asyncio.gather(*(office.post(f"{here}/messages", body) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 200, 201]
    messages = [one.json()["message"] for one in answers]
    assert {one["seq"] for one in messages} == {4}
    assert messages[0]["client_msg_id"] == "c-1"
    assert messages[0]["delivery"] == {"state": "queued", "reason": None}
    assert office.queued
    await office.post(f"{here}/bot")
    assert (await office.post(f"{here}/messages", body)).status_code == 200, "also when it is no longer ours"
    other = {**body, "client_msg_id": "c-2"}
    assert (await office.post(f"{here}/messages", other)).json()["error"]["code"] == "wrong_state"


async def test_two_agents_with_the_same_message_id_do_not_meet(office: Office) -> None:
    which = office.shop.talk("person")
    here = f"conversations/{which}"
    await office.post(f"{here}/claim")
    first = await office.post(f"{here}/messages", {"client_msg_id": "1", "text": "from Anna"})
    # An admin may answer in anybody's.
    second = await office.post(f"{here}/messages", {"client_msg_id": "1", "text": "from Chief"}, office.chief)
    assert (first.status_code, second.status_code) == (201, 201)
    assert [one.text for one in office.shop.transcript(which)][-2:] == ["from Anna", "from Chief"]


async def test_where_the_window_has_closed_nothing_is_written(office: Office) -> None:
    which = office.shop.talk("person", address="77", channel="messenger")
    here = f"conversations/{which}"
    await office.post(f"{here}/claim")
    send = (await office.get(here))["conversation"]["send"]
    assert (send["state"], send["segments"], send["limit"]) == ("open", False, 4000)
    office.shop.now += timedelta(hours=30)
    assert (await office.get(here))["conversation"]["send"]["state"] == "late"
    assert (await office.post(f"{here}/messages", {"client_msg_id": "1", "text": "x"})).status_code == 201
    office.shop.now += timedelta(days=7)
    out = await office.post(f"{here}/messages", {"client_msg_id": "2", "text": "x"})
    assert (out.status_code, out.json()["error"]["code"]) == (409, "window_closed")
    assert (await office.post(f"{here}/close", {"disposition": "answered", "text": "x"})).status_code == 409
    assert office.shop.get(which).owner == "human", "all or nothing"
    assert (await office.post(f"{here}/close", {"disposition": "answered"})).status_code == 200
    assert office.shop.transcript(which)[-1].text == "x", "nothing that could not go out"


async def test_nobody_writes_to_who_wants_no_messages(office: Office) -> None:
    which = office.shop.talk("person", address="+37061111111", channel="sms")
    with office.shop.database.write() as connection:
        suppressions.add(connection, "sms", "+37061111111", Suppression.STOPPED, office.shop.now)
    here = f"conversations/{which}"
    assert (await office.post(f"{here}/claim")).json()["conversation"]["send"]["state"] == "stopped"
    out = await office.post(f"{here}/messages", {"client_msg_id": "2", "text": "x"})
    assert (out.status_code, out.json()["error"]["code"]) == (409, "stopped")


async def test_a_claim_withdraws_what_the_bot_has_not_sent(office: Office) -> None:
    which = office.shop.talk("hi", address="+37061111111", channel="sms")
    await office.post(f"conversations/{which}/claim")
    shown = (await office.get(f"conversations/{which}"))["messages"]
    assert [one["delivery"] and one["delivery"]["state"] for one in shown] == [None, "withdrawn", "queued"]
    with office.shop.database.write() as connection:
        assert [one.seq for one in outbox.claim(connection, office.shop.now, 9)] == [3]


async def test_a_long_thread_comes_in_pages(office: Office) -> None:
    which = office.shop.talk("hi")
    with office.shop.database.write() as connection:
        for n in range(3, 452):
            append(connection, which, Author.BOT, str(n), office.shop.now, reply_to=1)
    last = (await office.get(f"conversations/{which}"))["messages"]
    older = (await office.get(f"conversations/{which}/messages?before={last[0]['seq']}"))["messages"]
    oldest = (await office.get(f"conversations/{which}/messages?before={older[0]['seq']}"))["messages"]
    assert [one["seq"] for one in oldest + older + last] == list(range(1, 452))
    newer = (await office.get(f"conversations/{which}?after=449"))["messages"]
    assert [one["seq"] for one in newer] == [450, 451]
    assert (await office.get(f"conversations/{which}/messages?before=1"))["messages"] == []


async def test_files_go_out_as_links_and_come_back_in_the_thread(office: Office, tmp_path: Path) -> None:
    which = office.shop.talk("person")
    here = f"conversations/{which}"
    send = {"file": ("../label.png", png(), "image/gif")}
    out = await office.ask(office.anna, "POST", f"{here}/files", files=send)
    assert out.json()["error"]["code"] == "wrong_state"
    assert not any(tmp_path.glob("[0-9a-f]*")), "what isn't sent isn't kept"
    await office.post(f"{here}/claim")
    out = await office.ask(office.anna, "POST", f"{here}/files", files=send, data={"text": "Your label"})
    assert out.status_code == 201, out.text
    (attached,) = out.json()["message"]["attachments"]
    assert (attached["name"], attached["media_type"], attached["kind"]) == ("label.png", "image/png", "image")
    assert out.json()["message"]["text"].startswith("Your label\nhttp")
    assert f"/files/{attached['id']}?" in out.json()["message"]["text"]
    large = {"file": ("notes.txt", b"x" * 3_000_000, "text/plain")}
    assert (await office.ask(office.anna, "POST", f"{here}/files", files=large)).status_code == 201
    large = {"file": ("notes.txt", b"x" * (message_routes.MAX_FILE + 1), "text/plain")}
    assert (await office.ask(office.anna, "POST", f"{here}/files", files=large)).status_code == 413
    bad = {"file": ("x.exe", b"MZ\x90\x00" + bytes(60), "image/png")}
    out = await office.ask(office.anna, "POST", f"{here}/files", files=bad)
    assert (out.status_code, out.json()["error"]["field"]) == (400, "file")
    assert (await office.ask(office.anna, "POST", f"{here}/files", {})).status_code == 400
    for form, field in (
        ({"text": "x" * 4001}, "text"),
        ({"text": ["a", "b"]}, "text"),
        ({"client_msg_id": "a b"}, "client_msg_id"),
        ({"surprise": "1"}, "surprise"),
    ):
        out = await office.ask(office.anna, "POST", f"{here}/files", files=send, data=form)
        assert (out.status_code, out.json()["error"]["field"]) == (400, field), form
    blank = {"text": "", "client_msg_id": ""}
    assert (await office.ask(office.anna, "POST", f"{here}/files", files=send, data=blank)).status_code == 201


WRONG: list[tuple[str, Any, str]] = [
    ("messages", {"client_msg_id": "1"}, "text"),
    ("messages", {"client_msg_id": "1", "text": " \n"}, "text"),
    ("messages", {"client_msg_id": "1", "text": "x" * 4001}, "text"),
    ("messages", {"client_msg_id": "1", "text": "\ud83d"}, "text"),
    ("messages", {"client_msg_id": "1", "text": 5}, "text"),
    ("messages", {"client_msg_id": "", "text": "x"}, "client_msg_id"),
    ("messages", {"client_msg_id": "x" * 81, "text": "x"}, "client_msg_id"),
    ("messages", {"client_msg_id": {}, "text": "x"}, "client_msg_id"),
    ("bot", {"text": ["x"]}, "text"),
    ("close", {}, "disposition"),
    ("close", {"disposition": "won"}, "disposition"),
    ("close", {"disposition": "answered", "survey": "yes"}, "survey"),
    ("assign", {}, "agent_id"),
    ("assign", {"agent_id": "1"}, "agent_id"),
    ("assign", {"agent_id": 999_999}, "agent_id"),
    ("read", {"seq": -1}, "seq"),
    ("read", {"seq": True}, "seq"),
    ("notes", {"text": ""}, "text"),
    ("notes", {"text": "x", "mentions": [1.5]}, "mentions"),
    ("notes", {"text": "x", "mentions": {"1": 1}}, "mentions"),
    ("transcript", {"email": "nobody"}, "email"),
]


async def test_wrong_fields_are_named(office: Office) -> None:
    which = office.shop.talk("person")
    await office.post(f"conversations/{which}/claim")
    for path, body, field in WRONG:
        out = await office.ask(
            office.anna,
            "POST",
            f"conversations/{which}/{path}",
            content=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        assert (out.status_code, out.json()["error"]["code"]) == (400, "bad_request"), (path, body)
        assert out.json()["error"]["field"] == field
    assert office.shop.get(which).owner == "human"
    assert len(office.shop.transcript(which)) == 3


async def test_wrong_lists_are_refused(office: Office) -> None:
    wrong = ["view=none", "agent=x", "channel=a%20b", "after=x", "view=mine&after=x", "q=" + "x" * 101]
    for query in wrong:
        out = await office.ask(office.anna, "GET", f"conversations?{query}")
        assert (out.status_code, out.json()["error"]["code"]) == (400, "bad_request"), query


# --- lists -----------------------------------------------------------------------------------------


async def test_lists_show_what_they_say(office: Office) -> None:
    shop = office.shop
    one = shop.talk("person one", address="a")
    two = shop.talk("person two", address="+37062222222", channel="sms", language="lt")
    three = shop.talk("hi", address="c")
    four = shop.talk("hi", address="d")
    await office.post(f"conversations/{two}/claim")
    await office.post(f"conversations/{four}/close", {"disposition": "spam"})

    async def ids(query: str, who: Member | None = None) -> list[int]:
        return [each["id"] for each in (await office.get(f"conversations?{query}", who))["conversations"]]

    assert await ids("view=queue") == [one]
    assert await ids("view=mine") == [two]
    assert await ids("view=mine", office.bert) == []
    assert sorted(await ids("view=all")) == [one, two]
    assert await ids("view=bot") == [three]
    assert await ids("view=closed") == [four]
    assert await ids("view=all&channel=sms") == [two]
    assert await ids("view=all&language=en") == [one]
    assert await ids(f"view=all&agent={office.anna.agent.id}") == [two]
    assert await ids("view=all&q=PERSON%20TWO") in ([two], []), "case is the database's matter"
    assert await ids("view=all&q=person%20two") == [two]
    assert await ids("view=all&q=%2B3706222") == [two]
    assert await ids("view=all&q=%25") == [], "a sign of the query language means itself"
    shop.write("are you there?", "+37062222222", "sms")
    shown = await office.get("conversations?view=mine")
    assert shown["counts"] == {"queue": 1, "mine": 1, "all": 2, "unread": 1}
    assert shown["conversations"][0]["unread"] == 2
    assert shown["conversations"][0]["preview"] == "are you there?"
    assert shown["conversations"][0]["waiting_since"] is not None
    last = shop.get(two).last_seq
    assert (await office.post(f"conversations/{two}/read", {"seq": last + 99})).status_code == 204
    assert (await office.get("conversations?view=mine"))["counts"]["unread"] == 0
    shop.write("hello?", "+37062222222", "sms")
    assert (await office.get("conversations?view=mine"))["conversations"][0]["unread"] == 1


async def test_who_goes_on_with_the_bot_still_waits(office: Office) -> None:
    which = office.shop.talk("person")
    token = office.shop.transcript(which)[-1].buttons[0]["token"]
    with office.shop.database.write() as connection:
        from store.conversations import inbox

        inbox.accept(
            connection,
            channel="web",
            account="default",
            external_id="press",
            address="anna",
            text="",
            press=token,
            language="en",
            request_id="r",
            at=office.shop.now,
        )
    office.shop.work()
    assert office.shop.get(which).owner == "bot"
    assert [one["id"] for one in (await office.get("conversations"))["conversations"]] == [which]
    await office.post(f"conversations/{which}/claim")
    assert (await office.get("conversations"))["counts"]["queue"] == 0


async def test_long_lists_come_in_pages_without_gaps(office: Office) -> None:
    ids = []
    for n in range(120):
        office.shop.now += timedelta(seconds=n % 3)  # some at the same moment
        ids.append(office.shop.write("hi", f"v{n}").conversation_id)
    found: list[int] = []
    query = "conversations?view=bot"
    while True:
        page = await office.get(query)
        found += [one["id"] for one in page["conversations"]]
        if page["next"] is None:
            break
        query = str(httpx.URL("conversations", params={"view": "bot", "after": page["next"]}))
    assert sorted(found) == ids
    assert len(set(found)) == 120


async def test_a_customer_is_found_by_name_contact_and_order(office: Office) -> None:
    order(office)
    which = office.shop.talk("person")
    office.shop.talk("person", address="other")
    with office.shop.database.write() as connection:
        proofs.succeed(connection, which, "ona@example.com")
    for text in ("Onaitė", "onaitė", "ona@exa", "10234", "No. 10234"):
        found = await office.ask(office.anna, "GET", "conversations", params={"view": "all", "q": text})
        assert [one["id"] for one in found.json()["conversations"]] == [which], text
    customer = (await office.get(f"conversations/{which}"))["conversation"]["customer"]
    assert customer == {"name": "Ona Onaitė", "contact": "ona@example.com", "proven_by": "order"}


# --- beside the conversation -----------------------------------------------------------------------


async def test_notes_mentions_and_viewers(office: Office) -> None:
    which = office.shop.talk("person")
    here = f"conversations/{which}"
    body = {"text": "ask @Bert", "mentions": [office.bert.agent.id, office.bert.agent.id, 12345]}
    note = (await office.post(f"{here}/notes", body)).json()["note"]
    assert (note["author_name"], note["mentions"], note["after_seq"]) == ("Anna", [office.bert.agent.id], 2)
    assert [one["text"] for one in (await office.get(here))["notes"]] == ["ask @Bert"]
    assert "Bert" not in str([entry.text for entry in office.shop.transcript(which)])
    assert (await office.post(f"{here}/view")).json() == {"viewers": []}
    assert (await office.post(f"{here}/view", who=office.bert)).json()["viewers"][0]["name"] == "Anna"
    assert (await office.get("conversations"))["conversations"][0]["viewers"] == ["Bert"]
    office.shop.now += timedelta(seconds=46)
    assert (await office.post(f"{here}/view")).json() == {"viewers": []}


async def test_transcripts(office: Office) -> None:
    which = office.shop.talk("person", address="+37061111111", channel="sms", language="lt")
    here = f"conversations/{which}"
    with office.shop.database.write() as connection:
        attachments.add(connection, which, 1, [dict(FILE, name="žalia.png"), dict(FILE, name="")], START)
        withdrawn = append(connection, which, Author.BOT, "never sent", office.shop.now)
        outbox.add(connection, office.shop.get(which), withdrawn, sent=False, at=office.shop.now)
    await office.post(f"{here}/claim")
    await office.post(f"{here}/notes", {"text": "a secret"})
    await office.post(f"{here}/messages", {"client_msg_id": "1", "text": "one\ntwo"})
    out = await office.ask(office.anna, "GET", f"{here}/transcript")
    assert out.headers["content-type"].startswith("text/plain")
    assert out.headers["content-disposition"] == f'attachment; filename="conversation-{which}.txt"'
    at = office.shop.now.astimezone(SHOP.timezone).strftime("%Y-%m-%d %H:%M %Z")
    assert out.text.split("\n\n") == [
        "Pokalbis su „Linden & Co“",
        f"Klientas, {at}\nperson\n[failas: žalia.png]\n[failas: image]",
        f"Linden & Co, {at}\nutter_person_joined (lt) Anna",
        f"Anna, {at}\none\ntwo\n",
    ]
    out = await office.post(f"{here}/transcript", {"email": "ona@example.com"})
    assert out.status_code == 202
    with office.shop.database.write() as connection:
        (first,) = mails.due(connection, datetime.now(UTC) + timedelta(minutes=1), datetime.now(UTC), 9)
    assert (first.recipient, first.attachment_name) == ("ona@example.com", f"conversation-{which}.txt")
    assert (first.subject, first.body[:8]) == ("Linden & Co: mūsų pokalbis", "Sveiki,\n")
    assert first.attachment and "one\ntwo" in first.attachment and "secret" not in first.attachment
    assert [action for _, action, _ in office.audited()][-2:] == ["transcript_read", "transcript_mailed"]


async def test_a_transcript_is_whole_or_says_that_it_is_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = office.shop.talk("hi")
    with office.shop.database.write() as connection:
        for n in range(450):
            append(connection, which, Author.CUSTOMER, f"line {n}", office.shop.now)
    path = f"conversations/{which}/transcript"
    whole = (await office.ask(office.anna, "GET", path)).text
    assert [n for n in range(450) if f"\nline {n}\n" not in whole] == []
    monkeypatch.setattr(transcripts, "MAX_MESSAGES", 300)
    part = (await office.ask(office.anna, "GET", path)).text
    assert part.startswith("Conversation with Linden & Co\n\nEarlier messages are left out.\n\n")
    assert "line 149\n" not in part and "line 150\n" in part and "line 449\n" in part


async def test_an_order_shows_what_was_paid_and_how_its_parcels_stand(office: Office) -> None:
    said = {name: EXAMPLE[name] for name in ("total", "delivery_paid", "lines", "shipments")}
    order(office, "10234", "shipped", **said)
    order(office, "10235")
    which = office.shop.talk("person")
    with office.shop.database.write() as connection:
        proofs.succeed(connection, which, "ona@example.com")
    shown = {one["number"]: one for one in (await office.get(f"conversations/{which}/orders"))["orders"]}
    one, plain = shown["10234"], shown["10235"]
    mugs, cream = one["lines"]
    assert (one["delivery_paid"], mugs["paid"], mugs["options"]) == ("4.90", "54.90", {"colour": "blue"})
    assert (mugs["returnable"], cream["returnable"], cream["options"]) == (True, False, {})
    arrived, waiting = one["shipments"]
    assert (arrived["delivered_at"], arrived["fetch_until"]) == ("2026-05-06T11:20:00+00:00", None)
    assert arrived["contents"] == [{"name": "Set of four mugs", "quantity": 2}]
    assert (waiting["state"], waiting["delivered_at"], waiting["fetch_until"]) == (
        *("waiting", None, "2026-05-12"),
    )
    assert plain["delivery_paid"] is None and plain["lines"][0]["paid"] is None


async def test_orders_are_shown_and_changed_as_their_state_allows(office: Office) -> None:
    order(office)
    order(office, "10235", "shipped", placed_at="2026-03-02T10:00:00Z")
    which = office.shop.talk("person")
    shown = (await office.get(f"conversations/{which}/orders"))["orders"]
    assert shown == [], "nothing is proven yet"
    with office.shop.database.write() as connection:
        proofs.succeed(connection, which, "ona@example.com")
    await office.post(f"conversations/{which}/claim")
    shown = (await office.get(f"conversations/{which}/orders"))["orders"]
    assert [(one["number"], one["can_cancel"]) for one in shown] == [("10235", False), ("10234", True)]
    about = {"conversation": which}
    assert (await office.get(f"orders/10234?conversation={which}"))["order"]["total"] == "59.90"
    assert (await office.post("orders/99999/cancel", about)).status_code == 403
    assert (await office.post("orders/99999/cancel", about, office.chief)).status_code == 404
    assert (await office.post("orders/10234/cancel", {"conversation": 999_999})).status_code == 404
    assert (await office.post("orders/10234/cancel", {})).json()["error"]["field"] == "conversation"
    out = await office.post("orders/10235/cancel", about)
    assert (out.status_code, out.json()["error"]["code"], out.json()["error"]["state"]) == (
        409,
        "not_allowed",
        "shipped",
    )
    out = await office.post("orders/10234/address", {**about, "address": "Mill Lane 4"})
    assert out.json()["order"]["address"] == "Mill Lane 4"
    out = await office.post("orders/10234/address", {**about, "address": " "})
    assert out.json()["error"]["field"] == "address"
    assert (await office.post("orders/10234/cancel", about)).json()["order"]["state"] == "cancelled"
    assert (await office.post("orders/10234/invoice", about)).json()["error"]["code"] == "not_allowed"
    actions = [(action, target) for _, action, target in office.audited()]
    assert actions == [
        ("claimed", f"conversation:{which}"),
        ("order_read", "order:10234"),
        ("order_readdressed", "order:10234"),
        ("order_cancelled", "order:10234"),
    ]


async def test_an_invoice_is_sent_by_who_has_the_conversation(office: Office) -> None:
    invoice = {"number": "I-1", "url": "https://linden.example/i/1", "issued_at": "2026-03-01T11:00:00Z"}
    order(office, invoices=[invoice])
    which = office.shop.talk("person")
    with office.shop.database.write() as connection:
        proofs.succeed(connection, which, "ona@example.com")
    assert (await office.post("orders/10234/invoice", {"conversation": which})).status_code == 409
    assert office.audited() == [], "what isn't done isn't noted"
    await office.post(f"conversations/{which}/claim")
    assert (await office.post("orders/10234/invoice", {"conversation": which})).status_code == 200
    assert office.shop.transcript(which)[-1].author == "agent"


async def test_ready_answers_have_the_facts_filled_in(office: Office) -> None:
    found = (await office.get("canned?language=lt"))["answers"]
    assert len(found) > 5
    assert not any("{" in one["text"] for one in found)
    word = found[0]["title"].split()[0]
    some = (await office.ask(office.anna, "GET", "canned", params={"language": "lt", "q": word})).json()
    assert 0 < len(some["answers"]) <= len(found)
    which = office.shop.talk("person", language="lt")
    assert (await office.get(f"canned?conversation={which}"))["answers"] == found
    assert (await office.get("canned?q=zzzzzz"))["answers"] == []


async def test_figures_and_call_backs_of_an_empty_and_a_busy_desk(office: Office) -> None:
    office.shop.now = datetime(2026, 11, 24, 15, 59, 30, tzinfo=UTC)  # half a minute before they close
    empty = await office.get("figures")
    assert (empty["waiting"], empty["longest_wait_seconds"], empty["answered_in_target"]) == (0, None, None)
    which = office.shop.talk("person")
    office.shop.talk("person", address="other")
    office.shop.now = datetime(2026, 11, 25, 7, 1, tzinfo=UTC)  # a minute after they opened
    await office.post(f"conversations/{which}/claim")
    await office.post(f"conversations/{which}/messages", {"client_msg_id": "1", "text": "x"})
    office.shop.now += timedelta(minutes=31)
    await office.post(f"conversations/{which}/close", {"disposition": "answered"})
    busy = await office.get("figures?days=1")
    assert (busy["waiting"], busy["longest_wait_seconds"], busy["handoffs"]) == (1, 55_950, 2)
    assert (busy["answered_in_target"], busy["resolved_in_target"], busy["overdue"]) == (0.5, 1.0, 1)
    assert busy["resolution_seconds"] == {"median": 90 + 31 * 60, "p90": 90 + 31 * 60}
    assert busy["first_answer_seconds"] == {"median": 90, "p90": 90}
    anna = {"id": office.anna.agent.id, "name": "Anna", "open": 0, "closed": 1}
    assert {**anna, "satisfaction": None, "ratings": 0} in busy["agents"]
    assert (await office.get("callbacks")) == {"callbacks": []}
    assert (await office.post("callbacks/1/done")).status_code == 404
    assert (await office.ask(office.anna, "GET", "figures?days=0")).status_code == 400


async def test_what_customers_say_of_the_work_is_shown(office: Office) -> None:
    hostile = "<img src=x onerror=alert(1)> \u202e 'quick'"
    which = office.shop.talk("person")
    here = f"conversations/{which}"
    await office.post(f"{here}/claim")
    bye = {"disposition": "answered", "text": "bye", "survey": True}
    closed = (await office.post(f"{here}/close", bye)).json()["conversation"]
    assert (closed["owner"], closed["survey"]) == ("closed", None)
    for said in ("4", hostile):
        office.shop.write(said)
        office.shop.work()
    shown = await office.get(here)
    assert shown["conversation"]["owner"] == "closed"
    (rated,) = shown["surveys"]
    assert (rated["score"], rated["comment"]) == (4, hostile)
    assert shown["conversation"]["survey"] == rated
    figures = await office.get("figures")
    assert figures["satisfaction"] == {
        "asked": 1,
        "count": 1,
        "average": 4.0,
        "scores": [0, 0, 0, 1, 0],
        "comments": [{"score": 4, "comment": hostile, "conversation": which}],
    }

    async def anna_for(who: Member) -> tuple[Any, Any]:
        agents = (await office.get("figures", who))["agents"]
        (row,) = [one for one in agents if one["name"] == "Anna"]
        return row["satisfaction"], row["ratings"]

    assert await anna_for(office.anna) == await anna_for(office.chief) == (4.0, 1)
    assert await anna_for(office.bert) == (None, None)


# --- live ------------------------------------------------------------------------------------------


async def test_open_desks_hear_of_everything_at_once(tmp_path: Path, migrated_file: Path) -> None:
    import shutil

    shutil.copy(migrated_file, tmp_path / "live.db")
    database = Database(f"sqlite:///{tmp_path}/live.db")
    async with opened(database, tmp_path / "files") as office:
        which = office.shop.talk("person")
        heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

        async def listen(who: Member) -> None:
            async with office.client.stream("GET", "/desk/v1/events", headers=who.headers) as stream:
                assert stream.headers["content-type"].startswith("text/event-stream")
                kind = ""
                async for line in stream.aiter_lines():
                    if line == ": connected":
                        await heard.put(("connected", None))
                    elif line.startswith("event: "):
                        kind = line[7:]
                    elif line.startswith("data: "):
                        await heard.put((kind, json.loads(line[6:])))

        task = asyncio.create_task(listen(office.bert))

        async def expect(*wanted: tuple[str, Any]) -> None:
            for one in wanted:
                async with asyncio.timeout(5):
                    assert await heard.get() == one

        await expect(("connected", None))
        here = f"conversations/{which}"

        def about(kind: str, **more: Any) -> tuple[str, Any]:
            return ("conversation", {"id": which, **more, "kind": kind})

        hers = {"owner": "human", "agent": office.anna.agent.id}
        await asyncio.to_thread(office.shop.write, "hello?")
        # The shop of these tests stores without the gateway, which is what tells of it.
        await office.post(f"{here}/claim")
        await expect(about("owner"), about("message", seq=4, **hers))
        await office.post(f"{here}/typing")
        await expect(("typing", {"id": which, "author": "Anna", "agent": office.anna.agent.id}))
        await office.post(f"{here}/notes", {"text": "x", "mentions": [office.bert.agent.id]})
        await expect(about("note"), ("mention", {"id": which, "by": "Anna"}))
        await office.post(f"{here}/notes", {"text": "y", "mentions": [office.chief.agent.id]})
        await expect(about("note"))
        await office.post(f"{here}/messages", {"client_msg_id": "1", "text": "x"})
        await expect(about("message", seq=5, **hers))
        await office.post(f"{here}/release", who=office.bert)
        await office.post(f"{here}/release")
        await expect(about("owner"))
        await office.post(f"{here}/view")
        await expect(about("view"))
        office.service.desk_events.stop()
        async with asyncio.timeout(5):
            await task
    database.close()
