"""The support desk's web app in a real browser, against an API in memory."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from channels.sms.segments import segments
from tests.browser.desk_api import (
    CODE,
    HOSTILE,
    PASSWORD,
    TOKEN,
    DeskApi,
    Refused,
    ago,
)
from tests.browser.desk_server import TEXTS, DeskServer, enter, fill, open_first, order
from tests.paths import ROOT

WEB = ROOT / "web" / "desk"

expect.set_options(timeout=5000)


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


def claim(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    page.keyboard.press("c")
    expect(page.locator("#input")).to_be_focused()


def titles(page: Page) -> list[str]:
    return page.locator(".row .name").all_inner_texts()


# --- coming in -----------------------------------------------------------------------------------


def test_signing_in_with_a_code(page: Page, desk: DeskServer) -> None:
    desk.api.signed_in, desk.api.needs_code = False, True
    page.goto(f"{desk.url}/desk")
    page.get_by_label("E-mail").fill("anna@shop.example")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    expect(page.get_by_label("Code")).to_be_hidden()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The code is wrong")
    page.get_by_label("Code").fill(CODE)
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("link", [f"/desk#invitation={TOKEN}", f"/desk/invitation#{TOKEN}"])
def test_an_invitation_is_taken_up_and_leaves_the_address_bar(
    page: Page, desk: DeskServer, link: str
) -> None:
    desk.api.signed_in = False
    page.goto(desk.url + link)
    page.get_by_label("Name").fill("Rasa Jonaitė")
    page.get_by_label("New password").fill("a long password")
    assert TOKEN not in page.url
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    assert desk.api.me["name"] == "Rasa Jonaitė"


def test_a_session_that_ends_keeps_the_draft(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    page.keyboard.type("half a sentence")
    desk.api.signed_in = False
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("x")
    page.get_by_label("E-mail").fill("anna@shop.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#input")).to_have_value("half a sentence")


# --- a conversation ------------------------------------------------------------------------------


def test_the_list_is_live_and_has_views_and_search(page: Page, desk: DeskServer) -> None:
    enter(page, desk)
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row .mark.soon")).to_contain_text("left")
    expect(page.locator(".row .mark.priority1")).to_have_text("High")
    page.wait_for_timeout(400)
    desk.do(desk.api.begin, 4, "Mia Lund", "hello?")
    desk.do(desk.api.tell, "conversation", id=4, kind="owner")
    expect(page.locator(".row", has_text="Mia Lund")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Waiting: Mia Lund")
    page.get_by_role("button", name="Assistant").click()
    expect(page.locator(".row .name")).to_have_text(["Dana Akhmet"])
    page.get_by_role("button", name="All").click()
    page.keyboard.press("/")
    page.keyboard.type("lamp")
    expect(page.locator(".row .name")).to_have_text(["Jonas Kazlauskas"])
    page.locator("#search").fill("")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("combobox", name="Channel").select_option("telegram")
    expect(page.locator(".row .name")).to_have_text(["Dana Akhmet"])


def test_who_said_what_is_told_apart(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    authors = page.locator(".message.first .by b").all_inner_texts()
    assert authors == ["Customer", "Assistant", "Customer"]
    expect(page.locator(".event")).to_contain_text("Put into the queue: System (Asked for a person)")
    expect(page.locator(".offered li")).to_have_text(["Another order", "A person"])
    expect(page.locator(".message.bot .delivery")).to_have_text("Read")
    expect(page.locator(".composer .claim")).to_contain_text("Claim the conversation to reply")
    desk.do(desk.api.tell, "typing", id=1, author="customer")
    expect(page.locator(".typing")).to_have_text("Customer is typing…")


def test_claim_reply_and_what_the_customer_answers(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    expect(page.locator(".about")).to_contain_text("Yours")
    page.keyboard.type("One moment,")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("I look it up.")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent .bubble")).to_have_text("One moment,\nI look it up.")
    expect(page.locator(".message.agent .delivery")).to_have_text("Sent")
    expect(page.locator("#input")).to_have_value("")
    assert desk.api.called("/typing")
    desk.do(desk.api.say, 1, "customer", "Thanks a lot")
    expect(page.locator(".message.customer .bubble").last).to_have_text("Thanks a lot")
    expect(page.locator("#status")).to_contain_text("Thanks a lot")
    page.wait_for_timeout(100)
    assert desk.api.called("/read")[-1] == {"seq": 6}


def test_a_reply_that_fails_can_be_sent_again_and_counts_once(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    desk.api.fail["/messages"] = Refused(503, "down")
    page.keyboard.type("Hello Rūta")
    page.keyboard.press("Enter")
    expect(page.locator("[data-state=failed]")).to_contain_text("Not sent.")
    desk.api.fail.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".message.agent .delivery")).to_have_text("Sent")
    first, again = desk.api.called("/1/messages")
    assert first == again
    expect(page.locator(".message.agent")).to_have_count(1)


def test_somebody_else_was_quicker(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)

    def quicker(route: Route) -> None:
        desk.api.conversations[1].update(owner="human", agent={"id": 2, "name": "Tomas Petraitis"})
        route.continue_()

    page.route("**/conversations/1/claim", quicker)
    page.get_by_role("button", name="Claim").first.click()
    expect(page.locator("#status")).to_contain_text("Tomas Petraitis has this conversation already.")
    expect(page.locator(".about")).to_contain_text("With Tomas Petraitis")
    expect(page.get_by_role("button", name="Claim")).to_have_count(0)


def test_a_note_mentions_a_colleague(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    page.keyboard.press("n")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.keyboard.type("Please look @to")
    expect(page.locator(".picker").get_by_role("option")).to_have_text(["Tomas PetraitisOnline"])
    page.keyboard.press("Enter")
    page.keyboard.type("at this")
    page.keyboard.press("Enter")
    expect(page.locator(".note .bubble")).to_have_text("Please look @Tomas Petraitis at this")
    assert desk.api.called("/notes") == [{"text": "Please look @Tomas Petraitis at this", "mentions": [2]}]
    assert desk.api.called("/1/messages") == []


def test_a_canned_answer_is_chosen_by_keyboard(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    page.keyboard.type("/")
    expect(page.locator(".picker").get_by_role("option")).to_have_count(2)
    page.keyboard.type("return")
    expect(page.locator(".picker").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#input")).to_have_value("You can return it within 30 days.")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent .bubble")).to_have_text("You can return it within 30 days.")


def test_a_draft_waits_in_its_conversation(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    page.keyboard.type("for Rūta only")
    page.get_by_role("button", name="All").click()
    page.locator(".row", has_text="Jonas").click()
    expect(page.locator(".title h2")).to_have_text("Jonas Kazlauskas")
    expect(page.locator("#input")).to_have_value("")
    page.locator(".row", has_text="Rūta").click()
    expect(page.locator("#input")).to_have_value("for Rūta only")


def test_a_file_is_sent(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    page.locator("input[type=file]").set_input_files(
        {"name": f"{HOSTILE[:40]}.txt", "mimeType": "text/plain", "buffer": b"words"}
    )
    expect(page.locator(".chip")).to_contain_text(".txt")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.agent .attachment")).to_contain_text(".txt")
    expect(page.locator(".chip")).to_be_hidden()


def test_text_messages_are_counted_as_they_are_billed(page: Page, desk: DeskServer) -> None:
    desk.api.conversations[1]["send"]["segments"] = True
    claim(page, desk)
    samples = [
        "a" * 160,
        "a" * 161,
        "[" * 80,
        "[" * 81,
        "ą" * 70,
        "ą" * 71,
        "“quotes” – …",
        "😀" * 34 + "b" * 66,
    ]
    for words in samples:
        page.locator("#input").fill(words)
        expect(page.locator(".counter")).to_contain_text(f"SMS: {segments(plain(words))} ·")


def plain(words: str) -> str:
    from channels.sms import segments as sms_text

    return sms_text.plain(words)


@pytest.mark.parametrize(
    ("state", "minutes", "told"),
    [
        ("open", -90, "You can reply until"),
        ("late", -20, "The reply window is closing."),
        ("closed", None, "The reply window is closed."),
        ("stopped", None, "opted out"),
    ],
)
def test_the_window_of_a_channel_is_told(
    page: Page, desk: DeskServer, state: str, minutes: int | None, told: str
) -> None:
    until = None if minutes is None else ago(minutes)
    desk.api.conversations[1]["send"].update(state=state, until=until)
    claim(page, desk)
    expect(page.locator("#window")).to_contain_text(told)
    page.keyboard.type("hello")
    shut = "true" if until is None else "false"
    expect(page.get_by_role("button", name="Send", exact=True)).to_have_attribute("aria-disabled", shut)


def test_orders_are_shown_and_cancelled_after_a_question(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    panel = page.locator(".panel")
    expect(panel).to_contain_text("2 × Set of four mugs")
    expect(panel.get_by_role("link", name="DPD")).to_have_attribute(
        "href", "https://tracking.example/0580987654"
    )
    panel.get_by_role("button", name="Change address").click()
    page.get_by_role("dialog").get_by_label("Address").fill("Pilies g. 2, Vilnius")
    page.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("Pilies g. 2, Vilnius")
    panel.get_by_role("button", name="Cancel the order").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel", exact=True).click()
    assert desk.api.called("/cancel") == []
    panel.get_by_role("button", name="Cancel the order").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    expect(panel.locator(".order .mark")).to_have_text("Cancelled")
    expect(panel.get_by_role("button", name="Cancel the order")).to_have_count(0)
    assert desk.api.called("/cancel") == [{"conversation": 1}]


def test_what_was_paid_and_how_parcels_stand(page: Page, desk: DeskServer) -> None:
    mugs = {
        "name": "Set of four mugs", "quantity": 2, "unit_price": "29.95", "paid": "54.90",
        "options": {"colour": "blue", "size": HOSTILE}, "returnable": False,
    }  # fmt: skip
    parcel = {
        "carrier": "Omniva", "tracking_number": "CE1", "tracking_url": None, "state": "waiting",
        "expected_on": "2026-05-08", "delivered_at": None, "fetch_until": "2026-05-12",
        "contents": [{"name": "Set of four mugs", "quantity": 1}],
    }  # fmt: skip
    lost = {**parcel, "carrier": "UPS", "state": "lost", "fetch_until": None, "contents": []}
    came = {**parcel, "carrier": "DPD", "state": "delivered", "delivered_at": "2026-05-06T11:20:00Z"}
    desk.api.orders[1] = [order(lines=[mugs], shipments=[parcel, lost, came], delivery_paid="4.90")]
    open_first(page, desk)
    lines = page.locator(".panel .lines li")
    expect(lines.first).to_contain_text("paid €54.90")
    expect(lines.first.locator("small")).to_have_text(
        f"colour: blue · size: {HOSTILE} · can't be sent back for no reason"
    )
    expect(lines.last).to_contain_text("Delivery")
    expect(lines.last).to_contain_text("€4.90")
    waiting, gone, arrived = page.locator(".panel .shipment").all()
    expect(waiting).to_contain_text("Waiting to be fetched · to be fetched by")
    expect(waiting).to_contain_text("12 May 2026")
    expect(waiting.locator("small")).to_have_text("1 × Set of four mugs")
    expect(gone).to_have_text("UPS CE1 · Lost")
    expect(arrived).to_contain_text("Delivered · delivered")
    expect(arrived).not_to_contain_text("to be fetched")


def test_an_order_that_can_no_longer_be_cancelled_says_so(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    desk.api.fail["/cancel"] = Refused(409, "not_allowed", state="shipped")
    page.locator(".panel").get_by_role("button", name="Cancel the order").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("doesn't allow this any more")


def test_handing_back_and_closing(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    page.get_by_role("button", name="Hand back").click()
    page.get_by_role("dialog").get_by_label("Last words").fill("Bye")
    page.get_by_role("dialog").get_by_role("button", name="Hand back").click()
    expect(page.locator(".about .mark").first).to_have_text("Assistant")
    assert desk.api.called("/bot") == [{"text": "Bye"}]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Claim").first.click()
    expect(page.locator(".about .mark").first).to_have_text("Yours")
    page.locator(".title h2").focus()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Close").last.click()
    assert desk.api.called("/close") == [], "how it ended must be chosen"
    dialog.get_by_label("How did it end?").select_option("answered")
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.locator(".about")).to_contain_text("Closed Web chat · Question answered")
    assert desk.api.called("/close") == [{"disposition": "answered", "survey": True}]


def test_where_nothing_may_be_sent_nothing_is_asked(page: Page, desk: DeskServer) -> None:
    desk.api.conversations[1]["send"]["state"] = "late"
    claim(page, desk)
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("How did it end?")).to_be_visible()
    expect(dialog.get_by_label("Ask the customer how it was")).to_have_count(0)
    dialog.get_by_label("How did it end?").select_option("answered")
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.locator(".about")).to_contain_text("Closed")
    assert desk.api.called("/close") == [{"disposition": "answered", "survey": False}]


def test_a_score_comes_into_the_thread_and_the_panel(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    rated = {"id": 7, "score": 4, "comment": None, "at": ago(0)}
    desk.api.surveys[1] = [rated]
    desk.do(desk.api.tell, "conversation", id=1, kind="survey")
    expect(page.locator(".rated")).to_contain_text("Rated 4 of 5 ")
    desk.api.surveys[1] = [{**rated, "score": 2, "comment": HOSTILE}]
    desk.api.conversations[1]["survey"] = desk.api.surveys[1][0]
    desk.do(desk.api.tell, "conversation", id=1, kind="survey")
    expect(page.locator(".rated")).to_contain_text(f"Rated 2 of 5: {HOSTILE}")
    expect(page.locator(".panel blockquote")).to_have_text(HOSTILE)
    assert page.evaluate("document.title") != "owned"


def test_who_types_is_told_to_the_others_only(page: Page, desk: DeskServer) -> None:
    claim(page, desk)
    desk.do(desk.api.tell, "typing", id=1, author="Anna Berg", agent=1)
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent .delivery")).to_have_text("Sent")
    expect(page.locator(".typing")).to_be_hidden()
    desk.do(desk.api.tell, "typing", id=1, author="Tomas Petraitis", agent=2)
    expect(page.locator(".typing")).to_have_text("Tomas Petraitis is typing…")
    desk.do(desk.api.say, 1, "agent", "Me too", author_name="Tomas Petraitis")
    expect(page.locator(".bubble").last).to_have_text("Me too")
    expect(page.locator(".typing")).to_be_hidden()


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_notices_lie_on_nothing_that_is_used(
    browser: Browser, desk: DeskServer, size: tuple[int, int]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    claim(page, desk)
    desk.do(desk.api.tell, "alert", id=1, since=ago(15))
    expect(page.locator(".toast")).to_have_count(2)
    for one in page.locator(".composer, .open .bar button:visible, .open .bar summary:visible").all():
        box = one.bounding_box()
        assert box
        for toast in page.locator(".toast").all():
            shown = toast.bounding_box()
            assert shown and (
                shown["y"] + shown["height"] <= box["y"] or box["y"] + box["height"] <= shown["y"]
            ), one.evaluate("one => one.outerHTML")
    context.close()


# A browser without windows has no desktop to notify: what the page would show there is noted.
COUNTED = """
    window.shown = [];
    window.Notification = class {
        static permission = "PERMISSION";
        constructor(title, options) { shown.push([title, options.body, options.tag]); }
    };
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) { tones += 1; return start.apply(this, when); };
"""


def until(page: Page, expression: str, value: object) -> None:
    """Waits in Python: the page's policy lets nothing be evaluated again and again inside it."""
    for _ in range(100):
        if page.evaluate(expression) == value:
            return
        page.wait_for_timeout(50)
    assert page.evaluate(expression) == value


