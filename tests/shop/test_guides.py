"""Guides as an owner writes them: what is read, what is refused, and what is told of it."""

from pathlib import Path

import pytest

from bot.shop import translations
from bot.shop.guides.guide_file import MAX_FILE, MAX_STEPS, read_guide
from bot.shop.guides.guide_shelf import Shelf
from bot.shop.layers import Layers
from bot.shop.yaml_source import SourceError

FRONT = "---\ntitle: The kettle leaks\nproducts: [KIT-9, KET-*]\nproblems: [leak*, water ... below]\n---\n"
STEPS = "\n1. Empty it.\n2. Dry it.\n"


def write(home: Path, text: str, name: str = "en/kettle.md") -> Path:
    path = home / "data" / "guides" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(home: Path, *languages: str) -> tuple[Shelf, list[str]]:
    layers = Layers(home)
    shelf = Shelf.load(layers, languages or ("en", "lt"))
    return shelf, [str(note) for note in layers.notes]


def refused(home: Path, text: str) -> str:
    path = write(home, text)
    with pytest.raises(SourceError) as raised:
        read_guide(path, "kettle")
    return str(raised.value)


def test_the_products_own_guides_are_in_all_five_languages(tmp_path: Path) -> None:
    shelf, notes = load(tmp_path, "en", "lt", "lv", "id", "kk")
    assert len(shelf.guides) == 5 and not notes
    for written in shelf.guides.values():
        assert {*written} == {"en", "lt", "lv", "id", "kk"}
        assert len({guide.title for guide in written.values()}) == 5
        assert len({guide.skus for guide in written.values()}) == 1


def test_a_guide_becomes_plain_text(tmp_path: Path) -> None:
    write(
        tmp_path,
        "\ufeff"
        + FRONT.replace("problems", "pictures: https://shop.example/k.jpg\nproblems")
        + "\n# Leaks\n\n"
        "**Unplug** it first.\n\n1. Empty `it`, see [the film](https://shop.example/film).\n"
        "   - and shake it\n   ![A seal](https://shop.example/seal.png)\n"
        "2) Dry it for 2 * 3 hours; a_b_c stays.\n",
    )
    guide = load(tmp_path)[0].get("kettle", ["lt", "en"])
    assert guide is not None
    assert guide.about == "Unplug it first."
    assert guide.steps == (
        "Empty it, see the film: https://shop.example/film.\n– and shake it\nA seal: https://shop.example/seal.png",
        "Dry it for 2 * 3 hours; a_b_c stays.",
    )
    assert guide.pictures == ("https://shop.example/k.jpg",)
    assert [guide.fits(sku) for sku in ("KIT-9", "KIT-91", "KET-1", "ket-1")] == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1. Empty it.\n", "kettle.md:1: must begin with a line of three dashes"),
        ("---\ntitle: x\n1. Empty it.\n", "kettle.md:1: the block at the top doesn't end"),
        (FRONT, "kettle.md:6: has no steps; write for example 1."),
        (FRONT + "Only words.\n", "has no steps"),
        (FRONT.replace("title: The kettle leaks\n", "") + STEPS, "title: missing; write for example title:"),
        (FRONT.replace("title", "titel") + STEPS, 'kettle.md:2: titel: unknown key; did you mean "title"?'),
        (FRONT.replace("The kettle leaks", "x" * 61) + STEPS, "title: too long (61 characters); at most 60"),
        (FRONT.replace("leaks", "leaks\ntitle: Again") + STEPS, "title: written twice"),
        (FRONT.replace("KIT-9", "K 9") + STEPS, 'kettle.md:3: products[1]: "K 9" is no article number'),
        (FRONT.replace("KET-*", "'*'") + STEPS, '"*" is no article number'),
        (FRONT.replace("leak*", "a*") + STEPS, "kettle.md:4: problems[1]:"),
        (FRONT.replace("[leak*, water ... below]", "[]") + STEPS, "problems: only 0 given"),
        (FRONT.replace("[KIT-9", "[&a KIT-9, *a") + STEPS, "an alias (*)"),
        (FRONT.replace("title:", "\ttitle:") + STEPS, "kettle.md:2: a tab"),
        (FRONT + "1. <script>alert(1)</script>\n", "kettle.md:6: HTML is not shown"),
        (FRONT + "1. a <img src=x onerror=alert(1)>\n", "HTML is not shown"),
        (FRONT + "1. [go](javascript:alert(1))\n", '"javascript:alert(1" is no address of a page'),
        (FRONT + "1. ![x](data:image/png;base64,AA)\n", "is no address of a page"),
        (FRONT + "1. [go](http://shop.example/)\n", "is no address of a page"),
        (FRONT + "1. [go](https://a@evil.example/)\n", "is no address of a page"),
        (FRONT + "1. a\n\n| a | b |\n", "kettle.md:8: code, tables and quotations are not shown"),
        (FRONT + "1. a\nand more\n", "kettle.md:7: stands behind the steps; indent it"),
        (FRONT + "1. a\n# Again\n1. b\n", "kettle.md:8: a second list"),
        (FRONT + "1. a\n2. **\n", "kettle.md:7: an empty step"),
        (FRONT + "1. " + "a" * 501 + "\n", "a step of 501 characters; at most 500"),
        (FRONT + "1. " + "*a " * 9000 + "\n", "characters; shorten it"),
        (FRONT + "a" * 501 + STEPS, "more than 500 characters before the steps"),
        (FRONT + "1. a\n" * (MAX_STEPS + 1), f"kettle.md:{6 + MAX_STEPS}: 21 steps; at most 20"),
        (FRONT + "1. a\x1b[2J\n", "kettle.md:6: a character that text can't have"),
        (FRONT + "1. a \u202egpj.exe\n", "a character that text can't have"),
        (FRONT + "1. a\n" + "\n" * MAX_FILE, "larger than 60 kB"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in refused(tmp_path, text)


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, FRONT.replace("title", "titel") + "1. <b>\n2. <i>\n")
    assert said.count("HTML") == 2 and "titel" in said and "title: missing" in said


