"""A spool: what was accepted while the database is away, as files on this disk until it is back.

One file an entry, written beside its place, synced and renamed, so that a killed process or a power cut
leaves all of it or nothing; its name is its number, and entries are taken in that order. Several processes
may share a folder. Files are readable by this user only; what is in them is as plain as in the database.
"""

import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MOST_ENTRIES = 10_000
MOST_BYTES = 256 * 1024 * 1024  # of all entries together

_NAME = re.compile(r"\d{12}\.json")
_MARK = b"aftercare-spool 1 "


class SpoolFull(Exception):
    """Nothing can be kept: too much is, or the disk takes nothing."""


class Damaged(Exception):
    """An entry isn't what was written."""


@dataclass(frozen=True, slots=True)
class SpoolState:
    """`age`: seconds since the first entry came. `set_aside`: entries that a person must look at."""

    entries: int = 0
    size: int = 0  # bytes
    age: float = 0.0
    set_aside: int = 0


class Spool:
    """A folder, made when it is needed. All methods block for as long as a disk does."""

    def __init__(self, folder: Path, *, most: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.aside = folder / "aside"
        self._most = most
        self._most_bytes = most_bytes

    # --- in ---

    def waits(self) -> bool:
        """Whether there is an entry: what comes now belongs behind it."""
        try:
            with os.scandir(self.folder) as found:
                return any(_NAME.fullmatch(one.name) for one in found)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def add(self, content: bytes) -> None:
        """Keeps an entry, behind all others. Raises `SpoolFull`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._lock("lock") as lock:
                assert lock is not None
                self._add(lock, content)
        except OSError as error:
            raise SpoolFull(f"{self.folder}: {error.strerror}") from error

    def _add(self, lock: int, content: bytes) -> None:
        entries = self.entries()
        size = sum(_size(one) for one in entries) + len(content)
        if len(entries) >= self._most or size > self._most_bytes:
            raise SpoolFull(f"{len(entries)} entries wait in it")
        # The last number stands in the lock's file: the entry itself may be gone by now.
        last = os.pread(lock, 20, 0)
        highest = int(entries[-1].stem) if entries else 0
        number = 1 + max(highest, int(last) if last.isdigit() else 0)
        draft = self.folder / f".draft-{secrets.token_hex(8)}"
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_MARK + _digest(content) + b"\n" + content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.folder / f"{number:012d}.json")
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _sync(self.folder)
        os.pwrite(lock, b"%020d" % number, 0)

    # --- out ---

    def entries(self) -> list[Path]:
        """All of them, the first one first."""
        try:
            names = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [self.folder / name for name in sorted(names) if _NAME.fullmatch(name)]

    def read(self, entry: Path) -> bytes:
        """What an entry holds. Raises `Damaged`."""
        try:
            head, _, content = entry.read_bytes().partition(b"\n")
        except OSError as error:
            raise Damaged(error.strerror or "can't be read") from error
        if head != _MARK + _digest(content):
            raise Damaged("not as it was written")
        return content

    def done(self, entry: Path) -> None:
        """Forgets an entry whose content is in the database by now."""
        entry.unlink(missing_ok=True)

    def set_aside(self, entry: Path) -> None:
        """Puts an entry where it stands in no other's way, for a person to look at."""
        self.aside.mkdir(exist_ok=True, mode=0o700)
        entry.rename(self.aside / f"{int(time.time())}-{entry.name}")

    @contextmanager
    def feeding(self) -> Iterator[bool]:
        """Whether this process may take entries out; one does so at a time. A killed one lets go."""
        with self._lock("feeding", wait=False) as lock:
            yield lock is not None

    def tidy(self) -> None:
        """Removes what processes left that were killed while they wrote: nobody was told that it is kept."""
        if self.folder.is_dir():
            with self._lock("lock"):
                for draft in self.folder.glob(".draft-*"):
                    draft.unlink(missing_ok=True)

    def state(self) -> SpoolState:
        """How much waits, and since when."""
        entries = self.entries()
        aside = len(os.listdir(self.aside)) if self.aside.is_dir() else 0
        age = 0.0
        if entries:
            with suppress(OSError):
                age = max(0.0, time.time() - entries[0].stat().st_mtime)
        return SpoolState(len(entries), sum(_size(one) for one in entries), age, aside)

    @contextmanager
    def _lock(self, name: str, *, wait: bool = True) -> Iterator[int | None]:
        """A lock of all processes that share the folder; None if another one has it and we don't wait."""
        lock = os.open(self.folder / f".{name}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield None
                return
            yield lock
        finally:
            os.close(lock)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _size(entry: Path) -> int:
    try:
        return entry.stat().st_size
    except OSError:
        return 0  # it was taken out meanwhile


def _sync(folder: Path) -> None:
    """Has a disk keep a folder's names too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
