"""Examples that a shop adds to the product's."""

import re
import shutil
from pathlib import Path

import pytest

from bot.assistant import training
from bot.assistant.evaluation.examples import TrainingData, check_added
from bot.shop import facts as shops
from bot.shop.yaml_source import SourceError
from tests.paths import ROOT

GOOD = "nlu:\n  - intent: track_order\n    examples: |\n      - brew me the leaves\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop in English, with one file of its FAQ."""
    text = (ROOT / "shop.yml").read_text("utf-8")
    (tmp_path / "shop.yml").write_text(re.sub(r"(?m)^languages: .*$", "languages: [en]", text), "utf-8")
    (tmp_path / "data" / "faq").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "faq" / "delivery.yml", tmp_path / "data" / "faq")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def add(home: Path, text: str, name: str = "en/own.yml") -> None:
    path = home / "data" / "nlu" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def load(home: Path) -> TrainingData:
    return TrainingData.load(home, shops.load(home / "shop.yml"))


def test_they_are_learned_beside_the_products(home: Path) -> None:
    before = load(home)
    add(home, GOOD)
    added = [line for line in load(home).lines if line not in before.lines]
    assert [(line.text, line.intent, line.place) for line in added] == [
        ("brew me the leaves", "track_order", "data/nlu/en/own.yml:4")
    ]
    assert len(load(home).lines) == len(before.lines) + 1


def test_examples_of_questions_that_the_shop_does_not_answer_are_left_out(home: Path) -> None:
    asked = {intent for intent in load(home).intents if intent.startswith("faq_")}
    assert asked == {"faq_delivery_time", "faq_delivery_options"}
    assert any(intent.startswith("faq_gift") for intent in load(ROOT).intents)


def test_a_model_is_of_its_time(home: Path) -> None:
    states = {training.fingerprint(home)}
    add(home, GOOD)
    states.add(training.fingerprint(home))
    add(home, GOOD, "lt/own.yml")  # not a language of the shop's
    assert training.fingerprint(home) in states
    path = home / "data" / "responses" / "en.yml"
    path.parent.mkdir()
    path.write_text("phrases: {nothing_paid: Nothing}", "utf-8")
    states.add(training.fingerprint(home))
    assert len(states) == 3


def test_right_ones_are_taken(home: Path) -> None:
    check_added(home)
    add(home, GOOD + "  - intent: faq_delivery_time\n    examples: |\n      - when\n")
    add(home, "not read", "xx/own.yml")
    check_added(home)
    check_added(ROOT)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            GOOD.replace("track_order", "trak_order"),
            '2: nlu[1]: unknown intent "trak_order"; did you mean',
        ),
        (GOOD.replace("track_order", "faq_gift_cards"), '2: nlu[1]: unknown intent "faq_gift_cards"'),
        ("nlu: text\n", '1: has no list "nlu:"'),
        ("", '1: has no list "nlu:"'),
        ("nlu:\n  - text\n", '2: nlu[1]: must be "intent: name"'),
        ("nlu:\n  - intent: greet\n    examples: [a]\n", '2: nlu[1]: must be "intent: name"'),
        ("\tnlu:\n", "1: a tab; use spaces instead"),
        ("nlu: [&a x, *a]\n", "1: an alias (*) points here"),
        ("nlu:\n  - intent: greet\n    intent: deny\n", "3: intent: written twice"),
        ("x" * 5_000_000, "1: larger than 1 MB"),
    ],
)
def test_wrong_ones_are_refused_before_training(home: Path, text: str, problem: str) -> None:
    add(home, text)
    with pytest.raises(SourceError) as caught:
        check_added(home)
    assert str(caught.value).startswith(f"data/nlu/en/own.yml:{problem}")
    with pytest.raises(SourceError):
        training.train(home)
    assert not list((home).glob("models/*"))


def test_a_whole_copy_has_only_its_own(home: Path) -> None:
    shutil.copy(ROOT / "config.yml", home)
    add(home, GOOD)
    assert [line.text for line in load(home).lines if not line.intent.startswith("faq_")] == [
        "brew me the leaves"
    ]
