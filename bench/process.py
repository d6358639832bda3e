"""Processes of the systems under test: started in groups of their own, measured, and always stopped."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

STOP_TIMEOUT = 10.0  # seconds a server has to end by itself
PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes
TICK = os.sysconf("SC_CLK_TCK")  # clock ticks a second


class BenchError(Exception):
    """The bench cannot go on; the text says what to do about it."""


class Processes:
    """The processes of one system. A context manager: leaving it ends them all."""

    def __init__(self) -> None:
        self._started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self, command: Sequence[str | Path], log: Path, cwd: Path, env: Mapping[str, str]) -> None:
        """Start a command in a process group of its own; `env` is its whole environment, and what it
        prints goes to the file `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [str(part) for part in command],
                    cwd=cwd,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise BenchError(f"{command[0]} does not start ({error}): is it installed?") from error
        self._started.append((process, log))

    def check(self) -> None:
        """Raise BenchError, with the end of its log, when one of the processes has ended."""
        for process, log in self._started:
            if process.poll() is not None:
                raise BenchError(
                    f"{process.args!r} ended with status {process.returncode}. The end of {log}:\n{tail(log)}"
                )

    def ended(self) -> bool:
        """Whether all processes that were started have ended by themselves."""
        return all(process.poll() is not None for process, _ in self._started)

    def memory(self) -> int:
        """Resident bytes: the sum over all processes of the groups (pages they share count twice)."""
        return sum(resident for resident, _ in self._usage())

    def cpu(self) -> float:
        """Seconds on a core that the living processes have used since they started."""
        return sum(seconds for _, seconds in self._usage())

    def stop(self) -> None:
        for process, _ in self._started:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        for process, _ in self._started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            # Also when the first of the group has ended: workers of its own may be left.
            _signal(process, signal.SIGKILL)
            process.wait()
        self._started.clear()

    def _usage(self) -> list[tuple[int, float]]:
        groups = {process.pid for process, _ in self._started}
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rsplit(")", 1)[1].split()
            except OSError:  # it ended meanwhile
                continue
            if int(fields[2]) in groups:
                found.append((int(fields[21]) * PAGE, (int(fields[11]) + int(fields[12])) / TICK))
        return found


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
