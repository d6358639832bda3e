"""The owner's files over the product's."""

from pathlib import Path

import pytest

from bot.shop.knowledge import Knowledge
from bot.shop.layers import Layers
from bot.shop.responses import Responses
from bot.shop.texts import Texts
from bot.shop.yaml_source import SourceError, read
from tests.paths import ROOT

FAQ = ("faq_delivery_time",)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(home: Path, name: str, text: str) -> None:
    path = home / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def responses(home: Path, *languages: str) -> tuple[Responses, list[str]]:
    layers = Layers(home)
    found = Responses.load(layers, languages or ("en", "lt"), FAQ)
    return found, [str(note) for note in layers.notes]


def test_a_folder_without_texts_says_what_the_product_says(home: Path) -> None:
    ours = Knowledge.load(ROOT)
    asked = [entry.id for entry in ours.faq]
    assert Responses.load(Layers(home), ours.shop.languages, asked) == ours.responses
    texts = Texts.load(Layers(home), ("en", "lt"))
    assert texts == Texts.load(Layers(ROOT), ("en", "lt"))


def test_one_key_is_changed_and_the_rest_stays(home: Path) -> None:
    write(home, "responses/en.yml", "phrases:\n  nothing_paid: You paid nothing.\n")
    write(home, "responses/excuses.yml", "excuses:\n  de: Leider nein.\n  xx: Nope.\n")
    found, notes = responses(home)
    ours, _ = responses(home / "nothing")
    assert notes == []
    assert found.phrases["en"] == {**ours.phrases["en"], "nothing_paid": "You paid nothing."}
    assert found.phrases["lt"] == ours.phrases["lt"] and found.variants == ours.variants
    assert found.excuses == {**ours.excuses, "de": "Leider nein.", "xx": "Nope."}


def test_every_value_stands_where_it_is_written(home: Path) -> None:
    write(home, "texts/en.yml", "# mine\nwidget:\n  you: I\n")
    layers = Layers(home)
    source = layers.read("texts/en.yml", layers.catalogue("texts")).source
    ours = ROOT / "data" / "texts" / "en.yml"
    assert source.place(("widget", "you")) == "data/texts/en.yml:3"
    assert source.place(("widget",)) == "data/texts/en.yml:2"
    assert source.place(("widget", "close")) == f"{ours}:{read(ours).line(('widget', 'close'))}"
    assert source.place(("widget", "starters", 1)).startswith(f"{ours}:")
    assert source.problem(("widget", "close"), "x").file == str(ours)


def test_an_answer_is_changed_whole_with_its_wordings_and_buttons(home: Path) -> None:
    write(home, "responses/en.yml", "answers:\n  utter_greet:\n    - text: Hi from {shop}!\n")
    (greeting,) = responses(home)[0].variants["en"]["utter_greet"]
    assert (greeting.text, greeting.buttons) == ("Hi from {shop}!", ())


def test_a_button_of_ones_own(home: Path) -> None:
    own = "answers:\n  utter_greet:\n    - {text: Hi, buttons: [faq_own, leave_review, order]}\n"
    write(home, "responses/en.yml", own)
    with pytest.raises(SourceError) as caught:
        responses(home)
    assert str(caught.value) == (
        'data/responses/en.yml:2: answers.utter_greet: no title for the button "faq_own"; '
        "write one under titles"
    )
    write(home, "responses/en.yml", own + "titles:\n  faq_own: My own\n  faq_other: Not shown\n")
    found, notes = responses(home)
    assert found.titles["en"]["faq_own"] == "My own" and "faq_other" not in found.titles["en"]
    (note,) = notes
    assert note.startswith("data/responses/en.yml:6: titles.faq_other: the product has nothing of this name")


