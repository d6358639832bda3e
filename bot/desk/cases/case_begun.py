"""An agent opens a case for a customer, from the conversation in which they asked for it."""

from datetime import datetime

from bot.cases.case_mail import CaseMail
from bot.desk import rights
from bot.desk.actor import Actor as Agent
from bot.desk.cases.case_work import target
from bot.runtime.http.refusals import Conflict, WrongField
from store.cases.after_sales import AfterSales, Teller, Wanted
from store.cases.opening import Opened
from store.cases.timeline import By
from store.conversations import conversations
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import Order
from store.vocabulary import Actor, CaseKind

# What needs no goods.
_WITHOUT_LINES = frozenset({CaseKind.NOT_DELIVERED, CaseKind.COMPLAINT})


def open_case(
    connection: Connection,
    after_sales: AfterSales,
    letters: CaseMail,
    who: Agent,
    conversation_id: int,
    number: str,
    wanted: Wanted,
    key: str,
    at: datetime,
    stated_at: datetime | None = None,
) -> Opened:
    """Begins a case, or finds the one that is open for the same. Who may do something with an order from a
    conversation may open its case there. The customer is told by mail that it is registered, if there is an
    address. Raises `Refusal`."""
    order = rights.need_order(connection, who, conversation_id, number, "case_opened")
    _check(order, wanted, at, stated_at)
    conversation = conversations.get(connection, conversation_id)
    theirs = rights.its_customers(connection, conversation, order)
    contact = conversation.proven_contact if theirs else order.email or order.phone
    if not contact:
        raise Conflict("The order names nobody who could be answered.", code="no_contact")
    teller = Teller(
        orders.normalise_contact(contact),
        conversation.language if theirs else order.language or conversation.language,
        conversation.channel if theirs else "desk",
        # Nobody is told there of an order that isn't theirs.
        conversation_id if theirs else None,
    )
    by = By(Actor.AGENT, f"desk:{who.agent.id}:{key}", at, who.agent.email)
    opened = after_sales.open(connection, order, wanted, teller, by, stated_at or at)
    recipient = teller.contact if "@" in teller.contact else order.email
    if opened.new and recipient:
        letters.send(connection, opened.case, recipient)
    who.record(connection, "case_opened", target(opened.case), {"order": order.number, "new": opened.new})
    return opened


def _check(order: Order, wanted: Wanted, at: datetime, stated_at: datetime | None) -> None:
    bought = {line.position: line.quantity for line in order.lines}
    if not wanted.lines and wanted.kind not in _WITHOUT_LINES:
        raise WrongField("lines", "name at least one line of the order.")
    for position, quantity in wanted.lines.items():
        if position not in bought:
            raise WrongField("lines", f"the order has no line {position}.")
        if quantity > bought[position]:
            raise WrongField("lines", f"of line {position} only {bought[position]} were bought.")
    if stated_at is not None and not order.placed_at <= stated_at <= at:
        raise WrongField("stated_at", "write a time since the order was placed that has passed.")
