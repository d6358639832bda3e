"""Server processes that are started, killed and started again."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from bench.process import free_port, tail

START_SECONDS = 120.0  # a server that isn't ready by then never will be
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.05  # between two looks whether a server is ready


class ServerError(Exception):
    """A server didn't start, or ended by itself; the text holds the end of its log."""


class Server:
    """`aftercare run`, or another `program`, on a port of its own; each start appends to the same log."""

    def __init__(self, environment: Mapping[str, str], log: Path, program: Sequence[str] = ()) -> None:
        self._program = tuple(program) or (str(Path(sys.executable).parent / "aftercare"),)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ready = asyncio.Event()
        self.starts: list[float] = []  # seconds from each start until the server answered
        self._environment = {**environment, "PYTHONUNBUFFERED": "1"}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    def set(self, environment: Mapping[str, str]) -> None:
        """More settings, for the next start."""
        self._environment |= environment

    async def start(self) -> None:
        """Starts the process and returns at once; `ready` is set when it answers."""
        self.ready.clear()
        with self._log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._program,
                "run",
                "--port",
                str(self.port),
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._watch = asyncio.create_task(self._look(time.monotonic()))

    async def wait(self) -> None:
        """Waits until the server answers. Raises `ServerError`."""
        if self._watch:
            await self._watch

    def check(self) -> None:
        """Raises `ServerError` if the process is gone."""
        if self._process is None or self._process.returncode is not None:
            raise self._gone()

    async def kill(self) -> None:
        """Ends the process where it stands: SIGKILL, no clean-up. Raises `ServerError` if it is gone."""
        self.check()
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Asks the process to end, and makes it after a while."""
        await self._end(signal.SIGTERM)

    def errors(self) -> int:
        """How many errors the server has logged, over all its starts."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return sum('"level": "error"' in line or line.startswith("Traceback") for line in lines)

    async def _end(self, number: signal.Signals) -> None:
        process, watch = self._process, self._watch
        if process is None:
            return
        self.ready.clear()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if watch:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        self._process = self._watch = None

    async def _look(self, started: float) -> None:
        async with httpx.AsyncClient() as client:
            while time.monotonic() < started + START_SECONDS:
                self.check()
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health/ready")).status_code == 200:
                        self.starts.append(time.monotonic() - started)
                        self.ready.set()
                        return
                await asyncio.sleep(LOOK_SECONDS)
        raise ServerError(f"not ready after {START_SECONDS:.0f} s. The end of its log:\n{tail(self._log)}")

    def _gone(self) -> ServerError:
        return ServerError(f"the server ended by itself. The end of its log:\n{tail(self._log)}")
