"""`aftercare evaluate --conversations`: scripts played against the trained assistant, and counted."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.assistant.evaluation.scripted.playing import Turn
from bot.assistant.evaluation.scripted.scripts import Script, Step
from bot.assistant.evaluation.scripted.scripts_page import faults, kinds, missed, rows
from bot.assistant.evaluation.scripted.tally import Share, Tally
from bot.assistant.protocol import Assistant
from bot.cli import main, stage
from bot.cli.learning.evaluate import evaluate
from bot.cli.stage import Stages
from bot.settings import Settings
from bot.shop.knowledge import Knowledge

PNG = b"\x89PNG"

ENGLISH = """
proof, status, then a change that is made:
  kind: follow_up
  turns:
    - {say: "where is my order {shipped}?", does: [asks_contact], not: [status]}
    - say: "{email}"
      does: [status, carrier, tracking, when, items]
      order: "{shipped}"
      unchanged: "{shipped}"
    - {say: "please cancel my order {processing}", does: [asks_cancel], unchanged: "{processing}"}
    - {say: "yes", does: [cancelled], changed: {order: "{processing}", to: cancelled}}
    - {say: "thank you", does: [small_talk], owner: bot}
the same order is there again:
  kind: form_question
  turns:
    - {say: "cancel order {processing}, my e-mail is {email}", does: [asks_cancel], order: "{processing}"}
    - {say: "no", does: [kept], unchanged: "{processing}"}
a late order in two parcels:
  kind: follow_up
  turns:
    - say: "where is my order {overdue}? my e-mail is {overdue_email}"
      does: [status, delay]
      order: "{overdue}"
a person is called:
  kind: awaiting_person
  turns:
    - {say: "how much is delivery?", does: [faq_delivery_options]}
    - {say: "let me talk to a person", does: [handoff], owner: queue}
"""
WRONG = """
labas, ir viskas ne taip:
  kind: courtesy
  turns:
    - {say: "labas", does: [faq_gift_cards], owner: queue}
    - {say: "noriu kalbėti su žmogumi", does: [small_talk]}
    - {say: "užsakymas {shipped}, {email}", does: []}
