"""data/texts: words of the chat window, the desk and the mails, checked like every file of the owner's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.assistant import training
from bot.cli.doctor import doctor
from bot.cli.learning.train import train
from bot.handoff import briefing
from bot.shop.desk_texts import DeskTexts
from bot.shop.layers import Layers
from bot.shop.texts import Texts
from bot.shop.yaml_source import MAX_BYTES, SourceError, read
from store.handoffs.packets import Packet
from store.vocabulary import Mood, Reason
from tests.paths import ROOT

LANGUAGES = ("en", "lt", "lv", "id", "kk")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data" / "texts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(home: Path, text: str | bytes, language: str = "en") -> None:
    path = home / "data" / "texts" / f"{language}.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def problems(home: Path, *languages: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        Texts.load(Layers(home), languages or LANGUAGES)
    return [str(problem) for problem in caught.value.problems]


def test_our_own_texts_are_right_in_every_language() -> None:
    texts = Texts.load(Layers(ROOT), LANGUAGES)
    assert list(texts.desk) == list(LANGUAGES)
    assert len({tuple(sorted(words)) for words in texts.desk.values()}) == 1
    assert Texts.load(Layers(ROOT), ("lv",)).desk.keys() == {*LANGUAGES}
    assert next(iter(Texts.load(Layers(ROOT), ("lv",)).desk)) == "lv"


def test_the_owners_texts_lie_over_ours(home: Path) -> None:
    write(home, "widget:\n  greeting: Tea?\n  starters: [Tea, Coffee]\ndesk:\n  wish: Would like\n")
    texts, ours = Texts.load(Layers(home), LANGUAGES), Texts.load(Layers(ROOT), LANGUAGES)
    changed = {**ours.widget["en"], "greeting": "Tea?", "starters": ["Tea", "Coffee"]}
    assert texts.widget == {**ours.widget, "en": changed}
    assert texts.desk["en"] == {**ours.desk["en"], "wish": "Would like"}
    assert texts.mail == ours.mail and texts.dispositions == ours.dispositions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # types
        ("desk: {wish: 3}", '1: desk.wish: must be text; put it in quotes: "3"'),
        ("desk: {wish: [a]}", "1: desk.wish: must be one text, not a list or block"),
        ("desk: {wish: {a: b}}", "1: desk.wish: must be one text, not a list or block"),
        ("desk: {wish: true}", "1: desk.wish: must be text; put it in quotes"),
        ("desk:\n  wish:\n", "2: desk.wish: empty"),
        ("desk: {wish: ''}", "1: desk.wish: empty; write the text, or delete the line"),
        ("desk: {wish: '  '}", "1: desk.wish: empty; write the text, or delete the line"),
        ("widget: {starters: Where?}", "1: widget.starters: must be a list"),
        ("widget: {starters: []}", "1: widget.starters: only 0 given; write at least 1"),
        ("widget: {starters: [a, 5]}", "1: widget.starters[2]: must be text"),
        ("widget: text", '1: widget: must be a block of "name: text" lines'),
        ("mail:\n", "1: mail: empty; write texts below it, or delete the line"),
        ("- a\n", '1: must be blocks of "name: value" lines'),
        ("just words", '1: must be blocks of "name: value" lines'),
        # bounds
        (f"desk: {{wish: {'x' * 1201}}}", "1: desk.wish: too long (1201 characters); at most 1200"),
        ("widget: {starters: [a, b, c, d, e, f, g]}", "1: widget.starters: too many; at most 6"),
        (
            f"widget: {{starters: [{'x' * 81}]}}",
            "1: widget.starters[1]: too long (81 characters); at most 80",
        ),
        (f"mail: {{reset_subject: {'x' * 151}}}", "1: mail.reset_subject: too long (151 characters)"),
        ('mail: {reset_subject: "a\\nBcc: b"}', "1: mail.reset_subject: must be one line"),
        # placeholders
        ("widget: {launcher_unread: Unread}", "1: widget.launcher_unread: {count} is missing; write it"),
        (
            "widget: {launcher_unread: '{count} of {total}'}",
            "1: widget.launcher_unread: unknown placeholder {total}; this text can have: {count}",
        ),
        (
            "desk: {wish: 'Wants {this}'}",
            "1: desk.wish: unknown placeholder {this}; this text can have: none",
        ),
        ("desk: {wish: 'Wants {'}", "1: desk.wish: a brace outside a placeholder"),
        ("desk: {visitor: 'Visitor {{id}}'}", "1: desk.visitor: a brace outside a placeholder"),
        ("widget: {starters: ['Hi {shop}']}", "1: widget.starters[1]: unknown placeholder {shop}"),
        ("mail: {reset_body: Ask us.}", "1: mail.reset_body: {link} is missing; write it where it belongs"),
        (
            "desk: {last_days: '{count, plural, one {# day} other {# days}}'}",
            "1: desk.last_days: plural forms don't work in this file; use one form that fits every number",
        ),
        (
            "desk: {last_days: '{count, plural one {#'}",
            "1: desk.last_days: plural forms don't work in this file",
        ),
        # the ways to close a conversation
        (
            "dispositions: {Spam: Spam}",
            "1: dispositions.Spam: must be small letters, digits and _, at most 40; write",
        ),
        (f"dispositions: {{{'x' * 41}: Spam}}", f"1: dispositions.{'x' * 41}: must be small letters"),
        (f"dispositions: {{spam: {'x' * 81}}}", "1: dispositions.spam: too long (81 characters); at most 80"),
        # the file
        ("desk:\n\twish: a\n", "2: a tab; use spaces instead"),
        ("desk: {wish: a\n", "1: broken YAML"),
        ("desk:\n  wish: a\n  wish: b\n", "3: wish: written twice (first in line 2); keep one of them"),
        (
            "desk:\n  wish: &x a\n  mood: *x\n",
            "2: an alias (*) points here; write the value out in full there",
        ),
        ("desk: {<<: {wish: a}}", "1: desk.<<: "),
        (b"desk:\n  wish: \xff\n", "2: not UTF-8; save it with that encoding"),
        ("desk:\n  wish: a\x00b\n", "2: a character that text can't have; delete it"),
        ("desk: " + "[" * 5000, "1: broken YAML: too many blocks in one another"),
        (b"x" * 5_000_000, "1: larger than 1 MB"),
        (b"desk:\n" + b"  a: b\n" * (MAX_BYTES // 7), "1: larger than 1 MB"),
    ],
)
def test_what_is_wrong_is_told_by_file_and_line(home: Path, text: str | bytes, expected: str) -> None:
    write(home, text)
    assert any(line.startswith(f"data/texts/en.yml:{expected}") for line in said(home)), said(home)


def said(home: Path) -> list[str]:
    """Problems and notes."""
    layers = Layers(home)
    try:
        Texts.load(layers, ("en",))
    except SourceError as error:
        return [*map(str, error.problems), *map(str, layers.notes)]
    return [str(note) for note in layers.notes]


def test_a_bomb_of_aliases_is_refused_at_once(home: Path) -> None:
    levels = "".join(f"  {chr(98 + n)}: &{chr(98 + n)} [{f'*{chr(97 + n)}, ' * 9}]\n" for n in range(12))
    write(home, "desk:\n  a: &a [x, x, x, x, x, x, x, x, x]\n" + levels)
    assert all("an alias (*) points here" in line for line in problems(home))


def test_everything_wrong_is_told_at_once(home: Path) -> None:
    write(home, "widget:\n  launcher_unread: Unread\n  greeting: ''\nmail:\n  reset_body: Ask us.\n")
    write(home, "desk:\n  wish: 3\n  held_by: Kas\n", "kk")
    write(home, "\tdesk:\n", "lt")
    assert [line.split(": ")[0] for line in problems(home, "en", "lt")] == [
        "data/texts/en.yml:2",
        "data/texts/en.yml:3",
        "data/texts/en.yml:5",
        "data/texts/kk.yml:2",  # of a language that only agents may read
        "data/texts/kk.yml:3",
        "data/texts/lt.yml:1",
    ]


def test_the_shops_name_and_greetings_of_mails_may_be_left_out(home: Path) -> None:
    write(home, "widget: {greeting: Tea?}\nmail: {reset_body: 'Here: {link}', reset_subject: A password}\n")
    assert Texts.load(Layers(home), LANGUAGES).mail["en"]["reset_body"] == "Here: {link}"


def test_what_the_product_has_no_more_stops_nothing(home: Path) -> None:
    write(home, "desk:\n  reason_failur: Broken\nwidgets:\n  a: b\nmail:\n  gone: x\n")
    layers = Layers(home)
    texts = Texts.load(layers, LANGUAGES)
    nothing = "the product has nothing of this name (any more), so it does nothing"
    assert [str(note) for note in layers.notes] == [
        f'data/texts/en.yml:2: desk.reason_failur: {nothing}; did you mean "reason_failure"?',
        f'data/texts/en.yml:3: widgets: {nothing}; did you mean "widget"?',
        f"data/texts/en.yml:6: mail.gone: {nothing}; delete it",
    ]
    assert texts == Texts.load(Layers(ROOT), LANGUAGES)


# Closing a conversation


def test_the_owners_ways_to_close_stand_in_the_place_of_ours(home: Path) -> None:
    write(home, "dispositions: {sold: Sold, other: Other}\n")
    assert Texts.load(Layers(home), ("en",)).dispositions["en"] == {"sold": "Sold", "other": "Other"}
    (problem,) = problems(home, "en", "lt")
    assert problem == (
        "data/texts/lt.yml:1: dispositions: must have the same ids as data/texts/en.yml:1; "
        "write all of: sold, other"
    )
    write(home, "dispositions: {other: Kita, sold: Parduota}\n", "lt")
    assert Texts.load(Layers(home), ("en", "lt")).dispositions["lt"]["sold"] == "Parduota"


# A label that is missing


def without(home: Path, language: str, *names: str) -> None:
    """A whole copy of our texts, as if they were the product's, that lacks some."""
    folder = home / "product" / "data" / "texts"
    if not folder.is_dir():
        shutil.copytree(ROOT / "data" / "texts", folder)
    path = folder / f"{language}.yml"
    text, count = re.subn(rf"(?m)^  ({'|'.join(names)}): .*\n", "", path.read_text("utf-8"))
    assert count == len(names)
    path.write_text(text, "utf-8")


