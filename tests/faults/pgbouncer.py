"""A PgBouncer in transaction mode before a PostgreSQL."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from bench.process import free_port

COMMAND = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
MISSING = (
    "*** PgBouncer is not installed: what it breaks is NOT TESTED; install Debian's package pgbouncer ***"
)


def need() -> None:
    """Skips a test where there is no PgBouncer."""
    if COMMAND is None:
        pytest.skip(MISSING)


@contextmanager
def own_database(server: str) -> Iterator[URL]:
    """An empty database of our own: a pooler takes no search path."""
    name = f"t_{uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name, query={})
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def pooled(url: URL, folder: Path) -> Iterator[URL]:
    """The URL of the same database through a PgBouncer, which has fewer connections than are asked for."""
    assert COMMAND
    port = free_port()
    folder.mkdir(exist_ok=True)
    users = folder / "users.txt"
    users.write_text(f'"{url.username}" "{url.password or ""}"\n')
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "trust",
        "auth_file": users,
        "pool_mode": "transaction",
        "default_pool_size": 4,
        "max_client_conn": 200,
        "server_connect_timeout": 3,
        "server_login_retry": 1,
        "logfile": folder / "pgbouncer.log",
        "ignore_startup_parameters": "extra_float_digits",
    }
    ini = folder / "pgbouncer.ini"
    ini.write_text(
        f"[databases]\n* = host={url.host} port={url.port or 5432}\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in settings.items())
    )
    for path in (folder, users, ini):
        path.chmod(0o777 if path.is_dir() else 0o644)
    # It refuses to run as root.
    user = ["-u", "postgres"] if os.geteuid() == 0 else []
    process = subprocess.Popen([COMMAND, "-q", *user, str(ini)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "pgbouncer.log").read_text()
            time.sleep(0.05)
        yield url.set(host="127.0.0.1", port=port)
    finally:
        process.terminate()
        process.wait(10)