def test_desktop_notifications_and_sound(browser: Browser, desk: DeskServer) -> None:
    context = browser.new_context()
    context.add_init_script(COUNTED.replace("PERMISSION", "granted"))
    page = context.new_page()
    claim(page, desk)  # a key was pressed: the page may sound
    page.wait_for_timeout(400)
    tones = page.evaluate("tones")
    # Before the agent's eyes: read out and heard, not shown by the desktop.
    desk.do(desk.api.begin, 4, "Mia Lund", "hello?")
    desk.do(desk.api.tell, "conversation", id=4, kind="owner")
    expect(page.locator("#status")).to_contain_text("Waiting: Mia Lund: hello?")
    assert page.evaluate("shown") == []
    assert page.evaluate("tones") == tones + 2
    # Behind another window.
    page.evaluate("document.hasFocus = () => false")
    desk.do(desk.api.say, 1, "customer", "Are you there?")
    until(page, "shown.length", 1)
    assert page.evaluate("shown") == [["Message from Rūta Žukaitė", "Are you there?", "#/c/1"]]
    desk.do(desk.api.tell, "mention", id=2, by="Tomas Petraitis")
    until(page, "shown.length", 2)
    assert page.evaluate("shown[1]") == ["Tomas Petraitis mentioned you", "", "#/c/2"]
    # Without the sound.
    tones = page.evaluate("tones")
    page.evaluate("localStorage.setItem('desk-sound', 'no')")
    desk.do(desk.api.tell, "alert", id=1, since=ago(15))
    until(page, "shown.length", 3)
    title, words, tag = page.evaluate("shown[2]")
    assert (title, tag) == ("Attention", "#/c/1") and "has been waiting since" in words
    assert page.evaluate("tones") == tones
    context.close()


