"""The widget in a real browser: in the shop's page, on a phone, offline, and for assistive technology."""

import json
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect
from ruamel.yaml import YAML

from bot.runtime.http.assets import Asset
from channels.contract import LiveEvent
from tests.browser.conftest import Server
from tests.paths import ROOT

WEB = ROOT / "web"
BUDGET = 25_000  # bytes of the whole widget, compressed

expect.set_options(timeout=5000)


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("aftercare-chat iframe")


def launcher(page: Page) -> Any:
    return page.locator("aftercare-chat > button")


def open_chat(page: Page, url: str) -> FrameLocator:
    page.goto(url)
    launcher(page).click()
    frame = chat(page)
    expect(frame.locator("#starters button").first).to_be_visible()
    return frame


def say(frame: FrameLocator, text: str) -> None:
    frame.locator("#input").fill(text)
    frame.locator("#input").press("Enter")


def focused(page: Page) -> str:
    """The id of what has the focus, in whichever frame; of the launcher, "launcher"."""
    script = """() => { let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        if (at?.tagName === "IFRAME") return "frame";
        return at?.getAttribute("aria-controls") ? "launcher" : at?.id ?? "" }"""
    found = str(page.evaluate(script))
    return str(page.frames[1].evaluate(script)) if found == "frame" else found


# --- conversation --------------------------------------------------------------------------------


