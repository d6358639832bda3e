"""The real trained assistant, loaded once, and a fresh demonstration shop for each test."""

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import compose
from bot.assistant import training
from bot.assistant.protocol import Assistant
from bot.cli import stage as stages
from bot.cli.stage import Stage, Stages
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from store.core.database import Database
from store.orders import demo_cases


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.load()


@pytest.fixture(scope="session")
def knowledge(settings: Settings) -> Knowledge:
    return Knowledge.load(settings.home)


@pytest.fixture(scope="session")
def core(settings: Settings, knowledge: Knowledge) -> Assistant:
    # Rasa's libraries warn of one another while they are imported.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if training.current_model(settings.home) is None:
            training.train(settings.home)
        return compose.assistant(settings.home, knowledge, print)


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the demonstration shop, to be copied."""
    folder = tmp_path_factory.mktemp("shop")
    stages.build(folder)
    return folder / stages.FILE


@pytest.fixture(scope="session")
def facts(shop_file: Path) -> dict[str, str]:
    database = Database(f"sqlite:///{shop_file}")
    with database.read() as connection:
        found = demo_cases.placeholders(connection, datetime.now(UTC).date())
    database.close()
    return found


@pytest.fixture
def stage(
    settings: Settings,
    knowledge: Knowledge,
    core: Assistant,
    shop_file: Path,
    facts: dict[str, str],
    tmp_path: Path,
) -> Iterator[Stage]:
    with Stages(settings, knowledge, core, shop_file.parent, facts).open(tmp_path) as opened:
        yield opened


def texts(turn: dict[str, Any]) -> str:
    """What was said in a turn, one line for each reply."""
    return "\n".join(reply["text"] for reply in turn["replies"])


def titles(turn: dict[str, Any]) -> list[str]:
    """The buttons offered in a turn."""
    return [button["title"] for reply in turn["replies"] for button in reply["buttons"]]
