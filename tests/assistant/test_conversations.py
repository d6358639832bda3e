"""Plays the conversations under `conversations/`. docs/testing.md says how they are written."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.assistant.evaluation.examples import TrainingData
from bot.assistant.evaluation.scripted.scripts import filled
from bot.cli.stage import Stage
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from bot.shop.wording.folding import normalise
from tests.assistant.conftest import texts, titles

SCRIPTS = Path(__file__).parent / "conversations"
KEYS = {"say", "press", "intent", "owner", "reason", "language", "says", "not_says", "buttons", "silent"}

Step = dict[str, Any]


@dataclass(frozen=True)
class Script:
    name: str
    steps: list[Step]


def _scripts() -> list[Script]:
    found = []
    for path in sorted(SCRIPTS.glob("*/*.yml")):
        for title, steps in YAML(typ="safe").load(path).items():
            found.append(Script(f"{path.parent.name}/{path.stem}: {title}", steps))
    return found


ALL = _scripts()


@pytest.mark.parametrize("script", ALL, ids=lambda script: script.name)
def test_conversation(stage: Stage, script: Script) -> None:
    customer = stage.customer()
    for number, step in enumerate(script.steps, 1):
        unknown = set(step) - KEYS
        assert not unknown, f"{script.name}, turn {number}: unknown {unknown}"
        if "press" in step:
            turn = customer.press(filled(step["press"], stage.facts))
        else:
            turn = customer.say(filled(step["say"], stage.facts))
        wrong = _wrong(turn, step, stage.facts)
        assert not wrong, f"turn {number}, {step.get('say') or step.get('press')!r}: {wrong}; got {turn}"


def test_there_are_enough_conversations() -> None:
    assert len(ALL) >= 30


def test_every_wish_is_met_in_a_conversation(settings: Settings) -> None:
    domain = YAML(typ="safe").load(settings.home / "domain.yml")
    met = {step.get("intent") for script in ALL for step in script.steps}
    # Scripts have words only: pictures are sent in tests/channels, guides gone through in test_guide_talk.
    assert set(domain["intents"]) - met == {"guide_answer", "send_attachment"}


def test_every_faq_entry_is_asked_for_in_words_the_model_was_not_trained_on(
    settings: Settings, knowledge: Knowledge
) -> None:
    trained = {
        normalise(example.text) for example in TrainingData.load(settings.home, knowledge.shop).examples
    }
    asked = {
        step["intent"]
        for script in ALL
        for step in script.steps
        if "intent" in step and "say" in step and normalise(step["say"]) not in trained
    }
    assert {entry.id for entry in knowledge.faq} - asked == set()


def _wrong(turn: dict[str, Any], step: Step, facts: dict[str, str]) -> list[str]:
    """What in a turn isn't as its step says, and what is wrong in any turn."""
    said, offered = texts(turn), titles(turn)
    found = [
        f"{key} is {turn[key]}, not {step[key]}"
        for key in ("intent", "owner", "reason", "language")
        if key in step and turn[key] != step[key]
    ]
    found += [f"does not say {text!r}" for text in step.get("says", ()) if not _in(text, said, facts)]
    found += [f"says {text!r}" for text in step.get("not_says", ()) if _in(text, said, facts)]
    if step.get("buttons") == []:
        found += [f"offers {title!r}" for title in offered]
    for title in step.get("buttons", ()):
        if filled(title, facts) not in offered:
            found.append(f"does not offer {title!r}")
    if bool(turn["replies"]) == step.get("silent", False):
        found.append("is answered" if turn["replies"] else "is not answered")
    if re.search(r"[{}]|\b(None|null|utter_\w+)\b", said):
        found.append("shows something unfinished")
    replies = [reply["text"] for reply in turn["replies"]]
    if len(set(replies)) < len(replies):
        found.append("says the same twice")
    return found


def _in(pattern: str, said: str, facts: dict[str, str]) -> bool:
    quoted = {name: re.escape(value) for name, value in facts.items()}
    return re.search(filled(pattern, quoted), said, re.IGNORECASE) is not None
