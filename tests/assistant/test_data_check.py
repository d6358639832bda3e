"""`aftercare check-data`: contradictions, duplicates, too few examples, thin registers."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.assistant.evaluation.data_check import (
    ACROSS,
    CONTRADICTION,
    DUPLICATE,
    ERRORS,
    NEARLY_SAME,
    TOO_FEW,
    Finding,
    check,
    registers,
)
from bot.assistant.evaluation.examples import Example
from bot.cli.learning.check_data import check as command
from tests.paths import ROOT

LETTERS = "abdefgklmnoprstuvz"  # none that is another as Kazakh is spelled in Latin letters


def plenty(intent: str, language: str = "en", count: int = 60) -> list[Example]:
    """Examples that are alike in nothing."""
    words = [f"{intent[:3]}{a}u{b}o{a} {b}{a}y" for a in LETTERS for b in LETTERS]
    return [Example(word, intent, language, f"{intent}.yml:{i}") for i, word in enumerate(words[:count], 1)]


def example(text: str, intent: str, place: str, language: str = "en") -> Example:
    return Example(text, intent, language, place)


def found(lines: list[Example], kind: str, languages: tuple[str, ...] = ("en",)) -> list[Finding]:
    return [finding for finding in check(lines, languages) if finding.kind == kind]


def test_good_data_have_no_findings() -> None:
    assert check([*plenty("greet"), *plenty("out_of_scope", count=300)], ["en"]) == []


def test_one_text_under_two_intents() -> None:
    lines = [
        *plenty("greet"),
        example("Where is #10234?", "track_order", "a.yml:4"),
        example("where is 20871?", "track_order", "a.yml:5"),
        example("whére is 10234?", "cancel_order", "b.yml:9"),
    ]
    (one,) = found(lines, CONTRADICTION)
    assert str(one) == (
        'a.yml:4: contradiction: "Where is #10234?" is track_order here and cancel_order in b.yml:9; keep one'
    )


def test_the_same_in_another_language_is_only_told() -> None:
    lines = [example("stop", "deny", "lv.yml:3", "lv"), example("Stop", "newsletter", "id.yml:7", "id")]
    assert found(lines, CONTRADICTION, ("lv", "id")) == []
    (one,) = found(lines, ACROSS, ("lv", "id"))
    assert str(one) == 'lv.yml:3: across languages: "stop" is deny here and newsletter in id.yml:7'
    assert found(lines, ACROSS, ("lv",)) == []


def test_duplicates_and_near_duplicates() -> None:
    lines = [
        example("when will my order get here", "track_order", "a.yml:1"),
        example("When will my order get here", "track_order", "a.yml:2"),
        example("when will my orders get here", "track_order", "a.yml:3"),
        example("kettle", "product_help", "a.yml:4"),
    ]
    (same,) = found(lines, DUPLICATE)
    assert same.place == "a.yml:2"
    assert 'as "when will my order get here" in a.yml:1' in same.text
    near = found(lines, NEARLY_SAME)
    assert {one.place for one in near} == {"a.yml:3"}
    assert not any("but" in one.text for one in near)
    lines[2] = example("when will my orders get here", "greet", "a.yml:3")
    assert found(lines, NEARLY_SAME)[0].text.endswith("but greet and track_order")


def test_near_duplicates_are_found_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*plenty("greet", count=300), example("groo brub zapp zapps", "greet", "late.yml:1")]
    lines = [example("groo brub zapp zapp", "greet", "early.yml:1"), *lines]
    whole = [str(one) for one in found(lines, NEARLY_SAME)]
    assert any(one.startswith("late.yml:1") and "early.yml:1" in one for one in whole)
    monkeypatch.setattr("bot.assistant.evaluation.data_check.ROWS", 7)
    assert [str(one) for one in found(lines, NEARLY_SAME)] == whole


def test_too_few_examples() -> None:
    lines = [
        *plenty("greet", count=59),
        *plenty("greet", count=1),  # the same line again counts once
        *plenty("out_of_scope", count=299),
        *plenty("greet", "lt"),
        *plenty("thank", "lt"),
        *plenty("out_of_scope", "lt", 300),
    ]
    assert [str(one) for one in found(lines, TOO_FEW, ("en", "lt"))] == [
        "greet.yml:1: too few: greet has 59 examples in en; write at least 60",
        "out_of_scope.yml:1: too few: out_of_scope has 299 examples in en; write at least 300",
        "data/nlu/en: too few: thank has 0 examples in en; write at least 60",
    ]
    assert [one for one in check(lines, ["lt"], 60) if one.kind in ERRORS] == []
    assert len([one for one in check(lines, ["lt"], 61) if one.kind == TOO_FEW]) == 3


@pytest.mark.parametrize("text", ["", "\u200b", "🙂", "a" * 100_000, "\n", "<b>", "ąčę" * 1000, "\ud83d"])
def test_odd_texts_are_checked_too(text: str) -> None:
    lines = [example(text, "greet", "a.yml:1"), example(text, "thank", "a.yml:2")]
    assert len(found(lines, CONTRADICTION)) == 1
    assert registers(lines, ["en"])


def test_without_examples_there_is_nothing_to_find() -> None:
    assert check([], ["en"]) == []
    assert registers([], ["en"]) == []


def test_registers() -> None:
    texts = {
        "greet": ["labas", "sveiki, čia aš", "ačiū už viską? 😀", "kur yra 2 " + "žodis " * 15],
        "thank": ["ačiū", "dėkui", "ačiū labai", "dėkoju"],
    }
    lines = [example(text, intent, "x", "lt") for intent in texts for text in texts[intent]]
    shares = {share.register: share for share in registers(lines, ["lt"])}
    assert shares["without diacritics"].share == 1 / 8
    assert shares["without diacritics"].thin == {"thank": 0}
    assert shares["at most 2 words"].share == 5 / 8
    for name in ("over 15 words", "with a question mark", "with emoji", "with digits"):
        assert (shares[name].share, shares[name].thin) == (1 / 8, {"thank": 0}), name
    english = [share.register for share in registers(plenty("greet"), ["en"])]
    assert english[0] == "at most 2 words"  # a language without diacritics


# The command


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shop = re.sub(r"(?m)^languages: .*$", "languages: [en]", (ROOT / "shop.yml").read_text("utf-8"))
    (tmp_path / "shop.yml").write_text(shop, "utf-8")
    (tmp_path / "config.yml").write_text("pipeline: []\n", "utf-8")
    (tmp_path / "data" / "nlu" / "en").mkdir(parents=True)
    (tmp_path / "data" / "faq").mkdir()
    entry = {"id": "faq_gifts", "topic": "gifts", "question": {"en": "?"}, "answer": {"en": "!"}}
    entry["examples"] = {"en": [f"gift {letter}{letter}" for letter in LETTERS[:5]]}
    (tmp_path / "data" / "faq" / "gifts.yml").write_text(json.dumps({"faq": [entry]}), "utf-8")
    write(tmp_path, "good day|hello there|hi")
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(home: Path, greetings: str) -> None:
    lines = "".join(f"      - {text}\n" for text in greetings.split("|"))
    content = f"nlu:\n  - intent: greet\n    examples: |\n{lines}"
    (home / "data" / "nlu" / "en" / "talk.yml").write_text(content, "utf-8")


def test_the_command_fails_on_what_must_be_put_right(home: Path) -> None:
    done = CliRunner().invoke(command, ["--at-least", "3"], catch_exceptions=False)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "8 examples: nothing found")
    done = CliRunner().invoke(command, [], catch_exceptions=False)
    assert done.exit_code == 1
    assert "data/nlu/en/talk.yml:4: too few: greet has 3 examples in en" in done.stdout
    write(home, "good day|gift bb|GIFT dd|hi|Hi")
    done = CliRunner().invoke(command, ["--at-least", "3", "--json"], catch_exceptions=False)
    assert done.exit_code == 1
    shown = json.loads(done.stdout)
    assert shown["counts"] == {"duplicate": 1, "contradiction": 2}
    places = {one["place"] for one in shown["findings"] if one["kind"] == "contradiction"}
    assert places == {"data/nlu/en/talk.yml:5", "data/nlu/en/talk.yml:6"}


def test_a_language_that_the_shop_does_not_speak(home: Path) -> None:
    done = CliRunner().invoke(command, ["--languages", "en,xx"])
    assert done.exit_code == 2
    assert '"xx" is not a language of shop.yml' in done.output


def test_our_own_data_pass() -> None:
    done = CliRunner().invoke(command, [], catch_exceptions=False)
    assert done.exit_code == 0, done.output[-2000:]
