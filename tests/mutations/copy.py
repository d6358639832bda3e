"""Copies of the checkout, in which faults do no harm."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.paths import ROOT

LEFT_OUT = shutil.ignore_patterns(".*", "models", "node_modules", "var", "results")


def make(copy: Path) -> None:
    """A copy of all that tests read. The model is shared: nothing is trained."""
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    (copy / "models").symlink_to(ROOT / "models")


@contextmanager
def changed(copy: Path, file: str, text: str) -> Iterator[None]:
    """A file of a copy with another text; afterwards it is as it was."""
    path = copy / file
    kept = path.rename(copy / f"{file}.kept")
    try:
        path.write_text(text, "utf-8")
        yield
    finally:
        kept.replace(path)
