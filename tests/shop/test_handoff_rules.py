"""The rules of a shop on when a person takes over, as an owner writes them."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from bot.shop import facts as shops
from bot.shop.handoff_rules import Money, Rule
from bot.shop.knowledge import Knowledge
from bot.shop.yaml_source import SourceError
from tests.paths import ROOT
from tests.shop.test_facts import GOOD

LINE = GOOD.count("\n") + 2  # of the first rule


def loaded(folder: Path, section: str) -> tuple[Rule, ...]:
    path = folder / "shop.yml"
    path.write_text(f"{GOOD}handover:\n{section}", encoding="utf-8")
    return shops.load(path).handover


def test_a_shop_without_rules(tmp_path: Path) -> None:
    path = tmp_path / "shop.yml"
    path.write_text(GOOD, encoding="utf-8")
    assert shops.load(path).handover == ()


def test_rules(tmp_path: Path) -> None:
    words, intent, reason, order = loaded(
        tmp_path,
        "  - words: [wholesale, 'bulk order*']\n    skill: B2B\n"
        "  - intent: warranty_claim\n    skill: repairs\n    hand_over: no\n"
        "  - reason: [payment, asked]\n    priority: urgent\n"
        "  - order_over: 99.50 EUR\n    priority: high\n    hand_over: yes\n",
    )
    assert (words.words, words.skill, words.at_once) == (("wholesale", "bulk order*"), "b2b", True)
    assert (intent.intent, intent.at_once) == (("warranty_claim",), False)
    assert (reason.reason, reason.priority, reason.at_once) == (("payment", "asked"), "urgent", False)
    assert (order.order_over, order.at_once) == (Money(Decimal("99.50"), "EUR"), True)


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("  - skill: b2b\n", "handover[1]: fits everything; write when it fits"),
        ("  - words: []\n    skill: b2b\n", "handover[1]: fits everything"),
        ("  - words: a b\n    hand_over: no\n", "handover[1]: does nothing; write a skill or a priority"),
        ("  - reason: payment\n", "handover[1]: does nothing"),
        (
            "  - reason: payment\n    skill: xx\n    hand_over: yes\n",
            "handover[1]: a reason calls a person already; delete the line hand_over: yes",
        ),
        ("  - reason: paymnt\n    skill: xx\n", 'unknown reason; did you mean "payment"?'),
        ("  - reason: rule\n    skill: xx\n", "unknown reason"),
        ("  - word: wholesale\n", 'handover[1].word: unknown key; did you mean "words"?'),
        ("  - words: 5\n", "handover[1].words: must be a list"),
        (
            "  - words: [s*e]\n",
            'handover[1].words[1]: "s*e": a * stands at the end of at least three letters',
        ),
        ("  - words: ['']\n", "handover[1].words[1]: "),
        ("  - words: {a: b}\n", "handover[1].words: must be a list"),
        ("  - order_over: 300\n", '"300" is not an amount of money; write for example 300 EUR'),
        ("  - order_over: 300 XXQ\n", '"300 XXQ" is not an amount of money'),
        ("  - order_over: -5 EUR\n", "is not an amount of money"),
        ("  - order_over: 9999999999 EUR\n", "is not an amount of money"),
        ("  - order_over: [1]\n", "is not an amount of money"),
        ("  - words: a\n    priority: 2\n", 'handover[1].priority: "2" doesn\'t fit; write for example high'),
        ("  - words: a\n    skill: Repairs!\n", '"Repairs!" doesn\'t fit; write for example repairs'),
        (f"  - words: a\n    skill: {'x' * 41}\n", "handover[1].skill: "),
        ("  - words: a\n    hand_over: maybe\n", "handover[1].hand_over: must be yes or no"),
        ("  - words: a\n    hand_over: 5\n", "handover[1].hand_over: must be yes or no"),
        ("  - wholesale\n", 'handover[1]: must be a block of "name: value" lines'),
        ("  words: wholesale\n", "handover: must be a list"),
    ],
)
def test_a_wrong_rule_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        loaded(Path(), section)
    assert problem in str(caught.value)
    assert all(one.line >= LINE - 1 for one in caught.value.problems), "at its place in the file"


def test_too_many_rules(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="too many; at most 100"):
        loaded(tmp_path, "  - words: wholesale\n" * 101)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("shop.yml", "domain.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "data").symlink_to(ROOT / "data")
    return tmp_path


def test_an_intent_that_there_is_not_is_refused(home: Path) -> None:
    path = home / "shop.yml"
    text = path.read_text(encoding="utf-8")
    rule = "  - intent: [warranty_clam, faq_privacy]\n    skill: repairs\n"
    path.write_text(text.replace("handover:\n", f"handover:\n{rule}", 1), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        Knowledge.load(home)
    (problem,) = caught.value.problems
    assert problem.text == 'unknown intent "warranty_clam"; did you mean "warranty_claim"?'
    assert text.split("\n")[problem.line - 2] == "handover:"


def test_the_shop_and_its_words_are_whole() -> None:
    knowledge = Knowledge.load(ROOT)
    assert knowledge.shop.handover
    assert set(knowledge.tones) == set(knowledge.shop.languages)
