"""`aftercare benchmark-nlu`: foreign files, the rule for what is out of scope, and the figures."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bot.assistant.evaluation import rejection
from bot.assistant.evaluation.benchmark import (
    FAVOURED,
    NOTHING,
    THRESHOLD,
    CannotMeasure,
    _mcc,
    outside_label,
    run,
)
from bot.assistant.evaluation.dataset import Dataset
from bot.assistant.nlu.classifier import LinearModel
from bot.cli.learning.benchmark_nlu import benchmark
from bot.shop.yaml_source import SourceError

WISHES = {
    "track order": ("where is my {}", "track the {} please", "has the {} been sent", "{} not here yet"),
    "CANCEL": ("cancel my {}", "i do not want the {} any more", "stop the {}", "please cancel {}"),
    "price": ("how much is the {}", "price of a {}", "what does the {} cost", "{} cost?"),
    "sizes": ("which size of {} fits me", "is the {} too small", "{} in xxl", "size chart for the {}"),
    "returns": ("send the {} back", "i want to return a {}", "return label for {}", "refund the {} to me"),
}
THINGS = ("sofa", "lamp", "shirt", "kettle", "blanket")
OTHERS = ("who won the cup final", "sing a song", "2 + 2 = ?", "अरे भाई", "my dog ate grandma's tulips", "🙃")


def rows(*labels: str, times: int = 5) -> list[tuple[str, str]]:
    return [
        (line.format(thing), label) for label in labels for line in WISHES[label] for thing in THINGS[:times]
    ]


def dataset(pairs: list[tuple[str, str]]) -> Dataset:
    return Dataset(tuple(text for text, _ in pairs), tuple(label for _, label in pairs))


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def quoted(pairs: list[tuple[str, str]]) -> str:
    return "text,label\n" + "".join(
        '"{}",{}\n'.format(text.replace('"', '""'), label) for text, label in pairs
    )


# Files


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,label\n"a, ""b""\nc",x y\n\nd,z\n'),
        ("a.csv", '\ufeffSentence , LABEL\r\n"a, ""b""\nc", x y \r\nd,z\r\n'),
        ("a.csv", 'id,Category,Utterance\n1,x y,"a, ""b""\nc"\n2,z,d'),
        ("a.CSV", 'intent,text,note\nx y,"a, ""b""\nc",\nz,d,"n"\n'),
    ],
)
def test_a_csv_file_is_read(tmp_path: Path, name: str, content: str) -> None:
    assert Dataset.read(write(tmp_path / name, content)) == Dataset(('a, "b"\nc', "d"), ("x y", "z"))


def test_a_tsv_file_has_no_quoting(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'text\tlabel\n"hi" he said, 6" long\tgreet\n"\tx\n')
    assert Dataset.read(path).texts == ('"hi" he said, 6" long', '"')


def test_empty_texts_and_repeated_rows_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\n,x\n  ,x\nhi,y\nhi,y\n")
    assert Dataset.read(path) == Dataset(("", "  ", "hi", "hi"), ("x", "x", "y", "y"))


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        ("", 1, "no column text, sentence or utterance; the first line must name it (there is: nothing)"),
        ("message,label\nhi,x\n", 1, "(there is: message, label)"),
        ("text;label\nhi;x\n", 1, "no column text"),
        ("\n\ntext,lable\nhi,x\n", 3, "no column label, intent or category"),
        ("text,label\n", 1, "no rows below its header"),
        ("text,label\nhi,x\nhello, you,x\n", 3, "3 columns instead of 2; put a text"),
        ('text,label\n"a\nb",x\nhi\n', 4, "1 column instead of 2"),
        ("text,label\nhi,x\nhi,  \n", 3, "no label"),
        ('text,label\n"hi" you,x\n', 2, "quotes in it doubled"),
        ('text,label\nhi,x\n"never ends,x\nhi,x\n', 3, "quotes in it doubled"),
        (b"text,label\nhi,x\nb\xe4,x\n", 3, "not UTF-8"),
        ("text,label\n" + "x" * 200_000 + ",x\n", 2, "field larger than field limit"),
        ("text,label\n" + "x" * 100_001 + ",x\n", 2, "more than 100,000 characters"),
        (b" " * 50_000_001, 1, "larger than 50 MB"),
    ],
)
def test_a_malformed_file_is_refused_by_line(
    tmp_path: Path, content: str | bytes, line: int, told: str
) -> None:
    with pytest.raises(SourceError) as caught:
        Dataset.read(write(tmp_path / "mine.csv", content))
    assert f"mine.csv:{line}: " in str(caught.value)
    assert told in str(caught.value)


def test_faults_are_told_up_to_a_bound(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        Dataset.read(write(tmp_path / "mine.csv", "text,label\n" + "x\n" * 1000))
    assert len(caught.value.problems) == 21
    assert "and 980 more lines" in str(caught.value)


# The label of what is out of scope


@pytest.mark.parametrize(
    ("train", "test", "wanted", "found"),
    [
        ("ab", "ab", None, None),
        ("ab", "a", None, None),
        ("ab", "abc", None, "c"),
        ("ab", "abc", "c", "c"),
        ("ab", "abcd", "d", "d"),
        ("ab", "ab", "b", "b"),
        (["a", "OOS"], ["a", "OOS"], None, "OOS"),
        (["a", "b"], ["a", "c", "NO_NODES_DETECTED"], None, "NO_NODES_DETECTED"),
    ],
)
def test_the_label_is_found(train: str, test: str, wanted: str | None, found: str | None) -> None:
    files = [dataset([("x", label) for label in labels]) for labels in (train, test)]
    assert outside_label(files[0], files[1], wanted) == found


@pytest.mark.parametrize(
    ("test", "wanted", "told"),
    [
        ("abcd", None, '"c", "d" have no training examples; name the one that is out of scope: --oos-label'),
        ("abcdefghij", None, '"c", "d", "e", "f", "g" and 3 more'),
        (["abcdef"], "abcdeg", 'no row has the label "abcdeg"; did you mean "abcdef"'),
        ([f"x{i}" for i in range(99)], "oos", "there are 101 others"),
    ],
)
def test_a_label_that_cannot_be_meant(test: str, wanted: str | None, told: str) -> None:
    with pytest.raises(CannotMeasure) as caught:
        outside_label(dataset([("x", "a"), ("x", "b")]), dataset([("x", label) for label in test]), wanted)
    assert told in str(caught.value)


# The threshold


def learn(texts: Sequence[str], labels: Sequence[str]) -> LinearModel:
    return LinearModel.fit(list(texts), list(labels))


def test_what_is_unlike_the_training_texts_is_rejected() -> None:
    pairs = rows(*WISHES)
    test = [(text.replace("the", "this"), label) for text, label in pairs] + [
        (text, "none") for text in OTHERS
    ]
    result = run(dataset(pairs), dataset(test), "none", {})
    assert result.rule == THRESHOLD
    assert (result.training_labels, result.oos_training_examples) == (5, 0)
    assert result.figures.out_of_scope.recall is not None
    assert result.figures.out_of_scope.recall >= 5 / 6
    assert result.figures.in_scope_accuracy is not None
    assert result.figures.in_scope_accuracy > 0.85
    assert result.accuracy_without_threshold is not None
    assert result.accuracy_without_threshold >= result.figures.in_scope_accuracy


def test_the_threshold_does_not_depend_on_the_test_file() -> None:
    train = dataset(rows(*WISHES))
    found = [
        run(train, dataset(test), "none", {}).threshold
        for test in ([("sing", "none")], [("where is my lamp", "price"), ("x", "none"), ("", "none")])
    ]
    assert found[0] == found[1] is not None


def test_training_examples_make_it_a_favoured_label() -> None:
    outside = [(text, "oos") for text in OTHERS]
    train = rows("track order", "CANCEL") + outside
    result = run(dataset(train), dataset([*train, ("sing me a song", "oos")]), "oos", {})
    assert (result.rule, result.threshold, result.oos_training_examples) == (FAVOURED, None, 6)
    texts, labels = zip(*train, strict=True)
    plain = LinearModel.fit(texts, labels, outside="oos")
    guesses = [plain.rank(text)[0][0] for text, _ in train]
    right = sum(guess == label for guess, label in zip(guesses, labels, strict=True))
    assert result.figures.accuracy == pytest.approx(
        (right + (plain.rank("sing me a song")[0][0] == "oos")) / 47
    )


def test_nothing_is_rejected_where_all_is_in_scope() -> None:
    result = run(dataset(rows("price", "sizes")), dataset(rows("price", "sizes", times=1)), None, {})
    assert (result.rule, result.threshold, result.oos_label) == (NOTHING, None, None)
    assert result.figures.accuracy == result.figures.in_scope_accuracy == result.mcc == 1
    assert result.figures.out_of_scope.recall is None


def test_two_labels_are_too_few_to_leave_one_out() -> None:
    result = run(dataset(rows("price", "sizes")), dataset([("hm", "none"), ("price", "price")]), "none", {})
    assert result.rule == NOTHING
    assert result.figures.out_of_scope.recall == 0


@pytest.mark.parametrize("outside", [None, "none"])
def test_labels_with_few_examples(outside: str | None) -> None:
    train = rows("price", "sizes")
    train += [
        ("where is it", "one example"),
        ("", "empty"),
        ("  ", "empty"),
        ("good day", "two"),
        ("hello", "two"),
    ]
    train += [("same same", "same")] * 4 + [("same same", "twin")] * 3
    test = [
        ("good day sir", "two"),
        ("where is it", "one example"),
        ("", "empty"),
        ("price of a sofa", "price"),
    ]
    test += [("sing", "none")] if outside else []
    result = run(dataset(train), dataset(test), outside, {})
    assert (result.training_examples, result.training_labels) == (52, 7)
    assert result.accuracy_without_threshold == 1
    assert np.isfinite(
        [p for s in result.figures.bins if s.messages for p in (s.confidence or 0, s.accuracy or 0)]
    ).all()


def test_every_label_may_have_one_example() -> None:
    train = [("where is it", "a"), ("price", "b"), ("size", "c"), ("return", "d")]
    result = run(dataset(train), dataset([*train, ("hm", "none")]), "none", {})
    assert result.accuracy_without_threshold == 1


def test_one_label_teaches_nothing() -> None:
    with pytest.raises(CannotMeasure, match="only one label"):
        run(dataset([("x", "a")] * 9), dataset([("x", "a")]), None, {})


def test_labels_without_training_examples_are_mistakes() -> None:
    result = run(
        dataset(rows("price", "sizes")), dataset([("price", "price"), ("x", "new"), ("y", "no")]), "no", {}
    )
    assert (result.untrained, result.figures.in_scope_accuracy) == (1, 1 / 2)


@pytest.mark.parametrize(
    ("inside", "outside", "low", "high"),
    [
        ([(0.5, True), (0.9, True)], [-0.5, 0.1], 0.1, 0.5),
        ([(0.5, True), (0.9, True)], [1.0], -1, 0.5),  # better to lose one message than two
        ([(0.5, False), (0.9, True), (0.7, False)], [0.1, 0.8], 0.8, 0.9),
        ([(0.5, True)] * 9 + [(0.5, False)], [0.5] * 3, -1, 0.5),  # equal scores can't be told apart
    ],
)
def test_the_threshold_has_the_best_accuracy(
    inside: list[tuple[float, bool]], outside: list[float], low: float, high: float
) -> None:
    found = rejection._best(inside, outside)
    assert found is not None
    assert low < found < high


def test_without_left_out_texts_there_is_no_threshold() -> None:
    assert rejection._best([], [0.1]) is None
    assert rejection._best([(0.1, True)], []) is None
    assert rejection.threshold(["a", "b", "b"], ["x", "y", "y"], learn) is None


# Matthews' correlation


def test_correlation_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import matthews_corrcoef

    random = np.random.default_rng(0)
    for _ in range(20):
        pairs = [(f"l{a}", f"l{b}") for a, b in random.integers(0, 4, (30, 2))]
        labels, guesses = zip(*pairs, strict=True)
        assert _mcc(pairs) == pytest.approx(matthews_corrcoef(labels, guesses))
    assert _mcc([("a", "a"), ("a", "a")]) == 0


# The command


def test_figures_for_programs_and_people(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", quoted(rows(*WISHES)))
    test = write(
        tmp_path / "test.csv", quoted([*rows(*WISHES, times=1), *[(text, "[none]") for text in OTHERS]])
    )
    arguments = ["--train", str(train), "--test", str(test)]
    done = CliRunner().invoke(benchmark, [*arguments, "--json"], catch_exceptions=False)
    figures = json.loads(done.stdout)
    assert (figures["messages"], figures["oos_messages"], figures["oos_label"]) == (26, 6, "[none]")
    assert (figures["rule"], figures["training_examples"]) == ("threshold", 100)
    for name in ("accuracy", "in_scope_accuracy", "oos_recall", "mcc", "macro_f1"):
        assert 0.5 < figures[name] <= 1
    for name in ("training_seconds", "latency_median", "latency_95"):
        assert figures[name] > 0
    table = CliRunner().invoke(benchmark, [*arguments, "--oos-label", "[none]"], catch_exceptions=False)
    assert "[none]" in table.stdout
    assert "Matthews correlation" in table.stdout


def test_a_label_that_no_row_has_stops_the_command(tmp_path: Path) -> None:
    file = str(write(tmp_path / "a.csv", quoted(rows("price", "sizes"))))
    done = CliRunner().invoke(benchmark, ["--train", file, "--test", file, "--oos-label", "prise"])
    assert done.exit_code == 1
    assert 'did you mean "price"?' in done.output
    done = CliRunner().invoke(benchmark, ["--train", file])
    assert done.exit_code == 2
    assert "--test" in done.output
