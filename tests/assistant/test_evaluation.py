"""The evaluation: reading labelled texts, folds, figures, and the command."""

import json
import re
import shutil
import subprocess
import sys
import warnings
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.assistant import training
from bot.assistant.evaluation import plots
from bot.assistant.evaluation.examples import Example, TrainingData, read_labelled
from bot.assistant.evaluation.figures import Figures, LanguageScore
from bot.assistant.evaluation.page import compose
from bot.assistant.evaluation.prediction import (
    Detection,
    Model,
    Prediction,
    TooFewExamples,
    bare,
    cross_validate,
    predict,
    split,
)
from bot.assistant.evaluation.study import BARE, CROSS_VALIDATED, HELD_OUT, Bench, Study, Trial
from bot.assistant.evaluation.table import summary
from bot.assistant.nlu.entities import EntityFinder
from bot.assistant.protocol import Understanding
from bot.cli import main
from bot.cli.learning.evaluate import evaluate
from bot.shop import facts as shops
from bot.shop.wording.folding import normalise
from bot.shop.yaml_source import SourceError
from tests.paths import ROOT

INTENTS = frozenset({"greet", "track_order", "out_of_scope"})
PNG = b"\x89PNG"


def tsv(folder: Path, content: str | bytes) -> Path:
    path = folder / "mine.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def predicted(
    intent: str, guess: str, confidence: float = 0.9, decision: str = "", text: str = "x"
) -> Prediction:
    return Prediction(Example(text, intent, "en"), guess, confidence, decision or guess, 0.001)


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
    "content",
    [
        "greet\thi\ntrack_order\tintent of mine\n",  # no header
        "intent\ttext\ngreet\thi\ntrack_order\tintent of mine\n",
        "Text \tLine\t INTENT\nhi\t1\tgreet\nintent of mine\t2\ttrack_order\n",
    ],
)
def test_a_header_may_be_left_out(tmp_path: Path, content: str) -> None:
    found = read_labelled(tsv(tmp_path, content), INTENTS, "")
    assert found == (Example("hi", "greet", ""), Example("intent of mine", "track_order", ""))
    assert found[1].place.endswith("mine.tsv:2") == (not content.lower().startswith(("intent", "text")))


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        ("intent\ngreet\n", 1, "no column text; write: intent<TAB>text"),
        ("text\tlabel\nhi\tgreet\n", 1, "no column intent; write: intent<TAB>text"),
        ("label\tsentence\ngreet\thello\n", 1, 'unknown intent "label"'),
        ("hello\tgreet\n", 1, 'unknown intent "hello"'),
        ("", 1, "has no texts"),
        ("\n \n\t\n", 1, "has no texts"),
        ("greet\n", 1, "1 column instead of 2"),
        ("x" * 200_000 + "\thi\n", 1, "unknown intent"),
        ("greet\t" + "x" * 100_001, 1, "more than 100,000 characters"),
        (b"\xff\xfeg\0r\0e\0e\0t\0", 1, "not UTF-8"),
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
from bot.assistant.rasa import lean
lean.prepare()
from bot.assistant.rasa.importer import ShopImporter
data = ShopImporter("config.yml", "domain.yml", ["data"]).get_nlu_data()
tables = {}
for table in data.lookup_tables:
    tables.setdefault(table["name"], []).extend(table["elements"])
