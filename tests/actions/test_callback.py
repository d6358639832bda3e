"""What of a customer's wish to be called reaches the agents."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.assistant.protocol import Assistant, TurnInput, TurnResult
from bot.cli.stage import Stage
from store.conversations import conversations, proofs
from store.conversations.conversations import Conversation
from store.conversations.memory import NOTHING
from store.conversations.payload import Payload
from store.handoffs import callbacks
from store.handoffs.callbacks import Callback
from store.vocabulary import ProofBy
from tests.assistant.conftest import texts, titles

AT = datetime(2026, 5, 12, 12, tzinfo=UTC)


def waiting(stage: Stage) -> list[Callback]:
    with stage.database.read() as connection:
        return callbacks.waiting(connection)


def test_the_number_and_the_wish_are_kept(stage: Stage) -> None:
    customer = stage.customer()
    customer.say("please call me on 8 612 34567")
    customer.say("  after   five\n<b>today</b> {shop} ")
    (one,) = waiting(stage)
    assert (one.phone, one.wish, one.state) == ("+37061234567", "after five <b>today</b> {shop}", "open")
    customer.say("call me back please")
    customer.say("+370 612 34568")
    said = texts(customer.say("x" * 3000))
    (again,) = waiting(stage)
    assert (again.id, again.phone, again.wish) == (one.id, "+37061234568", "x" * 200)
    assert "x" * 201 not in said


@pytest.mark.parametrize(
    "text", ["12345", "+1 555", "0000000000", "+370 612 3456789012", "8-612-", "１２３４５"]
)
def test_what_is_no_number_is_asked_for_again(stage: Stage, text: str) -> None:
    customer = stage.customer()
    customer.say("call me back please")
    assert "+370 612 34567" in texts(customer.say(text))
    assert waiting(stage) == []
    assert "We'll call" in texts(customer.say("+370 612 34567"))


def test_a_wish_that_is_a_question_or_a_no_is_not_taken_for_a_time(stage: Stage) -> None:
    customer = stage.customer()
    customer.say("please call me on 8 612 34567")
    assert "When does it suit" in texts(customer.say("what payment methods do you have?"))
    customer.say("no")
    assert waiting(stage) == []


def test_the_number_does_not_prove_anything(stage: Stage) -> None:
    customer = stage.customer()
    customer.say("call me back please")
    customer.say(stage.facts["phone"])
    customer.say("any time")
    said = texts(customer.say(f"where is order {stage.facts['shipped']}"))
    assert "e-mail address or phone" in said


class Texter:
    """Somebody who writes from a phone."""

    def __init__(self, stage: Stage, core: Assistant) -> None:
        self.stage, self.core = stage, core
        with stage.database.write() as connection:
            opened = conversations.open_for(connection, "sms", "+37069900000", "+37061234567", "en")
            proofs.vouch(connection, opened.id, "+37061234567", ProofBy.SENDER)
        self.memory = NOTHING
        self.conversation: Conversation = opened

    def turn(self, text: str, payload: Payload | None = None) -> TurnResult:
        given = TurnInput(
            conversation_id=self.conversation.id,
            message_id="sms:m1",
            text=text,
            payload=payload,
            language="en",
            channel="sms",
            memory=self.memory,
            at=AT,
        )
        with self.stage.database.write() as connection:
            return self.core.respond(connection, given)


def test_the_sender_of_an_sms_is_offered_and_a_turn_done_twice_keeps_one_wish(
    stage: Stage, core: Assistant
) -> None:
    texter = Texter(stage, core)
    asked = texter.turn("call me back please")
    (button,) = asked.replies[0].buttons
    assert (button.title, button.intent, button.entities) == (
        "+370 612 34567", "inform", {"phone": "+37061234567"},
    )  # fmt: skip
    texter.memory = asked.memory
    texter.memory = texter.turn(button.title, button.payload).memory
    first, second = texter.turn("at noon"), texter.turn("at noon")
    assert first.replies == second.replies
    assert [one.wish for one in waiting(stage)] == ["at noon"]
    assert replace(first, events=()) == replace(second, events=())


def test_asking_for_a_person_again_in_the_queue_asks_once(stage: Stage) -> None:
    customer = stage.customer()
    customer.say("can I talk to a human")
    turn = customer.press("Call me back")
    assert turn["owner"] == "queue"
    turn = customer.say("I want to talk to a person now")
    assert turn["owner"] == "queue"
    assert "Call me back" in titles(turn)