def test_without_permission_no_notification_is_made(browser: Browser, desk: DeskServer) -> None:
    context = browser.new_context()
    context.add_init_script(COUNTED.replace("PERMISSION", "denied"))
    page = context.new_page()
    claim(page, desk)
    page.evaluate("document.hasFocus = () => false")
    desk.do(desk.api.tell, "alert", id=1, since=ago(15))
    expect(page.locator(".toast.bad")).to_contain_text("has been waiting since")
    assert page.evaluate("shown") == []
    context.close()


def test_a_second_factor_is_set_up_by_a_picture(page: Page, desk: DeskServer) -> None:
    enter(page, desk, "#/settings")
    page.get_by_role("button", name="Set up codes").click()
    dialog = page.get_by_role("dialog")
    picture = dialog.get_by_role("img", name="QR code with the key")
    expect(picture).to_be_visible()
    assert picture.evaluate("async one => (await one.decode(), one.naturalWidth)") > 100
    expect(dialog.locator(".secret")).to_have_text("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP")
    dialog.get_by_label("Code", exact=True).fill("000000")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The code is wrong")
    dialog.get_by_label("Code", exact=True).fill(CODE)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Remove codes")).to_be_visible()


def test_assigning_and_releasing(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    page.get_by_label("More").click()
    page.get_by_role("button", name="Assign").click()
    page.get_by_role("dialog").get_by_label("Agent").select_option("2")
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    expect(page.locator(".about")).to_contain_text("With Tomas Petraitis")
    page.get_by_label("More").click()
    page.get_by_role("button", name="Put back into the queue").click()
    expect(page.locator(".about .mark").first).to_have_text("Waiting")


def test_a_broken_connection_is_told_and_made_good(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    expect(page.locator(".offline")).to_be_hidden()
    desk.api.fail["/events"] = desk.api.fail["/conversations"] = Refused(503, "down")
    desk.do(desk.api.cut)
    expect(page.locator(".offline")).to_be_visible()
    desk.do(desk.api.say, 1, "customer", "Did you see this?")
    desk.api.fail.clear()
    expect(page.locator(".message.customer .bubble").last).to_have_text("Did you see this?", timeout=9000)
    expect(page.locator(".offline")).to_be_hidden()


def test_what_a_provider_refuses_stands_above_every_page_until_it_is_mended(
    page: Page, desk: DeskServer
) -> None:
    open_first(page, desk)
    expect(page.locator(".faults")).to_be_hidden()
    at = "2026-03-02T09:00:00+00:00"
    one = {"channel": "sms", "account": "+37060000000", "fault": "sender", "since": at}
    desk.api.faults.append({**one, "reason": "Twilio error 21606 <b>"})
    desk.do(desk.api.tell, "faults")
    line = page.locator(".faults li")
    expect(line).to_have_text(
        "SMS +37060000000 refuses our messages: our number, page or address may not send "
        "(Twilio error 21606 <b>)"
    )
    page.locator('.rail a[href="#/figures"]').click()
    expect(line).to_be_visible()
    desk.api.faults.clear()
    desk.do(desk.api.tell, "faults")
    expect(page.locator(".faults")).to_be_hidden()


def test_older_messages_come_when_scrolled_to(page: Page, desk: DeskServer) -> None:
    for number in range(250):
        desk.api.say(1, "customer", f"line {number}", 5)
    open_first(page, desk)
    expect(page.locator(".bubble").last).to_have_text("line 249")
    expect(page.locator(".bubble", has_text="Where is my order?")).to_have_count(0)
    page.locator(".log").evaluate("log => { log.scrollTop = 100 }")
    expect(page.locator(".bubble", has_text="Where is my order?")).to_have_count(1)
    assert page.locator(".log").evaluate("log => log.scrollTop") > 1000, "what was read stays in place"


def test_who_else_is_looking(page: Page, desk: DeskServer) -> None:
    desk.api.viewers = [{"id": 2, "name": "Tomas Petraitis"}]
    open_first(page, desk)
    expect(page.locator(".about")).to_contain_text("Also looking: Tomas Petraitis")


def test_keys_walk_through_the_list_and_can_be_switched_off(page: Page, desk: DeskServer) -> None:
    enter(page, desk)
    page.get_by_role("button", name="All").click()
    expect(page.locator(".row")).to_have_count(3)
    page.keyboard.press("j")
    expect(page.locator(".title h2")).to_have_text("Rūta Žukaitė")
    page.keyboard.press("j")
    expect(page.locator(".title h2")).to_have_text("Jonas Kazlauskas")
    page.keyboard.press("k")
    expect(page.locator(".title h2")).to_have_text("Rūta Žukaitė")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Help")).to_contain_text("Claim the conversation")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("link", name="Conversations").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_is_due_is_told_in_words_and_colour(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    head, panel = page.locator(".about .mark.soon"), page.locator(".panel")
    expect(head).to_contain_text("Answer due: 3 min left")
    expect(panel).to_contain_text("Answer due")
    desk.api.conversations[1].update(answer_due_at=ago(125))
    desk.do(desk.api.tell, "conversation", id=1, kind="owner")
    expect(page.locator(".about .mark.late")).to_contain_text("Answer due: 2 hr 5 min late")
    expect(page.locator(".row .mark.late").first).to_have_attribute("title", re.compile("^Answer due: .+"))
    # Answered, though late: what comes next is the end.
    desk.api.conversations[1].update(answered_at=ago(100), resolve_due_at=ago(-90))
    desk.do(desk.api.tell, "conversation", id=1, kind="owner")
    expect(page.locator(".about .mark.calm")).to_contain_text("To be resolved: 1 hr 29 min left")
    expect(panel.locator("dl > div", has_text="First answer")).to_contain_text("late")


def test_an_alert_names_the_customer_who_waits(page: Page, desk: DeskServer) -> None:
    enter(page, desk)
    desk.do(desk.api.tell, "alert", id=1, since=ago(15))
    expect(page.locator("#status .toast.bad")).to_contain_text("nobody has claimed the conversation")


def test_other_pages(page: Page, desk: DeskServer) -> None:
    enter(page, desk, "#/figures")
    expect(page.locator(".tile", has_text="Answered in time")).to_contain_text("93%")
    expect(page.get_by_role("heading", name="Surveys answered: 19 of 30")).to_be_visible()
    expect(page.locator(".scores dd")).to_have_text(["13", "4", "2", "0", "0"])
    expect(page.locator("tbody tr")).to_contain_text(["4.8 (9)", "–"])
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("cell", name="conversation:1")).to_be_visible()
    page.get_by_role("link", name="Call-backs").click()
    expect(page.get_by_role("link", name="+37060000123")).to_be_visible()
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("button", name="Invite an agent").click()
    page.get_by_role("dialog").get_by_label("E-mail").fill("ona@shop.example")
    page.get_by_role("dialog").get_by_label("Name").fill("Ona Vaitkutė")
    page.get_by_role("dialog").get_by_role("button", name="Invite an agent").click()
    expect(page.locator(".secret")).to_contain_text("#invitation=abc")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert not desk.api.me["totp"]


def test_an_agent_chooses_state_and_language(page: Page, desk: DeskServer) -> None:
    enter(page, desk)
    page.get_by_role("combobox", name="Your state").select_option("away")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Language of the desk").select_option("lt")
    page.get_by_role("form", name="Account").get_by_role("button").click()
    expect(page.get_by_role("heading", name=TEXTS["lt"]["settings"])).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "lt")
    assert desk.api.me["state"] == "away"


