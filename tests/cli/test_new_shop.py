"""`aftercare init`."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.new_shop import init
from bot.settings import Settings, SettingsError
from bot.shop.knowledge import Knowledge
from tests.paths import ROOT

LANGUAGES = ("en", "lt", "lv", "id", "kk")


def run(folder: Path | str) -> Result:
    return CliRunner().invoke(init, [str(folder)], catch_exceptions=False)


def test_a_new_folder_can_be_served_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a shop" / "here"
    done = run(folder)
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        f"made {folder}; next:",
        f"  cd '{folder}'",
        "  edit shop.yml, then data/faq",
        "  aftercare train",
        "  AFTERCARE_DEMO=off aftercare run",
    ]
    knowledge = Knowledge.load(folder)
    assert (knowledge.shop.name, knowledge.shop.languages, knowledge.notes) == ("My Shop", ("en",), ())
    assert len(knowledge.faq) == 18
    assert list((folder / "models").iterdir()) == list((folder / "var").iterdir()) == []
    assert not (folder / "config.yml").exists() and not (folder / "web").exists()


def test_nothing_of_the_made_up_shop_is_left(tmp_path: Path) -> None:
    run(tmp_path / "shop")
    for path in (tmp_path / "shop").rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8").lower()
            assert "linden" not in text and "{data}" not in text, path
    text = (tmp_path / "shop" / "shop.yml").read_text("utf-8")
    assert text.startswith("# Fill this in")
    assert "# two letters" in text and "languages: [en]  " in text


def test_every_language_of_the_product_can_be_switched_on(tmp_path: Path) -> None:
    run(tmp_path / "shop")
    path = tmp_path / "shop" / "shop.yml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("languages: [en]", f"languages: [{', '.join(LANGUAGES)}]"), "utf-8")
    assert Knowledge.load(tmp_path / "shop").shop.languages == LANGUAGES


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 0
    assert (tmp_path / "shop.yml").is_file()


@pytest.mark.parametrize("name", ["shop.yml", ".hidden", "data"])
def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    done = run(tmp_path)
    assert done.exit_code == 1
    assert done.output == f"Error: {tmp_path}: is not empty, and nothing is overwritten; name a new folder\n"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path / "shop")
    (tmp_path / "shop" / "shop.yml").write_text("mine")
    assert run(tmp_path / "shop").exit_code == 1
    assert (tmp_path / "shop" / "shop.yml").read_text() == "mine"


def test_a_place_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = run(tmp_path / "file")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "is a file; name a new folder" in done.output
    for place in (tmp_path / "file" / "shop", "/proc/shop", tmp_path / ("x" * 300)):
        done = run(place)
        assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
        assert "can't be made: " in done.output
    assert (tmp_path / "file").read_text() == "mine"


def test_no_folder_named() -> None:
    assert CliRunner().invoke(init, []).exit_code == 2
    assert run("").exit_code == 1  # this folder, which is not empty


# Which folder is served


def test_the_present_folder_is_served_if_it_is_a_shops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "shop")
    secret = {"AFTERCARE_SECRET": "s" * 32}
    monkeypatch.chdir(tmp_path)
    assert Settings.load(secret).home == ROOT  # in a checkout, the demonstration
    monkeypatch.chdir(tmp_path / "shop")
    assert Settings.load(secret).home == Path(os.getcwd())
    assert Settings.load({**secret, "AFTERCARE_HOME": str(ROOT)}).home == ROOT


def test_a_home_without_a_shop_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SettingsError, match=r"AFTERCARE_HOME: .* holds no shop\.yml; .*aftercare init"):
            Settings.load({"AFTERCARE_HOME": str(place)})
        assert not (place / "var").exists()
