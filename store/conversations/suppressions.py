"""Customers' addresses to which nothing may be sent: who stopped it, blocked us, or can't be reached."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from store.conversations.conversations import Conversation
from store.core.dialects import insert_new
from store.tables import conversations, suppressions
from store.vocabulary import Suppression


def add(connection: Connection, channel: str, address: str, reason: Suppression, at: datetime) -> None:
    """Sends nothing more there. The customer's own wish is replaced by no other reason."""
    key = {"channel": channel, "address": address}
    if (
        not insert_new(connection, suppressions, {**key, "reason": reason, "at": at})
        and reason == Suppression.STOPPED
    ):
        connection.execute(
            update(suppressions)
            .where(suppressions.c.channel == channel, suppressions.c.address == address)
            .values(reason=reason, at=at)
        )


def remove(connection: Connection, channel: str, address: str, *reasons: Suppression) -> bool:
    """Lets messages through again, if they were held back for one of `reasons`; whether they were."""
    return bool(
        connection.execute(
            delete(suppressions).where(
                suppressions.c.channel == channel,
                suppressions.c.address == address,
                suppressions.c.reason.in_(reasons),
            )
        ).rowcount
    )


def reason(connection: Connection, channel: str, address: str) -> Suppression | None:
    """Why nothing may be sent to an address; None if it may."""
    found: Suppression | None = connection.execute(
        select(suppressions.c.reason).where(
            suppressions.c.channel == channel, suppressions.c.address == address
        )
    ).scalar_one_or_none()
    return found


def standing(
    connection: Connection, conversation: Conversation
) -> tuple[datetime | None, Suppression | None]:
    """When the customer wrote last, and why nothing may be sent, if that is so."""
    row = connection.execute(
        select(
            conversations.c.heard_at,
            select(suppressions.c.reason)
            .where(
                suppressions.c.channel == conversation.channel,
                suppressions.c.address == conversation.address,
            )
            .scalar_subquery(),
        ).where(conversations.c.id == conversation.id)
    ).one()
    return row[0], row[1]
