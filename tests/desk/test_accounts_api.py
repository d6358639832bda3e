"""The desk's accounts over HTTP: cookies, CSRF, roles, limits, and bodies of every kind."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sanic import Blueprint, HTTPResponse
from sanic.response import json as json_response

from bot.desk.accounts.sessions import COOKIE, IDLE, LIFETIME
from bot.desk.api import desk_blueprint
from bot.desk.api.account_routes import NETWORK_BURST, blueprint, signed_in
from bot.runtime.http.refusals import Conflict, TooManyRequests
from store.accounts import agents
from store.core import mails
from store.core.database import Database
from store.core.events import AgentsChanged, DomainEvent, MailQueued
from tests.desk.staff import CHEAP, Clock, Member, desk_parts, member
from tests.serving import serving

PASSWORD = "four words by chance"
ANNA = "anna@linden.example"
V1 = "/desk/v1"


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Any:
    """SQLite: what differs between the databases is tested without HTTP."""
    (tmp_path / "test.db").write_bytes(migrated_file.read_bytes())
    opened = Database(f"sqlite:///{tmp_path}/test.db")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def probe() -> Blueprint:
    """Routes of another part of the desk."""
    routes = desk_blueprint.blueprint("desk_probe")

    @routes.get("/v1/beat")
    async def beat(request: Any) -> Any:
        return json_response({"id": (await signed_in(request, passive=True)).agent.id})

    @routes.get("/page")
    async def page(_request: Any) -> Any:
        return HTTPResponse("page", headers={"Content-Security-Policy": "default-src 'self'"})

    return routes


@asynccontextmanager
async def desk(
    database: Database, clock: Clock | None = None, **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    parts = desk_parts(database, clock or Clock(), **more)
    async with serving(blueprint(parts), probe(), REQUEST_MAX_SIZE=1_000_000) as client:
        yield client


def join(database: Database, email: str = ANNA, **values: Any) -> int:
    with database.write() as connection:
        values = {"name": "Anna", "role": "agent", "password": CHEAP.hash(PASSWORD), **values}
        return agents.add(connection, email, **values).id


async def sign_in(client: httpx.AsyncClient, email: str = ANNA, **more: Any) -> httpx.Response:
    return await client.post(f"{V1}/sessions", json={"email": email, "password": PASSWORD, **more})


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    morsel = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    flags = {key: value for key, value in morsel.items() if value}
    return {"value": morsel.value, **flags}


def headers_of(answer: httpx.Response) -> dict[str, str]:
    return {
        "Cookie": f"{COOKIE}={cookie_of(answer)['value']}",
        "X-CSRF-Token": answer.json().get("csrf", ""),
    }


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_day_at_the_desk(database: Database) -> None:
    anna = join(database, languages=["lt"], skills=["returns"])
    async with desk(database) as client:
        answer = await sign_in(client, " Anna@LINDEN.example ")
        assert answer.status_code == 200
        client.cookies.clear()
        agent = {
            "id": anna,
            "email": ANNA,
            "name": "Anna",
            "role": "agent",
            "language": "en",
            "languages": ["lt"],
            "skills": ["returns"],
            "capacity": 6,
            "state": "offline",
            "totp": False,
        }
        assert answer.json()["agent"] == agent
        headers = headers_of(answer)
        me = (await client.get(f"{V1}/me", headers=headers)).json()
        assert me["agent"] == agent and me["csrf"] == headers["X-CSRF-Token"]
        assert me["shop"] == {
            "name": "Linden & Co",
            "colour": "#2f6b4f",
            "languages": ["en", "lt", "lv", "id", "kk"],
        }
        assert me["dispositions"][0] == {"id": "answered", "title": "Question answered"}
        assert me["agents"] == [{"id": anna, "name": "Anna", "state": "offline"}]
        change = {"state": "online", "language": "lt", "name": "  Anna \n Lind "}
        changed = await client.patch(f"{V1}/me", json=change, headers=headers)
        assert changed.json()["agent"] == {**agent, "state": "online", "language": "lt", "name": "Anna Lind"}
        assert (
            (await client.get(f"{V1}/me", headers=headers))
            .json()["dispositions"][0]["title"]
            .startswith("Ats")
        )
        out = await client.delete(f"{V1}/sessions/current", headers=headers)
        assert (out.status_code, cookie_of(out)["value"]) == (204, "")
        assert code(await client.get(f"{V1}/me", headers=headers)) == (401, "signed_out")


@pytest.mark.parametrize(
    ("url", "secure"), [("https://x.example", True), ("http://x.example", False), (None, False)]
)
async def test_the_cookie_is_for_the_desk_only(database: Database, url: str | None, secure: bool) -> None:
    join(database)
    async with desk(database, public_url=url) as client:
        cookie = cookie_of(await sign_in(client))
    assert len(cookie.pop("value")) == 43
    cookie.pop("expires", None)
    expected = {"path": "/desk", "samesite": "Strict", "httponly": True, "max-age": "43200"}
    assert cookie == {**expected, **({"secure": True} if secure else {})}


async def test_every_answer_stays_out_of_caches_and_frames(database: Database) -> None:
    anna = member(database)
    async with desk(database) as client:
        answers = [
            await client.get(f"{V1}/me", headers=anna.headers),
            await client.get(f"{V1}/me"),
            await client.get(f"{V1}/agents", headers=anna.headers),
            await client.post(f"{V1}/sessions", content=b"{"),
            await client.delete(f"{V1}/sessions/current", headers=anna.headers),
            await client.get("/desk/page"),
        ]
    assert [answer.status_code for answer in answers] == [200, 401, 403, 415, 204, 200]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
    assert answers[-1].headers["content-security-policy"] == "default-src 'self'"
    assert all("frame-ancestors 'none'" in one.headers["content-security-policy"] for one in answers[:-1])


async def test_a_new_session_at_every_sign_in(database: Database) -> None:
    join(database)
    async with desk(database) as client:
        # A cookie that somebody slipped into the browser is not taken over.
        planted = {"Cookie": f"{COOKIE}={'x' * 43}"}
        answer = await client.post(
            f"{V1}/sessions", json={"email": ANNA, "password": PASSWORD}, headers=planted
        )
        first = headers_of(answer)
        assert cookie_of(answer)["value"] != "x" * 43
        client.cookies.clear()
        answer = await client.post(
            f"{V1}/sessions", json={"email": ANNA, "password": PASSWORD}, headers=first
        )
        second = headers_of(answer)
        client.cookies.clear()
        assert second != first
        assert code(await client.get(f"{V1}/me", headers=first)) == (401, "signed_out")
        assert (await client.get(f"{V1}/me", headers=second)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/sessions/current"),
        ("PATCH", "/me"),
        ("POST", "/me/totp"),
        ("PUT", "/me/totp"),
        ("DELETE", "/me/totp"),
        ("POST", "/agents"),
        ("PATCH", "/agents/1"),
        ("POST", "/agents/1/invitation"),
    ],
)
async def test_changes_need_the_token(database: Database, method: str, path: str) -> None:
    admin, other = (member(database, name, role="admin") for name in ("Admin", "Other"))
    cookie = (b"Cookie", admin.headers["Cookie"].encode())
    async with desk(database) as client:
        for given in ("", "wrong", "é", "x" * 5000, other.csrf):
            headers = [cookie, (b"X-CSRF-Token", given.encode())]
            assert code(await client.request(method, V1 + path, json={}, headers=headers)) == (403, "csrf")
        assert code(await client.request(method, V1 + path, json={}, headers=[cookie])) == (403, "csrf")
        assert code(await client.request(method, V1 + path, json={})) == (401, "signed_out")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/agents"),
        ("POST", "/agents"),
        ("PATCH", "/agents/1"),
        ("POST", "/agents/1/invitation"),
        ("GET", "/audit"),
    ],
)
async def test_agents_are_no_admins(database: Database, method: str, path: str) -> None:
    anna = member(database)
    async with desk(database) as client:
        answer = await client.request(method, V1 + path, json={}, headers=anna.headers)
        assert code(answer) == (403, "forbidden")
        # A role counts from the next request on.
        with database.write() as connection:
            agents.change(connection, anna.agent.id, role="admin")
        answer = await client.request(method, V1 + path, json={}, headers=anna.headers)
        assert answer.status_code in (200, 400, 404)


async def test_sessions_end_by_themselves(database: Database, clock: Clock) -> None:
    anna = member(database)
    async with desk(database, clock) as client:

        async def ask(path: str) -> int:
            return (await client.get(V1 + path, headers=anna.headers)).status_code

        for _ in range(3):
            clock.pass_by(hours=1.9)
            assert await ask("/me") == 200
        # A page that is merely open doesn't keep the session alive, but shows that the agent is there.
        clock.pass_by(hours=1.9)
        assert await ask("/beat") == 200
        with database.read() as connection:
            found = agents.get(connection, anna.agent.id)
        assert found and found.seen_at and clock.now - found.seen_at < timedelta(seconds=1)
        clock.pass_by(hours=0.2)
        assert await ask("/beat") == await ask("/me") == 401
        other = member(database, "Other")
        clock.now = Clock().now
        for _ in range(int(LIFETIME / IDLE * 2)):
            answer = await client.get(f"{V1}/me", headers=other.headers)
            clock.now += IDLE / 2
        assert answer.status_code == 200
        assert (await client.get(f"{V1}/me", headers=other.headers)).status_code == 401


async def test_what_a_page_reads_by_itself_is_no_use_of_the_session(database: Database, clock: Clock) -> None:
    anna = member(database, "Anna")
    by_itself = {**anna.headers, "X-Unasked": "1"}
    async with desk(database, clock) as client:
        for _ in range(2):
            clock.pass_by(hours=0.9)
            assert (await client.get(f"{V1}/me", headers=by_itself)).status_code == 200
        clock.pass_by(hours=0.3)
        assert (await client.get(f"{V1}/me", headers=by_itself)).status_code == 401
        # A change is nothing that a page does by itself.
        bert = member(database, "Bert")
        clock.now = Clock().now
        unasked = {**bert.headers, "X-Unasked": "1"}
        for _ in range(3):
            clock.pass_by(hours=1.2)
            answer = await client.patch(f"{V1}/me", headers=unasked, json={"state": "online"})
            assert answer.status_code == 200


@pytest.mark.parametrize(
    "cookie", ["", "x", "é" * 40, "a" * 3000, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]
)
async def test_cookies_that_are_none_of_ours(database: Database, cookie: str) -> None:
    async with desk(database) as client:
        raw = [(b"Cookie", f"{COOKIE}={cookie}".encode())]
        assert code(await client.get(f"{V1}/me", headers=raw)) == (401, "signed_out")


# Signing in


async def test_five_wrong_tries(database: Database, clock: Clock) -> None:
    join(database)
    async with desk(database, clock) as client:
        for email in (ANNA, "nobody@linden.example"):
            answers = [await sign_in(client, email, password="wrong wrong") for _ in range(6)]
            assert [code(one) for one in answers] == [(401, "wrong")] * 5 + [(429, "locked")]
            assert 0 < int(answers[-1].headers["retry-after"]) <= 900
            assert "set-cookie" not in answers[-1].headers
            said = {json.dumps(one.json()) for one in answers[:5]}
            assert said == {'{"error": {"code": "wrong", "message": "The e-mail or the password is wrong."}}'}


@pytest.mark.parametrize(
    ("public_url", "origin", "secure"),
    [
        ("https://desk.example", "https://desk.example", True),
        ("https://desk.example", None, True),
        ("https://desk.example", "http://localhost:8000", False),
        ("https://desk.example", "http://desk.localhost", False),
        ("https://desk.example", "http://127.0.0.1:8000", False),
        ("https://desk.example", "http://[::1]:8000", False),
        (None, "http://192.168.1.5:8000", False),
        (None, "https://desk.example", True),
        (None, None, False),
    ],
)
async def test_the_cookie_is_one_that_the_browser_sends_back(
    database: Database, public_url: str | None, origin: str | None, secure: bool
) -> None:
    join(database)
    headers = {"Origin": origin} if origin else {}
    async with desk(database, public_url=public_url) as client:
        body = {"email": ANNA, "password": PASSWORD}
        answer = await client.post(f"{V1}/sessions", json=body, headers=headers)
    assert answer.status_code == 200
    assert bool(cookie_of(answer).get("secure")) is secure


@pytest.mark.parametrize(
    "host", ["desk.example", "192.168.1.5:8000", "localhost.desk.example", "[2001:db8::1]"]
)
async def test_who_comes_over_http_to_a_desk_of_https_is_told(database: Database, host: str) -> None:
    join(database)
    async with desk(database, public_url="https://desk.example") as client:
        for body in ({"email": ANNA, "password": PASSWORD}, {"email": ANNA, "password": "wrong wrong"}):
            answer = await client.post(f"{V1}/sessions", json=body, headers={"Origin": f"http://{host}"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "insecure")
            assert "set-cookie" not in answer.headers


async def test_one_network_can_not_try_everybody(database: Database) -> None:
    async with desk(database) as client:
        codes = [code(await sign_in(client, f"a{n}@x.example")) for n in range(NETWORK_BURST + 1)]
        answer = await client.post(f"{V1}/password-resets", json={"email": ANNA})
    assert codes == [(401, "wrong")] * NETWORK_BURST + [(429, "locked")]
    assert code(answer) == (429, "locked") and int(answer.headers["retry-after"]) >= 1
    async with desk(database, limited=False) as client:
        for n in range(NETWORK_BURST + 5):
            assert code(await sign_in(client, f"b{n}@x.example")) == (401, "wrong")


async def test_a_second_factor(database: Database, clock: Clock) -> None:
    join(database)
    async with desk(database, clock) as client:
        headers = headers_of(await sign_in(client))
        client.cookies.clear()
        offered = (await client.post(f"{V1}/me/totp", headers=headers)).json()
        app = pyotp.TOTP(offered["secret"])
        assert offered["qr"].startswith("data:image/svg+xml")
        assert offered["secret"] not in offered["qr"]
        assert offered["uri"].startswith("otpauth://totp/Linden%20%26%20Co:anna%40linden.example?secret=")
        for wrong in ({}, {"code": ""}, {"code": 123456}, {"code": "12345"}, {"code": "１２３４５６"}):
            answer = await client.put(f"{V1}/me/totp", json=wrong, headers=headers)
            assert code(answer) == (400, "bad_request")
        now = app.at(clock.now)
        assert (await client.put(f"{V1}/me/totp", json={"code": now}, headers=headers)).status_code == 204
        assert code(await sign_in(client)) == code(await sign_in(client, code=now)) == (401, "second_factor")
        clock.pass_by(seconds=30)
        now = app.at(clock.now)
        answer = await sign_in(client, code=f"{now[:3]} {now[3:]}")
        assert answer.status_code == 200 and answer.json()["agent"]["totp"]
        client.cookies.clear()
        wrong_password = {"password": "wrong wrong"}
        answer = await client.request("DELETE", f"{V1}/me/totp", json=wrong_password, headers=headers)
        assert code(answer) == (403, "wrong")
        answer = await client.request("DELETE", f"{V1}/me/totp", json={"password": PASSWORD}, headers=headers)
        assert answer.status_code == 204
        assert (await sign_in(client)).status_code == 200


async def test_a_new_password(database: Database) -> None:
    join(database)
    async with desk(database) as client:
        here = headers_of(await sign_in(client))
        client.cookies.clear()
        there = headers_of(await sign_in(client))
        client.cookies.clear()

        async def change(password: Any) -> httpx.Response:
            return await client.patch(f"{V1}/me", json={"password": password}, headers=here)

        for wrong in (
            "x",
            {},
            {"old": PASSWORD},
            {"old": 1, "new": 2},
            {"old": PASSWORD, "new": "qwertyuiop"},
        ):
            assert code(await change(wrong)) == (400, "bad_request")
        assert code(await change({"old": "wrong", "new": "another four words"})) == (403, "wrong")
        answer = await change({"old": PASSWORD, "new": "another four words"})
        client.cookies.clear()
        assert code(await client.get(f"{V1}/me", headers=here)) == (401, "signed_out")
        assert code(await client.get(f"{V1}/me", headers=there)) == (401, "signed_out")
        here["Cookie"] = f"{COOKIE}={cookie_of(answer)['value']}"
        # The page goes on with the token it has.
        answer = await client.patch(f"{V1}/me", json={"state": "away"}, headers=here)
        assert answer.json()["agent"]["state"] == "away"


async def test_a_forgotten_password(database: Database) -> None:
    join(database)
    told: list[DomainEvent] = []
    database.hear(told.extend)
    async with desk(database) as client:
        answers = [
            await client.post(f"{V1}/password-resets", json={"email": email})
            for email in (ANNA, "nobody@linden.example", ANNA)
        ]
        assert {(one.status_code, one.text) for one in answers} == {(202, "{}")}
        for _ in range(100):
            with database.read() as connection:
                due = mails.QUEUE.next_due(connection)
            if due:
                break
            await client.get(f"{V1}/me")
        with database.write() as connection:
            [mail] = mails.due(connection, due, due, 9) if due else []
        assert mail.recipient == ANNA and "https://chat.linden.example/desk#reset=" in mail.body
        token = mail.body.partition("#reset=")[2].split()[0]
        accepted = {"token": token, "password": "another four words"}
        answer = await client.post(f"{V1}/invitations/accept", json=accepted)
        assert answer.status_code == 200 and answer.json()["agent"]["name"] == "Anna"
        assert (await client.get(f"{V1}/me", headers=headers_of(answer))).status_code == 200
        assert code(await client.post(f"{V1}/invitations/accept", json=accepted)) == (404, "not_found")
    assert told.count(MailQueued()) == 1


BAD = [
    ("/sessions", b"", 400),
    ("/sessions", b"{", 400),
    ("/sessions", b"[]", 400),
    ("/sessions", b"null", 400),
    ("/sessions", b"\xff\xfe", 400),
    ("/sessions", b"[" * 60_000, 400),
    ("/sessions", b'{"email":' + b"9" * 5000 + b"}", 400),
    ("/sessions", b"{" + b" " * 70_000 + b"}", 413),
    ("/sessions", b"{}", 400),
    ("/sessions", b'{"email":"a@b.example"}', 400),
    ("/sessions", b'{"email":"a@b.example","password":null}', 400),
    ("/sessions", b'{"email":"a@b.example","password":["x"]}', 400),
    ("/sessions", b'{"email":"a@b.example","password":"x","role":"admin"}', 400),
    ("/sessions", b'{"email":"a@b.example","password":"x","code":"12345a"}', 400),
    ("/sessions", b'{"email":"a@b.example\\u0000\\u200b","password":"x"}', 401),
    ("/sessions", b'{"email":"a@b.example\\r\\nBcc: c@d.example","password":"x"}', 400),
    ("/sessions", b'{"email":"\' OR 1=1 --","password":"x"}', 400),
    ("/sessions", b'{"email":"' + b"a" * 300 + b'@b.example","password":"x"}', 400),
    ("/sessions", b'{"email":"nobody@b.example","password":"\\u0000\\ud800"}', 401),
    ("/sessions", b'{"email":"nobody@b.example","password":"' + b"x" * 60_000 + b'"}', 401),
    ("/invitations/accept", b'{"token":"' + b"a" * 43 + b'","password":"four words by chance"}', 404),
    ("/invitations/accept", b'{"token":"../../x","password":"four words by chance"}', 400),
    ("/invitations/accept", b'{"token":1,"password":"four words by chance"}', 400),
    ("/invitations/accept", b'{"token":"' + b"a" * 43 + b'","name":"\\u202egro","password":"x"}', 400),
    ("/password-resets", b'{"email":null}', 400),
    ("/password-resets", b'{"email":"a@b.example","link":"https://evil.example"}', 400),
]


async def test_bodies_that_are_none(database: Database) -> None:
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    async with desk(database, limited=False) as client:
        for path, body, status in BAD:
            answer = await client.post(V1 + path, content=body, headers=json_type)
            assert answer.status_code == status, (path, body[:80], answer.text)
            assert answer.json()["error"]["message"]
        for other in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
        ):
            body = json.dumps({"email": ANNA, "password": PASSWORD}).encode()
            answer = await client.post(f"{V1}/sessions", content=body, headers={"Content-Type": other})
            assert answer.status_code == 415


WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from([ANNA, PASSWORD, "000000", "x" * 1000, "\ud800", "\0"]),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
FIELDS = st.sampled_from(
    ["email", "password", "code", "token", "name", "state", "role", "skills", "__proto__"]
)


async def test_no_body_breaks_the_desk(database: Database) -> None:
    join(database)
    admin = member(database, "Admin", role="admin")
    paths = ["/sessions", "/invitations/accept", "/password-resets", "/agents", "/agents/1"]
    async with desk(database, limited=False) as client:
        bodies: list[tuple[str, bytes]] = []

        @settings(max_examples=120, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(paths), st.one_of(st.dictionaries(FIELDS, WORDS, max_size=5), WORDS))
        def collect(path: str, value: Any) -> None:
            bodies.append((path, json.dumps(value).encode()))

        collect()
        assert len({path for path, _ in bodies}) == len(paths)
        for path, body in bodies:
            client.cookies.clear()
            headers = {**admin.headers, "Content-Type": "application/json"}
            method = "PATCH" if path == "/agents/1" else "POST"
            answer = await client.request(method, V1 + path, content=body, headers=headers)
            assert answer.status_code < 500, (path, body)
            if path == "/sessions":
                assert answer.status_code in (400, 401, 429), body


# Admins


@pytest.fixture
def admin(database: Database) -> Member:
    return member(database, "Admin", role="admin")


async def test_inviting_a_colleague(database: Database, admin: Member) -> None:
    told: list[DomainEvent] = []
    database.hear(told.extend)
    async with desk(database) as client:
        wanted = {
            "email": "New@linden.example",
            "name": "Naujokas",
            "role": "agent",
            "languages": ["lt", "en", "lt"],
            "skills": ["Returns", "returns"],
            "capacity": 4,
        }
        answer = await client.post(f"{V1}/agents", json=wanted, headers=admin.headers)
        assert answer.status_code == 201 and told == [AgentsChanged(), MailQueued()]
        new = answer.json()["agent"]
        assert new["languages"] == ["lt", "en"] and new["skills"] == ["returns"] and new["invited"]
        assert (new["email"], new["disabled"], new["seen_at"]) == ("new@linden.example", False, None)
        again = await client.post(f"{V1}/agents", json=wanted, headers=admin.headers)
        assert code(again) == (409, "taken")
        second = await client.post(f"{V1}/agents/{new['id']}/invitation", headers=admin.headers)
        tried = []
        for link in (answer.json()["link"], second.json()["link"]):
            token = link.partition("#invitation=")[2]
            given = {"token": token, "name": "Nauja Vardė", "password": PASSWORD}
            tried.append((await client.post(f"{V1}/invitations/accept", json=given)).status_code)
        assert tried == [404, 200]
        client.cookies.clear()
        listed = (await client.get(f"{V1}/agents", headers=admin.headers)).json()["agents"]
        assert [(one["name"], one["invited"]) for one in listed] == [("Admin", False), ("Nauja Vardė", False)]
        assert listed[1]["seen_at"].endswith("+00:00")


async def test_changing_and_disabling_an_agent(database: Database, admin: Member) -> None:
    anna = member(database, totp_secret="x")
    path = f"{V1}/agents/{anna.agent.id}"
    async with desk(database) as client:

        async def change(values: Any, where: str = path) -> httpx.Response:
            return await client.patch(where, json=values, headers=admin.headers)

        values = {
            "role": "admin",
            "languages": [],
            "skills": ["vip"],
            "capacity": 0,
            "name": "Ana",
            "totp": False,
        }
        answer = (await change(values)).json()["agent"]
        assert {key: answer[key] for key in values} == values
        assert (await change({"disabled": True})).json()["agent"]["disabled"]
        assert code(await client.get(f"{V1}/me", headers=anna.headers)) == (401, "signed_out")
        assert code(await client.post(f"{path}/invitation", headers=admin.headers)) == (409, "wrong_state")
        me = f"{V1}/agents/{admin.agent.id}"
        for leaving in ({"role": "agent"}, {"disabled": True}):
            assert code(await change(leaving, me)) == (409, "wrong_state")
        for unknown in ("999", "0", "-1", "x", "9" * 30, "1e3", "%00", "١"):
            assert code(await change({"capacity": 1}, f"{V1}/agents/{unknown}")) == (404, "not_found")
        assert (await change({})).status_code == 200


WRONG: list[dict[str, Any]] = [
    {"role": "owner"},
    {"role": None},
    {"languages": "lt"},
    {"languages": ["xx"]},
    {"languages": [["lt"]]},
    {"skills": ["a"] * 21},
    {"skills": ["x" * 41]},
    {"skills": ["a\nb"]},
    {"skills": ["\ud800"]},
    {"capacity": -1},
    {"capacity": 1e9},
    {"capacity": True},
    {"capacity": "3"},
    {"capacity": 10**400},
    {"disabled": 1},
    {"totp": True},
    {"totp": None},
    {"name": ""},
    {"name": "x" * 81},
    {"name": "a\u0000b"},
    {"name": "a\u202eb"},
    {"name": {"en": "a"}},
    {"email": "other@linden.example"},
    {"id": 7},
    {"password": "x"},
]


async def test_values_that_are_none(database: Database, admin: Member) -> None:
    headers = {**admin.headers, "Content-Type": "application/json"}
    async with desk(database) as client:
        for values in WRONG:
            body = json.dumps(values)
            path = f"{V1}/agents/{admin.agent.id}"
            answer = await client.patch(path, content=body, headers=headers)
            assert code(answer) == (400, "bad_request"), values
            assert next(iter(values)) in answer.text
        with database.read() as connection:
            kept = agents.get(connection, admin.agent.id)
        assert kept and (kept.role, kept.name, kept.capacity, kept.skills) == ("admin", "Admin", 6, ())


async def test_the_audit_log(database: Database, admin: Member) -> None:
    join(database)
    async with desk(database) as client:
        await sign_in(client, password="wrong wrong")
        headers = headers_of(await sign_in(client))
        client.cookies.clear()
        await client.patch(f"{V1}/me", json={"name": "Ana", "state": "online"}, headers=headers)
        await client.delete(f"{V1}/sessions/current", headers=headers)
        wanted = {"email": "new@linden.example", "name": "New"}
        new = (await client.post(f"{V1}/agents", json=wanted, headers=admin.headers)).json()["agent"]["id"]
        await client.patch(f"{V1}/agents/{new}", json={"disabled": True}, headers=admin.headers)

        async def read(query: str) -> httpx.Response:
            return await client.get(f"{V1}/audit{query}", headers=admin.headers)

        entries = (await read("")).json()["entries"]
        assert [(entry["who"], entry["action"]) for entry in reversed(entries)] == [
            (ANNA, "sign_in_failed"),
            (ANNA, "signed_in"),
            (ANNA, "profile_changed"),
            (ANNA, "signed_out"),
            ("admin@linden.example", "agent_added"),
            ("admin@linden.example", "agent_changed"),
        ]
        assert entries[0]["target"] == f"agent:{new}" and entries[0]["details"] == {"disabled": True}
        assert entries[3]["details"] == {"fields": ["name", "state"]}
        pages = [(await read(f"?limit=2&before={entries[1]['id']}")).json()["entries"]]
        assert pages == [entries[2:4]]
        assert (await read("?limit=1")).json()["entries"][0]["action"] == "audit_read"
        for wrong in (
            "?limit=0",
            "?limit=201",
            "?limit=x",
            "?before=-1",
            "?before=" + "9" * 40,
            "?before=%00",
        ):
            assert code(await read(wrong)) == (400, "bad_request")


def test_errors_say_when_to_try_again() -> None:
    assert TooManyRequests("x", code="locked", retry_after=0.2).headers() == {"Retry-After": "1"}
    assert Conflict("x", code="taken", more={"agent": "Anna"}).body() == {
        "error": {"code": "taken", "message": "x", "agent": "Anna"}
    }
