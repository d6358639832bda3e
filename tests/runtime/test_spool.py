"""The spool on a real disk: in order, whole or not at all, bounded, and nobody else's to read."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.runtime.spool import Damaged, Spool, SpoolFull

WRITER = """
import sys
from pathlib import Path
from bot.runtime.spool import Spool
spool = Spool(Path(sys.argv[1]))
for number in range(10**6):
    spool.add(b"%s %d" % (sys.argv[2].encode(), number))
    print(number, flush=True)
"""


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", most=50, most_bytes=10_000)


def held(spool: Spool) -> list[bytes]:
    return [spool.read(entry) for entry in spool.entries()]


def test_entries_come_out_as_they_went_in_and_their_numbers_never_come_again(spool: Spool) -> None:
    assert not spool.waits() and spool.entries() == []
    for word in (b"one", b"two", b"three"):
        spool.add(word)
    assert spool.waits() and held(spool) == [b"one", b"two", b"three"]
    names = [entry.name for entry in spool.entries()]
    for entry in spool.entries():
        spool.done(entry)
    assert not spool.waits()
    spool.add(b"four")
    (entry,) = spool.entries()
    assert entry.name > names[-1]


def test_nobody_else_can_read_them(spool: Spool) -> None:
    spool.add(b"one")
    (entry,) = spool.entries()
    assert entry.stat().st_mode & 0o777 == 0o600
    assert spool.folder.stat().st_mode & 0o777 == 0o700


def test_too_many_or_too_much_is_refused_and_keeps_what_is_there(spool: Spool) -> None:
    for number in range(50):
        spool.add(b"%d" % number)
    with pytest.raises(SpoolFull):
        spool.add(b"one more")
    spool.done(spool.entries()[0])
    with pytest.raises(SpoolFull):
        spool.add(b"x" * 10_000)
    spool.add(b"fits")
    assert held(spool)[-1] == b"fits" and len(held(spool)) == 50


def test_a_full_disk_is_told_and_leaves_nothing_behind(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.add(b"one")

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SpoolFull, match="No space left"):
            spool.add(b"two")
    assert held(spool) == [b"one"] and list(spool.folder.glob(".draft-*")) == []


@pytest.mark.parametrize("damage", [b"", b"aftercare-spool 1 beef\nhello", b"\x00" * 50, None])
def test_what_is_not_as_it_was_written_is_known_and_set_aside(spool: Spool, damage: bytes | None) -> None:
    spool.add(b"one")
    spool.add(b"two")
    first = spool.entries()[0]
    first.write_bytes(first.read_bytes()[:-1] if damage is None else damage)
    with pytest.raises(Damaged):
        spool.read(first)
    spool.set_aside(first)
    assert held(spool) == [b"two"]
    assert (spool.state().entries, spool.state().set_aside) == (1, 1)


def test_one_process_takes_out_at_a_time(spool: Spool) -> None:
    spool.add(b"one")
    other = Spool(spool.folder)
    with spool.feeding() as mine:
        assert mine
        with other.feeding() as theirs:
            assert not theirs
    with other.feeding() as theirs:
        assert theirs


def test_killed_writers_lose_nothing_that_they_were_told_is_kept(tmp_path: Path) -> None:
    """Two processes write to one folder and are killed somewhere."""
    folder = tmp_path / "spool"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name], stdout=subprocess.PIPE)
        for name in ("a", "b")
    ]
    kept = {}
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == b"0\n"
    for name, writer in zip("ab", writers, strict=True):
        writer.send_signal(signal.SIGKILL)
        said, _ = writer.communicate()
        kept[name] = 1 + said.count(b"\n")
    spool = Spool(folder)
    spool.tidy()
    assert list(folder.glob(".draft-*")) == []
    words = [word.decode().split() for word in held(spool)]
    for name, count in kept.items():
        numbers = [int(number) for one, number in words if one == name]
        # The last one may be kept without anybody having heard of it.
        assert numbers == list(range(len(numbers))) and len(numbers) in (count, count + 1)
