"""Translations that are older than their source text."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.learning.check_translations import check_translations
from bot.shop import facts as shops
from bot.shop import translations
from bot.shop.yaml_source import SourceError
from tests.paths import ROOT

RESPONSE = "responses/answers.utter_thank"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demonstration shop's folder, all translations accepted."""
    for file in ("shop.yml", "config.yml"):
        shutil.copy(ROOT / file, tmp_path)
    for name in ("responses", "texts", "faq", "escalation"):
        shutil.copytree(ROOT / "data" / name, tmp_path / "data" / name)
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    translations.accept(tmp_path, ("en", "lt", "lv", "id", "kk"))
    return tmp_path


def change(home: Path, file: str, old: str, new: str) -> None:
    path = home / "data" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def check(home: Path, *languages: str) -> translations.Report:
    return translations.check(home, languages or ("en", "lt", "lv", "id", "kk"))


def test_our_own_translations_are_up_to_date() -> None:
    report = translations.check(ROOT, shops.load(ROOT / "shop.yml").languages)
    assert report.stale == ()
    assert report.missing == ()


def test_what_is_accepted_is_fine(home: Path) -> None:
    assert check(home) == translations.Report((), (), 0)
    assert len(translations.texts(home, ["en"])) > 100


def test_a_changed_source_makes_its_translations_stale(home: Path) -> None:
    change(home, "responses/en.yml", "You're welcome! Anything else?", "Any time! What else?")
    stale = check(home).stale
    assert len(stale) == 4
    assert stale[0].startswith("data/responses/lt.yml:")
    assert RESPONSE in stale[0] and "data/responses/en.yml:" in stale[0]
    change(home, "responses/lt.yml", "Prašom!", "Visada prašom!")
    report = check(home)
    assert (len(report.stale), report.unrecorded) == (3, 1)


def test_faq_and_widget_texts_count_too(home: Path) -> None:
    change(home, "faq/delivery.yml", "yours already?", "yours, perhaps?")
    change(home, "texts/en.yml", "Open chat", "Open the chat")
    change(
        home, "faq/delivery.yml", "how many days", "how many days then"
    )  # examples are nobody's translation
    ids = {line.split(": ")[1].split(" ")[0] for line in check(home, "en", "lt").stale}
    assert ids == {"faq/faq_delivery_time.answer", "texts/widget.launcher_open"}


def test_a_changed_translation_is_not_stale(home: Path) -> None:
    change(home, "responses/lt.yml", "Prašom!", "Visada prašom!")
    report = check(home)
    assert (report.stale, report.unrecorded) == ((), 1)


def test_spaces_and_buttons_are_no_change(home: Path) -> None:
    change(home, "responses/en.yml", "I've left that. What", "I've left  that. What")
    change(home, "responses/en.yml", "buttons: [human_agent, capabilities]", "buttons: [human_agent]")
    assert check(home) == translations.Report((), (), 0)


def test_a_missing_translation(home: Path) -> None:
    for kind in ("responses", "texts"):
        shutil.copy(home / "data" / kind / "en.yml", home / "data" / kind / "de.yml")
    change(home, "texts/de.yml", "  launcher_close: Close chat\n", "")
    (missing,) = (line for line in check(home, "en", "de").missing if "faq/" not in line)
    assert missing.startswith("data/texts/en.yml:")
    assert missing.endswith("texts/widget.launcher_close has no text in de")


def test_the_shops_first_language_is_the_source(home: Path) -> None:
    translations.accept(home, ["lt", "en"])
    change(home, "responses/en.yml", "You're welcome!", "Any time!")
    assert check(home, "lt", "en").stale == ()
    change(home, "responses/lt.yml", "Viso gero ir ačiū", "Viso labo ir ačiū")
    (stale,) = check(home, "lt", "en").stale
    assert stale.startswith("data/responses/en.yml:")


def test_without_a_lock_nothing_is_stale(home: Path) -> None:
    (home / translations.LOCK).unlink()
    assert check(home, "lt", "en").unrecorded > 100  # the product's own lock is from English
    assert check(home, "lt", "en").stale == ()
    assert check(home) == translations.Report((), (), 0)


def test_a_change_of_the_owners_makes_our_translations_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data" / "responses" / "en.yml"
    path.parent.mkdir(parents=True)
    path.write_text("answers:\n  utter_thank:\n    - text: Cheers!\n", "utf-8")
    shutil.copytree(ROOT / "data" / "faq", tmp_path / "data" / "faq")
    monkeypatch.chdir(tmp_path)
    lithuanian, *others = check(tmp_path).stale
    assert len(others) == 3
    assert lithuanian.startswith(f"{ROOT}/data/responses/lt.yml:")
    assert lithuanian.endswith(
        f"{RESPONSE} is older than its en text (data/responses/en.yml:2); "
        "write yours in data/responses/lt.yml, or accept it as it is"
    )
    translations.accept(tmp_path, ("en", "lt", "lv", "id", "kk"))
    recorded = (tmp_path / translations.LOCK).read_text("utf-8").splitlines()
    assert [line.split()[:2] for line in recorded if line[0] != "#"] == [
        [RESPONSE, language] for language in ("id", "kk", "lt", "lv")
    ]
    assert check(tmp_path) == translations.Report((), (), 0)


def test_a_broken_lock_says_what_to_do(home: Path) -> None:
    (home / translations.LOCK).write_text("# fine\n<<<<<<< HEAD\nfaq/a.answer lt\n", "utf-8")
    with pytest.raises(SourceError, match=r"translations\.lock:2: .*--accept"):
        check(home)


def test_the_command(home: Path) -> None:
    run = CliRunner().invoke
    assert run(check_translations).exit_code == 0
    change(home, "responses/en.yml", "You're welcome!", "Any time!")
    result = run(check_translations)
    assert result.exit_code == 1
    assert f"{RESPONSE} is older than its en text" in result.output
    result = run(check_translations, ["--accept"])
    assert result.exit_code == 0
    assert "is older" not in result.output
    assert run(check_translations).output == ""