def test_an_agent_who_is_no_admin_sees_no_admin_pages(page: Page, desk: DeskServer) -> None:
    desk.api.me["role"] = "agent"
    enter(page, desk)
    expect(page.get_by_role("link", name="Agents")).to_have_count(0)
    expect(page.get_by_role("link", name="Audit log")).to_have_count(0)


# --- what it is about -----------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [
    ("en", ["Trouble with a payment", "Angry", "Look-ups locked", "Proven by an order's number"]),
    ("lt", ["Mokėjimo problema", "Pikta", "užrakinta", "Patvirtinta užsakymo numeriu"]),
    ("kk", ["Төлемге қатысты мәселе", "Ашулы", "жабылды", "Тапсырыс нөмірі"]),
])  # fmt: skip
def test_why_a_person_was_called_stands_in_the_panel(
    page: Page, desk: DeskServer, language: str, words: list[str]
) -> None:
    answers = ["I'm sorry about that.", "Which order is it?"]
    desk.api.me["language"] = language
    desk.api.conversations[1].update(
        reason="payment", wish="Problem with a payment", summary="Charged twice.",
        packet={"mood": "angry", "tried": answers, "locked": True},
    )  # fmt: skip
    enter(page, desk, "#/c/1")
    panel = page.locator(".panel")
    for text in [*words, *answers, "Problem with a payment", "Charged twice."]:
        expect(panel).to_contain_text(text)


