"""A customer writes text messages: the trained assistant, a fake Twilio, real signatures both ways."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.assistant.protocol import Assistant
from bot.simulator.fake_sms import FakeTwilio
from store.conversations import attachments, conversations, outbox, suppressions
from store.core.database import Database
from tests.channels.stage import Stage, playing
from tests.runtime.test_files import png

STRANGER = "+37060000001"


@pytest.fixture
async def sms(core: Assistant, demo_shop: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    async with playing("sms", FakeTwilio(), core, demo_shop, tmp_path) as stage:
        yield stage


async def test_an_order_from_question_to_answer(sms: Stage, facts: dict[str, str]) -> None:
    assert "order number" in await sms.ask(STRANGER, "where is my order?")
    assert "e-mail" in await sms.ask(STRANGER, facts["shipped"])
    said = await sms.ask(STRANGER, facts["email"])
    assert re.search(rf"{facts['shipped']}.*on its way", said, re.DOTALL)
    # Something else in between, and back to the same order without asking again.
    assert re.search(r"working days", await sms.ask(STRANGER, "how long does delivery take?"))
    assert facts["shipped"] in await sms.ask(STRANGER, "and when will it arrive?")
    await sms.until(lambda: all(one.state == "delivered" for one in sms.said(STRANGER)))


async def test_the_senders_number_shows_its_orders_and_changes_one_only_with_a_code(
    sms: Stage, facts: dict[str, str]
) -> None:
    phone, order = facts["phone"], facts["processing"]
    assert "Which order" in await sms.ask(phone, "where is my order")
    assert "being packed" in await sms.ask(phone, order)
    assert "Shall I cancel it" in await sms.ask(phone, "cancel it")
    said = await sms.ask(phone, "yes")
    code = re.search(r"code: (\d{6})", said)
    assert code
    assert "is cancelled" not in said
    # Who forged the number doesn't see the code.
    wrong = "000000" if code[1] != "000000" else "000001"
    assert "not the code" in await sms.ask(phone, wrong)
    assert re.search(rf"{order} is cancelled", await sms.ask(phone, code[1]))
    # The next change asks for a code of its own.
    assert "Shall I cancel it" in await sms.ask(phone, f"cancel order {facts['unpaid']}")
    said = await sms.ask(phone, "yes")
    fresh = re.search(rf"cancel order {facts['unpaid']}.*code: (\d{{6}})", said)
    assert fresh and fresh[1] != code[1]
    assert "not the code" in await sms.ask(phone, code[1])
    assert re.search("is cancelled", await sms.ask(phone, fresh[1]))


async def test_options_are_chosen_by_their_number(sms: Stage) -> None:
    said = await sms.ask(STRANGER, "hello")
    options = re.findall(r"^(\d)\. (.+)$", said, re.MULTILINE)
    assert ("1", "Where is my order?") in options
    assert "order number" in await sms.ask(STRANGER, "1")


async def test_a_photo_is_kept_for_a_person(sms: Stage, demo_shop: Database) -> None:
    said = await sms.attach(STRANGER, png())
    assert "can't look at pictures" in said

    def state() -> list[Any]:
        with demo_shop.read() as connection:
            found = conversations.find(connection, "sms", sms.channel.account, STRANGER)
            assert found
            return attachments.of_conversation(connection, found.id)

    await sms.until(lambda: state()[0].state == "stored")
    assert state()[0].media_type == "image/png"


async def test_a_person_is_asked_for(sms: Stage, demo_shop: Database) -> None:
    assert "person" in await sms.ask(STRANGER, "I want to talk to a human")
    with demo_shop.read() as connection:
        found = conversations.find(connection, "sms", sms.channel.account, STRANGER)
    assert found
    assert found.owner == "queue"


async def test_stop_and_start_in_twilios_words(sms: Stage, demo_shop: Database) -> None:
    await sms.ask(STRANGER, "hello")
    before = len(sms.said(STRANGER))
    assert await sms.provider.say(STRANGER, "STOP") == 200
    assert await sms.provider.say(STRANGER, "where is my order?") == 200
    await sms.idle()
    assert len(sms.said(STRANGER)) == before, "Twilio confirms by itself, and nothing else is sent"
    with demo_shop.read() as connection:
        assert suppressions.reason(connection, "sms", STRANGER) == "stopped"
    assert await sms.provider.say(STRANGER, "START") == 200
    assert "order number" in await sms.ask(STRANGER, "where is my order?")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("Nebesiųsti", "Pradėti", "Pagalba"),
            ("nebesiųsime", "žinutės vėl įjungtos", "klientų aptarnavimas"),
        ),
        (("Apturēt", "Sākt", "Palīdzība"), ("nesūtīsim", "ziņas atkal ieslēgtas", "klientu apkalpošana")),
        (
            ("Berhenti", "Mulai", "Bantuan"),
            ("tidak akan mengirim", "pesan aktif kembali", "layanan pelanggan"),
        ),
        (("Тоқтату", "Бастау", "Көмек"), ("жібермейміз", "қайта қосылды", "қызмет көрсету")),
        (("СТОП", "СТАРТ", "ПОМОЩЬ"), ("жібермейміз", "қайта қосылды", "қызмет көрсету")),
    ],
)
async def test_a_keyword_is_answered_in_its_language(
    sms: Stage, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    for word, answer in zip(words, said, strict=True):
        assert answer in await sms.ask(STRANGER, word)
    resumed = await sms.ask(STRANGER, words[1])
    assert "HELP" in resumed and "STOP" in resumed


async def test_a_talk_that_has_begun_keeps_its_language_for_common_words(sms: Stage) -> None:
    await sms.ask(STRANGER, "labas, kur mano užsakymas?")
    assert "nebesiųsime" in await sms.ask(STRANGER, "СТОП")
    assert "vėl įjungtos" in await sms.ask(STRANGER, "СТАРТ")
    assert "layanan pelanggan" in await sms.ask(STRANGER, "bantuan"), "another language's own word"
    assert "klientų aptarnavimas" in await sms.ask(STRANGER, "помощь")


@pytest.mark.parametrize(
    ("stop", "start", "helped"),
    [
        ("Nebesiųsti", "Pradėti", "Pagalba"),
        ("Apturēt", "Sākt", "Palīdzība"),
        ("Berhenti", "Mulai", "Bantuan"),
        ("Тоқтату", "Бастау", "Көмек"),
    ],
)
async def test_stop_start_and_help_in_the_other_languages(
    sms: Stage, demo_shop: Database, stop: str, start: str, helped: str
) -> None:
    assert "STOP" in await sms.ask(STRANGER, helped)
    assert "START" in await sms.ask(STRANGER, stop)
    count = len(sms.said(STRANGER))
    assert await sms.provider.say(STRANGER, "hello?") == 200
    await sms.idle()
    assert len(sms.said(STRANGER)) == count
    with demo_shop.read() as connection:
        found = conversations.find(connection, "sms", sms.channel.account, STRANGER)
        assert found
        assert set(outbox.states(connection, found.id, range(1, 20)).values()) == {"sent", "failed"}
    await sms.ask(STRANGER, start)
    await sms.ask(STRANGER, "hello?")
    assert len(sms.said(STRANGER)) >= count + 2
