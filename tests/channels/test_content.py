"""What of a message there is to answer: the same on every channel."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from bot.runtime.http.refusals import BadRequest
from channels.content import CLIP, option
from channels.contract import MAX_TEXT, Event, Inbound
from tests.desk.providers import Messenger, Sms, Telegram, Web

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUSHING = (Telegram, Sms, Messenger)
BLANK = ("", " ", "\n\t ", "\u200b", "\ufeff \u200d", "\u00ad")


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("channel", PUSHING)
def test_a_blank_message_is_none(channel: Callable[[str], Telegram | Sms | Messenger], blank: str) -> None:
    assert list(channel("7000001").text("message-1", blank, AT)) == []


@pytest.mark.parametrize("blank", BLANK)
def test_the_web_chat_says_that_it_is_blank(blank: str) -> None:
    from channels.web.parse import parse

    with pytest.raises(BadRequest):
        parse("visitor", "default", json.dumps({"client_msg_id": "message-1", "text": blank}).encode(), "en")


@pytest.mark.parametrize("channel", [Web, *PUSHING])
def test_words_and_photos_are_messages(channel: Callable[[str], Web | Telegram | Sms | Messenger]) -> None:
    customer = channel("7000001")
    (said,) = only(customer.text("message-1", " hello ", AT))
    assert said.text == "hello"
    (sent,) = only(customer.photo("message-2", "", "a", AT))
    assert sent.attachments or sent.channel == "web"
    (number,) = only(customer.text("message-3", "0" * 9, AT))
    assert number.choice is None


@pytest.mark.parametrize("channel", PUSHING)
def test_long_words_are_cut_alike(channel: Callable[[str], Telegram | Sms | Messenger]) -> None:
    (said,) = only(channel("7000001").text("message-1", "x" * 9000, AT))
    assert said.text == "x" * MAX_TEXT


def test_what_cannot_be_shown_is_not_passed_over_in_silence() -> None:
    telegram, sms, messenger = Telegram("7000001"), Sms("7000001"), Messenger("7000001")
    for events in (
        telegram._message("message-1", AT, poll={"id": "1", "question": "?"}),
        telegram._message("message-1", AT, sticker={"emoji": ""}),
        sms._form("message-1", AT, Body="", NumMedia="1"),
        messenger._item(AT, message={"mid": "m_1", "attachments": [{"type": "template"}]}),
        messenger._item(AT, message={"mid": "m_1", "is_unsupported": True}),
    ):
        (said,) = only(events)
        assert said.text == CLIP


@pytest.mark.parametrize(("text", "number"), [("2", 2), (" 2. ", 2), ("12)", 12), ("２", None), ("2x", None)])
def test_a_number_and_nothing_else_is_an_option(text: str, number: int | None) -> None:
    assert option(text) == number


def only(events: Sequence[Event]) -> list[Inbound]:
    return [one for one in events if isinstance(one, Inbound)]
