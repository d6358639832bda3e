"""A link alone is asked about, and its product named where orders told of it; what can't be shown is said."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import insert

from bot.conversation.turns import Turns
from channels.content import CLIP
from channels.contract import Attachment, AttachmentKind
from store.core.database import Database
from store.tables import products
from tests.conversation.test_intake import HELLO, Desk
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
