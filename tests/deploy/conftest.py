"""Two servers, one of a name of its own and one below a path, and the proxies before them."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from store.accounts import agents
from store.core.database import Database
from store.vocabulary import Role
from tests.deploy.proxies import OWN, SHOP, Authority, Site, installed, serving
from tests.desk.staff import CHEAP
from tests.server import running

ANNA, PASSWORD = "anna@linden.example", "four words by chance"
SETTINGS = {
    "AFTERCARE_PROXIES": "1",
    "AFTERCARE_ASSIGNMENT": "manual",
    "AFTERCARE_SECRET": "0123456789abcdef" * 3,
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef" * 2,
    "TWILIO_FROM": "+37061234567",
    "TWILIO_API_URL": "http://127.0.0.1:9",  # nobody: answers stay in the outbox
}
TWILIO = {name: value for name, value in SETTINGS.items() if name.startswith("TWILIO_")}
PATHS = {OWN: "", SHOP: "/support"}
# Where tests must not be left out: `make proxies` installed them.
REQUIRED = os.environ.get("PROXIES") == "required"

Start = Callable[[str, str | None], Site]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], int]]:
    """The port of the server of a host, started when it is first asked for."""
    ports: dict[str, int] = {}
    with ExitStack() as stack:

        def port(host: str) -> int:
            if host not in ports:
                folder = tmp_path_factory.mktemp("server")
                public = f"https://{host}{PATHS[host]}"
                server = running(folder, None, PUBLIC_BASE_URL=public, **SETTINGS)
                address = stack.enter_context(server)
                _hire(folder)
                ports[host] = urlsplit(address).port or 0
            return ports[host]

        yield port


def _hire(folder: Path) -> None:
    database = Database(f"sqlite:///{folder}/server.db")
    with database.write() as connection:
        agents.add(connection, ANNA, "Anna Berg", Role.ADMIN, password=CHEAP.hash(PASSWORD))
    database.close()


@pytest.fixture(scope="module")
def start(
    servers: Callable[[str], int], authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """Starts a proxy before its server, once for each way of setting it up."""
    started: dict[tuple[str, str | None], Site] = {}
    with ExitStack() as stack:

        def begin(proxy: str, way: str | None) -> Site:
            if installed(proxy) is None:
                missing = f"*** {proxy} is NOT INSTALLED: docs/deploy.md isn't tested with it; make proxies"
                if REQUIRED:
                    pytest.fail(missing)
                pytest.skip(missing)
            if (proxy, way) not in started:
                folder = tmp_path_factory.mktemp(proxy)
                port = servers(OWN if way is None else SHOP)
                started[proxy, way] = stack.enter_context(serving(proxy, way, port, authority, folder))
            return started[proxy, way]

        yield begin