# --- hostile content -----------------------------------------------------------------------------


def hostile(api: DeskApi) -> None:
    """The first conversation with markup, and words without end, in every place."""
    long = "x" * 300
    who = {"name": HOSTILE, "contact": f"{long}@example.com", "proven_by": HOSTILE}
    api.conversations[1].update(
        customer=who, summary=HOSTILE + long, viewers=[HOSTILE], reason=HOSTILE, skill=long, wish=HOSTILE,
        packet={"mood": HOSTILE, "tried": [HOSTILE, long], "locked": HOSTILE},
        survey={"score": 1, "comment": HOSTILE}, language="'\"><b>",
    )  # fmt: skip
    line = {"name": HOSTILE + long, "quantity": 1, "unit_price": "1"}
    shipment = {
        "carrier": HOSTILE, "tracking_number": long, "tracking_url": "javascript:document.title='owned'",
        "state": "x", "expected_on": "2026-05-08",
    }  # fmt: skip
    more = {"currency": "<b>", "total": "<i>", "state": HOSTILE, "lines": [line], "shipments": [shipment]}
    api.orders[1] = [order(HOSTILE, customer_name=HOSTILE, address=HOSTILE + long, **more)]
    file = {"id": 1, "media_type": "image/png", "size": 9, "state": "stored", "reference": None}
    api.say(1, "customer", HOSTILE + long, 4, author_name=HOSTILE, attachments=[
        {**file, "kind": "image", "name": HOSTILE, "link": "/files/1"},
        {**file, "kind": "file", "name": HOSTILE + long, "link": "javascript:document.title='owned'"},
        {**file, "kind": "location", "name": None, "link": None, "reference": HOSTILE},
    ])  # fmt: skip
    api.say(1, "bot", f"{HOSTILE} https://shop.example/\"onmouseover=alert(1) javascript:alert(1)", 3.5,
            buttons=[{"title": HOSTILE}], delivery={"state": "failed", "reason": HOSTILE})  # fmt: skip
    api.say(1, "agent", HOSTILE, 3, author_name=HOSTILE)
    api.notes[1].append(
        {"id": 1, "author_name": HOSTILE, "text": HOSTILE, "mentions": [], "after_seq": 7, "at": ago(2)}
    )
    api.events[1].append({"at": ago(2), "from": "queue", "to": HOSTILE, "by": HOSTILE, "why": HOSTILE})


