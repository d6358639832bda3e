"""A backup of a shop: its database, its customers' files and its secret, in one archive.

database/<table>.jsonl   a row a line, in the order in which they can be loaded
files/<name>             customers' photos and files
secret                   which signs visitors' sessions and encrypts second factors
manifest.json            what the archive is, and the size and SHA-256 of each member
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from pydantic import BaseModel

from bot.runtime.backup import secret_file
from bot.runtime.backup.archive_file import CHUNK, ArchiveError, Member, Sum, members, reading, writing
from bot.runtime.files import MAX_BYTES, NAME, kept
from store.core import schema, snapshot

FORMAT = 1
MANIFEST = "manifest.json"
SECRET = "secret"
MAX_LINE = 16 << 20  # bytes of a row
_TABLE = re.compile(r"database/([a-z_]{1,60})\.jsonl")
_FILE = re.compile(f"files/({NAME.pattern})")
_SMALL = {MANIFEST: 256 << 20, SECRET: 4096}  # bytes at most of what is read as a whole

# Hears which share of the work is done, 0 to 1.
Tell = Callable[[float], None]


class Manifest(BaseModel):
    """What an archive says of itself. `rows`: by table, in the order in which they are loaded."""

    format: int
    program: str  # version
    revision: str  # of the schema
    database: str  # sqlite postgresql
    made_at: datetime
    rows: dict[str, int]
    members: dict[str, Sum]

    @property
    def files(self) -> int:
        return sum(name.startswith("files/") for name in self.members)


def create(path: Path, url: str, files: Path, secret: bytes, tell: Tell) -> Manifest:
    """Writes a backup to the new file `path` while the shop may go on. Raises `ArchiveError` and
    `SnapshotError`; then there is no file."""
    # The file's name is settled first: a mistyped one shows at once.
    with writing(path) as archive, snapshot.take(url) as database:
        names = kept(files)  # after the snapshot: a file is on the disk before its row is in the database
        total = sum(database.rows.values()) + len(names) + 1
        done = 0
        for table in database.rows:
            with tempfile.TemporaryFile(dir=path.parent) as spool:  # a tar wants to know the size first
                for line in database.lines(table):
                    spool.write(line)
                    done += 1
                    if done % 1000 == 0:
                        tell(done / total)
                size = spool.tell()
                spool.seek(0)
                archive.add(f"database/{table}.jsonl", spool, size)
        for name in names:
            tell(done / total)
            done += 1
            try:
                file = (files / name).open("rb")
            except FileNotFoundError:  # deleted in the meantime, and soon its row is too
                continue
            with file:
                archive.add(f"files/{name}", file, os.fstat(file.fileno()).st_size)
        archive.add_bytes(SECRET, secret)
        manifest = Manifest(
            format=FORMAT,
            program=version("aftercare"),
            revision=database.revision,
            database=database.kind,
            made_at=datetime.now(UTC),
            rows=database.rows,
            members=archive.sums,
        )
        archive.add_bytes(MANIFEST, manifest.model_dump_json(indent=1).encode())
    return manifest


@dataclass(frozen=True, slots=True)
class Checked:
    """An open archive whose every member is as its manifest says, and which this program can load."""

    manifest: Manifest
    secret: str = field(repr=False)
    _raw: IO[bytes]

    def members(self, tell: Tell) -> Iterator[Member]:
        """All of them once more."""
        return members(self._raw, _most, tell)


@contextmanager
def checked(path: Path, tell: Tell) -> Iterator[Checked]:
    """A backup's file, read from beginning to end. Raises `ArchiveError`."""
    with reading(path) as raw:
        sums: dict[str, Sum] = {}
        small = {MANIFEST: b"", SECRET: b""}
        for member in members(raw, _most, tell):
            if member.name in sums or MANIFEST in sums:
                raise ArchiveError(f"{path} holds {member.name!r} twice, or behind its end")
            digest = hashlib.sha256()
            while chunk := member.read(CHUNK):
                digest.update(chunk)
                if member.name in small:
                    small[member.name] += chunk
            sums[member.name] = Sum(member.size, digest.hexdigest())
        if MANIFEST not in sums:
            raise ArchiveError(f"{path} is not a backup of Aftercare: it has no {MANIFEST}")
        manifest = _manifest(path, small[MANIFEST])
        del sums[MANIFEST]
        _compare(path, manifest, sums)
        try:
            secret = small[SECRET].decode()
        except UnicodeDecodeError:
            raise ArchiveError(f"{path}: its secret is not text") from None
        yield Checked(manifest, secret, raw)


