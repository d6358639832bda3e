"""Changes of an order: once for each message, and with the code where a phone alone is known."""

from collections.abc import Iterator
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import code, session
from actions.intents import Form
from actions.order_change import CancelOrder, ChangeAddress
from bot.cli.stage import Stage
from store.conversations import conversations, proofs
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import Order
from store.vocabulary import OrderState, ProofBy


class Decided:
    """A customer who has said yes, with one order of theirs."""

    def __init__(self, connection: Connection, stage: Stage) -> None:
        self.connection = connection
        self.contact = stage.facts["phone"]
        self.number = stage.facts["processing"]
        self.conversation = conversations.open_for(connection, "sms", "shop", self.contact).id
        self.web = conversations.open_for(connection, "web", "shop", "visitor").id

    def order(self) -> Order:
        found = orders.find(self.connection, self.number)
        assert found
        return found

    def code(self, form: Form, message: str, slots: dict[str, Any]) -> str:
        """What slot `code` holds once the right one came in a message."""
        latest = {"metadata": {"message_id": message}}
        tracker = Tracker(str(self.conversation), slots, latest, [], False, None, {}, "action_listen")
        return f"{code.change(form, tracker)} {message}"

    async def does(
        self, action: ChangeAddress | CancelOrder, message: str, on: int | None = None, **slots: Any
    ) -> None:
        latest = {"metadata": {"message_id": message}}
        given = {"order": self.number, "confirmed": "yes", **slots}
        tracker = Tracker(str(on or self.conversation), given, latest, [], False, None, {}, "action_listen")
        await action.run(CollectingDispatcher(), tracker, {})


@pytest.fixture
def decided(stage: Stage) -> Iterator[Decided]:
    with stage.database.write() as connection:
        token = session.turn.set(connection)
        yield Decided(connection, stage)
        session.turn.reset(token)


async def test_an_address_may_be_changed_again(decided: Decided) -> None:
    proofs.succeed(decided.connection, decided.web, decided.contact)
    for message, address in (("1", "Elm Street 1"), ("2", "Oak Street 2"), ("1", "Elm Street 1")):
        await decided.does(ChangeAddress(), message, decided.web, new_address=address)
    assert decided.order().address == "Oak Street 2", "the first message's turn was taken twice"


async def test_without_the_code_nothing_is_changed(decided: Decided) -> None:
    proofs.vouch(decided.connection, decided.conversation, decided.contact, ProofBy.SENDER)
    before = decided.order()
    await decided.does(CancelOrder(), "1")
    await decided.does(ChangeAddress(), "2", new_address="Elm Street 1")
    assert decided.order() == before
    # Nor by what was proven before.
    proofs.succeed(decided.connection, decided.conversation, decided.contact, ProofBy.CODE)
    await decided.does(CancelOrder(), "3")
    await decided.does(ChangeAddress(), "4", new_address="Elm Street 1", code="123456")
    assert decided.order() == before
    slots: dict[str, Any] = {"order": decided.number, "new_address": "Elm Street 1"}
    await decided.does(ChangeAddress(), "5", **slots, code=decided.code(Form.ADDRESS, "5", slots))
    await decided.does(CancelOrder(), "6", code=decided.code(Form.CANCEL, "6", slots))
    after = decided.order()
    assert (after.address, after.state) == ("Elm Street 1", OrderState.CANCELLED)
