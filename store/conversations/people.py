"""One customer on several channels: conversations in which the same contact is proven.

Not contacts that stand on one order: anybody can give another's e-mail with an order and their own phone.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store.conversations.conversations import Conversation
from store.tables import conversations
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


def linked(connection: Connection, conversation: Conversation) -> list[Linked]:
    """The customer's other conversations, the latest first. Nobody who has proven nothing has any."""
    contact = conversation.proven_contact
    if contact is None:
        return []
    rows = connection.execute(
        select(
            conversations.c.id,
            conversations.c.channel,
            conversations.c.owner,
            conversations.c.proven_by,
            conversations.c.updated_at,
        )
        .where(conversations.c.proven_contact == contact, conversations.c.id != conversation.id)
        .order_by(conversations.c.updated_at.desc())
        .limit(MAX_LINKED)
    )
    return [Linked(row.id, row.channel, row.owner, row.proven_by, row.updated_at) for row in rows]
