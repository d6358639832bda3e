"""Tests run on a copy of the checkout, and what they say."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.mutations import copy
from tests.mutations.mutation import Mutation, Rotten

LONGEST = 180.0  # seconds, after which tests hang
ON_POSTGRESQL = bool(os.environ.get("TEST_DATABASE_URL"))
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ran:
    """How tests ended: pytest's exit code, the first that failed, and what was printed."""

    code: int
    failed: str
    output: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutation. `good`: nobody need do anything."""

    name: str
    good: bool
    said: str
    seconds: float = 0.0
    output: str = ""


def run(root: Path, tests: Sequence[str], longest: float | None = LONGEST) -> Ran:
    """Runs tests in a copy, whose modules come before the installed ones; in what tests start, too."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-rfE",
        "--durations=0",
        "-p",
        "no:cacheprovider",
        *tests,
    ]
    # A file that is changed twice within a second would else be taken for its former self.
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return Ran(-1, "", f"not ended after {longest:.0f} seconds")
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    failed = _FAILED.search(output)
    return Ran(process.returncode, failed[1] if failed else "", output)


def judge(root: Path, mutation: Mutation) -> Result:
    """Makes a fault in a copy and says whether its tests catch it."""
    if mutation.postgresql and not ON_POSTGRESQL:
        return Result(mutation.name, True, "not run: TEST_DATABASE_URL is not set")
    began = perf_counter()
    try:
        text = mutation.mutated(root)
    except Rotten as error:
        return Result(mutation.name, False, str(error))
    with copy.changed(root, mutation.file, text):
        ran = run(root, mutation.tests)
    seconds = perf_counter() - began
    match ran.code:
        case 1 if ran.failed:
            return Result(mutation.name, True, ran.failed, seconds)
        case 0:
            return Result(mutation.name, False, "SURVIVED", seconds)
    # A program that doesn't even start, or a test that isn't there, is no fault caught.
    return Result(mutation.name, False, f"NO TEST FAILED: pytest ended with {ran.code}", seconds, ran.output)
