"""A trained model's file: whether it is one, and whole."""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

METADATA = "metadata.json"  # of every model that Rasa writes
CHUNK = 1 << 20


class Damaged(Exception):
    """A model's file can't be used; the text says why, as what the file is."""


def check(path: Path) -> None:
    """Compares the file with the checksum beside it. Where there is none, or another, it is read to its end,
    where a checksum of its content stands. Raises `Damaged`."""
    if path.is_dir():
        raise Damaged("is a folder")
    known = _known_sum(path)
    if known is None or known != _sum(path):
        _read(path)
        if known is not None:
            raise Damaged("is not what was trained")


def put(made: Path, final: Path) -> None:
    """Gives a new model its name: the whole of it or, if the process or the power goes, what was there.
    Raises `Damaged` and OSError."""
    _read(made)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    if final.is_dir():
        final.rename(final.with_name(f"{final.name}.{os.getpid()}.folder"))
    sums = _sums(final)
    sums.unlink(missing_ok=True)  # a model without one is read as a whole
    os.replace(made, final)
    draft = sums.with_name(f".{sums.name}.{os.getpid()}")
    draft.write_text(f"{_sum(final)}  {final.name}\n", "utf-8")  # as sha256sum reads it
    os.replace(draft, sums)


def _sums(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _known_sum(path: Path) -> str | None:
    try:
        return _sums(path).read_text("utf-8").partition(" ")[0]
    except (OSError, UnicodeDecodeError):
        return None


def _sum(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _read(path: Path) -> None:
    try:
        if not path.stat().st_size:
            raise Damaged("is empty")
        with tarfile.open(path, "r:gz") as archive:
            names = {name.lstrip("./") for name in archive.getnames()}
            while archive.fileobj and archive.fileobj.read(CHUNK):
                pass
    except EOFError:
        raise Damaged("is cut short") from None
    except tarfile.ReadError as error:
        cut = "end of data" in str(error) or isinstance(error.__cause__, EOFError)
        raise Damaged("is cut short" if cut else "is no model") from None
    except (gzip.BadGzipFile, zlib.error, tarfile.TarError):
        raise Damaged("is damaged") from None
    except OSError as error:
        raise Damaged(f"can't be read ({error.strerror})") from None
    if METADATA not in names:
        raise Damaged("is no model")


def is_whole(path: Path) -> bool:
    try:
        check(path)
    except Damaged:
        return False
    return True


def others(path: Path) -> Iterator[Path]:
    """The other models beside it that are whole, the newest first."""
    found = [one for one in path.parent.glob("aftercare-*.tar.gz") if one != path and one.is_file()]
    return filter(is_whole, sorted(found, key=lambda one: one.stat().st_mtime, reverse=True))
