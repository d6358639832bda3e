"""Shared fixtures: every test that takes `database` runs on SQLite, and on PostgreSQL where
`TEST_DATABASE_URL` names a server."""

import json
import logging
import os
import shutil
import sys
import threading
from asyncio import selector_events
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any
from uuid import uuid4
from weakref import WeakSet

import certifi
import pytest
import structlog
from sanic.mixins.routes import RouteMixin
from sqlalchemy import create_engine, make_url, text

from bot.runtime import log
from store.core import schema
from store.core.database import Database
from store.tables import metadata

Lines = Callable[[], list[dict[str, Any]]]

POSTGRES_URL = os.environ.get("TEST_DATABASE_URL", "")
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


# These files take longest. They come first: at the end one worker would work on them and the others wait.
LONG = (
    "test_rasa_tools",
    "test_proxies",
    "test_chatwoot",
    "test_kills",
    "test_outages",
    "test_widget",
    "test_desk",
    "test_conversations",
    "test_telegram_faults",
    "test_messenger_faults",
    "test_sms_faults",
    "test_desk_live",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.stem, len(LONG)))


@pytest.fixture(scope="session", autouse=True)
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Makes servers and clients cheap, of which the tests need thousands: Sanic reads the source of every
    handler whenever it is added, and each HTTP client all certificates of the world. And errors in the log:
    in colours, with all variables, each takes a second."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )
    determine = RouteMixin._determine_error_format
    determined: dict[CodeType, str] = {}

    def once(routes: RouteMixin, handler: FunctionType) -> str:
        code = handler.__code__
        if code not in determined:
            determined[code] = determine(routes, handler)
        return determined[code]

    end = "-----END CERTIFICATE-----\n"
    one = tmp_path_factory.mktemp("certificates") / "one.pem"
    one.write_text(Path(certifi.where()).read_text("utf-8").split(end)[0] + end, "utf-8")
    close = BaseSelectorEventLoop.close
    opened: WeakSet[Any] = WeakSet()
    of_asyncio: Any = vars(selector_events)["_SelectorTransport"]
    open_one = of_asyncio.__init__

    def noted(transport: Any, *args: Any, **more: Any) -> None:
        open_one(transport, *args, **more)
        opened.add(transport)

    def close_all(loop: BaseSelectorEventLoop) -> None:
        # A connection that was accepted in the loop's last moment would be told of in some other test.
        for transport in [one for one in opened if one._loop is loop and one._sock is not None]:
            transport._sock.close()
            transport._sock = None
        close(loop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_asyncio, "__init__", noted)
        patch.setattr(BaseSelectorEventLoop, "close", close_all)
        patch.setattr(RouteMixin, "_determine_error_format", once)
        patch.setenv("SSL_CERT_FILE", str(one))
        patch.setenv("SANIC_AUTO_EXTEND", "false")  # nor does it look for its extensions
        yield


def pytest_report_header() -> str:
    if POSTGRES_URL:
        return "PostgreSQL: TEST_DATABASE_URL is set, database tests run on it too"
    return "PostgreSQL: *** SKIPPED, TEST_DATABASE_URL is not set ***"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the test's own, without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/test.db"
        return
    _need_postgres()
    with _postgres_schema() as url:
        yield url


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """An empty database without tables."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def new_url(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes URLs of empty databases without tables, of the kind `sqlite` or `postgresql`."""
    with ExitStack() as schemas:

        def make(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path}/{uuid4().hex}.db"
            _need_postgres()
            return schemas.enter_context(_postgres_schema())

        yield make


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with the current tables. These are made once and then copied or emptied: making
    them takes longer than most tests."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "test.db")
        opened = Database(f"sqlite:///{tmp_path}/test.db")
    else:
        _need_postgres()
        opened = Database(request.getfixturevalue("migrated_url"))
        _clear(opened)
    yield opened
    opened.close()


@pytest.fixture
def new_migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """Opens empty databases with the current tables, one after the other, of the kind `sqlite` or
    `postgresql`; a sqlite one that loses its last moments in a power cut, which no test has."""
    with ExitStack() as open_ones:

        def make(kind: str) -> Database:
            if kind == "sqlite":
                path = tmp_path / f"{uuid4().hex}.db"
                shutil.copy(request.getfixturevalue("migrated_file"), path)
                database = Database(f"sqlite:///{path}", synchronous="OFF")
            else:
                _need_postgres()
                database = Database(request.getfixturevalue("migrated_url"))
                _clear(database)
            open_ones.callback(database.close)
            return database

        yield make


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_url() -> Iterator[str]:
    with _postgres_schema() as url:
        _migrate(url)
        yield url


def _clear(database: Database) -> None:
    # Not TRUNCATE: it takes a second for so many tables.
    rows = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))
    with database.write() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '10s'; {rows}"))


def _migrate(url: str) -> None:
    opened = Database(url)
    schema.upgrade(opened)
    opened.close()


def _need_postgres() -> None:
    if POSTGRES_URL:
        return
    if IN_CI:
        pytest.fail("TEST_DATABASE_URL is not set: in CI the database tests must run on PostgreSQL too")
    pytest.skip("TEST_DATABASE_URL is not set")


@contextmanager
def _postgres_schema() -> Iterator[str]:
    """A schema of its own: nothing is left behind and tests don't meet."""
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
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The log's lines so far, each of which must be a JSON object."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    logging.captureWarnings(False)  # another test may have left it on, with pytest's own hook put over it
    log.configure()
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:], level = kept
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(False)
