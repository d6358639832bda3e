"""A real `aftercare run` for tests, in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

COMMAND = Path(sys.executable).with_name("aftercare")
START_SECONDS = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, port: int | None = None, **environment: str) -> Iterator[str]:
    """The address of a server that is ready, on `port` if given; its database, log, files and mail lie in
    `folder`."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    own = {
        "DATABASE_URL": f"sqlite:///{folder}/server.db",
        "AFTERCARE_FILES": str(folder / "files"),
        "AFTERCARE_MAIL": str(folder / "mail"),
        "AFTERCARE_SPOOL": str(folder / "spool"),
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [COMMAND, "run", "--port", str(port)],
            env={**os.environ, **own, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(address, process, folder / "server.log")
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not become ready:\n{log.read_text('utf-8')[-3000:]}")
