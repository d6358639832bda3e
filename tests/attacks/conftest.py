"""The trained assistant, and a shop with Anna's orders on either database."""

import pytest

from bot.assistant.protocol import Assistant
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from store.core.database import Database
from tests.assistant.conftest import core as core
from tests.assistant.conftest import knowledge as knowledge
from tests.assistant.conftest import settings as settings
from tests.attacks.shop import ANNA, PHONE, Shop


@pytest.fixture
def shop(database: Database, settings: Settings, knowledge: Knowledge, core: Assistant) -> Shop:
    opened = Shop.open(database, settings, knowledge, core)
    for number in ("20150", "20151"):
        opened.order(number, email=ANNA, phone=PHONE)
    return opened
