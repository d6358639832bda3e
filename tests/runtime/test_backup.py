"""A shop's backup as a file: whole or not at all, in both directions."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.runtime.backup import backup
from bot.runtime.backup.archive_file import ArchiveError
from bot.runtime.files import Files
from channels.web import visitor
from store.core import schema
from store.core.database import Database
from store.core.snapshot import SnapshotError
from tests.store.filling import contents, fill

SECRET = b"s" * 40
PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 5000


@dataclass
class Home:
    """A shop's database, files and secret."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/shop.db"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def secret(self) -> Path:
        return self.folder / "secret"

    def back_up(self, path: Path) -> backup.Manifest:
        return backup.create(path, self.url, self.files, SECRET, lambda _: None)

    def restore(self, path: Path) -> None:
        with backup.checked(path, lambda _: None) as archive:
            backup.restore(archive, self.url, self.files, self.secret, lambda _: None)

    def rows(self) -> dict[str, list[dict[str, object]]]:
        database = Database(self.url)
        with database.read() as connection:
            found = contents(connection, schema.head())
        database.close()
        return found

    def paths(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))


@pytest.fixture
def shop(tmp_path: Path) -> Home:
    home = Home(tmp_path / "shop")
    database = Database(home.url)
    schema.upgrade(database)
    with database.write() as connection:
        fill(connection, schema.head())
    database.close()
    files = Files(home.files, SECRET)
    for content in (PHOTO, b"plain text"):
        files.save(content)
    (home.files / ".draft").write_bytes(b"half a file")
    return home


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    (tmp_path / "empty").mkdir()
    return Home(tmp_path / "empty")


@pytest.fixture
def archive(shop: Home, tmp_path: Path) -> Path:
    path = tmp_path / "shop.tar.gz"
    shop.back_up(path)
    return path


def test_rows_files_and_secret_come_back(shop: Home, empty: Home, archive: Path) -> None:
    token = visitor.issue(SECRET)
    empty.restore(archive)
    assert empty.rows() == shop.rows()
    names = [path.name for path in shop.files.iterdir() if path.name != ".draft"]
    assert sorted(names) == sorted(path.name for path in empty.files.iterdir())
    for name in names:
        assert (empty.files / name).read_bytes() == (shop.files / name).read_bytes()
        assert (empty.files / name).stat().st_mode & 0o777 == 0o600
    assert empty.secret.stat().st_mode & 0o777 == 0o600
    assert visitor.verify(empty.secret.read_bytes(), f"Bearer {token}")