def test_a_label_that_the_product_itself_lacks_is_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.product.root", lambda: home / "product")
    without(home, "en", "reason_failure", "mood_angry")
    without(home, "lt", "wish")
    with pytest.raises(SourceError) as caught:
        Texts.load(Layers(home / "product"), LANGUAGES)
    told = [str(problem) for problem in caught.value.problems]
    english, lithuanian = (read(home / "product/data/texts" / f"{one}.yml") for one in ("en", "lt"))
    assert [line.split(";")[0] for line in told] == [
        f"{english.place(('desk',))}: desk: mood_angry is missing",
        f"{english.place(('desk',))}: desk: reason_failure is missing",
        f"{lithuanian.place(('desk',))}: desk: wish is missing",
    ]
    assert told[2].endswith(f'; write what says: "Wants" ({english.place(("desk", "wish"))})')


def test_our_own_texts_have_every_word_of_a_briefing() -> None:
    """Those that are looked up by a value, too."""
    source = Path(briefing.__file__).read_text("utf-8")
    needed = {*re.findall(r"words\['(\w+[^_])'\]", source), *re.findall(r'words\["(\w+[^_])"\]', source)}
    needed |= {f"reason_{reason}" for reason in Reason}
    needed |= {f"mood_{mood}" for mood in Mood}
    assert {"wish", "identity", "not_proven", "expected_on"} <= needed
    for words in Texts.load(Layers(ROOT), LANGUAGES).desk.values():
        assert needed <= words.keys()


