"""Conversations: one for each customer's address on a channel's account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from store.dialects import insert_new
from store.tables import conversations, ownership_changes


@dataclass(frozen=True, slots=True)
class Conversation:
    id: int
    channel: str
    account: str
    address: str
    owner: str
    language: str
    last_seq: int
    state: dict[str, Any]  # the dialogue core's memory
    last_event_seq: int
    proven_contact: str | None
    failures: int


_COLUMNS = (
    conversations.c.id,
    conversations.c.channel,
    conversations.c.account,
    conversations.c.address,
    conversations.c.owner,
    conversations.c.language,
    conversations.c.last_seq,
    conversations.c.slots,
    conversations.c.last_event_seq,
    conversations.c.proven_contact,
    conversations.c.failures,
)


def _conversation(row: Row[*tuple[Any, ...]]) -> Conversation:
    return Conversation(*row)


def _at(channel: str, account: str, address: str) -> Select[Any]:
    return select(*_COLUMNS).where(
        conversations.c.channel == channel,
        conversations.c.account == account,
        conversations.c.address == address,
    )


def find(connection: Connection, channel: str, account: str, address: str) -> Conversation | None:
    """The conversation at an address, if there is one."""
    row = connection.execute(_at(channel, account, address)).one_or_none()
    return _conversation(row) if row else None


def get(connection: Connection, conversation_id: int) -> Conversation:
    """A conversation by its id. Raises `sqlalchemy.exc.NoResultFound`."""
    return _conversation(
        connection.execute(select(*_COLUMNS).where(conversations.c.id == conversation_id)).one()
    )


def open_for(
    connection: Connection, channel: str, account: str, address: str, language: str = "en"
) -> Conversation:
    """The conversation at an address, new if need be; its row is locked until the transaction ends."""
    query = _at(channel, account, address).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        insert_new(
            connection,
            conversations,
            {"channel": channel, "account": account, "address": address, "language": language},
        )
        row = connection.execute(query).one()
    return _conversation(row)


def remember(
    connection: Connection, conversation: Conversation, state: dict[str, Any], language: str, at: datetime
) -> None:
    """Keeps what the dialogue core wants to know at the next message; clears earlier failures."""
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation.id)
        .values(slots=state, language=language, failures=0, retry_at=None, updated_at=at)
    )


def postpone(connection: Connection, conversation_id: int, until: datetime) -> int:
    """Leaves a conversation alone until a time after a failed turn; the count of failures in a row."""
    failures: int = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(failures=conversations.c.failures + 1, retry_at=until)
        .returning(conversations.c.failures)
    ).scalar_one()
    return failures


def set_owner(
    connection: Connection, conversation: Conversation, owner: str, by: str, why: str, at: datetime
) -> None:
    """Changes the owner and records who did it, when and why. Whether it is allowed is the caller's."""
    connection.execute(update(conversations).where(conversations.c.id == conversation.id).values(owner=owner))
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
