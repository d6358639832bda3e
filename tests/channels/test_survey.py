"""The question after a person's work, on each channel: the trained assistant, fake providers, an agent."""

from pathlib import Path
from typing import Any

import pytest

from bot.assistant.protocol import Assistant
from bot.conversation.survey.survey import is_request
from bot.simulator.fake_messenger import FakeMessenger
from bot.simulator.fake_sms import FakeTwilio
from bot.simulator.fake_telegram import TelegramProvider
from bot.simulator.provider import Provider
from store.conversations import conversations
from store.core.database import Database
from store.handoffs import surveys
from tests.channels.stage import Stage, playing
from tests.desk.shop import Actor
from tests.desk.staff import member

CHANNELS: list[tuple[str, type[Provider], str]] = [
    ("sms", FakeTwilio, "+37060000001"),
    ("telegram", TelegramProvider, "5001"),
    ("messenger", FakeMessenger, "7001"),
]


async def served(stage: Stage, address: str, words: str) -> int:
    """The customer asks for a person, who comes, answers and closes; the conversation's id."""
    await stage.ask(address, words)
    service, who = stage.program.service, Actor(member(stage.program.database).agent)

    def find(connection: Any) -> int:
        one = conversations.find(connection, stage.channel.name, stage.channel.account, address)
        assert one
        return one.id

    which = await service.database.fetch(find)
    await service.act(service.desk.claim, who, which)
    await service.act(service.desk.reply, who, which, "k1", "Your parcel comes tomorrow.")
    await service.act(service.desk.close, who, which, "answered", ask=True)
    await stage.idle()
    return which


async def state(stage: Stage, which: int) -> tuple[str, int | None, str | None]:
    def read(connection: Any) -> tuple[str, int | None, str | None]:
        one = surveys.latest(connection, which)
        assert one
        return conversations.get(connection, which).owner, one.score, one.comment

    return await stage.program.database.fetch(read)


@pytest.mark.parametrize(("name", "provider", "address"), CHANNELS)
async def test_a_score_a_word_and_then_a_question(
    core: Assistant, demo_shop: Database, tmp_path: Path, name: str, provider: type[Provider], address: str
) -> None:
    async with playing(name, provider(), core, demo_shop, tmp_path) as stage:
        which = await served(stage, address, "I want to talk to a human")
        question = stage.said(address)[-1]
        assert "How did we do?" in question.text
        titles = [title for _, title in question.buttons]
        if name == "sms":
            assert titles == []
            said = await stage.ask(address, "4")
        else:
            assert titles == ["1 ★", "2 ★", "3 ★", "4 ★", "5 ★"]
            said = await stage.press(address, "4 ★")
        assert "add a word" in said
        assert await state(stage, which) == ("closed", 4, None)
        assert "feedback" in await stage.ask(address, "Very friendly, but it took a while")
        assert await state(stage, which) == ("closed", 4, "Very friendly, but it took a while")
        assert "order number" in await stage.ask(address, "where is my order?")
        assert (await state(stage, which))[0] == "bot"


REMARKS = {
    "en": ["great service", "Anna was very helpful", "too slow", "it took three days to get an answer", "ok"],
    "lt": [
        "labai greitai ir maloniai",
        "reikėjo atsakyti greičiau",
        "puikus aptarnavimas",
        "viskas gerai",
        "ačiū Onai",
    ],
    "lv": ["ļoti laipna apkalpošana", "pārāk ilgi gaidīju", "viss labi", "paldies, lieliski"],
    "id": ["pelayanannya ramah", "terlalu lama menunggu", "mantap, terima kasih", "cukup baik"],
    "kk": ["қызмет өте жақсы", "оператор дөрекі болды", "рақмет, бәрі жақсы", "очень быстро, спасибо"],
}
REQUESTS = {
    "en": [
        "where is my order?",
        "I want to cancel my order 10234",
        "what about my refund",
        "the cup arrived broken",
    ],
    "lt": ["kur mano užsakymas?", "noriu atšaukti užsakymą 10234", "kada grąžinsite pinigus"],
    "lv": ["kur ir mans pasūtījums?", "gribu atcelt pasūtījumu 10234"],
    "id": ["pesanan saya di mana?", "saya mau batalkan pesanan 10234"],
    "kk": ["тапсырысым қайда?", "10234 тапсырысымды тоқтатқым келеді"],
}


@pytest.mark.parametrize("language", REMARKS)
def test_remarks_and_requests_are_told_apart(core: Assistant, language: str) -> None:
    assert [text for text in REMARKS[language] if is_request(core, text)] == []
    assert [text for text in REQUESTS[language] if not is_request(core, text)] == []
