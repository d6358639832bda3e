"""`aftercare backup` and `aftercare restore`, as commands and on a shop that is open."""

import os
import subprocess
import threading
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from bot.assistant import training
from store.core.database import Database
from store.tables import conversations, messages
from tests.paths import ROOT
from tests.server import COMMAND, running

ANSWER_SECONDS = 20.0


def aftercare(home: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {
        name: value for name, value in os.environ.items() if name not in ("AFTERCARE_SECRET", "DATABASE_URL")
    }
    return subprocess.run(
        [COMMAND, *arguments],
        env={**kept, "AFTERCARE_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def home(folder: Path) -> Path:
    """A shop's folder with the checkout's texts and model, and a `var` of its own."""
    training.current_model(ROOT) or training.train(ROOT)
    folder.mkdir()
    for name in ("config.yml", "data", "domain.yml", "models", "shop.yml", "web"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return home(tmp_path / "own")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return home(tmp_path / "other")


def served(folder: Path) -> dict[str, str]:
    """The environment by which `running` serves a shop's folder as it is."""
    return {
        "AFTERCARE_HOME": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/var/aftercare.db",
        "AFTERCARE_FILES": str(folder / "var" / "files"),
        "AFTERCARE_RATE_LIMITS": "off",
    }


def ask(client: httpx.Client, text: str) -> None:
    body = {"client_msg_id": uuid4().hex, "text": text}
    assert client.post("/chat/v1/messages", json=body).status_code == 202


def transcript(client: httpx.Client) -> list[tuple[str, str]]:
    shown = client.get("/chat/v1/messages", params={"after": 0}).json()["messages"]
    return [(message["author"], message["text"]) for message in shown]


def test_a_visitor_goes_on_in_a_shop_restored_from_a_backup_of_the_open_one(
    own: Path, other: Path, tmp_path: Path
) -> None:
    with running(tmp_path, None, **served(own)) as url, httpx.Client(base_url=url) as client:
        token = client.post("/chat/v1/sessions").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        ask(client, "hello")
        end = time.monotonic() + ANSWER_SECONDS
        while len(said := transcript(client)) < 2 and time.monotonic() < end:
            time.sleep(0.1)
        assert [author for author, _ in said][:2] == ["customer", "bot"]
        open_still = threading.Event()

        def crowd() -> None:
            with httpx.Client(base_url=url) as someone:
                while not open_still.is_set():
                    someone.headers["Authorization"] = ""
                    session = someone.post("/chat/v1/sessions").json()["token"]
                    someone.headers["Authorization"] = f"Bearer {session}"
                    ask(someone, "where is my order?")

        writer = threading.Thread(target=crowd)
        writer.start()
        try:
            done = aftercare(own, "backup", str(tmp_path / "shop.tar.gz"))
        finally:
            open_still.set()
            writer.join()
        assert (done.returncode, done.stderr) == (0, ""), done
        assert " rows and 0 files are in " in done.stdout
    done = aftercare(other, "restore", str(tmp_path / "shop.tar.gz"))
    assert (done.returncode, done.stderr) == (0, ""), done
    database = Database(f"sqlite:///{other}/var/aftercare.db")
    with database.read() as connection:
        counted = select(conversations.c.id).join(messages).group_by(conversations.c.id)
        partial = counted.having(func.count() != func.max(conversations.c.last_seq))
        assert connection.execute(partial).all() == []
    database.close()
    with running(tmp_path, None, **served(other)) as url, httpx.Client(base_url=url) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert transcript(client)[: len(said)] == said
        ask(client, "hello again")


def test_the_secret_of_the_environment_must_be_the_backups(own: Path, other: Path, tmp_path: Path) -> None:
    path, secret = str(tmp_path / "shop.tar.gz"), "e" * 40
    assert aftercare(own, "db", "upgrade", AFTERCARE_SECRET=secret).returncode == 0
    assert aftercare(own, "backup", path, AFTERCARE_SECRET=secret).returncode == 0
    refused = aftercare(other, "restore", path, AFTERCARE_SECRET="f" * 40)
    assert refused.returncode == 1 and refused.stderr.startswith("AFTERCARE_SECRET: the backup was made with")
    assert not (other / "var").exists()
    assert aftercare(other, "restore", path, AFTERCARE_SECRET=secret).returncode == 0
    assert not (other / "var" / "secret").exists()
    (other / "var" / "aftercare.db").unlink()
    assert aftercare(other, "restore", path).returncode == 0
    assert (other / "var" / "secret").read_text() == secret


def test_errors_are_one_line(own: Path, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("number,state\n")
    for arguments, says in [
        (("backup", str(tmp_path / "a.tar.gz")), "there is no database"),
        (("backup", str(tmp_path / "orders.csv")), "is there already"),
        (("restore", str(tmp_path / "a.tar.gz")), "No such file"),
        (("restore", str(tmp_path / "orders.csv")), "not a backup of Aftercare"),
    ]:
        done = aftercare(own, *arguments)
        assert done.returncode == 1 and done.stdout == ""
        assert says in done.stderr and done.stderr.count("\n") == 1, done.stderr
    away = {"DATABASE_URL": "postgresql+psycopg://nobody:hidden@127.0.0.1:1/none"}
    done = aftercare(own, "backup", str(tmp_path / "a.tar.gz"), **away)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "hidden" not in done.stderr
    (own / "var" / "secret").unlink()
    (own / "var" / "secret").mkdir()
    done = aftercare(own, "backup", str(tmp_path / "a.tar.gz"))
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "run as the user who owns" in done.stderr
