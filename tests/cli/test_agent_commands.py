"""`aftercare agents`, on the shop's own files."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.agent_commands import agents as command
from bot.desk.accounts import tokens
from store.accounts import agents, audit
from store.core import mails
from store.core.database import Database
from store.tables import now
from tests.paths import ROOT

ANNA = "anna@linden.example"


@pytest.fixture(autouse=True)
def database(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    shutil.copy(ROOT / "shop.yml", tmp_path)
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    monkeypatch.setenv("AFTERCARE_SECRET", "s" * 32)
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://chat.linden.example/")
    shutil.copy(migrated_file, tmp_path / "test.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    opened = Database(f"sqlite:///{tmp_path}/test.db")
    yield opened
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_the_first_admin(database: Database) -> None:
    assert "aftercare agents add" in run("list").stderr
    added = run("add", "Anna@Linden.example", "--name", "Anna", "--admin", "--language", "lt")
    assert added.exit_code == 0, added.output
    link = added.stdout.strip()
    assert link.startswith("https://chat.linden.example/desk#invitation=")
    assert run("list").stdout == f"{ANNA}\tAnna\tadmin\tinvited\n"
    with database.write() as connection:
        anna = agents.find(connection, ANNA)
        assert anna and (anna.role, anna.language) == ("admin", "lt")
        [mail] = mails.due(connection, now(), now(), 5)
        assert link in mail.body and "septynias dienas" in mail.body
        [entry] = audit.entries(connection)
        assert (entry.who, entry.action, entry.target) == ("command line", "agent_added", f"agent:{anna.id}")
        # The link works, once.
        link_hash = tokens.hashed(link.partition("=")[2])
        assert agents.use_invitation(connection, link_hash, now()) == anna.id
        assert agents.use_invitation(connection, link_hash, now()) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "anna", "--name", "Anna"], "e-mail"),
        (["add", "anna@linden.example\nBcc: x@y.example", "--name", "Anna"], "e-mail"),
        (["add", ANNA], "--name"),
        (["add", ANNA, "--name", " "], "name"),
        (["add", ANNA, "--name", "A\x1b[2J"], "name"),
        (["add", ANNA, "--name", "Anna", "--language", "xx"], "language: write one of en, lt"),
        (["disable", ANNA], "nobody has the e-mail"),
        (["enable", ANNA], "nobody has the e-mail"),
        (["reset", ANNA], "nobody has the e-mail"),
    ],
)
def test_mistakes_are_named(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code in (1, 2) and said in result.stderr
    assert "Traceback" not in result.output and result.stdout == ""


def test_nothing_is_stored_by_halves() -> None:
    assert run("add", ANNA, "--name", "Anna").exit_code == 0
    again = run("add", ANNA.upper(), "--name", "Other")
    assert again.exit_code == 1 and "Another agent has this e-mail" in again.stderr
    assert run("list").stdout == f"{ANNA}\tAnna\tagent\tinvited\n"


def test_locked_out(database: Database) -> None:
    for name in ("anna", "boss"):
        run("add", f"{name}@linden.example", "--name", name.title(), "--admin")
    with database.write() as connection:
        for agent in agents.listed(connection):
            agents.change(connection, agent.id, password="!", totp_secret="x")
    assert f"{ANNA}\tAnna\tadmin\toffline\tsecond factor\n" in run("list").stdout
    link = run("reset", ANNA).stdout
    assert link.startswith("https://chat.linden.example/desk#reset=")
    assert "second factor" in run("list").stdout
    assert run("reset", ANNA, "--second-factor").stdout != link
    assert f"{ANNA}\tAnna\tadmin\toffline\n" in run("list").stdout
    assert run("disable", ANNA).exit_code == 0
    assert "Enable it first" in run("reset", ANNA).stderr
    last = run("disable", "boss@linden.example")
    assert last.exit_code == 1 and "last admin" in last.stderr
    assert run("enable", ANNA).exit_code == 0 and run("disable", "boss@linden.example").exit_code == 0