def restore(archive: Checked, url: str, files: Path, secret: Path | None, tell: Tell) -> None:
    """Puts a backup into an empty database and an empty folder of files, all of it or nothing. `secret`: the
    file in which the shop's secret is kept, if it is in one. Raises `ArchiveError` and `SnapshotError`."""
    if kept(files):
        raise ArchiveError(f"{files} holds files already: move it away, and restore again")
    if secret and secret.exists() and secret.read_bytes().strip() != archive.secret.encode():
        raise ArchiveError(f"{secret} is another secret than the backup's: move it away, and restore again")
    placed: list[Path] = []
    staged = files / ".restore"  # in the same file system: placing is renaming
    is_new = not files.exists()
    try:
        with snapshot.loading(url, archive.manifest.revision) as database:
            shutil.rmtree(staged, ignore_errors=True)  # of a restore that was killed
            staged.mkdir(parents=True, mode=0o700)
            _load(archive, database, staged, tell)
            database.finish()
            os.sync()
            # Before the commit: whoever pulls the plug here finds an empty database, and restores again.
            for file in sorted(staged.iterdir()):
                placed.append(files / file.name)
                file.rename(files / file.name)
            if secret and secret_file.keep(secret, archive.secret.encode()):
                placed.append(secret)
    except BaseException:
        for file in placed:
            file.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        if is_new:
            with suppress(OSError):  # it holds files
                files.rmdir()


def _load(archive: Checked, database: snapshot.Loader, staged: Path, tell: Tell) -> None:
    for member in archive.members(tell):
        if table := _TABLE.fullmatch(member.name):
            database.load(table[1], _lines(member))
        elif file := _FILE.fullmatch(member.name):
            with open(os.open(staged / file[1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
                shutil.copyfileobj(member, copy, CHUNK)


def _lines(member: Member) -> Iterator[bytes]:
    content = member.buffered()
    while line := content.readline(MAX_LINE):
        if not line.endswith(b"\n"):
            raise ArchiveError(f"{member.name} has a row of more than {MAX_LINE} bytes, or half a row")
        yield line


def _most(name: str) -> int | None:
    """How many bytes a member may have; None for names that a backup doesn't hold."""
    if _TABLE.fullmatch(name):
        return 1 << 50
    return MAX_BYTES if _FILE.fullmatch(name) else _SMALL.get(name)


def _manifest(path: Path, content: bytes) -> Manifest:
    """Raises `ArchiveError` for one that this program can't read, or whose schema it doesn't know."""
    try:
        made_by = json.loads(content)
        number, program = int(made_by["format"]), str(made_by["program"])
        # A newer format may have other fields.
        manifest = Manifest.model_validate(made_by) if number <= FORMAT else None
    except (ValueError, TypeError, KeyError):
        raise ArchiveError(f"{path} is not a backup of Aftercare: its {MANIFEST} is not like ours") from None
    if manifest is None or not schema.knows(manifest.revision):
        raise ArchiveError(
            f"{path} was made by a newer version, {program[:40]!r}, than this, {version('aftercare')}: "
            "install that one"
        )
    return manifest


def _compare(path: Path, manifest: Manifest, found: dict[str, Sum]) -> None:
    needed = {SECRET, *manifest.members, *(f"database/{table}.jsonl" for table in manifest.rows)}
    if missing := needed - found.keys():
        raise ArchiveError(f"{path} is damaged: it lacks {min(missing)!r}")
    for name, found_sum in found.items():
        if manifest.members.get(name) != found_sum:
            raise ArchiveError(f"{path} is damaged: {name!r} is not what its {MANIFEST} says")
