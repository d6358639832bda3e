"""Conversations: one for each customer's address on a channel's account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from store.conversations.memory import Memory
from store.core.dialects import insert_new
from store.core.identifiers import normalise_phone
from store.tables import conversations, ownership_changes
from store.vocabulary import Owner


@dataclass(frozen=True, slots=True)
class Conversation:
    id: int
    channel: str
    account: str
    address: str
    owner: Owner
    language: str
    last_seq: int
    memory: Memory
    last_event_seq: int
    proven_contact: str | None
    failures: int
    # Who has it while its owner is `human`: an agent, or somebody without an account here, until then.
    agent_id: int | None = None
    held_by: str | None = None
    held_until: datetime | None = None

    @property
    def phone(self) -> str | None:
        """The customer's phone (E.164), where that is their address."""
        return phone_of(self.address)


COLUMNS = (
    conversations.c.id,
    conversations.c.channel,
    conversations.c.account,
    conversations.c.address,
    conversations.c.owner,
    conversations.c.language,
    conversations.c.last_seq,
    conversations.c.memory,
    conversations.c.last_event_seq,
    conversations.c.proven_contact,
    conversations.c.failures,
    conversations.c.agent_id,
    conversations.c.held_by,
    conversations.c.held_until,
)


def phone_of(address: str) -> str | None:
    """An address that is a phone; a channel whose addresses are phones writes them as E.164, with the +. A
    name or a short code, from which messages come too, is none."""
    try:
        return address if address.startswith("+") and normalise_phone(address, None) == address else None
    except ValueError:
        return None


def from_row(row: Sequence[Any]) -> Conversation:
    """A conversation from a row of `COLUMNS`."""
    id, channel, account, address, owner, language, last_seq, memory, *rest = row
    remembered = Memory.from_json(memory)
    return Conversation(id, channel, account, address, owner, language, last_seq, remembered, *rest)


# Statements of every message are built once: building them costs as much as running them.
_AT = select(*COLUMNS).where(
    conversations.c.channel == bindparam("channel"),
    conversations.c.account == bindparam("account"),
    conversations.c.address == bindparam("address"),
)
_LOCKED_AT = _AT.with_for_update()
_BY_ID = select(*COLUMNS).where(conversations.c.id == bindparam("of"))
_LOCKED_BY_ID = _BY_ID.with_for_update()
_REMEMBER = (
    update(conversations)
    .where(conversations.c.id == bindparam("of"))
    .values(
        memory=bindparam("remembered", type_=conversations.c.memory.type),
        language=bindparam("spoken"),
        last_event_seq=conversations.c.last_event_seq + bindparam("more_events"),
        updated_at=bindparam("at", type_=conversations.c.updated_at.type),
    )
)


def find(connection: Connection, channel: str, account: str, address: str) -> Conversation | None:
    """The conversation at an address, if there is one."""
    place = {"channel": channel, "account": account, "address": address}
    row = connection.execute(_AT, place).one_or_none()
    return from_row(row) if row else None


def get(connection: Connection, conversation_id: int) -> Conversation:
    """A conversation by its id. Raises `sqlalchemy.exc.NoResultFound`."""
    return from_row(connection.execute(_BY_ID, {"of": conversation_id}).one())


def lock(connection: Connection, conversation_id: int) -> Conversation | None:
    """A conversation by its id, if there is one; its row is locked until the transaction ends."""
    row = connection.execute(_LOCKED_BY_ID, {"of": conversation_id}).one_or_none()
    return from_row(row) if row else None


def open_for(
    connection: Connection, channel: str, account: str, address: str, language: str = "en"
) -> Conversation:
    """The conversation at an address, new if need be; its row is locked until the transaction ends."""
    place = {"channel": channel, "account": account, "address": address}
    row = connection.execute(_LOCKED_AT, place).one_or_none()
    if row is None:
        insert_new(connection, conversations, {**place, "language": language})
        row = connection.execute(_LOCKED_AT, place).one()
    return from_row(row)


def remember(
    connection: Connection,
    conversation: Conversation,
    memory: Memory,
    language: str,
    at: datetime,
    *,
    events: int = 0,
) -> None:
    """Keeps what must be known at the next message, and how many events the dialogue core archived."""
    values = {
        "of": conversation.id,
        "remembered": memory.as_json(),
        "spoken": language,
        "more_events": events,
        "at": at,
    }
    connection.execute(_REMEMBER, values)


def postpone(connection: Connection, conversation_id: int, until: datetime) -> bool:
    """Leaves a conversation alone until a time after a failed turn; False if there is no such one."""
    postponed = (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(failures=conversations.c.failures + 1, retry_at=until)
    )
    return connection.execute(postponed).rowcount == 1


def wait(connection: Connection, conversation_id: int, until: datetime) -> None:
    """Takes no turn in a conversation before a time: more of the same is on its way."""
    later = or_(conversations.c.retry_at.is_(None), conversations.c.retry_at < until)
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id, later).values(retry_at=until)
    )


def failures(connection: Connection, conversation_id: int) -> int:
    """How many turns of a conversation failed in a row."""
    found: int | None = connection.execute(
        select(conversations.c.failures).where(conversations.c.id == conversation_id)
    ).scalar_one_or_none()
    return found or 0


def recover(connection: Connection, conversation_id: int, until: datetime | None = None) -> None:
    """Forgets a conversation's failed turns: they count in a row only. `until`: the next turn is taken
    then."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(failures=0, retry_at=until)
    )


def set_owner(
    connection: Connection,
    conversation: Conversation,
    owner: Owner,
    by: str,
    why: str,
    at: datetime,
    agent_id: int | None = None,
    held_until: datetime | None = None,
    disposition: str | None = None,
) -> None:
    """Changes the owner: where that is a person, with the agent, or else with who it is (`by`) and until
    when; and the way it was closed where it was. Records who did it, when and why. Whether it is allowed is
    the caller's."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation.id)
        .values(
            owner=owner,
            agent_id=agent_id,
            held_by=by if held_until else None,
            held_until=held_until,
            disposition=disposition,
            updated_at=at,
        )
    )
    connection.execute(
        ownership_changes.insert().values(
            conversation_id=conversation.id,
            from_owner=conversation.owner,
            to_owner=owner,
            by=by,
            why=why,
            at=at,
        )
    )


def hold(connection: Connection, conversation_id: int, until: datetime) -> None:
    """Leaves a conversation to whoever has it without an account here, until a later time."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(held_until=until)
    )


def of_agent(connection: Connection, agent_id: int) -> list[int]:
    """The ids of the conversations that an agent has."""
    rows = connection.execute(
        select(conversations.c.id).where(conversations.c.agent_id == agent_id).order_by(conversations.c.id)
    )
    return list(rows.scalars())
