"""Which order an action may work on: what the conversation has proven, whatever the slot says."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from rasa_sdk import Tracker

from actions import session
from bot.cli.stage import Stage
from store.conversations import conversations, proofs, throttle
from store.core.database import Connection
from store.vocabulary import ProofBy, ThrottleScope

Asked = Callable[[str], str | None]


@pytest.fixture
def connection(stage: Stage) -> Iterator[Connection]:
    """A turn's transaction."""
    with stage.database.write() as opened:
        token = session.turn.set(opened)
        yield opened
        session.turn.reset(token)


@pytest.fixture
def conversation(connection: Connection) -> int:
    return conversations.open_for(connection, "web", "default", "anna").id


@pytest.fixture
def asked(connection: Connection, conversation: int) -> Asked:
    """The number of the proven order, with a number in the slot."""

    def ask(number: str) -> str | None:
        tracker = Tracker(str(conversation), {"order": number}, {}, [], False, None, {}, "action_listen")
        order = session.proven_order(connection, tracker)
        return order.number if order else None

    return ask


def test_the_order_in_the_slot_must_be_the_proven_contacts(
    stage: Stage, connection: Connection, conversation: int, asked: Asked
) -> None:
    mine, other = stage.facts["shipped"], stage.facts["other_order"]
    assert asked(mine) is None, "nothing is proven yet"
    proofs.succeed(connection, conversation, stage.facts["email"])
    assert (asked(mine), asked(other), asked("98765")) == (mine, None, None)


def test_a_locked_conversation_has_no_order(
    stage: Stage, connection: Connection, conversation: int, asked: Asked
) -> None:
    proofs.succeed(connection, conversation, stage.facts["email"])
    at = datetime.now(UTC)
    for _ in range(throttle.LIMITS[ThrottleScope.CONVERSATION].free):
        assert not throttle.attempt(connection, conversation, "a network", at).fail()
    assert asked(stage.facts["shipped"])
    assert throttle.attempt(connection, conversation, "a network", at).fail()
    assert asked(stage.facts["shipped"]) is None
    # Nobody guessed what the shop's own site says.
    proofs.vouch(connection, conversation, stage.facts["email"], ProofBy.SHOP)
    assert asked(stage.facts["shipped"])
