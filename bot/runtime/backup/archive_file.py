"""A gzipped tar of plain members, the last of which is a manifest with the size and SHA-256 of each.

It is read block by block rather than by `tarfile`, which follows links, and holds extended headers in memory
whatever their size: an archive may have come from anywhere.
"""

import gzip
import hashlib
import io
import os
import secrets
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

BLOCK = tarfile.BLOCKSIZE
CHUNK = 1 << 20


class ArchiveError(Exception):
    """A backup's file can't be written or is not one; nothing was changed. The text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What a member must be: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


class Writer:
    """An archive that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.sums: dict[str, Sum] = {}

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """Adds a member of `size` bytes from where `content` is."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        read = _Summing(content)
        self._tar.addfile(info, read)  # type: ignore[arg-type]
        self.sums[name] = Sum(size, read.digest.hexdigest())

    def add_bytes(self, name: str, content: bytes) -> None:
        """Adds a small member."""
        self.add(name, io.BytesIO(content), len(content))


class _Summing:
    """A reader that sums up what is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        read = self._content.read(size)
        self.digest.update(read)
        return read


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new archive, readable by this user only. It appears under its name when the block ends, and not at
    all if that fails. Raises `ArchiveError` if it can't be written or there is a file of its name."""
    if path.exists():
        raise ArchiveError(f"{path} is there already: name another file, or delete it")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with (
                gzip.GzipFile("", "wb", 6, raw) as zipped,
                tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as tar,
            ):
                yield Writer(tar)
            raw.flush()
            os.fsync(raw.fileno())
        draft.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise ArchiveError(f"{path}: {error.strerror or error}") from None
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class Member(io.RawIOBase):
    """One member's content, read once and in order."""

    def __init__(self, stream: io.BufferedIOBase, name: str, size: int) -> None:
        self._stream = stream
        self._left = size
        self.name = name
        self.size = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._stream.read(min(len(buffer), self._left))
        if not read and self._left:
            raise EOFError
        buffer[: len(read)] = read
        self._left -= len(read)
        return len(read)

    def buffered(self) -> io.BufferedReader:
        return io.BufferedReader(self, CHUNK)

    def finish(self) -> None:
        """Goes to its end and behind the rest of its last block."""
        left = self._left + -self.size % BLOCK
        while left:
            skipped = len(self._stream.read(min(left, CHUNK)))
            if not skipped:
                raise EOFError
            left -= skipped


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """An archive's file. Raises `ArchiveError`, also for what the block finds wrong as it reads `members`."""
    try:
        with path.open("rb") as raw:
            yield raw
    except (EOFError, zlib.error):
        raise ArchiveError(f"{path} is damaged or cut off") from None
    except (gzip.BadGzipFile, tarfile.HeaderError):
        raise ArchiveError(f"{path} is not a backup of Aftercare, or is damaged") from None
    except OSError as error:
        raise ArchiveError(f"{error.filename or path}: {error.strerror or error}") from None


def members(
    raw: IO[bytes], most: Callable[[str], int | None], tell: Callable[[float], None]
) -> Iterator[Member]:
    """The members from the archive's beginning on, each to be read before the next. `most` says how many
    bytes a member of a name may have; None: there can't be one. `tell` hears which share of the file has been
    read, up to 1. Raises `ArchiveError`."""
    raw.seek(0)
    with gzip.GzipFile(fileobj=_Telling(raw, tell), mode="rb") as stream:
        while (header := _block(stream)) != bytes(BLOCK):
            member = _member(stream, header, most)
            yield member
            member.finish()
        while stream.read(CHUNK):  # gzip's own checksum stands at the end
            pass


class _Telling:
    """A file that tells how much of it has been read."""

    def __init__(self, raw: IO[bytes], tell: Callable[[float], None]) -> None:
        self._raw = raw
        self._size = os.fstat(raw.fileno()).st_size or 1
        self._tell = tell

    def read(self, size: int) -> bytes:
        self._tell(self._raw.tell() / self._size)
        return self._raw.read(size)

    def seek(self, place: int) -> int:
        return self._raw.seek(place)


def _block(stream: io.BufferedIOBase) -> bytes:
    block = stream.read(BLOCK)
    if len(block) < BLOCK:
        raise EOFError
    return block


def _member(stream: io.BufferedIOBase, header: bytes, most: Callable[[str], int | None]) -> Member:
    info = tarfile.TarInfo.frombuf(header, "ascii", "backslashreplace")
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise ArchiveError(f"the archive holds {info.name!r}, which is not a plain file")
    limit = most(info.name)
    if limit is None:
        raise ArchiveError(f"the archive holds {info.name!r}, which no backup of Aftercare has")
    if not 0 <= info.size <= limit:
        raise ArchiveError(f"the archive's {info.name!r} has {info.size} bytes; it may have {limit}")
    return Member(stream, info.name, info.size)
