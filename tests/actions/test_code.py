"""The short code that a change by SMS asks for: fresh for each, and good for nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import code, sent_code, session
from actions.intents import Form
from actions.sent_code import SentCode
from store.conversations import conversations, proofs, throttle
from store.conversations.proofs import Identity
from store.core.database import Connection, Database
from store.vocabulary import ProofBy, Reason, ThrottleScope

PHONE = "+37061234567"
FREE = throttle.LIMITS[ThrottleScope.CONVERSATION].free
CANCEL = {"order": "10234"}
ADDRESS = {"order": "10234", "new_address": "Elm Street 1"}


class Texter:
    """Somebody who writes from a phone, to whom a code was sent a while ago."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.conversation = conversations.open_for(connection, "sms", "shop", PHONE).id
        proofs.vouch(connection, self.conversation, PHONE, ProofBy.SENDER)
        self.said: list[dict[str, Any]] = []

    def standing(self) -> Identity:
        return proofs.identity(self.connection, self.conversation)

    def tracker(self, slots: dict[str, Any], message: str = "m-1") -> Tracker:
        latest = {"metadata": {"message_id": message}}
        return Tracker(str(self.conversation), slots, latest, [], False, None, {}, "action_listen")

    def sent(self, form: str = Form.CANCEL, slots: dict[str, Any] = CANCEL, **changed: Any) -> str:
        """What slot `code_sent` holds when 123456 was sent for a change."""
        until = (datetime.now(UTC) + sent_code.LIFETIME - changed.pop("ago", timedelta())).timestamp()
        return str(SentCode("123456", until, changed.pop("wrong", 0), code.change(form, self.tracker(slots))))

    def tries(
        self, given: str, sent: str | None, form: str = Form.CANCEL, slots: dict[str, Any] = CANCEL
    ) -> dict[str, Any]:
        """The slots after a try with a code for a change."""
        dispatcher = CollectingDispatcher()
        changed = code.tried(form, given, dispatcher, self.tracker({**slots, "code_sent": sent}))
        self.said += dispatcher.messages
        return changed

    def may(self, changed: dict[str, Any], form: str, slots: dict[str, Any], message: str = "m-1") -> bool:
        return code.is_given(form, self.tracker({**slots, **changed}, message))


@pytest.fixture
def texter(database: Database) -> Iterator[Texter]:
    with database.write() as connection:
        token = session.turn.set(connection)
        yield Texter(connection)
        session.turn.reset(token)


def test_a_code_is_good_for_ten_minutes(texter: Texter) -> None:
    assert texter.tries("123456", texter.sent(ago=timedelta(minutes=10, seconds=2)))["code"] is None
    changed = texter.tries("123456", texter.sent(ago=timedelta(minutes=9)))
    assert texter.may(changed, Form.CANCEL, CANCEL)
    assert changed["code_sent"] is None, "it is used up"


@pytest.mark.parametrize("by", [ProofBy.ORDER, ProofBy.CODE, ProofBy.PROVIDER, ProofBy.SENDER])
def test_whatever_was_proven_before_a_change_by_sms_needs_a_code(texter: Texter, by: ProofBy) -> None:
    proofs.succeed(texter.connection, texter.conversation, "anna@example.com", by)
    assert not texter.standing().change
    assert code.is_needed(texter.tracker(CANCEL))
    assert not texter.may({}, Form.CANCEL, CANCEL)


def test_a_code_changes_what_it_was_asked_for_in_the_message_that_brought_it(texter: Texter) -> None:
    changed = texter.tries("123456", texter.sent())
    assert texter.may(changed, Form.CANCEL, CANCEL)
    assert not texter.may(changed, Form.CANCEL, CANCEL, message="m-2")
    assert not texter.may(changed, Form.CANCEL, {"order": "10235"})
    assert not texter.may(changed, Form.ADDRESS, ADDRESS)
    for form, slots in (
        (Form.CANCEL, {"order": "10235"}),
        (Form.ADDRESS, ADDRESS),
    ):
        assert texter.tries("123456", texter.sent(), form, slots)["code"] is None
    other = {**ADDRESS, "new_address": "Oak Street 2"}
    assert texter.tries("123456", texter.sent(Form.ADDRESS, ADDRESS), Form.ADDRESS, other)["code"] is None
    good = texter.tries("123456", texter.sent(Form.ADDRESS, ADDRESS), Form.ADDRESS, ADDRESS)
    assert texter.may(good, Form.ADDRESS, ADDRESS) and not texter.may(good, Form.ADDRESS, other)


def test_three_wrong_ones_make_a_code_worthless(texter: Texter) -> None:
    sent: str | None = texter.sent()
    for _ in range(sent_code.MAX_WRONG):
        sent = texter.tries("123457", sent)["code_sent"]
    assert texter.tries("123456", sent)["code"] is None


def test_wrong_codes_count_and_call_a_person_once(texter: Texter) -> None:
    for n in range(FREE + 1):
        assert not texter.standing().waits
        assert texter.tries("123457", texter.sent())["code"] is None, n
    assert texter.standing().waits
    assert texter.tries("123456", texter.sent())["code"] is None, "not even the right one, for a while"
    called = [one["custom"] for one in texter.said if "handoff" in one.get("custom", {})]
    assert called == [{"handoff": Reason.PROOFS}]
    assert not texter.standing().locked, "the phone still sees its own orders"
