"""What a message asks of which product, and when it is rather something else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.facts.product_facts import Aspect
from bot.assistant.catalogue import catalogue as module
from bot.assistant.catalogue.asking import Asked, How, kept
from bot.assistant.catalogue.catalogue import Catalogue
from bot.assistant.catalogue.product_words import ProductWords
from bot.assistant.decision import Typed, judge
from bot.assistant.protocol import Assistant
from store.core.database import Database
from store.products import demo_products, products
from store.products.product_record import ProductRecord
from store.tables import now
from tests.paths import ROOT

LANGUAGES = ("en", "lt", "lv", "id", "kk")
PRICE, STOCK, OPTIONS, CARE, GENERAL = Aspect
LAMP = "HOM-301"


@pytest.fixture(scope="module")
def words() -> ProductWords:
    return ProductWords.load(ROOT / "data" / "products", LANGUAGES)


@pytest.fixture
def catalogue(words: ProductWords, tmp_path: Path) -> Catalogue:
    return filled(words, tmp_path)


def filled(words: ProductWords, folder: Path) -> Catalogue:
    from store.core import schema

    database = Database(f"sqlite:///{folder}/products.db")
    schema.upgrade(database)
    with database.write() as connection:
        products.upsert_many(connection, demo_products.make())
        catalogue = Catalogue(words)
        catalogue.refresh(connection)
    database.close()
    return catalogue


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "aspects"),
    [
        ("en", "what does it cost", (PRICE,)),
        ("en", "is it availble", (STOCK,)),
        ("en", "which colours and sizes", (OPTIONS,)),
        ("en", "how do I clean it", (CARE,)),
        ("en", "tell me about it", (GENERAL,)),
        ("en", "what is the price", (PRICE,)),
        ("lt", "kokia kaina", (PRICE,)),
        ("lt", "ar turit sandelyje", (STOCK,)),
        ("lt", "kokių spalvų", (OPTIONS,)),
        ("lt", "kaip skalbti", (CARE,)),
        ("lv", "cik maksa", (PRICE,)),
        ("lv", "vai ir noliktava", (STOCK,)),
        ("lv", "kādās krāsās", (OPTIONS,)),
        ("lv", "kā mazgāt", (CARE,)),
        ("id", "harganya brp", (PRICE,)),
        ("id", "masih ada stok ga", (STOCK,)),
        ("id", "warnanya apa aja", (OPTIONS,)),
        ("id", "cara cuci gimana", (CARE,)),
        ("kk", "бағасы қандай", (PRICE,)),
        ("kk", "койма да барма", (STOCK,)),
        ("kk", "түстері қандай", (OPTIONS,)),
        ("kk", "қалай жуады", (CARE,)),
        ("en", "hello there", ()),
        ("lt", "labas", ()),
    ],
)
def test_words_say_what_is_asked(
    words: ProductWords, language: str, text: str, aspects: tuple[Aspect, ...]
) -> None:
    question = words.read(text, [language])
    assert question.aspects == aspects and not question.elsewhere


def test_a_word_of_another_question_says_so_and_what_is_a_word_is_not_mistyped(words: ProductWords) -> None:
    assert words.read("what does delivery cost", ["en"]).elsewhere
    assert words.read("kiek kainuoja pristatymas", ["lt"]).elsewhere
    assert not words.read("how does pairing work", ["en"]).elsewhere  # nor "paying"


def test_a_language_without_words_is_asked_in_english() -> None:
    words = ProductWords.load(ROOT / "data" / "products", ["pl"])
    assert words.read("price", ["pl"]).aspects == (PRICE,)


# --- which product -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "held", "how", "skus"),
    [
        ("price of the bedside lamp", None, How.NAMED, (LAMP,)),
        ("price of the lamp", None, How.PARTLY, (LAMP,)),
        ("and how much is it", LAMP, How.SAME, (LAMP,)),
        ("and how much is the lamp", LAMP, How.SAME, (LAMP,)),
        ("in M?", LAMP, How.SAME, (LAMP,)),
        ("and the yoga mat?", LAMP, How.NAMED, ("SPO-951",)),
        # Another thing, which the shop doesn't have.
        ("how much is the fridge", LAMP, How.NOT, ()),
        ("how much is the lava lamp", None, How.NOT, ()),
        ("harga rak buku", None, How.NOT, ()),
    ],
)
def test_a_message_names_a_product_or_goes_on_about_it(
    catalogue: Catalogue, text: str, held: str | None, how: How, skus: tuple[str, ...]
) -> None:
    language = "id" if "rak" in text else "en"
    asked = catalogue.read(text, [language], held)
    assert asked and (asked.how, asked.skus) == (how, skus)


def test_what_has_nothing_to_do_with_products_is_nothing(catalogue: Catalogue, words: ProductWords) -> None:
    assert catalogue.read("thank you", ["en"], LAMP) is None
    assert catalogue.read("how much is it", ["en"], None) is None  # what?
    assert Catalogue(words).read("price of the bedside lamp", ["en"], None) is None  # a shop without any


def test_changes_in_the_store_are_found(
    database: Database, words: ProductWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue(words)
    mug: dict[str, Any] = {"sku": "A", "name": "Mug", "price": 1, "currency": "EUR"}

    def named(text: str) -> bool:
        with database.read() as connection:
            catalogue.refresh(connection)
        asked = catalogue.read(text, ["en"], None)
        return bool(asked and asked.how is How.NAMED)

    def store(**changes: Any) -> None:
        with database.write() as connection:
            products.upsert(connection, ProductRecord.model_validate({**mug, **changes}))

    assert not named("mug")
    store()
    assert named("mug")
    store(name="Teapot")
    assert named("teapot") and not named("mug")
    # One that was written before and committed later is found all the same, in a while.
    late = now() - timedelta(seconds=30)
    monkeypatch.setattr(products, "now", lambda: late)
    store(sku="B", name="Saucer")
    monkeypatch.setattr(module, "LOOK_SECONDS", -1.0)
    assert named("saucer")


# --- or rather something else --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "intent", "confidence", "meant"),
    [
        (Asked(How.NAMED, (LAMP,), (PRICE,)), "out_of_scope", 0.9, True),
        (Asked(How.NAMED, (LAMP,), (PRICE,)), "discount_code", 0.9, True),
        (Asked(How.NAMED, (LAMP,), (PRICE,)), "faq_payment_methods", 0.9, True),
        (Asked(How.NAMED, (LAMP,), (PRICE,), True), "out_of_scope", 0.9, False),
        (Asked(How.NAMED, (LAMP,), (OPTIONS,)), "exchange_item", 0.6, False),
        (Asked(How.NAMED, (LAMP,), (OPTIONS,)), "exchange_item", 0.59, True),
        (Asked(How.NAMED, (LAMP,), (), words=0), "faq_opening_hours", 0.9, True),
        (Asked(How.NAMED, (LAMP,), (), words=3), "track_order", 0.9, False),
        (Asked(How.NAMED, (LAMP,), (), words=6), "product_help", 0.6, True),
        (Asked(How.NAMED, (LAMP,), (), words=7), "product_help", 0.9, False),
        (Asked(How.PARTLY, (LAMP,), (PRICE,)), "product_help", 0.9, True),
        (Asked(How.PARTLY, (LAMP,), ()), "product_help", 0.9, False),
        (Asked(How.PARTLY, (LAMP,), (PRICE,)), "track_order", 0.6, False),
        (Asked(How.SAME, (LAMP,), (PRICE,), words=6), "faq_delivery_options", 0.69, True),
        (Asked(How.SAME, (LAMP,), (PRICE,), words=6), "faq_delivery_options", 0.7, False),
        (Asked(How.SAME, (LAMP,), (PRICE,), words=7), "faq_delivery_options", 0.3, False),
        (Asked(How.SAME, (LAMP,), (CARE,), words=20), "product_help", 0.6, True),
        (Asked(How.SAME, (LAMP,), (GENERAL,), words=4), "faq_privacy", 0.5, False),
        (Asked(How.NOT, (), (PRICE,), words=5), "product_help", 0.9, True),
        (Asked(How.NOT, (), (PRICE,), words=7), "product_help", 0.9, False),
        (Asked(How.NOT, (), (STOCK,), words=5), "product_help", 0.9, False),
        (Asked(How.NOT, (), (PRICE,), words=5), "faq_delivery_options", 0.3, False),
    ],
)
def test_a_clear_wish_stays_one(asked: Asked, intent: str, confidence: float, meant: bool) -> None:
    assert asked.is_meant(intent, confidence) is meant


def test_what_is_asked_goes_to_the_actions() -> None:
    def given(asked: Asked, intent: str) -> list[tuple[str, str]]:
        return [(one["entity"], one["value"]) for one in asked.entities(intent)]

    asked = Asked(How.NAMED, ("A", "B"), (PRICE, STOCK))
    assert given(asked, "x") == [("product", "A"), ("product", "B"), ("aspects", "price stock")]
    assert given(Asked(How.NAMED, ("A",), (), words=5), "product_help")[-1] == ("aspects", "care")
    assert given(Asked(How.NAMED, ("A",), (), words=1), "product_help")[-1] == ("aspects", "")


@pytest.mark.parametrize(
    ("intents", "turns"),
    [
        (["thank"], 1),
        (["thank", "faq_delivery_time", "nlu_fallback"], 3),
        (["thank"] * 4, None),
        (["track_order"], None),
        (["return_order"], None),
        (["human_agent"], None),
        (["ask_product"], 1),
    ],
)
def test_a_product_is_the_talks_until_it_turns_to_something_else(
    intents: list[str], turns: int | None
) -> None:
    slot: Any = {"sku": LAMP}
    for intent in intents:
        slot = kept(slot, intent, 3)
    assert (slot and slot["turns"]) == turns
    assert kept("HOM-301", "thank", 3) is None  # of another version


def test_messages_about_other_things_are_hardly_ever_taken_for_questions_about_products(
    core: Assistant, catalogue: Catalogue
) -> None:
    """Of the messages that the understanding is measured on, in a talk that has just begun, and right after
    an answer about a product."""
    products_too = {"faq_product_availability", "product_help", "out_of_scope"}
    heard = []
    for language in LANGUAGES:
        lines = (ROOT / "tests" / "understanding" / f"{language}.tsv").read_text("utf-8").splitlines()[1:]
        for intent, text in (line.split("\t")[:2] for line in lines):
            if intent not in products_too:
                heard.append((language, text, core.understand(text)))
    for held, most in ((None, 0.0015), (LAMP, 0.003)):
        wrong = []
        for language, text, understood in heard:
            asked = catalogue.read(text, [language, understood.language], held)
            said = Typed(understood.ranking, text, understood.entities, product=asked)
            if judge(said)[0] == "ask_product":
                wrong.append(text)
        assert len(wrong) <= most * len(heard), wrong


def test_a_product_is_not_asked_about_where_an_order_is() -> None:
    asked = Asked(How.NAMED, (LAMP,), (PRICE,))

    def decided(**talk: Any) -> str:
        return judge(Typed([("out_of_scope", 0.9)], "price of the lamp", product=asked, **talk))[0]

    assert decided() == "ask_product"
    assert decided(form="order_form") == "ask_product"
    assert decided(confirming=True, form="cancel_form") != "ask_product"
    number = {"entity": "order_number", "value": "10234", "start": 0, "end": 0}
    assert judge(Typed([("out_of_scope", 0.9)], "x", [number], product=asked))[0] != "ask_product"
    other = Asked(How.NOT, (), (PRICE,))
    assert judge(Typed([("out_of_scope", 0.9)], "x", product=other))[0] == "ask_product"
    assert judge(Typed([("out_of_scope", 0.9)], "x", product=other, form="order_form"))[0] != "ask_product"
    part = Asked(How.PARTLY, (LAMP,), (PRICE,))
    assert judge(Typed([("out_of_scope", 0.9)], "x", product=part))[0] == "ask_product"
    assert judge(Typed([("out_of_scope", 0.9)], "x", product=part, order="10234"))[0] != "ask_product"
