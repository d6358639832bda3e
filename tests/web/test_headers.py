"""Every route of the program and of the simulator answers with headers that keep scripts, frames and
referrers out, whoever asks and whatever comes of it."""

import re
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from sanic import Sanic

from bot.desk.accounts.sessions import COOKIE
from bot.simulator import phone_page as simulator
from store.core.database import Database
from tests.desk.staff import CHEAP, member
from tests.paths import ROOT
from tests.serving import serving_app
from tests.whole import FAKES

PASSWORD = "four words by chance"
CUSTOMERS = {"/withdraw", "/returns", "/cases/1/label"}
# What stands in a route's place holders; a number fits them all.
SOME = "1"


def requests(app: Sanic[Any, Any]) -> list[tuple[str, str]]:
    """Each route's methods and an address for it; and some that no route has."""
    found = [
        (method, re.sub(r"<[^>]*>", SOME, f"/{route.path}"))
        for route in app.router.routes
        for method in sorted(route.methods)
    ]
    return [*found, ("GET", "/nowhere"), ("DELETE", "/"), ("GET", "/%00"), ("GET", "/files/x")]


def files(folder: str, at: str) -> list[tuple[str, str]]:
    """Each file of a folder under web/ and of those below it, to be had under `at`."""
    top = ROOT / "web" / folder
    found = [path for path in sorted(top.rglob("*")) if path.is_file()]
    return [("GET", f"{at}/{path.relative_to(top).as_posix()}") for path in found]


def check(name: str, answer: httpx.Response) -> None:
    headers = answer.headers
    assert headers.get("x-content-type-options") == "nosniff", name
    assert headers.get("referrer-policy") in ("no-referrer", "same-origin"), name
    policy = {words[0]: words[1:] for words in map(str.split, headers["content-security-policy"].split(";"))}
    assert policy["default-src"] == ["'none'"], name
    assert "frame-ancestors" in policy and "*" not in policy["frame-ancestors"], name
    # Of another site's nothing is run; inline nothing at all.
    assert set(policy.get("script-src", [])) <= {"'self'"}, name
    assert "unsafe" not in headers["content-security-policy"], name
    assert "server" not in headers and "x-powered-by" not in headers, name


def check_page(name: str, answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    # Customers' own pages have forms, which come to us alone.
    forms = "'self'" if name in CUSTOMERS else "'none'"
    for part in ("base-uri 'none'", f"form-action {forms}", "frame-ancestors"):
        assert part in policy, (name, part)
    for tag in re.findall(r"<[a-z][^>]*>", answer.text):
        assert not re.search(r"\s(on\w+|style)\s*=|javascript:", tag), (name, tag)
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style", answer.text), name


async def walk(
    client: httpx.AsyncClient, wanted: list[tuple[str, str]], **headers: str
) -> dict[str, httpx.Response]:
    """Asks for everything and checks it; the pages among the answers. Event streams are left at once."""
    pages = {}
    for method, path in wanted:
        async with client.stream(method, path, headers=headers) as answer:
            check(f"{method} {path}: {answer.status_code}", answer)
            # Nothing but signing in and out touches a cookie.
            assert "set-cookie" not in answer.headers or "/sessions" in path, path
            if answer.headers.get("content-type", "").startswith("text/html"):
                await answer.aread()
                check_page(path, answer)
                pages[path] = answer
    return pages


async def test_every_answer_is_protected_and_the_one_cookie_is_the_desks(
    shop: tuple[httpx.AsyncClient, Sanic[Any, Any]],
) -> None:
    client, app = shop
    wanted = requests(app)
    for folder in ("chat", "demo", "desk", "shared"):
        wanted += files(folder, f"/{folder}")
    assert len(wanted) > 100
    pages = await walk(client, wanted)
    assert set(pages) >= {"/", "/chat", "/desk", "/desk/invitation", "/desk/reset", "/api/v1/docs"}
    ours = [
        path
        for path, page in pages.items()
        if "frame-ancestors 'none'" in page.headers["content-security-policy"]
    ]
    # The chat and customers' pages alone are shown in frames, and only in those of the shop.
    assert set(pages) - set(ours) <= {"/chat", "/chat/chat.html", *CUSTOMERS}
    assert set(pages) >= CUSTOMERS
    # And again for somebody who may: other answers than refusals.
    database = Database(f"sqlite:///{app.ctx.desk_guard._database.engine.url.database}")
    chief = member(database, "Chief", "admin")
    reading = [(method, path) for method, path in wanted if method == "GET"]
    await walk(client, reading, **chief.headers)
    await walk(client, reading, Authorization="Bearer a-key")

    # Signing in sets the one cookie there is; it stays with the desk.
    anna = member(database, "Anna", password=CHEAP.hash(PASSWORD))
    database.close()
    signing_in = {"email": anna.agent.email, "password": PASSWORD}
    answer = await client.post("/desk/v1/sessions", json=signing_in)
    assert answer.status_code in (200, 201), answer.text
    check("signing in", answer)
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert morsel.key == COOKIE
    assert morsel["httponly"] and morsel["secure"] and morsel["samesite"] == "Strict"
    assert morsel["path"] == "/desk" and not morsel["domain"]


async def test_every_file_of_the_desk_is_sent_once_and_no_other(
    shop: tuple[httpx.AsyncClient, Sanic[Any, Any]],
) -> None:
    client, _ = shop
    ours = [path for _, path in files("desk", "/desk") if path != "/desk/desk.html"]
    assert {"/desk/desk.js", "/desk/inbox/row.js", "/desk/inbox/inbox.css"} <= set(ours)
    for path in ours:
        first = await client.get(path)
        assert first.status_code == 200 and first.content, path
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
    for path in (
        "desk.html", "row.js", "inbox", "inbox/none.js", "inbox%2frow.js", "inbox/..%2fdesk.css",
        "inbox/%2e%2e/desk.css", "%2e%2e/README.md", "inbox/%2e%2e/%2e%2e/chat/chat.css", "inbox//row.js",
    ):  # fmt: skip
        assert (await client.get(f"/desk/{path}")).status_code == 404, path


@pytest.mark.parametrize("make", FAKES)
async def test_the_simulators_pages_are_protected_too(make: Any) -> None:
    provider = make()
    app = simulator.create(provider, ROOT / "web", "http://127.0.0.1:9")
    async with serving_app(app) as client:
        pages = await walk(
            client, [("GET", "/"), *files("simulator", "/simulator"), ("GET", "/simulator/phone")]
        )
        assert "/" in pages