def test_what_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.write_bytes(FRONT.encode() + b"1. caf\xe9\n")
    with pytest.raises(SourceError, match=r"kettle.md:6: not UTF-8"):
        read_guide(path, "kettle")


def test_the_owners_file_stands_in_the_place_of_the_products(tmp_path: Path) -> None:
    write(tmp_path, FRONT.replace("KIT-9, KET-*", "HOM-301") + STEPS, "en/lamp-flickers.md")
    for language in ("lt", "lv", "id", "kk"):
        write(tmp_path, "", f"{language}/lamp-flickers.md")
    write(tmp_path, " \n", "en/coffee-grinder-blocked.md")
    shelf, _ = load(tmp_path, "en")
    lamp = shelf.get("lamp-flickers", ["lt", "en"])
    assert lamp and lamp.title == "The kettle leaks"
    assert "coffee-grinder-blocked" not in shelf.guides, "an empty file takes the product's away"


def test_a_missing_language_is_told_and_english_stands_in(tmp_path: Path) -> None:
    write(tmp_path, FRONT + STEPS)
    shelf, notes = load(tmp_path, "en", "lt")
    guide = shelf.get("kettle", ["lt", "en"])
    assert guide and guide.steps == ("Empty it.", "Dry it.") and not notes
    (tmp_path / "data" / "faq").mkdir()
    (tmp_path / "data" / "faq" / "a.yml").write_text("faq: []\n", "utf-8")
    report = translations.check(tmp_path, ["en", "lt"])
    (missing,) = [one for one in report.missing if "guides" in one]
    assert "en/kettle.md:1: guides/kettle has no text in lt" in missing
    write(tmp_path, "---\ntitle: Virdulys\nproblems: [leidžia]\n---\n1. Išpilkite.\n", "lt/kettle.md")
    shelf, notes = load(tmp_path, "en", "lt")
    translated = shelf.get("kettle", ["lt"])
    assert translated and translated.skus == ("KIT-9", "KET-*"), "a translation is for the same products"
    assert len(notes) == 1 and "lt/kettle.md:1: 1 steps, but" in notes[0]
    report = translations.check(tmp_path, ["en", "lt"])
    assert not [one for one in report.missing if "guides" in one]


def test_guides_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, FRONT + STEPS)
    write(tmp_path, FRONT + STEPS, "en/kettle-again.md")
    write(tmp_path, FRONT.replace("KIT-9", "KIT-8") + STEPS, "lt/kettle.md")
    write(tmp_path, FRONT.replace("products: [KIT-9, KET-*]\n", "") + STEPS, "en/nothing.md")
    with pytest.raises(SourceError) as raised:
        load(tmp_path)
    said = str(raised.value)
    assert "the same as in" in said and "nobody could choose" in said
    assert "leave them out in a translation" in said
    assert "nothing.md:1: products: missing; write for which article numbers it is" in said
    assert len(raised.value.problems) == 3


def test_files_that_nothing_would_read_are_told(tmp_path: Path) -> None:
    write(tmp_path, FRONT + STEPS, "../guides/kettle.md")
    write(tmp_path, FRONT + STEPS, "en/The Kettle.md")
    write(tmp_path, FRONT + STEPS, "english/kettle.md")
    write(tmp_path, FRONT + STEPS, "en/kettle.txt")
    with pytest.raises(SourceError) as raised:
        load(tmp_path)
    assert len(raised.value.problems) == 4
    assert all("would not be read" in str(one) for one in raised.value.problems)
