"""What stands in our Markdown pages, for the tests that hold them to the code."""

import re
from pathlib import Path

from tests.paths import ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_CELL = re.compile(r"(?<!\\)\|")


def read(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(text: str, language: str | None = None) -> list[str]:
    """Blocks of code, of one language or of all."""
    return [body for kind, body in _BLOCK.findall(text) if language in (None, kind)]


def spans(text: str) -> list[str]:
    """Code within sentences."""
    return _SPAN.findall(_BLOCK.sub("", text))


def code_lines(text: str) -> list[str]:
    """All of the code, by lines."""
    return [*spans(text), *(line for block in blocks(text) for line in block.splitlines())]


def table(text: str, *header: str) -> list[list[str]]:
    """The rows of all tables whose header begins with these cells."""
    found: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in _CELL.split(line)[1:-1]] if line.startswith("|") else []
        if inside and cells and not set(line) <= set("|-: "):
            found.append(cells)
        inside = bool(cells) and (inside or cells[: len(header)] == list(header))
    return found


def names(cell: str) -> list[str]:
    """The code in a cell: `a`, `b`."""
    return _SPAN.findall(cell)
