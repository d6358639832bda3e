"""What the desk doesn't know it never shows as nothing: behind proxies that hold streams back, while the
server is away, and for each thing by itself that can't be fetched."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk_api import DeskApi, Refused
from tests.browser.desk_server import DeskServer, enter, fill, open_first
from tests.browser.holding_proxy import HoldingProxy

PATIENT = 25_000  # ms: two tries of a stream that is held back
DOWN = Refused(503, "down")
FAILED = "This could not be loaded."
# Keeps what the list ever said in place of conversations.
WATCH = """
window.told = [];
new MutationObserver(() => {
  const empty = document.querySelector(".list .empty");
  if (empty && !empty.hidden) window.told.push(empty.textContent);
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""


@pytest.fixture(scope="module")
def _desk() -> Iterator[DeskServer]:
    server = DeskServer()
    yield server
    server.close()


@pytest.fixture
def desk(_desk: DeskServer) -> DeskServer:
    _desk.do(_desk.api.reset)
    fill(_desk.api)
    return _desk


@pytest.fixture
def proxy(desk: DeskServer) -> Iterator[HoldingProxy]:
    proxy = HoldingProxy(desk.port)
    yield proxy
    proxy.close()


def empty(api: DeskApi) -> None:
    """Nobody waits."""
    api.conversations[1]["owner"] = "bot"


# --- the connection ------------------------------------------------------------------------------


def test_behind_a_proxy_that_holds_streams_back_who_waits_is_shown(
    page: Page, desk: DeskServer, proxy: HoldingProxy
) -> None:
    proxy.streams = "hold"
    page.add_init_script(WATCH)
    page.goto(f"{proxy.url}/desk")
    expect(page.locator(".row")).to_have_count(1)
    with page.expect_response("**/conversations?view=mine"):
        pass  # from here on it would be noticed who comes
    desk.do(desk.api.begin, 4, "Mia Lund", "is anybody there?")
    expect(page.locator(".row", has_text="Mia Lund")).to_be_visible(timeout=PATIENT)
    expect(page.locator("#status")).to_contain_text("Waiting: Mia Lund", timeout=PATIENT)
    desk.do(desk.api.begin, 5, "Ole Dahl", "hello?")
    expect(page.locator(".row", has_text="Ole Dahl")).to_be_visible(timeout=PATIENT)
    expect(page.locator(".offline")).to_be_hidden()
    assert page.evaluate("told") == []


def test_behind_a_proxy_that_holds_streams_back_an_open_conversation_goes_on(
    page: Page, desk: DeskServer, proxy: HoldingProxy
) -> None:
    proxy.streams = "hold"
    page.goto(f"{proxy.url}/desk#/c/1")
    expect(page.locator(".message").first).to_be_visible()
    desk.do(desk.api.say, 1, "customer", "Are you still there?")
    expect(page.locator(".message.customer .bubble").last).to_have_text(
        "Are you still there?", timeout=PATIENT
    )


def test_a_stream_that_falls_silent_is_given_up(page: Page, desk: DeskServer, proxy: HoldingProxy) -> None:
    page.clock.install()
    page.goto(f"{proxy.url}/desk")
    expect(page.locator(".row")).to_have_count(1)
    while "/desk/v1/events" not in proxy.requests:
        page.wait_for_timeout(50)
    proxy.streams = "stall"
    desk.do(desk.api.begin, 4, "Mia Lund", "is anybody there?")
    page.clock.run_for(45_000)
    expect(page.locator(".row", has_text="Mia Lund")).to_be_visible(timeout=PATIENT)


def test_without_the_server_it_is_said_since_when_nothing_is_known(
    page: Page, desk: DeskServer, proxy: HoldingProxy
) -> None:
    empty(desk.api)
    page.goto(f"{proxy.url}/desk")
    shown = page.locator(".list .empty")
    expect(shown).to_have_text("Nobody is waiting.")
    assert "(?)" not in page.title()
    proxy.away = True
    desk.do(desk.api.cut)
    expect(page.locator(".offline")).to_have_text(
        re.compile(r"^No connection. Trying again… Not up to date since \d\d:\d\d\.$"), timeout=PATIENT
    )
    expect(shown).to_have_text("Not known at the moment.")
    expect(page).to_have_title(re.compile(r"^\(\?\)"))
    desk.do(desk.api.begin, 4, "Mia Lund", "is anybody there?")
    proxy.away = False
    expect(page.locator(".row", has_text="Mia Lund")).to_be_visible(timeout=PATIENT)
    expect(page.locator(".offline")).to_be_hidden()


def test_what_the_page_asks_by_itself_says_so(page: Page, desk: DeskServer, proxy: HoldingProxy) -> None:
    proxy.streams = "hold"
    asked: list[bool] = []
    page.on(
        "request",
        lambda request: (
            asked.append("x-unasked" in request.headers) if "v1/conversations?" in request.url else None
        ),
    )
    page.goto(f"{proxy.url}/desk")
    expect(page.locator(".row")).to_have_count(1)
    assert asked and all(asked)
    page.get_by_role("button", name="All").click()
    expect(page.locator(".row")).to_have_count(3)
    assert not all(asked)


# --- one thing by itself -------------------------------------------------------------------------

Opens = Callable[[Page, DeskServer], None]


def at(place: str) -> Opens:
    def go(page: Page, desk: DeskServer) -> None:
        page.goto(f"{desk.url}/desk{place}")

    return go


def canned(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    page.keyboard.press("c")
    expect(page.locator("#input")).to_be_focused()
    page.keyboard.type("/")


def older(page: Page, desk: DeskServer) -> None:
    for number in range(250):
        desk.api.say(1, "customer", f"line {number}", 5)
    open_first(page, desk)
    expect(page.locator(".bubble").last).to_have_text("line 249")
    page.locator(".log").evaluate("log => { log.scrollTop = 0 }")


# What is asked for, how one comes to it, where it is shown, and what it says if there is nothing.
THINGS: list[tuple[str, Opens, str, str]] = [
    ("/conversations", at(""), ".list .scroller", "Nobody is waiting."),
    ("/conversations/1", at("#/c/1"), "section.thread", "Where is my order?"),
    ("/conversations/1/orders", at("#/c/1"), ".panel", "No orders are known"),
    ("/canned", canned, ".picker", "Nothing found"),
    ("/conversations/1/messages", older, ".log", "Where is my order?"),
    ("/callbacks", at("#/callbacks"), ".page .body", "Nobody wants to be called."),
    ("/figures", at("#/figures"), ".page .body", "Waiting"),
    ("/agents", at("#/agents"), ".page .body", "Tomas"),
    ("/audit", at("#/audit"), ".page .body", "claim"),
]


@pytest.mark.parametrize(("path", "go", "place", "nothing"), THINGS, ids=[one[0] for one in THINGS])
def test_what_is_on_its_way_and_what_can_not_be_had_is_no_nothing(
    page: Page, desk: DeskServer, path: str, go: Opens, place: str, nothing: str
) -> None:
    held: list[Route] = []
    answer: list[Callable[[Route], None]] = [held.append]
    page.route(re.compile(rf"/desk/v1{path}(\?|$)"), lambda route: answer[0](route))
    go(page, desk)
    shown = page.locator(place)
    expect(shown).to_contain_text("Loading…")
    expect(shown).not_to_contain_text(nothing)
    answer[0] = lambda route: route.fulfill(status=503, json={})
    for route in held:
        route.fulfill(status=503, json={})
    expect(shown).to_contain_text(FAILED)
    expect(shown).not_to_contain_text(nothing)
    answer[0] = lambda route: route.continue_()
    if path == "/canned":
        page.keyboard.type("z")  # looks again
        expect(shown).to_contain_text("Nothing found")
    else:
        expect(shown).not_to_contain_text(FAILED, timeout=PATIENT)  # it is tried again by itself
        expect(shown.get_by_text("Loading…").locator("visible=true")).to_have_count(0)


def test_what_was_refused_can_be_asked_for_again(page: Page, desk: DeskServer) -> None:
    desk.api.fail["/callbacks"] = Refused(409, "odd")
    answers: list[str] = []
    page.on("response", lambda answer: answers.append(answer.url))
    page.goto(f"{desk.url}/desk#/callbacks")
    # The page looks by itself twice: as it opens, and once it is told what happens. Then only when asked.
    for _ in range(250):
        if sum(one.endswith("/callbacks") for one in answers) == 2:
            break
        page.wait_for_timeout(20)
    shown = page.locator(".page .body")
    expect(shown).to_contain_text(FAILED)
    desk.api.fail.clear()
    shown.get_by_role("button", name="Try again").click()
    expect(shown).to_contain_text("after five")


def test_what_could_be_had_before_stays_and_says_how_old_it_is(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    expect(page.locator(".panel .order")).to_have_count(1)
    desk.api.fail["/conversations"] = desk.api.fail["/conversations/1"] = DOWN
    desk.api.fail["/conversations/1/orders"] = DOWN
    desk.do(desk.api.say, 1, "customer", "Hello?")
    old = re.compile(r"Not up to date since \d\d:\d\d\.")
    expect(page.locator(".list .standing")).to_have_text(old)
    expect(page.locator(".open > .standing")).to_have_text(old)
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".message")).to_have_count(4)
    desk.api.fail.clear()
    # It is tried again by itself.
    expect(page.locator(".message.customer .bubble").last).to_have_text("Hello?", timeout=PATIENT)
    expect(page.locator(".open > .standing")).to_be_hidden()
    expect(page.locator(".list .standing")).to_be_hidden(timeout=PATIENT)


def test_another_view_does_not_show_what_was_there_before(page: Page, desk: DeskServer) -> None:
    enter(page, desk)
    expect(page.locator(".row")).to_have_count(1)
    desk.api.fail["/conversations"] = DOWN
    page.get_by_role("button", name="Closed").click()
    expect(page.locator(".list .standing")).to_contain_text(FAILED)
    expect(page.locator(".row")).to_have_count(0)
    expect(page.locator(".list .empty")).to_be_hidden()


def test_another_conversation_does_not_show_what_was_there_before(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    page.keyboard.press("c")
    expect(page.locator("#input")).to_be_focused()
    desk.api.fail["/conversations/3"] = DOWN
    page.goto(f"{desk.url}/desk#/c/3")
    expect(page.locator("section.thread")).to_contain_text(FAILED)
    for gone in (".bubble", ".title h2", "#input", ".panel"):
        expect(page.locator(gone).first).to_be_hidden()


def test_numbers_that_are_not_known_are_no_zeros(page: Page, desk: DeskServer) -> None:
    desk.api.fail["/conversations"] = DOWN
    page.goto(f"{desk.url}/desk")
    expect(page.locator(".list .standing")).to_contain_text(FAILED)
    expect(page.locator(".tab .count")).to_have_text(["…", "…", "…"])
    expect(page).to_have_title(re.compile(r"^\(\?\)"))
    page.route(
        "**/desk/v1/figures?*",
        lambda route: route.fulfill(json={"waiting": None, "agents": [], "overdue": 0}),
    )
    page.goto(f"{desk.url}/desk#/figures")
    tiles = page.locator(".tiles dd")
    expect(tiles.first).to_have_text("–")
    expect(tiles.nth(2)).to_have_text("0")


def test_who_else_looks_is_said_to_be_unknown_when_it_is(page: Page, desk: DeskServer) -> None:
    desk.api.viewers = [{"id": 2, "name": "Tomas Petraitis"}]
    desk.api.fail["/view"] = DOWN
    open_first(page, desk)
    expect(page.locator(".about")).to_contain_text("Who else is looking is not known at the moment")


def test_a_read_mark_that_was_lost_is_sent_again(page: Page, desk: DeskServer) -> None:
    desk.api.fail["/read"] = DOWN
    open_first(page, desk)
    expect(page.locator(".row.unread")).to_have_count(1)
    desk.api.fail.clear()
    desk.do(desk.api.say, 1, "customer", "And another thing")
    expect(page.locator(".row.unread")).to_have_count(0)
    assert desk.api.called("/read")[-1] == {"seq": 5}


def test_orders_that_come_after_a_failure_are_shown(page: Page, desk: DeskServer) -> None:
    desk.api.fail["/conversations/1/orders"] = DOWN
    open_first(page, desk)
    expect(page.locator(".panel")).to_contain_text(FAILED)
    desk.api.fail.clear()
    desk.do(desk.api.tell, "conversation", id=1, kind="status")  # all of it anew
    expect(page.locator(".panel .order")).to_have_count(1)
    expect(page.locator(".panel")).not_to_contain_text(FAILED)
