"""What a customer, an agent and a provider do, through each proxy as docs/deploy.md sets it up."""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from twilio.request_validator import RequestValidator

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.deploy.conftest import ANNA, PASSWORD, TWILIO, Start
from tests.deploy.proxies import KEPT, PROXIES, TAKEN_OFF, Authority, Site, documented

WAYS = (None, KEPT, TAKEN_OFF)
WAIT = 30.0  # seconds; a bound for a loaded machine, not a duration
AT_ONCE = 10.0  # seconds: less than the pause between two signs of life, which would flush a buffer
SLOW = 20_000  # ms

through_each = pytest.mark.parametrize("way", WAYS, ids=["own name", "path kept", "path taken off"])
by_each = pytest.mark.parametrize("proxy", PROXIES)


class Port(httpx.AsyncBaseTransport):
    """Sends what goes to a site to the port where its proxy listens; the name in certificates stays."""

    def __init__(self, site: Site, authority: Authority) -> None:
        context = ssl.create_default_context(cafile=authority.root)
        self._site = site
        self._next = httpx.AsyncHTTPTransport(verify=context, http2=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = self._site.host
        request.url = request.url.copy_with(host="127.0.0.1", port=self._site.port)
        return await self._next.handle_async_request(request)

    async def aclose(self) -> None:
        await self._next.aclose()


@asynccontextmanager
async def client(site: Site, authority: Authority) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks HTTP/2, with the cookies of the shop's whole domain."""
    transport = Port(site, authority)
    async with httpx.AsyncClient(base_url=site.address, transport=transport, timeout=WAIT) as made:
        made.headers["Cookie"] = "; ".join(f"shop{n}={'x' * 2000}" for n in range(4))
        yield made


async def visitor(made: httpx.AsyncClient) -> dict[str, str]:
    answer = await made.post("/chat/v1/sessions")
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def say(made: httpx.AsyncClient, who: dict[str, str], text: str) -> None:
    body = {"client_msg_id": uuid4().hex, "text": text}
    answer = await made.post("/chat/v1/messages", json=body, headers=who)
    assert answer.status_code == 202, answer.text


async def event(lines: AsyncIterator[str], name: str, /, **fields: Any) -> dict[str, Any]:
    """The next event of a kind that has these fields; it comes while the stream stays open."""
    named = ""
    async with asyncio.timeout(AT_ONCE):
        async for line in lines:
            if line.startswith("event: "):
                named = line.removeprefix("event: ")
            elif line.startswith("data: ") and named == name:
                told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                if fields.items() <= told.items():
                    return told
    raise AssertionError("the stream has ended")


async def sign_in(made: httpx.AsyncClient, site: Site) -> dict[str, str]:
    """The headers of an agent who is signed in. The cookie is the desk's alone."""
    body = {"email": ANNA, "password": PASSWORD}
    answer = await made.post("/desk/v1/sessions", json=body, headers={"Origin": f"https://{site.host}"})
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"]
    assert f"path={site.path}/desk;" in cookie.lower() + ";" and "secure" in cookie.lower()
    shop = made.headers["cookie"]
    return {"Cookie": f"{shop}; {cookie.split(';')[0]}", "X-CSRF-Token": answer.json()["csrf"]}


def test_the_page_sets_up_each_proxy_twice() -> None:
    assert [len(documented(proxy)) for proxy in PROXIES] == [2, 2, 2]


@by_each
@through_each
async def test_files_and_chat(start: Start, authority: Authority, proxy: str, way: str | None) -> None:
    site = start(proxy, way)
    async with client(site, authority) as made:
        for path in (
            "/widget.js",
            "/chat",
            "/chat/chat.js",
            "/shared/http.js",
            "/desk",
            "/desk/desk.js",
            "/",
        ):
            answer = await made.get(path)
            assert (answer.status_code, answer.http_version) == (200, "HTTP/2"), path
        assert (await made.get("/api/v1/docs")).status_code == 200
        servers = (await made.get("/api/v1/openapi.json")).json()["servers"]
        assert servers == [{"url": site.path or "/"}]
        who = await visitor(made)
        async with made.stream("GET", "/chat/v1/events", headers=who) as stream:
            assert stream.status_code == 200
            lines = stream.aiter_lines()
            await say(made, who, "hello")
            await event(lines, "message", author="customer", text="hello")
            await event(lines, "message", author="bot")


@by_each
@through_each
async def test_desk_uploads_and_events(
    start: Start, authority: Authority, proxy: str, way: str | None
) -> None:
    site = start(proxy, way)
    async with client(site, authority) as made:
        who = await visitor(made)
        agent = await sign_in(made, site)
        async with made.stream("GET", "/desk/v1/events", headers=agent) as stream:
            assert stream.status_code == 200
            lines = stream.aiter_lines()
            await say(made, who, "I want to talk to a person")
            told = await event(lines, "conversation", kind="owner")
        number = told["id"]
        claimed = await made.post(f"/desk/v1/conversations/{number}/claim", headers=agent)
        assert claimed.status_code == 200, claimed.text
        content = b"%PDF-1.7\n" + uuid4().bytes * 600_000 + b"\n%%EOF\n"
        files = {"file": ("large.pdf", content, "application/pdf")}
        sent = await made.post(f"/desk/v1/conversations/{number}/files", files=files, headers=agent)
        assert sent.status_code == 201, sent.text
        shown = (await made.get("/chat/v1/messages", headers=who)).json()["messages"][-1]["text"]
        link = re.search(r"https://\S+", shown)
        assert link and link[0].startswith(f"{site.address}/files/")
        file = await made.get(link[0])
        assert file.status_code == 200 and file.content == content
        signed_out = await made.delete("/desk/v1/sessions/current", headers=agent)
        assert signed_out.status_code == 204


@by_each
@through_each
async def test_signed_webhooks(start: Start, authority: Authority, proxy: str, way: str | None) -> None:
    site = start(proxy, way)
    form = {
        "MessageSid": f"SM{uuid4().hex}",
        "AccountSid": TWILIO["TWILIO_ACCOUNT_SID"],
        "From": "+37060000123",
        "To": TWILIO["TWILIO_FROM"],
        "Body": "labas, kur mano užsakymas?",
        "NumMedia": "0",
    }
    path = "/channels/sms?from=console"
    signature = RequestValidator(TWILIO["TWILIO_AUTH_TOKEN"]).compute_signature(site.address + path, form)
    async with client(site, authority) as made:
        for given, status in ((signature, 200), (signature[::-1], 403), ("", 403)):
            answer = await made.post(path, data=form, headers={"X-Twilio-Signature": given})
            assert answer.status_code == status, answer.text


@by_each
@through_each
async def test_what_is_inside_stays_inside(
    start: Start, authority: Authority, proxy: str, way: str | None
) -> None:
    site = start(proxy, way)
    async with client(site, authority) as made:
        for path in (
            "/metrics",
            "/health/ready",
            "/health/live",
            "/%6detrics",
            "/health%2Fready",
            "//metrics",
        ):
            answer = await made.get(site.address + path)
            assert answer.status_code != 200 and "aftercare_" not in answer.text, path


@by_each
@pytest.mark.parametrize("way", [None, KEPT], ids=["own name", "path"])
def test_in_a_browser(start: Start, proxy: str, way: str | None, tmp_path: Path) -> None:
    site = start(proxy, way)
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    mapped = f"--host-resolver-rules=MAP {site.host}:443 127.0.0.1:{site.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, mapped])
        try:
            _look(browser, site)
        finally:
            browser.close()


def _look(browser: Browser, site: Site) -> None:
    # The authority is a local one; that its certificate holds is what the other tests look at.
    context = browser.new_context(ignore_https_errors=True, locale="en-GB")
    context.set_default_timeout(SLOW)
    cookies = [{"name": f"shop{n}", "value": "x" * 2000, "domain": site.host, "path": "/"} for n in range(4)]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    errors: list[str] = []
    customer, desk = _page(context.new_page(), errors), _page(context.new_page(), errors)
    customer.goto(f"{site.address}/chat")
    expect(customer.locator(".message.bot").first).to_be_visible(timeout=SLOW)  # the greeting: it listens now
    customer.get_by_role("textbox").fill("I want to talk to a person")
    customer.keyboard.press("Enter")
    expect(customer.locator(".message.bot").nth(1)).to_be_visible(timeout=SLOW)

    desk.goto(f"{site.address}/desk")
    desk.get_by_label("E-mail").fill(ANNA)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.keyboard.press("Enter")
    expect(desk.locator("#desk.desk main")).to_be_visible(timeout=SLOW)
    for nested in ("/desk/", "/desk/reset"):
        desk.goto(site.address + nested)
        expect(desk.locator("#desk.desk main")).to_be_visible(timeout=SLOW)
    assert errors == []
    context.close()


def _page(page: Page, errors: list[str]) -> Page:
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda one: errors.append(one.url) if one.resource_type == "script" else None)
    return page


@by_each
@through_each
async def test_a_client_can_not_make_its_address_up(
    start: Start, authority: Authority, proxy: str, way: str | None
) -> None:
    """Sign-in tries of one network end, whatever it calls itself. The last test: nobody of this network signs
    in for a while afterwards."""
    site = start(proxy, way)
    async with client(site, authority) as made:
        statuses = []
        for n in range(200):
            claimed = {"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"}
            body = {"email": f"{uuid4().hex}@x.example"}
            answer = await made.post("/desk/v1/password-resets", json=body, headers=claimed)
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                break
        assert statuses[-1] == 429
