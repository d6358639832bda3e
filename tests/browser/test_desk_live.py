"""The whole shop at once, in a real browser: the real server and model, two agents, and customers on the web
chat, by text message, on Telegram and on Messenger."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from store.accounts import agents
from store.core.database import Database
from store.orders import demo
from store.vocabulary import Role
from tests.browser.phones import Phones
from tests.desk.staff import CHEAP
from tests.server import free_port, running

SLOW = 20_000  # ms; a bound for a loaded machine, not a duration
PASSWORD = "four words by chance"
SHOWN = {"web": "Web chat", "sms": "SMS", "telegram": "Telegram", "messenger": "Messenger"}
ANNA, TOM = "anna@linden.example", "tom@linden.example"


@dataclass
class Shop:
    address: str
    phones: Phones
    facts: dict[str, Any]  # of `store.orders.demo.sample`


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    port = free_port()
    phones = Phones(f"http://127.0.0.1:{port}")
    more = {"AFTERCARE_ASSIGNMENT": "manual", "AFTERCARE_RATE_LIMITS": "off", **phones.environment}
    with running(folder, port, **more) as address:
        yield Shop(address, phones, _staff(folder))
        phones.close()


def _staff(folder: Path) -> dict[str, Any]:
    """Two agents with a password; facts of the demonstration shop."""
    database = Database(f"sqlite:///{folder}/server.db")
    password = CHEAP.hash(PASSWORD)
    with database.write() as connection:
        agents.add(connection, ANNA, "Anna Berg", Role.AGENT, password=password)
        agents.add(connection, TOM, "Tomas Petraitis", Role.AGENT, password=password)
        facts = demo.sample(connection)
    database.close()
    return facts


@pytest.fixture(scope="module")
def desks(browser: Browser, shop: Shop) -> Iterator[tuple[Page, Page]]:
    """Two agents' browsers, signed in."""
    contexts = [browser.new_context(viewport={"width": 1280, "height": 800}) for _ in range(2)]
    anna, tom = (_sign_in(context, shop, email) for context, email in zip(contexts, (ANNA, TOM), strict=True))
    yield anna, tom
    for context in contexts:
        context.close()


def _sign_in(context: BrowserContext, shop: Shop, email: str) -> Page:
    context.set_default_timeout(SLOW)
    page = context.new_page()
    page.goto(f"{shop.address}/desk")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#desk.desk main")).to_be_visible(timeout=SLOW)
    return page


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=5000)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A customer's browser, set to Lithuanian."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="lt-LT")
    context.set_default_timeout(SLOW)
    yield context.new_page()
    context.close()


def ask(chat: FrameLocator, text: str, answer: str) -> None:
    """Writes `text` and waits until `answer`, a regular expression, stands in a message that came then."""
    log = chat.get_by_role("log")
    told = log.locator(".message:not(.customer) .bubble")
    before = told.count()
    box = chat.get_by_role("textbox")
    box.fill(text)
    box.press("Enter")
    fresh = told.filter(has_text=re.compile(answer))
    expect(told.nth(before)).to_be_visible()
    expect(fresh.last).to_be_visible()


def show(desk: Page, channel: str, name: str = "", *, view: str = "Queue") -> None:
    """Opens a channel's newest conversation from a list, or a customer's there."""
    desk.get_by_role("button", name=re.compile(f"^{view}")).click()
    desk.locator(f".row:has(.face.{channel})", has_text=name).first.click()
    expect(about(desk)).to_contain_text(SHOWN[channel])
    expect(desk.locator(".title h2")).to_contain_text(name)
    expect(desk.locator(".message").first).to_be_visible()


def about(desk: Page) -> Locator:
    return desk.locator(".about")


def answer(desk: Page, text: str) -> Locator:
    """The agent types and sends; the message."""
    desk.locator("#input").fill(text)
    desk.keyboard.press("Enter")
    return desk.locator(".message.agent", has_text=text)


def hand_back(desk: Page) -> None:
    desk.get_by_role("button", name="Hand back").click()
    desk.get_by_role("dialog").get_by_role("button", name="Hand back").click()
    expect(about(desk)).to_contain_text("Assistant")


