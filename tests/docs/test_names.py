"""What our pages call by its name is there: modules, files, pages, make's targets, channels."""

import importlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from channels import registry
from tests.docs.reading import DOCS, README, code_lines, read
from tests.links import pages
from tests.paths import ROOT

HISTORY = {ROOT / "CHANGELOG.md"}
MODULE = re.compile(r"(?:actions|bench|bot|channels|store|tests)(?:\.\w+)+")
PLACE = re.compile(r"(?:actions|bench|bot|channels|data|deploy|docs|store|tests|web)/[\w<>*./-]*")
NAMING = {".py", ".js", ".ts", ".yml", ".yaml", ".toml", ".service", ".example"}  # files that name pages
MADE = re.compile(r"bench/var\b")  # by a run


def is_there(dotted: str) -> bool:
    """Whether it is a module, or something in one."""
    head, tail = dotted, []
    while head:
        try:
            found: Any = importlib.import_module(head)
        except ModuleNotFoundError:
            head, _, last = head.rpartition(".")
            tail.insert(0, last)
            continue
        for name in tail:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_name_of_code_that_a_page_mentions_exists(path: Path) -> None:
    if path in HISTORY:
        return
    for part in code_lines(read(path)):
        for name in (part, *re.findall(r"python -m ([\w.]+)", part)):
            assert not MODULE.fullmatch(name) or is_there(name), name
        if PLACE.fullmatch(part) and not MADE.match(part):
            assert any(ROOT.glob(re.sub(r"<\w+>", "*", part.rstrip("/")))), part


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    for path in pages():
        assert {
            word for part in code_lines(read(path)) for word in re.findall(r"^make ([a-z-]+)", part)
        } <= targets, path


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (DOCS / "decisions").glob("*.md")]
    assert len(set(numbers)) == len(numbers) > 0


def test_every_page_that_the_code_names_exists() -> None:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.suffix in NAMING and path.is_file():
            for page in re.findall(r"docs/[\w/.-]+\.md", read(path)):
                assert (ROOT / page).is_file(), f"{name}: {page}"


def test_every_channel_has_a_page() -> None:
    channels = {*registry.PUSHING, *registry.OWN}
    assert {path.stem for path in (DOCS / "channels").glob("*.md")} == channels
    assert {f"docs/channels/{name}.md" for name in channels} <= set(re.findall(r"\]\(([^)#]+)", read(README)))
