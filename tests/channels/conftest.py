"""Fixtures of the channels: the trained assistant, and a demonstration shop for it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.core.database import Database
from tests.assistant.conftest import core, facts, knowledge, settings, shop_file

__all__ = ["core", "facts", "knowledge", "settings", "shop_file"]


@pytest.fixture
def demo_shop(shop_file: Path, tmp_path: Path) -> Iterator[Database]:  # noqa: F811
    """A fresh copy of the demonstration shop."""
    shutil.copy(shop_file, tmp_path / "shop.db")
    opened = Database(f"sqlite:///{tmp_path}/shop.db")
    yield opened
    opened.close()
