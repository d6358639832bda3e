"""The evaluation: reading labelled texts, folds, figures, and the command."""

import json
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import shop as shops
from bot.cli import main
from bot.cli.report import report
from bot.evaluation.examples import Example, TrainingData, read_labelled
from bot.evaluation.figures import Figures
from bot.evaluation.page import compose, summary
from bot.evaluation.prediction import Prediction, TooFewExamples, cross_validate, split
from bot.evaluation.study import Bench, Study, Trial
from bot.nlu.entities import EntityFinder
from bot.nlu.text import normalise
from bot.settings import HOME
from bot.yaml_source import SourceError

INTENTS = frozenset({"greet", "track_order", "out_of_scope"})
PNG = b"\x89PNG"


def tsv(folder: Path, content: str | bytes) -> Path:
    path = folder / "mine.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def predicted(
    intent: str, guess: str, confidence: float = 0.9, decision: str = "", text: str = "x"
) -> Prediction:
    return Prediction(Example(text, intent, "en"), guess, confidence, decision or guess, False, 0.001)


# Reading


def test_a_labelled_file_is_read(tmp_path: Path) -> None:
    path = tsv(
        tmp_path, '\ufefftext\tnote\tintent\r\n"hi" 👋\t\tgreet\r\n\r\nkur užsakymas\tx\ttrack_order\n'
    )
    assert read_labelled(path, INTENTS, "lt") == (
        Example('"hi" 👋', "greet", "lt"),
        Example("kur užsakymas", "track_order", "lt"),
    )


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        ("intent\ngreet\n", 1, "no column text; write: intent<TAB>text"),
        ("greet\thello\n", 1, "no column intent and no column text"),
        ("", 1, "no column"),
        ("intent\ttext\n", 1, "has no texts"),
        ("intent\ttext\ngreet\thi\ntrack_ordr\twhere\n", 3, 'did you mean "track_order"?'),
        ("intent\ttext\n\thi\n", 2, "no intent"),
        ("intent\ttext\n\ngreet\t  \n", 3, "an empty text"),
        ("intent\ttext\ngreet hello\n", 2, "1 column instead of 2; write: intent<TAB>text"),
        ("intent\ttext\ngreet\thi\tthere\n", 2, "3 columns instead of 2"),
        (b"intent\ttext\ngreet\thi\ngreet\tb\xe4\n", 3, "not UTF-8"),
        (b"\0" * 10_000_001, 1, "larger than 10 MB"),
    ],
)
def test_a_malformed_file_is_refused_by_line(
    tmp_path: Path, content: str | bytes, line: int, told: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read_labelled(tsv(tmp_path, content), INTENTS, "en")
    assert f"mine.tsv:{line}: " in str(caught.value)
    assert told in str(caught.value)


def test_all_faults_are_told_up_to_a_bound(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_labelled(tsv(tmp_path, "intent\ttext\n" + "nonsense\thi\n" * 500), INTENTS, "en")
    assert len(caught.value.problems) == 21
    assert str(caught.value).endswith("mine.tsv:22: and 480 more lines")


@pytest.mark.parametrize("name", ["nothing.tsv", "."])
def test_a_file_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="can't be read"):
        read_labelled(tmp_path / name, INTENTS, "en")


def test_the_data_are_those_of_training() -> None:
    """Rasa reads the files by itself; were its reading and ours to differ, the figures would be off."""
    script = """
import json, sys
from bot.rasa import lean
lean.prepare()
from bot.rasa.importer import ShopImporter
data = ShopImporter("config.yml", "domain.yml", ["data"]).get_nlu_data()
tables = {}
for table in data.lookup_tables:
    tables.setdefault(table["name"], []).extend(table["elements"])
print(json.dumps([[[m.get("text"), m.get("intent")] for m in data.intent_examples], tables]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=HOME, capture_output=True, text=True, check=True
    )
    examples, tables = json.loads(done.stdout.splitlines()[-1])
    own = TrainingData.load(HOME, shops.load(HOME / "shop.yml"))
    assert Counter((e.text, e.intent) for e in own.examples) == Counter(map(tuple, examples))
    assert {name: sorted(found) for name, found in own.tables.items()} == {
        name: sorted(found) for name, found in tables.items()
    }


# A small shop


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A shop's folder with three intents and one FAQ entry."""
    files = {
        "config.yml": "pipeline:\n  - name: bot.nlu.components.LinearIntentClassifier\n    c: 0.5\n",
        "domain.yml": "",
        "shop.yml": re.sub(r"languages: \[.*\]", "languages: [en]", (HOME / "shop.yml").read_text("utf-8")),
        "data/nlu/en/small.yml": "nlu:\n"
        + block("greet", [f"hello {word}" for word in WORDS] + ["hello [10234](order_number)"])
        + block("track_order", [f"where is my {word} order" for word in WORDS])
        + block("out_of_scope", [f"tell me of the {word} moon" for word in WORDS])
        + "  - lookup: another_order\n    examples: |\n      - other order\n",
        "data/nlu/xx/other.yml": "not read: the shop doesn't speak it",
        "data/faq/gifts.yml": "faq:\n  - id: faq_gifts\n    topic: gifts\n    question: {en: Gifts?}\n"
        + "    answer: {en: Yes.}\n    examples:\n      en:\n"
        + "".join(f"        - gift wrapping {word}\n" for word in WORDS),
        "tests/understanding/en.tsv": "intent\ttext\ngreet\tHELLO RED\ngreet\thello you\n"
        "track_order\twhere is my order | `now`\nout_of_scope\twhere is my moon\nfaq_gifts\tother order\n",
    }
    for name, content in files.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path / "shop"


WORDS = ("red", "blue", "green", "big", "small", "old", "new", "fine", "last", "first")


def block(intent: str, texts: list[str]) -> str:
    return f"  - intent: {intent}\n    examples: |\n" + "".join(f"      - {text}\n" for text in texts)


def test_training_data(home: Path) -> None:
    data = Bench(home).data
    assert len(data.examples) == 41
    assert data.intents == {"greet", "track_order", "out_of_scope", "faq_gifts"}
    assert Example("hello 10234", "greet", "en") in data.examples
    assert data.tables == {"another_order": ["other order"]}


@pytest.mark.parametrize(
    "content",
    ["", "nlu: text", "nlu:\n  - story: x", "nlu:\n  - text", "nlu:\n  - intent: a\n    examples: [b]"],
)
def test_training_data_that_cannot_be_used(home: Path, content: str) -> None:
    (home / "data" / "nlu" / "en" / "bad.yml").write_text(content, "utf-8")
    with pytest.raises(SourceError, match=r"bad\.yml:\d"):
        Bench(home)


# Folds


def test_folds_are_stratified_and_keep_one_text_together() -> None:
    examples = [
        Example(text, intent, language)
        for intent, count in (("greet", 30), ("track_order", 15))
        for language in ("en", "lt")
        for number in range(count)
        for text in (f"{intent} {language} {'abcdefghijklmnopqrstuvwxyząčęė'[number]}x 10234",)
    ]
    examples += [
        Example(example.text.upper().replace("10234", "#99887"), example.intent, "en") for example in examples
    ]
    tested: list[int] = []
    for train, test in split(examples, 5):
        tested += test
        texts = [{normalise(examples[i].text) for i in part} for part in (train, test)]
        assert not texts[0] & texts[1]
        counts = Counter((examples[i].intent, examples[i].language) for i in test)
        assert 4 <= counts["greet", "lt"] <= 8
        assert 1 <= counts["track_order", "lt"] <= 5
    assert sorted(tested) == list(range(len(examples)))


def test_more_folds_than_examples_are_refused() -> None:
    examples = tuple(Example(f"{i}", intent, "en") for intent in ("a", "b") for i in range(4))
    with pytest.raises(TooFewExamples, match='intent "a" has only 4 examples'):
        cross_validate(TrainingData(examples, {}), 5, EntityFinder(r"\d{5}", "LT", {}))


# Figures


def test_figures() -> None:
    figures = Figures.of(
        [
            predicted("greet", "greet", 0.95),
            predicted("greet", "thank", 0.95, text="yo"),
            predicted("greet", "thank", 0.99, text="hey"),
            predicted("thank", "thank", 0.25, "nlu_fallback"),
            predicted("out_of_scope", "out_of_scope", 0.55),
            predicted("out_of_scope", "greet", 0.1, "nlu_fallback"),
            predicted("out_of_scope", "greet", 0.5),
            predicted("track_order", "out_of_scope", 0.35, "track_order"),
        ],
        0.3,
    )
    assert (figures.messages, figures.accuracy, figures.in_scope_accuracy) == (8, 3 / 8, 2 / 5)
    of = {score.intent: score for score in figures.intents}
    assert (of["greet"].messages, of["greet"].precision, of["greet"].recall) == (3, 1 / 3, 1 / 3)
    assert (of["out_of_scope"].precision, of["out_of_scope"].recall) == (1 / 2, 1 / 3)
    assert (of["track_order"].precision, of["track_order"].recall, of["track_order"].f1) == (None, 0, 0)
    assert of["thank"].f1 == pytest.approx(2 * (1 / 3) / (1 + 1 / 3))
    assert figures.macro_f1 == pytest.approx(sum(s.f1 for s in figures.intents) / 4)
    scope = figures.out_of_scope
    assert (scope.messages, scope.recall, scope.precision, scope.answered_wrongly) == (3, 1 / 3, 1, 1 / 3)
    assert (figures.working.asked_back, figures.working.accuracy) == (2 / 8, 3 / 6)
    by_threshold = {point.threshold: point for point in figures.curve}
    assert by_threshold[0.3] == figures.working
    assert (by_threshold[0].asked_back, by_threshold[0].accuracy) == (0, 4 / 8)
    # Above all but the three surest guesses; what a rule decides is answered whatever the confidence.
    assert (by_threshold[0.9].asked_back, by_threshold[0.9].accuracy) == (4 / 8, 2 / 4)
    worst = figures.confusions[0]
    assert (worst.intent, worst.guess, worst.count, worst.texts) == ("greet", "thank", 2, ("hey", "yo"))


def test_calibration_error() -> None:
    sure = [predicted("a", "a" if i < 8 else "b", 0.95) for i in range(10)]
    unsure = [predicted("a", "a" if i < 5 else "b", 0.45) for i in range(10)]
    figures = Figures.of(sure + unsure, 0.3)
    assert figures.calibration_error == pytest.approx((0.15 + 0.05) / 2)
    assert [one.messages for one in figures.bins] == [0, 0, 0, 0, 10, 0, 0, 0, 0, 10]
    assert Figures.of([predicted("a", "a", 1.0)], 0.3).bins[-1].messages == 1


def test_what_cannot_be_said_is_not_a_number() -> None:
    figures = Figures.of([predicted("out_of_scope", "greet", 0.1, "nlu_fallback")], 0.3)
    assert figures.in_scope_accuracy is None
    assert figures.out_of_scope.precision is None
    assert figures.working.accuracy is None
    assert "–" in dict(summary(figures)).values()


# Page and command


def test_hostile_texts_stay_in_their_cells(tmp_path: Path) -> None:
    text = "a|b <script>alert(1)</script> `c`\n![x](http://evil.example) " + "long " * 100
    predictions = (predicted("greet", "thank", text=text), predicted("greet", "greet"))
    study = Study(5, None, TrainingData((), {}), (Trial.of("en", None, predictions),), 1.0)
    images = {"en-cross-validated": (tmp_path / "a.png", tmp_path / "b.png")}
    page = compose(study, images, tmp_path, command="x", today=date(2026, 1, 2), state="y")
    (row,) = [line for line in page.splitlines() if "script" in line]
    assert row.count("|") == 6
    assert "<script>" not in row
    assert "![" not in row
    assert len(row) < 250


def test_the_report_is_written(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    output = tmp_path / "out"
    done = CliRunner().invoke(report, ["--folds", "2", "--output", str(output)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    page = (output / "understanding.md").read_text("utf-8")
    assert "## English" in page
    assert "`aftercare report --folds 2`" in page
    assert "41 lines of 4 intents (en 41)" in page
    assert "C = 0.5" in page
    assert "| messages | 41 | 5 |" in page
    assert "| messages that are in the training data too | 0 | 1 |" in page
    pictures = sorted((output / "images").iterdir())
    assert [path.name for path in pictures] == [
        f"understanding-en-{kind}-{what}.png"
        for kind in ("cross-validated", "held-out")
        for what in ("confidence", "confusions")
    ]
    for path in pictures:
        assert path.read_bytes().startswith(PNG)
        assert f"(images/{path.name})" in page


def test_one_file_is_measured(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    path = str(home / "tests" / "understanding" / "en.tsv")
    done = CliRunner().invoke(report, ["--test", path, "--json"], catch_exceptions=False)
    figures = json.loads(done.stdout)
    assert figures["messages"] == 5
    assert figures["trained_on"] == 1
    assert {score["intent"] for score in figures["intents"]} == Bench(home).data.intents
    # "other order" is a matter for a rule, so it is answered.
    assert figures["working"]["threshold"] == 0.3
    table = CliRunner().invoke(report, ["--test", path], catch_exceptions=False)
    assert "in-scope accuracy" in table.stdout


def test_wrong_calls(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    done = CliRunner().invoke(report, ["--json"])
    assert done.exit_code == 2
    assert "--test" in done.output
    done = CliRunner().invoke(report, ["--folds", "11", "--output", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "has only 10 examples" in done.output
    assert not (tmp_path / "out").exists()


def test_a_malformed_file_stops_the_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    path = tsv(tmp_path, "intent\ttext\nnonsense\thi\n")
    monkeypatch.setattr(sys, "argv", ["aftercare", "report", "--test", str(path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert "mine.tsv:2: unknown intent" in capsys.readouterr().err
