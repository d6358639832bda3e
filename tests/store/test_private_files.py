"""What a shop's customers wrote is readable by the server's user alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from store.core.database import Database


@pytest.fixture(autouse=True)
def open_handed() -> Iterator[None]:
    """As most systems are set: what is made is readable by all."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def used(file: Path) -> dict[str, int]:
    """The rights of all files of a database while it is open, and its folder's."""
    database = Database(f"sqlite:///{file}")
    try:
        with database.write() as connection:
            connection.execute(text("CREATE TABLE one (id INTEGER)"))
        return {one.name: rights(one) for one in [file.parent, *file.parent.iterdir()]}
    finally:
        database.close()


def test_a_new_database_is_nobody_elses_to_read(tmp_path: Path) -> None:
    assert used(tmp_path / "var" / "aftercare.db") == {
        "var": 0o700,
        "aftercare.db": 0o600,
        "aftercare.db-wal": 0o600,
        "aftercare.db-shm": 0o600,
    }


def test_one_of_an_earlier_version_is_shut(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    for name in ("aftercare.db", "aftercare.db-wal", "aftercare.db-shm"):
        (folder / name).touch(0o644)
    found = used(folder / "aftercare.db")
    assert found.pop("var") == 0o755, "its folder is the owner's to set"
    assert set(found.values()) == {0o600}