def test_what_the_owner_left_out_of_a_briefing_is_ours(home: Path) -> None:
    write(home, "desk:\n  reason_failure: Something broke\n")
    texts = DeskTexts.load(home, "Tea", ("en",))
    packet = Packet(Reason.FAILURE, mood=Mood.ANGRY)
    assert briefing.briefing(texts, packet) == "Something broke. Identity: not proven. Mood: angry."


# A language of the owner's own


def test_a_language_that_we_do_not_have(home: Path) -> None:
    assert problems(home, "de") == [
        f"data/texts/de.yml:1: there is no such file; copy {ROOT}/data/texts/en.yml there and translate it"
    ]
    write(home, "widget:\n  greeting: Tee?\n", "de")
    layers = Layers(home)
    texts = Texts.load(layers, ("de",))
    assert (texts.widget["de"]["greeting"], texts.desk["de"]["wish"]) == ("Tee?", "Wants")
    (note,) = layers.notes
    assert str(note).startswith("data/texts/de.yml:1: English stands in for desk.account, desk.action, ")
    assert re.search(r" and \d{3} more;", str(note)) and str(note).endswith(
        "aftercare check-translations lists what is missing"
    )
    write(home, "widget:\n  greeting: '{name}'\n", "de")
    assert problems(home, "de")[0].startswith(
        "data/texts/de.yml:2: widget.greeting: unknown placeholder {name}"
    )


def test_a_language_that_is_not_switched_on_is_not_read(home: Path) -> None:
    write(home, "\t", "de")
    assert "de" not in Texts.load(Layers(home), ("en",)).desk


# The commands


@pytest.mark.parametrize("command", ["doctor", "train", "run"])
def test_every_command_tells(home: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    shutil.copy(ROOT / "shop.yml", home)
    shutil.copytree(ROOT / "data" / "faq", home / "data" / "faq")
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    write(home, "desk:\n  reason_failure: ''\n  gone: x\n  visitor: You\n")
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "aftercare", command], cwd=home, capture_output=True, text=True
    )
    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert "data/texts/en.yml:2: desk.reason_failure: empty; write the text" in output
    assert "data/texts/en.yml:4: desk.visitor: {id} is missing" in output
    assert "Traceback" not in output
    assert not (home / "models").exists()


def test_the_doctor_and_training_tell_what_does_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "shop.yml", home)
    shutil.copytree(ROOT / "data" / "faq", home / "data" / "faq")
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    write(home, "desk:\n  gone: x\n")
    (home / "models").mkdir()
    # Whole, so that nothing is trained.
    shutil.copy(training.current_model(ROOT) or training.train(ROOT), training.place(home))
    note = "data/texts/en.yml:2: desk.gone: the product has nothing of this name (any more)"
    assert f"! Shop: {note}" in CliRunner().invoke(doctor, []).output
    assert note in CliRunner().invoke(train, [], catch_exceptions=False).output


def test_hundreds_of_problems_are_all_told(home: Path) -> None:
    names = read(ROOT / "data" / "texts" / "en.yml").data["desk"]
    write(home, "desk:\n" + "".join(f"  {name}: ''\n" for name in names))
    assert len(problems(home)) >= len(names)