"""


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    folder = tmp_path / "talks"
    (folder / "unseen").mkdir(parents=True)
    (folder / "en.yml").write_text(ENGLISH, "utf-8")
    (folder / "lt.yml").write_text(WRONG, "utf-8")
    (folder / "unseen" / "en.yml").write_text("broken: [", "utf-8")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [str(one) for one in arguments], catch_exceptions=False)


def test_right_and_wrong_conversations_are_counted_rightly(
    core: Assistant, talks: Path, tmp_path: Path
) -> None:
    page, file = tmp_path / "out" / "talks.md", tmp_path / "turns.json"
    done = run("--conversations", talks, "--page", page, "--json", file, "--failures")
    assert done.exit_code == 0, done.output
    figures = json.loads(file.read_text("utf-8"))
    wrong = [(turn["title"], turn["said"], turn["wrong"]) for turn in figures["played"] if not turn["ok"]]
    english, lithuanian = figures["languages"]["en"], figures["languages"]["lt"]
    assert (english["turns"], english["turns_as_expected"]) == (10, 10), wrong
    assert (english["conversations"], english["conversations_as_expected"]) == (4, 4)
    assert (lithuanian["turns"], lithuanian["turns_as_expected"]) == (3, 1)
    assert (lithuanian["conversations"], lithuanian["conversations_as_expected"]) == (1, 0)
    assert [faults for _, _, faults in wrong] == [
        ["missing: faq_gift_cards", "owner: bot, not queue"],
        ["missing: small_talk", "unwanted: handoff"],
    ]
    _is_told(figures["played"], page, done)


def _is_told(played: list[dict[str, Any]], page: Path, done: Result) -> None:
    status = played[1]
    assert status["texts"][0] == "state_shipped" and status["unknown"] == []
    assert "@" in status["said"] and "{email}" not in status["said"]
    assert status["expected"]["does"] == ["status", "carrier", "tracking", "when", "items"]
    assert played[0]["expected"] == {"does": ["asks_contact"], "not": ["status"]}
    text = page.read_text("utf-8")
    assert "| English | 4 | 10 | 100.0 % | 100.0 % | 100.0 % | 100.0 % |" in text
    assert "| Lithuanian | 1 | 3 | 33.3 % | 0.0 % |" in text
    assert "| courtesy | – | 33.3 (3) | 33.3 (3) |" in text
    for picture in ("talks-languages.png", "talks-kinds.png"):
        assert (page.parent / "images" / picture).read_bytes().startswith(PNG)
        assert f"(images/{picture})" in text
    for turn in played:  # scripts may be kept unseen
        assert turn["title"] not in text
    assert "noriu kalbėti su žmogumi" not in text
    shown = done.stdout
    assert "lt, courtesy: labas, ir viskas ne taip, turn 2" in shown
    for line in ("said      noriu kalbėti su žmogumi", "expected  small_talk", "got       handoff"):
        assert line in shown
    assert "missing: small_talk; unwanted: handoff" in shown
    assert "en, follow_up" not in shown  # nothing went wrong there
    assert "unseen" not in shown


def test_figures_for_programs_are_alone(core: Assistant, talks: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    done = run("--conversations", talks, "--languages", "lt", "--page", page, "--json")
    figures = json.loads(done.stdout)
    assert list(figures["languages"]) == ["lt"] and figures["turns"] == 3
    assert f"--conversations {talks} --languages lt`" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--failures"], "go with --conversations FOLDER"),
        (["--page", "x.md"], "go with --conversations FOLDER"),
        (["--conversations", "nowhere"], "'nowhere' does not exist"),
        (["--conversations", ".", "--test", "x.tsv"], "call it twice"),
        (["--conversations", ".", "--folds", "5"], "with --conversations: --page"),
        (["--conversations", ".", "--language", "en"], "--language goes with --test"),
        (["--conversations", ".", "--languages", "xx"], '"xx" is not a language of shop.yml'),
    ],
)
def test_wrong_calls(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(evaluate, arguments)
    assert done.exit_code == 2
    assert told in done.output


def test_a_language_without_conversations_is_told(talks: Path) -> None:
    done = CliRunner().invoke(evaluate, ["--conversations", str(talks), "--languages", "kk"])
    assert done.exit_code == 2
    assert "has no conversations in kk" in done.output


def test_a_malformed_file_stops_the_command(
    talks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (talks / "kk.yml").write_text("сәлем:\n  kind: anger\n  turns:\n    - {say: x, does: [y]}\n", "utf-8")
    page = tmp_path / "page.md"
    arguments = ["aftercare", "evaluate", "--conversations", str(talks), "--page", str(page)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert 'kk.yml:4: сәлем: turn 1: does[1]: unknown outcome "y"' in capsys.readouterr().err
    assert not page.exists()


def test_each_stage_is_a_shop_of_its_own(
    settings: Settings, knowledge: Knowledge, core: Assistant, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    facts = stage.build(model)
    stages = Stages(settings, knowledge, core, model, facts)
    for _ in range(2):  # in the same folder, as if nothing had been there
        with stages.open(tmp_path) as opened:
            customer = opened.customer()
            before = opened.standings()
            assert before[facts["processing"]].state == "processing"
            assert opened.order(customer) is None
            customer.say(f"cancel order {facts['processing']}, {facts['email']}")
            assert opened.order(customer) == facts["processing"]
            customer.press("Yes")
            after = opened.standings()
            changed = {number for number in before if before[number] != after[number]}
            assert changed == {facts["processing"]}


# Counting


def played(language: str, title: str, kind: str, *wrong: str, does: str = "status", told: str = "") -> Turn:
    context = {"placeholders": (), "outcomes": {"status", "when", "bot"}}
    step = Step.model_validate({"say": "x", "does": [does]}, context=context)
    return Turn(
        script=Script(language, kind, title, (step,)),
        number=1,
        step=step,
        said="x",
        answered_in="en",
        intent=None,
        owner="bot",
        replies=("a reply",) if "silent: no reply" not in wrong else (),
        names=(),
        unknown=("a reply",) if "unknown" in told else (),
        outcomes=tuple(told.split()),
        wrong=wrong,
    )


TALLY = Tally(
    (
        played("en", "one", "anger", told="status"),
        played("en", "one", "anger", "missing: status", "unwanted: asks_back", told="asks_back unknown"),
        played("en", "two", "product", told="status when", does="when|bot"),
        played("lt", "one", "anger", "missing: status", "missing: when", "silent: no reply"),
    )
)


def test_counts() -> None:
    assert TALLY.as_expected() == Share(2, 4)
    assert TALLY.conversations() == Share(1, 3)
    assert TALLY.of("en").conversations() == Share(1, 2)
    assert TALLY.of("lt").in_language() == Share(0, 0) and TALLY.in_language() == Share(3, 3)
    assert TALLY.known() == Share(2, 3)
    assert TALLY.of("lt", "product").as_expected().share is None
    assert TALLY.wanted() == [("status", Share(1, 3)), ("when|bot", Share(1, 1))]
    assert TALLY.faults() == [("missing", 2), ("silent", 1), ("unwanted: asks_back", 1)]
    assert TALLY.failures == (TALLY.turns[1], TALLY.turns[3])


def test_tables() -> None:
    assert rows(TALLY, str) == [
        ("en", "2", "3", "66.7 %", "50.0 %", "100.0 %", "66.7 %"),
        ("lt", "1", "1", "0.0 %", "0.0 %", "–", "–"),
        ("all", "3", "4", "50.0 %", "33.3 %", "100.0 %", "66.7 %"),
    ]
    assert kinds(TALLY) == (
        ("kind", "English", "Lithuanian", "all"),
        [("anger", "50.0 (2)", "0.0 (1)", "33.3 (3)"), ("product", "100.0 (1)", "–", "100.0 (1)")],
    )
    assert missed(TALLY, str) == (
        ("expected", "en", "lt", "all"),
        [("status", "1 of 2", "1 of 1", "2 of 3")],
    )
    assert faults(TALLY, str)[1][0] == ("missing", "1", "1", "2")
