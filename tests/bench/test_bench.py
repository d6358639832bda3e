"""The bench's pure parts: statistics, table, HTTP parsing, the stock project."""

import asyncio
from pathlib import Path

import pytest
import yaml

from bench.aftercare import first_order
from bench.http import HTTPError, read_body, read_head
from bench.load import Seen
from bench.machine import cpu_model
from bench.process import BenchError
from bench.report import markdown_table
from bench.stock import training_stage
from bench.stock_project import StockProjectError, domain, read_examples, rules, training_data
from bench.summary import (
    Measured,
    TurnCost,
    duration,
    percentile,
    rolling_median,
    rows,
    throughput,
    turn_costs,
)


def reader(content: bytes) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    stream.feed_data(content)
    stream.feed_eof()
    return stream


# --- statistics ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7.0], 50, 7.0),
        ([7.0], 95, 7.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 50, 2.0),
        ([float(n) for n in range(1, 101)], 95, 95.0),
        ([float(n) for n in range(1, 21)], 95, 19.0),
        ([1.0, 2.0], 100, 2.0),
    ],
)
def test_a_percentile_is_the_nearest_rank(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_a_percentile_of_nothing_is_refused(values: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, percent)


def test_throughput_counts_the_measured_time_and_shows_its_spread() -> None:
    answers = [(0.5, 0.1), (1.5, 0.2), (2.5, 0.3), (2.6, 0.4), (2.99, 0.5), (2.0, 0.6)]
    seen = Seen(answers=answers, failures=["lost"], wall=4.0, cpu=1.0)
    figures = throughput(seen, customers=2, seconds=3.0, server_cpu=0.9)
    assert figures.rate == 2.0
    assert (figures.slowest, figures.fastest) == (1.0, 4.0)
    assert (figures.p50, figures.p95) == (0.3, 0.6)
    assert (figures.answered, figures.failures, figures.load_cpu) == (6, 1, 0.25)


def test_a_phase_without_an_answer_says_why() -> None:
    with pytest.raises(ValueError, match="connection refused"):
        throughput(Seen(failures=["connection refused"]), customers=1, seconds=1.0, server_cpu=0.0)


def test_the_cost_of_a_turn_is_the_median_of_the_messages_from_it_on() -> None:
    latencies = [float(turn) for turn in range(1, 31)]
    assert turn_costs(list(enumerate(latencies, 1)), [1, 10, 30], sample=5) == [
        TurnCost(1, 3.0),
        TurnCost(10, 12.0),
        TurnCost(30, None),
    ]


def test_a_turn_that_was_not_wholly_reached_has_no_cost() -> None:
    assert turn_costs(list(enumerate([1.0] * 13, 1)), [10], sample=5) == [TurnCost(10, None)]
    assert turn_costs([], [10], sample=5) == [TurnCost(10, None)]


def test_a_rolling_median_has_whole_windows_only() -> None:
    turns = [(1, 1.0), (2, 9.0), (3, 2.0), (4, 3.0), (100, 5.0), (101, 5.0)]
    assert rolling_median(turns, 3) == [(1, 2.0), (2, 3.0)]
    assert rolling_median([(1, 1.0)], 3) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0028, "2.8 ms"), (0.0414, "41 ms"), (0.9994, "999 ms"), (1.318, "1.32 s")]
)
def test_a_duration_is_for_people(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# --- table -----------------------------------------------------------------------------------------


def measured(system: str, cost: float | None) -> Measured:
    phase = throughput(Seen(answers=[(0.5, 0.02)] * 30, wall=1.0, cpu=0.1), 10, 1.0, 0.8)
    return Measured(system, [3.0, 1.0, 2.0], 2**20, 2**21, [phase], [TurnCost(1000, cost)], [], [], [])


def test_the_table_has_a_row_for_each_figure_and_a_column_for_each_system() -> None:
    table = rows([measured("aftercare", 0.003), measured("stock", None)])
    assert {len(row) for row in table} == {3}
    assert table[0] == ["", "Aftercare", "stock Rasa"]
    assert ["start to first answer", "2.0 s", "2.0 s"] in table
    assert ["memory after load", "2 MB", "2 MB"] in table
    assert ["p50 at turn 1,000", "3.0 ms", "not reached"] in table
    assert ["10 customers: without an answer", "0 of 30", "0 of 30"] in table


def test_the_table_as_markdown() -> None:
    assert markdown_table([["", "a"], ["x", "1"]]) == "|  | a |\n| --- | ---: |\n| x | 1 |"


# --- HTTP ------------------------------------------------------------------------------------------


async def test_an_answer_with_a_length() -> None:
    stream = reader(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nX: y\r\n\r\n{}rest")
    status, headers = await read_head(stream)
    assert (status, headers["content-length"], headers["x"]) == (202, "2", "y")
    assert await read_body(stream, headers) == b"{}"


async def test_an_answer_in_chunks() -> None:
    stream = reader(b"3\r\n[1,\r\n2;ext=1\r\n2]\r\n0\r\n\r\n")
    assert await read_body(stream, {"transfer-encoding": "chunked"}) == b"[1,2]"


@pytest.mark.parametrize(
    "content", [b"", b"HTTP/1.1 200 OK\r\n", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 two\r\n\r\n", b"x" * 100_000]
)
async def test_what_is_no_answer_is_refused(content: bytes) -> None:
    with pytest.raises(HTTPError):
        await read_head(reader(content))


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"short", {"content-length": "9"}),
        (b"", {"content-length": "nine"}),
        (b"", {"content-length": "-1"}),
        (b"", {"content-length": "99999999999"}),
        (b"ffffffff\r\n", {"transfer-encoding": "chunked"}),
        (b"-1\r\n", {"transfer-encoding": "chunked"}),
        (b"3" * 70_000, {"transfer-encoding": "chunked"}),
        (b"zz\r\n", {"transfer-encoding": "chunked"}),
        (b"3\r\n[1,\r\n", {"transfer-encoding": "chunked"}),
    ],
)
async def test_a_body_that_does_not_hold_is_refused(content: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(HTTPError):
        await read_body(reader(content), headers)


# --- the two systems -------------------------------------------------------------------------------


def test_the_demonstration_order_is_the_shipped_one() -> None:
    output = '{"email": "a@example.com", "orders": {"processing": "10001", "shipped": "10234"}}'
    assert first_order(output) == ("10234", "a@example.com")


@pytest.mark.parametrize("output", ["", "no JSON", "[]", "{}", "[1]", '{"orders": 3}', "null"])
def test_no_demonstration_order_is_an_error(output: str) -> None:
    with pytest.raises(BenchError, match="demo --json"):
        first_order(output)


def test_every_intent_of_the_stock_project_has_one_rule_and_an_answer() -> None:
    examples = read_examples()
    actions = {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in rules(examples)["rules"]}
    defined = domain(examples)
    assert set(actions) == {*examples, "nlu_fallback"}
    assert actions["track_order"] == "action_order_status"
    assert set(actions.values()) == {*defined["responses"], *defined["actions"]}


def test_the_stock_project_keeps_every_example() -> None:
    examples = {"greet": ["hi", 'say "hi": now #1', "📦"], "thank": ["ta"]}
    again = yaml.safe_load(yaml.safe_dump(training_data(examples)))
    assert [block["intent"] for block in again["nlu"]] == ["greet", "thank"]
    assert again["nlu"][0]["examples"].splitlines() == ["- hi", '- say "hi": now #1', "- 📦"]


def test_missing_or_broken_training_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(StockProjectError, match="No English examples"):
        read_examples(tmp_path)
    folder = tmp_path / "data" / "nlu" / "en"
    folder.mkdir(parents=True)
    (folder / "broken.yml").write_text("nlu: [")
    with pytest.raises(StockProjectError, match=r"broken\.yml"):
        read_examples(tmp_path)


def test_the_stage_of_a_training_is_its_component_and_epoch(tmp_path: Path) -> None:
    log = tmp_path / "training.log"
    log.write_bytes(b"")
    assert training_stage(log) == "…"
    log.write_text(
        "Starting to train component 'DIETClassifier'.\n"
        "Epochs:  20%|██        | 20/100 [00:15<00:12]\rEpochs:  21%|██1       | 21/100 [00:16<00:11]"
    )
    assert training_stage(log) == "DIETClassifier 21/100"


def test_the_processor_of_the_machine() -> None:
    cpuinfo = (
        "processor : 0\nmodel name\t: Good CPU\ncpu MHz\t\t: 2300.5\n\nprocessor : 1\nmodel name : Other\n"
    )
    assert cpu_model(cpuinfo) == "Good CPU, 2.3 GHz"
    assert cpu_model("") == "unknown"
