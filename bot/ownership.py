"""Who owns a conversation: one small explicit state machine.

`bot`: the assistant answers. `queue`: a person was asked for and none has come. `human`: an agent
answers and the bot is silent. `closed`: done; the next message opens it again.
"""

from dataclasses import replace
from datetime import datetime

from store import conversations
from store.conversations import Conversation
from store.database import Connection

TRANSITIONS = frozenset(
    {
        ("bot", "queue"),
        ("bot", "human"),
        ("bot", "closed"),
        ("queue", "human"),
        ("queue", "bot"),
        ("queue", "closed"),
        ("human", "queue"),
        ("human", "bot"),
        ("human", "closed"),
        ("closed", "bot"),
        ("closed", "human"),
    }
)


class ForbiddenTransition(Exception):
    """No conversation goes from one owner to the other."""


def change(
    connection: Connection, conversation: Conversation, owner: str, *, by: str, why: str, at: datetime
) -> Conversation:
    """Hands a conversation over and records it. Its row must be locked. Raises `ForbiddenTransition`."""
    if (conversation.owner, owner) not in TRANSITIONS:
        raise ForbiddenTransition(f"{conversation.owner} to {owner}")
    conversations.set_owner(connection, conversation, owner, by, why, at)
    return replace(conversation, owner=owner)
