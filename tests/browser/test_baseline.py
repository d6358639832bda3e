"""Browsers that lack something, pages that swap their body, and frames that never come: the widget is there
all the same, or says where else the shop is reached. What a browser lacks is taken away before it loads."""

import re

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from tests.browser.conftest import Server

OLD = """
delete AbortSignal.timeout;
for (const name of ["toReversed", "toSorted", "findLast", "findLastIndex", "at"])
  delete Array.prototype[name];
delete window.TextDecoderStream;
for (const name of ["ariaLabel", "ariaDisabled", "ariaLive", "ariaPressed", "ariaExpanded", "ariaCurrent"])
  delete Element.prototype[name];
"""
NO_SHEETS = "window.CSSStyleSheet = class { constructor() { throw new TypeError('Illegal constructor'); } };"
NO_DIALOG = "delete window.HTMLDialogElement;"
LAUNCHER = "aftercare-chat button"
NEW = "Object.assign(document.createElement('body'), {innerHTML: '<p>B</p>'})"
SWAPS = {
    # As Turbo renders a page, Astro's ClientRouter, and htmx with hx-boost.
    "turbo": f"document.documentElement.replaceChild({NEW}, document.body)",
    "astro": f"document.body.replaceWith({NEW})",
    "htmx": "document.body.innerHTML = '<p>B</p>'",
    "all": f"document.documentElement.replaceChildren(document.createElement('head'), {NEW})",
}


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("aftercare-chat iframe")


def talk(page: Page, words: str) -> None:
    box = chat(page).get_by_role("textbox")
    box.fill(words)
    box.press("Enter")
    expect(chat(page).locator(".message.bot .bubble").last).to_have_text(f"You wrote: {words}")


@pytest.mark.parametrize("lacks", [OLD, NO_SHEETS, OLD + NO_SHEETS], ids=["calls", "sheets", "both"])
def test_the_widget_works_without_what_is_new(context: BrowserContext, server: Server, lacks: str) -> None:
    page = context.new_page()  # the page's policy may refuse a <style>, and that is told
    page.add_init_script(lacks)
    page.goto(server.url)
    launcher = page.locator(LAUNCHER)
    box = launcher.bounding_box()
    assert box and (round(box["width"]), round(box["height"])) == (60, 60)
    assert box["x"] > 1280 - 120 and box["y"] > 800 - 120, "in the corner"
    launcher.click()
    expect(chat(page).locator("#starters button").first).to_be_visible()
    talk(page, "hello")
    chat(page).get_by_role("button", name="Yes").last.click()
    expect(chat(page).locator(".message.bot .bubble").last).to_have_text("You wrote: Yes")


def test_a_policy_that_refuses_styles_leaves_a_launcher_that_works(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()  # without the check that no policy refuses anything
    page.add_init_script(NO_SHEETS)
    page.goto(f"{server.other_origin}/shop")
    launcher = page.locator(LAUNCHER)
    box = launcher.bounding_box()
    assert box and box["x"] > 1280 - 120 and box["y"] > 800 - 120
    launcher.click()
    frame = page.locator("aftercare-chat iframe").bounding_box()
    assert frame and frame["width"] > 300 and frame["height"] > 400
    expect(chat(page).locator("#starters button").first).to_be_visible()
    talk(page, "hello")


@pytest.mark.parametrize("swap", SWAPS)
def test_the_launcher_stays_when_the_page_swaps_its_body(page: Page, server: Server, swap: str) -> None:
    page.goto(server.url)
    page.locator(LAUNCHER).click()
    expect(chat(page).locator("#starters button").first).to_be_visible()
    talk(page, "before")
    page.evaluate(SWAPS[swap])
    expect(page.locator("aftercare-chat")).to_have_count(1)
    expect(chat(page).locator(".message.customer .bubble")).to_have_text(["before"])
    expect(chat(page).locator(".message.bot .bubble")).to_have_count(2)
    talk(page, "after")
    # The other page's own script, run again, makes no second one.
    page.evaluate(
        "url => document.head.append(Object.assign(document.createElement('script'), {src: url}))",
        f"{server.url}/widget.js",
    )
    page.wait_for_timeout(300)
    expect(page.locator("aftercare-chat")).to_have_count(1)


def test_below_the_baseline_the_shops_contact_stands_there(page: Page, server: Server) -> None:
    page.add_init_script(NO_DIALOG)
    page.goto(server.url)
    way = page.locator("aftercare-chat")
    expect(way).to_have_text("The chat doesn't work in this browser. Write to us: help@linden.example")
    expect(way.get_by_role("link")).to_have_attribute("href", "mailto:help@linden.example")
    expect(page.locator("aftercare-chat iframe")).to_have_count(0)


def test_a_chat_that_never_comes_is_no_empty_window(page: Page, server: Server) -> None:
    page.route(re.compile(r"/chat/chat\.js$"), lambda route: route.fulfill(status=200, body="?? syntax"))
    page.goto(server.url)
    page.locator(LAUNCHER).click()
    way = page.locator("aftercare-chat dialog p")
    expect(way).to_contain_text("Write to us: help@linden.example", timeout=10_000)
    expect(page.locator("aftercare-chat iframe")).to_be_hidden()
    page.unroute_all()
    page.locator(LAUNCHER).click()
    page.locator(LAUNCHER).click()
    expect(chat(page).locator("#starters button").first).to_be_visible()
    talk(page, "again")
    expect(way).to_have_count(0)
