"""The language that a browser or provider hints at: for the start of a conversation, and no further."""

from typing import Any

import pytest

from bot.cli.stage import Customer, Stage
from tests.assistant.conftest import texts


def say(customer: Customer, text: str, hint: str) -> dict[str, Any]:
    return customer.talk.say({"conversation": customer.name, "text": text, "language": hint})


@pytest.mark.parametrize("text", ["ok", "hello", "10234", "👋", "?"])
def test_a_short_first_message_is_answered_in_the_hinted_language(stage: Stage, text: str) -> None:
    assert say(stage.customer(), text, "lt")["language"] == "lt"


def test_a_clear_first_message_is_answered_in_its_own_language(stage: Stage) -> None:
    turn = say(stage.customer(), "where is my order, please", "lt")
    assert turn["language"] == "en"
    assert "order number" in texts(turn)


def test_one_word_does_not_change_the_language_of_a_conversation(stage: Stage) -> None:
    customer = stage.customer()
    assert say(customer, "Kur mano užsakymas?", "lt")["language"] == "lt"
    for text in ("paldies", "please", "рахмет", "oke"):
        assert say(customer, text, "lt")["language"] == "lt"


def test_a_hint_changes_nothing_later(stage: Stage) -> None:
    customer = stage.customer()
    assert say(customer, "kalbėkit lietuviškai", "en")["language"] == "lt"
    for text in ("ok", "thanks", "10234"):
        assert say(customer, text, "en")["language"] == "lt"


@pytest.mark.parametrize("hint", ["pl", "xx", "klingon"])
def test_an_unknown_hint_is_the_default_language(stage: Stage, hint: str) -> None:
    assert say(stage.customer(), "ok", hint)["language"] == "en"


@pytest.mark.parametrize(
    ("hint", "text", "language"),
    [
        ("lt", "labas, noriu refund už orderį", "lt"),
        ("lv", "sveiki, gribu cancel savu order", "lv"),
        ("id", "kak mau refund order saya dong", "id"),
        ("kk", "заказымды отмена жасап, возврат алғым келеді", "kk"),
        ("kk", "доставка сколько күн болады", "kk"),
    ],
)
def test_a_mixed_message_keeps_the_language(stage: Stage, hint: str, text: str, language: str) -> None:
    assert say(stage.customer(), text, hint)["language"] == language


def test_a_chosen_language_survives_a_person(stage: Stage) -> None:
    customer = stage.customer()
    customer.say("can we speak Lithuanian?")
    customer.say("noriu kalbėti su žmogumi")
    assert customer.press("Tęsti su asistentu")["language"] == "lt"
    assert customer.say("thank you")["language"] == "lt"