def test_a_question_is_answered(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    expect(frame.locator(".bubble").first).to_contain_text("automated assistant of Linden & Co")
    say(frame, "Where is my order?")
    expect(frame.locator(".customer .bubble")).to_have_text("Where is my order?")
    expect(frame.locator(".customer .state")).to_contain_text("Sent")
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: Where is my order?")
    expect(frame.locator("#starters")).to_have_count(0)
    expect(frame.locator("#typing")).to_be_hidden()
    expect(frame.locator(".day").first).to_have_text("")
    expect(frame.locator(".day", has_text="Today")).to_have_count(1)


def test_who_only_looks_leaves_no_trace(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    expect(launcher(page)).to_be_visible()
    assert not any("/chat" in url for url in asked), "the frame is loaded when it is opened"
    open_chat(page, server.url)
    assert not any(re.search("sessions|messages|events", url) for url in asked)


def test_starters_and_quick_replies_work_once(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    frame.locator("#starters button").nth(1).click()
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: I want to return something")
    yes = frame.get_by_role("button", name="Yes")
    yes.click()
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: Yes")
    expect(yes.first).to_have_attribute("aria-disabled", "true")
    expect(yes.last).to_have_attribute("aria-disabled", "false")
    yes.first.click(force=True)
    page.wait_for_timeout(100)
    expect(frame.locator(".customer")).to_have_count(2)


def test_a_button_that_is_gone_says_so(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.get_by_role("button", name="Yes")).to_be_visible()
    server.gateway.transcripts[server.gateway.only_visitor()][-1]["buttons"] = []
    frame.get_by_role("button", name="Yes").click()
    expect(frame.locator(".customer .state").last).to_contain_text("no longer available")
    expect(frame.get_by_role("button", name="Try again")).to_have_count(0)
    expect(frame.get_by_role("button", name="No", exact=True)).to_have_attribute("aria-disabled", "false")


def test_the_conversation_survives_a_reload(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.locator(".message")).to_have_count(3)
    page.reload()
    expect(frame.locator(".message")).to_have_count(3)
    expect(frame.locator("#starters")).to_have_count(0)
    say(frame, "again")
    expect(frame.locator(".message")).to_have_count(5)
    assert len(server.gateway.transcripts) == 1


def test_another_tab_shows_the_same(page: Page, context: BrowserContext, server: Server) -> None:
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.locator(".message")).to_have_count(3)
    other = context.new_page()
    other.goto(server.url)
    launcher(other).click()
    expect(chat(other).locator(".message")).to_have_count(3)
    say(chat(other), "from the other tab")
    expect(frame.locator(".customer .bubble").last).to_have_text("from the other tab")


def test_text_is_never_markup(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    hostile = '<img src=x onerror="document.title=1"> <b>bold</b> javascript:alert(1)'
    say(frame, hostile)
    expect(frame.locator(".customer .bubble")).to_have_text(hostile)
    expect(frame.locator(".bot .bubble").last).to_have_text(f"You wrote: {hostile}")
    expect(frame.locator(".bubble img, .bubble b, .bubble a")).to_have_count(0)


def test_addresses_in_answers_are_links(page: Page, server: Server) -> None:
    server.gateway.echo = False
    frame = open_chat(page, server.url)
    say(frame, "https://mine.example stays text")
    expect(frame.locator(".customer .state")).to_contain_text("Sent")
    server.say(
        "bot",
        "See https://track.example/p?id=1&x=(2), or (http://shop.example/a). Not ftp://x.example or "
        "javascript:alert(1) or https://.",
    )
    links = frame.locator(".bubble a")
    expect(links).to_have_count(2)
    assert [link.get_attribute("href") for link in links.all()] == [
        "https://track.example/p?id=1&x=(2)",
        "http://shop.example/a",
    ]
    for link in links.all():
        assert link.get_attribute("target") == "_blank" and "noopener" in str(link.get_attribute("rel"))


def test_an_agent_is_told_from_the_assistant(page: Page, server: Server) -> None:
    server.gateway.echo = False
    frame = open_chat(page, server.url)
    say(frame, "a person, please")
    expect(frame.locator("#typing")).to_be_visible()
    server.say("system", "Maria has joined.")
    server.say("agent", "Hello, this is Maria.")
    expect(frame.locator(".agent .by")).to_contain_text("Support team")
    expect(frame.locator(".system .bubble")).to_have_text("Maria has joined.")
    expect(frame.locator("#typing")).to_be_hidden()
    say(frame, "thank you")
    expect(frame.locator(".customer .state").last).to_contain_text("Sent")
    expect(frame.locator("#typing")).to_be_hidden()
    server.tell(LiveEvent("typing", None, {"author": "bot"}))
    page.wait_for_timeout(100)
    expect(frame.locator("#typing")).to_be_hidden()
    server.tell(LiveEvent("typing", None, {"author": "agent"}))
    expect(frame.locator("#typing")).to_be_visible()
    expect(frame.locator("#typing")).to_be_hidden(timeout=8000)


def test_yesterday_and_older_days_are_named(page: Page, server: Server) -> None:
    server.gateway.echo = False
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.locator(".customer .state")).to_contain_text("Sent")
    (message,) = server.gateway.transcripts[server.gateway.only_visitor()]
    message["at"] = "2023-05-04T10:00:00+00:00"
    server.say("bot", "then", ago=timedelta(days=1))
    page.reload()
    expect(frame.locator(".day", has_text="Yesterday")).to_be_visible()
    expect(frame.locator(".day", has_text="4 May 2023")).to_be_visible()


# --- the input -----------------------------------------------------------------------------------


def test_the_input_grows_and_enter_sends(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    field = frame.locator("#input")
    low = field.bounding_box()
    field.press_sequentially("one")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    high = field.bounding_box()
    assert low and high and high["height"] > low["height"] + 10
    field.press("Enter")
    expect(frame.locator(".customer .bubble")).to_have_text("one\ntwo")
    expect(field).to_have_value("")
    field.press("Enter")
    expect(frame.locator(".customer")).to_have_count(1)


def test_the_length_is_limited_and_told(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    frame.locator("#input").fill("a" * 3900)
    expect(frame.locator("#left")).to_have_text("Characters left: 100")
    frame.locator("#send").click()
    expect(frame.locator(".bot .bubble").last).to_contain_text("You wrote: aaa")


# --- faults --------------------------------------------------------------------------------------


def test_what_was_written_offline_goes_out_once(page: Page, context: BrowserContext, server: Server) -> None:
    frame = open_chat(page, server.url)
    say(frame, "first")
    expect(frame.locator(".message")).to_have_count(3)
    context.set_offline(True)
    expect(frame.locator("#offline")).to_be_visible()
    say(frame, "second")
    expect(frame.locator(".customer .state").last).to_contain_text("Not sent")
    expect(frame.get_by_role("button", name="Try again")).to_be_visible()
    context.set_offline(False)
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: second", timeout=8000)
    expect(frame.locator("#offline")).to_be_hidden()
    expect(frame.locator(".customer")).to_have_count(2)


def test_an_answer_that_was_lost_on_the_way_does_not_double_the_message(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(str(route.request.post_data))
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/chat/v1/messages*", lose_first)
    say(frame, "only once")
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: only once")
    expect(frame.locator(".customer .state")).to_contain_text("Sent")
    expect(frame.locator(".customer")).to_have_count(1)
    assert [m["author"] for m in server.gateway.transcripts[server.gateway.only_visitor()]] == [
        "customer",
        "bot",
    ]


def test_failed_messages_are_sent_again_by_hand_in_order(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    page.route("**/chat/v1/messages", lambda route: route.fulfill(status=503))
    say(frame, "one")
    say(frame, "two")
    again = frame.get_by_role("button", name="Try again")
    expect(again).to_have_count(2, timeout=15_000)
    page.unroute("**/chat/v1/messages")
    again.first.click()
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: one")
    again.first.click()
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: two")


def test_who_meets_a_limit_sees_the_wait_and_nothing_is_lost(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    refusals = iter(range(6))  # more than the tries after which a message counts as failed

    def busy(route: Route) -> None:
        if next(refusals, None) is None:
            route.continue_()
        else:
            body = json.dumps({"error": {"code": "too_many_requests", "message": "Wait."}})
            route.fulfill(status=429, body=body, headers={"Retry-After": "2"})

    page.route("**/chat/v1/messages", busy)
    say(frame, "one")
    say(frame, "two")
    states = frame.locator(".customer .state")
    for state in (states.first, states.last):
        expect(state).to_contain_text("Your message goes out by itself in 2 s.")
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: two", timeout=30_000)
    expect(frame.get_by_text("Not sent")).to_have_count(0)
    said = [one["text"] for one in server.gateway.transcripts[server.gateway.only_visitor()]]
    assert [text for text in said if not text.startswith("You wrote")] == ["one", "two"]


def test_missed_messages_come_after_a_restart(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.locator(".message")).to_have_count(3)
    server.stop()
    try:
        expect(frame.locator("#offline")).to_be_visible(timeout=8000)
        server.say("bot", "said while you were away")
    finally:
        server.start()
    expect(frame.locator(".bubble").last).to_have_text("said while you were away", timeout=15_000)
    expect(frame.locator(".message")).to_have_count(4)
    expect(frame.locator("#offline")).to_be_hidden()


def test_without_streams_messages_are_fetched(page: Page, server: Server) -> None:
    page.route("**/chat/v1/events*", lambda route: route.fulfill(status=502))
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: hello", timeout=10_000)
    server.say("bot", "and one more")
    expect(frame.locator(".bubble").last).to_have_text("and one more", timeout=10_000)
    expect(frame.locator("#offline")).to_be_hidden()


def test_a_refused_token_begins_a_new_conversation(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.evaluate("localStorage.setItem('aftercare', 'x.y.z')")
    page.reload()
    launcher(page).click()
    frame = chat(page)
    say(frame, "hello")
    expect(frame.locator(".bot .bubble").last).to_have_text("You wrote: hello")
    assert page.evaluate("localStorage.getItem('aftercare')") != "x.y.z"
    expect(frame.locator(".message")).to_have_count(3)


def test_it_works_where_storage_is_forbidden(context: BrowserContext, page: Page, server: Server) -> None:
    # In the frame only: the loader then keeps the token.
    context.add_init_script(
        "if (window !== top) for (const name of ['localStorage', 'sessionStorage'])"
        "Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    frame = open_chat(page, f"{server.other_origin}/shop")
    say(frame, "hello")
    expect(frame.locator(".message")).to_have_count(3)
    page.reload()
    expect(frame.locator(".message")).to_have_count(3)


# --- in the shop's page --------------------------------------------------------------------------


def test_it_works_in_another_sites_page_with_a_strict_policy(page: Page, server: Server) -> None:
    frame = open_chat(page, f"{server.other_origin}/shop")
    say(frame, "hello")
    expect(frame.locator(".message")).to_have_count(3)
    box = page.locator("aftercare-chat dialog").bounding_box()
    assert box and box["width"] == 400 and box["x"] + box["width"] == 1260


def test_a_strangers_page_may_not_show_it(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    page.goto(f"http://stranger.localhost:{server.port}/shop")
    with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
        launcher(page).click()
    expect(chat(page).locator("#log")).to_have_count(0)


def test_messages_from_elsewhere_are_ignored(page: Page, server: Server) -> None:
    frame = open_chat(page, f"{server.other_origin}/shop")
    page.evaluate("window.postMessage({ aftercare: 'token', token: 'stolen' }, '*')")
    page.evaluate("window.postMessage({ aftercare: 'close' }, '*')")
    page.frames[1].evaluate("window.postMessage({ aftercare: 'close' }, '*')")
    page.wait_for_timeout(100)
    expect(frame.locator("#input")).to_be_visible()
    assert page.evaluate("localStorage.getItem('aftercare')") is None


def test_unread_answers_are_counted_on_the_launcher(page: Page, server: Server) -> None:
    server.gateway.echo = False
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.locator(".customer .state")).to_contain_text("Sent")
    frame.locator("#close").click()
    server.say("bot", "one")
    server.say("bot", "two")
    badge = launcher(page).locator("span")
    expect(badge).to_have_text("2")
    expect(launcher(page)).to_have_attribute("aria-label", "Open chat, Unread messages: 2")
    page.reload()
    expect(badge).to_have_text("2")
    launcher(page).click()
    expect(badge).to_be_hidden()
    expect(frame.locator(".bubble").last).to_have_text("two")
    page.reload()
    expect(frame.locator(".bubble").last).to_have_text("two")
    expect(badge).to_be_hidden()


def test_the_page_may_choose_language_and_colour(page: Page, server: Server) -> None:
    page.route(
        "**/",
        lambda route: route.fulfill(
            body="<!doctype html><title>x</title><script async src=/widget.js data-language=xx "
            "data-colour='#ffd400'></script>",
            content_type="text/html",
        ),
    )
    frame = open_chat(page, server.url)
    style = "element => [getComputedStyle(element).backgroundColor, getComputedStyle(element).color]"
    assert frame.locator("header").evaluate(style) == ["rgb(255, 212, 0)", "rgb(0, 0, 0)"]
    assert launcher(page).evaluate(style) == ["rgb(255, 212, 0)", "rgb(0, 0, 0)"]


# --- accessibility -------------------------------------------------------------------------------


def test_the_keyboard_opens_writes_and_closes(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(launcher(page)).to_have_attribute("aria-expanded", "false")
    launcher(page).focus()
    page.keyboard.press("Enter")
    expect(launcher(page)).to_have_attribute("aria-expanded", "true")
    frame = chat(page)
    expect(frame.locator("#input")).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect(frame.locator(".message")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(launcher(page)).to_have_attribute("aria-expanded", "false")
    assert focused(page) == "launcher"
    assert (
        page.evaluate("document.querySelector('aftercare-chat').shadowRoot.querySelector(':modal')") is None
    )


def test_a_page_that_loads_with_the_chat_open_keeps_its_focus(page: Page, server: Server) -> None:
    open_chat(page, server.url)
    page.reload()
    expect(chat(page).locator("#input")).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_used_buttons_keep_the_focus(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    say(frame, "hello")
    frame.get_by_role("button", name="Yes").press("Enter")
    expect(frame.locator(".message")).to_have_count(5)
    expect(frame.get_by_role("button", name="Yes").first).to_be_focused()


def test_only_news_is_announced_and_by_one_region(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    log = frame.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]"
    expect(frame.locator(live)).to_have_count(1)
    expect(log.locator("#typing")).to_have_attribute("aria-hidden", "true")
    expect(frame.get_by_label("Your message")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_axe_finds_nothing_serious(
    browser: Browser, server: Server, scheme: Any, size: tuple[int, int]
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    frame = open_chat(page, server.url)
    say(frame, "hello https://shop.example/a")
    expect(frame.locator(".message")).to_have_count(3)
    frame.get_by_role("button", name="Yes").click()
    expect(frame.locator(".message")).to_have_count(5)
    server.say("agent", "An agent")
    server.say("system", "A note")
    expect(frame.locator(".system")).to_be_visible()
    context.set_offline(True)
    expect(frame.locator("#offline")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [
        (violation["id"], violation["nodes"][0]["html"], violation["nodes"][0]["failureSummary"])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ] == []
    context.close()


def test_a_phone_shows_it_full_screen_and_modal(browser: Browser, server: Server) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = context.new_page()
    frame = open_chat(page, server.url)
    box = page.locator("aftercare-chat dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert page.evaluate(
        "!!document.querySelector('aftercare-chat').shadowRoot.querySelector('dialog:modal')"
    )
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    # The focus is inside, but not in the input: that would call up the keyboard.
    expect(frame.locator("#shop")).to_be_focused()
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(focused(page))
    assert "launcher" not in reached and {"input", "log", "close"} <= reached
    frame.locator("#close").tap()
    expect(page.locator("aftercare-chat dialog")).to_be_hidden()
    assert focused(page) == "launcher"
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "visible"
    context.close()


@pytest.mark.parametrize("size", [(320, 256), (320, 568), (844, 390)])
def test_small_and_zoomed_screens_need_no_sideways_scrolling(
    browser: Browser, server: Server, size: tuple[int, int]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    frame = open_chat(page, server.url)
    say(frame, "w" * 300)
    expect(frame.locator(".message")).to_have_count(3)
    assert page.frames[1].evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert frame.locator("#log").evaluate(
        "log => log.scrollWidth <= log.clientWidth && log.clientHeight > 90"
    )
    expect(frame.locator("#send")).to_be_in_viewport(ratio=1)
    context.close()


def test_targets_are_large_and_the_input_does_not_zoom(page: Page, server: Server) -> None:
    frame = open_chat(page, server.url)
    say(frame, "hello")
    expect(frame.locator(".message")).to_have_count(3)
    for button in [launcher(page), *frame.get_by_role("button").all()]:
        box = button.bounding_box()
        assert box and box["width"] >= 44 and box["height"] >= 44
    size = frame.locator("#input").evaluate("input => parseFloat(getComputedStyle(input).fontSize)")
    assert size >= 16


def test_right_to_left_languages_are_mirrored(page: Page, server: Server) -> None:
    def arabic(route: Route) -> None:
        answer = route.fetch()
        settings = answer.json()
        settings.update(languages=["ar"], default_language="ar", texts={"ar": settings["texts"]["en"]})
        route.fulfill(response=answer, json=settings)

    page.route("**/chat/v1/config", arabic)
    frame = open_chat(page, server.url)
    say(frame, "مرحبا")
    expect(frame.locator(".message")).to_have_count(3)
    box, log = frame.locator(".customer .bubble").bounding_box(), frame.locator("#log").bounding_box()
    assert box and log and box["x"] - log["x"] < 40


def test_any_brand_colour_is_readable(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/chat")
    colours = ["#ffffff", "#000000", "#ffd400", "#e4002b", "#777777", "#3b82f6", "#00ff00"]
    painted = page.evaluate(
        """async (colours) => {
            const { paint } = await import("/shared/colour.js");
            return colours.map((colour) => {
                const { style } = document.documentElement;
                paint({ style }, colour);
                const names = ["--brand", "--on-brand", "--accent-light", "--accent-dark"];
                return names.map((name) => style.getPropertyValue(name));
            });
        }""",
        colours,
    )
    for brand, on_brand, light, dark in painted:
        assert contrast(brand, on_brand) >= 4.5
        assert contrast(light, "#f1f2f5") >= 4.5
        assert contrast(dark, "#262931") >= 4.5


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# --- files ---------------------------------------------------------------------------------------


def widget_files() -> list[Path]:
    return [WEB / "widget.js", *sorted((WEB / "chat").iterdir()), *sorted((WEB / "shared").iterdir())]


def test_the_whole_widget_is_small() -> None:
    sizes = {path.name: len(Asset.of(path.read_bytes(), path.suffix).packed) for path in widget_files()}
    assert sum(sizes.values()) < BUDGET, sizes


def test_no_data_becomes_markup_anywhere() -> None:
    for path in widget_files():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", path.read_text("utf-8")
        )


def test_every_text_that_is_used_exists_and_every_one_is_used() -> None:
    texts = YAML(typ="safe").load((ROOT / "data/texts/en.yml").read_text("utf-8"))["widget"]
    source = "".join(path.read_text("utf-8") for path in widget_files())
    words = set(re.findall(r"\w+", source))
    assert set(texts) <= words
    used = set(re.findall(r'\btext\("(\w+)"', source)) | set(re.findall(r"\btexts\.(?!js)(\w+)", source))
    assert used <= set(texts)


def test_opening_is_quick(page: Page, server: Server) -> None:
    page.goto(server.url)
    expect(launcher(page)).to_be_visible()
    start = time.monotonic()
    launcher(page).click()
    expect(chat(page).locator("#starters button").first).to_be_visible()
    assert time.monotonic() - start < 3


def test_a_language_without_dates_in_the_browser_gets_numbers(browser: Browser, server: Server) -> None:
    context = browser.new_context(locale="kk-KZ")
    page = context.new_page()
    page.goto(f"{server.url}/chat")
    styles = page.evaluate(
        "import('/shared/dates.js').then(({ dateStyle }) => ['kk', 'lt', 'en'].map((tag) => dateStyle(tag)))"
    )
    assert styles == ["short", "medium", "medium"]
    context.close()
