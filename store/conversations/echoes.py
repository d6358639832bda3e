"""What came back from the shop's own account on a channel, kept for a while: a machine repeats itself."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from store.conversations.conversations import Conversation
from store.core.dialects import insert_new
from store.tables import echoes

KEPT = timedelta(days=1)


def note(connection: Connection, conversation: Conversation, text: str, at: datetime) -> int:
    """Notes that the customer got this text; to how many others it went lately."""
    words = " ".join(text.casefold().split())
    named = f"{conversation.channel}:{conversation.account}:{words}"
    digest = hashlib.sha256(named.encode()).hexdigest()
    connection.execute(delete(echoes).where(echoes.c.at < at - KEPT))
    insert_new(connection, echoes, {"conversation_id": conversation.id, "digest": digest, "at": at})
    count: int = connection.execute(
        select(func.count()).where(
            echoes.c.digest == digest, echoes.c.conversation_id != conversation.id, echoes.c.at >= at - KEPT
        )
    ).scalar_one()
    return count
