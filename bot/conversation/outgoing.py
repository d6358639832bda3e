"""Speaks to customers: the one place that writes to transcript and outbox, and tells that it did."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.assistant.protocol import Assistant, Reply
from bot.conversation import deliverability
from bot.conversation.deliverability import Reach
from channels.registry import Channels, is_public
from store.conversations import outbox, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import ButtonRow, Draft, Entry
from store.core import events
from store.core.database import Connection
from store.core.events import MessagesSent
from store.vocabulary import Author


class Outgoing:
    """All methods belong to a transaction in which the conversation is locked."""

    def __init__(self, assistant: Assistant, channels: Channels, clock: Callable[[], datetime]) -> None:
        self.assistant = assistant
        self.channels = channels
        self._clock = clock

    def now(self) -> datetime:
        return self._clock()

    def write(
        self,
        connection: Connection,
        conversation: Conversation,
        drafts: Sequence[Draft],
        *,
        request_id: str = "",
        at: datetime | None = None,
        sent: bool = False,
    ) -> tuple[Entry, ...]:
        """Writes messages and has them sent, in order. `sent`: the customer has got them by other ways."""
        at = at or self._clock()
        entries = tuple(transcript.extend(connection, conversation.id, drafts, at, request_id=request_id))
        if not entries:
            return ()
        sent = sent or self.channels.fetched(conversation.channel)
        outbox.add(connection, conversation, *entries, sent=sent, at=at, request_id=request_id)
        one = conversation
        events.publish(
            connection,
            MessagesSent(
                one.id, one.channel, one.account, one.address, entries[0].seq - 1, one.owner, one.agent_id
            ),
        )
        return entries

    def say(
        self,
        connection: Connection,
        conversation: Conversation,
        replies: Sequence[Reply],
        *,
        author: Author = Author.BOT,
        reply_to: int | None = None,
        request_id: str = "",
        publicly: bool = False,
    ) -> tuple[Entry, ...]:
        """Says what the assistant has to say, with its buttons; `reply_to`: to the message of that number.
        Where everybody reads along nothing is said by itself but what is meant for it: `publicly`."""
        if is_public(conversation.channel) and not publicly:
            return ()
        drafts = [
            Draft(
                author,
                reply.text,
                [ButtonRow(choice.title, choice.payload) for choice in reply.buttons],
                reply_to=reply_to,
            )
            for reply in replies
        ]
        return self.write(connection, conversation, drafts, request_id=request_id)

    def tell(
        self,
        connection: Connection,
        conversation: Conversation,
        author: Author,
        response: str,
        request_id: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> tuple[Entry, ...]:
        """Says a fixed sentence to a customer who hasn't just written, if the channel takes one."""
        if not self.reach(connection, conversation).is_open:
            return ()
        said = self.assistant.say(response, conversation.language, facts)
        return self.say(connection, conversation, (said,), author=author, request_id=request_id)

    def reach(self, connection: Connection, conversation: Conversation) -> Reach:
        """How the customer can be reached now."""
        return deliverability.reach(connection, conversation, self.channels, self._clock())
