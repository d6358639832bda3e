"""In which language STOP, START and HELP are answered."""

from dataclasses import replace

import pytest

from bot.conversation.opt_out import language
from store.conversations.memory import NOTHING, Memory
from store.core.database import Database
from tests.desk.shop import Shop

OFFERED = ("lt", "en", "kk")


@pytest.mark.parametrize(
    ("begun", "word", "offered", "answered"),
    [
        (True, "en", OFFERED, "lt"),
        (False, "en", OFFERED, "en"),
        (False, "en", ("lt", "lv"), "lt"),
        (True, "ru", OFFERED, "lt"),
        (False, "ru", OFFERED, "kk"),
        (False, "ru", ("lt", "lv"), "lt"),
        (True, "kk", OFFERED, "kk"),
        (False, "kk", OFFERED, "kk"),
        (True, "id", OFFERED, "lt"),
        (True, "always", OFFERED, "lt"),  # as earlier versions kept it
        (False, "", OFFERED, "lt"),
    ],
)
def test_the_language(
    database: Database, begun: bool, word: str, offered: tuple[str, ...], answered: str
) -> None:
    shop = Shop(database)
    one = shop.get(shop.write("x", language="lt").conversation_id)
    one = replace(one, memory=Memory() if begun else NOTHING)
    assert language(one, word, offered) == answered
