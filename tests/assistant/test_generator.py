"""Every text that the assistant can say, put together with plausible facts."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import shop as shops
from bot.compose import Knowledge
from bot.knowledge import load_faq
from bot.rasa.generator import LocalizedGenerator
from bot.responses import Responses
from bot.settings import Settings

MORNING = datetime(2026, 5, 12, 8, tzinfo=UTC)  # a Tuesday
MONEY = {"amount": "1234.50", "currency": "EUR"}
FACTS: dict[str, Any] = {
    "order": "10234",
    "order_number": "10234",
    "items": "Linen shirt",
    "count": 2,
    "total": MONEY,
    "amount": MONEY,
    "address": "Elm Street 5, 01100 Vilnius",
    "new_address": "Mill Lane 4, 10115 Berlin",
    "on": "2026-05-11",
    "place": "Kaunas",
    "carrier": "DPD",
    "tracking": "AC1",
    "link": "https://tracking.example/AC1",
    "number": "INV-1",
    "method": {"phrase": "method_card"},
    "money_back": {"phrase": "money_back", "total": MONEY},
    "why": {"phrase": "why_shipped"},
    "instead": {"phrase": "instead_return"},
    "state": {"title_key": "short_shipped"},
    "time": "09:00",
    "day": "Monday",
}


@pytest.fixture(scope="module")
def knowledge(settings: Settings) -> Knowledge:
    """All five languages, also those that the demonstration shop has not switched on."""
    languages = ("en", "lt", "lv", "id", "kk")
    shop = shops.load(settings.home / "shop.yml").model_copy(update={"languages": languages})
    faq = load_faq(settings.home / "data" / "faq", shop, languages)
    names = [entry.id for entry in faq]
    return Knowledge(shop, faq, Responses.load(settings.home / "data" / "responses", languages, names))


@pytest.fixture(scope="module")
def generator(knowledge: Knowledge) -> LocalizedGenerator:
    return LocalizedGenerator(knowledge.shop, knowledge.faq, knowledge.responses, lambda: MORNING)


def unfinished(text: str) -> bool:
    return not text or re.search(r"[{}]|\bNone\b|  |\.\.| [.,;:!?](\s|$)", text) is not None


def test_every_response_in_every_wording(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for language, responses in knowledge.responses.variants.items():
        for name, variants in responses.items():
            seen = set()
            for seed in range(60):
                message = generator.compose(
                    name, language, {**FACTS, "parts": [{"phrase": "state_shipped", **FACTS}]}, seed=str(seed)
                )
                assert not unfinished(message["text"]), (name, message["text"])
                seen.add(message["text"])
                for button in message["buttons"]:
                    assert not unfinished(button["title"])
                    assert json.loads(button["payload"])["intent"]
            assert len(seen) == len(variants), name


def test_every_phrase(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for language, phrases in knowledge.responses.phrases.items():
        for name in phrases:
            parts = [{"phrase": name, **FACTS}]
            text = generator.compose("utter_order_answer", language, {"parts": parts})["text"]
            assert not unfinished(text), (name, text)


def test_every_title(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for language, titles in knowledge.responses.titles.items():
        for name in titles:
            choices = [{"intent": "track_order", "title_key": name, **FACTS}]
            button = generator.compose("utter_choose_order", language, {"choices": choices})["buttons"][0]
            assert not unfinished(button["title"]), name


def test_every_faq_answer_and_question(knowledge: Knowledge, generator: LocalizedGenerator) -> None:
    for entry in knowledge.faq:
        for language in knowledge.shop.languages:
            message = generator.compose(f"utter_{entry.id}", language)
            assert not unfinished(message["text"]), message["text"]
            assert message["buttons"] == []
            assert generator.title(entry.id, language) == entry.question[language]


def test_money_and_days_are_written_as_the_language_writes_them(generator: LocalizedGenerator) -> None:
    answer = generator.compose("utter_ask_cancel_form_confirmed", "en", FACTS)["text"]
    assert "(Linen shirt, €1,234.50)" in answer
    parts = [{"phrase": "expected", "on": "2026-05-14"}, {"phrase": "expected", "on": "2024-02-29"}]
    said = generator.compose("utter_order_answer", "en", {"parts": parts})["text"]
    assert said == "Expected: Thursday 14 May.\nExpected: 29 February 2024."


@pytest.mark.parametrize(
    ("at", "promise"),
    [
        ("2026-05-12T08:00+00:00", "Our team is here now"),  # Tuesday 11:00 in Vilnius
        ("2026-05-12T09:30+00:00", "back today at 13:00"),  # their lunch
        ("2026-05-12T02:00+00:00", "back today at 09:00"),
        ("2026-05-12T15:30+00:00", "back tomorrow at 09:00"),
        ("2026-05-16T12:00+00:00", "back on Monday at 09:00"),  # Saturday 15:00
        ("2026-12-23T18:00+00:00", "back on Monday at 09:00"),  # Christmas, and then a Sunday
    ],
)
def test_the_time_promised_for_a_person_is_true(knowledge: Knowledge, at: str, promise: str) -> None:
    generator = LocalizedGenerator(
        knowledge.shop, knowledge.faq, knowledge.responses, lambda: datetime.fromisoformat(at)
    )
    for response in ("utter_handoff", "utter_already_handed_off", "utter_failed_turn"):
        assert promise in generator.compose(response, "en")["text"]


def test_a_fact_is_never_a_template(generator: LocalizedGenerator) -> None:
    evil = "{shop} {order} {new_address} {total:money} %s"
    text = generator.compose("utter_address_changed", "en", {"order": evil, "new_address": evil})["text"]
    assert text.count(evil) == 2


def test_a_missing_fact_and_an_unknown_response_are_errors(generator: LocalizedGenerator) -> None:
    with pytest.raises(KeyError, match="new_address"):
        generator.compose("utter_address_changed", "en", {"order": "10234"})
    with pytest.raises(KeyError):
        generator.compose("utter_nothing", "en")


def test_the_same_seed_gives_the_same_wording(generator: LocalizedGenerator) -> None:
    wordings = {seed: generator.compose("utter_greet", "en", seed=seed) for seed in map(str, range(20))}
    assert len({wording["text"] for wording in wordings.values()}) == 2
    for seed, wording in wordings.items():
        assert generator.compose("utter_greet", "en", seed=seed) == wording
