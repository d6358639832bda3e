"""All five languages are whole, also those that the demonstration shop has not switched on."""

from collections import Counter, defaultdict

import pytest

from bot.assistant.decision import speak
from bot.assistant.evaluation.examples import TrainingData
from bot.shop import facts as shops
from bot.shop.facts import Shop
from bot.shop.wording.dates import DAYS
from bot.shop.wording.folding import normalise
from bot.shop.yaml_source import read
from tests.paths import ROOT

LANGUAGES = ("en", "lt", "lv", "id", "kk")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return shops.load(ROOT / "shop.yml").model_copy(update={"languages": LANGUAGES})


@pytest.fixture(scope="module")
def data(shop: Shop) -> TrainingData:
    return TrainingData.load(ROOT, shop)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_widget_speaks_it(language: str) -> None:
    english = read(ROOT / "data" / "texts" / "en.yml").data["widget"]
    texts = read(ROOT / "data" / "texts" / f"{language}.yml").data["widget"]
    assert texts.keys() == english.keys()
    assert all(texts.values())
    assert language in DAYS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_its_examples(data: TrainingData, language: str) -> None:
    counts = Counter(example.intent for example in data.examples if example.language == language)
    assert counts.keys() == data.intents
    assert counts.pop("out_of_scope") >= 300
    assert min(counts.values()) >= 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_example_contradicts_another(data: TrainingData, language: str) -> None:
    meanings = defaultdict(set)
    for example in data.examples:
        if example.language == language:
            meanings[normalise(example.text)].add(example.intent)
    assert {text: intents for text, intents in meanings.items() if len(intents) > 1} == {}


# What these are depends on the talk before: measured in `talks`, not by single sentences.
BY_TALKS = {"acknowledge", "third_person"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_held_out_sentences_cover_every_intent(data: TrainingData, language: str) -> None:
    lines = (ROOT / "tests" / "understanding" / f"{language}.tsv").read_text("utf-8").splitlines()[1:]
    counts = Counter(line.split("\t")[0] for line in lines)
    assert counts.keys() == data.intents - BY_TALKS
    assert min(counts.values()) >= 20


@pytest.mark.parametrize(
    ("ranking", "text", "current", "spoken"),
    [
        ([], "kur mano užsakymas", "en", "en"),  # one language: nothing is detected
        ([("lt", 0.95), ("en", 0.05)], "kur mano užsakymas", "en", "lt"),
        ([("id", 0.7), ("en", 0.3)], "ok", "en", "en"),
        ([("id", 0.9), ("en", 0.1)], "ok 10234!", "en", "en"),
        ([("lv", 0.6), ("lt", 0.4)], "paldies", "lt", "lt"),
        ([("lv", 0.9), ("lt", 0.1)], "paldies", "lt", "lv"),
        ([("kk", 0.65), ("en", 0.35)], "tapsyrysym qaida juredi eken", "en", "kk"),
    ],
)
def test_a_conversation_changes_its_language_only_when_it_is_clear(
    ranking: list[tuple[str, float]], text: str, current: str, spoken: str
) -> None:
    assert speak(ranking, text, current) == spoken


KAZAKH = [("kk", 0.95), ("en", 0.05)]


@pytest.mark.parametrize(
    ("text", "options", "spoken"),
    [
        ("рахмет", {}, "kk"),  # the first message of a talk in the default language
        ("рахмет", {"settled": True}, "en"),
        ("рахмет!", {"settled": True}, "en"),
        ("тапсырысым қайда", {"settled": True}, "kk"),
        ("рахмет саған", {"chosen": True}, "en"),
        ("тапсырысым қайда қалды", {"chosen": True}, "kk"),
    ],
)
def test_one_word_keeps_a_language_and_a_chosen_one_needs_more(
    text: str, options: dict[str, bool], spoken: str
) -> None:
    assert speak(KAZAKH, text, "en", **options) == spoken
    assert speak([("kk", 0.7), ("en", 0.3)], "тапсырысым қайда қалды", "en", chosen=True) == "en"
