"""One browser, several people: the real program and model, a shop's site on which they sign in and out, and
a real browser. Nobody sees, is told, or uses what another one has proven, or is asked another's question."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect
from sqlalchemy import Connection, select, update

from bot.assistant.protocol import Assistant
from store.conversations import visits as visits_store
from store.core.database import Database
from store.orders import demo
from store.tables import conversations, messages, orders, visits
from tests.assistant.conftest import core, knowledge, settings
from tests.browser.shop_site import ShopSite
from tests.channels.web.served import vouch

__all__ = ["core", "knowledge", "settings"]

SLOW = 20_000  # ms; a bound for a loaded machine, not a duration


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=5000)


class Shop(ShopSite):
    """The demonstration shop; Anna's and Ben's orders, one of each that can be cancelled."""

    annas = bens = ""


@pytest.fixture
def shop(database: Database, core: Assistant, tmp_path: Path) -> Iterator[Shop]:  # noqa: F811
    with database.write() as connection:
        demo.fill(connection, datetime.now(UTC).date())
        facts = demo.sample(connection)
        others = select(orders.c.number, orders.c.email).where(
            orders.c.state == "processing", orders.c.email != facts["email"], orders.c.email.is_not(None)
        )
        number, email = connection.execute(others.order_by(orders.c.number).limit(1)).one()
    site = Shop(database, core, tmp_path, {"anna": facts["email"], "ben": email})
    site.annas, site.bens = facts["orders"]["processing"], number
    yield site
    site.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    opened.set_default_timeout(SLOW)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


# --- what people do --------------------------------------------------------------------------------


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("aftercare-chat iframe")


def visit(page: Page, address: str) -> FrameLocator:
    """Goes to a page of the shop's and opens the chat, unless it opens by itself."""
    page.goto(address)
    launcher = page.locator("aftercare-chat > button")
    expect(launcher).to_be_visible()
    if launcher.get_attribute("aria-expanded") == "false":
        launcher.click()
    frame = chat(page)
    expect(frame.locator(".bubble").first).to_be_visible()
    # The talk so far is there: what comes from now on answers what is asked from now on.
    expect(frame.locator("#log")).to_have_attribute("aria-live", "polite")
    return frame


def ask(frame: FrameLocator, words: str, answer: str) -> None:
    told = frame.locator(".bot .bubble")
    before = told.count()
    frame.locator("#input").fill(words)
    frame.locator("#input").press("Enter")
    expect(told.nth(before)).to_be_visible()
    expect(told.filter(has_text=re.compile(answer)).last).to_be_visible()


def ask_to_cancel(shop: Shop, frame: FrameLocator) -> None:
    """Anna, signed in, is asked whether her order shall be cancelled."""
    ask(frame, f"cancel order {shop.annas}", "Shall I cancel it")


def nothing_of_annas(shop: Shop, page: Page) -> None:
    frame = chat(page)
    expect(frame.locator(".customer")).to_have_count(0)
    expect(frame.locator("body")).not_to_contain_text(shop.annas)
    expect(frame.locator(".choices button:not([aria-disabled=true])", has_text="cancel it")).to_have_count(0)
    stored = "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])"
    for where in page.frames:
        kept = where.evaluate(stored)
        assert shop.annas not in kept


# --- what the server has done ----------------------------------------------------------------------


def proofs_of(connection: Connection) -> list[tuple[str, str | None]]:
    rows = connection.execute(
        select(conversations.c.address, conversations.c.proven_contact).order_by(conversations.c.id)
    )
    return [tuple(row) for row in rows]


def texts_by_address(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        select(conversations.c.address, messages.c.text)
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(messages.c.author == "customer")
        .order_by(messages.c.id)
    )
    for address, words in rows:
        found.setdefault(address, []).append(words)
    return found


def state(shop: Shop, number: str) -> str:
    def read(connection: Connection) -> str:
        return str(connection.execute(select(orders.c.state).where(orders.c.number == number)).scalar_one())

    return shop.read(read)