def test_hostile_texts_stay_texts(page: Page, desk: DeskServer) -> None:
    hostile(desk.api)
    open_first(page, desk)
    expect(page.locator(".title h2")).to_have_text(HOSTILE)
    expect(page.locator(".note .bubble")).to_have_text(HOSTILE)
    expect(page.locator(".panel .lines")).to_contain_text(HOSTILE)
    desk.do(desk.api.tell, "typing", id=1, author=HOSTILE)
    desk.do(desk.api.tell, "alert", id=1, since=ago(15))
    desk.do(desk.api.tell, "mention", id=1, by=HOSTILE)
    expect(page.locator("#status")).to_contain_text("<script>")
    page.goto(f"{desk.url}/desk#/figures")
    expect(page.locator(".comments")).to_contain_text(f"3 / 5 · {HOSTILE}")
    page.goto(f"{desk.url}/desk#/audit")
    expect(page.locator("tbody")).to_contain_text(HOSTILE)
    page.goto(f"{desk.url}/desk#/c/1")
    page.wait_for_timeout(100)
    assert "owned" not in page.title() or HOSTILE in page.title()
    assert page.evaluate("document.title") != "owned"
    assert page.locator("#desk script, #desk [onerror], #desk a[href^='javascript'], #desk b b").count() == 0
    assert page.locator(".picture img").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_is_locked_down(page: Page, desk: DeskServer) -> None:
    answer = page.goto(f"{desk.url}/desk")
    assert answer
    headers = answer.headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.evaluate(
        "() => { try { document.body.innerHTML = '<b>'; return 'set' } catch (error) { return error.name } }"
    ) in ("TypeError",)
    missing = page.request.get(f"{desk.url}/desk/..%2fchat.html")
    assert missing.status == 404


