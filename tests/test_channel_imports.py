"""The check of channels' imports finds what it is there for."""

import pytest

from tests.channel_imports import imported, main, wrong


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("sms", "from bot import settings"),
        ("sms", "import store.inbox"),
        ("sms", "from channels import telegram"),
        ("sms", "from channels.web_message import parse"),
        ("sms_parse", "import telegram"),
        ("telegram", "from twilio.rest import Client"),
        ("contract", "from channels.web import blueprint"),
        ("parts", "import twilio"),
        ("fax", "import sqlalchemy"),
        ("fax", "def f():\n    import bot"),
        ("fax", "from . import web"),
    ],
)
def test_a_wrong_import_is_found(module: str, line: str) -> None:
    assert wrong(module, imported(line))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("sms", "from channels import sms_parse"),
        ("sms", "from channels.contract import Inbound"),
        ("sms", "import json, httpx"),
        ("sms", "from twilio.rest import Client"),
        ("telegram_api", "from telegram import Bot"),
    ],
)
def test_a_right_one_is_not(module: str, line: str) -> None:
    assert wrong(module, imported(line)) == []


def test_all_channels_keep_to_it() -> None:
    assert main() == 0
