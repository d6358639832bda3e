"""Scripted conversations with expected outcomes: reading them, and judging a turn."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.assistant.evaluation import outcomes
from bot.assistant.evaluation.scripted.judging import Happened, wrong
from bot.assistant.evaluation.scripted.scripts import Script, Step, filled, read_folder
from bot.shop.yaml_source import SourceError
from store.orders.demo_cases import Standing
from store.vocabulary import OrderState

LANGUAGES = ("en", "lt")
FACTS = {"email": "a@b.example", "shipped": "11014", "processing": "11191"}
FAQ = ("faq_delivery_time", "faq_payment_methods")
GOOD = """
asks where it is:
  kind: follow_up
  turns:
    - say: "where is {shipped}"
      does: [asks_contact]
      not: [status]
    - say: "{email}"
      does: [status, when|delay]
      order: "{shipped}"
      unchanged: "{shipped}"
      owner: bot
    - say: cancel it
      does: []
      changed: {order: "{processing}", to: cancelled}
"""


def folder(tmp_path: Path, content: str | bytes, name: str = "en.yml") -> Path:
    path = tmp_path / "talks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path.parent


def read(of: Path) -> tuple[Script, ...]:
    return read_folder(of, LANGUAGES, FACTS, FAQ)


def test_scripts_are_read(tmp_path: Path) -> None:
    talks = folder(tmp_path, GOOD)
    folder(tmp_path, "labas:\n  kind: courtesy\n  turns: [{say: no, does: [small_talk]}]\n", "lt.yml")
    (talks / "unseen").mkdir()
    (talks / "unseen" / "en.yml").write_text("not: [read", "utf-8")
    (talks / "notes.txt").write_text("not read", "utf-8")
    english, lithuanian = read(talks)
    assert (english.language, english.kind, english.title) == ("en", "follow_up", "asks where it is")
    first, second, third = english.steps
    assert [sorted(one) for one in first.wanted] == [["asks_contact"]] and first.forbidden == {"status"}
    assert [sorted(one) for one in second.wanted] == [["status"], ["delay", "when"]]
    assert (second.order, second.unchanged, second.owner) == ("{shipped}", "{shipped}", "bot")
    assert third.does == () and third.changed and third.changed.to == "cancelled"
    assert lithuanian.steps[0].say == "no"  # not False


def turn(text: str) -> str:
    return f"a title:\n  kind: anger\n  turns:\n    - {{say: hello, does: [bot]}}\n    - {text}\n"


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (
            turn("{say: x, does: [statsu]}"),
            5,
            'a title: turn 2: does[1]: unknown outcome "statsu"; did you mean',
        ),
        (turn("{say: x, does: [status|whn]}"), 5, 'turn 2: does[1]: unknown outcome "whn"'),
        (turn("{say: x, does: [faq_nothing]}"), 5, 'unknown outcome "faq_nothing"'),
        (turn('{say: x, does: [""]}'), 5, 'turn 2: does[1]: unknown outcome ""'),
        (turn("{say: x, does: status}"), 5, "a title: turn 2: does: must be a list"),
        (turn("{say: x, not: [bot]}"), 5, "a title: turn 2: does: missing"),
        (turn("{say: x, does: [bot], not: [bott]}"), 5, "a title: turn 2: not[1]: unknown outcome"),
        (turn("{does: [bot]}"), 5, "a title: turn 2: say: missing; write for example"),
        (turn("{say: 12345, does: [bot]}"), 5, 'turn 2: say: must be text; put it in quotes: "12345"'),
        (turn("{say: ' ', does: [bot]}"), 5, "a title: turn 2: say: "),
        (turn("{say: '{shiped}', does: [bot]}"), 5, 'unknown placeholder {shiped}; did you mean "shipped"?'),
        (turn("{say: x, does: [bot], order: '{x}'}"), 5, "a title: turn 2: order: unknown placeholder {x}"),
        (turn("{say: x, does: [bot], order: {shipped}}"), 5, "a title: turn 2: order"),
        (turn("{say: x, does: [bot], changed: {order: '1', to: sold}}"), 5, "turn 2: changed.to: "),
        (turn("{say: x, does: [bot], changed: yes}"), 5, "a title: turn 2: changed: "),
        (turn("{say: x, does: [bot], owner: human}"), 5, "a title: turn 2: owner: "),
        (turn("{press: Yes, does: [bot]}"), 5, "a title: turn 2: press: unknown key"),
        (turn("hello"), 5, "a title: turn 2: "),
        ("a title:\n  kind: x y\n  turns: [{say: x, does: [bot]}]\n", 2, "a title: kind: "),
        ("a title:\n  turns: [{say: x, does: [bot]}]\n", 1, "a title: kind: missing"),
        ("a title:\n  kind: anger\n  turns: []\n", 3, "a title: turns: only 0 given"),
        ("a title:\n  kind: anger\n  turns: hello\n", 3, "a title: turns: must be a list"),
        ("a title:\n  kind: anger\n", 1, "a title: turns: missing"),
        ("a title: hello\n", 1, "a title: must be a block"),
        ("- a title\n", 1, "must have conversations"),
        ("", 1, "must have conversations"),
        ("hello", 1, "must have conversations"),
        ("a: {kind: x, turns: []}\na: {kind: x, turns: []}\n", 2, "a: written twice (first in line 1)"),
        ("a title: [\n", 1, "broken YAML"),
        ("a title:\n\tkind: x\n", 2, "a tab; use spaces instead"),
        (b"a: \xff\n", 1, "not UTF-8"),
        (b"a: \0\n", 1, "a character that text can't have"),
        ("a: &x [*x]\n", 1, "an alias"),
        ("x" * 1_000_001, 1, "larger than 1 MB"),
        ("[" * 10_000, 1, "too many blocks in one another"),
        (f"{'x' * 300}: {{kind: x, turns: []}}\n", 1, "a title has 1 to 200 characters"),
    ],
)
def test_a_malformed_file_is_refused_by_title_and_turn(
    tmp_path: Path, content: str | bytes, line: int, told: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(folder(tmp_path, content))
    assert f"en.yml:{line}: " in str(caught.value)
    assert told in str(caught.value)


def test_all_faults_are_told_up_to_a_bound(tmp_path: Path) -> None:
    folder(tmp_path, "".join(f"t{n}: x\n" for n in range(100)), "lt.yml")
    with pytest.raises(SourceError) as caught:
        read(folder(tmp_path, turn("{say: x, does: [nonsense]}")))
    assert 'unknown outcome "nonsense"' in str(caught.value)
    assert "and 80 more" in str(caught.value)
    assert len(caught.value.problems) == 22


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("xx.yml", '"xx" is no language of the shop; known: en, lt'),
        ("en.yaml", "rename it so that it ends in .yml"),
        ("en.txt", "has no conversations; put files such as en.yml there"),
    ],
)
def test_files_that_are_no_conversations_are_told(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(SourceError, match="talks") as caught:
        read(folder(tmp_path, GOOD, name))
    assert told in str(caught.value)


def test_placeholders_are_filled_in_once() -> None:
    assert filled("{a} {b} {c}", {"a": "{b}", "b": "2"}) == "{b} 2 {c}"


# Judging


KEPT = {
    "11014": Standing(OrderState.SHIPPED, "Elm St 1"),
    "11191": Standing(OrderState.PROCESSING, "Elm St 1"),
}
CANCELLED = {**KEPT, "11191": Standing(OrderState.CANCELLED, "Elm St 1")}
MOVED = {**KEPT, "11191": Standing(OrderState.PROCESSING, "Oak St 2")}
QUIET = Happened((), (), "bot", None, KEPT, KEPT)


def step(**keys: object) -> Step:
    known = outcomes.ALL | {"faq_x", "faq_y"}
    context = {"placeholders": FACTS, "outcomes": known}
    return Step.model_validate({"say": "x", "does": ["status"], **keys}, context=context)


def happened(*told: str, **more: object) -> Happened:
    """A turn in which each of `told` was said, as the outcomes of one text."""
    replies = tuple(f"reply {number}" for number in range(len(told)))
    made = replace(QUIET, replies=replies, told=tuple(frozenset(one.split()) for one in told))
    return replace(made, **more)  # type: ignore[arg-type]


def judged(expected: Step, what: Happened) -> list[str]:
    return wrong(expected, what, FACTS, KEPT)


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({}, happened("status items")),
        ({"does": ["when"]}, happened("status items", "when")),  # facts that a status tells count
        ({"does": ["status", "asks_cancel"]}, happened("status", "asks_cancel")),
        ({"does": ["carrier|tracking"]}, happened("tracking")),
        ({"does": ["bot"], "not": ["status"]}, happened("bot")),
        ({"does": []}, QUIET),
        ({"does": []}, happened("small_talk")),
        ({"does": ["handoff"], "owner": "queue"}, happened("handoff", owner="queue")),
        ({"does": ["complaint|handoff"]}, happened("handoff")),
        ({"does": ["offers_person"]}, happened("asks_back offers_person")),  # they come in one text
        ({"order": "{shipped}"}, happened("status", replies=("Order 11014 is …",))),
        ({"order": "{shipped}"}, happened("status", replies=("Order (#11014): …",), order="11191")),
        ({"order": "{shipped}"}, happened("status", order="11014")),
        ({"order": "{shipped} {processing}"}, happened("status", replies=("11014, 11191",))),
        ({"unchanged": "{processing}"}, happened("status")),
        (
            {"does": ["cancelled"], "changed": {"order": "{processing}", "to": "cancelled"}},
            happened("cancelled", after=CANCELLED),
        ),
        (
            {"does": ["address_changed"], "changed": {"order": "{processing}", "to": "address"}},
            happened("address_changed", after=MOVED),
        ),
    ],
)
def test_a_right_turn_has_no_fault(keys: dict[str, object], what: Happened) -> None:
    assert judged(step(**keys), what) == []


@pytest.mark.parametrize(
    ("keys", "what", "faults"),
    [
        ({}, happened("when"), ["missing: status"]),  # a single fact is no status
        ({"does": ["status", "faq_x|faq_y"]}, happened("status"), ["missing: faq_x|faq_y"]),
        ({}, QUIET, ["missing: status", "silent: no reply"]),
        ({"not": ["when|delay"]}, happened("status when"), ["unwanted: when"]),
        ({}, happened("status", "asks_back"), ["unwanted: asks_back"]),
        ({}, happened("status", "out_of_scope"), ["unwanted: out_of_scope"]),
        ({}, happened("status", "handoff"), ["unwanted: handoff"]),
        ({"not": ["handoff"], "does": ["waiting"]}, happened("waiting handoff"), ["unwanted: handoff"]),
        (
            {"does": ["asks_cancel"]},
            happened("cancelled", before=KEPT, after=CANCELLED),
            ["missing: asks_cancel", "unwanted: cancelled", "changed: order 11191"],
        ),
        ({}, happened("status", after=MOVED), ["changed: order 11191"]),
        (
            {"unchanged": "{processing}"},
            happened("status", before=CANCELLED, after=CANCELLED),
            ["changed: order 11191"],
        ),
        ({"unchanged": "99999"}, happened("status"), ["changed: order 99999"]),
        (
            {"does": ["cancelled"], "changed": {"order": "{processing}", "to": "cancelled"}},
            happened("cancelled"),
            ["not changed: order 11191 to cancelled"],
        ),
        (
            {"does": ["address_changed"], "changed": {"order": "{processing}", "to": "address"}},
            happened("address_changed", after=CANCELLED),
            ["not changed: order 11191 to address"],
        ),
        (
            {"does": ["cancelled"], "changed": {"order": "99999", "to": "cancelled"}},
            happened("cancelled"),
            ["not changed: order 99999 to cancelled"],
        ),
        ({"order": "{shipped}"}, happened("status", order="11191"), ["not about: order 11014"]),
        (
            {"order": "{shipped}"},
            happened("status", replies=("Order 11191 is …",), order="11014"),
            ["not about: order 11014"],
        ),
        ({"order": "{shipped}"}, happened("status", replies=("110145",)), ["not about: order 11014"]),
        (
            {"order": "{shipped} {processing}"},
            happened("status", replies=("11014",), order="11191"),
            ["not about: order 11191"],
        ),
        ({"owner": "queue"}, happened("status"), ["owner: bot, not queue"]),
        ({}, happened("status", "when", replies=("same", "same")), ["repeated: the same reply twice"]),
    ],
)
def test_each_fault_of_a_turn_is_told(keys: dict[str, object], what: Happened, faults: list[str]) -> None:
    assert judged(step(**keys), what) == faults
