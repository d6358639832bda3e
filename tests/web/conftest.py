"""The whole program as it is served, for tests of what all its routes have in common."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Sanic

from store.core.database import Database
from store.orders import demo
from tests.whole import whole_program


@pytest.fixture
async def shop(
    migrated_file: Path, tmp_path: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Sanic[Any, Any]]]:
    """The whole program, with all channels and the demonstration shop, and an agent named Anna."""
    (tmp_path / "headers.db").write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{tmp_path}/headers.db")
    with database.write() as connection:
        demo.fill(connection, datetime.now(UTC).date())
    async with whole_program(database, tmp_path) as whole:
        yield whole.client, whole.app
