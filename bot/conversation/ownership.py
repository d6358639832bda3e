"""Who owns a conversation: one small explicit state machine.

`bot`: the assistant answers. `queue`: a person was asked for and none has come. `human`: a person
answers and the bot is silent. `closed`: done; the next message opens it again.

A person is an agent with an account here, or else somebody who answers elsewhere (in the provider's inbox, at
another desk), and then only until a time: `bot.desk.absence` brings back what nobody has any more.
"""

from dataclasses import replace
from datetime import datetime

from bot.handoff import reminders
from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core import events
from store.core.database import Connection
from store.core.events import OwnerChanged
from store.vocabulary import Owner

TRANSITIONS = frozenset(
    {
        (Owner.BOT, Owner.QUEUE),
        (Owner.BOT, Owner.HUMAN),
        (Owner.BOT, Owner.CLOSED),
        (Owner.QUEUE, Owner.HUMAN),
        (Owner.QUEUE, Owner.BOT),
        (Owner.QUEUE, Owner.CLOSED),
        (Owner.HUMAN, Owner.QUEUE),
        (Owner.HUMAN, Owner.BOT),
        (Owner.HUMAN, Owner.CLOSED),
        (Owner.CLOSED, Owner.BOT),
        (Owner.CLOSED, Owner.HUMAN),
    }
)


class ForbiddenTransition(Exception):
    """No conversation goes from one owner to the other."""


def change(
    connection: Connection,
    conversation: Conversation,
    owner: Owner,
    *,
    by: str,
    why: str,
    at: datetime,
    agent_id: int | None = None,
    until: datetime | None = None,
    disposition: str | None = None,
) -> Conversation:
    """Hands a conversation over and records it: to `human`, to that agent or, `until` a time, to `by`; to
    `closed`, in that way. Its row must be locked. Raises `ForbiddenTransition`."""
    if (conversation.owner, owner) not in TRANSITIONS:
        raise ForbiddenTransition(f"{conversation.owner} to {owner}")
    return _set(connection, conversation, owner, by, why, at, agent_id, until, disposition)


def hand_on(
    connection: Connection,
    conversation: Conversation,
    agent_id: int | None,
    *,
    by: str,
    why: str,
    at: datetime,
    until: datetime | None = None,
) -> Conversation:
    """Gives what a person has to another one (None: to `by`, `until` a time), and records it. Raises
    `ForbiddenTransition`."""
    if conversation.owner != Owner.HUMAN:
        raise ForbiddenTransition(f"{conversation.owner} is no person")
    return _set(connection, conversation, Owner.HUMAN, by, why, at, agent_id, until)


def _set(
    connection: Connection,
    conversation: Conversation,
    owner: Owner,
    by: str,
    why: str,
    at: datetime,
    agent_id: int | None,
    until: datetime | None,
    disposition: str | None = None,
) -> Conversation:
    if owner != Owner.HUMAN:
        agent_id = until = None
    elif (agent_id is None) == (until is None):
        raise ForbiddenTransition("a person is an agent, or somebody else until a time")
    if conversation.owner == Owner.QUEUE:
        reminders.cancel(connection, conversation.id)
    conversations.set_owner(connection, conversation, owner, by, why, at, agent_id, until, disposition)
    events.publish(connection, OwnerChanged(conversation.id))
    return replace(
        conversation, owner=owner, agent_id=agent_id, held_by=by if until else None, held_until=until
    )
