"""The short code that proves a phone for changes too."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import code, session
from store.conversations import conversations, proofs
from store.conversations.proofs import Identity
from store.core.database import Connection, Database
from store.vocabulary import ProofBy, Reason

PHONE = "+37061234567"


class Texter:
    """Somebody who writes from a phone, to whom a code was sent a while ago."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.conversation = conversations.open_for(connection, "sms", "shop", PHONE).id
        proofs.vouch(connection, self.conversation, PHONE, ProofBy.SENDER)
        self.said: list[dict[str, Any]] = []

    def standing(self) -> Identity:
        return proofs.identity(self.connection, self.conversation)

    def tries(self, given: str, ago: timedelta = timedelta()) -> dict[str, Any]:
        """The slots after a try with a code, when 123456 was sent."""
        until = (datetime.now(UTC) - ago + code.LIFETIME).timestamp()
        slots = {"code_sent": f"123456 {until:.0f}"}
        tracker = Tracker(str(self.conversation), slots, {}, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        changed = code.tried(given, dispatcher, tracker)
        self.said += dispatcher.messages
        return changed


@pytest.fixture
def texter(database: Database) -> Iterator[Texter]:
    with database.write() as connection:
        token = session.turn.set(connection)
        yield Texter(connection)
        session.turn.reset(token)


def test_a_code_is_good_for_ten_minutes(texter: Texter) -> None:
    assert texter.tries("123456", timedelta(minutes=10, seconds=2)) == {"code": None}
    assert not texter.standing().change
    assert texter.tries("123456", timedelta(minutes=9)) == {"code": "123456", "code_sent": None}
    assert (texter.standing().change, texter.standing().by) == (True, ProofBy.CODE)


def test_wrong_codes_count_and_lock(texter: Texter) -> None:
    for _ in range(proofs.MAX_FAILURES):
        assert not texter.standing().locked
        assert texter.tries("123457") == {"code": None}
    assert texter.standing().locked and not texter.standing().change
    called = [one["custom"] for one in texter.said if one.get("custom")]
    assert called == [{"handoff": Reason.PROOFS}]
