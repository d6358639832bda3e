"""Every text that the assistant can say is known again, in every language, whatever fills it in."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.assistant.evaluation import outcomes
from bot.assistant.evaluation.scripted.recognition import Recogniser
from bot.assistant.rasa.generator import LocalizedGenerator
from bot.shop.knowledge import Knowledge
from bot.shop.responses import Responses
from bot.shop.wording import plurals

LANGUAGES = ("en", "lt", "lv", "id", "kk")
SEEDS = 60  # enough that each wording of a response comes
MONEY = {"amount": "1234.50", "currency": "EUR"}
PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")

# What may stand in an answer, from plain to odd: sentences, what looks like other texts, several lines.
SAMPLES: tuple[Mapping[str, Any], ...] = (
    {"order": "11191", "items": "Yoga mat", "on": "2026-03-02", "time": "09:00"},
    {
        "order": "AB-7/1",
        "items": {"phrase": "more_items", "items": "2 × Pan (28 cm)", "count": 3},
        "address": "Vytauto g. 5-2.\nLT-44250 Kaunas. Lietuva",
        "new_address": "7 Elm St.\nExpected: soon.\nKaunas!",
        "wish": "Where is it? Order 5 (Pan) is on its way.\n\nThanks. Bye!",
        "tracking": "LT123:4",
        "link": "https://x.example/?a=1.2&b=(3)",
        "on": "2019-03-05",  # a far day ends with a full stop in Lithuanian
        "count": 21,
        "return_days": "1-3",
    },
    {"order": "1", "items": "", "address": "", "language": "xx", "count": 1, "number": "1.", "place": "?"},
)


@pytest.fixture(scope="module")
def recogniser(knowledge: Knowledge) -> Recogniser:
    return Recogniser(knowledge.faq, knowledge.responses)


@pytest.fixture(scope="module")
def generator(knowledge: Knowledge) -> LocalizedGenerator:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return LocalizedGenerator(knowledge.shop, knowledge.faq, knowledge.responses, clock=lambda: now)


def texts(responses: Responses, language: str) -> Iterator[tuple[str, str]]:
    for name, variants in responses.variants[language].items():
        yield from ((name, variant.text) for variant in variants)
    yield from responses.phrases[language].items()


def facts_for(text: str, sample: Mapping[str, Any], knowledge: Knowledge, language: str) -> dict[str, Any]:
    """Something for each placeholder that neither the shop nor a phrase fills in."""
    own = {*knowledge.shop.values(language), *knowledge.responses.phrases[language]}
    own |= {"someone_answers", "languages"}
    found: dict[str, Any] = {"order": "11191", "total": MONEY}
    kinds = dict(PLACEHOLDER.findall(text)) | dict.fromkeys(plurals.names(text), "count")
    for name, kind in kinds.items():
        if name == "why":
            found[name] = {"phrase": "why_shipped"}
        elif name == "instead":
            found[name] = {"phrase": "instead_return"}
        elif kind == "clock":
            found[name] = "09:30"
        elif name in sample:
            found[name] = sample[name]
        elif name not in own:
            plain = {
                "money": MONEY,
                "date": "2026-03-02",
                "on": "2026-03-02",
                "excuse": "de",
                "count": 5,
                "clock": "09:30",
            }
            found[name] = plain.get(kind, f"some {name}")
    return found


def misread(recogniser: Recogniser, name: str, text: str, language: str) -> list[Any]:
    """The text and what it is taken for, unless that is what it is."""
    found = recogniser.recognise(text, language)
    told = frozenset[str]().union(*(outcomes.of(one) for one in found.names))
    right = name in found.names and told == outcomes.of(name) and not found.unknown
    return [] if right else [(name, text, found)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", SAMPLES, ids=("plain", "odd", "short"))
def test_every_response_is_recognised_as_itself(
    knowledge: Knowledge,
    recogniser: Recogniser,
    generator: LocalizedGenerator,
    language: str,
    sample: Mapping[str, Any],
) -> None:
    wrong: list[Any] = []
    for name, variants in knowledge.responses.variants[language].items():
        if any(variant.text == "{answer}" for variant in variants):
            continue
        every = " ".join(variant.text for variant in variants)
        facts = facts_for(every, sample, knowledge, language)
        said = {generator.compose(name, language, facts, seed=str(n))["text"] for n in range(SEEDS)}
        assert len(said) == len({variant.text for variant in variants}), name
        for text in said:
            wrong += misread(recogniser, name, text, language)
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", SAMPLES, ids=("plain", "odd", "short"))
def test_every_phrase_is_recognised_as_itself(
    knowledge: Knowledge,
    recogniser: Recogniser,
    generator: LocalizedGenerator,
    language: str,
    sample: Mapping[str, Any],
) -> None:
    wrong: list[Any] = []
    for name, phrase in knowledge.responses.phrases[language].items():
        if not re.sub(r"\{\w+\}", "", phrase).strip():
            continue  # nothing but a fact of the store's: any line might be it
        part = {"phrase": name, **facts_for(phrase, sample, knowledge, language)}
        if name == "more_items":  # of an order without goods there is no more
            part["items"] = "Pan"
        text = generator.compose("utter_order_answer", language, {"parts": [part]})["text"]
        wrong += misread(recogniser, name, text, language)
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_of_the_faq_is_recognised_as_itself(
    knowledge: Knowledge, recogniser: Recogniser, generator: LocalizedGenerator, language: str
) -> None:
    for entry in knowledge.faq:
        text = generator.compose(f"utter_{entry.id}", language)["text"]
        found = recogniser.recognise(text, language)
        assert (found.names[0], found.unknown) == (entry.id, ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_of_several_lines_is_all_of_its_phrases(
    knowledge: Knowledge, recogniser: Recogniser, generator: LocalizedGenerator, language: str
) -> None:
    phrases = knowledge.responses.phrases[language]
    names = ["state_shipped", "parcels", "parcel", "parcel_seen", "parcel_untracked", "overdue"]
    parts = [{"phrase": name, **facts_for(phrases[name], SAMPLES[0], knowledge, language)} for name in names]
    text = generator.compose("utter_order_answer", language, {"parts": parts})["text"]
    assert recogniser.recognise(text, language).names == tuple(names)


def test_texts_behind_one_another_are_each_recognised(
    recogniser: Recogniser, generator: LocalizedGenerator
) -> None:
    answer = generator.compose("utter_faq_gift_cards", "en")["text"]
    question = generator.compose("utter_ask_contact", "en", {"order_number": "11191"})["text"]
    for between in (" ", "\n", "\n\n"):
        found = recogniser.recognise(f"{answer}{between}{question}", "en")
        assert (found.names, found.unknown) == (("faq_gift_cards", "utter_ask_contact"), ())


def test_what_is_none_of_our_texts_is_left_over(
    recogniser: Recogniser, generator: LocalizedGenerator
) -> None:
    answer = generator.compose("utter_left", "en")["text"]
    found = recogniser.recognise(f"The moon is made of cheese.\n{answer}", "en")
    assert found.names == ("utter_left",)
    assert found.unknown == ("The moon is made of cheese.",)
    assert recogniser.recognise("", "en").unknown == ()


def test_a_text_of_another_language_is_recognised(
    recogniser: Recogniser, generator: LocalizedGenerator
) -> None:
    text = generator.compose("utter_handoff", "lt")["text"]
    assert recogniser.recognise(text, "en").names[0] == "utter_handoff"


def test_a_reply_of_very_many_sentences_takes_no_time(recogniser: Recogniser) -> None:
    found = recogniser.recognise("Order 1 (a) is. " * 500, "en")
    assert found.names == ()


# Outcomes


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_its_outcomes_in_the_table(knowledge: Knowledge, language: str) -> None:
    for name, _ in texts(knowledge.responses, language):
        outcomes.of(name)


def test_the_longest_name_decides() -> None:
    assert outcomes.of("state_shipped") == {"status", "items"}
    assert outcomes.of("state_unpaid") == {"status", "items", "total"}
    assert outcomes.of("utter_ask_contact_again") == {"asks_contact"}
    assert outcomes.of("utter_product_price_2") == {"product"}
    assert outcomes.of("utter_product_help") == {"product_help"}
    assert outcomes.of("sorry_late") == {"sorry"}
    faq = ["faq_delivery_time", "faq_delivery"]
    assert outcomes.of("faq_delivery_time", faq) == {"faq_delivery_time", "faq_delivery"}
    assert outcomes.of("utter_faq_delivery_time_short", ["faq_delivery_time"]) == {"faq_delivery_time"}
    assert outcomes.of("faq_my_own") == {"faq_my_own"}


@pytest.mark.parametrize("name", ["utter_order", "utter_greeting", "utter", "", "statement", "parcelled_2"])
def test_a_name_that_is_in_no_line_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        outcomes.of(name)
