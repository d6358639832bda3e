"""What conversations rely on: the fake assistant and the trained one, with a real database."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from actions.intents import Intent
from bot.assistant.protocol import Assistant, Choice, Reply, TurnInput, TurnResult, Understanding
from store.conversations import conversations, transcript
from store.conversations.memory import NOTHING
from store.conversations.payload import Payload
from store.conversations.transcript import ButtonRow
from store.core.database import Connection, Database
from store.vocabulary import Author, Reason
from tests.assistant.conftest import core, knowledge, settings
from tests.desk.staff import LANGUAGES
from tests.fakes.assistant import FakeAssistant

__all__ = ["core", "knowledge", "settings"]

FAKE: type[Assistant] = FakeAssistant
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PERSON = "person please, I want to talk to a human"


@pytest.fixture(params=["fake", "trained"])
def assistant(request: pytest.FixtureRequest) -> Assistant:
    made: Assistant = FakeAssistant() if request.param == "fake" else request.getfixturevalue("core")
    return made


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as one:
        yield one


def turn(connection: Connection, text: str = "hello", payload: Payload | None = None) -> TurnInput:
    """A customer's message in a conversation of the store."""
    one = conversations.open_for(connection, "web", "default", "anna")
    return TurnInput(one.id, "web:default:m1", text, payload, "en", "web", one.memory, NOW)


def check(result: TurnResult, one: TurnInput) -> None:
    assert type(result) is TurnResult
    assert all(type(reply) is Reply and reply.text.strip() for reply in result.replies)
    assert all(
        type(choice) is Choice and choice.title for reply in result.replies for choice in reply.buttons
    )
    assert result.language == "en"
    assert isinstance(result.intent, str) and result.intent and 0 <= result.confidence <= 1
    assert result.handoff is None or isinstance(result.handoff, Reason)
    assert json.loads(json.dumps(result.events)) == list(result.events), "they are archived as JSON"
    heard = [event for event in result.events if event["event"] == "user"]
    assert [event["message_id"] for event in heard] == [one.message_id]
    assert all(event["timestamp"] >= one.at.timestamp() for event in result.events)


def test_a_turn_has_an_answer(assistant: Assistant, connection: Connection) -> None:
    one = turn(connection)
    result = assistant.respond(connection, one)
    check(result, one)
    assert result.replies and result.handoff is None


def test_a_turn_that_is_repeated_has_the_same_answer(assistant: Assistant, connection: Connection) -> None:
    one = turn(connection)
    first, again = assistant.respond(connection, one), assistant.respond(connection, one)
    assert (first.replies, first.memory, first.intent) == (again.replies, again.memory, again.intent)


def test_a_person_is_asked_for(assistant: Assistant, connection: Connection) -> None:
    one = turn(connection, PERSON)
    result = assistant.respond(connection, one)
    check(result, one)
    assert result.handoff is Reason.ASKED


@pytest.mark.parametrize("text", [PERSON, "cancel my order please", "ok", "qwzx"])
def test_while_a_person_is_awaited_it_changes_and_asks_nothing(
    assistant: Assistant, connection: Connection, text: str
) -> None:
    one = replace(turn(connection, text), waiting=True)
    result = assistant.respond(connection, one)
    check(result, one)
    assert (result.replies, result.handoff, result.memory.form, result.letters) == ((), None, None, ())


def test_thanks_are_answered_while_a_person_is_awaited(assistant: Assistant, connection: Connection) -> None:
    one = replace(turn(connection, "thank you"), waiting=True)
    result = assistant.respond(connection, one)
    check(result, one)
    assert result.replies and result.intent == Intent.THANK


def test_what_it_remembers_comes_back_from_the_store(assistant: Assistant, connection: Connection) -> None:
    one = turn(connection, "where is my order?")
    result = assistant.respond(connection, one)
    conversation = conversations.get(connection, one.conversation_id)
    conversations.remember(connection, conversation, result.memory, result.language, NOW)
    kept = conversations.get(connection, one.conversation_id).memory
    assert kept == result.memory != NOTHING
    later = replace(one, message_id="web:default:m2", text="thanks", memory=kept)
    check(assistant.respond(connection, later), later)


def test_a_button_comes_back_from_the_store_and_can_be_pressed(
    assistant: Assistant, connection: Connection
) -> None:
    one = turn(connection, PERSON)
    choices = [choice for reply in assistant.respond(connection, one).replies for choice in reply.buttons]
    choices += assistant.say("utter_handoff", "en").buttons
    choices.append(Choice("Red", "inform", {"order_number": "10234"}))
    rows = [ButtonRow(choice.title, choice.payload) for choice in choices]
    entry = transcript.append(connection, one.conversation_id, Author.BOT, "which?", NOW, choices=rows)
    kept = [transcript.button(connection, one.conversation_id, row["token"]) for row in entry.buttons]
    assert kept == rows
    for number, row in enumerate(rows, 2):
        press = replace(one, message_id=f"web:default:m{number}", text=row.title, payload=row.payload)
        result = assistant.respond(connection, press)
        check(result, press)


@pytest.mark.parametrize("text", ["hello", "complaint about my parcel", "qwzx", "🧦", "a" * 4000])
def test_any_text_means_something(assistant: Assistant, text: str) -> None:
    found = assistant.understand(text)
    assert type(found) is Understanding and found.text == text
    assert found.intent and 0 <= found.confidence <= 1
    assert found.ranking and [score for _, score in found.ranking] == sorted(
        (score for _, score in found.ranking), reverse=True
    )
    assert not found.languages or found.languages[0][0] == found.language
    assert found.language in LANGUAGES
    assert json.loads(json.dumps(found.entities)) == list(found.entities)


def test_a_complaint_is_understood(assistant: Assistant) -> None:
    found = assistant.understand("complaint about my parcel: it is a scandal")
    assert (found.language, found.intent) == ("en", Intent.COMPLAINT)
    assert found.ranking[0] == (found.intent, found.confidence)


def test_a_fixed_response_is_said_in_each_language(assistant: Assistant) -> None:
    said = {language: assistant.say("utter_failed_turn", language) for language in ("en", "lt")}
    assert all(type(one) is Reply and one.text.strip() for one in said.values())
    assert said["en"].text != said["lt"].text
    assert assistant.say("utter_failed_turn", "en") == said["en"], "the same each time"


def test_facts_and_choices_are_said_too(assistant: Assistant) -> None:
    choices = [{"title": "Great", "intent": Intent.INFORM, "entities": {"score": "5"}}]
    assert assistant.say("utter_survey", "en", {"choices": choices}).buttons == (
        Choice("Great", Intent.INFORM, {"score": "5"}),
    )
    assert "Rita" in assistant.say("utter_person_joined", "en", {"agent": "Rita"}).text
