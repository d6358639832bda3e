"""From what the load generator saw to the figures of the report. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import Seen

PARTS = 3  # of the measured time, to show how steady the throughput was
SAMPLE = 20  # messages behind the cost of a message at a turn


@dataclass(frozen=True)
class Throughput:
    """`customers` at once. Rates are answered messages a second, over the whole measured time and in its
    slowest and fastest third; latencies are seconds; `load_cpu` and `server_cpu` are shares of one core."""

    customers: int
    rate: float
    slowest: float
    fastest: float
    p50: float
    p95: float
    answered: int
    failures: int
    load_cpu: float
    server_cpu: float


@dataclass(frozen=True)
class TurnCost:
    """The median latency (seconds) of the SAMPLE messages from `turn` on; None when it was not reached."""

    turn: int
    p50: float | None


@dataclass(frozen=True)
class Measured:
    """One system: seconds to ready of each start, resident bytes when ready and after load, throughput,
    the cost of a message by turn with the latency of every turn behind it, and ten turns word by word."""

    system: str
    ready: list[float]
    memory_idle: int
    memory: int
    throughput: list[Throughput]
    turn_costs: list[TurnCost]
    turn_latencies: list[tuple[int, float]]
    transcript: list[tuple[str, str]]
    failures: list[str]


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile, 0 < percent <= 100. Raises ValueError on no values."""
    if not values or not 0 < percent <= 100:
        raise ValueError("a percentile needs values, and a percent above 0 and up to 100")
    rank = -(-len(values) * percent // 100)
    return sorted(values)[int(rank) - 1]


def throughput(seen: Seen, customers: int, seconds: float, server_cpu: float) -> Throughput:
    """The figures of one phase of `seconds`; `server_cpu` is the server's share of a core in it."""
    latencies = [latency for _, latency in seen.answers]
    if not latencies:
        raise ValueError(f"not one message was answered: {'; '.join(seen.failures[:3])}")
    counts = [0] * PARTS
    for at, _ in seen.answers:
        counts[min(PARTS - 1, int(at / seconds * PARTS))] += 1
    rates = [count / (seconds / PARTS) for count in counts]
    return Throughput(
        customers=customers,
        rate=len(latencies) / seconds,
        slowest=min(rates),
        fastest=max(rates),
        p50=percentile(latencies, 50),
        p95=percentile(latencies, 95),
        answered=len(latencies),
        failures=len(seen.failures),
        load_cpu=seen.cpu / seen.wall if seen.wall else 0.0,
        server_cpu=server_cpu,
    )


def turn_costs(
    latencies: Sequence[tuple[int, float]], turns: Sequence[int], sample: int = SAMPLE
) -> list[TurnCost]:
    """The cost at each of `turns` (1 is the first), from numbered turns of one conversation."""
    costs = []
    for turn in turns:
        window = [latency for number, latency in latencies if turn <= number < turn + sample]
        costs.append(TurnCost(turn, median(window) if len(window) == sample else None))
    return costs


def rolling_median(values: Sequence[tuple[int, float]], width: int) -> list[tuple[int, float]]:
    """The median of `width` neighbouring turns from each on, as many as there are whole windows."""
    windows = [values[start : start + width] for start in range(len(values) - width + 1)]
    return [
        (window[0][0], median(latency for _, latency in window))
        for window in windows
        if window[-1][0] - window[0][0] == width - 1
    ]


def rows(measured: Sequence[Measured]) -> list[list[str]]:
    """The table: a row a figure, a column a system, the first row its head."""
    first = measured[0]
    table = [["", *(NAMES[one.system] for one in measured)]]
    table.append(["start to first answer", *(f"{median(one.ready):.1f} s" for one in measured)])
    table.append(["memory when ready", *(f"{one.memory_idle / 2**20:,.0f} MB" for one in measured)])
    table.append(["memory after load", *(f"{one.memory / 2**20:,.0f} MB" for one in measured)])
    for index, phase in enumerate(first.throughput):
        phases = [one.throughput[index] for one in measured]
        who = "1 customer" if phase.customers == 1 else f"{phase.customers} customers"
        table.append(
            [f"{who}: messages/s", *(f"{p.rate:.1f} ({p.slowest:.1f}–{p.fastest:.1f})" for p in phases)]
        )
        table.append([f"{who}: p50 / p95", *(f"{duration(p.p50)} / {duration(p.p95)}" for p in phases)])
        table.append([f"{who}: cores used", *(f"{p.server_cpu:.2f} + {p.load_cpu:.2f}" for p in phases)])
        table.append(
            [f"{who}: without an answer", *(f"{p.failures} of {p.answered + p.failures}" for p in phases)]
        )
    for index, cost in enumerate(first.turn_costs):
        costs = [one.turn_costs[index].p50 for one in measured]
        table.append(
            [f"p50 at turn {cost.turn:,}", *("not reached" if c is None else duration(c) for c in costs)]
        )
    return table


def duration(seconds: float) -> str:
    """A latency for people: `2.8 ms`, `410 ms`, `1.32 s`."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


NAMES = {"aftercare": "Aftercare", "stock": "stock Rasa"}
