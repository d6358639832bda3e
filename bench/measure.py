"""One system through all phases: starts, load by number of customers, one long conversation."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from bench.customer import CUSTOMERS, NoAnswer
from bench.http import Connection, HTTPError
from bench.load import ANSWER_TIMEOUT, Plan, Seen
from bench.process import BenchError, Processes
from bench.stock_project import ROOT
from bench.summary import SAMPLE, Measured, Throughput, throughput, turn_costs

READY_PATH = {"aftercare": "/health/ready", "stock": "/"}
READY_TIMEOUT = 300.0  # seconds from the start of the processes
POLL = 0.05  # seconds


@dataclass(frozen=True)
class Effort:
    """How much is measured; all times in seconds. `conversation` bounds the one long conversation."""

    starts: int
    customers: tuple[int, ...]
    warm_up: float
    seconds: float
    turns: tuple[int, ...]
    sample: int
    conversation: float


FULL = Effort(3, (1, 10, 50), 5, 30, (10, 100, 1000), SAMPLE, 1200)
QUICK = Effort(1, (1, 5), 1, 4, (5, 20), 5, 60)


@dataclass(frozen=True)
class System:
    """`start` begins the processes and returns their port; `messages` is asked once they are ready."""

    name: str
    start: Callable[[Processes], int]
    messages: Callable[[], list[str]]


def measure(system: System, effort: Effort, tell: Callable[[str], None]) -> Measured:
    """Measure one system; its processes are ended when this returns or raises. Raises BenchError."""
    ready: list[float] = []
    with ExitStack() as stack:
        for number in range(1, effort.starts + 1):
            stack.close()
            tell(f"{system.name}: start {number} of {effort.starts} …")
            processes = stack.enter_context(Processes())
            begin = time.monotonic()
            port = system.start(processes)
            asyncio.run(_first_answer(system.name, port, processes, begin + READY_TIMEOUT))
            ready.append(time.monotonic() - begin)
        memory_idle = processes.memory()
        messages = system.messages()
        phases = []
        for customers in effort.customers:
            tell(f"{system.name}: {customers} customer(s), {effort.warm_up + effort.seconds:.0f} s …")
            plan = Plan(system.name, port, messages, effort.seconds, customers, effort.warm_up)
            phases.append(_phase(plan, processes))
        memory = processes.memory()
        last = effort.turns[-1] + effort.sample - 1
        tell(
            f"{system.name}: one conversation of {last:,} turns, {effort.conversation / 60:.0f} min at most …"
        )
        plan = Plan(system.name, port, messages, effort.conversation, at=effort.turns, sample=effort.sample)
        long = _load(plan, processes)
    latencies = [(int(turn), latency) for turn, latency in long.answers]
    return Measured(
        system=system.name,
        ready=ready,
        memory_idle=memory_idle,
        memory=memory,
        throughput=phases,
        turn_costs=turn_costs(latencies, effort.turns, effort.sample),
        turn_latencies=latencies,
        transcript=long.transcript,
        failures=long.failures,
    )


def _phase(plan: Plan, processes: Processes) -> Throughput:
    before = processes.cpu()
    seen = _load(plan, processes)
    used = (processes.cpu() - before) / seen.wall
    try:
        return throughput(seen, plan.customers, plan.seconds, used)
    except ValueError as error:
        raise BenchError(f"{plan.system}, {plan.customers} customer(s): {error}") from error


def _load(plan: Plan, processes: Processes) -> Seen:
    """Carry a plan out in a process of its own."""
    # At its end the generator waits for the answers that are still under way.
    limit = plan.warm_up + plan.seconds + 2 * ANSWER_TIMEOUT
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=json.dumps(asdict(plan)),
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=limit,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{plan.system}: the load generator did not end within {limit:.0f} s.") from error
    processes.check()
    if done.returncode:
        raise BenchError(f"{plan.system}: the load generator failed:\n{done.stderr[-2000:]}")
    return Seen(**json.loads(done.stdout))


async def _first_answer(name: str, port: int, processes: Processes, deadline: float) -> None:
    """Return when the first message has been answered; `deadline` is a time of time.monotonic()."""
    seen = "no connection"
    while time.monotonic() < deadline:
        processes.check()
        customer = CUSTOMERS[name](port)
        try:
            async with Connection(port) as connection:
                status = await asyncio.wait_for(connection.get_status(READY_PATH[name]), 10)
            if status == 200:
                await customer.open()
                await asyncio.wait_for(customer.say("hello"), ANSWER_TIMEOUT)
                return
            seen = f"status {status} of {READY_PATH[name]}"
        except (HTTPError, NoAnswer, OSError, TimeoutError) as error:
            seen = str(error) or type(error).__name__
        finally:
            await customer.close()
        await asyncio.sleep(POLL)
    raise BenchError(f"{name} answered no message within {READY_TIMEOUT:.0f} s (last: {seen}).")