def test_two_agents_and_a_customer_on_the_web_chat(
    shop: Shop, desks: tuple[Page, Page], visitor: Page
) -> None:
    order, email, name = shop.facts["orders"]["shipped"], shop.facts["email"], shop.facts["name"]
    visitor.goto(shop.address)
    visitor.locator("aftercare-chat button").first.click()
    chat = visitor.frame_locator("iframe")
    expect(chat.locator("#starters button").first).to_be_visible()  # its script has run
    expect(chat.locator("html")).to_have_attribute("lang", "lt")
    ask(chat, "kur mano užsakymas?", "užsakymo numeris")
    ask(chat, order, "el. paštą arba telefono")
    ask(chat, email, rf"Užsakymas {order}.*pakeliui")
    ask(chat, "noriu pasikalbėti su žmogumi", "Perdaviau pokalbį")

    # Both agents see it without doing anything, with what it is about.
    for desk in desks:
        expect(desk.locator(".row", has_text=name)).to_be_visible()
        show(desk, "web", name)
        expect(desk.locator(".panel .summary")).to_contain_text(order)
        expect(desk.locator(".panel .order summary b").first).to_be_visible()
        expect(desk.locator(".panel")).to_contain_text("Lithuanian")
        expect(desk.locator(".panel")).to_contain_text("Proven")
    expect(desks[0].locator(".event", has_text="Asked for a person")).to_be_visible()

    # Both take it at the same moment: it is one's, and the other is told whose.
    at = time.time() * 1000 + 400
    for desk in desks:
        desk.evaluate(
            "at => setTimeout(() => document.querySelector('.actions .primary').click(), at - Date.now())", at
        )
    for desk in desks:
        expect(about(desk)).to_contain_text(re.compile("Yours|With "))
    owns = ["Yours" in about(desk).inner_text() for desk in desks]
    assert sorted(owns) == [False, True]
    mine, other = desks if owns[0] else desks[::-1]
    own_name, other_name = ("Anna Berg", "Tomas Petraitis")[:: 1 if owns[0] else -1]
    expect(about(other)).to_contain_text(f"With {own_name}")
    expect(other.locator("#status")).to_contain_text(f"{own_name} has this conversation already.")
    expect(chat.get_by_role("log")).to_contain_text(f"bendraus {own_name}")

    # They talk: the customer sees that the agent writes, the agent what became of it.
    mine.locator("#input").press_sequentially("Sveiki, ")
    expect(chat.locator("#typing")).to_be_visible()
    expect(other.locator(".typing")).to_contain_text(f"{own_name} is typing")
    sent = answer(mine, "Sveiki, tuoj patikrinsiu.")
    expect(sent.locator(".delivery")).to_have_text("Sent")
    said = chat.locator(".message.agent", has_text="tuoj patikrinsiu")
    expect(said).to_be_visible()
    chat.get_by_role("textbox").fill("Ačiū, labai skubu")
    chat.get_by_role("textbox").press("Enter")
    for desk in desks:
        expect(desk.locator(".message.customer").last).to_contain_text("labai skubu")

    # What colleagues tell each other stays with them.
    mine.get_by_role("button", name="Note", exact=True).click()
    mine.locator("#input").press_sequentially(f"vežėjas vėluoja @{other_name.split()[0]}")
    mine.locator(".picker").get_by_role("option", name=other_name).click()
    mine.keyboard.press("Enter")
    expect(other.locator(".note .bubble")).to_contain_text(f"vežėjas vėluoja @{other_name}")
    expect(other.locator("#status")).to_contain_text(f"{own_name} mentioned you")
    mine.get_by_role("button", name="Reply", exact=True).click()

    # A ready answer, in the customer's words and with the shop's facts in them.
    mine.locator("#input").press_sequentially("/grąžinimo taisyk")
    first = mine.locator(".picker").get_by_role("option").first
    expect(first).to_contain_text(re.compile("grąžin", re.IGNORECASE))
    first.click()
    ready = mine.locator("#input").input_value()
    assert re.search(r"\d+ (darbo )?dien", ready) and "{" not in ready, ready
    mine.keyboard.press("Enter")
    expect(chat.locator(".message.agent .bubble").last).to_have_text(ready)

    # The order beside the thread, and what can be done with it.
    shown = mine.locator(".panel .order").first
    expect(shown.locator("summary b")).to_have_text(order)
    expect(shown).to_contain_text("Shipped")
    shown.get_by_role("button", name="Send invoice").click()
    mine.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(chat.locator(".message.agent .bubble").last).to_contain_text(f"užsakymo {order} sąskaita")

    # The bot goes on where the talk stood: the same order, no new proof.
    hand_back(mine)
    expect(chat.get_by_role("log")).to_contain_text("automatinis asistentas. Kuo dar galiu padėti")
    ask(chat, "tai kada atvyks?", rf"Užsakymas {order}|užsakym\w+ {order}")
    assert "vežėjas vėluoja" not in chat.get_by_role("log").inner_text()
    thread = chat.locator(".message .bubble").all_inner_texts()
    assert len([text for text in thread if "tuoj patikrinsiu" in text]) == 1


