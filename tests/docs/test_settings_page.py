"""docs/settings.md against the code: each setting stands there once, with its default."""

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.settings import Settings
from channels.meta.config import configure as messenger
from channels.sms.config import configure as sms
from channels.telegram.config import TelegramConfig
from tests.docs.reading import DOCS, names, read, table
from tests.links import pages
from tests.paths import ROOT

CODE = [
    path for top in ("actions", "bot", "channels", "store") for path in sorted((ROOT / top).rglob("*.py"))
]

SETTING = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
# Variables of libraries, which the program sets.
SET = {"OPENBLAS_NUM_THREADS", "RASA_MAX_CACHE_SIZE", "RASA_TELEMETRY_ENABLED"}
# What else is written so in our pages: of the tests and the bench, of tools, of providers.
OTHERS = {"TEST_DATABASE_URL", "STOCK_PYTHON", "UV_COMPILE_BYTECODE", "VIRTUAL_ENV", "GET_STARTED"}
# Enough of each optional part for it to be configured.
PARTS = {
    "PUBLIC_BASE_URL": "https://chat.shop.example",
    "TELEGRAM_TOKEN": "7000000001:a-token-of-a-bot-for-tests",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secret",
    "TWILIO_FROM": "+37061234567",
    "MESSENGER_PAGE_ID": "100200300",
    "MESSENGER_PAGE_TOKEN": "EAAG",
    "MESSENGER_APP_SECRET": "secret",
    "MESSENGER_VERIFY_TOKEN": "secret",
}


@cache
def settings_read() -> set[str]:
    """The names that functions which are given an environment, or take the process's, look up in it."""
    found: set[str] = set()
    for path in CODE:
        tree = ast.parse(read(path))
        given = any(
            isinstance(node, ast.arg) and node.arg in ("env", "environment") for node in ast.walk(tree)
        )
        taken = any(isinstance(node, ast.Attribute) and node.attr == "environ" for node in ast.walk(tree))
        if given or taken:
            texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
            found.update(text for text in texts if isinstance(text, str) and SETTING.fullmatch(text))
    return found - SET


def setting_rows() -> list[list[str]]:
    return table(read(DOCS / "settings.md"), "variable", "default")


def test_every_setting_is_documented_once() -> None:
    documented = [name for variable, *_ in setting_rows() for name in names(variable)]
    assert sorted(documented) == sorted(settings_read())


def test_every_setting_that_a_page_names_exists() -> None:
    files = [*pages(), ROOT / "compose.yaml", ROOT / "deploy" / "env.example"]
    # Made up or passed on by compose.yaml itself.
    compose = set(re.findall(r"\$\{(\w+)", read(ROOT / "compose.yaml"))) | {"POSTGRES_USER", "POSTGRES_DB"}
    known = settings_read() | OTHERS | compose
    for path in files:
        assert set(SETTING.findall(read(path))) - known == set(), path


def configured(environment: Mapping[str, str], home: Path) -> tuple[object, ...]:
    url = PARTS["PUBLIC_BASE_URL"]
    given = {"AFTERCARE_HOME": str(home), **PARTS, **environment}
    return Settings.load(given), TelegramConfig.load(given, url), sms(given, url), messenger(given)


def test_the_documented_defaults_are_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").touch()
    usual = configured({}, tmp_path)
    tried = 0
    for variable, default, *_ in setting_rows():
        if names(default)[:1] and default == f"`{names(default)[0]}`":
            (name,) = names(variable)
            value = names(default)[0].replace("<home>", str(tmp_path))
            assert configured({name: value}, tmp_path) == usual, name
            tried += 1
    assert tried > 10
