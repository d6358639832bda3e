"""The product as it is installed: a wheel brings its files, a shop's folder has only what is the shop's."""

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from bot import product
from tests.conftest import IN_CI
from tests.paths import ROOT
from tests.server import COMMAND, running

UV = shutil.which("uv") or shutil.which(ROOT / ".tools" / "bin" / "uv")
# hatch_build.py names them.
SHIPPED = ("config.yml", "domain.yml", "endpoints.yml", "shop.yml", "data", "web")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if UV is None:
        assert not IN_CI, "uv is missing: the wheel can't be built"
        pytest.skip("uv is missing")
    folder = tmp_path_factory.mktemp("wheel")
    command = [UV, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)]
    # The set-up has fetched what it takes, to install the checkout; else the registry has it.
    for where in (["--offline"], []):
        done = subprocess.run([*command, *where], capture_output=True, text=True)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content beside this environment's libraries, with a tenth of the examples: training then
    takes seconds."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for path in (folder / "bot" / "product_files" / "data" / "nlu" / "en").glob("*.yml"):
        lines = path.read_text("utf-8").splitlines()
        kept = [line for i, line in enumerate(lines) if not line.startswith("      - ") or i % 10 == 0]
        path.write_text("\n".join(kept) + "\n", "utf-8")
    return folder


def aftercare(installed: Path, here: Path, *arguments: str, fails: bool = False, text: str = "") -> str:
    """What the installed command says, run in the folder `here`."""
    environment = {key: value for key, value in os.environ.items() if key != "AFTERCARE_HOME"}
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=here,
        env={**environment, "PYTHONPATH": str(installed)},
        input=text,
        capture_output=True,
        text=True,
    )
    assert (done.returncode != 0) == fails, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def state(folder: Path) -> dict[str, str]:
    """A hash of every file that is the owner's."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    found = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    return {
        name: digest for name, digest in found.items() if not name.startswith(("models/", "var/", ".rasa/"))
    }


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_the_checkout_is_its_own_shop() -> None:
    assert product.root() == product.checkout() == product.of(ROOT) == ROOT


def test_the_wheel_has_every_file_of_the_product(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *SHIPPED],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert len(listed) > 150
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        inside = {name for name in names if name.startswith("bot/product_files/")}
        assert inside == {f"bot/product_files/{name}" for name in listed}
        for name in ("config.yml", "web/desk/desk.js", "data/texts/kk.yml"):
            assert archive.read(f"bot/product_files/{name}") == (ROOT / name).read_bytes()
    assert not {name.split("/")[0] for name in names} - {
        "actions", "bot", "channels", "store", f"aftercare-{version('aftercare')}.dist-info"
    }  # fmt: skip


def test_outside_of_a_shops_folder_it_says_how_to_make_one(installed: Path, tmp_path: Path) -> None:
    said = aftercare(installed, tmp_path, "run", fails=True)
    assert said.count("\n") == 1
    assert said.startswith("AFTERCARE_HOME: not set") and "aftercare init my-shop" in said
    assert list(tmp_path.iterdir()) == []


def test_a_shop_is_made_trained_served_and_upgraded(installed: Path, tmp_path: Path) -> None:
    files = installed / "bot" / "product_files"
    aftercare(installed, tmp_path, "init", "shop")
    shop = tmp_path / "shop"
    change(shop / "shop.yml", "name: My Shop", "name: Teapots")
    (shop / "data" / "texts" / "en.yml").write_text(
        "widget:\n  greeting: Tea?\n  subtitle: Poured at any hour\ndesk:\n  wish: Would like\n", "utf-8"
    )
    (shop / "data" / "faq" / "products.yml").unlink()  # a question less than the product's examples have
    (shop / "data" / "nlu" / "en").mkdir()
    added = "".join(f"      - brew me the {word} leaves\n" for word in ("green", "black", "white", "oolong"))
    (shop / "data" / "nlu" / "en" / "own.yml").write_text(
        f"nlu:\n  - intent: track_order\n    examples: |\n{added}", "utf-8"
    )
    before = state(shop)
    said = aftercare(installed, shop, "doctor", fails=True)
    assert f"Product: {files}; shop: {shop}" in said
    assert "Shop: Teapots, en" in said and "run: aftercare train" in said

    assert "trained models/" in aftercare(installed, shop, "train")
    assert "nothing has changed" in aftercare(installed, shop, "train")
    parsed = aftercare(installed, shop, "parse", text="brew me the red leaves\nis the teapot in stock\n")
    wish, gone = parsed.splitlines()
    assert wish.startswith("track_order")
    assert not gone.startswith("faq_product_availability")
    assert serves(installed, shop) == ("Tea?", "Poured at any hour", "Would like", "Mood")
    assert state(shop) == before

    # An upgrade: a text goes, one says something else, and the page is another.
    for path in (files / "data" / "texts").glob("*.yml"):
        path.write_text(re.sub(r"(?m)^  subtitle: .*\n", "", path.read_text("utf-8")), "utf-8")
    change(files / "data" / "texts" / "en.yml", "  mood: Mood", "  mood: Temper")
    (files / "web" / "demo" / "index.html").write_text("<p>new</p>", "utf-8")
    said = aftercare(installed, shop, "doctor")
    assert "data/texts/en.yml:3: widget.subtitle: the product has nothing of this name" in said
    assert serves(installed, shop) == ("Tea?", None, "Would like", "Temper")
    assert state(shop) == before
    change(files / "domain.yml", "  - greet\n", "  - greet\n  - new_wish\n")
    assert "run: aftercare train" in aftercare(installed, shop, "doctor", fails=True)


def serves(installed: Path, shop: Path) -> tuple[str | None, ...]:
    """What the chat and the desk of a running shop say; its pages are the installed ones."""
    with running(shop / "var", PYTHONPATH=str(installed), AFTERCARE_HOME=str(shop)) as url:
        page = (installed / "bot" / "product_files" / "web" / "demo" / "index.html").read_bytes()
        assert httpx.get(f"{url}/").content == page
        assert httpx.get(f"{url}/desk").status_code == httpx.get(f"{url}/widget.js").status_code == 200
        widget = httpx.get(f"{url}/chat/v1/config").json()["texts"]["en"]
        desk = httpx.get(f"{url}/desk/texts/en.json").json()["texts"]
    return widget["greeting"], widget.get("subtitle"), desk["wish"], desk["mood"]
