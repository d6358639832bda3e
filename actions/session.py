"""The transaction an action works in, and the conversation it works for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rasa_sdk import Tracker

from actions.case_reader import CaseReader
from actions.guide_book import GuideBook
from store.cases.after_sales import AfterSales
from store.cases.cases import Case
from store.conversations import conversations, proofs
from store.conversations.proofs import Identity
from store.core.database import Connection, Database
from store.orders import orders
from store.orders.orders import Order, OrderSummary

# Set by whoever runs actions: a turn's own transaction, or else a database to open one on.
turn: ContextVar[Connection] = ContextVar("turn")
database: ContextVar[Database] = ContextVar("database")
# What stands for the network or sender that the turn's message came from.
network: ContextVar[str] = ContextVar("network", default="")
# What cases are begun with, and what reads messages about goods.
after_sales: ContextVar[AfterSales] = ContextVar("after_sales")
case_reader: ContextVar[CaseReader] = ContextVar("case_reader")
# The shop's guides, and what reads answers to their steps.
guide_book: ContextVar[GuideBook] = ContextVar("guide_book")
# Where the label of a case can be printed, if anywhere.
label_link: ContextVar[Callable[[Case], str] | None] = ContextVar("label_link", default=None)
# Numbers in the shop's own form, any of which may be an order's.
number_examples: ContextVar[tuple[str, ...]] = ContextVar("number_examples", default=())


@contextmanager
def transaction() -> Iterator[Connection]:
    """The turn's transaction; on an action server, one of the action's own."""
    connection = turn.get(None)
    if connection is not None:
        yield connection
        return
    with database.get().write() as connection:
        yield connection


def conversation_id(connection: Connection, tracker: Tracker) -> int:
    """The conversation of a tracker. Rasa's own tools name conversations as they like: each such name
    gets a conversation of its own on the channel `rasa`, so that it can't pass for a customer's."""
    if turn.get(None) is not None:
        return int(tracker.sender_id)
    return conversations.open_for(connection, "rasa", "default", tracker.sender_id).id


def sender(conversation: int) -> str:
    """What stands for who sent the turn's message; on an action server, the conversation itself."""
    return network.get() or f"conversation:{conversation}"


def message_id(tracker: Tracker) -> str:
    """The inbound message's id: the same whenever the turn is repeated."""
    message = tracker.latest_message
    return str((message.get("metadata") or {}).get("message_id") or message.get("message_id") or "")


def language(tracker: Tracker) -> str:
    """The language that the message is answered in."""
    return str((tracker.latest_message.get("metadata") or {}).get("language") or "en")


def proven_order(connection: Connection, tracker: Tracker) -> Order | None:
    """The order in slot `order`, if the conversation has proven it and may still look orders up."""
    number = tracker.get_slot("order")
    standing = proofs.identity(connection, conversation_id(connection, tracker))
    if not number or not standing.contact or standing.locked:
        return None
    return orders.find_with_contact(connection, number, standing.contact, standing.since)


def own_orders(connection: Connection, standing: Identity, limit: int) -> list[OrderSummary]:
    """The orders that a conversation may see, the newest first."""
    if not standing.contact:
        return []
    return orders.of_contact(connection, standing.contact, limit, standing.since)
