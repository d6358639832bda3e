"""Aftercare as a shop starts it: one process, a fresh SQLite file, the demonstration orders."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from bench.process import BenchError, Processes, free_port
from bench.stock_project import ROOT

VAR = Path(__file__).resolve().parent / "var"
HOME = VAR / "home"
COMMAND = Path(sys.executable).with_name("aftercare")
COMMAND_TIMEOUT = 300.0  # seconds


def prepare() -> None:
    """A new shop's folder, which answers in English only, as the rival does, with its trained model."""
    shutil.rmtree(HOME, ignore_errors=True)
    for command in (["init", str(HOME)], ["train"]):
        _run([str(COMMAND), *command], environment(HOME / "unused.db"))


def start(processes: Processes, database: Path) -> int:
    """Start `aftercare run` on the SQLite file `database`; return its port. It is not ready yet."""
    port = free_port()
    log = VAR / "log" / "aftercare.log"
    processes.start([COMMAND, "run", "--port", str(port)], log, ROOT, environment(database))
    return port


def demo_order(database: Path) -> tuple[str, str]:
    """Put the demonstration orders into the database; the number and the e-mail of one of them."""
    return first_order(_run([str(COMMAND), "demo", "--json"], environment(database)))


def _run(command: list[str], environment: dict[str, str]) -> str:
    """What a command of ours printed. Raises BenchError."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=COMMAND_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"{' '.join(command)} does not run ({error}): install the project first.") from error
    if done.returncode:
        raise BenchError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def first_order(output: str) -> tuple[str, str]:
    """Number and e-mail of the shipped order in the output of `aftercare demo --json`."""
    try:
        content = json.loads(output)
        return str(content["orders"]["shipped"]), str(content["email"])
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError(f"aftercare demo --json wrote something else: {output[:200]!r}") from error


def versions() -> dict[str, str]:
    """Package -> version of what matters in our environment, Python included."""
    python = ".".join(map(str, sys.version_info[:3]))
    packages = ("aftercare", "rasa", "sanic", "sqlalchemy")
    return {"python": python, **{name: version(name) for name in packages}}


def environment(database: Path) -> dict[str, str]:
    settings = {
        "AFTERCARE_HOME": str(HOME),
        "AFTERCARE_RATE_LIMITS": "off",
        "DATABASE_URL": f"sqlite:///{database}",
    }
    return {**os.environ, **settings}
