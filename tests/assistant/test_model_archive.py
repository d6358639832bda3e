"""A model's file that is cut short, damaged, of another version or no model: found, said, and made good."""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import compose
from bot.assistant import model_archive, training
from bot.assistant.model_archive import Damaged
from bot.cli.doctor import doctor
from bot.shop.knowledge import Knowledge
from tests import small_project

COMMAND = Path(sys.executable).with_name("aftercare")


def archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("_json", ".json"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


WHOLE = archive(metadata_json=b"{}", weights=os.urandom(50_000))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (WHOLE[:20], "is cut short"),
        (WHOLE[: len(WHOLE) // 2], "is cut short"),
        (WHOLE[:-1], "is cut short"),
        (WHOLE[:-8] + b"\0\0\0\0" + WHOLE[-4:], "is damaged"),
        (b"<html>a proxy's error page</html>" * 99, "is no model"),
        (gzip.compress(b"x" * 999), "is no model"),
        (archive(something=b"else"), "is no model"),
    ],
    ids=["empty", "begun", "half", "but a byte", "other sum", "page", "gzip", "archive"],
)
@pytest.mark.parametrize("with_sum", [True, False])
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, content: bytes, why: str, with_sum: bool) -> None:
    path = _put(tmp_path)
    if not with_sum:
        path.with_name(f"{path.name}.sha256").unlink()
    model_archive.check(path)
    path.write_bytes(content)
    with pytest.raises(Damaged, match=f"^{why}$"):
        model_archive.check(path)


def test_another_whole_archive_is_not_the_one_that_was_trained(tmp_path: Path) -> None:
    path = _put(tmp_path)
    path.write_bytes(archive(metadata_json=b"{}", weights=b"others"))
    with pytest.raises(Damaged, match="not what was trained"):
        model_archive.check(path)


def test_a_folder_in_its_place_gives_way(tmp_path: Path) -> None:
    (tmp_path / "aftercare-1.tar.gz").mkdir()
    with pytest.raises(Damaged, match="is a folder"):
        model_archive.check(tmp_path / "aftercare-1.tar.gz")
    model_archive.check(_put(tmp_path))


def test_what_is_not_whole_never_takes_a_models_place(tmp_path: Path) -> None:
    path = _put(tmp_path)
    made = tmp_path / "made"
    made.write_bytes(WHOLE[:-5])
    with pytest.raises(Damaged):
        model_archive.put(made, path)
    assert path.read_bytes() == WHOLE
    model_archive.check(path)


@pytest.mark.parametrize("at", ["fsync", "replace", "write"])
def test_a_process_that_is_killed_leaves_a_model_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """At whichever step: the old one or the new one, and neither is taken for damaged."""
    path = _put(tmp_path)
    new = archive(metadata_json=b"{}", weights=b"new")
    made = tmp_path / "made"
    made.write_bytes(new)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if at == "write":
        monkeypatch.setattr(Path, "write_text", killed)
    else:
        monkeypatch.setattr(os, at, killed)
    with pytest.raises(KeyboardInterrupt):
        model_archive.put(made, path)
    monkeypatch.undo()
    assert path.read_bytes() == (new if at == "write" else WHOLE)
    model_archive.check(path)


def test_the_newest_whole_one_stands_in(tmp_path: Path) -> None:
    made = {}
    for age, name in enumerate(("broken", "newer", "older")):
        made[name] = tmp_path / f"aftercare-{name}.tar.gz"
        made[name].write_bytes(WHOLE if name != "broken" else WHOLE[:-9])
        os.utime(made[name], (time.time() - age, time.time() - age))
    wanted = tmp_path / "aftercare-wanted.tar.gz"
    assert list(model_archive.others(wanted)) == [made["newer"], made["older"]]


def _put(folder: Path) -> Path:
    made = folder / "made"
    made.write_bytes(WHOLE)
    path = folder / "aftercare-1.tar.gz"
    model_archive.put(made, path)
    return path


# --- with a real model -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with its model."""
    home = tmp_path_factory.mktemp("small")
    small_project.make(home)
    (home / "models").mkdir()
    training.train(home)
    return home


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "home", ignore=shutil.ignore_patterns(".rasa")))


def _load(home: Path) -> list[str]:
    """Loads the assistant, which must answer; what was said on the way."""
    told: list[str] = []
    core = compose.assistant(home, Knowledge.load(home), told.append)
    assert core.understand("hello").ranking or core.understand("hello").intent
    return told


def test_a_model_that_is_cut_short_is_trained_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = training.place(home)
    path.write_bytes(path.read_bytes()[:100_000])
    assert training.current_model(home) is None
    (told,) = _load(home)
    assert told.startswith(f"{path} is cut short; training again")
    assert training.current_model(home) == path
    assert _load(home) == []


def test_a_model_of_another_version_is_trained_again(home: Path) -> None:
    path = training.place(home)
    members = {}
    with tarfile.open(path) as tar:
        for one in tar.getmembers():
            file = tar.extractfile(one) if one.isfile() else None
            members[one.name] = (one, file.read() if file else b"")
    info, metadata = members["metadata.json"]
    old = json.dumps({**json.loads(metadata), "rasa_open_source_version": "2.0.0"}).encode()
    info.size = len(old)
    members["metadata.json"] = (info, old)
    other = home / "models" / "other"
    with tarfile.open(other, "w:gz") as tar:
        for one, content in members.values():
            tar.addfile(one, io.BytesIO(content))
    model_archive.put(other, path)
    (told,) = _load(home)
    assert "can't be loaded by this version (UnsupportedModelVersionError); training again" in told


def test_where_training_fails_the_last_good_one_is_used_and_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = training.place(home)
    good = path.with_name("aftercare-000000000000.tar.gz")
    shutil.copy(path, good)
    path.write_bytes(b"")

    def fail(*_: object) -> Path:
        raise training.TrainingError("no room on the disk")

    monkeypatch.setattr(training, "train", fail)
    told = _load(home)
    assert told[0].startswith(f"{path} is empty; training again")
    assert "no room on the disk" in told[1]
    assert told[2].startswith(f"using {good}, which was trained from older data")
    good.unlink()
    with pytest.raises(compose.NoModel, match="can't be used, nor could another be trained"):
        _load(home)


def test_a_damaged_cache_of_rasas_doesnt_matter(home: Path) -> None:
    cache = home / ".rasa" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "cache.db").write_bytes(b"no database" * 100)
    path = training.place(home)
    path.unlink()
    assert training.train(home) == path
    model_archive.check(path)


def test_the_doctor_says_what_is_wrong(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{home}/x.db")
    assert "✓ Model: trained" in CliRunner().invoke(doctor).output
    path = training.place(home)
    path.write_bytes(path.read_bytes()[:-20])
    assert f"✗ Model: {path} is cut short; run: aftercare train" in CliRunner().invoke(doctor).output


def test_train_says_why_it_trains_again(home: Path) -> None:
    path = training.place(home)
    path.write_bytes(path.read_bytes()[:-20])
    ended = subprocess.run(
        [COMMAND, "train"],
        env={**os.environ, "AFTERCARE_HOME": str(home), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    assert f"models/{path.name} is cut short; training again" in ended.stderr
    model_archive.check(path)