# --- phone, assistive technology -----------------------------------------------------------------


def test_a_phone_shows_one_screen_at_a_time(browser: Browser, desk: DeskServer) -> None:
    hostile(desk.api)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    enter(page, desk)
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".row").tap()
    expect(page.locator(".log")).to_be_visible()
    expect(page.locator(".list, .rail")).to_have_count(2)
    expect(page.locator(".list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Details", exact=True).tap()
    expect(page.locator(".panel")).to_be_visible()
    expect(page.locator(".log")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Close details").tap()
    for one in page.locator("button:visible, summary:visible, .rail a:visible, select:visible").all():
        box = one.bounding_box()
        assert box and box["height"] >= 44, one.evaluate("one => one.outerHTML")
    page.get_by_role("button", name="Back to the list").tap()
    expect(page.locator(".row")).to_be_focused()
    context.close()


@pytest.mark.parametrize("size", [(320, 568), (844, 390), (1024, 700)])
def test_no_size_needs_sideways_scrolling(browser: Browser, desk: DeskServer, size: tuple[int, int]) -> None:
    hostile(desk.api)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    open_first(page, desk)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    log = page.locator(".log")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth && log.clientHeight > 80")
    context.close()


def test_an_answer_that_comes_late_undoes_nothing(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    late: list[tuple[Route, APIResponse]] = []
    page.route("**/conversations/1?after=*", lambda route: late.append((route, route.fetch())), times=1)
    desk.do(desk.api.tell, "conversation", id=1, kind="message")
    while not late:
        page.wait_for_timeout(20)
    page.keyboard.press("c")
    expect(page.locator("#input")).to_be_focused()
    [(route, before)] = late
    route.fulfill(response=before)
    page.wait_for_timeout(200)
    expect(page.locator(".about")).to_contain_text("Yours")
    expect(page.locator("#input")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_axe_finds_nothing_serious(
    browser: Browser, desk: DeskServer, scheme: Any, size: tuple[int, int]
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    desk.api.notes[1].append(
        {"id": 1, "author_name": "Anna", "text": "a note", "mentions": [], "after_seq": 3, "at": ago(6.5)}
    )
    desk.api.say(1, "system", "The customer asked for a person", 5)
    desk.api.say(
        1, "agent", "With a link https://shop.example/a", 4, delivery={"state": "failed", "reason": "x"}
    )
    claim(page, desk)
    found = violations(page)
    page.keyboard.type("/")
    expect(page.locator(".picker").get_by_role("option").first).to_be_visible()
    found += violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_be_visible()
    found += violations(page)
    page.keyboard.press("Escape")
    # Each of these pages in both colours, but not in both sizes too: axe takes its time.
    for name in ("agents", "figures", "settings") if (size[0] == 390) == (scheme == "dark") else ():
        page.goto(f"{desk.url}/desk#/{name}")
        expect(page.locator(".page h1")).to_be_visible()
        page.wait_for_timeout(50)
        found += violations(page)
    if size[0] == 390:
        page.goto(f"{desk.url}/desk#/")
        page.get_by_role("button", name="All").click()
        expect(page.locator(".row")).to_have_count(3)
        found += violations(page)
    assert found == []
    context.close()


def violations(page: Page) -> list[tuple[str, str, str]]:
    return [
        (violation["id"], violation["nodes"][0]["html"], violation["nodes"][0]["failureSummary"])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def test_there_is_one_live_region(page: Page, desk: DeskServer) -> None:
    open_first(page, desk)
    live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert]"
    expect(page.locator(live)).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    expect(page.get_by_role("complementary", name="Details")).to_be_visible()


# --- files ---------------------------------------------------------------------------------------


def source() -> str:
    return "".join(path.read_text("utf-8") for path in sorted(WEB.rglob("*.*")))


def test_no_data_becomes_markup_anywhere() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|srcdoc", source())
    assert not re.search(
        r"<script(?! type=\"module\" src=)|<style|\son\w+=|style=", (WEB / "desk.html").read_text()
    )


def test_every_text_that_is_used_exists_and_every_one_is_used() -> None:
    texts = TEXTS["en"]
    # The server puts some together itself.
    server = "".join(
        (ROOT / "bot" / name).read_text()
        for name in (
            "handoff/briefing.py",
            "mirror/private_notes.py",
            "desk/cases/case_label.py",
            "desk/public/comment_work.py",
        )
    )
    assert set(texts) <= set(re.findall(r"\w+", source() + server))
    assert set(re.findall(r'\btext\("(\w+)"', source())) <= set(texts)


@pytest.mark.parametrize("language", ["lt", "lv", "id", "kk"])
def test_every_language_has_every_text(language: str) -> None:
    assert TEXTS[language].keys() == TEXTS["en"].keys()
    for name, words in TEXTS[language].items():
        assert words and set(re.findall(r"\{\w+\}", words)) == set(
            re.findall(r"\{\w+\}", TEXTS["en"][name])
        ), name