CHANNELS = [
    ("sms", "Delivered"),
    ("telegram", "Sent"),
    ("messenger", "Read"),
]


@pytest.mark.parametrize(("channel", "delivered"), CHANNELS)
def test_an_agent_answers_on_the_customers_own_channel(
    shop: Shop, desks: tuple[Page, Page], channel: str, delivered: str
) -> None:
    phones, facts, desk = shop.phones, shop.facts, desks[0]
    # A text message comes from the phone on the order: that proves it.
    address = {"sms": facts["phone"], "telegram": "5001", "messenger": "6000000000000001"}[channel]
    order = facts["orders"]["processing"]
    if channel == "sms":
        said = phones.ask(channel, address, f"where is my order {order}")
    else:
        said = phones.ask(channel, address, f"where is my order {order}, {facts['email']}")
    assert order in said
    phones.say(channel, address, "I want to talk to a person")
    show(desk, channel, facts["name"])
    desk.locator(".actions").get_by_role("button", name="Claim").click()
    expect(about(desk)).to_contain_text("Yours")
    phones.until(lambda: "Anna Berg" in phones.said(channel, address)[-1].text)

    box = desk.locator("#input")
    box.fill("Hello, I am looking into it – one moment")
    if channel == "sms":
        expect(desk.locator("#counter")).to_contain_text("SMS: 1 · 120 left")
        box.fill("a" * 161)
        expect(desk.locator("#counter")).to_contain_text("SMS: 2 ·")
    if channel == "messenger":
        expect(desk.locator("#window")).to_contain_text(re.compile(r"You can reply until .* \(2[34] hr?s? "))
    text = f"Hello, I am looking into it ({channel})"
    sent = answer(desk, text)
    phones.until(lambda: any(text in one.text for one in phones.said(channel, address)))
    expect(sent.locator(".delivery")).to_have_text(delivered)
    phones.say(channel, address, "thank you, I wait")
    expect(desk.locator(".message.customer").last).to_contain_text("thank you, I wait")

    hand_back(desk)
    phones.until(lambda: "automatic assistant" in phones.said(channel, address)[-1].text)
    assert order in phones.ask(channel, address, "and when will it arrive?")
    assert sum(text in one.text for one in phones.said(channel, address)) == 1


def test_a_desk_that_was_offline_misses_nothing(shop: Shop, desks: tuple[Page, Page]) -> None:
    phones, (anna, tom) = shop.phones, desks
    customer = "5002"
    phones.ask("telegram", customer, "can I talk to a person please")
    show(anna, "telegram")
    anna.locator(".actions").get_by_role("button", name="Claim").click()
    expect(about(anna)).to_contain_text("Yours")
    answer(anna, "before the tunnel")
    phones.until(lambda: "before the tunnel" in phones.said("telegram", customer)[-1].text)

    anna.context.set_offline(True)
    expect(anna.locator(".offline")).to_be_visible()
    for number in range(3):
        phones.say("telegram", customer, f"word {number} from the road")
    # A colleague leaves a note, and another customer asks for a person meanwhile.
    show(tom, "telegram", view="All")
    tom.get_by_role("button", name="Note", exact=True).click()
    tom.locator("#input").fill("I know this customer")
    tom.keyboard.press("Enter")
    expect(tom.locator(".note .bubble")).to_contain_text("I know this customer")
    phones.ask("messenger", "6000000000000002", "can I talk to a person please")
    # An answer that can't be sent now waits for its author.
    unsent = answer(anna, "from the tunnel")
    expect(unsent).to_have_attribute("data-state", "failed")
    assert not any("from the tunnel" in one.text for one in phones.said("telegram", customer))

    anna.context.set_offline(False)
    expect(anna.locator(".offline")).to_be_hidden()
    expect(anna.locator(".message.customer .bubble")).to_have_text(
        ["can I talk to a person please", *(f"word {number} from the road" for number in range(3))]
    )
    expect(anna.locator(".note .bubble")).to_have_text("I know this customer")
    anna.get_by_role("button", name=re.compile("^Queue")).click()
    expect(anna.locator(".row", has_text="Messenger")).to_be_visible()
    anna.get_by_role("button", name="Try again").click()
    phones.until(lambda: "from the tunnel" in phones.said("telegram", customer)[-1].text)
    expect(anna.locator(".message.agent", has_text="from the tunnel")).to_have_count(1)
    assert sum("from the tunnel" in one.text for one in phones.said("telegram", customer)) == 1
