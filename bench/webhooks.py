"""`python -m bench.webhooks`: how long a provider waits for its webhook to be answered while the assistant is
busy. Writes docs/benchmarks-webhooks.md.

The channels run against fake providers in this process, with real signatures; other customers keep the
assistant busy on the web chat all the while.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from rich.console import Console
from sanic import Sanic

from bench import aftercare
from bench.conversation import messages
from bench.http import Connection
from bench.load import Plan
from bench.machine import this_machine
from bench.process import Processes, free_port
from bench.stock_project import ROOT
from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.fake_sms import FakeTwilio
from bot.simulator.fake_telegram import TelegramProvider

PAGE = ROOT / "docs" / "benchmarks-webhooks.md"
READY_SECONDS = 120
# Providers' timeouts begin at 5 s; this is ours.
AIM = 0.050  # seconds at p99
ADDRESSES = {"telegram": "9{:05d}", "sms": "+3706{:07d}", "messenger": "2468{:06d}"}


@click.command()
@click.option("--seconds", default=30, show_default=True, help="Of measuring.")
@click.option("--rate", default=8.0, show_default=True, help="Messages a second on each channel.")
@click.option("--customers", default=1, show_default=True, help="On the web chat, all the while.")
def main(seconds: int, rate: float, customers: int) -> None:
    """Measures the answers to webhooks of Telegram, SMS and Messenger under load."""
    console = Console()
    aftercare.prepare()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        rows, busy = asyncio.run(_measure(Path(directory), seconds, rate, customers))
    text = _page(rows, busy, seconds, rate, customers)
    PAGE.write_text(text, "utf-8")
    console.print(text, markup=False)


async def _measure(
    directory: Path, seconds: int, rate: float, customers: int
) -> tuple[dict[str, list[float]], int]:
    own, server = free_port(), free_port()
    fakes: dict[str, Any] = {
        "telegram": TelegramProvider(),
        "sms": FakeTwilio(),
        "messenger": FakeMessenger(),
    }
    environment: dict[str, str] = {"PUBLIC_BASE_URL": f"http://127.0.0.1:{server}"}
    app = Sanic("fakes", configure_logging=False)
    app.config.update(ACCESS_LOG=False, MOTD=False, TOUCHUP=False)
    for fake in fakes.values():
        environment |= fake.environment(f"http://127.0.0.1:{own}", environment["PUBLIC_BASE_URL"])
        app.blueprint(fake.blueprint())
    listening: Any = await app.create_server("127.0.0.1", own, return_asyncio_server=True)
    await listening.startup()
    await listening.before_start()
    await listening.start_serving()
    database = directory / "bench.db"
    with Processes() as processes:
        await asyncio.to_thread(_start, processes, server, database, environment)
        load = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        words = messages(*await asyncio.to_thread(aftercare.demo_order, database))
        plan = Plan("aftercare", server, words, seconds + 4, customers)
        assert load.stdin and load.stdout
        load.stdin.write(json.dumps(asdict(plan)).encode())
        load.stdin.close()
        await asyncio.sleep(2)
        measured = await asyncio.gather(
            *(
                # Not all three at the same instants.
                _deliver(fake, name, seconds, rate, words, place / rate / len(fakes))
                for place, (name, fake) in enumerate(fakes.items())
            )
        )
        seen = json.loads(await asyncio.to_thread(load.stdout.read))
        for fake in fakes.values():
            await fake.close()
    listening.close()
    return dict(zip(fakes, measured, strict=True)), len(seen["answers"])


def _start(processes: Processes, port: int, database: Path, environment: Mapping[str, str]) -> None:
    settings = {**os.environ, **aftercare.environment(database), **environment}
    log = aftercare.VAR / "log" / "webhooks.log"
    processes.start([aftercare.COMMAND, "run", "--port", str(port)], log, ROOT, settings)
    asyncio.run(_until_ready(processes, port))


async def _until_ready(processes: Processes, port: int) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            processes.check()
            try:
                async with Connection(port) as connection:
                    await connection.get("/health/ready")
                return
            except Exception:
                await asyncio.sleep(0.1)


async def _deliver(
    fake: Any, name: str, seconds: int, rate: float, words: list[str], late: float
) -> list[float]:
    """Delivers messages of ever new customers, ten each, at a steady rate; seconds that each took."""
    taken: list[float] = []

    async def one(number: int) -> None:
        address = ADDRESSES[name].format(number // len(words))
        begun = perf_counter()
        status = await fake.say(address, words[number % len(words)])
        taken.append(perf_counter() - begun)
        assert 200 <= status < 300, status

    begun, tasks = perf_counter() + late, []
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, begun + number / rate - perf_counter()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    return taken


def _page(rows: dict[str, list[float]], busy: int, seconds: int, rate: float, customers: int) -> str:
    lines = [
        "# Webhooks under load",
        "",
        "How long a provider waits until its webhook is answered while the assistant is busy. Written by",
        f"`python -m bench.webhooks` on {date.today()}.",
        "",
        "| channel | messages | p50 | p95 | p99 | longest |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, times in rows.items():
        ordered = sorted(times)
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99)]
        cells = " | ".join(f"{1000 * one:.0f} ms" for one in (*at, ordered[-1]))
        lines.append(f"| {name} | {len(ordered)} | {cells} |")
    machine = this_machine()
    lines += [
        "",
        f"For {seconds} s, {rate:g} signed messages a second came in on each of the three channels, all of",
        f"them answered, while {customers} customers on the web chat wrote without a pause and got",
        f"{busy / seconds:.0f} answers a second between them. A webhook is answered as soon as its message",
        "is stored, before any work of the model. The time is from the provider's side and includes the fake",
        f"provider's own work. The aim is a p99 below {1000 * AIM:.0f} ms. The load generators and the fakes",
        f"shared the machine with the server: {machine.cores} cores of {machine.cpu}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    main()
