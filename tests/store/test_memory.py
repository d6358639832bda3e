"""What is remembered of a conversation, a button and a request, as it stands in the database."""

import json

import pytest

from store.conversations.memory import NOTHING, Memory
from store.conversations.payload import Payload
from store.vocabulary import Reason

FULL = Memory(
    {"order": "10234", "requested_slot": "contact"},
    "order_form",
    "human_agent",
    "track_order",
    Reason.UNSURE,
    (Reason.PAYMENT, Reason.TONE),
    told=True,
    noted=True,
)
KEPT = {
    "slots": {"order": "10234", "requested_slot": "contact"},
    "form": "order_form",
    "offer": "human_agent",
    "wish": "track_order",
    "offered": "unsure",
    "declined": ["payment", "tone"],
    "told": True,
    "noted": True,
}


@pytest.mark.parametrize("memory", [NOTHING, Memory(), Memory(told=True), FULL])
def test_a_memory_is_read_as_it_was_kept(memory: Memory) -> None:
    assert Memory.from_json(json.loads(json.dumps(memory.as_json()))) == memory


def test_what_earlier_versions_kept_is_read() -> None:
    """They wrote a plain dict, with or without each key."""
    assert Memory.from_json({}) == NOTHING
    assert Memory.from_json({"told": True}) == Memory(told=True)
    assert Memory.from_json({"slots": {}, "form": None, "offer": None}) == Memory()
    assert Memory.from_json(KEPT) == FULL


def test_earlier_versions_can_read_what_is_kept_now() -> None:
    assert NOTHING.as_json() == {}
    assert Memory().as_json() == {"slots": {}}, "a turn was taken: not the same as nothing"
    assert FULL.as_json() == KEPT


def test_nothing_that_is_known_is_left_out() -> None:
    assert Memory({"order": "1"}, begun=False).as_json() == {"slots": {"order": "1"}}


def test_a_payload_is_read_as_it_was_kept() -> None:
    payload = Payload("track_order", {"order_number": "10234"})
    kept = {"intent": "track_order", "entities": {"order_number": "10234"}}
    assert payload.as_json() == kept and Payload.from_json(json.loads(json.dumps(kept))) == payload
    assert Payload.from_json({"intent": "greet"}) == Payload("greet")
