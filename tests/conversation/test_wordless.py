"""A link alone is asked about, and its product named where orders told of it; what can't be shown is said."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import insert

from bot.assistant.protocol import Reply, Understanding
from bot.conversation.turns import Turns
from channels.content import CLIP
from channels.contract import Attachment, AttachmentKind
from store.conversations.memory import Memory
from store.core.database import Database
from store.tables import products
from tests.conversation.test_intake import HELLO, Desk
from tests.fakes.assistant import FakeAssistant, answer
from tests.speaking import outgoing_of

SITE = "https://linden.example"


@pytest.fixture
def desk(database: Database) -> Desk:
    desk = Desk(database)
    desk.turns = Turns(outgoing_of(desk.assistant, lambda: desk.now), lambda: desk.now, site=SITE)
    with database.write() as connection:
        for sku, name in (("LAMP-07", "Oak lamp"), ("MUG", "Puodelis „Rūta“")):
            row = {"sku": sku, "name": name, "price": Decimal(9), "currency": "EUR"}
            connection.execute(insert(products).values(row))
    return desk


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("👍", "utter_thank"), ("❤️❤️", "utter_thank"), ("🙏🏽 😊", "utter_thank"), (":)", "utter_thank"),
        ("👋", "utter_greet"), ("👋🏿👋🏿", "utter_greet"),
        ("😡😡😡", "utter_sorry"), ("😭", "utter_sorry"), ("💔", "utter_sorry"), ("👍😢", "utter_sorry"),
        (":'(", "utter_sorry"), ("👩‍💻", "utter_what_about"), ("🧦", "utter_what_about"),
        ("🇱🇹", "utter_what_about"), ("haha", "utter_what_about"), ("wkwkwk", "utter_what_about"),
        ("hmmm...", "utter_what_about"),
        ("...", "utter_no_words"), ("??", "utter_no_words"), (". .", "utter_no_words"),
        ("asdfgh", "utter_no_words"), ("фывапр", "utter_no_words"), ("qwe asd zxc!", "utter_no_words"),
        ("jjjjj", "utter_no_words"), ("asd", "utter_no_words"),
    ],
)  # fmt: skip
def test_emoji_and_mere_typing_get_a_light_answer(desk: Desk, text: str, answer: str) -> None:
    desk.take(replace(HELLO, text=text))
    desk.work()
    assert (said(desk), desk.assistant.turns) == (f"{answer} (en)", [])


@pytest.mark.parametrize(
    "text",
    [
        "+", "1", "10234", "asdfgh 10234", "👍 10234", "ok 👍", "socks 🧦", "no", "k", "aha", "mhm", "was",
        "pop", "tree", "Tomas", "Žanas", "Әсел", "どこ", "where???", "tak", "-5", "👍" * 81, "." * 81,
        "q w e r", "10️⃣",
    ],
)  # fmt: skip
def test_whatever_may_mean_something_is_the_assistants(desk: Desk, text: str) -> None:
    desk.take(replace(HELLO, text=text))
    desk.work()
    assert len(desk.assistant.turns) == 1


@pytest.mark.parametrize(("form", "offer"), [("cancel_form", None), (None, "human_agent")])
@pytest.mark.parametrize("text", ["👍", "asdfgh", "??", "😡"])
def test_an_answer_to_a_question_is_the_assistants(
    desk: Desk, form: str | None, offer: str | None, text: str
) -> None:
    memory = Memory({"order": "10234"}, form, offer)
    desk.assistant = FakeAssistant(lambda _, turn: answer(turn, Reply("sure?"), memory=memory))
    desk.turns = Turns(outgoing_of(desk.assistant, lambda: desk.now), lambda: desk.now)
    for number, one in enumerate(("cancel it", text)):
        desk.take(replace(HELLO, text=one, external_id=f"m{number}"))
        desk.work()
    assert [turn.text for turn in desk.assistant.turns] == ["cancel it", text]


def test_letters_that_no_word_has_are_mere_typing(desk: Desk) -> None:
    class Unknowing(FakeAssistant):
        def understand(self, text: str) -> Understanding:
            return replace(super().understand(text), unknown=True)

    desk.turns = Turns(outgoing_of(Unknowing(), lambda: desk.now), lambda: desk.now)
    desk.take(replace(HELLO, text="lskdjf wlkd"))
    desk.work()
    assert said(desk) == "utter_no_words (en)"


def said(desk: Desk) -> str:
    return desk.transcript()[-1].text


@pytest.mark.parametrize(
    ("link", "answer"),
    [
        (f"{SITE}/product/oak-lamp", "utter_product_link (en) Oak lamp"),
        (f"{SITE}/en/p/Oak_Lamp-large.html?utm=fb#top", "utter_product_link (en) Oak lamp"),
        ("https://www.linden.example/product/lamp-07", "utter_product_link (en) Oak lamp"),
        (f"{SITE}/prekes/puodelis-ruta", "utter_product_link (en) Puodelis „Rūta“"),
        (f"{SITE}/product/green-chair", "utter_link (en)"),
        (f"{SITE}/product/oak", "utter_link (en)"),
        (SITE, "utter_link (en)"),
        ("https://other.example/product/oak-lamp", "utter_link (en)"),
        ("https://[broken/product/oak-lamp", "utter_link (en)"),
    ],
)
def test_a_link_alone_is_asked_about(desk: Desk, link: str, answer: str) -> None:
    desk.take(replace(HELLO, text=link))
    desk.work()
    assert (said(desk), desk.assistant.turns) == (answer, [])


def test_a_link_that_is_shared_as_an_attachment_too(desk: Desk) -> None:
    shared = Attachment(AttachmentKind.LINK, f"{SITE}/product/oak-lamp")
    desk.take(replace(HELLO, text="", attachments=(shared,)))
    desk.work()
    assert said(desk) == "utter_product_link (en) Oak lamp"


@pytest.mark.parametrize("text", ["is this in stock? {}", "{} {}"])
def test_words_with_a_link_are_words(desk: Desk, text: str) -> None:
    desk.take(replace(HELLO, text=text.format(SITE, SITE)))
    desk.work()
    assert len(desk.assistant.turns) == 1


def test_what_came_and_can_not_be_shown_is_said(desk: Desk) -> None:
    desk.take(replace(HELLO, text=CLIP))
    desk.work()
    assert said(desk) == "utter_unreadable (en)"
