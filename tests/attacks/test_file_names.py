"""Somebody sends an agent a file that is to run on the agent's computer: by its name, by its content, or by
a name that isn't what it seems."""

import itertools
import random
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.runtime.file_types import ACCEPTED, ENDINGS, shown_name
from bot.runtime.files import Files, Refused
from bot.web.file_routes import disposition
from tests.faults import THOROUGH
from tests.runtime.test_files import JPEG, SECRET, png

# What Windows, macOS or an office program runs, opens as a page, mounts or follows when it is clicked on.
# fmt: off
DANGEROUS = (
    "ade", "adp", "appinstaller", "application", "appref-ms", "appx", "bas", "bat", "chm", "class",
    "cmd", "com", "command", "cpl", "desktop", "diagcab", "dll", "dmg", "docm", "dotm", "exe", "gadget",
    "hlp", "hta", "htm", "html", "iqy", "img", "inf", "ins", "iso", "jar", "jnlp", "js", "jse", "lnk",
    "mht", "mhtml", "msc", "msh", "msi", "msix", "msp", "mst", "ocx", "one", "pif", "pl", "pptm",
    "ppam", "prg", "ps1", "psd1", "psm1", "py", "pyw", "reg", "rtf", "scf", "scr", "sct",
    "settingcontent-ms", "sh", "shb", "shs", "slk", "svg", "svgz", "sys", "terminal", "url", "vb",
    "vbe", "vbs", "vhd", "vhdx", "webloc", "website", "wim", "wll", "workflow", "ws", "wsc", "wsf",
    "wsh", "xbap", "xhtml", "xla", "xlam", "xll", "xls", "xlsb", "xlsm", "xml", "xsl",
)
# fmt: on
SCRIPT = b"<script>new ActiveXObject('WScript.Shell').Run('calc')</script>"
POLYGLOT = b"GIF89a/*" + b"x" * 100 + b"*/=1;new ActiveXObject('WScript.Shell').Run('calc')"
DEVICES = ["CON", "PRN", "AUX", "NUL", "COM1", "com9", "LPT1", "lpt³", "CONIN$", "CONOUT$"]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", SECRET)


@pytest.mark.parametrize("ending", [*DANGEROUS, *(one.upper() for one in DANGEROUS[:8])])
@pytest.mark.parametrize(
    "name", ["invoice.{}", "photo.jpg.{}", "photo.jpg       .{}", "a.txt:b.{}", "..\\x.{}", "x.{}. ."]
)
def test_a_script_is_refused_under_the_name_that_runs_it(files: Files, name: str, ending: str) -> None:
    with pytest.raises(Refused):
        files.save(SCRIPT, name.format(ending))


@pytest.mark.parametrize("ending", DANGEROUS)
@pytest.mark.parametrize("content", [POLYGLOT, JPEG, png()], ids=["polyglot", "jpeg", "png"])
def test_a_picture_that_is_a_script_too_is_given_as_a_picture(
    files: Files, content: bytes, ending: str
) -> None:
    stored = files.save(content, f"photo.{ending}")
    assert stored.name.rpartition(".")[2] in ENDINGS[stored.media_type]
    assert stored.name.count(".") == 1


@pytest.mark.parametrize(
    "name", ["notes", "notes.txt", "Notes.TXT", "orders.csv", "server.log", "thanks.eml", ""]
)
def test_text_that_promises_nothing_else_is_given_as_text(files: Files, name: str) -> None:
    assert files.save(SCRIPT, name).name.lower().endswith(".txt")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", ["{}.jpg", "{}", "{}.", "{} .jpg"])
def test_no_name_is_a_device_of_windows(name: str, device: str) -> None:
    assert shown_name(name.format(device), "image/jpeg").lower() == f"_{device.lower()}.jpg"


def test_a_very_long_name_fits_every_disk() -> None:
    for letter in "aą笔🧾":
        name = shown_name(letter * 300 + ".jpg", "image/jpeg")
        assert len(name.encode()) < 255
        assert name.endswith(".jpg")
        assert len(name) > 40


# What no disk takes, or nobody sees.
SIGNS = re.compile(
    r"""[\x00-\x1f\x7f"<>:|?*/\\\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"""
)
HEADER = re.compile(r"""(inline|attachment); filename="([^"\\]+)"; filename\*=UTF-8''([\w.%~-]+)""")
PIECES = [
    "invoice", "photo", ".", "..", " ", "/", "\\", ":", "::$DATA", '"', "'", ";", "%2e", "%00", "\0",
    "\r\n", "\t", "\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\u2028", "\u2029", "\u2024",
    "\uff0e", "\ufe52", "\ud800", "\U000e0041", "ą", "é", "ﷺ", "笔", "🧾", "CON", "NUL", "COM1", "~1",
    "-rf", "=cmd", "desktop.ini", "autorun.inf",
    *(f".{one}" for one in ("exe", "hta", "js", "jpg", "pdf", "txt", "lnk", "svg", "EXE", "\u0435xe")),
]  # fmt: skip


def names(count: int) -> list[str]:
    chance = random.Random(20261201)
    made = ["".join(chance.choices(PIECES, k=chance.randint(0, 9))) for _ in range(count)]
    return [*map("".join, itertools.product(PIECES, PIECES)), *made]


def test_no_name_has_another_ending_than_its_content(files: Files) -> None:
    """Whatever is put together, what leaves is one name with one dot, in a header that holds nothing else."""
    for name in names(200_000 if THOROUGH else 3000):
        for media_type in ("image/jpeg", "application/pdf", "text/plain"):
            shown = shown_name(name, media_type)
            stem, dot, ending = shown.rpartition(".")
            assert (dot, ending.lower() in ENDINGS[media_type], "." in stem) == (".", True, False), (
                name,
                shown,
            )
            assert stem == stem.strip(), (name, shown)
            assert not SIGNS.search(shown), name
            assert shown_name(shown, media_type) == shown, "the same on every way out"
            header = disposition(name, media_type)
            parsed = HEADER.fullmatch(header)
            assert parsed and header.isascii(), header
            assert unquote(parsed[3]) == shown
            assert parsed[2].rpartition(".")[2].lower() in ENDINGS[media_type], header


def test_every_type_that_is_kept_has_an_ending_that_runs_nothing() -> None:
    assert set(ENDINGS) == ACCEPTED
    assert not {one for several in ENDINGS.values() for one in several} & set(DANGEROUS)
