"""A call back is asked for while a person is awaited: the conversation keeps its place in the queue."""

from dataclasses import replace
from typing import Any

import pytest

from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult
from store.conversations.memory import Memory
from store.core.database import Connection, Database
from store.handoffs import handoffs
from tests.desk.shop import Shop
from tests.fakes.assistant import FakeAssistant, echo


class Caller:
    """Opens the form for a call back when it is wished for; `then` is what the next message leads to."""

    then: dict[str, Any] = {}

    def __call__(self, connection: Connection, turn: TurnInput) -> TurnResult:
        said = echo(connection, turn)
        wished = turn.payload is not None and turn.payload.intent == "request_callback"
        form = "callback_form" if wished else None
        said = replace(said, memory=Memory({"order": "10234", "callback_phone": "+370"}, form))
        if turn.text.startswith("person"):
            return replace(said, replies=(Reply("wait", (Choice("Call me", "request_callback"),)),))
        return replace(said, **self.then) if form is None else said


@pytest.fixture
def shop(database: Database) -> Shop:
    shop = Shop(database)
    shop.turns = shop.turns_of(FakeAssistant(Caller()))
    return shop


def requests(shop: Shop, conversation_id: int) -> int:
    with shop.database.read() as connection:
        return len(handoffs.of_conversation(connection, conversation_id))


def test_the_form_gets_its_answers_and_the_queue_its_conversation(shop: Shop) -> None:
    which = shop.talk("person", "hello?")
    assert shop.transcript(which)[-1].text.startswith("utter_already_handed_off")
    shop.press(which, "Call me")
    assert (shop.get(which).owner, shop.get(which).memory.form) == ("queue", "callback_form")
    shop.talk("after five")
    assert shop.transcript(which)[-1].text == "re after five"
    assert shop.get(which).owner == "queue"
    assert shop.get(which).memory == Memory({"order": "10234"}, told=True)
    shop.talk("are you there?")
    assert shop.transcript(which)[-1].text.startswith("utter_noted"), "from here on it is the queue's again"
    assert requests(shop, which) == 1


@pytest.mark.parametrize(
    "then",
    [
        {"handoff": "asked"},
        {"memory": Memory({"task": "cancel"}, "order_form")},
        {"handoff": "asked", "memory": Memory()},
    ],
)
def test_nothing_else_begins_there(shop: Shop, monkeypatch: pytest.MonkeyPatch, then: dict[str, Any]) -> None:
    which = shop.talk("person")
    shop.press(which, "Call me")
    monkeypatch.setattr(Caller, "then", then)
    shop.talk("something else")
    held = shop.get(which)
    assert (held.owner, held.memory.form, held.memory.told) == ("queue", None, True)
    assert requests(shop, which) == 1


def test_a_person_who_comes_meanwhile_is_not_talked_over(shop: Shop) -> None:
    anna = shop.agent("Anna")
    which = shop.talk("person")
    shop.press(which, "Call me")
    with shop.database.write() as connection:
        shop.desk.claim(connection, anna, which)
    said = len(shop.transcript(which))
    shop.talk("after five")
    shop.press(which, "Call me")  # chosen already
    assert [one.author for one in shop.transcript(which)[said:]] == ["customer"]
    with shop.database.write() as connection:
        shop.desk.release(connection, anna, which)
    shop.talk("hello?")
    assert shop.transcript(which)[-1].text.startswith("utter_already_handed_off")
