"""Withdrawal, returns and labels in a browser: on a phone and a desk, in the light and the dark, by keyboard,
without scripts, in a shop's frame."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from store.core.database import Database
from store.tables import cases as cases_table
from tests.browser.customer_server import CustomerServer
from tests.store.cases.making import CONTACT

# Where pictures of the pages go, for whoever wants to look at them.
PICTURES = os.environ.get("PAGE_PICTURES", "")
SIZES = [(390, 844), (1280, 800)]


@pytest.fixture
def customers(migrated_file: Path, tmp_path: Path) -> Iterator[CustomerServer]:
    shutil.copy(migrated_file, tmp_path / "pages.db")
    database = Database(f"sqlite:///{tmp_path}/pages.db")
    server = CustomerServer(database)
    yield server
    server.close()
    database.close()


def violations(page: Page) -> list[tuple[str, str, str]]:
    return [
        (violation["id"], violation["nodes"][0]["html"], violation["nodes"][0]["failureSummary"])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


class Looked:
    """Looks at each page that comes by."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name, self.found = page, name, list[Any]()

    def look(self, step: str) -> None:
        page = self.page
        if PICTURES:
            Path(PICTURES).mkdir(exist_ok=True)
            page.screenshot(path=f"{PICTURES}/{self.name}-{step}.png", full_page=True)
        self.found += [(step, one) for one in violations(page)]
        # Nothing sticks out to the side, and there is one heading of the first rank.
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.found.append((step, "too wide", wide))
        expect(page.get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_can_be_seen_and_heard(
    browser: Browser, customers: CustomerServer, scheme: Any, size: tuple[int, int]
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    looked = Looked(page, f"{size[0]}-{scheme}")
    page.goto(f"{customers.url}/withdraw?lang={'en' if scheme == 'light' else 'lt'}")
    looked.look("withdraw")
    page.locator("main button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked.look("withdraw-problems")
    page.locator("#name").fill("Rūta Žukė")
    page.locator("#number").fill("10235")
    page.locator("#contact").fill(CONTACT)
    page.locator("#reason").fill("Per didelis, deja")
    page.locator("main button").click()
    looked.look("withdraw-review")
    page.locator("main button[value=confirm]").click()
    expect(page.get_by_role("status")).to_be_visible()
    looked.look("withdraw-done")

    page.goto(f"{customers.url}/returns?lang={'lt' if scheme == 'light' else 'kk'}")
    looked.look("returns")
    page.locator("#number").fill("10234")
    page.locator("#contact").fill(CONTACT)
    page.locator("main button").click()
    looked.look("returns-goods")
    page.locator("main button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked.look("returns-goods-problems")
    page.locator("#kind").check()
    page.locator("#line-0").check()
    page.locator("main button").click()
    looked.look("returns-details")
    page.locator("main button[value=describe]").click()
    looked.look("returns-summary")
    page.locator("main button[value=confirm]").click()
    looked.look("returns-done")
    page.locator("main a[href*=label]").first.click()
    looked.look("label")
    page.emulate_media(media="print")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{looked.name}-label-print.png", full_page=True)
    expect(page.locator("footer")).to_be_hidden()
    expect(page.locator(".label svg")).to_be_visible()
    assert looked.found == []
    context.close()


def test_it_works_by_keyboard_without_scripts(browser: Browser, customers: CustomerServer) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{customers.url}/withdraw")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("Your name").focus()
    for text in ("Rūta Žukė", "10234", CONTACT):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Withdraw from contract here")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Confirm withdrawal").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("We have received your statement")
    assert context.cookies() == []
    # A reload sends it again, and it stays one.
    page.get_by_role("button", name="Lietuvių").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jūsų sutarties atsisakymą gavome")
    with customers.database.read() as connection:
        (case,) = connection.execute(cases_table.select()).all()
    expect(page.get_by_role("main")).to_contain_text(case.number)
    context.close()


def test_what_is_wrong_is_brought_into_focus(page: Page, customers: CustomerServer) -> None:
    page.goto(f"{customers.url}/withdraw?lang=en")
    page.get_by_label("Your name").fill("Rūta")
    page.locator("main button").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Write the number of your order.").click()
    expect(page.get_by_label("Order number")).to_be_focused()
    expect(page.get_by_label("Order number")).to_have_accessible_description(
        "It is in the confirmation of your order. Write the number of your order."
    )
    expect(page.get_by_label("Your name")).to_have_value("Rūta")


def test_the_language_is_the_browsers_until_another_is_chosen(
    browser: Browser, customers: CustomerServer
) -> None:
    context = browser.new_context(locale="lv-LV")
    page = context.new_page()
    page.goto(f"{customers.url}/returns")
    expect(page.locator("html")).to_have_attribute("lang", "lv")
    page.get_by_role("link", name="Bahasa Indonesia").click()
    expect(page.locator("html")).to_have_attribute("lang", "id")
    page.get_by_label("Nomor pesanan").fill("10234")
    page.get_by_label("E-mail atau telepon").fill(CONTACT)
    page.get_by_role("button", name="Lanjut").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order 10234")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()


def test_the_shops_site_alone_may_show_it_in_a_frame(browser: Browser, customers: CustomerServer) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{customers.other_origin}/shop")
    frame = page.frame_locator("iframe")
    frame.locator("#name").fill("Rūta")
    frame.locator("#number").fill("10234")
    frame.locator("#contact").fill(CONTACT)
    frame.locator("main button").click()
    frame.locator("main button[value=confirm]").click()
    expect(frame.get_by_role("status")).to_be_visible()
    with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
        page.goto(f"http://stranger.localhost:{customers.port}/shop")
    expect(page.frame_locator("iframe").locator("#name")).to_have_count(0)
    context.close()