def until(page: Page, fits: Any) -> None:
    for _ in range(SLOW // 50):
        if fits():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to that")


def nobody_is_there(connection: Connection) -> bool:
    return connection.execute(select(visits.c.id).where(visits.c.ended_at.is_(None))).first() is None


def let_an_hour_pass(connection: Connection) -> None:
    for row in connection.execute(select(visits)).all():
        earlier = row.used_at - visits_store.IDLE
        connection.execute(update(visits).where(visits.c.id == row.id).values(used_at=earlier))


# --- one after the other ---------------------------------------------------------------------------


def test_who_comes_after_a_customer_who_has_signed_out_gets_nothing_of_theirs(shop: Shop, page: Page) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask(frame, "where is my order", "Which order")
    ask_to_cancel(shop, frame)
    ((annas, contact),) = shop.read(proofs_of)
    assert contact == shop.emails["anna"]

    # The shop's page knows of nobody; it doesn't even say that somebody has signed out.
    frame = visit(page, f"{shop.url}/out")
    nothing_of_annas(shop, page)
    until(page, lambda: shop.read(nobody_is_there))
    assert dict(shop.read(proofs_of))[annas] is None
    # Anna's question isn't theirs, nor is her proof.
    ask(frame, "yes", "")
    ask(frame, f"where is order {shop.annas}", "e-mail|phone")
    assert state(shop, shop.annas) == "processing"
    said = shop.read(texts_by_address)
    assert "yes" not in said[annas] and len(said) == 2


def test_another_customer_in_the_same_browser_has_their_own_talk(shop: Shop, page: Page) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask_to_cancel(shop, frame)
    ((annas, _),) = shop.read(proofs_of)
    frame = visit(page, f"{shop.url}/in?who=ben")
    nothing_of_annas(shop, page)
    ask(frame, "yes", "")
    assert state(shop, shop.annas) == "processing"
    ask(frame, f"where is order {shop.annas}", "e-mail|phone|find")
    assert dict(shop.read(proofs_of))[annas] is None, "Anna's visit has ended with Ben's coming"

    # Anna again: her own talk, without the question that was open.
    frame = visit(page, f"{shop.url}/in?who=anna")
    expect(frame.locator(".customer .bubble")).to_have_text([f"cancel order {shop.annas}"])
    expect(frame.locator("body")).not_to_contain_text(shop.bens)
    ask(frame, "yes", "")
    assert state(shop, shop.annas) == "processing"
    ask_to_cancel(shop, frame)
    ask(frame, "yes", "cancelled")
    assert state(shop, shop.annas) == "cancelled"
    assert len(shop.read(texts_by_address)) == 2


def test_a_private_window_knows_nothing(shop: Shop, page: Page, browser: Browser) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask_to_cancel(shop, frame)
    private = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    private.set_default_timeout(SLOW)
    hers = private.new_page()
    visit(hers, shop.url)
    nothing_of_annas(shop, hers)
    ask(chat(hers), "yes", "")
    # Signed in there too, she has her talk: on another device it is still hers.
    visit(hers, f"{shop.url}/in?who=anna")
    expect(chat(hers).locator(".customer .bubble")).to_have_text([f"cancel order {shop.annas}"])
    ask(chat(hers), "yes", "cancelled")
    expect(frame.locator(".bot .bubble").last).to_contain_text("cancelled")
    private.close()


def test_a_talk_without_sign_in_is_not_the_next_customers(shop: Shop, page: Page) -> None:
    frame = visit(page, shop.url)
    ask(frame, f"where is order {shop.annas}", "e-mail|phone")
    ask(frame, shop.emails["anna"], shop.annas)
    stolen = page.frames[1].evaluate("localStorage.getItem('aftercare')")
    frame = visit(page, f"{shop.url}/in?who=ben")
    nothing_of_annas(shop, page)
    frame = visit(page, f"{shop.url}/out")
    nothing_of_annas(shop, page)
    answer = page.request.get(
        f"{shop.support}/chat/v1/messages", headers={"Authorization": f"Bearer {stolen}"}
    )
    assert answer.status == 401
    assert [contact for _, contact in shop.read(proofs_of)] == [None]


def test_the_way_back_shows_nothing_of_a_visit_that_has_ended(shop: Shop, page: Page) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask_to_cancel(shop, frame)
    page.goto(f"{shop.url}/out")
    until(page, lambda: shop.read(nobody_is_there))
    page.goto(f"{shop.url}/elsewhere")
    page.go_back()
    page.go_back()
    page.wait_for_timeout(500)
    frames = page.frame_locator("aftercare-chat iframe")
    expect(frames.locator("body")).not_to_contain_text(shop.annas)


def test_no_token_of_a_customer_stays_in_the_browser(shop: Shop, page: Page, context: BrowserContext) -> None:
    tokens: list[str] = []
    page.on("request", lambda request: tokens.append(request.headers.get("authorization", "")))
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask(frame, "where is my order", "Which order")
    opening = {token.removeprefix("Bearer ") for token in tokens if token}
    script = "[...Object.values(localStorage), ...Object.values(sessionStorage)]"
    kept = {value for where in page.frames for value in where.evaluate(script)}
    for token in kept:
        answer = context.request.get(
            f"{shop.support}/chat/v1/messages", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status == 401
    assert opening - kept, "it is in the page's memory only"


# --- two tabs ------------------------------------------------------------------------------------------


def test_signing_out_reaches_every_tab(shop: Shop, page: Page, context: BrowserContext) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask_to_cancel(shop, frame)
    other = context.new_page()
    visit(other, shop.url)
    expect(chat(other).locator(".customer")).to_have_count(1)
    chat(other).locator("#input").fill("please cancel it at once")
    ((annas, _),) = shop.read(proofs_of)

    page.evaluate("aftercare.signOut()")
    for each in (page, other):
        nothing_of_annas(shop, each)
        expect(chat(each).locator(".system").first).to_contain_text("You are signed out")
    # What was being written is neither sent nor lost without a word.
    expect(chat(other).locator("#input")).to_have_value("")
    expect(chat(other).locator(".system").last).to_contain_text("Messages that were not sent: 1")
    until(page, lambda: shop.read(nobody_is_there))
    # What happens in Anna's conversation now reaches no window.
    ask(chat(other), "yes", "")
    assert "yes" not in shop.read(texts_by_address)[annas]
    assert state(shop, shop.annas) == "processing"


def test_another_customer_in_one_tab_ends_the_visit_in_the_other(
    shop: Shop, page: Page, context: BrowserContext
) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna&to=/app")
    ask_to_cancel(shop, frame)
    other = context.new_page()
    visit(other, f"{shop.url}/in?who=ben&to=/app")
    # The first tab's page asks the shop again, and is Ben's by now.
    nothing_of_annas(shop, page)
    expect(frame.locator(".system").first).to_contain_text("your own conversation")
    ask(frame, "yes", "")
    assert state(shop, shop.annas) == "processing"
    expect(chat(other).locator(".customer .bubble")).to_have_text(["yes"])


# --- in the middle of a talk ---------------------------------------------------------------------------


def test_a_visit_that_runs_out_goes_on_where_the_page_can_be_asked(shop: Shop, page: Page) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna&to=/app")
    ask(frame, "where is my order", "Which order")
    shop.write(let_an_hour_pass)
    ask(frame, f"where is order {shop.annas}", shop.annas)
    expect(frame.locator(".customer")).to_have_count(2)
    expect(frame.locator(".system")).to_have_count(0)
    ((_, contact),) = shop.read(proofs_of)
    assert contact == shop.emails["anna"]


def test_a_visit_that_runs_out_ends_where_nobody_vouches_any_more(shop: Shop, page: Page) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask_to_cancel(shop, frame)
    ((annas, _),) = shop.read(proofs_of)
    shop.write(let_an_hour_pass)
    frame.locator("#input").fill("yes")
    frame.locator("#input").press("Enter")
    nothing_of_annas(shop, page)
    expect(frame.locator(".system").first).to_contain_text("could not confirm that you are signed in")
    expect(frame.locator(".system").last).to_contain_text("Messages that were not sent: 1")
    assert "yes" not in shop.read(texts_by_address)[annas]
    ask(frame, f"where is order {shop.annas}", "e-mail|phone")
    assert state(shop, shop.annas) == "processing"
    # She reloads, as she is told, and has her talk.
    frame = visit(page, shop.url)
    expect(frame.locator(".customer .bubble").first).to_have_text(f"cancel order {shop.annas}")


def test_a_word_that_was_used_or_has_expired_is_said_to_be_none(shop: Shop, page: Page) -> None:
    shop.kept = vouch("customer-anna", shop.emails["anna"], age=600)
    frame = visit(page, f"{shop.url}/kept")
    expect(frame.locator(".system")).to_contain_text("could not confirm that you are signed in")
    ask(frame, f"where is order {shop.annas}", "e-mail|phone")
    # A page that comes out of a cache, or a tab that is opened twice.
    shop.kept = vouch("customer-anna", shop.emails["anna"])
    frame = visit(page, f"{shop.url}/kept")
    ask(frame, f"where is order {shop.annas}", shop.annas)
    frame = visit(page, f"{shop.url}/kept")
    nothing_of_annas(shop, page)
    expect(frame.locator(".system")).to_contain_text("could not confirm that you are signed in")
    ask(frame, f"where is order {shop.annas}", "e-mail|phone")


def test_what_was_not_sent_is_nobody_elses(shop: Shop, page: Page, context: BrowserContext) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna&to=/app")
    ask_to_cancel(shop, frame)
    context.set_offline(True)
    frame.locator("#input").fill("yes, cancel it")
    frame.locator("#input").press("Enter")
    expect(frame.locator(".customer .state").last).to_contain_text("Not sent")
    page.evaluate("aftercare.signOut()")
    nothing_of_annas(shop, page)
    expect(frame.locator(".system").last).to_contain_text("Messages that were not sent: 1")
    context.set_offline(False)
    annas_visit = page.evaluate("localStorage.getItem('aftercare-visit')")
    page.evaluate(f"aftercare.identify({vouch('customer-ben', shop.emails['ben'])!r})")
    # What is written before it is known who writes would be dropped with the rest.
    until(page, lambda: page.evaluate("localStorage.getItem('aftercare-visit')") not in (None, annas_visit))
    ask(frame, f"where is order {shop.bens}", shop.bens)
    said = shop.read(texts_by_address)
    assert not any("yes, cancel it" in words for words in said.values())
    assert state(shop, shop.annas) == state(shop, shop.bens) == "processing"


# --- ended by the customer -----------------------------------------------------------------------------


def test_a_customer_ends_the_chat_on_a_shared_device(shop: Shop, page: Page, context: BrowserContext) -> None:
    frame = visit(page, shop.url)
    expect(frame.locator("#end")).to_be_hidden()
    ask(frame, f"where is order {shop.annas}", "e-mail|phone")
    ask(frame, shop.emails["anna"], shop.annas)
    stolen = page.frames[1].evaluate("localStorage.getItem('aftercare')")
    other = context.new_page()
    visit(other, shop.url)
    expect(chat(other).locator(".customer")).to_have_count(2)

    frame.get_by_role("button", name="End chat").click()
    expect(frame.get_by_role("dialog")).to_contain_text("can't be opened here again")
    frame.get_by_role("button", name="Keep it open").click()
    expect(frame.locator(".customer")).to_have_count(2)
    frame.get_by_role("button", name="End chat").click()
    frame.get_by_role("dialog").get_by_role("button", name="End chat").click()
    for each in (page, other):
        nothing_of_annas(shop, each)
    expect(frame.locator(".system")).to_contain_text("This chat has ended")
    expect(frame.locator("#starters button").first).to_be_visible()

    def refused() -> bool:
        headers = {"Authorization": f"Bearer {stolen}"}
        return page.request.get(f"{shop.support}/chat/v1/messages", headers=headers).status == 401

    until(page, refused)
    assert [contact for _, contact in shop.read(proofs_of)] == [None]
    page.reload()
    nothing_of_annas(shop, page)
    ask(chat(page), f"where is order {shop.annas}", "e-mail|phone")
    assert len(shop.read(texts_by_address)) == 2


def test_a_signed_in_customer_ends_their_chat_everywhere(shop: Shop, page: Page) -> None:
    frame = visit(page, f"{shop.url}/in?who=anna&to=/app")
    ask(frame, "where is my order", "Which order")
    frame.get_by_role("button", name="End chat").click()
    frame.get_by_role("dialog").get_by_role("button", name="End chat").click()
    expect(frame.locator(".customer")).to_have_count(0)
    # Still signed in: a new talk, with their proof.
    ask(frame, f"where is order {shop.annas}", shop.annas)
    visit(page, f"{shop.url}/app")
    expect(frame.locator(".customer")).to_have_count(1)


def test_an_hour_is_long_enough_to_read(shop: Shop, page: Page) -> None:
    assert visits_store.IDLE == timedelta(hours=1) < visits_store.LIFETIME
    frame = visit(page, f"{shop.url}/in?who=anna")
    ask(frame, "where is my order", "Which order")
    # From page to page nothing is lost, nor has anybody to prove anything again.
    frame = visit(page, shop.url)
    expect(frame.locator(".customer")).to_have_count(1)
    ask(frame, f"cancel order {shop.annas}", "Shall I cancel it")
    frame = visit(page, shop.url)
    ask(frame, "yes", "cancelled")
    assert state(shop, shop.annas) == "cancelled"
