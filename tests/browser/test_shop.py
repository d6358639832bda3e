"""The demonstration shop as a visitor sees it: the real server, the real model, a real browser."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.server import running

ANSWER = 20_000  # ms


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("shop"), AFTERCARE_RATE_LIMITS="off") as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def open_chat(page: Page, shop: str) -> FrameLocator:
    page.goto(shop)
    page.get_by_role("button", name="Open chat").click()
    chat = page.frame_locator("iframe")
    # Its script has run: before, Enter is a new line.
    expect(chat.locator("#starters button").first).to_be_visible(timeout=ANSWER)
    return chat


def say(chat: FrameLocator, text: str, answer: str) -> None:
    """Writes `text` and waits until `answer`, a regular expression, stands in the conversation."""
    box = chat.get_by_role("textbox")
    box.fill(text)
    box.press("Enter")
    expect(chat.get_by_role("log")).to_contain_text(re.compile(answer, re.DOTALL), timeout=ANSWER)


def test_a_visitor_asks_for_an_order_and_comes_back_to_it(shop: str, page: Page) -> None:
    listed = httpx.get(f"{shop}/demo/orders.json").json()
    order = next(one for one in listed if one["state"] in ("shipped", "out_for_delivery"))
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    chat = open_chat(page, shop)
    expect(page.get_by_text(order["number"]).first).to_be_visible()
    say(chat, "where is my order?", r"order number\?")
    say(chat, order["number"], "e-mail address or phone number")
    # A question in the middle is answered, and the form goes on.
    say(chat, "how long can I send something back?", r"30 days.*Please write the e-mail")
    say(chat, order["email"], rf"Order {order['number']}.*(on its way|out for delivery)")
    say(chat, "do you have gift cards?", "[Gg]ift card")
    before = chat.get_by_role("log").inner_text().count(f"Order {order['number']}")
    say(chat, "and when will it arrive?", rf"(Order {order['number']}.*){{{before + 1}}}")
    # The conversation survives a reload.
    page.reload()
    expect(page.frame_locator("iframe").get_by_role("log")).to_contain_text("gift cards?", timeout=ANSWER)
    assert not problems


def test_a_button_cancels_nothing_without_a_yes(shop: str, page: Page) -> None:
    listed = httpx.get(f"{shop}/demo/orders.json").json()
    order = next(one for one in listed if one["state"] == "processing")
    chat = open_chat(page, shop)
    say(chat, f"please cancel order {order['number']}", "e-mail address or phone number")
    say(chat, order["email"], r"can still be cancelled.*Shall I cancel it\?")
    chat.get_by_role("button", name="No", exact=True).click()
    expect(chat.get_by_role("log")).to_contain_text("stays as it is", timeout=ANSWER)
    say(chat, "I'd like to talk to a person", "passing you to a person")
