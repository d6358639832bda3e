"""`aftercare run` where it can't serve: one line that names the cause and what to do."""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.doctor import doctor
from bot.runtime.http.listening import PortError, bind, listen
from store.core import serving_lock
from store.core.database import Database, NotADatabase
from store.core.serving_lock import AlreadyServed

COMMAND = Path(sys.executable).with_name("aftercare")
HOLD = """
import sys
from store.core import serving_lock
with serving_lock.held(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def aftercare(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    url = f"sqlite:///{folder}/server.db"
    return subprocess.run(
        [COMMAND, *arguments],
        env={**os.environ, "DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


@pytest.mark.parametrize(
    "arguments", [["run", "--port"], ["actions", "--port"], ["simulate", "sms", "--port"]], ids=" ".join
)
def test_a_port_in_use_is_named_in_one_line(tmp_path: Path, taken: int, arguments: list[str]) -> None:
    ended = aftercare(tmp_path, *arguments, str(taken))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"port {taken} is in use, by another program or another `aftercare run`: stop that one, or take "
        f"another port: --port {taken + 1}\n"
    )


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.7", "x" * 300])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(PortError, match="--host"):
        bind(host, 0)


def test_a_server_that_still_starts_keeps_nobody_waiting_and_the_second_of_two_is_refused() -> None:
    with bind("127.0.0.1", 0) as door:
        port = door.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)
        with bind("127.0.0.1", port) as other:
            listen(door)
            with pytest.raises(PortError, match=f"port {port} is in use"):
                listen(other)
        with pytest.raises(PortError, match=f"port {port} is in use"):
            bind("127.0.0.1", port)
        socket.create_connection(("127.0.0.1", port), 5).close()


# --- one server for an SQLite file -----------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    """A process that has the lock as a server does."""
    command = [sys.executable, "-c", HOLD, f"sqlite:///{tmp_path}/server.db"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_server_is_refused_and_postgresql_named(
    tmp_path: Path, server: "subprocess.Popen[str]"
) -> None:
    ended = aftercare(tmp_path, "run", "--port", "8999")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert f"{tmp_path}/server.db is served by another `aftercare run` already" in ended.stderr
    assert f"(process {server.pid})" in ended.stderr and "PostgreSQL" in ended.stderr


def test_another_name_of_the_same_file_is_the_same_file(
    tmp_path: Path, server: "subprocess.Popen[str]"
) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "server.db")
    with pytest.raises(AlreadyServed), serving_lock.held(f"sqlite:///{tmp_path}/link.db"):
        pass


def test_commands_work_beside_a_running_server(tmp_path: Path, server: "subprocess.Popen[str]") -> None:
    for arguments in (["db", "upgrade"], ["demo", "--json"], ["agents", "list"]):
        ended = aftercare(tmp_path, *arguments)
        assert ended.returncode == 0, ended.stderr


def test_a_server_that_was_killed_holds_nothing(tmp_path: Path, server: "subprocess.Popen[str]") -> None:
    server.kill()
    server.wait()
    assert (tmp_path / "server.db.lock").exists()
    for _ in range(2):
        with serving_lock.held(f"sqlite:///{tmp_path}/server.db"):
            pass


def test_other_files_and_postgresql_are_not_locked(tmp_path: Path, server: "subprocess.Popen[str]") -> None:
    postgresql = "postgresql+psycopg://shop@db.example/shop"
    with (
        serving_lock.held(f"sqlite:///{tmp_path}/other.db"),
        serving_lock.held(postgresql),
        serving_lock.held(postgresql),
    ):
        pass
    assert (tmp_path / "other.db.lock").stat().st_mode & 0o777 == 0o600


# --- a file that is no database --------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"<html>an error page</html>", b"SQLite format 2", b"\0" * 4096])
def test_a_file_that_is_no_database_is_left_alone_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = tmp_path / "server.db"
    path.write_bytes(content)
    ended = aftercare(tmp_path, "db", "upgrade")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert f"{path} is not a database, or is damaged: restore a backup" in ended.stderr
    assert path.read_bytes() == content
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    assert f"✗ Database: DATABASE_URL: {path} is not a database" in CliRunner().invoke(doctor).output


def test_a_folder_is_no_database_and_an_empty_file_a_new_one(tmp_path: Path) -> None:
    with pytest.raises(NotADatabase, match="is a folder"):
        Database(f"sqlite:///{tmp_path}")
    (tmp_path / "new.db").touch()
    database = Database(f"sqlite:///{tmp_path}/new.db")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    database.close()
    with sqlite3.connect(tmp_path / "new.db") as plain:
        assert plain.execute("SELECT 1").fetchone() == (1,)
