"""After-sales cases at the desk in a real browser, with the real API."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from store.cases import acts
from store.cases.cases import Case
from store.cases.machine import CaseAct
from store.cases.timeline import By
from store.core.events import CaseDue, publish
from store.vocabulary import Actor, CaseKind
from tests.browser.case_desk import CaseDesk
from tests.browser.test_desk import violations
from tests.desk.case_office import case, order, talk

expect.set_options(timeout=5000)
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseDesk]:
    server = CaseDesk(tmp_path_factory.mktemp("cases"))
    server.who("Anna")
    server.who("Carl", skills=["returns"])
    server.who("Chief", "admin")
    yield server
    server.close()


@pytest.fixture
def pages() -> Iterator[list[Page]]:
    """What is opened, and closed in the end."""
    opened: list[Page] = []
    yield opened
    for page in opened:
        page.context.close()


def change(desk: CaseDesk, of: Case, what: CaseAct, key: str = "elsewhere") -> None:
    with desk.database.write() as connection:
        acts.act(connection, of.id, what, By(Actor.AGENT, key, desk.shop.now, "x@example.com"), "because")


def test_the_list_hurries_first_and_tells_so_in_words(
    browser: Browser, desk: CaseDesk, pages: list[Page]
) -> None:
    order(desk)
    order(desk, "2")
    late, new = case(desk, days_ago=30), case(desk, "2", CaseKind.EXCHANGE)
    page = desk.page(browser, desk.who("Carl"), "#/cases")
    pages.append(page)
    rows = page.locator(".case-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text(late.number)
    expect(rows.nth(0)).to_contain_text("too late")
    expect(rows.nth(0).locator(".mark.late")).to_be_visible()
    expect(rows.nth(1)).to_contain_text("left")
    expect(page.locator(".rail .count")).to_have_text("1")
    page.get_by_role("button", name="Overdue").click()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Open", exact=True).or_(page.get_by_role("button", name="Open 2")).click()
    page.get_by_role("searchbox").first.fill(new.number)
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(new.number)
    page.get_by_role("searchbox").first.fill("")
    expect(rows).to_have_count(2)
    # With the keys, and live.
    page.locator("#cases-title").focus()
    page.keyboard.press("j")
    expect(page.locator("#case-title")).to_contain_text(late.number)
    page.keyboard.press("j")
    expect(page.locator("#case-title")).to_contain_text(new.number)
    page.keyboard.press("k")
    expect(page.locator("#case-title")).to_contain_text(late.number)
    change(desk, late, CaseAct.DECLINE)
    expect(rows).to_have_count(1)
    expect(page.locator(".case-head")).to_contain_text("Declined")
    expect(page.locator(".rail .count")).to_be_hidden()
    with desk.database.write() as connection:
        publish(connection, CaseDue(new.id, new.number, "answer", 100))
    expect(page.locator("#status")).to_contain_text(f"Case {new.number} is overdue: Answer")


def test_two_people_approve_and_what_has_changed_is_shown(
    browser: Browser, desk: CaseDesk, pages: list[Page]
) -> None:
    order(desk)
    one = case(desk, lines={0: 2, 1: 1}, talk=talk(desk))
    carl = desk.page(browser, desk.who("Carl"), f"#/cases/{one.id}")
    chief = desk.page(browser, desk.who("Chief"), f"#/cases/{one.id}")
    pages += [carl, chief]
    expect(carl.locator(".case")).to_contain_text("per mažas")
    carl.get_by_role("button", name="Approve").click()
    dialog = carl.get_by_role("dialog")
    expect(dialog).to_contain_text("2 × Mug")
    expect(dialog).to_contain_text("A second person has to approve")
    dialog.get_by_label("Sum in EUR").fill("55")
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog.get_by_role("alert")).to_contain_text("why")
    dialog.get_by_label("Reason for another sum").fill("One mug is chipped.")
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog).to_be_hidden()
    expect(carl.locator("#status")).to_contain_text("told in the conversation")
    expect(carl.locator(".refund")).to_contain_text("A second approval is missing")
    expect(carl.get_by_role("button", name="Approve as the second person")).to_have_count(0)
    # The other desk has heard of it.
    chief.get_by_role("button", name="Approve as the second person").click()
    chief.get_by_role("dialog").get_by_role("button", name="Approve as the second person").click()
    expect(chief.locator(".refund")).not_to_contain_text("A second approval is missing")
    # Anna has no say in money, and doesn't see it.
    anna = desk.page(browser, desk.who("Anna"), f"#/cases/{one.id}")
    pages.append(anna)
    expect(anna.locator(".case")).to_contain_text("per mažas")
    expect(anna.locator(".refund")).to_have_count(0)
    expect(anna.locator(".case")).not_to_contain_text("€")


def test_a_decision_on_an_older_look_is_not_made(browser: Browser, desk: CaseDesk, pages: list[Page]) -> None:
    order(desk)
    one = case(desk)
    page = desk.page(browser, desk.who("Anna"), f"#/cases/{one.id}")
    pages.append(page)
    page.get_by_role("button", name="Decline").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(f"Worn. {HOSTILE}")
    page.route("**/desk/v1/events", lambda route: route.abort())
    change(desk, one, CaseAct.APPROVE)
    dialog.get_by_role("button", name="Decline").click()
    expect(page.locator("#status")).to_contain_text("changed meanwhile")
    expect(page.locator(".case-head")).to_contain_text("Approved")
    page.get_by_role("button", name="Decline").click()
    dialog.get_by_label("Reason").fill(f"Worn. {HOSTILE}")
    dialog.get_by_role("button", name="Decline").click()
    expect(page.locator(".case-head")).to_contain_text("Declined")
    expect(page.locator(".timeline")).to_contain_text(HOSTILE)
    assert page.evaluate("document.title") != "owned"


def test_goods_come_are_inspected_and_go_back_to_stock(
    browser: Browser, desk: CaseDesk, pages: list[Page]
) -> None:
    order(desk)
    one = case(desk, lines={0: 2, 1: 1})
    page = desk.page(browser, desk.who("Anna"), f"#/cases/{one.id}")
    pages.append(page)
    page.get_by_role("button", name="Receive", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("1 × Oak lamp").uncheck()
    dialog.get_by_role("button", name="Receive").click()
    lines = page.locator(".goods li")
    expect(lines.nth(0)).to_contain_text("Received")
    expect(lines.nth(1)).to_contain_text("With the customer")
    page.get_by_role("button", name="Inspect").click()
    dialog.get_by_label("2 × Mug").select_option("used")
    dialog.get_by_label("Remark").fill("scratched")
    dialog.get_by_role("button", name="Inspect").click()
    expect(lines.nth(0)).to_contain_text("Used")
    expect(page.locator(".timeline")).to_contain_text("scratched")
    page.get_by_role("button", name="Put back in stock").click()
    dialog.get_by_role("button", name="Put back in stock").click()
    expect(lines.nth(0)).to_contain_text("Back in stock")


def test_parcels_are_scanned_on_a_phone(browser: Browser, desk: CaseDesk, pages: list[Page]) -> None:
    order(desk)
    order(desk, "2")
    one, other = case(desk), case(desk, "2")
    page = desk.page(browser, desk.who("Anna"), "#/cases", (390, 844), has_touch=True)
    pages.append(page)
    page.get_by_role("button", name="Receive parcels").tap()
    for typed in (one.number.lower(), "R-NOTHERE", f"{other.number} {one.number}"):
        page.locator("#scanned").fill(typed)
        page.keyboard.press("Enter")
        expect(page.locator("#scanned")).to_be_focused()
        expect(page.locator("#scanned")).to_have_value("")
    expect(page.locator(".scanned li")).to_have_text(
        [
            f"{one.number} Received before",
            f"{other.number} Received",
            "R-NOTHERE No such case",
            f"{one.number} Received",
        ]
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".scanned a").last.tap()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".goods li")).to_contain_text("Received")
    expect(page.locator(".cases-page > .list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Back to the list").tap()
    expect(page.locator(".case-row").first).to_be_visible()


def test_from_a_conversation_to_its_case_and_back(
    browser: Browser, desk: CaseDesk, pages: list[Page]
) -> None:
    order(desk)
    which = talk(desk)
    page = desk.page(browser, desk.who("Anna"), f"#/c/{which}")
    pages.append(page)
    panel = page.locator(".panel")
    expect(panel).to_contain_text("No cases.")
    page.get_by_role("button", name="Claim").first.click()
    panel.get_by_role("button", name="Open a case").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Mug (2)").fill("1")
    dialog.get_by_label("Kind").select_option("exchange")
    dialog.get_by_label("What the customer said").fill("Too small")
    dialog.get_by_role("button", name="Open a case").click()
    expect(page.locator("#case-title")).to_contain_text("Exchange")
    expect(page.locator(".case blockquote")).to_have_text("Too small")
    page.keyboard.press("o")
    expect(page.locator(".thread .message").first).to_be_visible()
    link = panel.locator("a[href^='#/cases/']")
    expect(link).to_have_text(re.compile("^R-"))
    link.click()
    expect(page.locator("#case-title")).to_be_visible()
    page.locator(".case-head .menu summary").click()
    slip = page.get_by_role("link", name="Packing slip").get_attribute("href") or ""
    page.goto(slip)
    expect(page.locator("svg")).to_be_visible()
    expect(page.locator("address")).to_contain_text("Mill Lane 4")
    assert page.locator(".code svg").evaluate("one => getComputedStyle(one).display") == "block"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_axe_finds_nothing_serious_in_cases(
    browser: Browser, desk: CaseDesk, pages: list[Page], size: tuple[int, int], scheme: str
) -> None:
    order(desk)
    one = case(desk, lines={0: 2, 1: 1}, days_ago=30)
    case(desk, kind=CaseKind.EXCHANGE, lines={0: 1}, days_ago=9)
    page = desk.page(browser, desk.who("Carl"), "#/cases", size, color_scheme=scheme, reduced_motion="reduce")
    pages.append(page)
    expect(page.locator(".case-row")).to_have_count(2)
    found = violations(page)
    page.goto(f"{desk.url}/desk#/cases/{one.id}")
    expect(page.locator(".timeline li").first).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += violations(page)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
