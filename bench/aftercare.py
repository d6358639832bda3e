"""Aftercare as a shop starts it: one process, a fresh SQLite file, the demonstration orders."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from bench.process import BenchError, Processes, free_port
from bench.stock_project import ROOT

VAR = Path(__file__).resolve().parent / "var"
COMMAND = Path(sys.executable).with_name("aftercare")
DEMO_TIMEOUT = 120.0  # seconds


def start(processes: Processes, database: Path) -> int:
    """Start `aftercare run` on the SQLite file `database`; return its port. It is not ready yet."""
    port = free_port()
    log = VAR / "log" / "aftercare.log"
    processes.start([COMMAND, "run", "--port", str(port)], log, ROOT, _environment(database))
    return port


def demo_order(database: Path) -> tuple[str, str]:
    """Put the demonstration orders into the database; the number and the e-mail of one of them."""
    command = [str(COMMAND), "demo", "--json"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=_environment(database),
            capture_output=True,
            text=True,
            timeout=DEMO_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"{' '.join(command)} does not run ({error}): install the project first.") from error
    if done.returncode:
        raise BenchError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return first_order(done.stdout)


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


def _environment(database: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "AFTERCARE_HOME"}
    return {**kept, "DATABASE_URL": f"sqlite:///{database}", "AFTERCARE_RATE_LIMITS": "off"}