print(json.dumps([[[m.get("text"), m.get("intent")] for m in data.intent_examples], tables]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    examples, tables = json.loads(done.stdout.splitlines()[-1])
    own = TrainingData.load(ROOT, shops.load(ROOT / "shop.yml"))
    assert Counter((e.text, e.intent) for e in own.examples) == Counter(map(tuple, examples))
    assert {name: sorted(found) for name, found in own.tables.items()} == {
        name: sorted(found) for name, found in tables.items()
    }


def test_every_example_stands_where_it_is_said_to() -> None:
    by_file: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for example in TrainingData.load(ROOT, shops.load(ROOT / "shop.yml")).lines:
        file, _, number = example.place.rpartition(":")
        by_file[file].append((int(number), example.text))
    assert len(by_file) > 20
    for file, examples in by_file.items():
        lines = Path(file).read_text("utf-8").splitlines()
        for row, text in examples:
            line = re.sub(r"\[(.+?)\]\(\w+\)", r"\1", lines[row - 1])
            # Some stand in quotes, where a quote is doubled or after a backslash.
            plain = [one.translate(QUOTES) for one in (text, line)]
            assert plain[0] in plain[1], f"{file}:{row}"


QUOTES = str.maketrans("", "", "'\"\\")


# A small shop


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A shop's folder with three intents and one FAQ entry."""
    files = {
        "config.yml": "pipeline:\n"
        "  - name: bot.assistant.nlu.components.LinearIntentClassifier\n"
        "    c: 0.5\n",
        "domain.yml": "",
        "shop.yml": re.sub(r"languages: \[.*\]", "languages: [en]", (ROOT / "shop.yml").read_text("utf-8")),
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
    assert data.lines[0].place.endswith("data/nlu/en/small.yml:4")
    assert data.lines[-1].place.endswith("data/faq/gifts.yml:17")
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
        cross_validate(TrainingData(examples, {}), 5, EntityFinder(r"\d{5}", "LT", {}), {}, ("en",))


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
    assert (scope.messages, scope.recall, scope.precision, scope.answered_wrongly) == (3, 1 / 3, 1 / 2, 1 / 3)
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


def test_another_label_may_stand_for_what_is_out_of_scope() -> None:
    predictions = [predicted("oos", "oos"), predicted("oos", "a"), predicted("a", "a"), predicted("b", "oos")]
    figures = Figures.of(predictions, 0.3, "oos")
    assert (figures.accuracy, figures.in_scope_accuracy) == (1 / 2, 1 / 2)
    assert (figures.out_of_scope.recall, figures.out_of_scope.precision) == (1 / 2, 1 / 2)
    closed = Figures.of(predictions, 0.3, None)
    assert (closed.in_scope_accuracy, closed.out_of_scope.recall) == (1 / 2, None)


def test_language_shares() -> None:
    found = [Detection(True, True, True), Detection(True, True, False), Detection(False, True, False)]
    predictions = [Prediction(Example("x", "a", "en"), "a", 0.9, "a", 0.1, detection=one) for one in found]
    assert Figures.of(predictions, 0.3).detection == LanguageScore(2 / 3, 1, 1 / 3)


# Predicting


def understood(*languages: tuple[str, float]) -> Understanding:
    return Understanding("", "", languages, "greet", 0.9, (("greet", 0.9),), ())


@pytest.mark.parametrize(
    ("languages", "text", "detection"),
    [
        ([("lt", 0.9), ("en", 0.1)], "kur mano užsakymas", Detection(True, True, True)),
        ([("lt", 0.5), ("en", 0.5)], "kur mano užsakymas", Detection(True, True, False)),
        ([("lv", 0.5), ("lt", 0.5)], "kur mano užsakymas", Detection(False, True, False)),
        ([("lv", 0.9), ("lt", 0.1)], "kur mano užsakymas", Detection(False, False, False)),
        ([("lv", 0.9), ("lt", 0.1)], "ok", Detection(False, True, False)),
        ([], "kur mano užsakymas", None),
    ],
)
def test_a_conversation_needs_a_clear_sign_to_change_its_language(
    languages: list[tuple[str, float]], text: str, detection: Detection | None
) -> None:
    (one,) = predict(lambda _: understood(*languages), [Example(text, "greet", "lt")])
    assert one.detection == detection
    (unsaid,) = predict(lambda _: understood(*languages), [Example(text, "greet", "")])
    assert unsaid.detection is None


def test_known_texts_are_marked() -> None:
    examples = [Example("Where is #10234?", "greet", "en"), Example("hi", "greet", "en")]
    found = predict(lambda _: understood(), examples, {normalise("where is 20871?")})
    assert [one.trained_on for one in found] == [True, False]
    assert all(one.seconds >= 0 for one in found)


def test_a_model_tells_intents_and_languages() -> None:
    words = {"en": ("order", "hello", "moon"), "lt": ("užsakymas", "labas", "mėnulis")}
    intents = ("track_order", "greet", "out_of_scope")
    examples = [
        Example(f"{word} {other}", intent, language)
        for language in words
        for word, intent in zip(words[language], intents, strict=True)
        for other in WORDS
    ]
    options = {"LinearIntentClassifier": {"c": 0.5}}
    model = Model(examples, EntityFinder(r"\d{5}", "LT", {}), options)
    found = model.understand("labas 10234")
    assert (found.intent, found.language) == ("greet", "lt")
    assert found.entities[0]["value"] == "10234"
    one_language = Model(
        [one for one in examples if one.language == "en"], EntityFinder(r"\d{5}", "LT", {}), options
    )
    assert one_language.understand("moon").languages == ()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Kur MANO Užsakymas Nr. 10234? Ąžuolas", "Kur MANO Uzsakymas Nr. 10234? Azuolas"),
        ("Тапсырысым Қайда", "Тапсырысым Кайда"),
        ("u\u0308ber 🚚 ’…\u200d", "uber 🚚 ’…\u200d"),
        ("", ""),
    ],
)
def test_diacritics_are_stripped_and_nothing_else(text: str, plain: str) -> None:
    assert bare(text) == plain


# Study and page


def test_a_study_measures_both_sources(home: Path) -> None:
    held_out = home / "tests" / "understanding" / "en.tsv"
    bench = Bench(home)
    steps: list[str] = []
    model = Model(bench.data.examples, EntityFinder(r"\d{5}", "LT", bench.data.tables), bench.options)
    study = bench.study(2, ("en",), model.understand, steps.append)
    tested, crossed = study.trials
    assert (crossed.kind, crossed.removed, crossed.figures.messages) == (CROSS_VALIDATED, 0, 41)
    # "HELLO RED" is a training example but for its capitals.
    assert (tested.kind, tested.removed, tested.figures.messages) == (HELD_OUT, 1, 4)
    assert {p.example.text for p in tested.predictions} & {"HELLO RED"} == set()
    assert [step.split()[0] for step in steps] == ["training", "training", "reading"]
    held_out.write_text("intent\ttext\ngreet\thello red\n", "utf-8")
    assert bench.study(2, ("en",), model.understand).of_kind(HELD_OUT) == []


def test_diacritics_are_stripped_where_a_language_has_them(home: Path) -> None:
    (home / "tests" / "understanding" / "en.tsv").write_text("greet\thellö\ngreet\tyoú there\n", "utf-8")
    bench = Bench(home)
    model = Model(bench.data.examples, EntityFinder(r"\d{5}", "LT", {}), bench.options)
    (trial,) = bench.study(2, ("en",), model.understand).of_kind(BARE)
    assert [p.example.text for p in trial.predictions] == ["hello", "you there"]


def test_the_settings_are_those_of_config_yml(home: Path) -> None:
    assert Bench(home).options == {"LinearIntentClassifier": {"c": 0.5}}


def study_of(*predictions: Prediction) -> Study:
    return Study(5, TrainingData((), {}), (Trial.of("en", CROSS_VALIDATED, predictions),))


def test_hostile_texts_stay_in_their_cells(tmp_path: Path) -> None:
    text = "a|b <script>alert(1)</script> `c`\n![x](http://evil.example) " + "long " * 100
    study = study_of(predicted("greet", "thank", text=text), predicted("greet", "greet"))
    page = compose(study, {}, tmp_path, command="x", today=date(2026, 1, 2), state="y")
    (row,) = [line for line in page.splitlines() if "script" in line]
    assert row.count("|") == 6
    assert "<script>" not in row
    assert "![" not in row
    assert len(row) < 250


def test_a_page_of_one_language_in_cross_validation_only(tmp_path: Path) -> None:
    study = study_of(*[predicted("greet", "greet")] * 30, predicted("out_of_scope", "greet"))
    pictures = plots.draw(study, tmp_path)
    assert set(pictures) == {"accuracy", "calibration", "thresholds", "confusions-cross-validated"}
    page = compose(study, pictures, tmp_path, command="x", today=date(2026, 1, 2), state="y")
    for path in pictures.values():
        assert path.read_bytes().startswith(PNG)
        assert f"({path.name})" in page
    assert "| English | 31 | 100.0 |" in page


# The command


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Rasa's libraries


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop in English with a tenth of the examples, and its trained model."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("config.yml", "domain.yml", "data/rules.yml"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "data" / "faq", folder / "data" / "faq")
    shop = re.sub(r"(?m)^languages: .*$", "languages: [en]", (ROOT / "shop.yml").read_text("utf-8"))
    (folder / "shop.yml").write_text(shop, "utf-8")
    (folder / "data" / "nlu" / "en").mkdir(parents=True)
    for source in (ROOT / "data" / "nlu" / "en").glob("*.yml"):
        lines = source.read_text("utf-8").splitlines()
        kept = [line for i, line in enumerate(lines) if not line.startswith("      - ") or i % 10 == 0]
        (folder / "data" / "nlu" / "en" / source.name).write_text("\n".join(kept) + "\n", "utf-8")
    held_out = folder / "tests" / "understanding" / "en.tsv"
    held_out.parent.mkdir(parents=True)
    held_out.write_text(HELD_OUT_FILE, "utf-8")
    # Rasa's libraries warn of one another while they are imported.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        training.train(folder)
    return folder


HELD_OUT_FILE = """intent\ttext
track_order\twhere on earth is my parcel
greet\thello there | `now`
out_of_scope\twho will win the elections in france
"""


@pytest.fixture
def at_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AFTERCARE_HOME", str(project))
    return project


def test_the_page_is_written(at_project: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    (output / "images").mkdir(parents=True)
    old = output / "images" / "understanding-of-old.png"
    old.write_bytes(PNG)
    done = CliRunner().invoke(evaluate, ["--folds", "2", "--output", str(output)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    page = (output / "understanding.md").read_text("utf-8")
    assert "## English" in page
    assert "`aftercare evaluate --folds 2`" in page
    assert training.fingerprint(at_project) in page
    assert not old.exists()
    pictures = sorted((output / "images").iterdir())
    assert len(pictures) == 5
    for path in pictures:
        assert path.read_bytes().startswith(PNG)
        assert f"(images/{path.name})" in page
    assert "Held-out messages" in done.stdout
    assert re.search(r"(?m)^ *en +3 ", done.stdout)


def test_figures_for_programs(at_project: Path, tmp_path: Path) -> None:
    arguments = ["--folds", "2", "--languages", "en", "--output", str(tmp_path), "--json"]
    done = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    figures = json.loads(done.stdout)
    assert [(t["language"], t["kind"]) for t in figures["trials"]] == [
        ("en", HELD_OUT),
        ("en", CROSS_VALIDATED),
    ]
    assert figures["trials"][0]["messages"] + figures["trials"][0]["removed"] == 3
    for name in ("in_scope_accuracy", "macro_f1", "out_of_scope", "calibration_error", "latency_95"):
        assert name in figures["trials"][0]


def test_one_file_is_measured(at_project: Path, tmp_path: Path) -> None:
    known = next(iter(Bench(at_project).data.examples))
    path = tsv(tmp_path, f"greet\thello\nout_of_scope\tzwzwzw\n{known.intent}\t{known.text.upper()}\n")
    done = CliRunner().invoke(evaluate, ["--test", str(path), "--json"], catch_exceptions=False)
    figures = json.loads(done.stdout)
    assert (figures["messages"], figures["trained_on"], figures["language"]) == (3, 1, None)
    assert figures["out_of_scope"]["messages"] == 1
    assert figures["working"]["threshold"] == 0.3
    before = sorted(at_project.rglob("*"))
    table = CliRunner().invoke(evaluate, ["--test", str(path), "--language", "en"], catch_exceptions=False)
    assert "in-scope accuracy" in table.stdout
    assert sorted(at_project.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--language", "en"], "--language goes with --test"),
        (["--test", "x.tsv", "--languages", "en"], "its language is said by --language"),
        (["--languages", "en,xx"], '"xx" is not a language of shop.yml; it has: en'),
        (["--test", "x.tsv", "--language", "xx"], '"xx" is not a language'),
        (["--folds", "1"], "1 is not in the range"),
        (["--folds", "15"], "has only"),
    ],
)
def test_wrong_calls(at_project: Path, tmp_path: Path, arguments: list[str], told: str) -> None:
    output = tmp_path / "out"
    done = CliRunner().invoke(evaluate, [*arguments, "--output", str(output)])
    assert done.exit_code == 2
    assert told in done.output
    assert not output.exists()


def test_a_malformed_file_stops_the_command(
    at_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tsv(tmp_path, "intent\ttext\nnonsense\thi\n")
    monkeypatch.setattr(sys, "argv", ["aftercare", "evaluate", "--test", str(path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert "mine.tsv:2: unknown intent" in capsys.readouterr().err