def test_our_buttons_for_questions_that_the_shop_does_not_have_are_left_out(home: Path) -> None:
    def offered(*faq: str) -> set[str]:
        found = Responses.load(Layers(home), ("en",), faq)
        return {
            button for variants in found.variants["en"].values() for one in variants for button in one.buttons
        }

    assert "faq_delivery_time" in offered("faq_delivery_time")
    assert not [button for button in offered() if button.startswith("faq_")]
    assert "track_order" in offered()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("phrases:\n  nothing_paid: '{money}!'\n", "2: phrases.nothing_paid: unknown placeholder money"),
        ("phrases:\n  nothing_paid:\n", "2: phrases.nothing_paid: empty"),
        ("phrases:\n  nothing_paid: [a]\n", "2: phrases.nothing_paid: must be one text"),
        ("phrases: text\n", '1: phrases: must be a block of "name: text" lines'),
        ("phrases:\n", "1: phrases: empty; write texts below it, or delete the line"),
        ("- phrases\n", '1: must be blocks of "name: value" lines'),
        ("answers:\n  utter_greet: Hello\n", "2: answers.utter_greet: must be a list"),
        ("phrases:\n  a: b\n  a: c\n", "3: a: written twice (first in line 2); keep one of them"),
    ],
)
def test_what_is_wrong_is_told_at_the_owners_line(home: Path, text: str, problem: str) -> None:
    write(home, "responses/en.yml", text)
    with pytest.raises(SourceError) as caught:
        responses(home)
    assert str(caught.value).startswith(f"data/responses/en.yml:{problem}")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("answers:\n  utter_gret: []\n", '2: answers.utter_gret: {}; did you mean "utter_greet"?'),
        ("phrases:\n  xyzzy: a\n", "2: phrases.xyzzy: {}; delete it"),
        ("phrase:\n  a: b\n  c: d\n", '1: phrase: {}; did you mean "phrases"?'),
    ],
)
def test_what_the_product_has_no_more_is_told_and_stops_nothing(home: Path, text: str, note: str) -> None:
    write(home, "responses/en.yml", text)
    found, notes = responses(home)
    assert found == responses(home / "nothing")[0]
    said = note.format("the product has nothing of this name (any more), so it does nothing")
    assert notes == [f"data/responses/en.yml:{said}"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "phrases: {}\n"])
def test_an_empty_file_changes_nothing(home: Path, text: str) -> None:
    write(home, "responses/en.yml", text)
    assert responses(home) == responses(home / "nothing")


def test_a_language_of_the_owners_has_english_where_it_lacks_a_text(home: Path) -> None:
    with pytest.raises(SourceError) as caught:
        responses(home, "de")
    ours = f"copy {ROOT}/data/responses/en.yml there and translate it"
    assert str(caught.value) == f"data/responses/de.yml:1: there is no such file; {ours}"
    write(home, "responses/de.yml", "phrases:\n  nothing_paid: Nichts wurde abgebucht.\n")
    found, notes = responses(home, "de")
    assert found.phrases["de"]["nothing_paid"] == "Nichts wurde abgebucht."
    assert found.phrases["de"]["why_cancelled"] == "it is cancelled."
    (note,) = notes
    assert note.startswith("data/responses/de.yml:1: English stands in for answers.utter_")


def test_a_copy_of_all_files_goes_on_working(home: Path) -> None:
    """What an older form of it lacks is ours."""
    for name in ("config.yml", "domain.yml", "shop.yml"):
        (home / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    for kind in ("responses", "texts", "escalation", "faq"):
        for path in (ROOT / "data" / kind).glob("*.yml"):
            write(home, f"{kind}/{path.name}", path.read_text("utf-8"))
    write(
        home,
        "texts/lt.yml",
        (ROOT / "data/texts/lt.yml").read_text("utf-8").replace("\n  wish: ", "\n  was: "),
    )
    knowledge = Knowledge.load(home)
    assert knowledge.texts == Knowledge.load(ROOT).texts
    (note,) = knowledge.notes
    assert "data/texts/lt.yml:" in str(note) and "desk.was: the product has nothing" in str(note)


def test_a_file_that_nothing_would_read_is_told(home: Path) -> None:
    for name in ("shop.yml", "data/faq/delivery.yml"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    write(home, "texts/en.yaml", "")
    write(home, "responses/english.yml", "")
    write(home, "responses/excuses.yml", "")
    write(home, "escalation/de.yml", "")  # not switched on yet
    with pytest.raises(SourceError) as caught:
        Knowledge.load(home)
    assert [str(problem) for problem in caught.value.problems] == [
        "data/responses/english.yml:1: would not be read; name it after a language, such as en.yml",
        "data/texts/en.yaml:1: would not be read; rename it so that it ends in .yml",
    ]


def test_our_own_files_have_no_notes() -> None:
    assert Knowledge.load(ROOT).notes == ()
