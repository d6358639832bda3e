"""Which language is wished for, and which messages are in none of the shop's."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import languages
from bot.assistant.case_words import CaseWords
from bot.assistant.catalogue.catalogue import Catalogue
from bot.assistant.catalogue.product_words import ProductWords
from bot.assistant.consent import Consent
from bot.assistant.foreign import ForeignDetector
from bot.assistant.guide_finder import GuideFinder
from bot.assistant.interpreter import Context, Interpreter
from bot.assistant.nlu.entities import EntityFinder
from bot.assistant.protocol import TurnInput, Understanding
from bot.shop.guides.guide_shelf import Shelf
from store.conversations.memory import NOTHING, Memory
from store.conversations.payload import Payload
from tests.paths import ROOT

OFFERED = ("en", "lt", "lv", "id", "kk")


# --- names of languages ---


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("in english please", ["en"]),
        ("ENGLISH?", ["en"]),
        ("ar galima anglų kalba", ["en"]),
        ("angļu valodā", ["en"]),
        ("bahasa Inggris dong", ["en"]),
        ("ағылшынша", ["en"]),
        ("агылшынша", ["en"]),
        ("kalbėkit lietuviškai", ["lt"]),
        ("kas protat lietuviskai", ["lt"]),
        ("switch to Lithuanian", ["lt"]),
        ("по-литовски", ["lt"]),
        ("latviski lūdzu", ["lv"]),
        ("latviešu valodā", ["lv"]),
        ("do you speak Latvian", ["lv"]),
        ("bahasa indonesia bisa?", ["id"]),
        ("bhs indo aja", ["id"]),
        ("қазақша жазыңызшы", ["kk"]),
        ("казакша", ["kk"]),
        ("можно по-казахски?", ["kk"]),
        ("на казахском", ["kk"]),
        ("qazaqsha bola ma", ["kk"]),
        ("kazahu valodā", ["kk"]),
        ("по русски можно", ["ru"]),
        ("орысша", ["ru"]),
        ("po polsku", ["pl"]),
        ("auf Deutsch", ["de"]),
        ("eesti keeles", ["et"]),
        ("українською", ["uk"]),
        ("en français", ["fr"]),
        ("not English, Latvian please", ["en", "lv"]),
        ("ganti bahasa", []),
        ("do you ship to Latvia", []),
        ("lietuviška duona", []),
        ("Kazakhstan", []),
        ("", []),
    ],
)
def test_languages_are_known_by_name(text: str, codes: list[str]) -> None:
    assert [code for code, _, _ in languages.named(text)] == codes


@pytest.mark.parametrize(
    ("text", "wished"),
    [
        ("/language", ""),
        ("/language kk", "kk"),
        ("/LANGUAGE KK ", "kk"),
        (" /language en-GB", "en"),
        ("/language@linden_bot lv", "lv"),
        ("/language Lithuanian", "lt"),
        ("/language қазақша", "kk"),
        ("/language pl", "pl"),
        ("/language something else", ""),
        ("/kalba", ""),
        ("/kalba lietuvių", "lt"),
        ("/valoda latviešu", "lv"),
        ("/bahasa inggris", "en"),
        ("/bahasa", ""),
        ("/тіл қазақша", "kk"),
        ("/язык казахский", "kk"),
        ("/languages", None),
        ("language", None),
        ('/language{"language":"kk"}', None),
        ('/change_language{"language":"kk"}', None),
        ("/start", None),
        ("see /language", None),
    ],
)
def test_the_typed_command(text: str, wished: str | None) -> None:
    assert languages.command(text) == wished


def test_of_two_languages_the_one_that_is_not_spoken_is_meant() -> None:
    assert languages.wish(["en", "lv"], "en") == "lv"
    assert languages.wish(["lv", "en"], "en") == "lv"
    assert languages.wish(["en"], "en") == "en"
    assert languages.wish([], "en") is None


def test_languages_are_offered_by_their_own_names() -> None:
    names = [languages.own_name(code) for code in OFFERED]
    assert names == ["English", "Lietuvių", "Latviešu", "Bahasa Indonesia", "Қазақша"]
    assert languages.own_name("pl") == "Polski"
    assert languages.own_name("qq") == "qq"


# --- foreign messages ---


@pytest.fixture(scope="module")
def detector() -> ForeignDetector:
    return ForeignDetector(OFFERED)


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()[1:]]


def test_foreign_messages_are_told_and_named(detector: ForeignDetector) -> None:
    found = Counter[tuple[str, str]]()
    for language, text in rows(ROOT / "tests" / "languages" / "foreign.tsv"):
        detected = detector.detect(text)
        found[language, "right" if detected == language else "wrong" if detected else "missed"] += 1
    named = ("ru", "pl", "de", "et", "uk", "es", "fr", "fi")
    for language in named:
        assert (
            found[language, "right"] / sum(found[language, kind] for kind in ("right", "wrong", "missed"))
            > 0.8
        )
    assert sum(count for (_, kind), count in found.items() if kind == "missed") <= 10


@pytest.mark.parametrize("language", OFFERED)
def test_the_shops_languages_are_not_taken_for_foreign(detector: ForeignDetector, language: str) -> None:
    texts = [text for _, text in rows(ROOT / "tests" / "understanding" / f"{language}.tsv")]
    foreign = [text for text in texts if detector.detect(text) is not None]
    # Kazakh in Latin letters looks like its neighbours.
    assert len(foreign) <= (0.015 if language == "kk" else 0.005) * len(texts), foreign


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("где мой заказ?", "ru"),
        ("де моє замовлення?", "uk"),
        ("我的包裹在哪里", ""),
        ("أين طلبي", ""),
        ("που είναι η παραγγελία μου", ""),
        ("возврат", None),  # one word: a loan word as likely as not
        ("заказым кайда", None),
        ("промокод істемейді", None),
        ("ваш менеджерге айтыңыз", None),
        ("10234", None),
        ("anna@example.pl +48 601 234 567", None),
        ("https://allegro.pl/moje-zamowienia", None),
        ("😡😡", None),
        ("", None),
    ],
)
def test_what_is_foreign(detector: ForeignDetector, text: str, language: str | None) -> None:
    assert detector.detect(text) == language


def test_a_language_of_the_shop_is_foreign_to_another_shop() -> None:
    detector = ForeignDetector(["lt", "lv"])
    assert detector.detect("тапсырысым қайда қалды") == "kk"
    assert detector.detect("where is my order please") == "en"
    assert detector.detect("kur mano užsakymas") is None
    assert ForeignDetector(["pl"]).detect("gdzie jest moja paczka") is None


# --- what is heard ---


def hear(
    text: str = "",
    ranking: tuple[tuple[str, float], ...] = (("track_order", 0.95),),
    spoken: tuple[tuple[str, float], ...] = (("en", 0.99),),
    *,
    language: str = "en",
    payload: Payload | None = None,
    memory: Memory = NOTHING,
    context: Context | None = None,
) -> Any:
    finder = EntityFinder(r"\d{5}", "LT", {})

    def understand(text: str, asked: str = "", given: str = "") -> Understanding:
        entities = tuple(entity.as_dict() for entity in finder.find(text, asked, given))
        return Understanding(text, spoken[0][0], spoken, *ranking[0], ranking, entities)

    def rank(text: str, topic: str = "") -> tuple[tuple[str, float], ...]:
        return ranking

    turn = TurnInput(1, "m", text, payload, language, "web", memory, datetime.now(UTC))
    interpreter = Interpreter(
        understand,
        rank,
        lambda _: (),
        Consent({}),
        OFFERED,
        {"track_order"},
        lambda intent, _: intent,
        Catalogue(ProductWords({})),
        CaseWords({}),
        GuideFinder(Shelf(), {}),
    )
    (heard,) = interpreter.interpret(turn, context or Context())
    return heard


WISH = (("change_language", 0.9),)


def test_a_wish_changes_the_language_whatever_it_is_written_in() -> None:
    assert hear("switch to Lithuanian", WISH).language == "lt"
    assert hear("можно по-казахски?", WISH, (("kk", 0.9),), language="lt").language == "kk"
    heard = hear("do you speak Polish?", WISH)
    assert (heard.language, heard.notes["wished"]) == ("en", "pl")
    heard = hear("change the language", WISH, language="lt", memory=Memory())
    assert (heard.language, heard.notes["wished"]) == ("en", None)


@pytest.mark.parametrize("text", ["english", "English!", "по-английски", "bahasa inggris?"])
def test_the_name_of_a_language_alone_is_a_wish(text: str) -> None:
    heard = hear(text, (("out_of_scope", 0.9),), (("kk", 0.9),), language="lt")
    assert (heard.intent, heard.language) == ("change_language", "en")


def test_a_button_and_a_command_are_wishes() -> None:
    pressed = hear(payload=Payload("change_language", {"language": "kk"}))
    assert (pressed.language, pressed.notes) == ("kk", {"wished": "kk"})
    for text, language, wished in (
        ("/language kk", "kk", "kk"),
        ("/language", "en", None),
        ("/language pl", "en", "pl"),
    ):
        heard = hear(text, (("greet", 0.99),))
        assert (heard.intent, heard.language, heard.notes["wished"]) == ("change_language", language, wished)


def test_a_foreign_message_is_said_to_be_one_unless_it_is_well_understood() -> None:
    kazakh = (("kk", 0.99),)
    unsure = hear("где мой заказ?", (("track_order", 0.6),), kazakh)
    assert (unsure.intent, unsure.language, unsure.notes["foreign"]) == ("foreign_language", "en", "ru")
    outside = hear("где мой заказ?", (("out_of_scope", 0.95),), kazakh)
    assert outside.intent == "foreign_language"
    sure = hear("где мой заказ?", (("track_order", 0.95),), kazakh)
    assert (sure.intent, sure.language) == ("track_order", "en")


def test_kazakh_with_russian_words_is_kazakh() -> None:
    heard = hear("заказым кайда екен", (("track_order", 0.6),), (("kk", 0.99),))
    assert (heard.intent, heard.language) == ("track_order", "kk")


def test_an_address_abroad_is_not_a_foreign_message() -> None:
    context = Context(form="address_form", asked="new_address")
    text = "ulica Długa 5 mieszkanie 3, Warszawa"
    assert hear(text, (("out_of_scope", 0.5),), context=context).intent == "nlu_fallback"
    assert hear(text, (("out_of_scope", 0.5),)).intent == "foreign_language"


def test_a_chosen_language_outlives_a_few_words_in_another() -> None:
    context = Context(chosen="lt")
    memory = Memory({"chosen_language": "lt"})
    assert hear("thanks a lot", language="lt", memory=memory, context=context).language == "lt"
    assert hear("where is my order now", language="lt", memory=memory, context=context).language == "en"
    assert hear("thanks a lot", language="lt", memory=memory).language == "en"


def test_one_word_keeps_the_browsers_language() -> None:
    assert hear("hello", language="lt").language == "lt"
    assert hear("hello", language="en", spoken=(("id", 0.95),)).language == "id"
    assert hear("hello", language="en", spoken=(("id", 0.95),), memory=Memory()).language == "en"
