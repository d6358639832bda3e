"""One customer on several channels: conversations whose proven contacts stand on the same orders."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from store.conversations.conversations import Conversation
from store.tables import conversations, orders
from store.vocabulary import Owner, ProofBy

MAX_LINKED = 20


@dataclass(frozen=True, slots=True)
class Linked:
    """Another conversation of the same customer, as staff may see it; customers never do."""

    conversation_id: int
    channel: str
    owner: Owner
    proven_by: ProofBy | None
    updated_at: datetime


def contacts(connection: Connection, conversation: Conversation) -> list[str]:
    """The proven contact first, then the others that were given with it; none if nothing is proven."""
    contact = conversation.proven_contact
    if contact is None:
        return []
    found = {contact: None}
    for email, phone in connection.execute(
        select(orders.c.email, orders.c.phone)
        .where(or_(orders.c.email == contact, orders.c.phone == contact))
        .distinct()
        .limit(MAX_LINKED)
    ):
        found |= {one: None for one in (email, phone) if one}
    return list(found)


def linked(connection: Connection, conversation: Conversation) -> list[Linked]:
    """The customer's other conversations, the latest first. Nobody who has proven nothing has any."""
    found = contacts(connection, conversation)
    if not found:
        return []
    rows = connection.execute(
        select(
            conversations.c.id,
            conversations.c.channel,
            conversations.c.owner,
            conversations.c.proven_by,
            conversations.c.updated_at,
        )
        .where(conversations.c.proven_contact.in_(found), conversations.c.id != conversation.id)
        .order_by(conversations.c.updated_at.desc())
        .limit(MAX_LINKED)
    )
    return [Linked(row.id, row.channel, row.owner, row.proven_by, row.updated_at) for row in rows]
