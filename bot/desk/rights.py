"""What an agent may do with the thing itself, not just with a conversation that is named beside it.

An order is changed from the conversation in which its customer asked for it: by who has that conversation,
if the order was given with a contact that the customer has proven there. Whatever else is to be done with an
order is an admin's right, and stands in the audit log as such.

Every agent works on after-sales cases, as a team has one inbox. Their money is for admins and for agents with
the skill `returns`: only these see sums and refunds, and decide on them.
"""

from bot.desk.actor import Actor
from bot.desk.conflicts import Taken, WrongState
from bot.runtime.http.refusals import Forbidden, NoSuch
from store.accounts import agents
from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import Order
from store.vocabulary import Owner, Role

MONEY_SKILL = "returns"


def admin(who: Actor) -> bool:
    return who.agent.role == Role.ADMIN


def money(who: Actor) -> bool:
    """Whether the agent sees and decides on the money of cases."""
    return admin(who) or MONEY_SKILL in who.agent.skills


def need_money(who: Actor) -> None:
    """Raises `Forbidden`."""
    if not money(who):
        raise Forbidden(
            f'Money of cases is for admins and agents with the skill "{MONEY_SKILL}".', code="no_money_right"
        )


def has(who: Actor, conversation: Conversation) -> bool:
    """Whether the agent has the conversation."""
    return conversation.owner == Owner.HUMAN and conversation.agent_id == who.agent.id


def its_customers(connection: Connection, conversation: Conversation, order: Order) -> bool:
    """Whether the order was given with a contact that the conversation's customer has proven."""
    contact = conversation.proven_contact
    return contact is not None and orders.find_with_contact(connection, order.number, contact) is not None


def may_change(connection: Connection, who: Actor, conversation: Conversation, order: Order) -> bool:
    """Whether the agent may do something with an order from a conversation."""
    return admin(who) or (has(who, conversation) and its_customers(connection, conversation, order))


def need_held(connection: Connection, who: Actor, conversation_id: int) -> Conversation:
    """The conversation, locked, if the agent has it or is an admin. Raises `NoSuch`, `Taken`,
    `WrongState`."""
    conversation = conversations.lock(connection, conversation_id)
    if conversation is None:
        raise NoSuch("conversation")
    need_not_taken(connection, who, conversation)
    if not (has(who, conversation) or admin(who)):
        raise WrongState("Take the conversation first.")
    return conversation


def need_not_taken(connection: Connection, who: Actor, conversation: Conversation) -> None:
    """No other agent has the conversation, or an admin asks. Raises `Taken`."""
    if conversation.agent_id not in (None, who.agent.id) and not admin(who):
        holder = agents.get(connection, conversation.agent_id) if conversation.agent_id else None
        raise Taken(holder.name if holder else None)


def need_order(
    connection: Connection, who: Actor, conversation_id: int | None, number: str, to: str
) -> Order:
    """The order, for something that is noted in the audit log as `to`. Raises `NoSuch`, `Taken`,
    `WrongState`, and `Forbidden` for an order that is none of the conversation's customer's."""
    order = orders.find(connection, number[:60])
    if conversation_id is None and not admin(who):
        raise Forbidden("Name the conversation in which its customer asked for it.")
    conversation = need_held(connection, who, conversation_id) if conversation_id is not None else None
    theirs = order is not None and conversation is not None and its_customers(connection, conversation, order)
    if not theirs and not admin(who):
        # The same whether there is such an order.
        raise Forbidden("This is no order of what the customer has proven. Ask an admin.", code="not_theirs")
    if order is None:
        raise NoSuch("order")
    details: dict[str, object] = {"conversation": conversation_id}
    if not theirs or conversation is None or not has(who, conversation):
        details["as"] = Role.ADMIN
    who.record(connection, to, f"order:{order.number}", details)
    return order
