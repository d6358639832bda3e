"""Shared fixtures: every test that takes `database` runs on SQLite, and on PostgreSQL where
`TEST_DATABASE_URL` names a server."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from store import schema
from store.database import Database

POSTGRES_URL = os.environ.get("TEST_DATABASE_URL", "")
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


def pytest_report_header() -> str:
    if POSTGRES_URL:
        return "PostgreSQL: TEST_DATABASE_URL is set, database tests run on it too"
    return "PostgreSQL: *** SKIPPED, TEST_DATABASE_URL is not set ***"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/test.db"
        return
    if not POSTGRES_URL:
        if IN_CI:
            pytest.fail("TEST_DATABASE_URL is not set: in CI the database tests must run on PostgreSQL too")
        pytest.skip("TEST_DATABASE_URL is not set")
    # A schema of its own for each test: nothing is left behind and tests don't meet.
    name = f"t_{uuid4().hex[:12]}"
    admin = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    try:
        yield (
            make_url(POSTGRES_URL)
            .update_query_dict({"options": f"-csearch_path={name}"})
            .render_as_string(hide_password=False)
        )
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        admin.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with the current schema."""
    opened = Database(database_url)
    schema.upgrade(opened)
    yield opened
    opened.close()