def test_the_archive_is_this_users_and_says_what_it_is(shop: Home, archive: Path, tmp_path: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        manifest = json.load(tar.extractfile(names[-1]))  # type: ignore[arg-type]
        assert names[-1] == "manifest.json" and set(names[:-1]) == set(manifest["members"])
        for name, member in manifest["members"].items():
            content = tar.extractfile(name).read()  # type: ignore[union-attr]
            assert member == {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert manifest["format"] == 1 and manifest["revision"] == schema.head()
    assert manifest["database"] == "sqlite" and manifest["program"] and manifest["made_at"]
    assert manifest["rows"] == {table: len(rows) for table, rows in shop.rows().items()}


def test_a_backup_that_fails_leaves_no_file(shop: Home, archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(ArchiveError, match="is there already"):
        shop.back_up(archive)
    assert archive.read_bytes() == before
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(SnapshotError, match="there is no database"):
        Home(tmp_path / "nowhere").back_up(folder / "shop.tar.gz")
    with pytest.raises(ArchiveError, match="No such file or directory"):
        shop.back_up(tmp_path / "nowhere" / "shop.tar.gz")
    database = Database(shop.url)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE tracker_events SET data = '{'")
    database.close()
    with pytest.raises(SnapshotError, match="a row of tracker_events can't be read"):
        shop.back_up(folder / "shop.tar.gz")
    assert list(folder.iterdir()) == []


def test_a_shop_with_data_files_or_another_secret_is_left_alone(
    shop: Home, empty: Home, archive: Path
) -> None:
    rows, paths = shop.rows(), shop.paths()
    with pytest.raises(ArchiveError, match=r"files holds files already: move it away"):
        shop.restore(archive)
    kept = shop.files.rename(shop.folder / "kept")
    with pytest.raises(SnapshotError, match="has data already"):
        shop.restore(archive)
    kept.rename(shop.files)
    assert shop.rows() == rows and shop.paths() == paths
    empty.secret.write_bytes(b"t" * 40)
    with pytest.raises(ArchiveError, match="another secret than the backup's"):
        empty.restore(archive)
    assert empty.paths() == ["secret"]
    empty.secret.write_bytes(SECRET + b"\n")
    empty.restore(archive)
    assert empty.rows() == rows


Members = list[tuple[tarfile.TarInfo, bytes]]


def rewritten(path: Path, change: Callable[[Members], object], *, sums: bool = True) -> Path:
    """Changes an archive's members, and its manifest so that all sums fit (`sums`)."""
    with tarfile.open(path) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    change(members)
    if sums:
        manifest = json.loads(members[-1][1])
        manifest["members"] = {
            info.name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for info, content in members[:-1]
        }
        members[-1] = (members[-1][0], json.dumps(manifest).encode())
    with tarfile.open(path, "w:gz") as tar:
        for info, content in members:
            if info.isreg():
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def plain(name: str, content: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def index(members: Members, name: str) -> int:
    return next(n for n, (info, _) in enumerate(members) if info.name.startswith(name))


def replaced(name: str, change: Callable[[bytes], bytes]) -> Callable[[Members], object]:
    def work(members: Members) -> None:
        place = index(members, name)
        members[place] = (members[place][0], change(members[place][1]))

    return work


def told(**values: object) -> Callable[[Members], object]:
    return replaced("manifest.json", lambda content: json.dumps(json.loads(content) | values).encode())


FILE = "files/" + "0" * 32
HOSTILE: dict[str, tuple[Callable[[Members], object], bool, str]] = {
    "path": (lambda m: m.insert(0, plain("../evil")), True, "no backup of Aftercare has"),
    "path among files": (lambda m: m.insert(0, plain("files/../../evil")), True, "no backup of Aftercare"),
    "absolute": (lambda m: m.insert(0, plain("/tmp/evil")), True, "no backup of Aftercare has"),
    "long name": (lambda m: m.insert(0, plain("a" * 5000)), True, "not a plain file"),
    "symlink": (lambda m: m.insert(0, link(FILE, "/etc/passwd")), True, "not a plain file"),
    "hard link": (lambda m: m.insert(0, link(FILE, "secret", tarfile.LNKTYPE)), True, "not a plain file"),
    "folder": (lambda m: m.insert(0, link("files", "", tarfile.DIRTYPE)), True, "not a plain file"),
    "device": (lambda m: m.insert(0, link(FILE, "", tarfile.CHRTYPE)), True, "not a plain file"),
    "large file": (lambda m: m.insert(0, plain(FILE, bytes(26 << 20))), True, "it may have 26214400"),
    "large secret": (replaced("secret", lambda _: b"s" * 5000), True, "it may have 4096"),
    "twice": (lambda m: m.insert(0, m[0]), True, "twice"),
    "behind its end": (lambda m: m.append(plain(FILE)), False, "twice, or behind its end"),
    "changed rows": (replaced("database/orders", lambda c: c.replace(b"7", b"8")), False, "is not what"),
    "changed secret": (replaced("secret", lambda _: b"t" * 40), False, "'secret' is not what"),
    "unlisted file": (lambda m: m.insert(0, plain(FILE)), False, "is not what"),
    "no rows": (lambda m: m.pop(index(m, "database/orders")), True, "lacks 'database/orders.jsonl'"),
    "no secret": (lambda m: m.pop(index(m, "secret")), True, "lacks 'secret'"),
    "no file": (lambda m: m.pop(index(m, "files/")), False, "lacks 'files/"),
    "no manifest": (lambda m: m.pop(), False, "not a backup of Aftercare: it has no manifest"),
    "no JSON": (replaced("manifest.json", lambda _: b"{"), False, "its manifest.json is not like ours"),
    "other JSON": (replaced("manifest.json", lambda _: b"[1]"), False, "its manifest.json is not like"),
    "newer format": (told(format=2, program="9.1"), True, "made by a newer version, '9.1'"),
    "newer schema": (told(revision="9999", program="9.1"), True, "made by a newer version, '9.1'"),
    "binary secret": (replaced("secret", lambda _: b"\xff" * 40), True, "secret is not text"),
    "half a row": (replaced("database/orders", lambda c: c[:-1]), True, "half a row"),
    "no rows of ours": (replaced("database/orders", lambda _: b"{}\n"), True, "rows of orders"),
    "another table": (lambda m: m.insert(0, plain("database/evil.jsonl", b"{}\n")), True, "no table evil"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_an_archive_that_is_not_right_changes_nothing(empty: Home, archive: Path, case: str) -> None:
    change, sums, says = HOSTILE[case]
    rewritten(archive, change, sums=sums)
    with pytest.raises((ArchiveError, SnapshotError), match=says) as raised:
        empty.restore(archive)
    assert "\n" not in str(raised.value)
    assert empty.paths() == []


def test_an_archive_rewritten_with_the_same_content_is_right(empty: Home, archive: Path) -> None:
    rewritten(archive, lambda _: None)
    empty.restore(archive)


def test_a_cut_or_foreign_file_is_no_archive(empty: Home, archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    path = tmp_path / "other"
    for content, says in [
        *((whole[: len(whole) * n // 10], "damaged or cut off") for n in range(10)),
        (whole[:-1], "damaged or cut off"),
        (
            whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :],
            "damaged",
        ),
        (b"number,state\n1,paid\n", "not a backup"),
        (gzip.decompress(whole), "not a backup"),
        (gzip.compress(b"number,state\n" * 100), "not a backup"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ArchiveError, match=says):
            empty.restore(path)
        assert empty.paths() == []
    with pytest.raises(ArchiveError, match="No such file"):
        empty.restore(tmp_path / "missing")


def test_what_fails_after_the_files_are_placed_takes_them_away_again(empty: Home, archive: Path) -> None:
    (empty.folder / "var").write_bytes(b"a file where a folder should be")
    with backup.checked(archive, lambda _: None) as opened, pytest.raises(FileExistsError):
        backup.restore(opened, empty.url, empty.files, empty.folder / "var" / "secret", lambda _: None)
    assert empty.paths() == ["var"]
    empty.restore(archive)
