"""`python -m bench.desk`: how quick the desk is for an agent with 300 open conversations, alone and while
many agents and customers are there. Writes docs/benchmarks-desk.md."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter

import click
import psycopg
from rich.console import Console
from sqlalchemy import make_url

from bench import desk_page
from bench.aftercare import COMMAND, VAR
from bench.desk_browser import clicks
from bench.desk_crowd import SETTLE, Plan, Seen
from bench.desk_shop import Desk, fill, words
from bench.http import Connection
from bench.machine import this_machine
from bench.process import BenchError, Processes, free_port
from bench.stock_project import ROOT
from bot.desk.accounts.sessions import COOKIE
from store.core.database import Database

READY_SECONDS = 240
LISTS = {
    "own conversations": "view=mine",
    "everybody's": "view=all",
    "the queue": "view=queue",
    "search for a word": "view=all&q=Kaunas",
}


@dataclass
class Measured:
    """Seconds that each request took, by what was asked for; what the server used meanwhile."""

    times: dict[str, list[float]] = field(default_factory=dict)
    cores: float = 0.0
    memory: int = 0


@click.command()
@click.option("--agents", default=50, show_default=True, help="Connected while it is busy.")
@click.option(
    "--customers", default=500, show_default=True, help="On the web chat, half of them with an agent."
)
@click.option("--seconds", default=60, show_default=True, help="Of being busy.")
@click.option("--pause", default=30.0, show_default=True, help="Seconds between a customer's messages.")
@click.option("--answer", default=20.0, show_default=True, help="Seconds between an agent's answers.")
@click.option(
    "--database", default="", help="postgresql+psycopg://… (a schema of its own is made); else SQLite."
)
@click.option("--dry", is_flag=True, help="Prints, but leaves the page as it is.")
def main(
    agents: int, customers: int, seconds: int, pause: float, answer: float, database: str, dry: bool
) -> None:
    """Measures the agent desk."""
    machine = this_machine()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _database(database, Path(folder)) as url:
        secret = secrets.token_hex(32)
        console.print("filling the database …")
        opened = Database(url)
        desk, colleagues, writers = fill(opened, secret.encode(), agents, customers)
        opened.close()
        with Processes() as processes:
            port = free_port()
            _start(processes, port, url, secret, Path(folder))
            console.print("alone …")
            alone = _probe(processes, port, desk, rounds=60)
            console.print("in the browser …")
            shown = clicks(port, desk)
            console.print(f"with {agents} agents and {customers} customers …")
            plan = Plan(
                port,
                [asdict(one) for one in colleagues],
                [asdict(one) for one in writers],
                words(),
                seconds,
                pause,
                answer,
            )
            busy, seen = _crowded(processes, plan, port, desk)
    text = desk_page.page(machine, alone, shown, busy, seen, plan, "PostgreSQL" if database else "SQLite")
    if not dry:
        desk_page.PAGE.write_text(text, "utf-8")
    console.print(text, markup=False)


@contextmanager
def _database(url: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database; on PostgreSQL a schema, dropped at the end."""
    if not url:
        yield f"sqlite:///{folder}/bench.db"
        return
    name = f"bench_{secrets.token_hex(4)}"
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {name}")
        try:
            query = {"options": f"-csearch_path={name}"}
            yield make_url(url).update_query_dict(query).render_as_string(hide_password=False)
        finally:
            admin.execute(f"DROP SCHEMA {name} CASCADE")


def _start(processes: Processes, port: int, url: str, secret: str, folder: Path) -> None:
    settings = {
        "DATABASE_URL": url,
        "AFTERCARE_SECRET": secret,
        "AFTERCARE_RATE_LIMITS": "off",
        "AFTERCARE_ASSIGNMENT": "manual",
        "AFTERCARE_FILES": str(folder / "files"),
        "AFTERCARE_MAIL": str(folder / "mail"),
        "AFTERCARE_SPOOL": str(folder / "spool"),
    }
    log = VAR / "log" / "desk.log"
    processes.start([COMMAND, "run", "--port", str(port)], log, ROOT, {**os.environ, **settings})

    async def ready() -> None:
        async with asyncio.timeout(READY_SECONDS):
            while True:
                processes.check()
                try:
                    async with Connection(port) as connection:
                        if await connection.get_status("/health/ready") == 200:
                            return
                except OSError:
                    await asyncio.sleep(0.2)

    asyncio.run(ready())


def _probe(
    processes: Processes, port: int, desk: Desk, *, rounds: int = 0, stop: threading.Event | None = None
) -> Measured:
    """The agent looks at lists and opens conversations, so many times or until `stop`."""
    headers = f"Cookie: {COOKIE}={desk.cookie}\r\n"
    found = Measured()

    async def run() -> None:
        async with Connection(port) as connection:

            async def ask(what: str, path: str) -> None:
                begun = perf_counter()
                await connection.get(f"/desk/v1/{path}", headers)
                found.times.setdefault(what, []).append(perf_counter() - begun)

            turn = 0
            while not stop.is_set() if stop else turn < rounds:
                for name, query in LISTS.items():
                    await ask(f"list: {name}", f"conversations?{query}")
                for place in range(3):
                    one = desk.conversations[(3 * turn + place) % len(desk.conversations)]
                    await ask("conversation: messages", f"conversations/{one}")
                    await ask("conversation: orders", f"conversations/{one}/orders")
                turn += 1
                if stop:
                    await asyncio.sleep(0.2)

    cpu, begun = processes.cpu(), perf_counter()
    asyncio.run(run())
    found.cores = (processes.cpu() - cpu) / (perf_counter() - begun)
    found.memory = processes.memory()
    return found


def _crowded(processes: Processes, plan: Plan, port: int, desk: Desk) -> tuple[Measured, Seen]:
    crowd = subprocess.Popen(
        [sys.executable, "-m", "bench.desk_crowd"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert crowd.stdin and crowd.stdout and crowd.stderr
        crowd.stdin.write(json.dumps(asdict(plan)))
        crowd.stdin.close()
        first = crowd.stderr.readline()
        if first.strip() != "ready":
            raise BenchError(f"the crowd did not come:\n{first}{crowd.stderr.read()}")
        stop = threading.Event()
        threading.Timer(plan.seconds, stop.set).start()
        busy = _probe(processes, port, desk, stop=stop)
        told = crowd.stdout.read()
        if crowd.wait(SETTLE) != 0:
            raise BenchError(f"the crowd failed:\n{crowd.stderr.read()}")
    finally:
        crowd.kill()
        crowd.wait()
    return busy, Seen(**json.loads(told))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    main()
