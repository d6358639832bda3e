"""The load generator, in a process of its own: reads a plan as JSON from stdin, writes what it saw to stdout.

`python -m bench.load` is started by the bench; it is the same for both systems.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from time import perf_counter

from bench.customer import CUSTOMERS, Customer, NoAnswer
from bench.http import HTTPError

ANSWER_TIMEOUT = 60.0  # seconds to wait for one answer
AGE_TIMEOUT = 600.0  # seconds to put turns into a conversation
FAILURE_PAUSE = 0.2  # seconds before a customer tries again, so that a dead server is not hammered
MAX_FAILURES = 20


@dataclass(frozen=True)
class Plan:
    """One phase. With `turns` = 0: `customers` hold conversations for `warm_up` and then `seconds`.
    With `at`: one customer holds one conversation, for `seconds` at most, in which `sample` turns from each
    of `at` on are measured (rising, no overlaps)."""

    system: str
    port: int
    messages: list[str]
    seconds: float
    customers: int = 1
    warm_up: float = 0.0
    at: tuple[int, ...] = ()
    sample: int = 0


@dataclass
class Seen:
    """What the generator saw. `answers` are [seconds since the measured time began, seconds the turn took],
    in one long conversation [number of the turn, seconds it took]; `transcript` [message, answer] of the
    first ten turns; `cpu` the generator's own seconds on a core."""

    answers: list[tuple[float, float]] = field(default_factory=list)
    transcript: list[tuple[str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0


async def run(plan: Plan) -> Seen:
    """Carry the plan out. Failures are counted, not raised; after MAX_FAILURES the phase ends."""
    make = CUSTOMERS[plan.system]
    seen = Seen()
    wall, cpu = perf_counter(), time.process_time()
    if plan.at:
        await _hold_one_conversation(plan, make(plan.port), seen)
    else:
        await _hold_conversations(plan, lambda: make(plan.port), seen)
    seen.wall, seen.cpu = perf_counter() - wall, time.process_time() - cpu
    return seen


async def _hold_one_conversation(plan: Plan, customer: Customer, seen: Seen) -> None:
    end = perf_counter() + plan.seconds
    turn = 0

    async def say() -> None:
        nonlocal turn
        text = plan.messages[turn % len(plan.messages)]
        seconds, answer = await asyncio.wait_for(customer.say(text), ANSWER_TIMEOUT)
        turn += 1
        seen.answers.append((turn, seconds))
        if turn <= len(plan.messages):
            seen.transcript.append((text, answer))

    try:
        await customer.open()
        for first in plan.at:
            if turn and await asyncio.wait_for(customer.age(first - 1 - turn), AGE_TIMEOUT):
                turn = first - 1
            while turn < first - 1 + plan.sample and perf_counter() < end:
                await say()
    except (NoAnswer, HTTPError, OSError, TimeoutError) as error:
        seen.failures.append(f"turn {turn + 1}: {_words(error)}")
    finally:
        await customer.close()


async def _hold_conversations(plan: Plan, make: Callable[[], Customer], seen: Seen) -> None:
    begin = perf_counter() + plan.warm_up
    end = begin + plan.seconds

    async def visit(number: int) -> None:
        # The first conversation of each starts elsewhere in the list, or all would say the same at once.
        first = number % len(plan.messages)
        while perf_counter() < end and len(seen.failures) < MAX_FAILURES:
            customer = make()
            try:
                await asyncio.wait_for(customer.open(), ANSWER_TIMEOUT)
                for text in plan.messages[first:]:
                    seconds, _ = await asyncio.wait_for(customer.say(text), ANSWER_TIMEOUT)
                    now = perf_counter()
                    if begin <= now < end:
                        seen.answers.append((now - begin, seconds))
                    if now >= end:
                        break
            except (NoAnswer, HTTPError, OSError, TimeoutError) as error:
                seen.failures.append(_words(error))
                await asyncio.sleep(FAILURE_PAUSE)
            finally:
                await customer.close()
            first = 0

    await asyncio.gather(*(visit(number) for number in range(plan.customers)))


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER_TIMEOUT:.0f} s"
    return str(error) or type(error).__name__


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(run(Plan(**json.load(sys.stdin))))), sys.stdout)
